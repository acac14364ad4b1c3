"""How the rows of a panel follow from states: said for the page, so that it need not guess.

Owns that description of panels and cards, and which scores cannot be had under a filter. Never reads a state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from valuekit.metrics.base import HasProperties
from valuekit.metrics.properties import PROPERTY
from valuekit.metrics.registry import FAMILIES
from valuekit.pipeline.embedding.grains import Wish
from valuekit.pipeline.embedding.states import needed
from valuekit.pipeline.from_facts import exact_scores, holistic_scores
from valuekit.pipeline.plans import available_dimensions
from valuekit.reports.kinds import kind_of
from valuekit.reports.kinds.curves import POINT, STEP
from valuekit.reports.kinds.described import FROM, TO
from valuekit.reports.kinds.experiments import CONTROL, GROUP, without_control
from valuekit.reports.kinds.groups import REFERENCE
from valuekit.reports.kinds.tables import COUNT, interval_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from valuekit.metrics.base import Metric
    from valuekit.pipeline.plans import Plans
    from valuekit.reports.kinds.subject import Subject
    from valuekit.reports.report import Card, Panel, Report

NOT = "not available under a filter: "
OF_CUSTOMERS = f"{NOT}it is computed from all purchases of each customer"
_HOLISTIC = f"{NOT}it is computed from all offers at once, and these are not in the page"
_EXACT = f"{NOT}it is computed from all values, of which the page carries no digest"
_UNKNOWN = f"{NOT}some imported days do not hold what it is computed from"


@dataclass
class Part:
    """A panel, a card, or the trend of a card.

    Attributes:
        spec: what the page is told, but for the tables.
        wish: the states that it needs; None where there is nothing to say.
        digests: for each score that needs digests, which.
        whole: whether it is nothing without its digests.
        inner: parts in it: the trend and the cards beside a card.
    """

    spec: dict[str, Any]
    wish: Wish | None = None
    digests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    whole: bool = False
    inner: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Describer:
    """Describes panels and cards for the page.

    Attributes:
        plans: what the config asks for.
        unknown: by metric the stored columns that some imported cells lack.
    """

    plans: Plans
    unknown: Mapping[str, Sequence[str]]

    def panel(self, subject: Subject, report: Report, panel: Panel) -> Part:
        """Describe one panel of a report."""
        name = report.metric
        columns = [column.name for column in panel.columns]
        behind = [] if panel.behind is None else panel.behind.drop(panel.key).columns
        if name not in self.plans.metrics:
            return Part(_failed(columns, OF_CUSTOMERS))
        mark = panel.picture.mark if panel.picture else None
        family = FAMILIES[self.plans.metrics[name].config.family]
        if mark == "curve":
            part = self._curve(subject, name, panel)
        elif mark == "histogram":
            part = self._histogram(subject, name, panel, report.by)
        else:
            asked = _asked(subject, report)
            scores = [
                column for column in (*columns, *behind) if column not in panel.key and family.score(column) is not None
            ]
            part = self._scores(name, asked.by, scores, asked.property)
            part.spec |= _extras(subject, panel, report)
        part.spec |= {"columns": columns, "behind": behind}
        outside = self._outside(name, part.spec["by"])
        if outside:
            return Part(_failed(columns, f"{NOT}{', '.join(outside)} is not among the dimensions that are kept"))
        return part

    def card(self, card: Card) -> Part:
        """Describe a key number, what is beside it, and its trend."""
        beside = [self.card(other) for other in card.beside]
        if card.metric not in self.plans.metrics:
            return Part({"unavailable": OF_CUSTOMERS}, inner={"beside": beside})
        family = FAMILIES[self.plans.metrics[card.metric].config.family]
        low, high = interval_of(family, card.score) or (None, None)
        scores = [score for score in (card.score, low, high) if score is not None]
        part = self._scores(card.metric, (), scores, card.property)
        trend = self._scores(card.metric, ("Day",), [card.score], card.property) if card.trend else None
        part.spec |= {"score": card.score, "low": low, "high": high}
        part.spec["unavailable"] = part.spec["unavailable"].get(card.score)
        part.inner = {"beside": beside, "trend": trend}
        return part

    def _scores(self, name: str, by: Sequence[str], scores: Sequence[str], property_: str | None) -> Part:
        """Rows of scores at a grain."""
        metric = self.plans.metrics[name]
        properties = self._properties(metric, property_)
        unavailable = self._unavailable(metric, scores)
        wanted = [score for score in dict.fromkeys((COUNT, *scores)) if score not in unavailable]
        states = needed(metric, wanted, properties)
        spec = _spec("scores", name, by, properties, wanted) | {"unavailable": unavailable}
        full = tuple(dict.fromkeys((*by, *metric.always_by)))
        digests = frozenset[str]().union(*states.digests.values())
        return Part(spec, Wish(name, full, states.columns, digests), states.digests)

    def _curve(self, subject: Subject, name: str, panel: Panel) -> Part:
        """Points of one kind of curve."""
        assert panel.picture is not None  # noqa: S101 - it has a mark
        by = tuple(key for key in panel.key if key != POINT)
        property_ = _asked(subject, None).property
        channels = {axis: panel.picture.column(axis) for axis in ("x", "y")}
        about = {"kind": panel.name, "property": property_, "step": STEP, **channels}
        found = self._scores(name, by, ["ece"], property_)
        return Part(found.spec | {"kind": "curve", "curve": about}, found.wish, found.digests, whole=True)

    def _histogram(self, subject: Subject, name: str, panel: Panel, by: tuple[str, ...]) -> Part:
        """Bins between the edges that the panel has without a filter."""
        column = str(subject.report.x)
        edges = sorted({*panel.table[FROM].to_list(), *panel.table[TO].to_list()})
        found = self._scores(name, by, ["Median"], column)
        about = {"column": column, "edges": edges}
        return Part(found.spec | {"kind": "histogram", "histogram": about}, found.wish, found.digests, whole=True)

    def _properties(self, metric: Metric, property_: str | None) -> list[str] | None:
        if not isinstance(metric, HasProperties) or PROPERTY not in metric.row_keys:
            return None
        return list(metric.properties) if property_ is None else [property_]

    def _unavailable(self, metric: Metric, scores: Iterable[str]) -> dict[str, str]:
        """The scores that no state in the page gives, and why."""
        found = dict.fromkeys(holistic_scores(metric, scores), _HOLISTIC)
        found |= dict.fromkeys(exact_scores(metric, scores), _EXACT)
        lacking, family = set(self.unknown.get(metric.config.name, ())), FAMILIES[metric.config.family]
        for name in scores:
            score = family.score(name)
            if score is not None and lacking.intersection(score.stored.split(", ")):
                found[name] = _UNKNOWN
        return found

    def _outside(self, name: str, by: Iterable[str]) -> list[str]:
        there = available_dimensions(self.plans.cells[name])
        return [dimension for dimension in by if dimension not in there]


def _spec(kind: str, metric: str, by: Sequence[str], properties: list[str] | None, scores: list[str]) -> dict[str, Any]:
    return {
        "failure": None,
        "kind": kind,
        "metric": metric,
        "by": list(by),
        "properties": properties,
        "scores": scores,
        "reference": None,
        "withoutControl": False,
    }


def _failed(columns: list[str], why: str) -> dict[str, Any]:
    return {"failure": why, "columns": columns}


@dataclass(frozen=True)
class _Asked:
    by: tuple[str, ...]
    property: str | None


def _asked(subject: Subject, report: Report | None) -> _Asked:
    """The grain and the property that a report asks for."""
    kind = kind_of(subject.report.type, subject.metric.family)
    asks = kind.asks(subject) if kind else ()
    if not asks:
        return _Asked(report.by if report else (), None)
    return _Asked(asks[0].by, asks[0].property)


def _extras(subject: Subject, panel: Panel, report: Report) -> dict[str, Any]:
    """What a picture adds to rows of scores, or takes away."""
    found: dict[str, Any] = {}
    names = panel.table.columns
    if REFERENCE in names and report.type == "gauge":
        found["reference"] = {"value": subject.report.value, "names": dict(subject.report.reference)}
    if panel.picture and panel.picture.mark == "funnel":
        found["kind"] = "funnel"
        found["funnel"] = {"column": panel.picture.column("x"), "names": list(subject.report.stages)}
    if report.family == "experiment" and {GROUP, CONTROL} <= set(names):
        found["withoutControl"] = without_control(panel.table).height == panel.table.height
    return found
