"""A rate of positive offers, with its interval and its lift between two arms.

Owns what engagement and conversion have in common: the states, the scores, and the reasons why a score has no value.
Never knows what the rate is called: the family says so.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from valuekit.metrics.base import Kind, Score
from valuekit.metrics.scoring import whole
from valuekit.states.counts import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.metrics.arms import Arms
    from valuekit.metrics.scoring import Formulas
    from valuekit.stats.proportions import Counts

_ALL = "Positives, Negatives"
_BY_ARM = "Positives_Test, Negatives_Test, Positives_Control, Negatives_Control"
_NEVER = "never"
_NO_OFFERS = "there are no offers (n = 0)"
_NO_LIFT = "an arm has no offers, or the control arm has no positive"
_NO_LIFT_INTERVAL = "an arm has no offers, or no positive"
_NO_TEST = "an arm has no offers, or all offers of both arms are positive, or all are negative"
_LIFT_INTERVAL = "exp(ln(p_T/p_C) ± 1.959964·sqrt(1/P_T - 1/n_T + 1/P_C - 1/n_C)) - 1 (Katz et al., 1978), the {} end"


def states(arms: Arms) -> tuple[Count, ...]:
    """List what is counted: positives and negatives, of all offers and of each arm."""
    return (Count("Positives", "_positive"), Count("Negatives", "NOT _positive"), *arms.states)


def catalogue(rate: str) -> tuple[Score, ...]:
    """Describe the scores of a rate, in output order.

    Args:
        rate: the name of the rate's score, for example CTR.
    """

    def score(name: str, formula: str, null_when: str, stored: str, unit: str) -> Score:
        return Score(name, Kind.DISTRIBUTIVE, formula, null_when, stored, unit)

    wilson = f"Wilson's 95 % score interval of {rate} (Wilson, 1927), the {{}} end"
    return (
        score("Count", "n = P + N, the offers counted", _NEVER, _ALL, "count"),
        score("Positives", "P, offers with a positive outcome", _NEVER, "Positives", "count"),
        score("Negatives", "N, offers with a negative outcome and no positive one", _NEVER, "Negatives", "count"),
        score(rate, "p = P/n", _NO_OFFERS, _ALL, "rate"),
        score("StdErr", "sqrt(p(1 - p)/n)", _NO_OFFERS, _ALL, "rate"),
        score(f"{rate}_CI_Low", wilson.format("lower"), _NO_OFFERS, _ALL, "rate"),
        score(f"{rate}_CI_High", wilson.format("upper"), _NO_OFFERS, _ALL, "rate"),
        score("Lift", "p_T/p_C - 1, the test arm against control", _NO_LIFT, _BY_ARM, "change"),
        score("Lift_CI_Low", _LIFT_INTERVAL.format("lower"), _NO_LIFT_INTERVAL, _BY_ARM, "change"),
        score("Lift_CI_High", _LIFT_INTERVAL.format("upper"), _NO_LIFT_INTERVAL, _BY_ARM, "change"),
        score(
            "Lift_Z_Score",
            "(p_T - p_C)/sqrt(p(1 - p)(1/n_T + 1/n_C)), p the rate of both arms together, n = P + N in each",
            _NO_TEST,
            _BY_ARM,
            "z",
        ),
        score("Lift_P_Val", "2·Φ(-|z|) of Lift_Z_Score: two-sided", _NO_TEST, _BY_ARM, "probability"),
    )


def formulas(merged: pl.DataFrame, rate: str) -> Formulas:
    """List how every score of the catalogue is computed, row by row.

    Args:
        merged: holds the stored columns that the scores wanted need; a null count is 0.
        rate: the name of the rate's score.
    """
    from valuekit.stats import proportions

    @cache
    def counts(arm: str) -> Counts:
        return proportions.Counts(
            whole(merged, f"Positives{arm}").astype(float), whole(merged, f"Negatives{arm}").astype(float)
        )

    def arms() -> tuple[Counts, Counts]:
        return counts("_Test"), counts("_Control")

    return {
        ("Count",): lambda: (whole(merged, "Positives") + whole(merged, "Negatives"),),
        ("Positives",): lambda: (whole(merged, "Positives"),),
        ("Negatives",): lambda: (whole(merged, "Negatives"),),
        (rate,): lambda: (proportions.rate(counts("")),),
        ("StdErr",): lambda: (proportions.standard_error(counts("")),),
        (f"{rate}_CI_Low", f"{rate}_CI_High"): lambda: proportions.wilson_interval(counts("")),
        ("Lift",): lambda: (proportions.lift(*arms()),),
        ("Lift_CI_Low", "Lift_CI_High"): lambda: proportions.lift_interval(*arms()),
        ("Lift_Z_Score", "Lift_P_Val"): lambda: proportions.two_proportion_z(*arms()),
    }


def reasons(rate: str, arms: Arms) -> Mapping[str, pl.Expr]:
    """Say why a score has no value, over the stored columns: a text for each row that lacks it, else null.

    Args:
        rate: the name of the rate's score.
        arms: names the arms in the texts.
    """
    import polars as pl

    def count(name: str) -> pl.Expr:
        return pl.col(name).fill_null(0)

    def offers(suffix: str) -> pl.Expr:
        return count(f"Positives{suffix}") + count(f"Negatives{suffix}")

    def lacks(outcome: str) -> dict[str, pl.Expr]:
        return {"test": count(f"{outcome}_Test") == 0, "control": count(f"{outcome}_Control") == 0}

    nobody = pl.when(offers("") == 0).then(pl.lit("no offers"))
    empty = arms.lacking("no offers", test=offers("_Test") == 0, control=offers("_Control") == 0)
    without = {outcome: lacks(outcome) for outcome in ("Positives", "Negatives")}
    never, always = (
        arms.lacking(text, test=both, control=both)
        for text, both in (
            ("no positive", without["Positives"]["test"] & without["Positives"]["control"]),
            ("no negative", without["Negatives"]["test"] & without["Negatives"]["control"]),
        )
    )
    no_lift = pl.coalesce(
        empty, arms.lacking("no positive", test=pl.lit(value=False), control=without["Positives"]["control"])
    )
    no_interval = pl.coalesce(empty, arms.lacking("no positive", **without["Positives"]))
    no_test = pl.coalesce(empty, never, always)
    return {
        **dict.fromkeys((rate, "StdErr", f"{rate}_CI_Low", f"{rate}_CI_High"), nobody),
        "Lift": no_lift,
        **dict.fromkeys(("Lift_CI_Low", "Lift_CI_High"), no_interval),
        **dict.fromkeys(("Lift_Z_Score", "Lift_P_Val"), no_test),
    }
