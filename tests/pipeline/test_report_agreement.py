"""Terminal, CSV, TSV, JSON and Markdown agree cell for cell on every report of three configs."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from report_readers import cells_of, from_csv, from_json, from_markdown, from_tsv, is_tree, readable
from valuekit.config.load import load
from valuekit.pipeline.reporting import make
from valuekit.pipeline.workspace import Workspace
from valuekit.reports.terminal.layout import Layout, document_text
from valuekit.reports.values import exact_text
from valuekit.synthetic import write_demo

if TYPE_CHECKING:
    from valuekit.reports.report import Document, Panel, Report

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
EVERY_ROW = 1_000_000


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    folder = tmp_path_factory.mktemp("agreement") / "bank"
    own = write_demo(folder, rows=3_000, days=3)
    configs = [
        own,
        *(Path(shutil.copy(CONFIGS / f"{name}.toml", folder)) for name in ("retail_banking", "experiments")),
    ]
    made = {}
    for config in configs:
        workspace = Workspace(load(config))
        workspace.ingest()
        made[config.stem] = make(workspace)
    return made


@pytest.mark.parametrize("name", ["valuekit", "retail_banking", "experiments"])
def test_every_format_has_the_same_cells_of_every_report(documents: dict[str, Document], name: str) -> None:
    document = documents[name]
    assert len(document.reports) >= 7
    for report in document.reports:
        assert report.failure is None, report
        tables = from_markdown(report)
        for number, panel in enumerate(report.panels):
            expected = [panel.table.columns, *([exact_text(value) for value in row] for row in panel.table.rows())]
            assert from_csv(panel.table) == from_tsv(panel.table) == from_json(report, number) == expected
            assert tables[number] == [[readable(value) for value in row] for row in expected]
            _is_on_the_terminal(document, report, panel)


def _is_on_the_terminal(document: Document, report: Report, panel: Panel) -> None:
    """Every row stands on one line with all of its cells, where there is room and no limit."""
    only = replace(document, reports=(replace(report, panels=(panel,)),))
    lines = "".join(document_text(only, Layout(None, limit=EVERY_ROW, cards=False))).splitlines()
    at = 0
    for row in panel.table.iter_rows(named=True):
        cells = list(cells_of(panel, row))
        if is_tree(panel):
            cells = cells[len(panel.key) - 1 :]
            at = 0
        found = next((place for place in range(at, len(lines)) if all(cell in lines[place] for cell in cells)), None)
        assert found is not None, (report.name, row)
        at = found + 1
