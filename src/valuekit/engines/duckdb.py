"""The default engine: DuckDB, on the connection that holds the facts or a snapshot of the states.

Owns the way from facts to cells, and from cells to coarser cells. SQL evaluates the facts view, resolves offers and
picks cells; the states themselves are built and merged by their NumPy forms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from valuekit.engines import offers
from valuekit.engines.gathered import Gathered, Gathering
from valuekit.engines.merging import StoredCells
from valuekit.engines.reading import Facts, Offers, Reading
from valuekit.engines.rows import PARTITION
from valuekit.errors import DataError
from valuekit.facts.view import time_dimension
from valuekit.states.base import Input
from valuekit.states.groups import Groups

if TYPE_CHECKING:
    from datetime import date

    from duckdb import DuckDBPyConnection

    from valuekit.config.expressions import Expression
    from valuekit.facts.view import FactsView
    from valuekit.states.base import State
    from valuekit.states.plan import CellPlan, Resolution


class DuckDBEngine:
    """Builds and merges cells.

    Args:
        connection: holds the table `facts` for building, or tables of cells for merging.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def build(
        self,
        plans: Iterable[CellPlan],
        view: FactsView,
        partitions: Sequence[date],
        gathered: Sequence[Gathered] = (),
    ) -> Iterator[tuple[CellPlan, pa.Table]]:
        """Build the cells of some partitions, all from one reading of their rows.

        Args:
            plans: what to build.
            view: what the rows are rows of.
            partitions: which ones.
            gathered: what takes the offers of these partitions in passing; useless if an error is raised.

        Yields:
            Each plan with a table of `_partition`, its dimensions and its stored columns, sorted by the keys.

        Raises:
            DataError: an expression of the config fails on the facts.
        """
        takers = {id(item.gathering.asked): item for item in gathered}
        asked = [*plans, *(item.gathering.asked for item in gathered)]
        sharing: defaultdict[Resolution, list[CellPlan]] = defaultdict(list)
        for plan in asked:
            sharing[plan.resolution].append(plan)
        parts = [_part(resolution, alike) for resolution, alike in sharing.items()]
        reading = Reading(self._facts(view), asked, parts, partitions)
        for at, alike in enumerate(sharing.values()):
            for together, found in reading.offers(at, alike):
                for plan in together:
                    if id(plan) in takers:
                        takers[id(plan)].add(found)
                    else:
                        yield plan, _cells(plan, found)

    def gather(
        self, gathering: Gathering, view: FactsView, batches: Iterable[Sequence[date]], where: Expression | None
    ) -> Gathered:
        """Fetch columns of all offers, for what no state can hold.

        Args:
            gathering: which ones.
            view: what the rows are rows of.
            batches: the partitions, some at a time.
            where: picks offers by their dimensions.
        """
        picks = (Input(where.sql, "flag"),) if where else ()
        part = offers.Part(gathering.plan.resolution, picks)
        gathered, facts = Gathered(gathering), self._facts(view)
        for partitions in batches:
            reading = Reading(facts, [gathering.asked], [part], partitions, where.columns if where else ())
            for _, found in reading.offers(0, [gathering.asked]):
                gathered.add(found, found.picked.rows.array(offers.alias(0, 0)) if where else None)
        return gathered

    def _facts(self, view: FactsView) -> Facts:
        """The facts of this connection, as a view shows them."""
        return Facts(view, self._run_config, self._look_up, self._labels(), self._times)

    def _look_up(self, statement: str, tied: pa.Table) -> pa.Table:
        """Run a statement about the rows of a table."""
        self._connection.register("tied", tied)
        try:
            return self._connection.sql(statement).to_arrow_table()
        finally:
            self._connection.unregister("tied")

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
        return self.stored(plan, cells, where).merge(by, states)

    def stored(
        self, plan: CellPlan, cells: str, where: Expression | None = None, *, keeps_digests: bool = False
    ) -> StoredCells:
        """Cells for several merges; see `StoredCells`."""
        return StoredCells(self._connection, plan, cells, where, keeps_digests=keeps_digests)


def _part(resolution: Resolution, plans: Sequence[CellPlan]) -> offers.Part:
    """What plans ask that resolve offers alike."""
    inputs = dict.fromkeys(item for plan in plans for state in plan.states for item in state.inputs)
    return offers.Part(resolution, tuple(inputs), tuple(dict.fromkeys(item for plan in plans for item in plan.sums)))


def _cells(plan: CellPlan, found: Offers) -> pa.Table:
    """Build the cells of a plan from its offers."""
    groups = found.picked.number((PARTITION, *plan.dimensions))
    columns: dict[str, pa.Array] = {}
    for states in _sharing(plan.states):
        inputs = [item for state in states for item in state.inputs]
        grouped = Groups(groups.gids, groups.size, found.values(inputs))
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
