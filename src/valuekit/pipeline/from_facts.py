"""Numbers that no stored state can give: computed from facts, at the grain asked for.

Owns the reading of facts for a question: holistic scores, exact quantiles and rankings, and dimensions that a metric
does not keep. Where facts cannot be read it says why; it never answers with less than all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, reduce
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit.cache import snapshot
from valuekit.cache.imported import why_no_facts
from valuekit.cache.store import reading_facts
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.engines.gathered import Gathering
from valuekit.errors import CacheError, LockedError
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.metrics.base import Evaluation
from valuekit.pipeline.restate import in_batches

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from valuekit.config.expressions import Expression
    from valuekit.config.models import CacheConfig
    from valuekit.engines.gathered import Gathered
    from valuekit.engines.grouping import Numbered
    from valuekit.metrics.base import Holistic, Metric
    from valuekit.pipeline.plans import Plans
    from valuekit.states.base import State
    from valuekit.states.plan import CellPlan

_TABLE = "asked_of_facts"


class UnavailableError(Exception):
    """Facts cannot be asked; the message says why, as the reason of a missing number."""


@dataclass(frozen=True)
class Facts:
    """Facts that can be asked.

    Attributes:
        connection: to the database that holds them.
        plans: what the config asks for.
        batches: all partitions, some at a time.
    """

    connection: DuckDBPyConnection
    plans: Plans
    batches: Sequence[Sequence[date]]

    @classmethod
    def of(cls, connection: DuckDBPyConnection, plans: Plans) -> Facts:
        """Look at what facts there are.

        Raises:
            UnavailableError: nothing has landed, facts have expired, or days were imported without any.
        """
        reason = why_no_facts(connection)
        if reason:
            raise UnavailableError(reason)
        rows = connection.execute("SELECT partition, rows FROM partitions ORDER BY partition").fetchall()
        if not rows:
            raise UnavailableError("no facts have landed")
        return cls(connection, plans, list(in_batches(rows)))

    def merged(
        self, plan: CellPlan, by: Sequence[str], where: Expression | None, states: Sequence[State]
    ) -> pl.DataFrame:
        """States at a grain, as if merged from cells.

        Args:
            plan: how rows become offers.
            by: any columns of facts.
            where: picks offers by any columns of facts.
            states: what to build.
        """
        (found,) = self.merged_at(plan, [by], where, states)
        return found

    def merged_at(
        self, plan: CellPlan, grains: Sequence[Sequence[str]], where: Expression | None, states: Sequence[State]
    ) -> list[pl.DataFrame]:
        """States at several grains, from one reading of the facts."""
        columns = {name for by in grains for name in by} | (where.columns if where else set())
        asked = replace(plan, dimensions=_dimensions(columns), states=tuple(states))
        engine = DuckDBEngine(self.connection)
        self.connection.execute(f"DROP TABLE IF EXISTS {_TABLE}")
        for partitions in self.batches:
            for _, cells in engine.build([asked], self.plans.view, partitions):
                self.connection.register("fresh", cells)
                self.connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {_TABLE} AS SELECT * FROM fresh LIMIT 0")
                self.connection.execute(f"INSERT INTO {_TABLE} SELECT * FROM fresh")
                self.connection.unregister("fresh")
        found = [engine.merge(asked, _TABLE, by, where, states) for by in grains]
        self.connection.execute(f"DROP TABLE {_TABLE}")
        return found

    def evaluations(
        self,
        name: str,
        grains: Sequence[Sequence[str]],
        where: Expression | None,
        wanted: Collection[str],
        gathered: Sequence[Gathered] = (),
    ) -> list[Evaluation]:
        """The scores of a metric that only facts can give, at several grains.

        Args:
            name: the metric.
            grains: dimensions, for each grain.
            where: picks offers by their dimensions.
            wanted: scores; those that states can give are left out.
            gathered: what has been read of all offers already, of all that `gatherings` gives.

        Returns:
            For each grain, rows with its dimensions, the row keys where a score needs them, and the scores.
        """
        metric, plan = self.plans.metrics[name], self.plans.cells[name]
        found: list[list[Evaluation]] = [[] for _ in grains]
        exact = exact_scores(metric, wanted)
        if exact:
            full = [tuple(dict.fromkeys((*by, *metric.always_by))) for by in grains]
            frames = self.merged_at(plan, full, where, metric.needs(exact))
            for evaluations, frame, by in zip(found, frames, grains, strict=True):
                evaluations.append(metric.evaluate(frame, by, exact))
        asked = gatherings(metric, plan, grains, wanted)
        engine = DuckDBEngine(self.connection)
        for at, (item, gathering) in enumerate(asked):
            there = gathered[at] if gathered else engine.gather(gathering, self.plans.view, self.batches, where)
            for evaluations, one in zip(found, _holistic(item, there, grains, wanted), strict=True):
                evaluations.append(one)
        return [_joined(evaluations, by) for evaluations, by in zip(found, grains, strict=True)]


def gatherings(
    metric: Metric, plan: CellPlan, grains: Iterable[Sequence[str]], wanted: Collection[str]
) -> list[tuple[Holistic, Gathering]]:
    """What has to be read of all offers for scores that no state can hold.

    Args:
        metric: whose scores.
        plan: how its rows become offers.
        grains: the dimensions of each grain.
        wanted: the scores.
    """
    keys = tuple(dict.fromkeys(name for by in grains for name in by))
    return [
        (item, Gathering(plan, keys, tuple(item.reads), item.source == "positive rows"))
        for item in metric.holistic
        if set(item.scores) & set(wanted)
    ]


def _holistic(
    item: Holistic, gathered: Gathered, grains: Sequence[Sequence[str]], wanted: Collection[str]
) -> Iterator[Evaluation]:
    """The scores of each grain."""
    columns = [gathered.codes(name) for name in item.reads]
    for by in grains:
        groups = gathered.number(by)
        computed = item.compute(groups.gids, groups.size, columns)
        scores = {
            score: pl.Series(score, computed[score], dtype=pl.Float64).fill_nan(None)
            for score in item.scores
            if score in wanted
        }
        remark = _remark(groups, item.left_out(columns))
        reasons = {
            score: pl.select(pl.when(values.is_null()).then(pl.lit(item.reason(score))).otherwise(remark)).to_series()
            for score, values in scores.items()
        }
        yield Evaluation(pl.DataFrame([*groups.keys.get_columns(), *scores.values()]), reasons)


def _remark(groups: Numbered, left_out: tuple[NDArray[np.bool_], str] | None) -> pl.Series:
    """What is said of the groups with rows that take no part."""
    if left_out is None:
        return pl.Series([None] * groups.size, dtype=pl.String)
    rows, text = left_out
    concerned = np.bincount(groups.gids[rows], minlength=groups.size) > 0
    return pl.select(pl.when(pl.Series(concerned)).then(pl.lit(f"{int(rows.sum()):,} {text}"))).to_series()


@contextmanager
def facts_on_demand(folder: Path, settings: CacheConfig, plans: Plans) -> Iterator[Callable[[], Facts]]:
    """Give what opens the facts of a cache when they are first needed; at the end they are closed again.

    What it gives raises UnavailableError where the facts cannot be asked, or are not those of the published snapshot.
    """
    with ExitStack() as stack:

        @cache
        def opened() -> Facts | UnavailableError:
            try:
                connection = stack.enter_context(
                    reading_facts(folder, memory_limit=settings.memory_limit, threads=settings.threads)
                )
                if not snapshot.is_of(folder, connection):
                    return UnavailableError("facts have landed that are not published yet; run `valuekit ingest`")
                return Facts.of(connection, plans)
            except LockedError:
                return UnavailableError("another run holds the facts; ask again when it is done")
            except (CacheError, UnavailableError) as error:
                return UnavailableError(str(error))

        def facts() -> Facts:
            found = opened()
            if isinstance(found, UnavailableError):
                raise found
            return found

        yield facts


def exact_scores(metric: Metric, wanted: Iterable[str]) -> list[str]:
    """The scores that need states which are too large to keep."""
    given = {score for item in metric.holistic for score in item.scores}
    return [
        score
        for score in wanted
        if score not in given and any(state in metric.exact for state in metric.needs([score]))
    ]


def holistic_scores(metric: Metric, wanted: Iterable[str]) -> list[str]:
    """The scores that only facts can give."""
    names = list(wanted)
    given = {score for item in metric.holistic for score in item.scores}
    exact = set(exact_scores(metric, names))
    return [score for score in names if score in given or score in exact]


def _joined(evaluations: Sequence[Evaluation], by: Sequence[str]) -> Evaluation:
    """Put the scores of one grain side by side; the first has the row keys, if any has."""
    return reduce(lambda left, right: side_by_side(left, right, by), evaluations)


def side_by_side(left: Evaluation, right: Evaluation, keys: Sequence[str]) -> Evaluation:
    """Add the scores of another evaluation, matched by keys, a missing one equal to itself."""
    added = right.rows.with_columns(series.alias(why(score)) for score, series in right.reasons.items())
    if keys:
        rows = left.rows.join(added, on=list(keys), how="left", nulls_equal=True, maintain_order="left")
    else:
        rows = left.rows.with_columns(added[[0] * left.rows.height].get_columns())
    reasons = {**left.reasons, **{score: rows.get_column(why(score)) for score in right.reasons}}
    return Evaluation(rows.drop(why(score) for score in right.reasons), reasons)


def why(score: str) -> str:
    """The name of a column that says why there is no score."""
    return f"why no {score}"


def _dimensions(columns: Iterable[str]) -> tuple[str, ...]:
    """The dimensions of cells that give some columns: what derives from Day comes from it."""
    return tuple(sorted({"Day" if name in TIME_DIMENSIONS else name for name in columns}))
