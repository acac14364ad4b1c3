"""Scores that only facts can give, stored in the snapshot for the grains of configured reports.

Owns which are stored and under which name. One is found again only while everything that defines it is as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from valuekit import sql
from valuekit.cache.connect import first_row
from valuekit.cache.snapshot import Extra
from valuekit.errors import DataError
from valuekit.metrics.base import Evaluation
from valuekit.metrics.registry import FAMILIES
from valuekit.pipeline.from_facts import Facts, UnavailableError, holistic_scores, why

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.pipeline.plans import Plans

PREFIX = "scores_"

Wanted: TypeAlias = "dict[str, tuple[str, tuple[str, ...]]]"
"""The metric and the grain of each table, by the table's name."""


def wanted(connection: DuckDBPyConnection, plans: Plans, failed: Sequence[str]) -> Extra:
    """The tables to store in a snapshot, computed when they are needed."""
    tables = names(connection, plans, failed)
    return Extra(tables, lambda: make(connection, plans, tables))


def names(connection: DuckDBPyConnection, plans: Plans, failed: Sequence[str]) -> Wanted:
    """The tables to store; none where facts cannot be asked."""
    try:
        Facts.of(connection, plans)
    except UnavailableError:
        return {}
    return {
        _name(plans, metric, by): (metric, by)
        for metric, grains in plans.grains.items()
        if metric not in failed and _wanted(plans, metric)
        for by in grains
        if set(by) <= set(plans.askable(metric))
    }


def make(connection: DuckDBPyConnection, plans: Plans, wanted: Wanted) -> Iterator[tuple[str, pa.Table]]:
    """Compute what is to be stored; what fails is left out, and says why when it is asked for."""
    if not wanted:
        return
    facts = Facts.of(connection, plans)
    for metric in dict.fromkeys(metric for metric, _ in wanted.values()):
        tables = {name: by for name, (owner, by) in wanted.items() if owner == metric}
        try:
            found = facts.evaluations(metric, list(tables.values()), None, _wanted(plans, metric))
        except DataError:
            continue
        for name, evaluation in zip(tables, found, strict=True):
            reasons = (series.alias(why(score)) for score, series in evaluation.reasons.items())
            yield name, evaluation.rows.with_columns(reasons).to_arrow()


def find(
    connection: DuckDBPyConnection, plans: Plans, metric: str, by: Sequence[str], wanted: Sequence[str]
) -> Evaluation | None:
    """The stored scores of a metric at a grain; None where they are not all there."""
    name = _name(plans, metric, by)
    if first_row(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name]) is None:
        return None
    frame = connection.sql(f"SELECT * FROM {sql.name(name)}").pl()
    if not set(wanted) <= set(frame.columns):
        return None
    keys = [key for key in (*by, *plans.metrics[metric].row_keys) if key in frame.columns]
    reasons = {score: frame.get_column(why(score)) for score in wanted if why(score) in frame.columns}
    return Evaluation(frame.select(*keys, *wanted), reasons)


def _wanted(plans: Plans, name: str) -> list[str]:
    """The scores of a metric that only facts can give, of those that the config lists."""
    metric = plans.metrics[name]
    listed = metric.config.scores or [score.name for score in FAMILIES[metric.config.family].catalogue]
    return holistic_scores(metric, listed)


def _name(plans: Plans, name: str, by: Sequence[str]) -> str:
    """The table of a metric's scores at a grain, after everything that defines them."""
    metric = plans.metrics[name]
    reads = {column for item in metric.holistic for column in item.reads}
    reads |= {column for state in metric.exact for column in state.reads}
    parts = [
        plans.cells[name].fingerprint,
        plans.view.definition(reads.union(by)),
        [state.build_sql("rows", ["group"]) for state in metric.exact],
        sorted(by),
    ]
    definition = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return PREFIX + hashlib.sha256(definition.encode()).hexdigest()[:32]
