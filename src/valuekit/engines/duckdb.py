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
            tied = self._resolve(resolution, sharing, view, partitions)
            for plan in sharing:
                if tied:
                    self._run(f"CREATE OR REPLACE TEMP TABLE chosen AS {_untied_sql(plan.reads)}")
                yield plan, self._cells(plan)
        for leftover in ("VIEW offers", "TABLE cells", "TABLE chosen", "TABLE first", "TABLE repeated", "TABLE signed"):
            self._run(f"DROP {leftover.replace(' ', ' IF EXISTS ')}")

    def _resolve(
        self, resolution: Resolution, plans: Sequence[CellPlan], view: FactsView, partitions: Sequence[date]
    ) -> bool:
        """Make the view `offers`: one row an offer, from its deciding row, with `_positive`.

        Returns:
            Whether rows of one offer are tied by time and FactID: then `chosen` depends on what a metric reads.
        """
        names = sorted(frozenset[str]().union(*(plan.reads for plan in plans)))
        signed = f"CREATE OR REPLACE TEMP TABLE signed AS {_signed_sql(resolution, names, view, partitions)}"
        self._run_config(signed, plans)
        self._run(f"CREATE OR REPLACE TEMP TABLE repeated AS {_REPEATED_SQL}")
        self._run(f"CREATE OR REPLACE TEMP TABLE first AS {_FIRST_SQL}")
        self._run("CREATE OR REPLACE TEMP TABLE chosen AS SELECT _row FROM first")
        self._run(f"CREATE OR REPLACE TEMP VIEW offers AS {_OFFERS_SQL}")
        tied = "SELECT 1 FROM first GROUP BY _offer HAVING count(*) > 1 LIMIT 1"
        return bool(self._connection.execute(tied).fetchall())

    def _run_config(self, statement: str, plans: Sequence[CellPlan]) -> None:
        """Run a statement with expressions of the config in it.

        Raises:
            DataError: an expression fails on the facts.
        """
        import duckdb

        try:
            self._run(statement)
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            names = ", ".join(plan.name for plan in plans)
            raise DataError(f"metric {names}: an expression fails on the facts: {error}") from error

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)

    def _cells(self, plan: CellPlan) -> pa.Table:
        keys = sql.names(("_partition", *plan.dimensions))
        built = ", ".join(f"{column.build} AS {sql.name(column.name)}" for column in plan.stored)
        self._run_config(
            f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {keys}, {built} FROM offers GROUP BY {keys}", [plan]
        )
        return self._connection.sql("SELECT * FROM cells").to_arrow_table()

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


def _signed_sql(resolution: Resolution, names: Sequence[str], view: FactsView, partitions: Sequence[date]) -> str:
    """SQL of the rows with an outcome that can decide their offer, each positive or negative."""
    days = ", ".join(f"DATE '{day.isoformat()}'" for day in partitions)
    rows = view.select(names, where=f"_partition IN ({days})")
    condition = f"({resolution.filter.sql}) AND" if resolution.filter else ""
    labels = [sql.literal(label) for label in (*resolution.positive, *resolution.negative)]
    positive = ", ".join(labels[: len(resolution.positive)])
    return f"""{rows}
SELECT *, "Outcome" IN ({positive}) AS _positive
FROM chosen WHERE {condition} "Outcome" IN ({", ".join(labels)})"""


_REPEATED_SQL = "SELECT _offer FROM signed GROUP BY _offer HAVING count(*) > 1"
"""Offers with several such rows; the others, nearly all, are decided by their only one."""

_FIRST_SQL = """
WITH placed AS (
    SELECT _offer, _row, rank() OVER (
        PARTITION BY _offer ORDER BY _positive DESC, _time, _fact NULLS LAST, _fact_text NULLS LAST
    ) AS _place
    FROM signed SEMI JOIN repeated USING (_offer)
)
SELECT _offer, _row FROM placed WHERE _place = 1"""
"""The row that decides: a positive one if there is any, then the least by OutcomeTime and FactID.

Rows without FactID may share the place.
"""

_OFFERS_SQL = """
SELECT * FROM signed ANTI JOIN repeated USING (_offer)
UNION ALL
SELECT * FROM signed SEMI JOIN chosen USING (_row)"""


def _untied_sql(reads: Iterable[str]) -> str:
    """SQL that breaks the ties left in `first` by all columns that the metric reads, in name order, nulls last.

    Rows that are still tied are the same to the metric.
    """
    order = ", ".join(f"{sql.name(name)} NULLS LAST" for name in sorted(reads))
    return f"""
WITH placed AS (
    SELECT _row, row_number() OVER (PARTITION BY _offer ORDER BY {order}) AS _place
    FROM signed SEMI JOIN first USING (_row)
)
SELECT _row FROM placed WHERE _place = 1"""
