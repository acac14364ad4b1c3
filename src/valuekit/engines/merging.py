"""Stored cells as what every merge starts from: each column is read once, when a grain or a state first needs it.

Owns the order in which cells merge, and their groups. Never builds a cell, and never changes one.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit import sql
from valuekit.engines.grouping import Key, Numbered, number
from valuekit.engines.rows import PARTITION
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.facts.view import time_dimension
from valuekit.states.centroids import Ranked
from valuekit.states.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from valuekit.config.expressions import Expression
    from valuekit.states.base import State
    from valuekit.states.centroids import Centroids
    from valuekit.states.plan import CellPlan


class StoredCells:
    """The cells of one metric, or some of them, for merges to any grain; they must not change meanwhile.

    Args:
        connection: holds their table.
        plan: what they hold.
        table: the name of the table.
        where: picks offers by their dimensions.
        keeps_digests: keep digests that were read, for further merges; they are large.
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        plan: CellPlan,
        table: str,
        where: Expression | None = None,
        *,
        keeps_digests: bool = False,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._keeps_digests = keeps_digests
        self._own = sql.names((PARTITION, *plan.dimensions))
        columns = ["rowid AS _cell", self._own]
        if "Day" in plan.dimensions:
            columns += [f"{time_dimension(name, sql.name('Day'))} AS {sql.name(name)}" for name in TIME_DIMENSIONS[1:]]
        self._picked = f"FROM (SELECT {', '.join(columns)}, * EXCLUDE ({self._own}) FROM {sql.name(table)})"
        self._picked += f" WHERE {where.sql}" if where else ""
        self._keys: dict[str, Key] = {}
        self._columns: dict[str, pa.Array] = {}
        self._digests: dict[str, tuple[NDArray[np.int64], Ranked]] = {}

    def merge(self, by: Sequence[str], states: Sequence[State] | None = None) -> pl.DataFrame:
        """Merge to a coarser grain, in one step from the stored cells.

        Args:
            by: the dimensions of the grain; empty for the total, which is one row even of no cells.
            states: those to merge; all by default.

        Returns:
            One row a group, sorted by the dimensions, nulls first: these, then the stored columns.
        """
        states = self._plan.states if states is None else states
        groups = self._groups(by)
        self._read_columns(states)
        merged = groups.keys.get_columns()
        for state in states:
            arrays = self._merged(state, groups)
            merged += [pl.Series(column.name, array) for column, array in zip(state.stored, arrays, strict=True)]
        return pl.DataFrame(merged)

    def centroids(self, by: Sequence[str], digest: Digest) -> Centroids:
        """Merge one digest without compressing it further: one group a row of `merge`."""
        return self._centroids(digest, self._groups(by))

    def _merged(self, state: State, groups: Numbered) -> list[pa.Array]:
        if isinstance(state, Digest):
            return [state.finished(self._centroids(state, groups))]
        return state.merge(groups.gids, groups.size, [self._columns[column.name] for column in state.stored])

    def _centroids(self, digest: Digest, groups: Numbered) -> Centroids:
        places, ranked = self._digests.get(digest.name) or self._read_digest(digest)
        return ranked.merged(groups.gids[places], groups.size)

    def _read_digest(self, digest: Digest) -> tuple[NDArray[np.int64], Ranked]:
        """The places of the cells as they were read, and their centroids: it does not matter in which order."""
        places, read = self._read([digest.name])
        found = places, Ranked.of(read[digest.name])
        if self._keeps_digests:
            self._digests[digest.name] = found
        return found

    def _read_columns(self, states: Iterable[State]) -> None:
        """Read what some states are stored in, digests aside, in the order of the cells."""
        wanted = dict.fromkeys(
            column.name for state in states if not isinstance(state, Digest) for column in state.stored
        )
        names = [name for name in wanted if name not in self._columns]
        if names:
            places, read = self._read(names)
            order = np.argsort(places)
            self._columns |= {name: read[name].take(order).combine_chunks() for name in names}

    def _groups(self, by: Sequence[str]) -> Numbered:
        """The groups of the cells at a grain."""
        names = [name for name in by if name not in self._keys]
        if names:
            places, read = self._read(names)
            order = np.argsort(places)
            for name in names:
                key = Key.of(read[name])
                self._keys[name] = Key(key.ids[order], key.values)
        return number({name: self._keys[name] for name in by}, len(self._places[0]))

    def _read(self, names: Sequence[str]) -> tuple[NDArray[np.int64], pa.Table]:
        """Columns, and the place of each row among the cells: no two queries need give rows in one order."""
        read = self._connection.sql(f"SELECT {sql.names(('_cell', *names))} {self._picked}").to_arrow_table()
        cells, places = self._places
        return places[np.searchsorted(cells, read["_cell"].to_numpy())], read

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The row numbers of the cells, rising, and the place of each in the order of the keys."""
        place = f"row_number() OVER (ORDER BY {self._own}) - 1 AS _place"
        read = self._connection.sql(f"SELECT _cell, {place} {self._picked}").to_arrow_table()
        cells = read["_cell"].to_numpy()
        order = np.argsort(cells)
        return cells[order], read["_place"].to_numpy()[order]
