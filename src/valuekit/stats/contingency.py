"""Formulas for tables of arms by outcome: chi-square and G test, Cramér's V, odds ratio, Fisher's exact test.

Owns the arithmetic: counts in, numbers out, for many tables at once. An undefined number is NaN here and nowhere else:
whoever calls this turns NaN into null. Never knows what the counts count, nor which arm is control.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from valuekit.stats.proportions import Counts, Interval, critical_value, two_sided_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.stats.proportions import Array

_TIE = 1.0 + 1e-12
"""Two probabilities of a table closer than this are equal; what is computed here is good to about 1e-14."""

_TAIL = 100
"""So many terms beyond the observed one, the probabilities of a sparse table have fallen below the last digit."""

_BATCH = 1 << 18
"""About so many probabilities are held at a time."""


@dataclass(frozen=True)
class Tables:
    """Many tables of arms by outcome; each may have any number of arms.

    Attributes:
        counts: positives and negatives, one value an arm; arms of one table need not lie together.
        table: the table of each arm, 0 to size - 1.
        size: how many tables there are.
    """

    counts: Counts
    table: NDArray[np.int64]
    size: int


class ChiSquare(NamedTuple):
    """A statistic that is chi-square distributed under the null hypothesis, one value a table."""

    statistic: Array
    dof: Array
    p_value: Array


def pearson(tables: Tables) -> ChiSquare:
    """Test whether all arms of a table have one rate: the sum of (O - E)²/E, without Yates' correction.

    Over the arms with offers; degrees of freedom are their number less one. Computed as the sum over arms of
    (P_i·N - N_i·P)²/(n_i·P·N), so that equal rates give exactly 0. NaN where fewer than two arms have offers, or all
    offers are positive, or all are negative.

    Source: K. Pearson, On the criterion that a given system of deviations..., Phil. Mag. 50 (1900) 157-175.
    """
    margins = _Margins.of(tables)
    return _tested(margins, _pearson_statistic(margins))


def g_test(tables: Tables) -> ChiSquare:
    """Test whether all arms of a table have one rate: the likelihood ratio 2·Σ O·ln(O/E).

    Degrees of freedom, and NaN, as for `pearson`. Computed as the sum of 2·E·((1 + x)·ln(1 + x) - x), x = O/E - 1,
    which adds nothing (the x of an outcome sum to 0 over E), has no negative term, and gives exactly 0 for equal rates.

    Source: R. R. Sokal, F. J. Rohlf, Biometry, 3rd ed. (1995), ch. 17.
    """
    margins = _Margins.of(tables)
    positives, negatives, table = margins.arms.positives, margins.arms.negatives, margins.table
    n, all_positives, all_negatives = margins.arms.n, margins.positives[table], margins.negatives[table]
    difference = positives * all_negatives - negatives * all_positives
    terms = all_positives * _divergence(difference / (n * all_positives), positives == 0)
    terms += all_negatives * _divergence(-difference / (n * all_negatives), negatives == 0)
    statistic = 2.0 * margins.total(terms * (n / (all_positives + all_negatives)))
    return _tested(margins, np.maximum(statistic, 0.0))


def cramers_v(tables: Tables) -> Array:
    """Compute the strength of association sqrt(χ²/n), from 0 to 1, of Pearson's χ²; NaN as for `pearson`.

    χ²/(n·min(rows - 1, columns - 1)), and there are two columns. Without bias correction.

    Source: H. Cramér, Mathematical Methods of Statistics (1946), §21.9.
    """
    margins = _Margins.of(tables)
    found = np.full(tables.size, np.nan)
    there = margins.defined
    offers = (margins.positives + margins.negatives)[there]
    found[there] = np.minimum(np.sqrt(_pearson_statistic(margins)[there] / offers), 1.0)
    return found


def odds_ratio(arm: Counts, control: Counts) -> Array:
    """Compute (P_arm·N_control)/(N_arm·P_control); NaN where any of the four counts is 0.

    Args:
        arm: outcomes of the arms, any number of them side by side.
        control: outcomes of the control arm of each, of the same shape.
    """
    there = _no_empty_cell(arm, control)
    found = np.full(arm.positives.shape, np.nan)
    found[there] = (arm.positives * control.negatives)[there] / (arm.negatives * control.positives)[there]
    return found


def odds_ratio_interval(arm: Counts, control: Counts, confidence: float = 0.95) -> Interval:
    """Compute exp(ln OR ± z·sqrt(1/P_arm + 1/N_arm + 1/P_control + 1/N_control)); NaN as for `odds_ratio`.

    Source: B. Woolf, On estimating the relation between blood group and disease, Ann. Hum. Genet. 19 (1955) 251-253.
    """
    there = _no_empty_cell(arm, control)
    cells = (arm.positives, arm.negatives, control.positives, control.negatives)
    variance: Array = sum((1.0 / cell[there] for cell in cells), start=np.zeros(int(there.sum())))
    log_ratio = np.log(odds_ratio(arm, control)[there])
    half_width = critical_value(confidence) * np.sqrt(variance)
    interval = Interval(*(np.full(there.shape, np.nan) for _ in range(2)))
    interval.low[there] = np.exp(log_ratio - half_width)
    interval.high[there] = np.exp(log_ratio + half_width)
    return interval


def fisher_exact(arm: Counts, control: Counts) -> Array:
    """Compute Fisher's two-sided p-value of the two-by-two tables that are too sparse for chi-square.

    The sum of the probabilities, with all margins fixed, of the tables that are no more probable than the observed one.
    NaN where an arm is empty, all offers of both arms are positive, or all are negative; and where every expected count
    is at least 5, for there chi-square holds.

    Source: R. A. Fisher, The logic of inductive inference, J. R. Statist. Soc. 98 (1935) 39-82; two-sided as R's
    fisher.test and SciPy's fisher_exact.

    Args:
        arm: outcomes of the arms, any number of them side by side.
        control: outcomes of the control arm of each, of the same shape.
    """
    n, positives = arm.n + control.n, arm.positives + control.positives
    few_offers, few_outcomes = np.minimum(arm.n, control.n), np.minimum(positives, n - positives)
    rarer = np.where(positives <= n - positives, arm.positives, arm.negatives)
    observed = np.where(arm.n <= control.n, rarer, few_outcomes - rarer)
    found = np.full(n.shape, np.nan)
    sparse = np.flatnonzero((few_offers > 0) & (few_outcomes > 0) & (few_offers * few_outcomes < 5.0 * n))
    terms = np.minimum(np.minimum(few_offers, few_outcomes), observed + _TAIL).astype(np.int64) + 1
    for batch in _batches(sparse[np.argsort(terms[sparse], kind="stable")], terms):
        found[batch] = _no_more_probable(observed[batch], few_offers[batch], few_outcomes[batch], n[batch])
    return found


def chi_square_p(statistic: Array, dof: Array) -> Array:
    """Compute P(X ≥ statistic) of a chi-square distributed X, accurate far into the tail; NaN where either is.

    The finite sums for whole degrees of freedom, all terms positive: the result is 0.0 only where the p-value is
    smaller than a float can say. (SciPy's gives up some powers of ten earlier, and is slow to import.)

    Source: M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964), 26.4.4 and 26.4.5.

    Args:
        statistic: at least 0.
        dof: whole numbers, at least 1.
    """
    half, odd = statistic / 2.0, dof % 2.0 == 1.0
    found = np.where(odd, two_sided_p(np.sqrt(statistic)), np.where(np.isnan(statistic + dof), np.nan, 0.0))
    found[half == 0.0] = 1.0
    terms = np.where(half > 0.0, np.floor(dof / 2.0), 0.0)
    more, term = np.flatnonzero(terms > 0), 0
    while more.size:
        power = np.where(odd[more], term + 0.5, float(term))
        log_factorial = np.where(odd[more], math.lgamma(term + 1.5), math.lgamma(term + 1.0))
        found[more] += np.exp(power * np.log(half[more]) - half[more] - log_factorial)
        term += 1
        more = more[terms[more] > term]
    return np.minimum(found, 1.0)


@dataclass(frozen=True)
class _Margins:
    """What tables add up to, and the arms that a test of the whole table goes over."""

    arms: Counts
    table: NDArray[np.int64]
    number: Array
    positives: Array
    negatives: Array
    defined: NDArray[np.bool_]

    @classmethod
    def of(cls, tables: Tables) -> _Margins:
        """Add up; keep the arms with offers of the tables that can be tested."""
        number, positives, negatives = (
            np.bincount(tables.table, weights=values, minlength=tables.size).astype(np.float64)
            for values in (tables.counts.n > 0, tables.counts.positives, tables.counts.negatives)
        )
        defined = (number >= 2) & (positives > 0) & (negatives > 0)
        kept = (tables.counts.n > 0) & defined[tables.table]
        arms = Counts(tables.counts.positives[kept], tables.counts.negatives[kept])
        return cls(arms, tables.table[kept], number, positives, negatives, defined)

    def total(self, values: Array) -> Array:
        """Add up a value of each arm; NaN for tables that cannot be tested."""
        return np.where(self.defined, np.bincount(self.table, weights=values, minlength=self.number.size), np.nan)


def _pearson_statistic(margins: _Margins) -> Array:
    positives, negatives = margins.positives[margins.table], margins.negatives[margins.table]
    difference = margins.arms.positives * negatives - margins.arms.negatives * positives
    return margins.total(difference * difference / (margins.arms.n * positives * negatives))


def _tested(margins: _Margins, statistic: Array) -> ChiSquare:
    """A statistic with its degrees of freedom and p-value."""
    dof = np.where(margins.defined, margins.number - 1.0, np.nan)
    return ChiSquare(statistic, dof, chi_square_p(statistic, dof))


def _divergence(x: Array, none: NDArray[np.bool_]) -> Array:
    """(1 + x)·ln(1 + x) - x; 1 where there is none, x = -1."""
    safe = np.where(none, 0.0, x)
    return np.where(none, 1.0, (1.0 + safe) * np.log1p(safe) - safe)


def _no_empty_cell(arm: Counts, control: Counts) -> NDArray[np.bool_]:
    return (arm.positives > 0) & (arm.negatives > 0) & (control.positives > 0) & (control.negatives > 0)


def _batches(tables: NDArray[np.int64], terms: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut tables, in order of their number of terms, into batches of similar ones: at most about 2 · `_BATCH` terms."""
    if not tables.size:
        return []
    _, magnitude = np.frexp(terms[tables].astype(np.float64))
    filled = np.cumsum(terms[tables]) // _BATCH
    return np.split(tables, np.flatnonzero(np.diff(filled) | np.diff(magnitude)) + 1)


def _no_more_probable(observed: Array, few_offers: Array, few_outcomes: Array, n: Array) -> Array:
    """Sum the probabilities of the hypergeometric distribution that do not exceed the observed one's.

    The counted cell lies in the smaller arm and the rarer outcome, so it can be 0, and sparse tables have their most
    probable count near there: weights follow from the first by their ratios. They are added from left to right, so
    that the length of other rows changes no bit.
    """
    k = np.arange(min(np.minimum(few_offers, few_outcomes).max(), observed.max() + _TAIL))
    a, b, n = few_offers[:, np.newaxis], few_outcomes[:, np.newaxis], n[:, np.newaxis]
    ratios = (a - k) * (b - k) / ((k + 1.0) * (n - a - b + k + 1.0))
    weights = np.cumprod(np.hstack([np.ones_like(a), ratios]), axis=1)
    limit = np.take_along_axis(weights, observed[:, np.newaxis].astype(np.int64), axis=1) * _TIE
    rare = np.cumsum(np.where(weights <= limit, weights, 0.0), axis=1)[:, -1]
    return np.minimum(rare / np.cumsum(weights, axis=1)[:, -1], 1.0)
