"""Columns of imported cells that nobody knows, and the scores that have no value because of them.

Owns the rule: where one cell of a group lacks what a score is computed from, the group has no such score. Only imported
cells lack anything: they are null where a state never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit import sql
from valuekit.cache.cells import table
from valuekit.cache.connect import first_row
from valuekit.cache.imported import any_imported
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.metrics.base import Evaluation
from valuekit.metrics.registry import FAMILIES
from valuekit.states.counts import Count, Total
from valuekit.states.moments import Moments

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.config.expressions import Expression
    from valuekit.states.base import Gids
    from valuekit.states.plan import CellPlan


@dataclass(frozen=True)
class _Lacking(Count):
    """Whether some cell of a group is null in a column: merged as a state is, and never built."""

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        import pyarrow as pa

        (column,) = cells
        lacks = column.is_null().to_numpy(zero_copy_only=False)
        return [pa.array(np.bincount(gids[lacks], minlength=size) > 0)]


def without_unknown(
    connection: DuckDBPyConnection,
    plan: CellPlan,
    by: Sequence[str],
    where: Expression | None,
    evaluation: Evaluation,
) -> Evaluation:
    """Take out the scores of groups in which some cell lacks what they are computed from, and say so.

    Args:
        connection: the snapshot.
        plan: the metric.
        by: the dimensions of the groups.
        where: picks offers by their dimensions.
        evaluation: of the metric's cells.
    """
    columns = lacking(connection, plan)
    if not columns:
        return evaluation
    states = [_Lacking(column) for column in columns]
    lacks = DuckDBEngine(connection).merge(plan, table(plan.fingerprint), by, where, states)
    lacks = lacks.select(*by, pl.col(columns).name.prefix("lacks "))
    if by:
        joined = evaluation.rows.join(lacks, on=list(by), how="left", nulls_equal=True, maintain_order="left")
    else:
        joined = evaluation.rows.join(lacks, how="cross")
    values, reasons = {}, dict(evaluation.reasons)
    for score in FAMILIES[plan.family].catalogue:
        needed = [column for column in score.stored.split(", ") if column in columns]
        if needed and score.name in evaluation.rows.columns:
            unknown = pl.any_horizontal(pl.col(f"lacks {column}") for column in needed)
            values[score.name] = pl.when(~unknown).then(pl.col(score.name)).alias(score.name)
            said = pl.when(unknown).then(pl.lit(f"imported days do not hold {', '.join(needed)}"))
            known = reasons.get(score.name, pl.Series([None], dtype=pl.String).new_from_index(0, joined.height))
            reasons[score.name] = joined.select(pl.coalesce(said, known).alias(score.name)).to_series()
    return Evaluation(joined.with_columns(values.values()).select(evaluation.rows.columns), reasons)


def lacking(connection: DuckDBPyConnection, plan: CellPlan) -> list[str]:
    """The columns that are null in some cell of a metric, of those in which a state never is."""
    if not any_imported(connection):
        return []
    candidates = [state.name for state in plan.states if isinstance(state, Count | Total)]
    candidates += [f"{state.name}_m2" for state in plan.states if isinstance(state, Moments)]
    if not candidates:
        return []
    counts = ", ".join(f"count(*) - count({sql.name(column)})" for column in candidates)
    row = first_row(connection, f"SELECT {counts} FROM {table(plan.fingerprint)}")
    return [column for column, nulls in zip(candidates, row or (), strict=True) if nulls]
