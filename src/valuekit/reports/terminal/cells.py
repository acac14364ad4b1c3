"""The rows of a panel as columns of text: keys first, then the score that is drawn, then all others.

Owns which columns people see and in which order. Never lays them out and never draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from valuekit.reports.low_counts import COUNT, low_counts
from valuekit.reports.numbers import shown, shown_interval, shown_key
from valuekit.reports.plain import plain
from valuekit.reports.terminal.grid import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from valuekit.reports.report import Column as Described
    from valuekit.reports.report import Panel

LOW_N = "low n"
_EDGES = ("histogram",)
"""Pictures whose bins name the rows."""


@dataclass(frozen=True)
class Rows:
    """Rows of a panel that are shown.

    Attributes:
        panel: all of it.
        table: the rows shown.
        low: for each of them whether it rests on too few cases.
    """

    panel: Panel
    table: pl.DataFrame
    low: Sequence[bool]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        names = [column.name for column in self.panel.columns if column.role == "dimension"]
        picture = self.panel.picture
        if picture is not None and picture.mark in _EDGES:
            names += [name for channel in ("x", "x_end") if (name := picture.column(channel)) is not None]
        return tuple(dict.fromkeys(names))

    def values(self, name: str | None) -> list[float | None]:
        """The numbers of a column, by row; None for each where there is no such column."""
        return [None] * self.table.height if name is None else self.table[name].to_list()


def first_rows(panel: Panel, limit: int) -> Rows:
    """The first rows of a panel."""
    return Rows(panel, panel.table.head(limit), low_counts(panel)[:limit])


def picked_rows(panel: Panel, numbers: Sequence[int]) -> Rows:
    """Rows of a panel by their numbers, in that order."""
    low = low_counts(panel)
    return Rows(panel, panel.table[list(numbers)], [low[number] for number in numbers])


def columns_of(
    rows: Rows, drawn: Column | None = None, lead: str | None = None, only: Sequence[str] | None = None
) -> list[Column]:
    """Give the columns of rows: the score that leads, what it rests on, the picture, then the others.

    Args:
        rows: what is shown.
        drawn: a picture of each row.
        lead: the score that stands first; None for the picture right behind the keys.
        only: the numbers to show; all by default.
    """
    described = {column.name: column for column in rows.panel.columns}
    ends = {end for column in described.values() for end in (column.low, column.high) if end is not None}
    numbers = [name for name, column in described.items() if column.role == "number" and name not in rows.keys]
    numbers = [name for name in numbers if name not in ends and (only is None or name in only)]
    numbers.sort(key=lambda name: (name != lead, name != COUNT or lead is None))
    behind = COUNT if lead is not None and COUNT in numbers else lead
    columns = key_columns(rows, rows.keys)
    columns += [drawn] if drawn is not None and lead not in numbers else []
    for name in numbers:
        columns += _score(rows, described[name])
        columns += [drawn] if drawn is not None and name == behind else []
    return columns


def key_columns(rows: Rows, names: Sequence[str]) -> list[Column]:
    """Give some columns as keys, and nothing else."""
    return [_key(rows, rows.panel.column(name)) for name in names]


def _key(rows: Rows, column: Described) -> Column:
    values = rows.table[column.name]
    cells = [shown_key(value) if column.role == "dimension" else _cell(value, column) for value in values]
    return Column(plain(column.name), cells, right=values.dtype.is_numeric(), key=True)


def _score(rows: Rows, column: Described) -> list[Column]:
    """A score, with its interval and, behind the count, which rows rest on too few cases."""
    title = plain(column.name)
    columns = [Column(title, [_cell(value, column) for value in rows.table[column.name]], right=True)]
    if column.low is not None and column.high is not None:
        ends = zip(rows.table[column.low], rows.table[column.high], strict=True)
        cells = [shown_interval(low, high, column.unit, short=False) for low, high in ends]
        columns.append(Column(f"{title} 95 % CI", cells, right=True))
    if column.name == COUNT and any(rows.low):
        columns.append(Column("", [LOW_N if low else "" for low in rows.low]))
    return columns


def _cell(value: object, column: Described) -> str:
    return shown(value, column.unit, short=False)
