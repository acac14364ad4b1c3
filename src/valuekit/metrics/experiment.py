"""Experiments: whether the arms differ, each arm against control, and by how much.

Owns the family `experiment`. Never decides who is control, and never counts anything itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuekit.metrics.base import Kind, Labels, Listed, Score
from valuekit.metrics.dimensions import cell_dimensions, refuse_clashes
from valuekit.metrics.names import ARM, CONTROL_ARM, EXPERIMENT
from valuekit.metrics.scoring import computed, evaluation, said, whole
from valuekit.metrics.trials import Design, lacking, lacking_both, lacking_control
from valuekit.states.counts import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import polars as pl

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Evaluation, Holistic
    from valuekit.metrics.scoring import Formulas
    from valuekit.states.base import State
    from valuekit.states.plan import Sum
    from valuekit.stats.proportions import Array, Counts

_CHI2 = ("chi2_stat", "chi2_dof", "chi2_p_val")
_G = ("g_stat", "g_dof", "g_p_val")
_Z = ("z_score", "z_p_val")
_ODDS = ("chi2_odds_ratio_stat", "g_odds_ratio_stat")
_ODDS_INTERVAL = tuple(f"{test}_odds_ratio_{end}" for test in ("chi2", "g") for end in ("ci_low", "ci_high"))
_LIFT_INTERVAL = ("Lift_CI_Low", "Lift_CI_High")

_NO_TEST = "the row is in no arm, or fewer than two arms have offers, or all offers are positive, or all are negative"
_ALONE = "the row is in no arm, or this is the control arm"
_NO_PAIR = f"{_ALONE}, or one of the two arms has no offers, or both have positives only or negatives only"
_NO_ODDS = f"{_ALONE}, or one of the two arms has no positive or no negative"
_NO_FISHER = f"every expected count is at least 5, or {_NO_PAIR}"
_NO_LIFT = f"{_ALONE}, or one of the two arms has no offers, or the control arm has no positive"
_NO_LIFT_INTERVAL = f"{_ALONE}, or one of the two arms has no positive"


def _catalogue() -> tuple[Score, ...]:
    """Describe the scores, in output order."""

    def score(name: str, formula: str, null_when: str, unit: str, stored: str = "Positives, Negatives") -> Score:
        return Score(name, Kind.DISTRIBUTIVE, formula, null_when, stored, unit)

    def tested(names: Sequence[str], formula: str) -> tuple[Score, ...]:
        statistic, dof, p_value = names
        return (
            score(statistic, formula, _NO_TEST, "ratio"),
            score(
                dof, f"degrees of freedom of {statistic}: the number of arms with offers, less one", _NO_TEST, "ratio"
            ),
            score(p_value, f"P(X ≥ {statistic}), X chi-square distributed with {dof}", _NO_TEST, "probability"),
        )

    def odds(test: str) -> tuple[Score, ...]:
        formula = "(P_arm·N_control)/(N_arm·P_control)"
        interval = "exp(ln OR ± 1.959964·sqrt(1/P_arm + 1/N_arm + 1/P_control + 1/N_control)) (Woolf, 1955), the {} end"
        return (
            score(f"{test}_odds_ratio_stat", f"{formula}, an arm against control", _NO_ODDS, "ratio"),
            score(f"{test}_odds_ratio_ci_low", interval.format("lower"), _NO_ODDS, "ratio"),
            score(f"{test}_odds_ratio_ci_high", interval.format("upper"), _NO_ODDS, "ratio"),
        )

    lift = (
        "exp(ln(p_arm/p_control) ± 1.959964·sqrt(1/P - 1/n of the arm + 1/P - 1/n of control)) - 1 (Katz et al., 1978)"
    )
    return (
        score("Count", "n = P + N, the offers counted of an arm", "never", "count"),
        score("Positives", "P, offers with a positive outcome", "never", "count", "Positives"),
        score("Negatives", "N, offers with a negative outcome and no positive one", "never", "count", "Negatives"),
        *tested(_CHI2, "sum over all arms with offers of (O - E)²/E, without Yates' correction (Pearson, 1900)"),
        *tested(_G, "2·Σ O·ln(O/E) over all arms with offers, the likelihood ratio (Sokal and Rohlf, 1995)"),
        score("z_score", "(p_arm - p_control)/sqrt(p(1 - p)(1/n_arm + 1/n_control)), p of both arms", _NO_PAIR, "z"),
        score("z_p_val", "2·Φ(-|z|) of z_score: two-sided", _NO_PAIR, "probability"),
        *odds("chi2"),
        *odds("g"),
        score("fisher_p_val", "Fisher's exact test of an arm against control, two-sided", _NO_FISHER, "probability"),
        score("cramers_v", "sqrt(chi2_stat/n), n the offers of all arms (Cramér, 1946)", _NO_TEST, "ratio"),
        score("CTR", "p = P/n", "there are no offers (n = 0)", "rate"),
        score("Lift", "p_arm/p_control - 1", _NO_LIFT, "change"),
        score("Lift_CI_Low", f"{lift}, the lower end", _NO_LIFT_INTERVAL, "change"),
        score("Lift_CI_High", f"{lift}, the upper end", _NO_LIFT_INTERVAL, "change"),
    )


_CATALOGUE = _catalogue()


@dataclass(frozen=True)
class Experiment:
    """One `[metrics.experiment*]` section, ready to be built and scored."""

    config: MetricConfig
    labels: Labels
    dimensions: tuple[str, ...]
    design: Design

    sums: tuple[Sum, ...] = ()
    row_keys: tuple[str, ...] = (EXPERIMENT, ARM)
    states: tuple[State, ...] = (Count("Positives", "_positive"), Count("Negatives", "NOT _positive"))
    exact: tuple[State, ...] = ()
    holistic: tuple[Holistic, ...] = ()

    @property
    def always_by(self) -> tuple[str, ...]:
        """The columns of the experiment and of its arms."""
        return self.design.name, self.design.group

    def needs(self, wanted: Collection[str]) -> tuple[State, ...]:  # noqa: ARG002  # two counts serve every score
        """Both counts, whatever is wanted."""
        return self.states

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Collection[str]) -> Evaluation:
        """Compute METRICS.md §4: every arm against control, and all arms of a group together.

        The rows are sorted by the dimensions of `by`, the experiment and the arm, missing ones first; `control_group`
        follows the row keys.
        """
        design = self.design
        rows = merged.sort(list(dict.fromkeys((*by, *self.always_by))), maintain_order=True)
        trials = design.trials(rows, by)
        keys = {EXPERIMENT: rows[design.name], ARM: rows[design.group], CONTROL_ARM: trials["control"]}
        dimensions = (rows[name] for name in by if name not in keys)
        named = rows.select(*dimensions, *(series.alias(name) for name, series in keys.items()))
        reasons = said(trials, _reasons(design), wanted)
        return evaluation(named, named.columns, _CATALOGUE, computed(_formulas(trials), wanted), reasons)


@dataclass(frozen=True)
class ExperimentFamily(Listed):
    """Metrics whose name starts with `experiment`."""

    name: str = "experiment"
    catalogue: Sequence[Score] = _CATALOGUE

    def declare(
        self,
        config: MetricConfig,
        global_filters: Sequence[str],
        types: Callable[[str], str],  # noqa: ARG002  # counts have one type
    ) -> Experiment:
        """Turn a config section into a metric.

        Raises:
            ConfigError: a dimension is called `control_group`, as the column that names the control arm; or one column
                would name both the experiment and its arms.
        """
        design = Design.of(config)
        dimensions = cell_dimensions((*config.group_by, design.name, design.group), global_filters)
        refuse_clashes(config.name, dimensions, (CONTROL_ARM,))
        return Experiment(config, Labels(config.positive, config.negative), dimensions, design)


def _formulas(trials: pl.DataFrame) -> Formulas:
    """List how every score is computed, row by row."""
    from valuekit.stats import contingency, proportions

    in_arm, is_control = (trials[name].to_numpy() for name in ("in_arm", "is_control"))
    trial, size = trials["trial"].to_numpy(), trials.height
    arm, control = (_counts(trials, suffix) for suffix in ("", "_Control"))
    tables = contingency.Tables(
        proportions.Counts(arm.positives[in_arm], arm.negatives[in_arm]), trial[in_arm].astype(np.int64), size
    )

    def whole_trial(*values: Array) -> list[Array]:
        return [np.where(in_arm, value[trial], np.nan) for value in values]

    def compared(*values: Array) -> list[Array]:
        return [np.where(in_arm & ~is_control, value, np.nan) for value in values]

    return {
        ("Count", "Positives", "Negatives"): lambda: [
            whole(trials, name) for name in ("Count", "Positives", "Negatives")
        ],
        _CHI2: lambda: whole_trial(*contingency.pearson(tables)),
        _G: lambda: whole_trial(*contingency.g_test(tables)),
        _Z: lambda: compared(*proportions.two_proportion_z(arm, control)),
        _ODDS: lambda: 2 * compared(contingency.odds_ratio(arm, control)),
        _ODDS_INTERVAL: lambda: 2 * compared(*contingency.odds_ratio_interval(arm, control)),
        ("fisher_p_val",): lambda: compared(contingency.fisher_exact(arm, control)),
        ("cramers_v",): lambda: whole_trial(contingency.cramers_v(tables)),
        ("CTR",): lambda: (proportions.rate(arm),),
        ("Lift",): lambda: compared(proportions.lift(arm, control)),
        _LIFT_INTERVAL: lambda: compared(*proportions.lift_interval(arm, control)),
    }


def _counts(trials: pl.DataFrame, suffix: str) -> Counts:
    from valuekit.stats.proportions import Counts

    return Counts(
        whole(trials, f"Positives{suffix}").astype(np.float64), whole(trials, f"Negatives{suffix}").astype(np.float64)
    )


def _reasons(design: Design) -> Mapping[str, pl.Expr]:
    """Say why a score has no value, over the columns of `Design.trials`: a text, null where it has one."""
    import polars as pl

    no_pair = design.no_pair()
    no_z = pl.coalesce(no_pair, lacking_both("no positive", "Positives"), lacking_both("no negative", "Negatives"))
    no_odds = pl.coalesce(no_pair, lacking("no positive", "Positives"), lacking("no negative", "Negatives"))
    return {
        **dict.fromkeys((*_CHI2, *_G, "cramers_v"), design.no_test()),
        **dict.fromkeys(_Z, no_z),
        **dict.fromkeys((*_ODDS, *_ODDS_INTERVAL), no_odds),
        "fisher_p_val": pl.coalesce(no_z, _large_enough()),
        "CTR": pl.when(pl.col("Count") == 0).then(pl.lit("no offers")),
        "Lift": pl.coalesce(no_pair, lacking_control("no positive", "Positives")),
        **dict.fromkeys(_LIFT_INTERVAL, pl.coalesce(no_pair, lacking("no positive", "Positives"))),
    }


def _large_enough() -> pl.Expr:
    """Say that no expected count of an arm and its control is below 5, so that Fisher's test is not needed."""
    import polars as pl

    positives, negatives, offers = (
        (pl.col(name) + pl.col(f"{name}_Control")).cast(pl.Float64) for name in ("Positives", "Negatives", "Count")
    )
    fewest = pl.min_horizontal("Count", "Count_Control") * pl.min_horizontal(positives, negatives)
    text = pl.format("every expected count of arms {} and {} is at least 5", "arm", "control")
    return pl.when(fewest >= 5 * offers).then(text)
