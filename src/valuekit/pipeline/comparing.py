"""What a change of the config would do to the numbers: the totals of two configs, side by side.

Owns the comparison. Both are answered from one cache: from its published states where a config asks for the same as
the config of the cache, else from its facts, and nothing is written. Their numbers come from the same offers, so that
the intervals are those of each number; they say nothing about the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from valuekit.cache.ledger import Ledger
from valuekit.errors import CacheError, ConfigError, DataError
from valuekit.facts.columns import landing_plan
from valuekit.metrics.predictions import Outlook
from valuekit.metrics.registry import CATALOGUES
from valuekit.pipeline import clv, compute
from valuekit.pipeline.asking import Question
from valuekit.pipeline.compute import Sources
from valuekit.pipeline.desk import Desk
from valuekit.pipeline.from_facts import UnavailableError, facts_on_demand, holistic_scores, side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Score
    from valuekit.pipeline.from_facts import Facts
    from valuekit.pipeline.workspace import Workspace

_SUFFIXES = (("_CI_Low", "_CI_High"), ("_ci_low", "_ci_high"))
_Z95 = 1.959963984540054
_CONTROL = "control_group"
"""Tells no rows apart: it is what an arm is compared with."""


@dataclass(frozen=True)
class Number:
    """One score: its value and 95 % interval, as far as there are any."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Compared:
    """One score of a metric by both configs.

    Attributes:
        metric: the metric.
        score: the score.
        unit: of the score, as `Score.unit`.
        keys: what tells the rows of the metric's total apart, such as the experiment; empty where there is one.
        old: by the first config; None where it has no such metric or row.
        new: by the second.
    """

    metric: str
    score: str
    unit: str
    keys: Mapping[str, object]
    old: Number | None
    new: Number | None

    @property
    def difference(self) -> float | None:
        """The second less the first."""
        first, second = (number.value if number else None for number in (self.old, self.new))
        return None if first is None or second is None else second - first


@dataclass(frozen=True)
class Comparison:
    """The totals of two configs.

    Attributes:
        rows: score by score.
        missing: metrics that a config has and the cache cannot answer, as (metric, `old` or `new`, why).
    """

    rows: tuple[Compared, ...]
    missing: tuple[tuple[str, str, str], ...]


_Answers: TypeAlias = "dict[str, pl.DataFrame]"


def compare(home: Workspace, old: Workspace, new: Workspace) -> Comparison:
    """Compare the totals of two configs on one cache.

    Args:
        home: the config whose cache is asked, perhaps one of the two; no other cache is opened.
        old: the first config.
        new: the second.
    """
    metrics = {**new.config.metrics, **old.config.metrics}
    names = dict.fromkeys((*old.config.metrics, *new.config.metrics))
    shown = {name: _shown([old.config.metrics.get(name), new.config.metrics.get(name)]) for name in names}
    missing: list[tuple[str, str, str]] = []
    sides: list[_Answers] = []
    for side, workspace in (("old", old), ("new", new)):
        found: _Answers = {}
        for name in workspace.config.metrics:
            try:
                found[name] = _total(home, workspace, name, shown[name])
            except (DataError, ConfigError, UnavailableError) as error:
                missing.append((name, side, str(error)))
        sides.append(found)
    rows = [
        row
        for name in names
        if name in sides[0] or name in sides[1]
        for row in _rows(metrics[name], shown[name], sides[0].get(name), sides[1].get(name))
    ]
    return Comparison(tuple(rows), tuple(missing))


def _shown(sections: Sequence[MetricConfig | None]) -> tuple[str, ...]:
    """The scores to compare: Count and those that either config lists; all of the family where one lists none."""
    there = [section for section in sections if section is not None]
    catalogue = [score.name for score in CATALOGUES[there[-1].family].catalogue]
    if any(section.family != there[0].family for section in there):
        return ("Count",)
    listed = [name for section in there for name in section.scores or catalogue]
    bounds = {name for score in listed for name in (_bounds(score, catalogue) or ())}
    return tuple(name for name in dict.fromkeys(("Count", *listed)) if name not in bounds and not _is_error(name))


def _is_error(score: str) -> bool:
    return score == "StdErr" or score.endswith("_StdErr")


def _bounds(score: str, catalogue: Sequence[str]) -> tuple[str, str] | None:
    """The names of the ends of a score's interval."""
    stem = score.removesuffix("_stat")
    for low, high in _SUFFIXES:
        if stem + low in catalogue and stem + high in catalogue:
            return stem + low, stem + high
    return None


def _total(home: Workspace, asking: Workspace, name: str, shown: Sequence[str]) -> pl.DataFrame:
    """The total of a metric of `asking`, from the cache of `home`."""
    family = asking.config.metrics[name].family
    catalogue = [score.name for score in CATALOGUES[family].catalogue]
    more = [bound for score in shown for bound in (_bounds(score, catalogue) or ())]
    errors = [f"{score}_StdErr" for score in shown if f"{score}_StdErr" in catalogue]
    question = Question(scores=tuple(dict.fromkeys((*shown, *more, *errors))))
    if name in asking.customer_metrics:
        return _customers(home, asking, name, question)
    with (
        home.open_sources() as sources,
        facts_on_demand(home.folder, home.config.cache, asking.plans) as facts,
    ):
        try:
            return compute.answer(Sources(sources.snapshot, facts), asking.plans, name, question).rows
        except CacheError:
            return _from_facts(asking, name, question, facts)


def _customers(home: Workspace, asking: Workspace, name: str, question: Question) -> pl.DataFrame:
    """The total of a clv metric, if the purchases that it wants are there under any name.

    Raises:
        UnavailableError: they are not.
    """
    assert asking.holdings is not None  # noqa: S101 - it has a clv metric
    wanted = asking.holdings.cells[name].fingerprint
    kept = home.holdings.cells if home.holdings is not None else {}
    same = [own for own, plan in kept.items() if plan.fingerprint == wanted]
    if not same:
        raise UnavailableError("its purchases are not in the cache: run `valuekit ingest` with this config")
    metric = asking.customer_metrics[name]
    with home.open_purchases(same[0]) as bought:
        outlook = Outlook(discount_rate=metric.config.discount_rate)
        return clv.answer(Desk(metric, bought, asking.holdings.types, outlook), question).rows


def _from_facts(asking: Workspace, name: str, question: Question, facts: Callable[[], Facts]) -> pl.DataFrame:
    """The total of a metric that has no states in the cache.

    Raises:
        UnavailableError: the facts lack what it needs, or cannot be asked.
    """
    plans, opened = asking.plans, facts()
    metric, plan = plans.metrics[name], plans.cells[name]
    source = plans.source.model_copy(update={"keep_columns": ()})
    landing = landing_plan(plans.kind, source, plan.decided_by)
    ledger = Ledger(opened.connection)
    alone = (replace(landing, columns=(column,)) for column in landing.columns)
    absent = [one.columns[0].name for one in alone if ledger.landed_otherwise(one) or ledger.lacking(one)]
    if absent or ledger.lacking(landing):
        names = ", ".join(absent or ["the ids"])
        raise UnavailableError(f"not all files have landed with what it needs: {names}")
    scores = compute.check(plans, name, question)
    only_facts = holistic_scores(metric, scores)
    others = [score for score in scores if score not in only_facts]
    merged = opened.merged(plan, metric.always_by, None, metric.needs(others))
    evaluation = metric.evaluate(merged, (), others)
    if only_facts:
        found = opened.evaluations(name, [()], None, only_facts)[0]
        shared = [key for key in found.rows.columns if key in evaluation.rows.columns]
        evaluation = side_by_side(evaluation, found, shared)
    return evaluation.rows


def _rows(
    section: MetricConfig, shown: Sequence[str], old: pl.DataFrame | None, new: pl.DataFrame | None
) -> Iterator[Compared]:
    """Match the rows of both by what tells them apart."""
    family = CATALOGUES[section.family]
    catalogue: Mapping[str, Score] = {score.name: score for score in family.catalogue}
    sides = [_by_key(frame, list(catalogue)) for frame in (old, new)]
    for key in dict.fromkeys(key for side in sides for key in side):
        for score in shown:
            numbers = [_number(side.get(key), score, list(catalogue)) for side in sides]
            if any(number is not None for number in numbers):
                unit = catalogue[score].unit if score in catalogue else "ratio"
                yield Compared(section.name, score, unit, dict(key), *numbers)


_Keys = tuple[tuple[str, object], ...]


def _by_key(frame: pl.DataFrame | None, scores: Sequence[str]) -> dict[_Keys, dict[str, object]]:
    if frame is None:
        return {}
    keys = [name for name in frame.columns if name not in scores and name != _CONTROL]
    return {tuple((name, row[name]) for name in keys): row for row in frame.to_dicts()}


def _number(row: Mapping[str, object] | None, score: str, catalogue: Sequence[str]) -> Number | None:
    if row is None or score not in row:
        return None
    value = _float(row[score])
    bounds = _bounds(score, catalogue)
    if bounds is not None:
        return Number(value, *(_float(row.get(bound)) for bound in bounds))
    error = _float(row.get(f"{score}_StdErr"))
    return (
        Number(value) if value is None or error is None else Number(value, value - _Z95 * error, value + _Z95 * error)
    )


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
