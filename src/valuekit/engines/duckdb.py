"""The default engine: DuckDB, on the connection that holds the facts or a snapshot of the states.

Owns the SQL that turns facts into offers, offers into cells, and cells into coarser cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.errors import DataError
from valuekit.facts import labels
from valuekit.facts.columns import TIME_DIMENSIONS, Column, Type
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
        for leftover in ("VIEW offers", "TABLE chosen", "TABLE repeated", "TABLE signed"):
            self._run(f"DROP {leftover.replace(' ', ' IF EXISTS ')}")

    def _resolve(
        self, resolution: Resolution, plans: Sequence[CellPlan], view: FactsView, partitions: Sequence[date]
    ) -> None:
        """Make the table `offers`: one row an offer, from its deciding row, with `positive`."""
        import duckdb

        names = sorted(frozenset[str]().union(*(plan.reads for plan in plans)))
        try:
            self._run(f"CREATE OR REPLACE TEMP TABLE signed AS {_signed_sql(resolution, names, view, partitions)}")
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            names_of = ", ".join(plan.name for plan in plans)
            raise DataError(f"metric {names_of}: an expression fails on the facts: {error}") from error
        self._run(f"CREATE OR REPLACE TEMP TABLE repeated AS {_REPEATED_SQL}")
        self._run(f"CREATE OR REPLACE TEMP TABLE chosen AS {_FIRST_SQL}")
        tied = "SELECT 1 FROM chosen GROUP BY _offer HAVING count(*) > 1 LIMIT 1"
        if self._connection.execute(tied).fetchall():
            self._run(f"CREATE OR REPLACE TEMP TABLE chosen AS {_first_of_all_columns_sql(self._landed())}")
        self._run(f"CREATE OR REPLACE TEMP VIEW offers AS {_OFFERS_SQL}")

    def _landed(self) -> list[Column]:
        """The landed columns in name order."""
        rows = self._connection.execute(
            """
            SELECT column_name, data_type FROM duckdb_columns()
            WHERE table_name = 'facts' AND NOT starts_with(column_name, '_')
            """
        ).fetchall()
        return [Column(name, Type(kind)) for name, kind in sorted(rows)]

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)

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


def _signed_sql(resolution: Resolution, names: Sequence[str], view: FactsView, partitions: Sequence[date]) -> str:
    """SQL of the rows with an outcome that can decide their offer, each positive or negative."""
    days = ", ".join(f"DATE '{day.isoformat()}'" for day in partitions)
    rows = view.select(names, where=f"_partition IN ({days})")
    condition = f"({resolution.filter.sql}) AND" if resolution.filter else ""
    labels = [sql.literal(label) for label in (*resolution.positive, *resolution.negative)]
    positive = ", ".join(labels[: len(resolution.positive)])
    return f"""{rows}
SELECT *, "Outcome" IN ({positive}) AS positive
FROM chosen WHERE {condition} "Outcome" IN ({", ".join(labels)})"""


_REPEATED_SQL = "SELECT _offer FROM signed GROUP BY _offer HAVING count(*) > 1"
"""Offers with several such rows; the others, nearly all, are decided by their only one."""

_FIRST_SQL = """
WITH placed AS (
    SELECT _offer, _row, rank() OVER (
        PARTITION BY _offer ORDER BY positive DESC, _time, _fact NULLS LAST, _fact_text NULLS LAST
    ) AS place
    FROM signed SEMI JOIN repeated USING (_offer)
)
SELECT _offer, _row FROM placed WHERE place = 1"""
"""The row that decides: a positive one if there is any, then the least by OutcomeTime and FactID.

Rows without FactID may share the place.
"""

_OFFERS_SQL = """
SELECT * FROM signed ANTI JOIN repeated USING (_offer)
UNION ALL
SELECT * FROM signed SEMI JOIN chosen USING (_row)"""


def _first_of_all_columns_sql(landed: Sequence[Column]) -> str:
    """SQL that breaks the ties left by `chosen` by all landed columns in name order, nulls last."""
    order = ", ".join(f"{sql.name(column.name)} NULLS LAST" for column in landed)
    return f"""
WITH tied AS (
    SELECT chosen._offer, chosen._row, {labels.values(landed, "facts")}
    FROM chosen JOIN facts ON facts._row = chosen._row{labels.joins(landed, "facts")}
),
ranked AS (SELECT _offer, _row, row_number() OVER (PARTITION BY _offer ORDER BY {order}) AS place FROM tied)
SELECT _offer, _row FROM ranked WHERE place = 1"""
