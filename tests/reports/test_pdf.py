"""Documents as PDF: every report with its picture, table and reasons, text as text, the same bytes each time."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from pypdf import PdfReader

import report_examples as examples
from valuekit.reports import pdf
from valuekit.reports.low_counts import low_counts
from valuekit.reports.numbers import shown, shown_key
from valuekit.reports.pdf.contents import contents
from valuekit.reports.pdf.printed import COLUMNS, ROWS, table_of
from valuekit.reports.plain import plain
from valuekit.reports.reasons import sentences

if TYPE_CHECKING:
    from valuekit.reports.report import Document, Panel, Report

DOCUMENT = examples.document()
EVERY = {report.name: report for report in examples.reports()}


@cache
def _rendered() -> bytes:
    return pdf.render(DOCUMENT)


@cache
def _read() -> PdfReader:
    return PdfReader(io.BytesIO(_rendered()))


@cache
def _all_words() -> str:
    return _words(_read())


def _words(reader: PdfReader) -> str:
    """All text, without the blanks and invisible breaks that lines put into it."""
    return _tight("".join(page.extract_text() for page in reader.pages))


def _tight(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def _small(*reports: Report) -> Document:
    return replace(DOCUMENT, title="Small", cards=(), reports=reports, warnings=())


def test_equal_documents_give_equal_bytes_dated_by_their_run() -> None:
    assert pdf.render(DOCUMENT) == _rendered()
    metadata = _read().metadata
    assert metadata is not None
    assert metadata.creation_date == datetime(2026, 10, 1, 4, 5, 6, tzinfo=UTC)
    assert metadata.title == DOCUMENT.title


def test_pages_are_numbered_and_contents_name_every_report() -> None:
    pages = _read().pages
    for number, page in enumerate(pages, 1):
        assert f"Page{number}of{len(pages)}" in _tight(page.extract_text())
    listed = _tight(pages[1].extract_text())
    assert listed.startswith("Contents")
    for report in DOCUMENT.reports:
        assert _tight(plain(report.title)) in listed


def test_the_cover_tells_the_period_the_filters_and_where_numbers_come_from() -> None:
    cover = _tight(_read().pages[0].extract_text())
    source = DOCUMENT.provenance
    for told in (
        "2026-04-01 to 2026-09-30", "Filters none", "1,234,567 counted, 89 rejected", "Files 12",
        "2026-10-01 04:05 UTC, run 4", plain(source.config or ""), source.fingerprint, f"valuekit {source.version}",
    ):  # fmt: skip
        assert _tight(told) in cover, told
    for card in DOCUMENT.cards:
        assert _tight(shown(card.value, card.unit)) in cover
    assert _tight("95 % CI 1.37 \N{EN DASH} 1.48 % · n = 182 k") in cover
    assert _tight("Lift +12.3 %") in cover
    assert _tight("one class only") in cover


def test_every_report_has_a_picture_of_each_panel_and_its_table() -> None:
    data: Any = contents(DOCUMENT)
    printed = [report for category in data["categories"] for report in category["reports"]]
    assert [len(report["panels"]) for report in printed] == [len(report.panels) for report in _ordered()]
    for report, found in zip(_ordered(), printed, strict=True):
        for panel, part in zip(report.panels, found["panels"], strict=True):
            assert part["picture"].startswith("<svg")
            assert len(part["table"]["rows"]) == min(panel.table.height, _most(panel))
            assert part["notes"] == [*sentences(panel.notes)]
    catalog: Any = _read().trailer["/Root"]
    assert _figures(catalog["/StructTreeRoot"]).count("/Figure") == sum(
        len(report.panels) for report in DOCUMENT.reports
    )
    assert _figures(catalog["/StructTreeRoot"]).count("/Table") == sum(
        panel.table.height > 0 for report in DOCUMENT.reports for panel in report.panels
    )


def _ordered() -> list[Report]:
    """By category, as printed."""
    categories = dict.fromkeys(report.category for report in DOCUMENT.reports)
    return [report for category in categories for report in DOCUMENT.reports if report.category == category]


def _most(panel: Panel) -> int:
    return 8 if panel.picture is not None and panel.picture.mark in ("curve", "exposure") else ROWS


def _figures(node: Any) -> list[str]:
    """The kinds of all parts of a tagged document."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [kind for inner in node for kind in _figures(inner)]
    if not isinstance(node, dict):
        return []
    return [str(node.get("/S", "")), *(_figures(node["/K"]) if "/K" in node else ())]


@pytest.mark.parametrize("name", [name for name, report in EVERY.items() if report.panels])
def test_printed_cells_are_those_of_the_table(name: str) -> None:
    report = EVERY[name]
    words = _all_words()
    for panel in report.panels:
        found: Any = table_of(report, panel)
        ends = {end for column in panel.columns for end in (column.low, column.high) if end is not None}
        columns = [column for column in panel.columns if column.name not in ends]
        last = panel.columns[0].unit == "time" and panel.picture is not None and panel.picture.mark in ("line", "bars")
        rows = panel.table.tail(ROWS) if last else panel.table.head(_most(panel))
        heads = [head for head in found["heads"] if head != "95 % CI"]
        assert heads == [plain(column.name) for column in columns][: len(heads)]
        for column in columns[: len(heads)]:
            place = found["heads"].index(plain(column.name))
            cells = [cells[place] for cells in found["rows"]]
            write = (
                shown_key if column.role == "dimension" else lambda value, of=column: shown(value, of.unit, short=False)
            )
            assert cells == [write(value) for value in rows[column.name]]
            assert all(_tight(cell) in words for cell in cells)
        first = panel.table.height - rows.height if last else 0
        assert found["low"] == low_counts(panel)[first : first + rows.height]


def test_hostile_text_is_printed_and_never_obeyed() -> None:
    words = _all_words()
    for name in (examples.SCRIPT, examples.QUOTES, examples.EXPRESSION, examples.TERMINAL):
        assert _tight(plain(name)) in words, name
    assert _tight(f"failed: metric gone has no score {examples.SCRIPT}".replace("failed: ", "Failed: ")) in words
    assert "(lown)" in words
    raw = _rendered()
    assert b"/JavaScript" not in raw
    assert b"/URI" not in raw


@pytest.mark.parametrize("text", [
    "#panic(\"no\")", "#read(\"/etc/passwd\")", "$x^2$ *bold* _it_ `raw` <label> @ref", "= Heading\n- item", "// gone",
    "\\u{1F600} \\ ", "#include \"x\"", "~ -- --- ...", "\" ] } ) #",
    "\u5ba2\u6237 \u05d0\u05d1 \u0e01\u0e34 \U0001f6d2",
])  # fmt: skip
def test_nothing_in_text_is_markup(text: str) -> None:
    rows = [{text: text, "Count": 4200, "CTR": 0.5}]
    columns = (examples.dimension(text), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(rows, columns, "bars", {"x": text, "y": "CTR"}, title=text)
    report = replace(examples.report("r", text, text, panel, category=text), warnings=(text,))
    document = replace(_small(report), title=text, warnings=(text,))
    words = _words(PdfReader(io.BytesIO(pdf.render(document))))
    if text.isascii():
        assert words.count(_tight(plain(text))) >= 6


def test_tables_and_names_beyond_the_page_are_bounded_and_it_says_where_all_are() -> None:
    height, names = 100_000, 5_000
    table = pl.DataFrame({"Channel": [f"channel {at % names:04d} " + "x" * 150 for at in range(height)],
                          "Count": range(height)})  # fmt: skip
    extra = [f"Score {at}" for at in range(20)]
    table = table.with_columns(pl.lit(1.5).alias(name) for name in extra)
    numbers = [examples.number(name, "number") for name in ("Count", *extra)]
    panel = examples.panel(table, (examples.dimension("Channel"), *numbers), "bars", {"x": "Channel", "y": "Score 0"})
    found: Any = table_of(EVERY["bars"], panel)
    assert len(found["rows"]) == ROWS
    assert len(found["heads"]) == COLUMNS
    assert max(len(cell) for row in found["rows"] for cell in row) <= 120
    reader = PdfReader(io.BytesIO(pdf.render(_small(examples.report("big", "Big", "engagement", panel)))))
    assert len(reader.pages) <= 6
    words = _words(reader)
    for told in ("The first 30 of 100,000 rows.", "10 further columns", "All: valuekit report big --format csv"):
        assert _tight(told) in words, told


def test_a_table_by_day_ends_with_the_latest() -> None:
    days = [date(2026, 1, 1) + timedelta(days=at) for at in range(90)]
    rows = [{"Day": day, "Count": 900, "CTR": 0.1} for day in days]
    columns = (examples.dimension("Day", "time"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(rows, columns, "line", {"x": "Day", "y": "CTR"})
    found: Any = table_of(EVERY["line"], panel)
    assert [row[0] for row in found["rows"]] == [str(day) for day in days[-ROWS:]]
    assert "The last 30 of 90 rows." in found["remarks"]


def test_a_document_without_anything_is_a_cover() -> None:
    source = replace(DOCUMENT.provenance, first=None, last=None, finished=None, run=None, config=None)
    found = pdf.render(replace(DOCUMENT, cards=(), reports=(), warnings=(), provenance=source))
    reader = PdfReader(io.BytesIO(found))
    assert len(reader.pages) == 1
    assert "Nodata" in _words(reader)
