"""Columns of text side by side: blocks that fit the width, keys leading each.

Owns widths, folding and padding of cells. Never shortens a value: what does not fit goes into a further block or on a
further line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from valuekit.reports.terminal.paint import padded, wide, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from valuekit.reports.terminal.paint import Painter

GAP = "   "
UNLIMITED = 10_000
"""The width where nothing limits it."""

NARROWEST = 30
"""The least width that anything is laid out for."""
_NARROWEST_KEY = 6
_LEGIBLE_KEY = 10
_WIDE_TITLE = 24
_NUMBERS = 14
_BETWEEN = " / "


@dataclass(frozen=True)
class Column:
    """One column as people see it.

    Attributes:
        title: above it.
        cells: the text of each row; empty where `draw` gives it.
        right: whether text stands at the right, as numbers do.
        key: whether it names the row: keys lead every block, and are folded where they are too wide.
        draw: gives the cells for a width, for what can be drawn in any; None where `cells` are all there is.
        narrowest: the least width in which drawing makes sense.
        widest: the most that it is given.
        styles: how each cell is emphasised; empty for not at all.
        folds: of a key, whether it is folded between words before a block is split.
    """

    title: str
    cells: Sequence[str] = ()
    right: bool = False
    key: bool = False
    draw: Callable[[int], Sequence[str]] | None = None
    narrowest: int = 0
    widest: int = 0
    styles: Sequence[str] = ()
    folds: bool = False

    @cached_property
    def width(self) -> int:
        """The terminal columns that it needs; a long title is broken between words."""
        title = wide(self.title)
        if title > _WIDE_TITLE:
            title = max(map(wide, self.title.split(" ")))
        return max(title, self.narrowest, *(wide(text) for text in self.cells), 0)

    @cached_property
    def least(self) -> int:
        """The terminal columns that it needs where it may be folded."""
        if not self.folds:
            return self.width
        return max(wide(word) for text in (self.title, *self.cells) for word in text.split(" "))


def grid_lines(columns: Sequence[Column], width: int, painter: Painter, faint: Sequence[bool] = ()) -> Iterator[str]:
    """Lay out rows below their titles.

    Args:
        columns: side by side, keys first.
        width: the terminal columns there are.
        painter: for emphasis.
        faint: for each row whether it is greyed; empty for none.

    Yields:
        Lines without line ends; blocks are apart by an empty one.
    """
    for number, block in enumerate(_blocks(_with_room(columns, width), width)):
        if number:
            yield ""
        yield from _block_lines(block, width, painter, faint)


def upright(columns: Sequence[Column]) -> list[Column]:
    """A single row without keys, as one line a score."""
    there = [column for column in columns if column.draw is None]
    return [
        Column("Score", [column.title for column in there], key=True),
        Column("Value", [column.cells[0] for column in there], right=True),
    ]


def _with_room(columns: Sequence[Column], width: int) -> list[Column]:
    """Give keys one column together where they would be folded to pieces in columns of their own."""
    keys = [column for column in columns if column.key]
    least = sum(min(column.width, _LEGIBLE_KEY) + len(GAP) for column in keys)
    if len(keys) < 2 or least <= width - _NUMBERS:
        return list(columns)
    cells = [_BETWEEN.join(parts) for parts in zip(*(key.cells for key in keys), strict=True)]
    together = Column(_BETWEEN.join(key.title for key in keys), cells, key=True)
    return [together, *(column for column in columns if not column.key)]


def _blocks(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """Split columns over blocks that fit; keys take at most three fifths of the width where they need more."""
    if sum(column.least + len(GAP) for column in columns) - len(GAP) <= width:
        yield list(columns)
        return
    keys = [column for column in columns if column.key]
    key_width = min(sum(column.width + len(GAP) for column in keys), width * 3 // 5)
    block: list[Column] = []
    room = width - key_width
    for column in columns:
        if column.key:
            continue
        if block and column.width > room:
            yield [*keys, *block]
            block, room = [], width - key_width
        block.append(column)
        room -= column.width + len(GAP)
    yield [*keys, *block]


def _block_lines(block: Sequence[Column], width: int, painter: Painter, faint: Sequence[bool]) -> Iterator[str]:
    widths = _widths(block, width)
    for line in _row_lines([column.title for column in block], block, widths):
        yield painter.paint(GAP.join(line).rstrip(), "bold")
    yield "─" * min(sum(widths) + len(GAP) * (len(widths) - 1), width)
    cells = [
        column.cells if column.draw is None else column.draw(room) for column, room in zip(block, widths, strict=True)
    ]
    for number, row in enumerate(zip(*cells, strict=True)):
        grey = "dim" if faint and faint[number] else ""
        styles = [f"{grey} {column.styles[number] if column.styles else ''}".strip() for column in block]
        for line in _row_lines(row, block, widths):
            if not any(styles):
                yield GAP.join(line).rstrip()
                continue
            yield GAP.join(painter.paint(part, style) for part, style in zip(line, styles, strict=True)).rstrip()


def _widths(block: Sequence[Column], room: int) -> list[int]:
    """What each column takes: all it needs; what is left goes to drawings; too wide keys give way, then the rest."""
    widths = [column.width for column in block]
    spare = room - sum(widths) - len(GAP) * (len(widths) - 1)
    for keys in (True, False):
        able = [at for at, column in enumerate(block) if column.key is keys and column.width > _NARROWEST_KEY]
        while spare < 0 and able:
            widths[max(able, key=widths.__getitem__)] -= 1
            spare += 1
            able = [at for at in able if widths[at] > _NARROWEST_KEY]
    drawn = [at for at, column in enumerate(block) if column.draw is not None]
    for at in drawn:
        more = min(max(spare, 0) // len(drawn), max(block[at].widest - widths[at], 0))
        widths[at] += more
    return widths


def _row_lines(cells: Sequence[str], block: Sequence[Column], widths: Sequence[int]) -> Iterator[list[str]]:
    """One row as lines: more than one where a cell is folded."""
    parts = [list(wrapped(cell, width)) for cell, width in zip(cells, widths, strict=True)]
    for line in zip_longest(*parts, fillvalue=""):
        yield [padded(part, width, right=column.right) for part, width, column in zip(line, widths, block, strict=True)]
