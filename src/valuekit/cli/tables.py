"""Scores for people: one table a metric, in blocks that fit the width, and under it why a value is missing.

Owns the layout on a terminal. Never shortens a value: what does not fit goes into a further block or on a further line.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from valuekit.cli.figures import legible, legible_interval
from valuekit.cli.narrate import plain
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from valuekit.metrics.notes import Absence
    from valuekit.pipeline.results import Computed, DataWindow, MetricResult

UNLIMITED = 10_000
NARROWEST = 30
EXAMPLES = 3
_GAP = "   "
_NARROWEST_KEY = 6
_ENDS = (("_CI_Low", "_CI_High"), ("_ci_low", "_ci_high"))
"""How the names of the two ends of an interval end."""


@dataclass(frozen=True)
class Column:
    """One column of text, as people see it."""

    title: str
    cells: Sequence[str]
    numeric: bool
    key: bool

    @cached_property
    def width(self) -> int:
        """The terminal columns that its longest line takes."""
        from rich.cells import cell_len

        return max(cell_len(text) for text in (self.title, *self.cells))


def table_text(computed: Computed, *, color: bool, width: int | None) -> Iterator[str]:
    """Lay out everything for people.

    Args:
        computed: the results.
        color: whether to emphasise with terminal escapes.
        width: the columns there are; None where nothing limits them.
    """
    from rich.console import Console

    stream = io.StringIO()
    console = Console(
        file=stream,
        width=max(width or UNLIMITED, NARROWEST),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for result in computed.results:
        _print_result(console, result)
    _print_line(console, _window(computed.data), "dim")
    yield stream.getvalue()


def _print_result(console: Console, result: MetricResult) -> None:
    """A heading, the table in blocks, the notes, each followed by an empty line."""
    _print_line(console, _heading(result), "bold")
    if result.rows.is_empty():
        _print_line(console, "no customers, so no rows" if result.family == "clv" else "no offers, so no rows")
    else:
        columns = _columns(result)
        if not any(column.key for column in columns) and result.rows.height == 1:
            columns = _upright(columns)
        for block in _blocks(columns, console.width):
            _print_block(console, block)
    notes = list(_note_lines(result))
    for line in notes:
        _print_line(console, line)
    if notes or result.rows.is_empty():
        console.print()


def _print_line(console: Console, line: str, style: str = "") -> None:
    from rich.text import Text

    console.print(Text(line, style))


def _heading(result: MetricResult) -> str:
    by = f" by {', '.join(result.by)}" if result.by else ""
    where = f" where {result.where}" if result.where else ""
    return plain(f"{result.metric}{by}{where}")


def _window(data: DataWindow) -> str:
    facts, files = counted(data.facts, "fact"), counted(data.files, "file")
    return f"Data: {facts} from {files}, {legible(data.first)} to {legible(data.last)}"


def _columns(result: MetricResult) -> list[Column]:
    """The columns of a result as text; the two ends of an interval share one."""
    units = _units(result)
    rows = result.rows
    intervals = {
        base + low: (base, base + high)
        for low, high in _ENDS
        for base in (name.removesuffix(low) for name in units if name.endswith(low))
        if base + high in units
    }
    second = {high for _, high in intervals.values()}
    columns = []
    for name in rows.columns:
        if name in second:
            continue
        unit = units.get(name)
        title, cells = name, [legible(value, unit) for value in rows[name]]
        if name in intervals and unit is not None:
            base, high = intervals[name]
            title = f"{base} 95 % CI"
            cells = [legible_interval(*ends, unit) for ends in zip(rows[name], rows[high], strict=True)]
        columns.append(Column(plain(title), cells, numeric=rows.schema[name].is_numeric(), key=unit is None))
    return columns


def _units(result: MetricResult) -> Mapping[str, str]:
    """The unit of each score in the rows of a result; whatever else is in them is a key."""
    from valuekit.metrics.registry import CATALOGUES

    family = CATALOGUES.get(result.family)
    scores = {name: family.score(name) for name in result.rows.columns if name not in result.by} if family else {}
    return {name: score.unit for name, score in scores.items() if score is not None}


def _upright(columns: Sequence[Column]) -> list[Column]:
    """A single row without keys, as one line a score."""
    return [
        Column("Score", [column.title for column in columns], numeric=False, key=True),
        Column("Value", [column.cells[0] for column in columns], numeric=True, key=False),
    ]


def _blocks(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    """Split the scores over blocks that fit the width, the keys leading each.

    Keys take at most half of the width where that is not enough for all: their values are folded then.
    """
    keys = [column for column in columns if column.key]
    key_width = min(sum(column.width + len(_GAP) for column in keys), width // 2)
    block: list[Column] = []
    room = width - key_width
    for column in columns:
        if column.key:
            continue
        if block and column.width > room:
            yield [*keys, *block]
            block, room = [], width - key_width
        block.append(column)
        room -= column.width + len(_GAP)
    yield [*keys, *block]


def _print_block(console: Console, block: Sequence[Column]) -> None:
    """Titles, a rule and the rows. Rows are laid out here: Rich's own table takes half a millisecond for each."""
    widths = _widths(block, console.width)
    for line in _lines([column.title for column in block], block, widths):
        _print_line(console, line, "bold")
    console.file.write("─" * (sum(widths) + len(_GAP) * (len(widths) - 1)) + "\n")
    for cells in zip(*(column.cells for column in block), strict=True):
        console.file.writelines(line + "\n" for line in _lines(cells, block, widths))
    console.file.write("\n")


def _widths(block: Sequence[Column], room: int) -> list[int]:
    """What each column takes: all it needs, or, for the widest keys, what is left."""
    widths = [column.width for column in block]
    keys = [at for at, column in enumerate(block) if column.key and column.width > _NARROWEST_KEY]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - room
    while excess > 0 and keys:
        widest = max(keys, key=widths.__getitem__)
        widths[widest] -= 1
        excess -= 1
        keys = [at for at in keys if widths[at] > _NARROWEST_KEY]
    return widths


def _lines(cells: Sequence[str], block: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    """One row as lines: more than one where a key is folded."""
    folded = [_fold(cell, width) for cell, width in zip(cells, widths, strict=True)]
    for parts in zip_longest(*folded, fillvalue=""):
        padded = (
            _pad(part, width, right=column.numeric) for part, width, column in zip(parts, widths, block, strict=True)
        )
        yield _GAP.join(padded).rstrip()


def _fold(text: str, width: int) -> list[str]:
    from rich.cells import cell_len, chop_cells

    return [text] if cell_len(text) <= width else chop_cells(text, width)


def _pad(text: str, width: int, *, right: bool) -> str:
    """Fill up with spaces, counted in terminal columns."""
    from rich.cells import cell_len

    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _note_lines(result: MetricResult) -> Iterator[str]:
    """One sentence for all scores that lack a value for one reason in the same groups."""
    from valuekit.metrics.notes import EVERY_SCORE

    causes: dict[tuple[str, int, str], list[Absence]] = {}
    for note in result.notes:
        causes.setdefault((note.reason, note.count, repr(note.groups)), []).append(note)
    for (reason, count, _), notes in causes.items():
        scores = ", ".join(note.score for note in notes)
        groups = notes[0].groups
        where = _groups_text(groups, count) if any(groups) else ""
        said = "All scores" if scores == EVERY_SCORE else f"No value for {scores}"
        yield plain(f"{said}: {reason}{where}")


def _groups_text(groups: Sequence[Mapping[str, object]], count: int) -> str:
    shown = ["/".join(legible(value) for value in group.values()) for group in groups[:EXAMPLES]]
    more = f", and {count - len(shown):,} more: --format json lists up to 20" if count > len(shown) else ""
    return f" ({counted(count, 'group')}: {', '.join(shown)}{more})"
