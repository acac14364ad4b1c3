"""A treemap as indented bars: the largest branch first, its parts below it.

Owns the order of rows and their indentation. Never sums anything: only leaves have numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.numbers import shown_key
from valuekit.reports.terminal.cells import Rows, columns_of, picked_rows
from valuekit.reports.terminal.grid import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.reports.report import Panel

_INDENT = "  "


def largest_first(panel: Panel, limit: int) -> Rows:
    """The first rows of a treemap: branches by their size, then their parts, down to the leaves."""
    path, sizes = _path(panel), _sizes(panel)
    keys = list(panel.table.select(path).iter_rows())
    totals: dict[tuple[object, ...], float] = {}
    for key, size in zip(keys, sizes, strict=True):
        for depth in range(1, len(key) + 1):
            totals[key[:depth]] = totals.get(key[:depth], 0.0) + size
    first: dict[tuple[object, ...], int] = {}
    for number, key in enumerate(keys):
        for depth in range(1, len(key) + 1):
            first.setdefault(key[:depth], number)

    def order(number: int) -> list[tuple[float, int]]:
        branches = (keys[number][:depth] for depth in range(1, len(path) + 1))
        return [(-totals[branch], first[branch]) for branch in branches]

    return picked_rows(panel, sorted(range(len(keys)), key=order)[:limit])


def indented(rows: Rows, drawn: Column | None, lead: str | None) -> tuple[list[Column], list[bool]]:
    """Put the path into one column, a branch on a line of its own above its parts.

    Returns:
        The columns, and for each line whether it is greyed.
    """
    path = _path(rows.panel)
    keys = list(rows.table.select(path).iter_rows())
    lines: list[tuple[str, int | None]] = []
    before: tuple[object, ...] = ()
    for number, key in enumerate(keys):
        same = next((depth for depth in range(len(key)) if key[: depth + 1] != before[: depth + 1]), len(key) - 1)
        lines += [(_INDENT * depth + shown_key(key[depth]), None) for depth in range(same, len(key) - 1)]
        lines.append((_INDENT * (len(key) - 1) + shown_key(key[-1]), number))
        before = key
    name = Column(" / ".join(path), [text for text, _ in lines], key=True)
    at = [number for _, number in lines]
    rest = [column for column in columns_of(rows, drawn, lead) if column.title not in path or not column.key]
    return [name, *(_spread(column, at) for column in rest)], [number is not None and rows.low[number] for number in at]


def _spread(column: Column, at: Sequence[int | None]) -> Column:
    """Leave the lines of branches blank."""
    draw = column.draw
    drawn = None if draw is None else lambda width: _placed(draw(width), at)
    return Column(
        column.title,
        _placed(column.cells, at) if draw is None else (),
        column.right,
        column.key,
        drawn,
        column.narrowest,
        column.widest,
        _placed(column.styles, at) if column.styles else (),
    )


def _placed(cells: Sequence[str], at: Sequence[int | None]) -> list[str]:
    return ["" if number is None else cells[number] for number in at]


def _path(panel: Panel) -> list[str]:
    path = panel.picture.channels.get("path", ()) if panel.picture else ()
    return [path] if isinstance(path, str) else list(path)


def _sizes(panel: Panel) -> list[float]:
    name = panel.picture.column("size") if panel.picture else None
    return [0.0] * panel.table.height if name is None else [float(size or 0) for size in panel.table[name].to_list()]
