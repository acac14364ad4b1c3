"""A heatmap as a grid of shaded cells: colour, or without colour characters that are as dark.

Owns its layout. A cell that is not in the table is blank, one without a value a dash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from valuekit.reports.low_counts import sure_rows
from valuekit.reports.numbers import shown, shown_key
from valuekit.reports.palette import LIGHT
from valuekit.reports.terminal.glyphs import Scale, reach, shade
from valuekit.reports.terminal.paint import cut, padded, wide, wrapped
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from valuekit.reports.report import Panel
    from valuekit.reports.terminal.paint import Painter

_WIDEST_TITLE = 12
_BARE = 2
"""The width of a cell without its number, where numbers do not fit."""


class _Grid(NamedTuple):
    """What the cells of one heatmap are made of."""

    xs: Sequence[object]
    ys: Sequence[object]
    values: Mapping[tuple[object, object], float | None]
    scale: Scale
    unit: str


def heatmap_lines(panel: Panel, width: int, painter: Painter, limit: int) -> Iterator[str]:
    """Lay out the heatmap of a panel, one below the other where further dimensions split it.

    Args:
        panel: its picture has x, y and color.
        width: the terminal columns there are.
        painter: colours the cells; without colours they have a shade instead.
        limit: at most so many lines of cells.
    """
    picture = panel.picture
    assert picture is not None  # noqa: S101  a heatmap is a picture
    x, y, color = (picture.column(channel) for channel in ("x", "y", "color"))
    if x is None or y is None or color is None or panel.table.is_empty():
        return
    split = [column.name for column in panel.columns if column.role == "dimension" and column.name not in (x, y)]
    unit, scores = panel.column(color).unit, panel.table[color].drop_nulls().to_list()
    scale, whole = reach(sure_rows(panel)[color].drop_nulls().to_list() or scores), reach(scores)
    left, hidden = limit, 0
    for part in panel.table.partition_by(split, maintain_order=True) if split else [panel.table]:
        if left <= 0:
            hidden += part[y].n_unique()
            continue
        ys = part[y].unique().sort(nulls_last=False).to_list()
        cells = dict(zip(zip(part[x], part[y], strict=True), part[color], strict=True))
        grid = _Grid(part[x].unique().sort(nulls_last=False).to_list(), ys[:left], cells, scale, unit)
        if split:
            yield painter.paint(", ".join(f"{name} {shown_key(part[name][0])}" for name in split), "bold")
        yield from _grid_lines(grid, width, painter, (x, y))
        hidden += len(ys) - len(grid.ys)
        left -= len(grid.ys)
    yield from (painter.paint(line, "dim") for line in wrapped(_legend(scale, whole, unit, color, painter), width))
    if hidden:
        told = f"{counted(hidden, 'further line')} of cells left out: --limit {limit + hidden} shows all"
        yield from wrapped(told, width)


def _grid_lines(grid: _Grid, width: int, painter: Painter, names: tuple[str, str]) -> Iterator[str]:
    title = min(max(wide(shown_key(y)) for y in (*grid.ys, names[1])), max(width // 4, 6))
    room = width - title
    heads = [cut(shown_key(x), _WIDEST_TITLE) for x in grid.xs]
    texts = {place: shown(value, grid.unit) for place, value in grid.values.items()}
    widths = [
        max(wide(head), *(wide(texts.get((x, y), "")) for y in grid.ys)) + (0 if painter.colors else 2)
        for x, head in zip(grid.xs, heads, strict=True)
    ]
    numbers = sum(widths) + len(widths) <= room
    fits = len(grid.xs) if numbers else max((room - 1) // _BARE, 1)
    if numbers:
        yield " " * title + "".join(
            f" {padded(head, size, right=True)}" for head, size in zip(heads, widths, strict=True)
        )
    else:
        yield from (line for told in _columns_told(grid, fits, names[0]) for line in wrapped(told, width))
    for y in grid.ys:
        line = padded(cut(shown_key(y), title), title)
        for x, size in zip(grid.xs[:fits], widths, strict=False):
            there = (x, y) in grid.values
            gap, span = (" ", size) if numbers else ("", _BARE)
            text = texts[x, y] if numbers and there else ""
            line += gap + (_cell(grid.values[x, y], grid.scale, text, span, painter) if there else " " * span)
        yield line.rstrip()


def _columns_told(grid: _Grid, fits: int, name: str) -> Iterator[str]:
    """Say which columns there are, where their titles do not fit."""
    shown_xs = grid.xs[:fits]
    told = f"{name} from left to right: {shown_key(shown_xs[0])} to {shown_key(shown_xs[-1])}"
    yield f"{told} ({counted(len(shown_xs), 'column')})"
    if fits < len(grid.xs):
        yield (
            f"{counted(len(grid.xs) - fits, 'further column')} left out: a wider terminal shows more, "
            "--format html shows all"
        )


def _cell(value: float | None, scale: Scale, text: str, size: int, painter: Painter) -> str:
    if value is None:
        return padded(shown(None), size, right=True)
    share = scale.share(value)
    if painter.colors is None:
        dark = shade(share)
        return f"{dark} {padded(text, size - 2, right=True)}" if text else dark * size
    ramp = LIGHT.sequential
    at = round(share * (len(ramp) - 1))
    ink = "#000000" if at <= len(ramp) // 2 else "#ffffff"
    return painter.paint(padded(text, size, right=True), f"{ink} on {ramp[at]}")


def _legend(scale: Scale, whole: Scale, unit: str, name: str, painter: Painter) -> str:
    """What the ends of the scale are; cells of few cases may lie beyond them."""
    light, dark = ("light", "dark") if painter.colors else (shade(0.0), shade(1.0))
    less, more = " or less" if whole.low < scale.low else "", " or more" if whole.high > scale.high else ""
    return f"{name}: {light} is {shown(scale.low, unit)}{less}, {dark} is {shown(scale.high, unit)}{more}"
