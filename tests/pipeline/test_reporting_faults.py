"""Reports that cannot be made say why and leave the others alone; odd data makes reports all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from reporting_project import METRICS, REPORTS, make_project, raw_rows
from sample_history import open_workspace, write_export
from sample_holdings import write_orders
from valuekit.errors import CacheError, DataError, UsageError
from valuekit.pipeline.project import Project
from valuekit.pipeline.reporting import make

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace

BROKEN = """
[reports.lost_score]
metric = "engagement"
type = "line"
x = "Day"
y = "Clickrate"

[reports.lost_dimension]
metric = "engagement"
type = "heatmap"
x = "Region"
y = "Channel"
color = "CTR"

[reports.not_of_the_family]
metric = "experiment"
type = "gauge"
value = "z_score"

[reports.text_in_bins]
metric = "descriptive"
type = "histogram"
x = "Outcome"

[reports.by_name]
metric = "engagement"
type = "line"
x = "Name"
y = "CTR"

[reports.good]
metric = "engagement"
type = "line"
description = "[OK] Fine"
x = "Day"
y = "CTR"
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_project(tmp_path_factory.mktemp("broken"), BROKEN)


def test_a_report_that_fails_says_why_and_the_others_are_made(workspace: Workspace) -> None:
    failures = {report.name: report.failure for report in make(workspace).reports}
    assert failures.pop("good") is None
    assert failures.pop("by_name") is None
    said = {
        "lost_score": '"Clickrate"',
        "lost_dimension": '"Region"',
        "not_of_the_family": "gauge",
        "text_in_bins": "no numbers",
    }
    assert set(failures) == set(said)
    for name, failure in failures.items():
        assert failure is not None
        assert said[name] in failure


def test_a_column_that_no_cell_has_comes_from_the_facts(workspace: Workspace) -> None:
    (report,) = make(workspace, names=["by_name"]).reports
    expected = Project(workspace).compute("engagement", by="Name", scores="CTR", ingest=False)
    assert report.main.table["CTR"].equals(expected["CTR"])


def test_what_needs_facts_that_are_held_fails_alone(workspace: Workspace) -> None:
    with workspace._writing(0):  # another run
        failures = {report.name: report.failure for report in make(workspace, names=["by_name", "good"]).reports}
    assert failures["good"] is None
    assert "another run holds the facts" in str(failures["by_name"])


def test_without_digests_a_line_does_without_curves_while_facts_are_held(tmp_path: Path) -> None:
    exact = METRICS.replace("compression = 100", "use_t_digest = false").replace(
        "[metrics.model_ml_scores]\n", "[metrics.model_ml_scores]\nuse_t_digest = false\n"
    )
    workspace = make_project(tmp_path, REPORTS, metrics=exact)
    names = ["ranking", "spread", "mean"]
    free = make(workspace, names=names, cards=False).reports
    with workspace._writing(0):  # another run
        held = make(workspace, names=names, cards=False).reports
    assert [report.failure for report in free] == [None] * 3
    assert [len(report.panels) for report in free] == [6, 1, 1]
    assert len(held[0].panels) == 1
    assert held[0].main.table.equals(free[0].main.table)
    assert held[0].main.table["roc_auc"].null_count() == 0
    assert "another run holds the facts" in held[0].warnings[0]
    assert "another run holds the facts" in str(held[1].failure)
    values = raw_rows().filter(Issue="Sales")["Propensity"].to_numpy()
    bins = free[1].main.table.filter(Issue="Sales")
    assert bins["Count"].to_list() == np.histogram(values, [*bins["From"], bins["To"][-1]])[0].tolist()


def test_reports_are_chosen_by_name_and_by_category(workspace: Workspace) -> None:
    assert [report.name for report in make(workspace, names=["good", "by_name"], cards=False).reports] == [
        "good",
        "by_name",
    ]
    for tag in ("OK", "[ok]", " Ok "):
        (report,) = make(workspace, tag=tag, cards=False).reports
        assert (report.name, report.category, report.title) == ("good", "OK", "Fine")
    assert make(workspace, names=["good"], cards=False).cards == ()
    with pytest.raises(UsageError, match=r"goood.*good"):
        make(workspace, names=["goood"])
    with pytest.raises(UsageError, match="BIZ"):
        make(workspace, tag="BIZ")


def test_the_python_api_gives_reports(workspace: Workspace) -> None:
    project = Project(workspace)
    assert project.report("good", ingest=False).main.table.columns[:2] == ["Day", "Count"]
    assert project.document(tag="ok", ingest=False).reports[0].name == "good"
    with pytest.raises(DataError, match=r"report lost_score: .*Clickrate"):
        project.report("lost_score", ingest=False)


def test_nothing_published_is_an_error(tmp_path: Path) -> None:
    workspace = make_project(tmp_path, ingest=False)
    with pytest.raises(CacheError):
        make(workspace)


def test_without_holdings_the_other_reports_are_made(tmp_path: Path) -> None:
    workspace = make_project(tmp_path, ingest=False)
    workspace.ingest(kind="ih")
    document = make(workspace)
    failed = {report.family for report in document.reports if report.failure is not None}
    assert failed == {"clv"}
    assert {report.family for report in document.reports if report.failure is None} >= {"engagement", "descriptive"}
    assert {card.family for card in document.cards} == {"engagement", "conversion", "model_ml_scores"}
    assert any("clv" in warning for warning in document.warnings)


def test_reports_over_nothing_are_made(tmp_path: Path) -> None:
    nothing = METRICS.replace("[ih]\n", "[ih]\nextensions = { filter = \"Channel = 'Nowhere'\" }\n").replace(
        "[holdings]\n", "[holdings]\nextensions = { filter = \"ControlGroup = 'Nobody'\" }\n"
    )
    document = make(make_project(tmp_path, REPORTS, metrics=nothing))
    assert {report.name: report.failure for report in document.reports if report.failure} == {}
    assert all(card.value in {None, 0} for card in document.cards)
    assert all(card.reason for card in document.cards if card.value is None)


def test_reports_over_one_row_are_made(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(METRICS + REPORTS)
    one = {
        "pxInteractionID": "1",
        "pySubjectID": "C",
        "pyChannel": "Web",
        "pyIssue": "Sales",
        "pyName": "A",
        "pyOutcome": "Clicked",
        "pxOutcomeTime": "20260101T100000.000 GMT",
        "pxFactID": "1",
        "pyPropensity": 0.5,
    }
    write_export(tmp_path / "exports" / "1.zip", [one])
    order = {"HoldingID": "H", "CustomerID": "C", "PurchasedDate": "20250101T100000.000 GMT", "OneTimeCost": 3.0}
    write_orders(tmp_path / "holdings" / "1.json", [order])
    workspace = open_workspace(tmp_path)
    workspace.ingest()
    document = make(workspace)
    assert {report.name: report.failure for report in document.reports if report.failure} == {}
    (spread,) = [report for report in document.reports if report.name == "spread"]
    assert spread.main.table["Count"].sum() == 1


def test_a_dimension_called_like_a_column_that_a_report_adds_stops_that_report_only(tmp_path: Path) -> None:
    names = ("Reference", "From", "Rate", "PurchaseDate", "Method", "Share", "Point")
    metrics = METRICS.replace(
        'file_pattern = "**/*.zip"\n',
        'file_pattern = "**/*.zip"\n[ih.extensions]\ncolumns = { '
        + ", ".join(f'{name} = "Issue"' for name in names)
        + " }\n",
        1,
    )
    metrics = metrics.replace('global_filters = ["Channel"]', f"global_filters = {list(names)}")
    metrics = metrics.replace(
        "[holdings]\n",
        "[holdings.extensions]\ncolumns = { "
        + ", ".join(f'{name} = "ControlGroup"' for name in names)
        + " }\n[holdings]\n",
        1,
    )
    reports = """
[reports.gauge]
metric = "engagement"
type = "gauge"
group_by = ["Reference"]
value = "CTR"
[reports.bins]
metric = "descriptive"
type = "histogram"
x = "Rank"
color = "From"
[reports.stages]
metric = "descriptive"
type = "funnel"
x = "Outcome"
color = "Rate"
stages = ["Impression"]
[reports.exposure]
metric = "clv"
type = "exposure"
color = "PurchaseDate"
[reports.together]
metric = "clv"
type = "corr"
x = "frequency"
y = "recency"
color = "Method"
[reports.density]
metric = "clv"
type = "rfm_density"
color = "Share"
[reports.curves]
metric = "model_ml_scores"
type = "line"
x = "Day"
y = "roc_auc"
color = "Point"
"""
    found = make(make_project(tmp_path, reports, metrics=metrics), cards=False).reports
    assert all("has the name of a column that the report adds" in str(one.failure) for one in found[:-1])
    assert found[-1].failure is None
    assert "has the name of a column" in found[-1].warnings[0]


def test_equal_inputs_give_equal_documents(workspace: Workspace) -> None:
    first, second = make(workspace), make(workspace)
    assert first.cards == second.cards
    assert first.provenance == second.provenance
    for one, other in zip(first.reports, second.reports, strict=True):
        assert all(a.table.equals(b.table) for a, b in zip(one.panels, other.panels, strict=True))
