"""The least and the greatest of a number.

Owns extrema, exact however rows are split. Never owns how many rows there are: moments count them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from valuekit import sql
from valuekit.states.base import Input, Stored
from valuekit.states.numbers import finite_sql, of_column

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from valuekit.states.base import Gids
    from valuekit.states.groups import Groups


@dataclass(frozen=True)
class Extrema:
    """The least and the greatest value of a number; NULL where there is none.

    Attributes:
        name: the state's name; its columns are this and `_min`, `_max`.
        value: SQL of the number over a row's columns; -0.0 counts as 0.0.
        reads: the columns that it needs.
    """

    name: str
    value: str
    reads: frozenset[str] = field(default_factory=frozenset)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The number."""
        return (Input(self.value, "number"),)

    @property
    def stored(self) -> tuple[Stored, ...]:
        """Two DOUBLE columns."""
        return (Stored(f"{self.name}_min", "DOUBLE"), Stored(f"{self.name}_max", "DOUBLE"))

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that finds both."""
        number = finite_sql(self.value)
        return self._query(number, number, rows, keys)

    def merge_sql(self, cells: str, keys: Sequence[str]) -> str:
        """SQL query that finds both among cells."""
        least, greatest = (sql.name(column.name) for column in self.stored)
        return self._query(least, greatest, cells, keys)

    def _query(self, least: str, greatest: str, relation: str, keys: Sequence[str]) -> str:
        listed = sql.names(keys)
        low, high = (sql.name(column.name) for column in self.stored)
        return f"SELECT {listed}, min({least}) AS {low}, max({greatest}) AS {high} FROM {relation} GROUP BY {listed}"

    def build(self, groups: Groups) -> list[pa.Array]:
        """Take the ends of the sorted values of each group."""
        sorted_ = groups.sorted(self.value)
        first, end = sorted_.starts[:-1], sorted_.starts[1:]
        some = first < end
        low, high = np.full(groups.size, np.inf), np.full(groups.size, -np.inf)
        low[some], high[some] = sorted_.means[first[some]], sorted_.means[end[some] - 1]
        return _columns(low, high)

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        """Find both among cells."""
        low, high = np.full(size, np.inf), np.full(size, -np.inf)
        np.fmin.at(low, gids, of_column(cells[0]))
        np.fmax.at(high, gids, of_column(cells[1]))
        return _columns(low, high)


def _columns(*ends: NDArray[np.float64]) -> list[pa.Array]:
    import pyarrow as pa

    return [pa.array(end, mask=np.isinf(end)) for end in ends]
