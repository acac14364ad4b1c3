"""States become scores: merged at the grain asked for, scored, sorted, limited.

Owns reading. It sees only the published snapshot, so it never waits for a writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from valuekit.cache.cells import table
from valuekit.cache.connect import first_row
from valuekit.config.expressions import ExpressionError, bind, parse_where
from valuekit.config.nearest import unknown
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.errors import CacheError, UsageError
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.facts.view import TYPES
from valuekit.metrics.notes import absences
from valuekit.metrics.registry import FAMILIES
from valuekit.pipeline.results import MetricResult

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from valuekit.config.expressions import Expression
    from valuekit.pipeline.plans import Plans
    from valuekit.states.plan import CellPlan


@dataclass(frozen=True)
class Question:
    """What the user wants to know.

    Attributes:
        by: the dimensions of the grain; empty for the total.
        where: an expression over dimensions, as written.
        scores: the scores to give; None for those that the config lists.
        sort: names of dimensions or scores, descending where a minus precedes; the dimensions where empty.
        limit: at most so many rows.
    """

    by: tuple[str, ...] = ()
    where: str | None = None
    scores: tuple[str, ...] | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None


def check(plans: Plans, name: str, question: Question) -> tuple[str, ...]:
    """Check what is asked of a metric against its definition, before anything is landed or read.

    Returns:
        The scores to give, Count first.

    Raises:
        UsageError: a dimension, score or column that the metric does not have, or an expression that cannot be read.
    """
    metric = plans.metrics[name]
    dimensions = available_dimensions(plans.cells[name])
    _each_known("dimension", question.by, dimensions, name)
    known = [score.name for score in FAMILIES[metric.config.family].catalogue]
    wanted = question.scores or metric.config.scores or tuple(known)
    _each_known("score", wanted, known, name)
    scores = tuple(dict.fromkeys(("Count", *wanted)))
    _each_known("column in --sort", (key.removeprefix("-") for key in question.sort), (*question.by, *scores), name)
    where = _where(question.where, name)
    _each_known("dimension in --where", sorted(where.columns) if where else (), dimensions, name)
    return scores


def answer(connection: DuckDBPyConnection, plans: Plans, name: str, question: Question) -> MetricResult:
    """Compute one metric from a snapshot.

    Raises:
        UsageError: a dimension, score or expression that the metric does not have.
        CacheError: the snapshot does not hold the metric as the config defines it, or it could not be built.
    """
    scores = check(plans, name, question)
    metric, plan = plans.metrics[name], plans.cells[name]
    failure = why_failed(connection, plan)
    if failure is not None:
        raise CacheError(failure)
    if not first_row(connection, "SELECT 1 FROM metrics WHERE fingerprint = ?", [plan.fingerprint]):
        raise CacheError(f"metric {name} has changed or is new since the last ingest; run `valuekit ingest`")
    where = _where(question.where, name)
    if where is not None:
        _bind(connection, where, plan, name)
    merged = _merge(connection, plan, question, where)
    notes = absences(merged, question.by, metric.reasons(merged), scores)
    rows = _sorted(metric.scores(merged).select(*question.by, *scores), question.sort)
    limited = rows if question.limit is None else rows.head(question.limit)
    shown = where.text if where else None
    return MetricResult(name, metric.config.family, question.by, shown, limited, notes, rows.height)


def why_failed(connection: DuckDBPyConnection, plan: CellPlan) -> str | None:
    """Say why the last run could not build a metric, or return None where it could."""
    row = first_row(connection, "SELECT reason FROM failures WHERE fingerprint = ?", [plan.fingerprint])
    return None if row is None else str(row[0])


def _merge(
    connection: DuckDBPyConnection, plan: CellPlan, question: Question, where: Expression | None
) -> pl.DataFrame:
    try:
        return DuckDBEngine(connection).merge(plan, table(plan.fingerprint), question.by, where)
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
        if where is None:
            raise
        reason = str(error).partition("\n")[0]
        raise UsageError(f"--where, metric {plan.name}: fails on the values that there are: {reason}") from error


def available_dimensions(plan: CellPlan) -> tuple[str, ...]:
    """The dimensions by which a metric can be asked for: the key of its cells, and what derives from Day."""
    return (*plan.dimensions, *(time for time in TIME_DIMENSIONS if time not in plan.dimensions))


def _where(text: str | None, name: str) -> Expression | None:
    try:
        return None if text is None else parse_where(text)
    except ExpressionError as error:
        raise _not_an_answer(name, error) from error


def _bind(connection: DuckDBPyConnection, where: Expression, plan: CellPlan, name: str) -> None:
    """Check that the expression fits the types of the dimensions."""
    described = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table(plan.fingerprint)]
    ).fetchall()
    types = {**TYPES, **dict(described)}
    try:
        bind(where, {dimension: types[dimension] for dimension in available_dimensions(plan)}, "boolean")
    except ExpressionError as error:
        raise _not_an_answer(name, error) from error


def _not_an_answer(name: str, error: ExpressionError) -> UsageError:
    position = "" if error.offset is None else f" (at character {error.offset + 1})"
    return UsageError(f"--where, metric {name}{position}: {error}")


def _sorted(rows: pl.DataFrame, sort: Sequence[str]) -> pl.DataFrame:
    """Order rows, missing values last; ties keep the order of the dimensions."""
    if not sort:
        return rows
    keys = [key.removeprefix("-") for key in sort]
    return rows.sort(keys, descending=[key.startswith("-") for key in sort], nulls_last=True, maintain_order=True)


def _each_known(what: str, names: Iterable[str], known: Sequence[str], metric: str) -> None:
    for name in names:
        if name not in known:
            raise unknown(f"{what} of metric {metric}", name, known)
