"""A config with every family, and what each of its metrics must give at any grain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracles import plain_scores
from oracles.plain_law import Offer, Row, resolve

ZONE = "America/New_York"

CONFIG = f"""
[ih]
path = "exports"
timezone = "{ZONE}"
keep_columns = ["CustomerID", "FinalPropensity", "Priority", "Propensity", "Value", "Weight"]

[ih.extensions]
filter = "coalesce(Outcome, '') <> 'Pending' OR coalesce(Channel, '') <> 'Email'"
columns = {{ Medium = "CASE WHEN Channel = 'Email' THEN 'Mail' ELSE 'Screen' END" }}

[ih.extensions.default_values]
PlacementType = "N/A"

[metrics]
global_filters = ["Channel", "Group"]

[metrics.engagement]
group_by = ["Day", "Channel", "Medium", "PlacementType"]
positive_model_response = ["Clicked", "Accepted"]
negative_model_response = ["Impression", "Pending"]

[metrics.conversion]
group_by = ["Day", "Channel", "Issue"]
filter = "coalesce(Channel, '') <> 'Branch'"
positive_model_response = ["Conversion"]
negative_model_response = ["Impression", "Clicked"]

[metrics.experiment]
group_by = ["Day", "Channel"]
positive_model_response = ["Clicked", "Accepted"]
negative_model_response = ["Impression", "Pending"]

[metrics.model_ml_scores]
group_by = ["Day", "Channel", "Issue"]
positive_model_response = ["Clicked", "Accepted"]
negative_model_response = ["Impression", "Pending"]

[metrics.model_ml_scores_exact]
group_by = ["Day", "Channel"]
use_t_digest = false
positive_model_response = ["Clicked", "Accepted"]
negative_model_response = ["Impression", "Pending"]

[metrics.descriptive]
group_by = ["Day", "Channel", "Outcome"]
columns = ["Priority", "Value", "Weight", "ResponseTime", "Propensity", "Channel"]

[metrics.descriptive_exact]
group_by = ["Day", "Channel"]
use_t_digest = false
columns = ["Priority", "Weight", "ResponseTime"]
"""

REPORTS = """
[reports.a]
metric = "model_ml_scores"
type = "line"
group_by = ["Channel"]

[reports.b]
metric = "model_ml_scores"
type = "line"
group_by = ["Month", "Group"]

[reports.c]
metric = "model_ml_scores_exact"
type = "line"
group_by = ["Channel"]

[reports.d]
metric = "conversion"
type = "line"
group_by = ["Channel"]

[reports.e]
metric = "conversion"
type = "line"
group_by = ["PlacementType"]

[reports.f]
metric = "descriptive_exact"
type = "line"
group_by = ["Channel"]
"""

Test = Callable[[Row], bool]
Found = dict[tuple[object, ...], Mapping[str, Any]]
CLICKS, VIEWS = ("Clicked", "Accepted"), ("Impression", "Pending")
PERCENTS = (25, 75, 90, 95)


def everything(row: Row) -> bool:  # noqa: ARG001  # the signature of a test of rows
    return True


def _not_in_mails(row: Row) -> bool:
    return not (row["Outcome"] == "Pending" and row["Channel"] == "Email")


def _not_in_branches(row: Row) -> bool:
    return str(row["Channel"]) != "Branch"


@dataclass(frozen=True)
class Metric:
    """How one metric of the config reads rows, in words of its own.

    Attributes:
        reads: its columns, which break ties.
        keys: the columns that tell the rows of one group apart.
    """

    name: str
    reads: tuple[str, ...]
    positive: tuple[str, ...] = CLICKS
    negative: tuple[str, ...] = VIEWS
    keep: Test = everything
    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    _offers: dict[int, list[Offer]] = field(default_factory=dict)

    def offers(self, rows: Sequence[Row]) -> list[Offer]:
        if id(rows) not in self._offers:
            passing = [row for row in rows if _not_in_mails(row)]
            self._offers[id(rows)] = resolve(passing, self.positive, self.negative, self.keep, self.reads)
        return self._offers[id(rows)]

    def expected(
        self, rows: Sequence[Row], by: Sequence[str], where: Test = everything, percents: Sequence[int] = PERCENTS
    ) -> Found:
        """Its scores at a grain, by the values of the dimensions and keys."""
        exact = self.name.endswith("_exact")
        if self.name.startswith("descriptive"):
            passing = [row for row in rows if _not_in_mails(row) and where(row)]
            return {
                (*group, name): plain_scores.description(
                    mine, name, percents, exact=exact, gaps=name in {"ResponseTime", "Weight"}
                )
                for group, mine in _grouped(passing, by, lambda row: row).items()
                for name in self.columns
            }
        offers = [offer for offer in self.offers(rows) if where(offer.row)]
        groups = _grouped(offers, by, lambda offer: offer.row)
        if self.name == "engagement":
            return {group: plain_scores.rates(mine, "CTR") for group, mine in groups.items()}
        if self.name == "conversion":
            return {group: plain_scores.conversion(mine) for group, mine in groups.items()}
        if self.name == "experiment":
            return _experiments(offers, groups)
        return {
            (*group, name): scores
            for group, mine in groups.items()
            for name, scores in plain_scores.models(mine, exact=exact).items()
        }


def _grouped(items: Iterable[Any], by: Sequence[str], row: Callable[[Any], Row]) -> dict[tuple[object, ...], list[Any]]:
    groups: dict[tuple[object, ...], list[Any]] = {} if by else {(): []}
    for item in items:
        groups.setdefault(tuple(row(item)[name] for name in by), []).append(item)
    return groups


def _experiments(offers: Sequence[Offer], groups: Mapping[tuple[object, ...], Sequence[Offer]]) -> Found:
    arms: dict[str | None, set[str]] = {}
    for offer in offers:
        if offer.row["ExperimentGroup"] is not None:
            arms.setdefault(offer.row["ExperimentName"], set()).add(offer.row["ExperimentGroup"])
    found: Found = {}
    for group, mine in groups.items():
        for name in {offer.row["ExperimentName"] for offer in mine}:
            counts: dict[str | None, tuple[int, int]] = {}
            for offer in mine:
                if offer.row["ExperimentName"] == name:
                    p, n = counts.get(offer.row["ExperimentGroup"], (0, 0))
                    counts[offer.row["ExperimentGroup"]] = (p + offer.positive, n + (not offer.positive))
            control = None if name is None else _control(arms.get(name, set()))
            scores = plain_scores.experiment(counts, control, named=name is not None)
            found |= {(*group, name, arm, control): one for arm, one in scores.items()}
    return found


def _control(arms: Iterable[str]) -> str | None:
    named = sorted(arm for arm in arms if arm.lower() == "control")
    return named[0] if named else min(arms, default=None)


_DIMENSIONS = ("Day", "Channel", "Group", "Outcome")
_SCORED = ("Propensity", "FinalPropensity", "CustomerID", "ActionID")
_MODEL = ("ActionID", "CustomerID", "FinalPropensity", "Propensity")
METRICS = {
    metric.name: metric
    for metric in (
        Metric("engagement", (*_DIMENSIONS, "Medium", "PlacementType", "ModelControlGroup")),
        Metric(
            "conversion",
            (*_DIMENSIONS, "Issue", "ModelControlGroup", "Revenue", "ConversionEventID", "CustomerID"),
            ("Conversion",),
            ("Impression", "Clicked"),
            _not_in_branches,
        ),
        Metric(
            "experiment",
            (*_DIMENSIONS, "ExperimentName", "ExperimentGroup"),
            keys=("experiment_name", "experiment_group", "control_group"),
        ),
        Metric("model_ml_scores", (*_DIMENSIONS, "Issue", *_SCORED), keys=("Property",)),
        Metric("model_ml_scores_exact", (*_DIMENSIONS, *_SCORED), keys=("Property",)),
        Metric(
            "descriptive",
            (),
            keys=("Property",),
            columns=("Priority", "Value", "Weight", "ResponseTime", "Propensity", "Channel"),
        ),
        Metric("descriptive_exact", (), keys=("Property",), columns=("Priority", "Weight", "ResponseTime")),
    )
}
