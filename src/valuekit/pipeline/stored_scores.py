"""Scores that only facts can give, stored in the snapshot where reports and key numbers show them.

Owns which are stored and under which name. One is found again only while everything that defines it is as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from valuekit import sql
from valuekit.cache.connect import first_row
from valuekit.cache.snapshot import Extra
from valuekit.errors import DataError
from valuekit.metrics.base import Evaluation
from valuekit.metrics.registry import FAMILIES
from valuekit.pipeline import from_facts
from valuekit.pipeline.from_facts import Facts, UnavailableError, holistic_scores, why
from valuekit.reports.kinds import Subject, kind_of
from valuekit.reports.kinds.key_numbers import planned_cards

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.config.models import Config
    from valuekit.engines.gathered import Gathered, Gathering
    from valuekit.metrics.base import Metric
    from valuekit.pipeline.plans import Plans

PREFIX = "scores_"


@dataclass(frozen=True)
class StoredScores:
    """Scores of a metric that only facts give: those that the config lists, that reports show or that are key numbers.

    Attributes:
        names: the scores; none where no state is missing.
        grains: the total, the `group_by` of every report, and where a picture or a key number shows one of them.
    """

    names: tuple[str, ...]
    grains: tuple[tuple[str, ...], ...]


def to_store(config: Config, metric: Metric) -> StoredScores:
    """Find what is stored of a metric."""
    section, catalogue = metric.config, FAMILIES[metric.config.family]
    cards = planned_cards(config) if config.reports else ()
    asks = [ask for card in cards if card.metric == section.name for ask in card.asks]
    reports = [report for report in config.reports.values() if report.metric == section.name]
    for report in reports:
        if (kind := kind_of(report.type, section.family)) is not None:
            asks += kind.asks(Subject(report, section, catalogue))
    listed = section.scores or [score.name for score in catalogue.catalogue]
    shown = [(ask.by, holistic_scores(metric, ask.scores)) for ask in asks]
    names = dict.fromkeys((*holistic_scores(metric, listed), *(score for _, scores in shown for score in scores)))
    grains = [(), *(report.group_by for report in reports), *(by for by, scores in shown if scores)]
    return StoredScores(tuple(names), tuple(dict.fromkeys(grains)) if names else ())


Wanted: TypeAlias = "dict[str, tuple[str, tuple[str, ...]]]"
"""The metric and the grain of each table, by the table's name."""


def gatherings(plans: Plans) -> dict[str, list[Gathering]]:
    """By metric what has to be read of all its offers."""
    return {
        metric: [
            gathering
            for _, gathering in from_facts.gatherings(
                plans.metrics[metric], plans.cells[metric], _grains(plans, metric), stored.names
            )
        ]
        for metric, stored in plans.stored.items()
        if stored.names
    }


def wanted(
    connection: DuckDBPyConnection, plans: Plans, failed: Collection[str], gathered: Mapping[str, Sequence[Gathered]]
) -> Extra:
    """The tables to store in a snapshot, computed when they are needed.

    Args:
        connection: to the database that holds the facts.
        plans: what the config asks for.
        failed: metrics that could not be built.
        gathered: by metric what has been read of all its offers already, as `gatherings` has it.
    """
    tables = names(connection, plans, failed)
    return Extra(tables, lambda: make(connection, plans, tables, gathered))


def names(connection: DuckDBPyConnection, plans: Plans, failed: Collection[str]) -> Wanted:
    """The tables to store; none where facts cannot be asked."""
    try:
        Facts.of(connection, plans)
    except UnavailableError:
        return {}
    return {
        _name(plans, metric, by): (metric, by)
        for metric in plans.stored
        if metric not in failed
        for by in _grains(plans, metric)
    }


def _grains(plans: Plans, metric: str) -> list[tuple[str, ...]]:
    """The grains for which scores are stored: those that can be asked for."""
    return [by for by in plans.stored[metric].grains if set(by) <= set(plans.askable(metric))]


def make(
    connection: DuckDBPyConnection, plans: Plans, wanted: Wanted, gathered: Mapping[str, Sequence[Gathered]]
) -> Iterator[tuple[str, pa.Table]]:
    """Compute what is to be stored; what fails is left out, and says why when it is asked for."""
    if not wanted:
        return
    facts = Facts.of(connection, plans)
    for metric in dict.fromkeys(metric for metric, _ in wanted.values()):
        tables = {name: by for name, (owner, by) in wanted.items() if owner == metric}
        try:
            by, scores = list(tables.values()), plans.stored[metric].names
            found = facts.evaluations(metric, by, None, scores, gathered.get(metric, ()))
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


def _name(plans: Plans, name: str, by: Sequence[str]) -> str:
    """The table of a metric's scores at a grain, after everything that defines them."""
    metric = plans.metrics[name]
    reads = {column for item in metric.holistic for column in item.reads}
    reads |= {column for state in metric.exact for column in state.reads}
    parts = [
        plans.cells[name].fingerprint,
        plans.view.definition(reads.union(by)),
        [state.build_sql("rows", ["group"]) for state in metric.exact],
        sorted(plans.stored[name].names),
        sorted(by),
    ]
    definition = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return PREFIX + hashlib.sha256(definition.encode()).hexdigest()[:32]
