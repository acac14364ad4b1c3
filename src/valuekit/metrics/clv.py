"""Customer lifetime value: how often, how lately and for how much customers buy, and what they will do.

Owns the family `clv`, which reads purchases instead of offers. A customer is in every group in which purchases were
made, with the purchases made there; ranks and models are of all customers of the metric and all their purchases,
whatever groups are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from valuekit.metrics.base import Kind, Score
from valuekit.metrics.names import CUSTOMER, MEANS, PREDICTED, SEGMENT
from valuekit.metrics.predictions import HORIZON_MONTHS, Forecast, Outlook
from valuekit.metrics.scoring import computed, evaluation
from valuekit.metrics.segments import SegmentMap
from valuekit.stats.rfm import Quartiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Evaluation
    from valuekit.metrics.scoring import Formulas
    from valuekit.stats.clv.histories import Array
    from valuekit.stats.customers import Customers, Members

NAME = "clv"

_NOBODY = "there are no customers"
_NO_REPEAT = "no customer came back"
_NO_VALUE = "no customer has a predicted value: where repeat purchases are not worth more than 0 there is none"


_PURCHASES = "purchases: customer, dimensions, date, value, orders, recurring"


def _catalogue() -> tuple[Score, ...]:
    """Describe the scores, in output order; x, t_x and T are Fader and Hardie's."""
    unfit = f"{_NOBODY}, or the model cannot be fitted"

    def score(name: str, kind: Kind, formula: str, null_when: str, unit: str) -> Score:
        return Score(name, kind, formula, null_when, _PURCHASES, unit)

    def mean(name: str, formula: str) -> Score:
        return score(name, Kind.HOLISTIC, f"mean over customers of {formula}", _NOBODY, "number")

    months = f"{HORIZON_MONTHS} months of 30 days, or --horizon-months"
    models = "BG/NBD (Fader, Hardie, Lee, 2005) fitted to all customers"
    return (
        score("Count", Kind.HOLISTIC, "the customers who bought", "never", "count"),
        mean("frequency", 'x: the distinct purchase dates less 1; of orders less 1 with frequency_of = "orders"'),
        mean("recency", "t_x: days from the first to the last purchase"),
        mean("tenure", "T: days from the first purchase to the end of observation"),
        mean("days_since_last", "T - t_x"),
        score(
            "monetary_value",
            Kind.HOLISTIC,
            "mean over repeat customers of the mean, over the repeat purchase dates, of what was paid that day",
            f"{_NOBODY}, or none came back",
            "money",
        ),
        score(
            "lifetime_value",
            Kind.DISTRIBUTIVE,
            "the sum of all values; of a contract also its cost per period times its periods",
            "never",
            "money",
        ),
        score("customers_count", Kind.HOLISTIC, "the customers who bought, each once", "never", "count"),
        score("unique_holdings", Kind.HOLISTIC, "the orders, each once", "never", "count"),
        mean("rfm_score", "(R + F + M)/3, the quartiles of the customer among all customers, 4 the best"),
        score(
            "expected_purchases",
            Kind.HOLISTIC,
            f"sum over customers of the purchases expected over {months}: {models}",
            unfit,
            "number",
        ),
        score(
            "p_alive",
            Kind.HOLISTIC,
            f"mean over customers of the probability of buying ever again: {models}",
            unfit,
            "probability",
        ),
        score(
            "predicted_value",
            Kind.HOLISTIC,
            f"sum over customers of purchases expected over {months} times the value expected of one, discounted "
            "monthly: Gamma-Gamma (Fader, Hardie, 2013) fitted to repeat customers with a value above 0",
            f"{unfit}, or no customer has a value",
            "money",
        ),
    )


_CATALOGUE = _catalogue()


def _tables() -> tuple[Score, ...]:
    """Describe the numbers in the tables of `valuekit clv` that are no scores of a metric."""

    def score(name: str, formula: str, unit: str, null_when: str = "never") -> Score:
        return Score(name, Kind.HOLISTIC, formula, null_when, _PURCHASES, unit)

    quartile = "1 + the number of 25, 50 and 75 % cut points of all customers that {} exceeds{}"
    unfit = "the models cannot be fitted"
    ends = tuple(
        score(f"{name}_ci_{end}", f"the {word} end of the 95 % interval of {name}: of the fits alone", unit, unfit)
        for name, unit in (("expected_purchases", "number"), ("predicted_value", "money"))
        for end, word in (("low", "lower"), ("high", "upper"))
    )
    return (
        score("r_quartile", quartile.format("days_since_last", ", reversed: 4 is the latest"), "count"),
        score("f_quartile", quartile.format("frequency", ""), "count"),
        score("m_quartile", quartile.format("monetary_value", ""), "count"),
        *ends,
        score("actual_purchases", "purchase dates after the calibration, of its customers", "count"),
        score("error", "expected_purchases/actual_purchases - 1", "change", "nobody bought, or no fit"),
        score("mean_absolute_error", "mean over customers of |actual - expected| purchases", "number", unfit),
        score("root_mean_squared_error", "sqrt(mean over customers of (actual - expected)²)", "number", unfit),
        score("actual_value", "what these purchases were worth", "money"),
        score("expected_value", "expected_purchases times the value expected of one, not discounted", "money", unfit),
    )


_TABLES = _tables()


@dataclass(frozen=True)
class Population:
    """All customers of a metric at an end of observation.

    Attributes:
        customers: one row each.
        end: the end of observation, a day as in `customers`.
        config: the metric's section.
        map: its segments.
        outlook: what is asked of the future.
    """

    customers: Customers
    end: int
    config: MetricConfig
    map: SegmentMap
    outlook: Outlook

    @cached_property
    def quartiles(self) -> Quartiles:
        """How customers rank among all of them."""
        columns = self.numbers(self.customers)
        days, frequency = columns["days_since_last"], columns["frequency"]
        return Quartiles.of(days, frequency, self.customers.monetary_value)

    @cached_property
    def segments(self) -> NDArray[np.int64]:
        """The number of each customer's segment in the map, -1 for none."""
        return self.quartiles.segments(self.map.of_code)

    @cached_property
    def forecast(self) -> Forecast:
        """The models, fitted when they are needed."""
        return Forecast(self.customers, self.end, self.outlook)

    def numbers(self, customers: Customers) -> dict[str, NDArray[np.int64]]:
        """The whole numbers of customers, one row each: of all, or of the members of groups."""
        by_orders = self.config.frequency_of == "orders"
        return {
            "frequency": customers.repeat_orders if by_orders else customers.repeat_dates,
            "recency": customers.recency,
            "tenure": customers.tenure(self.end),
            "days_since_last": customers.days_since_last(self.end),
        }

    def lifetime_value(self, customers: Customers) -> Array:
        """What they paid, with what contracts pay where these count."""
        return customers.lifetime_value(contractual=self.config.model == "contractual")

    def share(self, members: Members) -> Array:
        """How much of a customer belongs to a group: the share of the orders made there, so that sums add up."""
        everywhere = self.customers.orders[members.customer]
        return members.purchases.orders / np.maximum(everywhere, 1)


@dataclass(frozen=True)
class Clv:
    """One `[metrics.clv*]` section."""

    config: MetricConfig
    dimensions: tuple[str, ...]
    segment_map: SegmentMap

    def population(self, customers: Customers, end: int, outlook: Outlook) -> Population:
        """All customers of the metric."""
        return Population(customers, end, self.config, self.segment_map, outlook)

    def evaluate(
        self,
        population: Population,
        members: Members,
        keys: pl.DataFrame,
        wanted: Collection[str],
        predicted: Mapping[str, Array] | None = None,
    ) -> Evaluation:
        """Compute METRICS.md §7; see `CustomerMetric.evaluate`."""
        facts = _Facts(population, members, predicted or {})
        scores = computed(facts.formulas(), wanted)
        reasons = {name: facts.reasons(name) for name in scores if name not in _NEVER_NULL}
        return evaluation(keys, keys.columns, _CATALOGUE, scores, reasons)


_NEVER_NULL = ("Count", "lifetime_value", "customers_count", "unique_holdings")


@dataclass(frozen=True)
class _Facts:
    """What scores of groups are computed from."""

    population: Population
    members: Members
    predicted: Mapping[str, Array]

    def formulas(self) -> Formulas:
        """List how every score is computed."""
        members, population = self.members, self.population
        purchases = members.purchases
        numbers = population.numbers(purchases)
        return {
            ("Count", "customers_count"): lambda: (members.count, members.count),
            MEANS: lambda: [self._mean(numbers[name]) for name in MEANS],
            ("monetary_value",): lambda: (self._monetary_value(),),
            ("lifetime_value",): lambda: (members.added(population.lifetime_value(purchases)),),
            ("unique_holdings",): lambda: (members.added(purchases.orders).astype(np.int64),),
            ("rfm_score",): lambda: (self._mean(population.quartiles.score[members.customer]),),
            ("expected_purchases",): lambda: (self._sum("expected_purchases"),),
            ("p_alive",): lambda: (self._mean(population.forecast.p_alive[members.customer]),),
            ("predicted_value",): lambda: (self._sum("predicted_value"),),
        }

    def _mean(self, values: NDArray[np.int64] | Array) -> Array:
        return self._ratio(self.members.added(values), self.members.count)

    def _ratio(self, total: Array, count: NDArray[np.int64]) -> Array:
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _monetary_value(self) -> Array:
        purchases = self.members.purchases
        again = purchases.repeat_dates > 0
        count = self.members.added(again.astype(np.int64)).astype(np.int64)
        return self._ratio(self.members.added(np.where(again, purchases.monetary_value, 0.0)), count)

    def _sum(self, name: str) -> Array:
        """A sum of predictions; a customer of several groups counts in each by the share of orders made there."""
        if name in self.predicted:
            return np.where(self._with_prediction(name), self.predicted[name], np.nan)
        forecast, members = self.population.forecast, self.members
        values = (forecast.expected_purchases if name == "expected_purchases" else forecast.predicted_value)[
            members.customer
        ]
        if name == "predicted_value":
            values = np.where(forecast.unvalued[members.customer], 0.0, values)
        total = members.added(values * self.population.share(members))
        return np.where(self._with_prediction(name), total, np.nan)

    def _with_prediction(self, name: str) -> NDArray[np.bool_]:
        """Which groups have a customer who can have this prediction."""
        if name != "predicted_value":
            return self.members.count > 0
        able = ~self.population.forecast.unvalued[self.members.customer]
        found: NDArray[np.bool_] = np.bincount(self.members.group[able], minlength=self.members.size) > 0
        return found

    def reasons(self, name: str) -> pl.Series:
        """Why groups lack a score, null where they have one."""
        import polars as pl

        size, count = self.members.size, self.members.count
        empty = pl.select(pl.when(pl.Series(count == 0)).then(pl.lit(_NOBODY))).to_series()
        other: str | None = None
        if name == "monetary_value":
            other = _NO_REPEAT
        elif name in PREDICTED:
            other = self.population.forecast.why_not(name) if self.population.customers.size else None
            if other is None and name == "predicted_value":
                missing = pl.Series(~self._with_prediction(name))
                unvalued = pl.select(pl.when(missing).then(pl.lit(_NO_VALUE)).otherwise(pl.lit(self._unbounded)))
                return _first(empty, unvalued.to_series(), self._missing(name))
        rest = pl.Series([other], dtype=pl.String).new_from_index(0, size)
        return _first(empty, rest, self._missing(name))

    _unbounded = "the Gamma-Gamma model expects no finite value of customers who came back too seldom (p·x + q ≤ 1)"

    def _missing(self, name: str) -> NDArray[np.bool_]:
        """Which groups lack the score."""
        if name == "monetary_value":
            return np.isnan(self._monetary_value())
        if name in ("expected_purchases", "predicted_value"):
            return np.isnan(self._sum(name))
        if name == "p_alive":
            return np.isnan(self._mean(self.population.forecast.p_alive[self.members.customer]))
        missing: NDArray[np.bool_] = self.members.count == 0
        return missing


def _first(empty: pl.Series, other: pl.Series, missing: NDArray[np.bool_]) -> pl.Series:
    """The first reason there is, where the score is missing."""
    import polars as pl

    return pl.select(pl.when(pl.Series(missing)).then(pl.coalesce(empty, other))).to_series()


@dataclass(frozen=True)
class ClvFamily:
    """Metrics whose name starts with `clv`."""

    name: str = NAME
    catalogue: Sequence[Score] = _CATALOGUE

    @property
    def columns(self) -> Sequence[str]:
        """The columns of scores, of customers and of predictions."""
        return (*(score.name for score in (*self.catalogue, *_TABLES)), CUSTOMER, SEGMENT)

    def score(self, name: str) -> Score | None:
        """The score of a name, or the number of that name in the tables of `valuekit clv`."""
        return next((score for score in (*self.catalogue, *_TABLES) if score.name == name), None)

    def declare(self, config: MetricConfig, dimensions: Sequence[str]) -> Clv:
        """Turn a config section into a metric."""
        return Clv(config, tuple(dimensions), SegmentMap.of(config))
