"""Conversion: how many offers became a purchase, what they earned, and how much more than in control.

Owns the family `conversion`. Never adds up revenue itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from valuekit.metrics import rates
from valuekit.metrics.arms import Arms
from valuekit.metrics.base import Kind, Labels, Listed, Score
from valuekit.metrics.dimensions import cell_dimensions
from valuekit.metrics.names import HOLISTIC
from valuekit.metrics.scoring import computed, evaluation, needed, number, said, whole
from valuekit.states.counts import Total
from valuekit.states.moments import Moments
from valuekit.states.plan import Sum

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Evaluation, Holistic
    from valuekit.metrics.scoring import Formulas
    from valuekit.states.base import State
    from valuekit.stats.means import Sample

_RATE = "ConversionRate"
_INCREMENTAL = ("IncrementalRevenue", "IncrementalRevenue_CI_Low", "IncrementalRevenue_CI_High")
_FEW = "fewer than two offers"
_NO_EVENT = "no conversion event"

_REVENUE = Sum("_revenue", '"Revenue"', frozenset({"Revenue"}), "DOUBLE")
_TOUCHPOINTS = Sum(
    "_touchpoints",
    """CASE WHEN "ConversionEventID" IS NOT NULL THEN 1 ELSE 0 END""",
    frozenset({"ConversionEventID"}),
    "BIGINT",
)
_EARNED = '"_revenue"'


def _revenue_scores() -> tuple[Score, ...]:
    """Describe the scores that are no rates, in output order."""
    arms = ", ".join(f"Revenue_{arm}_{moment}" for arm in ("Test", "Control") for moment in ("n", "mean", "m2"))
    difference = "(v_T - v_C)·n_T, v = RevenuePerOffer: what the test arm earned over control's rate"
    interval = "(v_T - v_C)·n_T ± 1.959964·n_T·sqrt(s²_T/n_T + s²_C/n_C) (Welch, 1938), the {} end"
    purchases = "the sum of Revenue over all positive rows of the offers counted"
    mean = "v, the mean over all offers counted of the offer's revenue, 0 for a negative offer"
    error = "sqrt(s²/n), s² the variance of the offers' revenue with ddof 1"
    average = "Touchpoints / distinct (CustomerID, ConversionEventID), over positive rows with a ConversionEventID"
    nobody, two, few = "there are no offers (n = 0)", "there are fewer than two offers", f"an arm has {_FEW}"

    def algebraic(name: str, formula: str, null_when: str, stored: str) -> Score:
        return Score(name, Kind.ALGEBRAIC, formula, null_when, stored, "money")

    return (
        Score("Revenue", Kind.DISTRIBUTIVE, purchases, "never", "Revenue_All_sum", "money"),
        algebraic("RevenuePerOffer", mean, nobody, "Revenue_All_n, Revenue_All_mean"),
        algebraic("RevenuePerOffer_StdErr", error, two, "Revenue_All_n, Revenue_All_m2"),
        algebraic(_INCREMENTAL[0], difference, few, arms),
        algebraic(_INCREMENTAL[1], interval.format("lower"), few, arms),
        algebraic(_INCREMENTAL[2], interval.format("upper"), few, arms),
        Score(
            "Touchpoints",
            Kind.DISTRIBUTIVE,
            "positive rows with a ConversionEventID, of the offers counted",
            "never",
            "Touchpoints",
            "count",
        ),
        Score("AvgTouchpoints", Kind.HOLISTIC, average, "there is no conversion event", "the facts", "ratio"),
    )


_CATALOGUE = (*rates.catalogue(_RATE), *_revenue_scores())


@dataclass(frozen=True)
class AverageTouchpoints:
    """Touchpoints per conversion event of a customer."""

    scores: tuple[str, ...] = tuple(HOLISTIC["conversion"])
    source: Literal["offers", "positive rows"] = "positive rows"
    reads: tuple[str, ...] = HOLISTIC["conversion"]["AvgTouchpoints"]

    def compute(
        self, gids: NDArray[np.int64], size: int, columns: Sequence[NDArray[np.int64]]
    ) -> Mapping[str, NDArray[np.float64]]:
        """Compute AvgTouchpoints of METRICS.md §3; a missing customer is one customer."""
        from valuekit.stats.distinct import distinct

        customers, events = columns
        there = events != -1
        gids = gids[there]
        touchpoints = np.bincount(gids, minlength=size)
        conversions = distinct(gids, size, (customers[there], events[there]))
        average = np.full(size, np.nan)
        np.divide(touchpoints, conversions, out=average, where=conversions > 0)
        return {self.scores[0]: average}

    def reason(self, score: str) -> str:  # noqa: ARG002  # there is one score
        """Say why there is none."""
        return _NO_EVENT

    def left_out(self, columns: Sequence[NDArray[np.int64]]) -> None:
        """All events count, whoever had them."""


@dataclass(frozen=True)
class Conversion:
    """One `[metrics.conversion*]` section, ready to be built and scored."""

    config: MetricConfig
    labels: Labels
    dimensions: tuple[str, ...]
    arms: Arms
    sums: tuple[Sum, ...] = (_REVENUE, _TOUCHPOINTS)
    always_by: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = ()
    exact: tuple[State, ...] = ()
    holistic: tuple[Holistic, ...] = (AverageTouchpoints(),)

    @property
    def states(self) -> tuple[State, ...]:
        """Positives and negatives and the moments of revenue, of all offers and of each arm; and touchpoints."""
        of_arms = (
            Moments(f"Revenue_{arm}", f"CASE WHEN {member} THEN {_EARNED} END", frozenset({self.arms.column}))
            for arm, member in self.arms.conditions.items()
        )
        everyone = Moments("Revenue_All", _EARNED, frozenset())
        return (*rates.states(self.arms), everyone, *of_arms, Total("Touchpoints", '"_touchpoints"'))

    def needs(self, wanted: Collection[str]) -> tuple[State, ...]:
        """The counts and moments that these scores are computed from."""
        return needed(self.states, _CATALOGUE, wanted)

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Collection[str]) -> Evaluation:
        """Compute METRICS.md §3."""
        scores = computed({**rates.formulas(merged, _RATE), **_formulas(merged)}, wanted)
        reasons = {**rates.reasons(_RATE, self.arms), **_reasons(self.arms)}
        return evaluation(merged, by, _CATALOGUE, scores, said(merged, reasons, wanted))


@dataclass(frozen=True)
class ConversionFamily(Listed):
    """Metrics whose name starts with `conversion`."""

    name: str = "conversion"
    catalogue: Sequence[Score] = _CATALOGUE

    def declare(
        self,
        config: MetricConfig,
        global_filters: Sequence[str],
        types: Callable[[str], str],  # noqa: ARG002  # a sum has its own type
    ) -> Conversion:
        """Turn a config section into a metric."""
        return Conversion(
            config,
            Labels(config.positive, config.negative),
            cell_dimensions(config.group_by, global_filters),
            Arms.of(config),
        )


def _formulas(merged: pl.DataFrame) -> Formulas:
    """List how the scores that are no rates are computed."""
    from valuekit.stats import means

    @cache
    def sample(of: str) -> Sample:
        moments = (number(merged, f"Revenue_{of}_{moment}") for moment in ("mean", "m2"))
        return means.Sample(whole(merged, f"Revenue_{of}_n").astype(float), *moments)

    return {
        ("Revenue",): lambda: (merged.get_column("Revenue_All_sum").fill_null(0.0).to_numpy(),),
        ("RevenuePerOffer",): lambda: (means.mean(sample("All")),),
        ("RevenuePerOffer_StdErr",): lambda: (means.standard_error(sample("All")),),
        _INCREMENTAL: lambda: means.incremental_total(sample("Test"), sample("Control")),
        ("Touchpoints",): lambda: (whole(merged, "Touchpoints"),),
    }


def _reasons(arms: Arms) -> Mapping[str, pl.Expr]:
    """Say why a score that is no rate has no value, over the stored columns."""
    import polars as pl

    def offers(of: str) -> pl.Expr:
        return pl.col(f"Revenue_{of}_n").fill_null(0)

    few = arms.lacking(_FEW, test=offers("Test") < 2, control=offers("Control") < 2)
    return {
        "RevenuePerOffer": pl.when(offers("All") == 0).then(pl.lit("no offers")),
        "RevenuePerOffer_StdErr": pl.when(offers("All") == 0)
        .then(pl.lit("no offers"))
        .when(offers("All") == 1)
        .then(pl.lit(_FEW)),
        **dict.fromkeys(_INCREMENTAL, few),
    }
