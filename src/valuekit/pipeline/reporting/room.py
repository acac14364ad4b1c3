"""The data that reports are made of: opened once for a document, and asked for each table once.

Owns what is open, and what has been asked. Never draws anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from valuekit.errors import CacheError
from valuekit.metrics.names import SEGMENT
from valuekit.pipeline import clv, compute
from valuekit.pipeline.asking import Question
from valuekit.pipeline.desk import Kept, groups
from valuekit.pipeline.reporting.sample import bought
from valuekit.reports.kinds.fields import grain_of
from valuekit.reports.kinds.subject import Answered, Groups, UnanswerableError
from valuekit.reports.kinds.tables import of_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Histogram
    from valuekit.metrics.curves import Curve
    from valuekit.pipeline.compute import Sources
    from valuekit.pipeline.desk import Desk
    from valuekit.pipeline.results import MetricResult
    from valuekit.pipeline.workspace import Workspace
    from valuekit.reports.kinds.subject import Ask, Bought, Subject

_Key: TypeAlias = "tuple[str, tuple[str, ...], str | None, bool]"


@dataclass
class Room:
    """Everything that is published, open for reading; see `valuekit.reports.kinds.subject.Answers`.

    Attributes:
        workspace: the config and its cache.
        stack: closes what was opened.
        missing: why something is not published.
    """

    workspace: Workspace
    stack: ExitStack
    missing: list[CacheError] = field(default_factory=list)
    _scores: defaultdict[_Key, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    _results: dict[_Key, MetricResult] = field(default_factory=dict)
    _curves: dict[tuple[str, tuple[str, ...], str], Sequence[Curve]] = field(default_factory=dict)
    _desks: dict[str, Desk] = field(default_factory=dict)
    _groups: dict[tuple[str, tuple[str, ...]], Groups] = field(default_factory=dict)

    @cached_property
    def sources(self) -> Sources:
        """The snapshot of Interaction History; raises CacheError where there is none."""
        return self.stack.enter_context(self.workspace.open_sources()).keeping()

    def desk(self, metric: str) -> Desk:
        """The customers of a clv metric; raises CacheError where there are none."""
        if metric not in self._desks:
            desk = self.stack.enter_context(self.workspace.desk(metric))
            self._desks[metric] = replace(desk, kept=Kept())
        return self._desks[metric]

    def has_offers(self) -> bool:
        """Whether the config has metrics of offers, and a snapshot of them is published."""
        return bool(self.workspace.plans.metrics) and self._opens(lambda: self.sources)

    def has_customers(self, metric: str) -> bool:
        """Whether the customers of a clv metric are published."""
        return self._opens(lambda: self.desk(metric))

    def nothing_is_there(self) -> bool:
        """Whether nothing at all is published."""
        customers = any(self.has_customers(name) for name in self.workspace.customer_metrics)
        return not customers and not self.has_offers() and bool(self.missing)

    def _opens(self, opening: Callable[[], object]) -> bool:
        try:
            opening()
        except CacheError as error:
            self.missing.append(error)
            return False
        return True

    def announce(self, metric: str, asks: Iterable[Ask]) -> None:
        """Note what will be asked, so that tables of one grain are computed together."""
        for ask in asks:
            self._scores[_key(metric, ask)].update(dict.fromkeys(ask.scores))

    def expect(self, subject: Subject) -> None:
        """Note of which groups customers will be asked for, so that purchases are read once."""
        by = tuple(name for name in grain_of(subject.report, subject.metric) if name != SEGMENT)
        name = subject.metric.name
        drawn_by_itself = subject.report.type == "exposure"
        if not drawn_by_itself and name in self.workspace.customer_metrics and self.has_customers(name):
            kept = self.desk(name).kept
            assert kept is not None  # noqa: S101 - every desk of a room keeps what it reads
            kept.grains.append(by)

    def table(self, subject: Subject, ask: Ask) -> Answered:
        """The rows of a table, with the scores asked for, in the metric's order."""
        return self.answer(subject.metric.name, ask)

    def answer(self, metric: str, ask: Ask) -> Answered:
        """The same, of a metric by its name."""
        key = _key(metric, ask)
        if key not in self._results:
            self._scores[key].update(dict.fromkeys(ask.scores))
            self._results[key] = self._compute(key)
        result = self._results[key]
        if ask.predicted:
            return Answered(result.rows, result.notes)
        known = {"Count", *self._scores[key]}
        chosen = [*(name for name in result.rows.columns if name not in known), "Count", *ask.scores]
        chosen = list(dict.fromkeys(chosen))
        return Answered(result.rows.select(chosen), of_scores(result.notes, chosen))

    def _compute(self, key: _Key) -> MetricResult:
        metric, by, name, predicted = key
        if predicted:
            return clv.predict(self.desk(metric), Question(by))
        question = Question(by, scores=("Count", *self._scores[key]), properties=None if name is None else (name,))
        if metric in self.workspace.customer_metrics:
            return clv.answer(self.desk(metric), question)
        return compute.answer(self.sources, self.workspace.plans, metric, question)

    def curves(self, subject: Subject, by: tuple[str, ...], name: str) -> Sequence[Curve]:
        """The curves of a model score in every group."""
        metric = subject.metric.name
        if (metric, by, name) not in self._curves:
            question = Question(by, scores=("Count",), curves=True, properties=(name,))
            found = compute.answer(self.sources, self.workspace.plans, metric, question)
            self._curves[metric, by, name] = found.curves
        return self._curves[metric, by, name]

    def histogram(self, subject: Subject, by: tuple[str, ...], column: str) -> Histogram:
        """How the values of a described column are spread in every group."""
        found = compute.histogram(self.sources, self.workspace.plans, subject.metric.name, by, column)
        if found is None:
            raise UnanswerableError(f"{column} holds no numbers, and a histogram is of numbers")
        return found

    def groups(self, subject: Subject, by: tuple[str, ...]) -> Groups:
        """The customers of every group."""
        key = (subject.metric.name, by)
        if key not in self._groups:
            self._groups[key] = Groups(*groups(self.desk(subject.metric.name), Question(by)))
        return self._groups[key]

    def bought(self, subject: Subject, by: tuple[str, ...], sample: int) -> Bought:
        """What some customers bought."""
        return bought(self.desk(subject.metric.name), by, sample, self.groups(subject, ()).population.customers.size)


def _key(metric: str, ask: Ask) -> _Key:
    return metric, ask.by, ask.property, ask.predicted


@contextmanager
def opened(workspace: Workspace) -> Iterator[Room]:
    """Open what is published, each source when it is first asked."""
    with ExitStack() as stack:
        yield Room(workspace, stack)
