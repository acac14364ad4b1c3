"""Formulas for means: variance, standard error, and the difference of two means with its interval.

Owns the arithmetic: moments in, numbers out, all as arrays of float64 of one shape. An undefined number is NaN. Never
knows what the values are, and never sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from valuekit.stats.proportions import critical_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True)
class Sample:
    """The moments of one sample, or of many samples side by side.

    Attributes:
        n: how many values, each at least 0.
        mean: their mean; anything where n = 0.
        m2: the sum of squared deviations from it; anything where n < 2.
    """

    n: Array
    mean: Array
    m2: Array


class Estimate(NamedTuple):
    """A number and the two ends of its confidence interval."""

    value: Array
    low: Array
    high: Array


def mean(sample: Sample) -> Array:
    """Give the mean; NaN where n = 0."""
    return np.where(sample.n > 0, sample.mean, np.nan)


def variance(sample: Sample) -> Array:
    """Compute s² = m2/(n - 1), the unbiased variance (ddof 1); NaN where n < 2."""
    enough = sample.n > 1
    return np.where(enough, np.maximum(sample.m2, 0.0) / np.where(enough, sample.n - 1.0, 1.0), np.nan)


def standard_error(sample: Sample) -> Array:
    """Compute sqrt(s²/n), the standard error of the mean; NaN where n < 2."""
    return np.sqrt(_squared_error(sample))


@np.errstate(over="ignore", invalid="ignore")
def difference(test: Sample, control: Sample, confidence: float = 0.95) -> Estimate:
    """Compare two means without assuming equal variances; NaN where a sample has n < 2.

    v_T - v_C ± z·sqrt(s²_T/n_T + s²_C/n_C).

    Source: B. L. Welch, The significance of the difference between two means when the population variances are
    unequal, Biometrika 29 (1938) 350-362, the standard error; with the normal quantile, for large samples.
    """
    error = np.sqrt(_squared_error(test) + _squared_error(control))
    value = np.where(np.isnan(error), np.nan, mean(test) - mean(control))
    half_width = critical_value(confidence) * error
    return Estimate(value, value - half_width, value + half_width)


@np.errstate(over="ignore", invalid="ignore")
def incremental_total(test: Sample, control: Sample, confidence: float = 0.95) -> Estimate:
    """Compute (v_T - v_C)·n_T and its interval: how much more the test sample has than at control's mean.

    The interval of `difference`, scaled by n_T, which is taken as given. NaN where a sample has n < 2.
    """
    value, low, high = difference(test, control, confidence)
    return Estimate(value * test.n, low * test.n, high * test.n)


def _squared_error(sample: Sample) -> Array:
    """s²/n; NaN where n < 2."""
    return variance(sample) / np.where(sample.n > 0, sample.n, 1.0)
