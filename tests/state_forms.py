"""The two forms of a state, SQL and NumPy, behind one face: tables of rows or cells in, a table of cells out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from state_examples import ROW
from valuekit.states.groups import POSITIVE, Groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from numpy.typing import NDArray

    from valuekit.states.base import State


class Form(Protocol):
    """Builds and merges the cells of one state: a row a group, in order of the keys, nulls first."""

    @property
    def state(self) -> State: ...

    def build(self, rows: pa.Table, keys: Sequence[str]) -> pa.Table: ...

    def merge(self, cells: pa.Table, keys: Sequence[str]) -> pa.Table: ...


@dataclass(frozen=True)
class SqlForm:
    """The state's own SQL, on DuckDB."""

    connection: duckdb.DuckDBPyConnection
    state: State

    def build(self, rows: pa.Table, keys: Sequence[str]) -> pa.Table:
        return self._run(self.state.build_sql('"relation"', keys), rows, keys)

    def merge(self, cells: pa.Table, keys: Sequence[str]) -> pa.Table:
        return self._run(self.state.merge_sql('"relation"', keys), cells, keys)

    def _run(self, query: str, relation: pa.Table, keys: Sequence[str]) -> pa.Table:
        self.connection.register("relation", relation)
        return in_order(self.connection.sql(query).to_arrow_table(), keys)


@dataclass(frozen=True)
class NumpyForm:
    """The state's NumPy form, over inputs that DuckDB evaluates."""

    connection: duckdb.DuckDBPyConnection
    state: State

    def build(self, rows: pa.Table, keys: Sequence[str]) -> pa.Table:
        gids, groups = numbered(rows, keys)
        values = self.inputs(rows)
        return self._table(groups, keys, self.state.build(Groups(gids, len(groups), values)))

    def merge(self, cells: pa.Table, keys: Sequence[str]) -> pa.Table:
        gids, groups = numbered(cells, keys)
        columns = [cells.column(column.name).combine_chunks() for column in self.state.stored]
        return self._table(groups, keys, self.state.merge(gids, len(groups), columns))

    def nothing(self) -> pa.Table:
        """The cell of no rows, under the key NULL."""
        columns = self.state.build(Groups(np.zeros(0, dtype=np.int64), 1, self.inputs(ROW.empty_table())))
        return self._table([(None,)], ["grp"], columns)

    def inputs(self, rows: pa.Table) -> dict[str, NDArray[Any]]:
        """The inputs of the state in each row, missing ones replaced as `Input` says."""
        missing = {"flag": "FALSE", "integer": "0", "number": "'NaN'"}
        kinds = {"flag": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE"}
        asked = [(POSITIVE, "flag"), *((asked.sql, asked.kind) for asked in self.state.inputs)]
        listed = ", ".join(
            f"coalesce(CAST({value} AS {kinds[kind]}), CAST({missing[kind]} AS {kinds[kind]})) AS c{number}"
            for number, (value, kind) in enumerate(asked)
        )
        self.connection.register("relation", rows)
        found = self.connection.sql(f"SELECT {listed} FROM relation").to_arrow_table()
        return {value: found.column(number).to_numpy() for number, (value, _) in enumerate(asked)}

    def _table(self, groups: list[tuple[object, ...]], keys: Sequence[str], columns: Sequence[pa.Array]) -> pa.Table:
        key_columns = [pa.array([group[at] for group in groups], ROW.field(key).type) for at, key in enumerate(keys)]
        names = [*keys, *(column.name for column in self.state.stored)]
        return in_order(pa.table([*key_columns, *columns], names=names), keys)


def numbered(table: pa.Table, keys: Sequence[str]) -> tuple[NDArray[np.int64], list[tuple[object, ...]]]:
    """Number the groups of a table in the order in which they appear."""
    numbers: dict[tuple[object, ...], int] = {}
    rows = zip(*(table.column(key).to_pylist() for key in keys), strict=True)
    gids = np.array([numbers.setdefault(row, len(numbers)) for row in rows], dtype=np.int64)
    return gids, list(numbers)


def in_order(cells: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Sort by the keys, nulls first."""
    rows = list(zip(*(cells.column(key).to_pylist() for key in keys), strict=True))
    order = sorted(range(len(rows)), key=lambda at: [(key is not None, key) for key in rows[at]])
    return cells.take(pa.array(order, pa.int64()))
