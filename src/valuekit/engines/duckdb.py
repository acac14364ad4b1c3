"""The default engine: DuckDB, on the connection that holds the facts or a snapshot of the states.

Owns the way from facts to cells, and from cells to coarser cells. SQL evaluates the facts view, resolves offers and
picks cells; the states themselves are built and merged by their NumPy forms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit import sql
from valuekit.engines import offers
from valuekit.engines.gathered import Gathered
from valuekit.engines.grouping import Key, Numbered, number
from valuekit.engines.rows import PARTITION, Rows, Wanted
from valuekit.errors import DataError
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.facts.view import time_dimension
from valuekit.states.groups import Groups

if TYPE_CHECKING:
    from datetime import date

    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from valuekit.config.expressions import Expression
    from valuekit.facts.view import FactsView
    from valuekit.states.base import Input, State
    from valuekit.states.plan import CellPlan, Resolution, Sum

_LEFTOVERS = ("VIEW offers", "TABLE chosen", "TABLE first", "TABLE repeated", "TABLE signed")


class DuckDBEngine:
    """Builds and merges cells.

    Args:
        connection: holds the table `facts` for building, or tables of cells for merging.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def build(
        self, plans: Iterable[CellPlan], view: FactsView, partitions: Sequence[date]
    ) -> Iterator[tuple[CellPlan, pa.Table]]:
        """Build the cells of some partitions; plans that resolve offers alike share one pass.

        Yields:
            Each plan with a table of `_partition`, its dimensions and its stored columns, sorted by the keys.

        Raises:
            DataError: an expression of the config fails on the facts.
        """
        by_resolution: defaultdict[Resolution, list[CellPlan]] = defaultdict(list)
        for plan in plans:
            by_resolution[plan.resolution].append(plan)
        for sharing in by_resolution.values():
            tied = self._resolve(sharing, view, partitions)
            for together in [[plan] for plan in sharing] if tied else [sharing]:
                if tied:
                    self._untie(together[0], view, partitions)
                rows = self._fetch(together, view)
                for plan in together:
                    yield plan, _cells(plan, rows)
        self._clean_up()

    def _clean_up(self) -> None:
        """Drop what resolving left behind."""
        for leftover in _LEFTOVERS:
            self._connection.execute(f"DROP {leftover.replace(' ', ' IF EXISTS ')}")

    def _resolve(
        self, plans: Sequence[CellPlan], view: FactsView, partitions: Sequence[date], extra: Collection[str] = ()
    ) -> bool:
        """Make the view `offers`: one row an offer, from its deciding row, with `_positive`; or the rows themselves.

        Args:
            plans: what needs them; all resolve offers alike.
            view: what the rows are rows of.
            partitions: those that are wanted.
            extra: further columns that offers must have.

        Returns:
            Whether rows of one offer are tied by time and FactID: then `_untie` must follow for each plan.
        """
        wanted, resolution = _wanted(plans, view), plans[0].resolution
        scan = offers.Scan(view, resolution, partitions, _values(plans, wanted).union(extra), wanted.codes)
        if resolution.by_row:
            self._run_config(f"CREATE OR REPLACE TEMP VIEW offers AS {scan.rows_sql()}", plans)
            return False
        sums = _sums(plans)
        self._run_config(f"CREATE OR REPLACE TEMP TABLE signed AS {scan.signed_sql(sums)}", plans)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE repeated AS {offers.REPEATED_SQL}")
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE first AS {offers.FIRST_SQL}")
        self._connection.execute("CREATE OR REPLACE TEMP TABLE chosen AS SELECT _row FROM first")
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW offers AS {offers.offers_sql(sums)}")
        tied = "SELECT 1 FROM first GROUP BY _offer HAVING count(*) > 1 LIMIT 1"
        return bool(self._connection.execute(tied).fetchall())

    def _untie(self, plan: CellPlan, view: FactsView, partitions: Sequence[date], extra: Collection[str] = ()) -> None:
        """Resolve for one plan, and choose among tied rows by what its metric reads, then by the other columns."""
        wanted = _wanted([plan], view)
        values = _values([plan], wanted).union(plan.decided_by, extra)
        self._resolve([plan], view, partitions, values)
        others = (values | wanted.codes) - plan.decided_by
        order = [*sorted(plan.decided_by), *sorted(others)]
        untied = offers.untied_sql(view, order, wanted.codes - values)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {untied}")

    def _fetch(self, plans: Sequence[CellPlan], view: FactsView) -> Rows:
        """Fetch the offers, or rows, that were resolved, with all that some plans need."""
        wanted = _wanted(plans, view)
        inputs = list(dict.fromkeys(item for plan in plans for state in plan.states for item in state.inputs))
        select = wanted.select(inputs, positive=not plans[0].resolution.by_row)
        table = self._run_config(f"SELECT {select} FROM offers", plans)
        return Rows(wanted, table, inputs, self._labels(), self._times)

    def gather(
        self,
        plan: CellPlan,
        view: FactsView,
        batches: Iterable[Sequence[date]],
        *,
        keys: Iterable[str],
        reads: Sequence[str],
        positive_rows: bool,
        where: Expression | None,
    ) -> Gathered:
        """Fetch columns of all offers, for what no state can hold.

        Args:
            plan: how rows become offers.
            view: what the rows are rows of.
            batches: the partitions, some at a time.
            keys: dimensions of the offers.
            reads: what is read of each.
            positive_rows: read every positive row of the offers instead, each with its offer's dimensions.
            where: picks offers by their dimensions.
        """
        extra = where.columns if where else frozenset[str]()
        grain, read = Wanted(view, frozenset(keys)), Wanted(view, frozenset(reads))
        asked = replace(plan, dimensions=(*grain.keys, *reads), states=(), sums=())
        condition = f" WHERE {where.sql}" if where else ""
        source = offers.read_sql(read.columns, grain.columns | extra if positive_rows else None)
        columns = sql.names(sorted(grain.columns) + offers.own(read.columns)) or "1"
        gathered, labels = Gathered(sorted(grain.keys), reads), self._labels()
        for partitions in batches:
            if self._resolve([asked], view, partitions, extra):
                self._untie(asked, view, partitions, extra)
            table = self._run_config(f"SELECT {columns} FROM ({source}){condition}", [plan])
            own = table.select(offers.own(read.columns)).rename_columns(sorted(read.columns))
            gathered.add(Rows(grain, table, (), labels, self._times), Rows(read, own, (), labels, self._times))
        self._clean_up()
        return gathered

    def _labels(self) -> list[str]:
        rows = self._connection.execute("SELECT label FROM labels ORDER BY code").fetchall()
        return [label for (label,) in rows]

    def _times(self, name: str, days: pl.Series) -> pl.Series:
        """A time dimension of days, in their order."""
        unnested = "SELECT unnest(CAST(? AS DATE[])) AS day, generate_subscripts(CAST(? AS DATE[]), 1) AS place"
        rows = self._connection.execute(
            f"SELECT {time_dimension(name, 'day')} FROM ({unnested}) ORDER BY place", [days.to_list(), days.to_list()]
        ).fetchall()
        return pl.Series([time for (time,) in rows], dtype=pl.String)

    def _run_config(self, statement: str, plans: Sequence[CellPlan]) -> pa.Table:
        """Run a statement with expressions of the config in it.

        Raises:
            DataError: an expression fails on the facts.
        """
        import duckdb

        try:
            if statement.startswith("CREATE"):
                self._connection.execute(statement)
                return None
            return self._connection.sql(statement).to_arrow_table()
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            names = ", ".join(plan.name for plan in plans)
            raise DataError(f"metric {names}: an expression fails on the facts: {error}") from error

    def merge(
        self,
        plan: CellPlan,
        cells: str,
        by: Sequence[str],
        where: Expression | None,
        states: Sequence[State] | None = None,
    ) -> pl.DataFrame:
        """Merge cells to a coarser grain, in one step from the stored ones.

        Args:
            plan: what the cells hold.
            cells: the name of their table.
            by: the dimensions of the grain; empty for the total, which is one row even of no cells.
            where: picks offers by their dimensions.
            states: those to merge; all by default.

        Returns:
            One row a group, sorted by the dimensions, nulls first: these, then the stored columns.
        """
        own = sql.names((PARTITION, *plan.dimensions))
        columns = ["rowid AS _cell", own]
        if "Day" in plan.dimensions:
            columns += [f"{time_dimension(name, sql.name('Day'))} AS {sql.name(name)}" for name in TIME_DIMENSIONS[1:]]
        picked = f"FROM (SELECT {', '.join(columns)}, * EXCLUDE ({own}) "
        picked += f"FROM {sql.name(cells)}) {f'WHERE {where.sql}' if where else ''}"
        order = f"row_number() OVER (ORDER BY {own}) AS _place"
        keys = self._connection.sql(
            f"SELECT {', '.join(['_cell', order, *map(sql.name, by)])} {picked}"
        ).to_arrow_table()
        groups = number({name: Key.of(keys[name]) for name in by}, keys.num_rows)
        places = _Places(keys, groups)
        merged = groups.keys.get_columns()
        for state in plan.states if states is None else states:
            names = [column.name for column in state.stored]
            stored = self._connection.sql(f"SELECT {sql.names(('_cell', *names))} {picked}").to_arrow_table()
            gids, in_order = places.of(stored["_cell"].to_numpy())
            arrays = [stored[name].take(in_order).combine_chunks() for name in names]
            arrays = state.merge(gids, groups.size, arrays)
            merged += [pl.Series(name, array) for name, array in zip(names, arrays, strict=True)]
        return pl.DataFrame(merged)


class _Places:
    """The order and the groups of cells, found by their row numbers: no two queries need give rows in one order.

    Args:
        cells: the row number `_cell` and the place in the order of keys `_place` of each cell.
        groups: their groups, in the same order.
    """

    def __init__(self, cells: pa.Table, groups: Numbered) -> None:
        numbers = cells["_cell"].to_numpy()
        order = np.argsort(numbers)
        self._numbers = numbers[order]
        self._places = cells["_place"].to_numpy()[order]
        self._gids = groups.gids[order]

    def of(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The groups of cells in the order of their keys, and where each of these stands among the cells given."""
        found = np.searchsorted(self._numbers, numbers)
        order = np.argsort(self._places[found])
        return self._gids[found][order], order


def _wanted(plans: Sequence[CellPlan], view: FactsView) -> Wanted:
    return Wanted(view, frozenset({PARTITION}).union(*(plan.dimensions for plan in plans)))


def _values(plans: Sequence[CellPlan], wanted: Wanted) -> frozenset[str]:
    """The columns that have to be there as values: all that is read, but keys of which codes or parts will do."""
    read = (replace(plan, dimensions=()).reads for plan in plans)
    return wanted.values.union(*read)


def _sums(plans: Sequence[CellPlan]) -> list[Sum]:
    return list(dict.fromkeys(item for plan in plans for item in plan.sums))


def _cells(plan: CellPlan, rows: Rows) -> pa.Table:
    """Build the cells of a plan from its rows."""
    groups = rows.number((PARTITION, *plan.dimensions))
    columns: dict[str, pa.Array] = {}
    for states in _sharing(plan.states):
        inputs = [item for state in states for item in state.inputs]
        grouped = Groups(groups.gids, groups.size, rows.values(inputs))
        for state in states:
            columns |= zip((column.name for column in state.stored), state.build(grouped), strict=True)
    keys = groups.keys.to_arrow()
    ordered = [columns[column.name] for column in plan.stored]
    return pa.Table.from_arrays(
        [*keys.columns, *ordered], names=[*keys.column_names, *(column.name for column in plan.stored)]
    )


def _sharing(states: Iterable[State]) -> Iterator[list[State]]:
    """States that read the same number together, so that it is sorted once and forgotten again."""
    together: defaultdict[frozenset[Input], list[State]] = defaultdict(list)
    for state in states:
        together[frozenset(item for item in state.inputs if item.kind == "number")].append(state)
    yield from together.values()
