"""Reports as CSV, TSV, JSON and Markdown: the same cells in each, and text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import report_examples as examples
from report_readers import READER, from_csv, from_json, from_markdown, from_tsv, only_text, readable, with_next
from valuekit.reports.text.documents import json_lines_of
from valuekit.reports.text.markdown import block, cell, markdown_lines
from valuekit.reports.text.rows import csv_lines
from valuekit.reports.values import exact_text

EVERY = {made.name: made for made in examples.reports()}
each_report = pytest.mark.parametrize("name", EVERY)


@each_report
def test_every_format_has_the_same_cells(name: str) -> None:
    report = EVERY[name]
    tables = from_markdown(report)
    assert len(tables) == len(report.panels)
    for number, panel in enumerate(report.panels):
        rows = panel.table.rows()
        expected = [panel.table.columns, *([exact_text(value) for value in row] for row in rows)]
        assert from_csv(panel.table) == from_tsv(panel.table) == from_json(report, number) == expected
        assert tables[number] == [[readable(value) for value in row] for row in expected]


HOSTILE = st.text(
    st.characters(exclude_categories=["Cs", "Cn", "Co"]) | st.sampled_from("|\\`*_[]<>&#~!-+=$\n\r\t :.@()1"),
    min_size=1,
    max_size=20,
)


@given(HOSTILE)
def test_any_text_is_text_in_a_cell(value: str) -> None:
    table = f"| {cell(value)} | x |\n| --- | --- |\n| {cell(value)} | y |\n"
    cells = [
        only_text(inside) for token, inside in with_next(READER.parse(table)) if token.type in ("th_open", "td_open")
    ]
    assert cells == [readable(value), "x", readable(value), "y"]


@given(HOSTILE)
def test_any_text_is_a_paragraph_at_the_start_of_a_line(value: str) -> None:
    tokens = READER.parse(block(value) + "\n")
    assert [token.type for token in tokens] in (["paragraph_open", "inline", "paragraph_close"], [])


def test_no_address_becomes_a_link() -> None:
    for address in ("https://evil.example", "http://a", "www.evil.example", "mailto:x@y.z", "FTP://x"):
        written = cell(address)
        assert not re.search(r"(?i)(https?|ftp|mailto):|www\.", written)
        assert only_text(READER.parseInline(written)[0]) == address


def test_json_is_one_document_with_everything() -> None:
    made = examples.document()
    lines = "".join(json_lines_of(made, {"files_landed": 1}))
    assert lines.count("\n") == 1
    body = json.loads(lines)
    assert list(body) == ["schema", "title", "reports", "cards", "data", "provenance", "run", "warnings"]
    assert body["schema"] == "valuekit/1"
    assert body["data"] == {"files": 12, "facts": 1234567, "from": "2026-04-01", "to": "2026-09-30"}
    assert body["run"] == {"files_landed": 1}
    assert body["provenance"]["finished"] == "2026-10-01T04:05:06Z"
    assert [report["name"] for report in body["reports"]] == [report.name for report in made.reports]
    bars = next(report for report in body["reports"] if report["name"] == "bars")
    assert bars["by"] == ["Channel"]
    assert bars["panels"][0]["notes"] == [
        {"score": "CTR", "reason": "there are no offers (n = 0)", "count": 1, "groups": [{"Channel": examples.SCRIPT}]}
    ]
    failed = next(report for report in body["reports"] if report["name"] == "failed")
    assert failed["panels"] == []
    assert "metric gone" in failed["failure"]
    card = body["cards"][0]
    assert (card["score"], card["value"], card["beside"][0]["score"]) == ("CTR", 0.01423, "Lift")
    assert card["trend"][7] == {"day": "2026-09-08", "value": None}


def test_no_number_is_infinite_or_none_at_all() -> None:
    rows = [{"Channel": "a", "CTR": value} for value in (float("nan"), float("inf"), -float("inf"))]
    columns = (examples.dimension("Channel"), examples.number("CTR", "rate"))
    report = examples.report(
        "odd", "Odd", "engagement", examples.panel(rows, columns, "bars", {"x": "Channel", "y": "CTR"})
    )
    document = replace(examples.document(), reports=(report,), cards=())
    for made in (
        "".join(json_lines_of(document)),
        "".join(markdown_lines(document)),
        "".join(csv_lines(report.main.table)),
    ):
        assert not re.search(r"\b(nan|inf|infinity)\b", made, re.IGNORECASE)


def test_markdown_says_why_values_are_missing_and_what_failed() -> None:
    made = "".join(markdown_lines(examples.document()))
    assert "- No value for CTR: there are no offers (n = 0) (1 group: &lt;script&gt;alert(1)&lt;/script&gt;)" in made
    assert "> failed: metric gone has no score &lt;script&gt;" in made
    assert "<script>" not in made
