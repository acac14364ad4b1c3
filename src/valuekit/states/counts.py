"""Counts of rows and sums of whole numbers: the simplest states.

Owns counting under a condition. Never counts distinct things: those belong into the key, or into a holistic score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.states.base import Input, Stored
from valuekit.states.numbers import add_whole, whole_of_column

if TYPE_CHECKING:
    import pyarrow as pa

    from valuekit.states.base import Gids
    from valuekit.states.groups import Groups


@dataclass(frozen=True)
class _Additive:
    """A whole number that adds up."""

    name: str

    @property
    def stored(self) -> tuple[Stored, ...]:
        """One BIGINT column."""
        return (Stored(self.name, "BIGINT"),)

    def merge_sql(self, cells: str, keys: Sequence[str]) -> str:
        """SQL query that adds cells up."""
        return _sum_sql(sql.name(self.name), self.name, cells, keys)

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        """Add cells up; exact below 2^53."""
        import pyarrow as pa

        (column,) = cells
        return [pa.array(add_whole(gids, size, whole_of_column(column)))]


@dataclass(frozen=True)
class Count(_Additive):
    """The number of rows that meet a condition.

    Attributes:
        name: the state's name and its column.
        condition: SQL over a row's columns; None counts every row. Unknown counts as not met.
        reads: the columns that the condition needs, besides `_positive`.
    """

    condition: str | None = None
    reads: frozenset[str] = field(default_factory=frozenset)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The condition."""
        return () if self.condition is None else (Input(self.condition, "flag"),)

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that counts."""
        met = "1" if self.condition is None else f"CASE WHEN {self.condition} THEN 1 ELSE 0 END"
        return _sum_sql(met, self.name, rows, keys)

    def build(self, groups: Groups) -> list[pa.Array]:
        """Count in each group."""
        import pyarrow as pa

        return [pa.array(groups.count(self.condition))]


@dataclass(frozen=True)
class Total(_Additive):
    """The sum of a whole number over rows.

    Attributes:
        name: the state's name and its column.
        value: SQL of the number; unknown counts as 0.
        reads: the columns that it needs, besides totals of the offer.
    """

    value: str
    reads: frozenset[str] = field(default_factory=frozenset)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The number."""
        return (Input(self.value, "integer"),)

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that adds up."""
        return _sum_sql(self.value, self.name, rows, keys)

    def build(self, groups: Groups) -> list[pa.Array]:
        """Add up in each group."""
        import pyarrow as pa

        return [pa.array(groups.total(self.value))]


def _sum_sql(value: str, name: str, relation: str, keys: Sequence[str]) -> str:
    listed = sql.names(keys)
    return (
        f"SELECT {listed}, CAST(coalesce(sum({value}), 0) AS BIGINT) AS {sql.name(name)} "
        f"FROM {relation} GROUP BY {listed}"
    )
