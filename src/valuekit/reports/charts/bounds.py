"""How much of a table is drawn: a picture with thousands of bars shows nothing.

Owns the limits, what is kept and how that is said. What is kept depends on the table alone, numbers are never changed,
and every row left out is announced. Never draws.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from valuekit.reports.charts.shapes import is_ordered
from valuekit.reports.low_counts import COUNT
from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from valuekit.reports.report import Channel, Column, Mark, Panel, Picture

GRID = 6
"""At most so many rows and columns of small pictures."""

SERIES = 10
"""At most so many colours."""

FRAMES = 12
"""At most so many small pictures of a scatter's frames."""

ROWS = 20_000
"""At most so many rows in any picture."""

MOMENTS = 1_500
"""At most so many points of time on an axis."""

DRAWN = "Drawn: "
"""How the sentence begins that says what is drawn."""

ACROSS: Mapping[Mark, int] = {"boxplot": 120, "bars": 400}
"""At most so many boxes or bars stand beside each other over time, lest they be hairlines."""

FEWEST = 4
"""So many moments of time are drawn even then."""

_EVERYWHERE: Mapping[Channel, int] = {"facet_row": GRID, "facet_column": GRID, "color": SERIES}
_NAMES: Mapping[Mark, Mapping[Channel, int]] = {
    "line": {"x": 30},
    "bars": {"x": 30},
    "z_bars": {"y": 30},
    "forest": {"y": 30},
    "heatmap": {"x": 30, "y": 40},
    "polar": {"theta": 24},
    "boxplot": {"x": 30},
    "funnel": {"x": 20},
    "exposure": {"y": 80},
}
"""How many values of a dimension are drawn; of one with an order of its own the latest, else those of most cases."""

_MOST_ROWS: Mapping[Mark, int] = {"gauge": 30, "treemap": 300, "scatter": 2_000, "histogram": 2_000}
"""How many rows are drawn, those of most cases."""


def bounded(panel: Panel, picture: Picture) -> tuple[Panel, list[str]]:
    """Leave out what a picture cannot show.

    Args:
        panel: with its whole table.
        picture: what is drawn of it; `color` must be a dimension here, or absent.

    Returns:
        The panel with the rows that are drawn, in their order, and a sentence for each limit that was met.
    """
    remarks: list[str] = []
    table = panel.table
    for channel, limit in _limits(panel, picture).items():
        name = picture.column(channel)
        if name is not None and panel.column(name).role == "dimension":
            table, remark = _fewest(table, panel.column(name), panel, limit)
            remarks += [remark] if remark else []
    table, remark = _points(table, picture)
    remarks += [remark] if remark else []
    most = _MOST_ROWS.get(picture.mark, ROWS)
    if table.height > most:
        table, remark = _rows_of_most_cases(table, most)
        remarks.append(remark)
    return replace(panel, table=table), remarks


def said(remarks: Sequence[str]) -> list[str]:
    """The remarks of what is left out as one sentence; none where all is drawn."""
    return [f"{DRAWN}{', '.join(remarks)}. All are in the table and its CSV."] if remarks else []


def _limits(panel: Panel, picture: Picture) -> dict[Channel, int]:
    """The limit of each channel, small multiples first."""
    limits: dict[Channel, int] = {**_EVERYWHERE, **_NAMES.get(picture.mark, {})}
    x = picture.column("x")
    if picture.mark in ("line", "bars") and x is not None and is_ordered(panel.column(x), panel):
        limits["x"] = 60 if picture.mark == "bars" else MOMENTS
    if picture.mark in ACROSS and x is not None and is_ordered(panel.column(x), panel):
        limits["x"] = min(limits["x"], max(ACROSS[picture.mark] // _beside(panel, picture), FEWEST))
    if picture.mark == "scatter":
        limits["frame"] = FRAMES
    return limits


def _beside(panel: Panel, picture: Picture) -> int:
    """How many small pictures, times how many colours, stand beside each other."""
    among = ((picture.column(channel), _EVERYWHERE[channel]) for channel in ("facet_column", "color"))
    return prod(min(panel.table[name].n_unique(), most) for name, most in among if name is not None)


def _fewest(table: pl.DataFrame, column: Column, panel: Panel, limit: int) -> tuple[pl.DataFrame, str | None]:
    """Keep so many values of a dimension: the latest of an order, else those of most cases."""
    import polars as pl

    series = table[column.name]
    if (among := series.n_unique()) <= limit:
        return table, None
    name = plain(column.name)
    if is_ordered(column, panel):
        kept = series.unique().sort(nulls_last=False).tail(limit)
        which = "latest" if column.unit == "time" else "last"
        remark = f"{which} {limit:,} of {among:,} values of {name}"
    else:
        counts = table[COUNT] if COUNT in table.columns else pl.repeat(1, table.height, eager=True)
        totals = pl.DataFrame({"value": series, "cases": counts}).group_by("value", maintain_order=True)
        ranked = totals.agg(pl.col("cases").sum()).sort("cases", descending=True, nulls_last=True, maintain_order=True)
        kept = ranked["value"].head(limit)
        remark = f"top {limit:,} of {among:,} values of {name} by {COUNT if COUNT in table.columns else 'rows'}"
    return table.filter(series.is_in(kept.implode(), nulls_equal=True)), remark


def _points(table: pl.DataFrame, picture: Picture) -> tuple[pl.DataFrame, str | None]:
    """Thin the points of lines evenly, first and last kept, where all would be too many."""
    if picture.mark not in ("line", "curve") or table.height <= ROWS:
        return table, None
    step = -(-table.height // ROWS)
    kept = table.filter(_each(table.height, step))
    return kept, f"every {step}th of {table.height:,} points"


def _each(height: int, step: int) -> pl.Series:
    import polars as pl

    at = pl.int_range(height, eager=True)
    return (at % step == 0) | (at == height - 1)


def _rows_of_most_cases(table: pl.DataFrame, most: int) -> tuple[pl.DataFrame, str]:
    """Keep so many rows, those of most cases, in their order."""
    import polars as pl

    if COUNT not in table.columns:
        return table.head(most), f"first {most:,} of {table.height:,} rows"
    order = pl.DataFrame({"at": pl.int_range(table.height, eager=True), "cases": table[COUNT]})
    ranked = order.sort("cases", descending=True, nulls_last=True, maintain_order=True)["at"].head(most).sort()
    return table[ranked.to_list()], f"top {most:,} of {table.height:,} rows by {COUNT}"
