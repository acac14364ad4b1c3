"""A rate of positive offers, with its interval and its lift between two arms.

Owns what engagement and conversion have in common: the states, the scores, and the reasons why a score has no value.
Never knows what the rate is called: the family says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.base import Kind, Score
from valuekit.states.counts import Count

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.metrics.arms import Arms
    from valuekit.stats.proportions import Array, Counts

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


def compute(merged: pl.DataFrame, rate: str) -> list[pl.Series]:
    """Compute every score of the catalogue, row by row.

    Args:
        merged: holds the stored columns of `states`; a null count, as of a group without cells, is 0.
        rate: the name of the rate's score.

    Returns:
        One series a score, in the catalogue's order: counts as Int64, all others as Float64 without NaN or infinity.
    """
    import polars as pl

    from valuekit.stats import proportions as formulas

    counted = merged.select(pl.col("Positives", "Negatives").fill_null(0).cast(pl.Int64))
    positives, negatives = counted.get_columns()
    everyone, test, control = (_counts(merged, suffix) for suffix in ("", "_Test", "_Control"))
    interval = formulas.wilson_interval(everyone)
    lift_interval = formulas.lift_interval(test, control)
    z_test = formulas.two_proportion_z(test, control)
    return [
        (positives + negatives).alias("Count"),
        positives,
        negatives,
        _series(rate, formulas.rate(everyone)),
        _series("StdErr", formulas.standard_error(everyone)),
        _series(f"{rate}_CI_Low", interval.low),
        _series(f"{rate}_CI_High", interval.high),
        _series("Lift", formulas.lift(test, control)),
        _series("Lift_CI_Low", lift_interval.low),
        _series("Lift_CI_High", lift_interval.high),
        _series("Lift_Z_Score", z_test.z),
        _series("Lift_P_Val", z_test.p_value),
    ]


def reasons(merged: pl.DataFrame, rate: str, arms: Arms) -> Mapping[str, pl.Series]:
    """Say why a score has no value: a text for each row that lacks it, null for each that has it.

    Args:
        merged: as for `compute`.
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
    why = {
        **dict.fromkeys((rate, "StdErr", f"{rate}_CI_Low", f"{rate}_CI_High"), nobody),
        "Lift": no_lift,
        **dict.fromkeys(("Lift_CI_Low", "Lift_CI_High"), no_interval),
        **dict.fromkeys(("Lift_Z_Score", "Lift_P_Val"), no_test),
    }
    return merged.select(reason.alias(name) for name, reason in why.items()).to_dict()


def _counts(merged: pl.DataFrame, suffix: str) -> Counts:
    """Take the counts of all offers (no suffix) or of one arm."""
    from valuekit.stats.proportions import Counts

    return Counts(_array(merged, f"Positives{suffix}"), _array(merged, f"Negatives{suffix}"))


def _array(merged: pl.DataFrame, column: str) -> Array:
    """One stored count as floats, 0 where null."""
    import polars as pl

    return merged.get_column(column).fill_null(0).cast(pl.Float64).to_numpy()


def _series(name: str, values: Array) -> pl.Series:
    """A score, with null for undefined."""
    import polars as pl

    return pl.Series(name, values, dtype=pl.Float64).fill_nan(None)
