"""Grids of small pictures with shared axes.

Owns how many columns fit and how a picture becomes a grid. Never draws what is in a cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuekit.reports.charts.style import LETTER, title

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.report import Channel, Panel, Picture

LEAST = 130
"""The least width of a small picture."""

GAP = 18
PADDING = 10
FACETS: tuple[Channel, ...] = ("facet_row", "facet_column")


@dataclass(frozen=True)
class Grid:
    """How small pictures are laid out.

    Attributes:
        channels: whose values they are of; empty for a single picture.
        columns: how many side by side.
        wrapped: whether they follow each other in lines; else one dimension goes down and the other across.
        cell: the width of the plot of each.
    """

    channels: tuple[Channel, ...]
    columns: int
    wrapped: bool
    cell: int


def grid(panel: Panel, picture: Picture, width: int, beside: int) -> Grid:
    """Lay out the small pictures of a panel.

    Args:
        panel: bounded.
        picture: with its facets.
        width: of the whole.
        beside: what an axis takes at the left.
    """
    used = tuple(channel for channel in ("frame", *FACETS) if picture.column(channel) is not None)
    if not used:
        return Grid((), 1, wrapped=False, cell=max(width - beside - 2 * PADDING, 120))
    counts = {channel: panel.table[picture.column(channel) or ""].n_unique() for channel in used}
    room = width - 2 * PADDING - beside
    down = 20 if "facet_row" in used else 0
    if used != ("frame",):
        across = counts.get("facet_column", 1)
        cell = (room - down - GAP * (across - 1)) // across
        if across * 1.0 and cell >= LEAST and len(used) == 2:
            return Grid(used, across, wrapped=False, cell=cell)
    cells = 1
    for count in counts.values():
        cells *= count
    columns = max(1, min(cells, 4, (room + GAP) // (LEAST + GAP)))
    return Grid(used, columns, wrapped=True, cell=(room - GAP * (columns - 1)) // columns)


def once(picture: Picture) -> Picture:
    """Leave out what would say the same twice: rows of small pictures by the dimension that their columns have."""
    row = picture.column("facet_row")
    if row is None or row != picture.column("facet_column"):
        return picture
    return replace(
        picture, channels={channel: of for channel, of in picture.channels.items() if channel != "facet_row"}
    )


def arranged(d: Drawing, unit: Spec, plan: Grid) -> Spec:
    """Make a picture of what one cell shows."""
    if not plan.channels:
        return {**unit, "width": d.width, "autosize": {"type": "fit-x", "contains": "padding"}}
    inner = {**unit, "width": plan.cell}
    if not plan.wrapped:
        return {
            "facet": {"row": _header(d, "facet_row", plan), "column": _header(d, "facet_column", plan)},
            "spec": inner,
        }
    if len(plan.channels) == 1:
        return {"facet": _header(d, plan.channels[0], plan), "columns": plan.columns, "spec": inner}
    first, second = (d.field(d.column(channel)) for channel in plan.channels)
    joined: Json = [{"calculate": f"datum.{first} + ' \N{MIDDLE DOT} ' + datum.{second}", "as": "cell"}]
    both = f"{title(d.column(plan.channels[0]))} \N{MIDDLE DOT} {title(d.column(plan.channels[1]))}"
    return {
        "transform": joined,
        "facet": {"field": "cell", "type": "nominal", "sort": None, "header": _look(plan, both)},
        "columns": plan.columns,
        "spec": inner,
    }


def _header(d: Drawing, channel: Channel, plan: Grid) -> Spec:
    column = d.column(channel)
    return {"field": d.field(column), "type": "nominal", "sort": None, "header": _look(plan, title(column))}


def _look(plan: Grid, name: str) -> Spec:
    return {"title": name, "labelLimit": plan.cell, "titlePadding": 4}


def label_width(longest: int) -> int:
    """About how many pixels so many letters take."""
    return int(longest * LETTER)
