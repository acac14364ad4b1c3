"""A table as it is printed: its columns, the rows that fit, and what is said of those left out.

Owns which rows and columns people see on paper. Never lays them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from valuekit.reports.low_counts import LOW, low_counts
from valuekit.reports.numbers import shown, shown_interval, shown_key
from valuekit.reports.plain import plain
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from valuekit.reports.report import Column, Panel, Report

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

ROWS = 30
"""At most so many rows of a table are printed."""

FEW_ROWS = 8
"""So many where rows are points of a curve."""

COLUMNS = 12
"""At most so many columns."""

LETTERS = 120
"""At most so many letters of a cell."""

_POINTS = ("curve", "exposure")
_IN_ORDER = ("line", "bars")
"""Pictures of rows that follow each other, whose last ones are the news."""


def table_of(report: Report, panel: Panel) -> dict[str, Json]:
    """The printed part of a panel's table."""
    first = _first_row(panel)
    rows = panel.table.slice(first, most_rows(panel))
    low = low_counts(panel)[first : first + rows.height]
    columns = list(_columns(panel, rows))
    kept = columns[:COLUMNS]
    hidden = [head for head, _, _ in columns[COLUMNS:]]
    return {
        "heads": [head for head, _, _ in kept],
        "right": [right for _, right, _ in kept],
        "rows": [list(cells) for cells in zip(*(cells for _, _, cells in kept), strict=True)],
        "low": [*low],
        "remarks": [*_remarks(report, panel, rows.height, hidden, low)],
    }


def _first_row(panel: Panel) -> int:
    """Where the printed rows begin: the last ones where time goes down the table."""
    picture = panel.picture
    leads = panel.columns[0].unit == "time" if panel.columns else False
    if picture is not None and leads and picture.mark in _IN_ORDER:
        return max(panel.table.height - most_rows(panel), 0)
    return 0


def most_rows(panel: Panel) -> int:
    """How many rows of a panel are printed: few where the picture shows them all, and each says little."""
    return FEW_ROWS if panel.picture is not None and panel.picture.mark in _POINTS else ROWS


def _columns(panel: Panel, rows: pl.DataFrame) -> Iterator[tuple[str, bool, Sequence[str]]]:
    """Title, side and cells of each column; both ends of an interval are one."""
    ends = {end for column in panel.columns for end in (column.low, column.high) if end is not None}
    for column in panel.columns:
        if column.name in ends:
            continue
        values = rows[column.name]
        is_key = column.role == "dimension"
        yield (
            _bounded(plain(column.name)),
            not is_key or values.dtype.is_numeric(),
            [_bounded(shown_key(value) if is_key else shown(value, column.unit, short=False)) for value in values],
        )
        if column.low is not None and column.high is not None:
            yield "95 % CI", True, _intervals(column, rows)


def _intervals(column: Column, rows: pl.DataFrame) -> list[str]:
    pairs = zip(rows[column.low or ""], rows[column.high or ""], strict=True)
    return [shown_interval(low, high, column.unit, short=False) for low, high in pairs]


def _bounded(text: str) -> str:
    return text if len(text) <= LETTERS else text[: LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _remarks(report: Report, panel: Panel, printed: int, hidden: Sequence[str], low: Sequence[bool]) -> Iterator[str]:
    total = panel.table.height
    if total == 0:
        yield "No rows."
    if any(low):
        yield f"Grey, low n: {LOW}."
    if hidden:
        yield f"{counted(len(hidden), 'further column')}: {_bounded(', '.join(hidden))}."
    if printed < total:
        which = "last" if _first_row(panel) else "first"
        yield f"The {which} {printed:,} of {counted(total, 'row')}."
    if printed < total or hidden:
        yield plain(f"All: valuekit report {report.name} --format csv")
