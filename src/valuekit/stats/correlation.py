"""Correlations of two numbers: Pearson's, Spearman's and Kendall's, with 95 % intervals and p-values.

Owns the formulas and the limits above which Kendall's is taken of a sample. Never knows what the numbers are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from valuekit.stats.kendall import kendall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SAMPLE = 100_000
"""Of more pairs than this Kendall's is taken of so many, drawn by chance."""

SEED = 20_240_707
METHODS = ("Pearson", "Kendall", "Spearman")
_QUANTILE = 1.959963984540054
_VARIANCES = {"Pearson": 1.0, "Kendall": 0.437, "Spearman": 1.06}
_LESS = {"Pearson": 3, "Kendall": 4, "Spearman": 3}


@dataclass(frozen=True)
class Correlation:
    """One coefficient; NaN where a number does not vary, or there are fewer than two pairs.

    Attributes:
        method: whose.
        value: from -1 to 1.
        low: the lower end of the 95 % interval, after Fisher's transformation; NaN below five pairs.
        high: the upper end.
        p_value: of no correlation, two-sided.
        pairs: how many pairs it is computed from.
    """

    method: str
    value: float
    low: float
    high: float
    p_value: float
    pairs: int


def correlations(x: Array, y: Array) -> tuple[Correlation, ...]:
    """All three coefficients of pairs.

    The intervals are tanh(artanh r ± 1.96·s), s² = 1/(n - 3) for Pearson's (Fisher, 1915), 1.06/(n - 3) for Spearman's
    and 0.437/(n - 4) for Kendall's tau-b (Fieller, Hartley and Pearson, 1957).
    """
    return tuple(_correlation(method, x, y) for method in METHODS)


def _correlation(method: str, x: Array, y: Array) -> Correlation:
    if method == "Kendall" and x.size > SAMPLE:
        chosen = np.sort(np.random.default_rng(SEED).choice(x.size, SAMPLE, replace=False))
        x, y = x[chosen], y[chosen]
    if x.size < 2 or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return Correlation(method, *(np.nan,) * 4, x.size)
    value, p_value = {"Pearson": _pearson, "Kendall": kendall, "Spearman": _spearman}[method](x, y)
    low, high = _interval(method, value, x.size)
    return Correlation(method, value, low, high, p_value, x.size)


def _pearson(x: Array, y: Array) -> tuple[float, float]:
    """Pearson's r, whose square is Beta distributed where two normal numbers do not go together."""
    from scipy.special import betainc

    x, y = x - x.mean(), y - y.mean()
    value = float(np.clip((x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)), -1.0, 1.0))
    if x.size == 2:
        return float(np.sign(value)), 1.0
    shape = x.size / 2.0 - 1.0
    return value, float(2.0 * betainc(shape, shape, (1.0 - abs(value)) / 2.0))


def _spearman(x: Array, y: Array) -> tuple[float, float]:
    """Pearson's r of ranks; its p-value is that of t = r·sqrt((n - 2)/(1 - r²))."""
    from scipy.special import stdtr

    x, y = _ranks(x), _ranks(y)
    value = float(x @ y) / math.sqrt(float(x @ x) * float(y @ y))
    freedom = x.size - 2
    if freedom == 0:
        return value, np.nan
    if abs(value) == 1.0:
        return value, 0.0
    return value, float(2.0 * stdtr(freedom, -abs(value) * np.sqrt(freedom / ((1.0 - value) * (1.0 + value)))))


def _ranks(values: Array) -> Array:
    """Twice the distance of ranks from their mean, whole numbers; equal values share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (2 * np.cumsum(counts) - counts - values.size)[place].astype(np.float64)


def _interval(method: str, value: float, pairs: int) -> tuple[float, float]:
    if pairs - _LESS[method] < 1 or not np.isfinite(value):
        return np.nan, np.nan
    if abs(value) >= 1.0:
        return value, value
    half = _QUANTILE * np.sqrt(_VARIANCES[method] / (pairs - _LESS[method]))
    return float(np.tanh(np.arctanh(value) - half)), float(np.tanh(np.arctanh(value) + half))
