"""Formulas for proportions: standard error, Wilson interval, lift and its interval, two-proportion z test.

Owns the arithmetic: counts in, numbers out, all as arrays of float64 of one shape. An undefined number is NaN here and
nowhere else: whoever calls this turns NaN into null. Never knows what the counts count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True)
class Counts:
    """Outcomes of one sample, or of many samples side by side.

    Attributes:
        positives: offers that were positive, each at least 0.
        negatives: offers that were negative, each at least 0; of the shape of `positives`.
    """

    positives: Array
    negatives: Array

    @property
    def n(self) -> Array:
        """All offers."""
        return self.positives + self.negatives


class Interval(NamedTuple):
    """The two ends of a confidence interval."""

    low: Array
    high: Array


class ZTest(NamedTuple):
    """A test statistic that is standard normal under the null hypothesis, and its two-sided p-value."""

    z: Array
    p_value: Array


def critical_value(confidence: float = 0.95) -> float:
    """Give the two-sided normal critical value, to full precision: 1.959963984540054 for 95 %.

    Args:
        confidence: the coverage, between 0 and 1.
    """
    return NormalDist().inv_cdf((1.0 + confidence) / 2.0)


def rate(counts: Counts) -> Array:
    """Compute the share of positives, p = P/n; NaN where n = 0."""
    return _divide(counts.positives, counts.n)


def standard_error(counts: Counts) -> Array:
    """Compute sqrt(p(1 - p)/n), the Wald standard error of a proportion; NaN where n = 0.

    Written as sqrt(P·N/n)/n, which loses no digits where p is near 1.
    """
    return _divide(np.sqrt(_divide(counts.positives * counts.negatives, counts.n)), counts.n)


def wilson_interval(counts: Counts, confidence: float = 0.95) -> Interval:
    """Compute the score interval of a proportion; NaN where n = 0.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. Amer. Statist. Assoc.
    22 (1927) 209-212. Without continuity correction. The ends are the roots of (p - x)² = z² x(1 - x)/n; of the two
    algebraic forms of a root the one without cancellation is taken, so 0 of n gives exactly 0, and n of n exactly 1.
    """
    z = critical_value(confidence)
    mirrored = Counts(counts.negatives, counts.positives)
    mostly_positive = counts.positives > counts.negatives
    high = np.where(mostly_positive, 1.0 - _wilson_low(mirrored, z), _wilson_high(counts, z))
    low = np.where(mostly_positive, 1.0 - _wilson_high(mirrored, z), _wilson_low(counts, z))
    return Interval(low, high)


def lift(test: Counts, control: Counts) -> Array:
    """Compute p_T/p_C - 1; NaN where an arm is empty or control has no positive.

    Taken over the common denominator, so that equal rates give exactly 0.
    """
    return _divide(_cross_difference(test, control), control.positives * test.n)


def lift_interval(test: Counts, control: Counts, confidence: float = 0.95) -> Interval:
    """Compute the interval of the lift on the log scale; NaN where an arm has no positive.

    exp(ln(p_T/p_C) ± z·sqrt(1/P_T - 1/n_T + 1/P_C - 1/n_C)) - 1.

    Source: D. Katz, J. Baptista, S. P. Azen, M. C. Pike, Obtaining confidence intervals for the risk ratio in cohort
    studies, Biometrics 34 (1978) 469-474. Each 1/P - 1/n is taken as N/(P·n), which cannot become negative.
    """
    ratio = _divide(test.positives * control.n, control.positives * test.n)
    log_ratio = np.log(np.where(ratio > 0, ratio, np.nan))
    variance = _divide(test.negatives, test.positives * test.n) + _divide(
        control.negatives, control.positives * control.n
    )
    half_width = critical_value(confidence) * np.sqrt(variance)
    return Interval(np.expm1(log_ratio - half_width), np.expm1(log_ratio + half_width))


def two_proportion_z(test: Counts, control: Counts) -> ZTest:
    """Test whether two rates are equal, with the pooled variance and n = P + N in each arm.

    z = (p_T - p_C)/sqrt(p(1 - p)(1/n_T + 1/n_C)) with p the rate of both arms together; its square is Pearson's
    chi-square of the two-by-two table without correction. NaN where an arm is empty, or all offers of the two arms are
    positive, or all are negative.

    Source: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003), ch. 3.
    """
    positives = test.positives + control.positives
    negatives = test.negatives + control.negatives
    variance = _divide(positives * negatives, positives + negatives) * test.n * control.n
    z = _divide(_cross_difference(test, control), np.sqrt(variance))
    return ZTest(z, two_sided_p(z))


def two_sided_p(z: Array) -> Array:
    """Compute P(|Z| ≥ |z|) of a standard normal Z, accurate far into the tail; NaN where z is.

    erfc(|z|/√2), never 1 - Φ: the result is 0.0 only where the p-value is smaller than a float can say. The standard
    library's erfc is as accurate as SciPy's, and does not cost a tenth of a second to import.
    """
    return np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z.tolist()], dtype=np.float64)


def _divide(numerator: Array, denominator: Array) -> Array:
    """Divide; NaN where the denominator is 0."""
    usable = denominator != 0
    return np.where(usable, numerator / np.where(usable, denominator, 1.0), np.nan)


def _cross_difference(test: Counts, control: Counts) -> Array:
    """(p_T - p_C)·n_T·n_C, without a division."""
    return test.positives * control.n - control.positives * test.n


def _wilson_root(counts: Counts, z: float) -> Array:
    """P + z²/2 + z·sqrt(P·N/n + z²/4): the part that both ends share, a sum of positive terms."""
    spread = np.sqrt(_divide(counts.positives * counts.negatives, counts.n) + z * z / 4.0)
    return counts.positives + z * z / 2.0 + z * spread


def _wilson_high(counts: Counts, z: float) -> Array:
    """The upper root."""
    return _divide(_wilson_root(counts, z), counts.n + z * z)


def _wilson_low(counts: Counts, z: float) -> Array:
    """The lower root, as the product of both roots over the upper one."""
    return _divide(_divide(counts.positives * counts.positives, counts.n), _wilson_root(counts, z))
