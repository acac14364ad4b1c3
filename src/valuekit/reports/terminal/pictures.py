"""What is drawn beside each row of a table: bars, box plots, intervals, z-scores against their limits.

Owns the scales. Never lays out a table.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from valuekit.reports.low_counts import sure_rows
from valuekit.reports.terminal.glyphs import Scale, bar, box, interval, marked, reach, with_ticks
from valuekit.reports.terminal.grid import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from valuekit.reports.report import Channel, Panel, Picture
    from valuekit.reports.terminal.cells import Rows

NARROWEST = 8
WIDEST = 40
Z_LIMIT = 1.96
"""Beyond it a z-score is significant at 5 %, two-sided."""

BEYOND = ("◀", "▶")
"""At the end of a bar that would go on."""

_TICK = "┊"
_GOAL = "│"
_LENGTHS: Mapping[str, Channel] = {
    "line": "y",
    "bars": "y",
    "polar": "r",
    "scatter": "y",
    "treemap": "size",
    "histogram": "y",
    "funnel": "y",
}
"""What the length of a bar stands for."""

_SUMMARY: tuple[Channel, ...] = ("low", "q1", "median", "q3", "high")


class Drawn(NamedTuple):
    """A picture of each row, the score that it is of, and whether a row of few cases lies beyond the scale."""

    column: Column
    lead: str | None
    beyond: bool = False


def drawn(rows: Rows) -> Drawn | None:
    """Draw what a panel's picture shows of each row; None where that is nothing."""
    panel = rows.panel
    picture = panel.picture
    if picture is None:
        return None
    if picture.mark in _LENGTHS:
        return _bars(rows, picture.column(_LENGTHS[picture.mark]))
    special = {"gauge": _gauge, "z_bars": _z_bars, "forest": _forest, "boxplot": _boxes}
    return special[picture.mark](rows, picture) if picture.mark in special else None


def caption(panel: Panel) -> str | None:
    """What must be known to read the drawing; None where it speaks for itself."""
    mark = panel.picture.mark if panel.picture is not None else None
    return {
        "gauge": f"{_GOAL} is the reference",
        "z_bars": f"{_TICK} is ±{Z_LIMIT}: beyond it an arm differs from control at the 5 % level",
        "forest": f"{_TICK} is 1, no difference; the scale is logarithmic, the lines are 95 % intervals",
        "boxplot": "├ lowest, ▒ from the first to the third quartile, ┃ median, ┤ highest",
    }.get(mark or "")


def _column(draw: Callable[[int], Sequence[str]], styles: Sequence[str] = ()) -> Column:
    return Column("", draw=draw, narrowest=NARROWEST, widest=WIDEST, styles=styles)


def _bars(rows: Rows, name: str | None) -> Drawn | None:
    if name is None:
        return None
    values, scale = rows.values(name), _scale(rows.panel, [name], zero=True)

    def draw(width: int) -> list[str]:
        return [_within(value, scale, width) for value in values]

    return Drawn(_column(draw, ["cyan"] * len(values)), name, _any_beyond(values, scale))


def _within(value: float | None, scale: Scale, width: int) -> str:
    """A bar; one that would leave the scale ends at its edge, in a sign that says so."""
    if value is None or scale.low <= value <= scale.high:
        return bar(value, scale, width)
    return _arrowed(bar(min(max(value, scale.low), scale.high), scale, width), (value,), scale, width)


def _arrowed(strip: str, values: Sequence[float | None], scale: Scale, width: int) -> str:
    """Put a sign at an end of the scale that a value of the row lies beyond."""
    there = [value for value in values if value is not None]
    if any(value > scale.high for value in there):
        strip = f"{strip.ljust(width)[: width - 1]}{BEYOND[1]}"
    return f"{BEYOND[0]}{strip[1:]}" if any(value < scale.low for value in there) else strip


def _any_beyond(values: Iterable[float | None], scale: Scale) -> bool:
    return any(value is not None and not scale.low <= value <= scale.high for value in values)


def _gauge(rows: Rows, picture: Picture) -> Drawn | None:
    name, goal = picture.column("value"), picture.column("reference")
    if name is None:
        return None
    scale = _scale(rows.panel, [part for part in (name, goal) if part is not None], zero=True)
    both = list(zip(rows.values(name), rows.values(goal), strict=True))

    def draw(width: int) -> list[str]:
        return [_with_goal(_within(value, scale, width), reference, scale, width) for value, reference in both]

    return Drawn(_column(draw), name, _any_beyond(rows.values(name), scale))


def _with_goal(strip: str, reference: float | None, scale: Scale, width: int) -> str:
    return strip if reference is None else marked(strip, scale.at(reference, width), _GOAL)


def _z_bars(rows: Rows, picture: Picture) -> Drawn | None:
    name = picture.column("x")
    if name is None:
        return None
    values = rows.values(name)
    found = _scale(rows.panel, [name], zero=True)
    most = max(abs(found.low), abs(found.high), 1.25 * Z_LIMIT)
    scale = Scale(-most, most)

    def draw(width: int) -> list[str]:
        ticks = [scale.at(limit, width) for limit in (-Z_LIMIT, Z_LIMIT)]
        return [with_ticks(_within(value, scale, width), ticks, _TICK) for value in values]

    styles = ["" if value is None or abs(value) < Z_LIMIT else "green" if value > 0 else "red" for value in values]
    return Drawn(_column(draw, styles), name, _any_beyond(values, scale))


def _forest(rows: Rows, picture: Picture) -> Drawn | None:
    name = picture.column("x")
    if name is None:
        return None
    described = rows.panel.column(name)
    ends = [end for end in (described.low, described.high) if end is not None]
    found = _scale(rows.panel, [name, *ends])
    positive = [number for number in (found.low, found.high, 1.0) if number > 0]
    scale = Scale(min(positive), max(positive), log=True)
    low, high = rows.values(described.low), rows.values(described.high)
    points = list(zip(rows.values(name), low, high, strict=True))

    def draw(width: int) -> list[str]:
        one = [scale.at(1.0, width)]
        strips = [with_ticks(interval(*point, scale, width), one, _TICK) for point in points]
        return [_arrowed(strip, above(point), scale, width) for strip, point in zip(strips, points, strict=True)]

    def above(point: Sequence[float | None]) -> list[float | None]:
        return [value for value in point if value is not None and value > 0]

    return Drawn(_column(draw), name, any(_any_beyond(above(point), scale) for point in points))


def _boxes(rows: Rows, picture: Picture) -> Drawn | None:
    names = [name for channel in _SUMMARY if (name := picture.column(channel)) is not None]
    if len(names) < len(_SUMMARY):
        return None
    scale = _scale(rows.panel, names)
    summaries = list(zip(*(rows.values(name) for name in names), strict=True))
    beyond = any(_any_beyond(summary, scale) for summary in summaries)
    return Drawn(_column(partial(_drawn_boxes, summaries, scale)), None, beyond)


def _drawn_boxes(summaries: Sequence[Sequence[float | None]], scale: Scale, width: int) -> list[str]:
    return [_arrowed(box(summary, scale, width), summary, scale, width) for summary in summaries]


def _scale(panel: Panel, names: Sequence[str], *, zero: bool = False) -> Scale:
    """The scale of all rows, also those that are not shown; of those that rest on enough cases, if there are any."""
    for table in (sure_rows(panel), panel.table):
        ends = [end for name in names for end in (table[name].min(), table[name].max())]
        found = [float(end) for end in ends if isinstance(end, int | float)]
        if found:
            break
    return reach(found, zero=zero)
