"""A document on a terminal: key numbers, then each report with its picture, its table and what is missing.

Owns what stands where, and says what it leaves out and which flag shows it. Never computes a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.reports.low_counts import LOW
from valuekit.reports.numbers import shown, shown_interval
from valuekit.reports.plain import plain
from valuekit.reports.reasons import made_of, sentences
from valuekit.reports.terminal import pictures, series, tree
from valuekit.reports.terminal.cells import LOW_N, Rows, columns_of, first_rows
from valuekit.reports.terminal.glyphs import arrow, sparkline
from valuekit.reports.terminal.grid import NARROWEST, UNLIMITED, Column, grid_lines, upright
from valuekit.reports.terminal.heat import heatmap_lines
from valuekit.reports.terminal.paint import Colors, Painter, wrapped
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from valuekit.reports.report import Card, Document, Panel, Report

ROWS = 50
"""So many rows of a table are shown where no flag says."""

SHORT = 25
"""A table of so many rows stands below a picture that does not name its numbers; a longer one is asked for."""

_LEAST_TREND, _TREND = 8, 30
"""A trend of a key number is at least and at most so wide."""


@dataclass(frozen=True)
class Layout:
    """How a document is laid out.

    Attributes:
        width: the terminal columns there are; None where nothing limits them.
        colors: how many there are; None for none.
        limit: at most so many rows a table; None for what fits a screen or two.
        cards: whether key numbers stand first.
    """

    width: int | None
    colors: Colors = None
    limit: int | None = None
    cards: bool = True

    @property
    def columns(self) -> int:
        """The width in terminal columns."""
        return max(self.width or UNLIMITED, NARROWEST)


def document_text(document: Document, layout: Layout) -> Iterator[str]:
    """Lay out a document, a piece of text a report."""
    painter = Painter(layout.colors)
    if layout.cards and document.cards:
        yield _joined(_card_lines(document.cards, layout, painter))
    for report in document.reports:
        yield _joined(report_lines(report, layout, painter))
    lines = [line for warning in document.warnings for line in _told(f"! {warning}", layout, painter)]
    source = document.provenance
    told = made_of(source.facts, source.files, source.first, source.last)
    lines += _told(f"Data: {told}", layout, painter, "dim")
    yield "\n".join(lines) + "\n"


def report_lines(report: Report, layout: Layout, painter: Painter) -> Iterator[str]:
    """Lay out one report."""
    yield from _told(report.title, layout, painter, "bold")
    by = f" by {', '.join(report.by)}" if report.by else ""
    category = f", {report.category}" if report.category else ""
    yield from _told(f"{report.name}: {report.metric}{by}{category}", layout, painter, "dim")
    for warning in report.warnings:
        yield from _told(f"! {warning}", layout, painter)
    if report.failure is not None:
        yield from _told(f"failed: {report.failure}", layout, painter, "red")
    for panel in report.panels:
        yield ""
        if panel.title:
            yield from _told(panel.title, layout, painter, "bold")
        yield from _panel_lines(panel, layout, painter)
        for sentence in sentences(panel.notes):
            yield from _told(sentence, layout, painter)


def _panel_lines(panel: Panel, layout: Layout, painter: Painter) -> Iterator[str]:
    if panel.table.is_empty():
        yield "no rows"
        return
    limit = layout.limit or ROWS
    mark = panel.picture.mark if panel.picture is not None else None
    if mark == "heatmap":
        yield from heatmap_lines(panel, layout.columns, painter, limit)
    elif mark == "exposure":
        yield from _series_lines(series.timelines(panel, limit), layout, painter)
    elif mark == "curve":
        yield from _series_lines(series.curves(panel, layout.columns, limit), layout, painter)
    elif series.is_series(panel):
        yield from _series_lines(series.time_series(panel, layout.columns, limit), layout, painter)
    else:
        yield from _table_lines(panel, layout, painter, drawn=True)
        return
    if layout.limit is None and panel.table.height > SHORT:
        rows = counted(panel.table.height, "row")
        yield from _told(
            f"{rows} behind it: --limit {panel.table.height} shows them, --format csv writes them", layout, painter
        )
        return
    yield ""
    yield from _table_lines(panel, layout, painter, drawn=False)


def _series_lines(lines: series.Lines, layout: Layout, painter: Painter) -> Iterator[str]:
    yield from grid_lines(lines.columns, layout.columns, painter)
    yield from _told(lines.caption, layout, painter, "dim")
    left = lines.total - _height(lines.columns)
    if left > 0:
        yield from _told(f"{left:,} further lines left out: --limit {lines.total} shows all", layout, painter)


def _height(columns: Sequence[Column]) -> int:
    return max(len(column.cells) for column in columns)


def _table_lines(panel: Panel, layout: Layout, painter: Painter, *, drawn: bool) -> Iterator[str]:
    """The rows with a picture of each, if it has one, and what is left out."""
    limit = layout.limit or ROWS
    is_tree = drawn and panel.picture is not None and panel.picture.mark == "treemap"
    rows = tree.largest_first(panel, limit) if is_tree else first_rows(panel, limit)
    picture = pictures.drawn(rows) if drawn else None
    column, lead, beyond = picture or (None, None, False)
    faint: Sequence[bool] = rows.low
    if is_tree:
        columns, faint = tree.indented(rows, column, lead)
    else:
        columns = columns_of(rows, column, lead)
    if not any(shown_column.key for shown_column in columns) and rows.table.height == 1:
        columns, faint = upright(columns), ()
    yield from grid_lines(columns, layout.columns, painter, faint)
    caption = pictures.caption(panel) if picture is not None else None
    if caption is not None:
        yield from _told(caption, layout, painter, "dim")
    if beyond:
        said = f"{' '.join(pictures.BEYOND)}: beyond the scale, which rows of {LOW_N} do not set"
        yield from _told(said, layout, painter, "dim")
    yield from _left_out(rows, layout, painter)


def _left_out(rows: Rows, layout: Layout, painter: Painter) -> Iterator[str]:
    if any(rows.low):
        yield from _told(f"{LOW_N}: {LOW}", layout, painter, "dim")
    height, total = rows.table.height, rows.panel.table.height
    if height < total:
        yield from _told(f"{height:,} of {counted(total, 'row')} shown: --limit {total} shows all", layout, painter)


def _card_lines(cards: Sequence[Card], layout: Layout, painter: Painter) -> Iterator[str]:
    """The key numbers below their metric, each with its interval, what it is made of, and how it went by day."""
    listed = list(_listed(cards))
    trends = [[value for _, value in card.trend] if card is not None else [] for _, card in listed]

    def cells(write: Callable[[Card], str]) -> list[str]:
        return ["" if card is None else write(card) for _, card in listed]

    def draw(width: int) -> list[str]:
        return [sparkline(trend, width) for trend in trends]

    yield painter.paint("Key numbers", "bold")
    yield ""
    columns = [
        Column("", [name for name, _ in listed], key=True, folds=True),
        Column("", cells(lambda card: shown(card.value, card.unit)), right=True, styles=["bold"] * len(listed)),
        Column("95 % CI", cells(lambda card: shown_interval(card.low, card.high, card.unit)), right=True),
        Column("n", cells(lambda card: shown(card.count, "count")), right=True),
        Column("by day", draw=draw, narrowest=_LEAST_TREND, widest=_TREND, styles=["cyan"] * len(listed)),
        Column("", [arrow(*trend[-2:]) if len(trend) > 1 else "" for trend in trends]),
    ]
    yield from grid_lines(columns, layout.columns, painter)
    for _, card in listed:
        if card is not None and card.value is None and card.reason is not None:
            of = "" if card.property is None else f" of {card.property}"
            yield from _told(f"No value for {card.metric} {card.score}{of}: {card.reason}", layout, painter)


def _listed(cards: Sequence[Card]) -> Iterator[tuple[str, Card | None]]:
    """What each line of key numbers begins with: a metric, with the property that it scores, or one of its numbers."""
    before = None
    for card in cards:
        of = plain(card.metric if card.property is None else f"{card.metric} {card.property}")
        if of != before:
            yield of, None
        before = of
        yield f"  {plain(card.score)}", card
        yield from ((f"    {plain(beside.score)}", beside) for beside in card.beside)


def _told(text: str, layout: Layout, painter: Painter, style: str = "") -> Iterator[str]:
    for line in wrapped(plain(text), min(layout.columns, 160)):
        yield painter.paint(line, style)


def _joined(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n\n"
