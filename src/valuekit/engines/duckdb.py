"""The default engine: DuckDB, on the connection that holds the facts or a snapshot of the states.

Owns the SQL that turns facts into offers, offers into cells, and cells into coarser cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.errors import DataError
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.facts.view import time_dimension

if TYPE_CHECKING:
    from datetime import date

    import polars as pl
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.config.expressions import Expression
    from valuekit.facts.view import FactsView
    from valuekit.states.plan import CellPlan, Resolution


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
            Each plan with a table of `_partition`, its dimensions and its stored columns.

        Raises:
            DataError: an expression of the config fails on the facts.
        """
        by_resolution: defaultdict[Resolution, list[CellPlan]] = defaultdict(list)
        for plan in plans:
            by_resolution[plan.resolution].append(plan)
        for resolution, sharing in by_resolution.items():
            self._resolve(resolution, sharing, view, partitions)
            for plan in sharing:
                yield plan, self._cells(plan)
        self._connection.execute("DROP TABLE IF EXISTS offers")

    def _resolve(
        self, resolution: Resolution, plans: Sequence[CellPlan], view: FactsView, partitions: Sequence[date]
    ) -> None:
        """Make the table `offers`: one row an offer, from its deciding row, with `positive`."""
        import duckdb

        names = frozenset[str]().union(*(plan.reads for plan in plans))
        statement = _offers_sql(resolution, names, view, partitions, self._tie_break())
        try:
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE offers AS {statement}")
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            names_of = ", ".join(plan.name for plan in plans)
            raise DataError(f"metric {names_of}: an expression fails on the facts: {error}") from error

    def _tie_break(self) -> str:
        """Order of deciding rows that share OutcomeTime and FactID: every landed column in name order."""
        rows = self._connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'facts' AND NOT starts_with(column_name, '_')"
        ).fetchall()
        return ", ".join(f"facts.{sql.name(name)} NULLS LAST" for name in sorted(name for (name,) in rows))

    def _cells(self, plan: CellPlan) -> pa.Table:
        keys = sql.names(("_partition", *plan.dimensions))
        built = ", ".join(f"{column.build} AS {sql.name(column.name)}" for column in plan.stored)
        query = f"SELECT {keys}, {built} FROM offers GROUP BY {keys}"
        return self._connection.sql(query).to_arrow_table()

    def merge(self, plan: CellPlan, cells: str, by: Sequence[str], where: Expression | None) -> pl.DataFrame:
        """Merge cells to a coarser grain, in one step from the stored ones.

        Args:
            plan: what the cells hold.
            cells: the name of their table.
            by: the dimensions of the grain; empty for the total, which is one row even of no cells.
            where: picks offers by their dimensions.

        Returns:
            One row a group, sorted by the dimensions, nulls first.
        """
        columns = [sql.name(name) for name in plan.dimensions]
        columns += [f"{time_dimension(name, sql.name('Day'))} AS {sql.name(name)}" for name in TIME_DIMENSIONS[1:]]
        columns += [sql.name(column.name) for column in plan.stored]
        merged = ", ".join(f"{column.merge} AS {sql.name(column.name)}" for column in plan.stored)
        grain = sql.names(by)
        query = f"""
            WITH cells AS (SELECT {", ".join(columns)} FROM {sql.name(cells)})
            SELECT {f"{grain}, " if by else ""}{merged} FROM cells
            {f"WHERE {where.sql}" if where else ""}
            {f"GROUP BY {grain} ORDER BY {', '.join(f'{sql.name(name)} NULLS FIRST' for name in by)}" if by else ""}
        """
        merged_cells: pl.DataFrame = self._connection.sql(query).pl()
        return merged_cells


def _offers_sql(
    resolution: Resolution, names: Iterable[str], view: FactsView, partitions: Sequence[date], tie_break: str
) -> str:
    """SQL of one row an offer: the earliest of the rows that decide, by OutcomeTime, FactID, then all columns."""
    days = ", ".join(f"DATE '{day.isoformat()}'" for day in partitions)
    rows = view.select(names, where=f"_partition IN ({days})")
    condition = f"({resolution.filter.sql}) AND" if resolution.filter else ""
    labels = [sql.literal(label) for label in (*resolution.positive, *resolution.negative)]
    positive = ", ".join(labels[: len(resolution.positive)])
    listed = "".join(f", signed.{sql.name(name)}" for name in sorted(names))
    return f"""{rows},
signed AS (
    SELECT *, "Outcome" IN ({positive}) AS positive
    FROM chosen WHERE {condition} "Outcome" IN ({", ".join(labels)})
),
verdicts AS (
    SELECT _offer, bool_or(positive) AS positive,
           sum(CASE WHEN positive THEN 1 ELSE 0 END) AS positives, count(*) AS outcomes
    FROM signed GROUP BY _offer
),
deciding AS (
    SELECT signed._partition, signed._offer, signed._row, signed.positive{listed},
           CASE WHEN signed.positive THEN positives ELSE outcomes END AS deciders
    FROM signed JOIN verdicts ON signed._offer = verdicts._offer AND signed.positive = verdicts.positive
),
ranked AS (
    SELECT deciding._row, row_number() OVER (
        PARTITION BY deciding._offer
        ORDER BY facts."OutcomeTime", facts._fact NULLS LAST, facts._fact_text NULLS LAST, {tie_break}
    ) AS place
    FROM deciding JOIN facts ON facts._row = deciding._row
    WHERE deciders > 1 AND facts._partition IN ({days})
)
SELECT _partition, positive{"".join(f", {sql.name(name)}" for name in sorted(names))}
FROM deciding
WHERE deciders = 1 OR _row IN (SELECT _row FROM ranked WHERE place = 1)"""
