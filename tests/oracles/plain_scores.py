"""Every score from offers or values, by SciPy, scikit-learn, NumPy or a loop; None where it has no value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import stats
from scipy.stats.contingency import association, odds_ratio
from sklearn.metrics import average_precision_score, roc_auc_score

from oracles.score_comparison import Bowley, Near, Ranked

if TYPE_CHECKING:
    from oracles.plain_law import Offer, Row

Scores = dict[str, Any]
Z = 1.959963984540054
SMALL = 250
"""So many distinct values are never compressed at the default compression."""


def rates(offers: Sequence[Offer], rate: str) -> Scores:
    arms = [[offer for offer in offers if offer.row["ModelControlGroup"] == arm] for arm in ("Test", "Control")]
    n, positives = len(offers), sum(offer.positive for offer in offers)
    scores: Scores = {"Count": n, "Positives": positives, "Negatives": n - positives}
    scores |= dict.fromkeys((rate, "StdErr", f"{rate}_CI_Low", f"{rate}_CI_High"))
    if n:
        interval = stats.binomtest(positives, n).proportion_ci(method="wilson")
        p = positives / n
        scores |= {rate: p, "StdErr": math.sqrt(p * (1 - p) / n)}
        scores |= {f"{rate}_CI_Low": interval.low, f"{rate}_CI_High": interval.high}
    (p_test, n_test), (p_control, n_control) = ((sum(offer.positive for offer in arm), len(arm)) for arm in arms)
    return scores | _against((p_test, n_test), (p_control, n_control), "Lift_Z_Score", "Lift_P_Val")


def _against(arm: tuple[int, int], control: tuple[int, int], z: str, p_value: str) -> Scores:
    """An arm against control, both as positives and offers: lift and z."""
    (p1, n1), (p0, n0) = arm, control
    scores: Scores = dict.fromkeys(("Lift", "Lift_CI_Low", "Lift_CI_High", z, p_value))
    if n1 and p0:
        scores["Lift"] = (p1 / n1) / (p0 / n0) - 1
    if p1 and p0:
        risk = stats.contingency.relative_risk(p1, n1, p0, n0).confidence_interval(0.95)
        scores |= {"Lift_CI_Low": risk.low - 1, "Lift_CI_High": risk.high - 1}
    if n1 and n0 and 0 < p1 + p0 < n1 + n0:
        found = stats.chi2_contingency([[p1, n1 - p1], [p0, n0 - p0]], correction=False)
        scores[z] = Near(math.copysign(math.sqrt(found.statistic), p1 * n0 - p0 * n1), 1e-9, 1e-9)
        scores[p_value] = Near(found.pvalue, 1e-7, 1e-9)
    return scores


def conversion(offers: Sequence[Offer]) -> Scores:
    rows = [row for offer in offers for row in offer.positives]
    touches = [(row["CustomerID"], row["ConversionEventID"]) for row in rows if row["ConversionEventID"] is not None]
    earned = {arm: _earned(offers, arm) for arm in ("Test", "Control", None)}
    everyone, test, control = earned[None], earned["Test"], earned["Control"]
    scores = rates(offers, "ConversionRate") | {
        "Revenue": math.fsum(everyone),
        "RevenuePerOffer": np.mean(everyone) if everyone else None,
        "RevenuePerOffer_StdErr": stats.sem(everyone) if len(everyone) > 1 else None,
        **dict.fromkeys(("IncrementalRevenue", "IncrementalRevenue_CI_Low", "IncrementalRevenue_CI_High")),
        "Touchpoints": len(touches),
        "AvgTouchpoints": len(touches) / len(set(touches)) if touches else None,
    }
    if len(test) > 1 and len(control) > 1:
        difference = float(np.mean(test) - np.mean(control)) * len(test)
        half = Z * len(test) * math.hypot(stats.sem(test), stats.sem(control))
        near = 1e-9 * len(test) * float(abs(np.mean(test)) + abs(np.mean(control)) + half)
        scores["IncrementalRevenue"] = Near(difference, 1e-9, near)
        scores["IncrementalRevenue_CI_Low"] = Near(difference - half, 1e-9, near)
        scores["IncrementalRevenue_CI_High"] = Near(difference + half, 1e-9, near)
    return scores


def _earned(offers: Sequence[Offer], arm: str | None) -> list[float]:
    mine = [offer for offer in offers if arm is None or offer.row["ModelControlGroup"] == arm]
    return [math.fsum(row["Revenue"] or 0 for row in offer.positives) for offer in mine]


def experiment(
    arms: Mapping[str | None, tuple[int, int]], control: str | None, *, named: bool
) -> dict[str | None, Scores]:
    """The scores of every arm of one experiment in one group.

    Args:
        arms: positives and negatives by arm; None for offers without one.
        control: the control arm.
        named: whether these offers have an experiment at all.
    """
    table = [[p, n] for arm, (p, n) in arms.items() if arm is not None and named]
    whole = _whole_table(table)
    found = {}
    for arm, (p, n) in arms.items():
        belongs = named and arm is not None
        scores: Scores = {"Count": p + n, "Positives": p, "Negatives": n, "CTR": p / (p + n)}
        scores |= whole if belongs else dict.fromkeys(whole)
        p0, n0 = arms.get(control, (0, 0)) if belongs and arm != control else (0, 0)
        found[arm] = scores | _pair(p, n, p0, n0)
    return found


def _whole_table(table: list[list[int]]) -> Scores:
    tests: dict[str, Literal["pearson", "log-likelihood"]] = {"chi2": "pearson", "g": "log-likelihood"}
    scores: Scores = dict.fromkeys(f"{test}_{part}" for test in tests for part in ("stat", "dof", "p_val"))
    scores["cramers_v"] = None
    columns = np.array(table).reshape(-1, 2).sum(axis=0)
    if len(table) < 2 or not columns.all():
        return scores
    for test, statistic in tests.items():
        found = stats.chi2_contingency(table, correction=False, lambda_=statistic)
        scores[f"{test}_stat"] = Near(found.statistic, 1e-9, 1e-9)
        scores |= {f"{test}_dof": found.dof, f"{test}_p_val": Near(found.pvalue, 1e-7, 1e-9)}
    return scores | {"cramers_v": Near(association(table, method="cramer"), 1e-9, 1e-9)}


def _pair(p1: int, n1: int, p0: int, n0: int) -> Scores:
    scores = _against((p1, p1 + n1), (p0, p0 + n0), "z_score", "z_p_val")
    ends = ("odds_ratio_stat", "odds_ratio_ci_low", "odds_ratio_ci_high")
    scores |= dict.fromkeys(f"{test}_{end}" for test in ("chi2", "g") for end in ends) | {"fisher_p_val": None}
    if not p0 + n0:
        return scores | dict.fromkeys(("Lift", "z_score", "z_p_val"))
    table = np.array([[p1, n1], [p0, n0]])
    if table.all():
        ratio = odds_ratio(table, kind="sample")
        interval = ratio.confidence_interval(0.95)
        for test in ("chi2", "g"):
            scores |= {f"{test}_{end}": found for end, found in zip(ends, (ratio.statistic, *interval), strict=True)}
    if table.sum(axis=0).all() and stats.contingency.expected_freq(table).min() < 5:
        scores["fisher_p_val"] = Near(stats.fisher_exact(table).pvalue, 1e-9, 1e-12)
    return scores


def models(offers: Sequence[Offer], *, exact: bool) -> dict[str, Scores]:
    """The scores of both properties."""
    shared = variety(offers)
    return {name: _model(offers, name, exact=exact) | shared for name in ("Propensity", "FinalPropensity")}


def _model(offers: Sequence[Offer], name: str, *, exact: bool) -> Scores:
    scored = [(offer.row[name], offer.positive) for offer in offers if offer.row[name] is not None]
    scores: Scores = dict.fromkeys(("pos_fraction", "roc_auc", "average_precision", "ece", "brier", "log_loss"))
    scores |= {"Count": len(offers), "Scored": len(scored)}
    if not scored:
        return scores
    s, y = (np.array(column) for column in zip(*scored, strict=True))
    digested = not exact and len(set(s)) > SMALL
    scores["pos_fraction"] = y.mean()
    if y.any():
        scores["average_precision"] = Near(average_precision_score(y, s), 0.01 if digested else 1e-12, 0)
    if y.any() and not y.all():
        scores["roc_auc"] = Near(roc_auc_score(y, s), 0 if digested else 1e-12, 0.001 if digested else 0)
    if s.min() >= 0 and s.max() <= 1:
        scores["ece"] = Near(_calibration_error(s, y), 0 if digested else 1e-9, 0.01 if digested else 1e-15)
        scores["brier"] = np.mean((y - s) ** 2)
        right = np.where(y, s, 1 - s)
        scores["log_loss"] = -np.mean(np.log(right)) if right.all() else None
    return scores


def _calibration_error(s: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> float:
    """Over 20 bins of about equally many offers; equal scores stay together, where their middle is."""
    _, at, counts = np.unique(s, return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(y)
    bins = np.floor(20 * middle).astype(int)[at]
    gaps = (abs(y[bins == one].sum() - math.fsum(s[bins == one])) for one in np.unique(bins))
    return math.fsum(gaps) / len(y)


def variety(offers: Sequence[Offer]) -> Scores:
    """Personalization over all pairs of customers, and novelty offer by offer."""
    rows = [offer.row for offer in offers if offer.row["CustomerID"] is not None]
    customers = {name: at for at, name in enumerate(dict.fromkeys(row["CustomerID"] for row in rows))}
    actions = {name: at for at, name in enumerate(dict.fromkeys(row["ActionID"] for row in rows))}
    counts = np.zeros((len(customers), len(actions)))
    for row in rows:
        counts[customers[row["CustomerID"]], actions[row["ActionID"]]] += 1
    scores: Scores = {"personalization": None, "novelty": None}
    if rows:
        reach = (counts > 0).sum(axis=0) / len(customers)
        scores["novelty"] = Near(
            math.fsum(-math.log2(reach[actions[row["ActionID"]]]) for row in rows) / len(rows), 1e-9, 1e-12
        )
    if len(customers) > 1:
        units = counts / np.linalg.norm(counts, axis=1, keepdims=True)
        cosines = math.fsum(float((some @ units.T).sum()) for some in np.array_split(units, 1 + len(units) // 500))
        pairs = len(units) * (len(units) - 1)
        scores["personalization"] = Near(1 - (cosines - len(units)) / pairs, 1e-9, 1e-9)
    return scores


def description(rows: Sequence[Row], name: str, percents: Sequence[int], *, exact: bool, gaps: bool) -> Scores:
    """The scores of a described column.

    Args:
        rows: the rows of a group.
        name: the column.
        percents: the percentiles wanted.
        exact: whether they are exact however many values there are.
        gaps: whether the column's values leave gaps, so that ranks are known less well.
    """
    values = [row[name] for row in rows if row[name] is not None]
    quantiles = {f"p{percent:02d}": percent for percent in percents} | {"Median": 50}
    names = ("Sum", "Min", "Max", "Mean", "Var", "Std", "Skew", "MomentSkew", *quantiles)
    scores: Scores = {"Count": len(values), **dict.fromkeys(names)}
    if any(isinstance(value, str) for value in values) or name in {"Channel"}:
        return scores
    scores["Sum"] = math.fsum(values)
    if not values:
        return scores
    numbers = np.sort(np.array(values, dtype=np.float64))
    spread = Near(numbers.var(ddof=1), 1e-9, 0) if len(numbers) > 1 else None
    scores |= {"Min": numbers[0], "Max": numbers[-1], "Mean": math.fsum(values) / len(values), "Var": spread}
    scores["Std"] = numbers.std(ddof=1) if len(numbers) > 1 else None
    if len(numbers) > 1 and numbers[0] < numbers[-1]:
        scores["MomentSkew"] = Near(float(stats.skew(numbers - numbers.mean())), 1e-9, 1e-9)
    if exact or len(np.unique(numbers)) <= SMALL:
        found = {name: np.quantile(numbers, percent / 100) for name, percent in quantiles.items()}
        low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
        skew = Near((high - middle - (middle - low)) / (high - low), 1e-12, 1e-12) if high > low else None
        return scores | {name: Near(value, 1e-12, 0) for name, value in found.items()} | {"Skew": skew}
    error = 2 * math.pi / 500 if gaps else 0.002
    ranked = {name: Ranked(numbers, percent / 100, error) for name, percent in quantiles.items()}
    return scores | ranked | {"Skew": Bowley()}
