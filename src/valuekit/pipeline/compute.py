"""States become scores: merged at the grain asked for, scored, sorted, limited.

Owns reading. States come from the published snapshot, so it never waits for a writer; only what no state can give comes
from facts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from valuekit.cache.cells import table
from valuekit.cache.connect import first_row
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.errors import CacheError, DataError
from valuekit.metrics.base import Evaluation, HasCurves, HasHistograms, HasProperties
from valuekit.metrics.notes import absences
from valuekit.metrics.registry import FAMILIES
from valuekit.pipeline import stored_scores
from valuekit.pipeline.asking import (
    Question,
    each_known,
    fails_on_values,
    in_order,
    must_fit,
    parsed_where,
    sort_keys_known,
)
from valuekit.pipeline.from_facts import Facts, UnavailableError, holistic_scores, side_by_side
from valuekit.pipeline.plans import available_dimensions
from valuekit.pipeline.results import MetricResult
from valuekit.pipeline.unknown import without_unknown

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.config.expressions import Expression
    from valuekit.engines.merging import StoredCells
    from valuekit.metrics.base import Histogram, Metric
    from valuekit.metrics.curves import Curve
    from valuekit.pipeline.plans import Plans
    from valuekit.states.base import State
    from valuekit.states.plan import CellPlan, Defined


@dataclass(frozen=True)
class Sources:
    """Where numbers come from.

    Attributes:
        snapshot: the published states.
        facts: opens the facts when they are first needed; raises UnavailableError where they cannot be asked.
        kept: by fingerprint of their metric the cells that have been read, for further questions that pick no offers;
            None to keep nothing.
    """

    snapshot: DuckDBPyConnection
    facts: Callable[[], Facts]
    kept: dict[str, StoredCells] | None = None

    def keeping(self) -> Sources:
        """The same, for several questions: what is read of cells is kept."""
        return self if self.kept is not None else replace(self, kept={})

    def cells(self, plan: CellPlan, where: Expression | None = None) -> StoredCells:
        """The cells of a metric, or those of some offers."""
        engine, name = DuckDBEngine(self.snapshot), table(plan.fingerprint)
        if self.kept is None or where is not None:
            return engine.stored(plan, name, where)
        if plan.fingerprint not in self.kept:
            self.kept[plan.fingerprint] = engine.stored(plan, name, keeps_digests=True)
        return self.kept[plan.fingerprint]


def check(plans: Plans, name: str, question: Question) -> tuple[str, ...]:
    """Check what is asked of a metric against its definition, before anything is landed or read.

    Returns:
        The scores to give, Count first.

    Raises:
        UsageError: a dimension, score or column that the metric does not have, or an expression that cannot be read.
    """
    metric, family = plans.metrics[name], FAMILIES[plans.metrics[name].config.family]
    dimensions = plans.askable(name)
    each_known("dimension", question.by, dimensions, name)
    known = [score.name for score in family.catalogue]
    wanted = question.scores or metric.config.scores or tuple(known)
    each_known("score", (score for score in wanted if family.score(score) is None), known, name)
    scores = tuple(dict.fromkeys(("Count", *wanted)))
    sort_keys_known(question, (*question.by, *metric.row_keys, *scores), name)
    parsed_where(question.where, name, dimensions)
    return scores


def answer(sources: Sources, plans: Plans, name: str, question: Question) -> MetricResult:
    """Compute one metric.

    Raises:
        UsageError: a dimension, score or expression that the metric does not have.
        CacheError: the snapshot does not hold the metric as the config defines it, it could not be built, or facts that
            are needed cannot be asked.
    """
    scores = check(plans, name, question)
    where = parsed_where(question.where, name, plans.askable(name))
    asked = _Asked(sources, plans, name, question.by, where, question.properties)
    asked.must_be_there()
    must_fit(where, plans.types, name)
    evaluation = asked.evaluation(scores)
    rows = evaluation.rows
    family = FAMILIES[asked.plan.family]
    keys = [column for column in rows.columns if family.score(column) is None or column in question.by]
    notes = absences(rows, asked.key_columns(rows), evaluation.reasons, scores)
    rows = in_order(rows.select(*keys, *scores), question.sort)
    return MetricResult(
        metric=name,
        family=family.name,
        by=question.by,
        where=where.text if where else None,
        rows=rows if question.limit is None else rows.head(question.limit),
        notes=notes,
        total_rows=rows.height,
        curves=asked.curves() if question.curves else (),
        from_facts=asked.outside,
    )


def histogram(sources: Sources, plans: Plans, name: str, by: Sequence[str], column: str) -> Histogram | None:
    """Bin the values of a described column by group; None where the metric has no histogram of it.

    Raises:
        CacheError: as `answer` does.
    """
    asked = _Asked(sources, plans, name, tuple(by), None, (column,))
    asked.must_be_there()
    metric = asked.metric
    states = metric.binned(column) if isinstance(metric, HasHistograms) else ()
    if not states or not isinstance(metric, HasHistograms):
        return None
    merged = asked.merged(asked.by, states, exact=any(state in metric.exact for state in states))
    return metric.histogram(merged, asked.by, column)


@dataclass(frozen=True)
class _Asked:
    """A question to one metric."""

    sources: Sources
    plans: Plans
    name: str
    by: tuple[str, ...]
    where: Expression | None
    properties: tuple[str, ...] | None = None

    @property
    def metric(self) -> Metric:
        metric = self.plans.metrics[self.name]
        if self.properties is not None and isinstance(metric, HasProperties):
            return metric.only(self.properties)
        return metric

    @property
    def plan(self) -> CellPlan:
        return self.plans.cells[self.name]

    @property
    def outside(self) -> tuple[str, ...]:
        """The columns asked for that the cells of the metric do not have."""
        there = available_dimensions(self.plan)
        named = dict.fromkeys((*self.by, *sorted(self.where.columns if self.where else ())))
        return tuple(name for name in named if name not in there)

    def key_columns(self, rows: pl.DataFrame) -> list[str]:
        """The columns that tell rows apart."""
        return [column for column in rows.columns if column in {*self.by, *self.metric.row_keys}]

    def must_be_there(self) -> None:
        failure = why_failed(self.sources.snapshot, self.plan)
        if failure is not None:
            raise CacheError(failure)
        query = "SELECT 1 FROM metrics WHERE fingerprint = ?"
        if not first_row(self.sources.snapshot, query, [self.plan.fingerprint]):
            raise CacheError(f"metric {self.name} has changed or is new since the last ingest; run `valuekit ingest`")

    def evaluation(self, scores: Sequence[str]) -> Evaluation:
        """Scores from states, completed by those that only facts can give."""
        from_facts = holistic_scores(self.metric, scores)
        from_states = [score for score in scores if score not in from_facts]
        states = [state for state in self.metric.needs(from_states) if state in self.metric.states]
        grain = tuple(dict.fromkeys((*self.by, *self.metric.always_by)))
        evaluation = self.metric.evaluate(self.merged(grain, states), self.by, from_states)
        if not self.outside:
            evaluation = without_unknown(self.sources.snapshot, self.plan, self.by, self.where, evaluation)
        return _completed(evaluation, self._holistic(from_facts), from_facts, self.metric) if from_facts else evaluation

    def merged(self, grain: Sequence[str], states: Sequence[State], *, exact: bool = False) -> pl.DataFrame:
        """States merged from cells, or from facts where cells cannot give them."""
        try:
            if self.outside or exact:
                return self.sources.facts().merged(self.plan, grain, self.where, states)
            return self.sources.cells(self.plan, self.where).merge(grain, states)
        except UnavailableError as error:
            what = f"{', '.join(self.outside)} is not among its dimensions" if self.outside else "it keeps no digests"
            raise CacheError(f"metric {self.name}: {what}, so it needs facts, and {error}") from error
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            if self.where is None:
                raise
            raise fails_on_values(error, self.name) from error

    def _holistic(self, wanted: Sequence[str]) -> Evaluation | str:
        """The scores that only facts can give, stored or computed; or why there are none."""
        if self.where is None:
            found = stored_scores.find(self.sources.snapshot, self.plans, self.name, self.by, wanted)
            if found is not None:
                return found
        try:
            return self.sources.facts().evaluations(self.name, [self.by], self.where, wanted)[0]
        except (UnavailableError, DataError) as error:
            return f"it is computed from facts, and {error}"

    def curves(self) -> tuple[Curve, ...]:
        """The curves of every group, of a metric that has any."""
        metric = self.metric
        if not isinstance(metric, HasCurves):
            return ()
        states = metric.needs(metric.curved)
        merged = self.merged(self.by, states, exact=any(state in metric.exact for state in states))
        return tuple(metric.curves(merged, self.by))


def why_failed(connection: DuckDBPyConnection, plan: Defined) -> str | None:
    """Say why the last run could not build a metric, or return None where it could."""
    row = first_row(connection, "SELECT reason FROM failures WHERE fingerprint = ?", [plan.fingerprint])
    return None if row is None else str(row[0])


def _completed(evaluation: Evaluation, found: Evaluation | str, wanted: Sequence[str], metric: Metric) -> Evaluation:
    """Add scores from facts to those from states; a group may have nothing in the facts to compute them from."""
    if isinstance(found, str):
        rows = evaluation.rows.with_columns(pl.lit(None, dtype=pl.Float64).alias(score) for score in wanted)
        why = pl.Series([found], dtype=pl.String).new_from_index(0, rows.height)
        return Evaluation(rows, {**evaluation.reasons, **dict.fromkeys(wanted, why)})
    shared = [name for name in found.rows.columns if name in evaluation.rows.columns]
    both = side_by_side(evaluation, found, shared)
    absent = {score: item.reason(score) for item in metric.holistic for score in item.scores if score in wanted}
    reasons = {
        score: both.rows.select(
            pl.coalesce(both.reasons[score], pl.when(pl.col(score).is_null()).then(pl.lit(text)))
        ).to_series()
        for score, text in absent.items()
    }
    return Evaluation(both.rows, {**both.reasons, **reasons})
