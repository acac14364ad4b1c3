"""How well scores rank positives above negatives, and how well they are calibrated: from joint centroids.

Owns these formulas, over many groups at once. Never builds or merges centroids, and never checks that a score is a
probability: a caller that asks for calibration does.

Centroids here are those of `size` groups in order of group and mean score: group g owns centroids starts[g] to
starts[g + 1] - 1; `weights` are their rows, `positives` the positive ones among these, and `atoms` is true where all
rows of a centroid have one score. Undefined is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 20
"""Bins of equal share of rows in which calibration is looked at."""

_EXPLICIT_TERMS = 16


@dataclass(frozen=True)
class Curves:
    """Points of the curves of each group, one a centroid, from the highest score down.

    Attributes:
        starts: group g owns points starts[g] to starts[g + 1] - 1.
        threshold: the mean score of the centroid.
        share: the share of rows scored this high or higher.
        fpr: the share of negatives among them; with `tpr` the ROC curve, which starts at (0, 0).
        tpr: the share of positives among them: also recall and, against `share`, gain.
        precision: positives among them per row.
        lift: precision over the base rate.
    """

    starts: NDArray[np.int64]
    threshold: NDArray[np.float64]
    share: NDArray[np.float64]
    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    precision: NDArray[np.float64]
    lift: NDArray[np.float64]

    @property
    def recall(self) -> NDArray[np.float64]:
        """Recall: `tpr` by its other name."""
        return self.tpr

    @property
    def gain(self) -> NDArray[np.float64]:
        """Cumulative gain: `tpr` by its other name."""
        return self.tpr


@dataclass(frozen=True)
class Calibration:
    """Bins of each group, from the lowest scores up; a bin without rows is left out.

    Attributes:
        starts: group g owns bins starts[g] to starts[g + 1] - 1.
        bin: the bin's number, 0 to 19, by the share of rows below the middle of a centroid.
        proba: the mean score of its rows.
        rate: the share of positives among them.
        n: its rows.
    """

    starts: NDArray[np.int64]
    bin: NDArray[np.int64]
    proba: NDArray[np.float64]
    rate: NDArray[np.float64]
    n: NDArray[np.int64]


def roc_auc(starts: NDArray[np.int64], weights: NDArray[np.int64], positives: NDArray[np.int64]) -> NDArray[np.float64]:
    """Area under the ROC curve of each group: P(positive above negative) + ½·P(tied) (Mann & Whitney, 1947).

    Rows of one centroid count as tied. Never flipped: below ½ means that the score ranks the wrong way.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1, in order of mean score.
        weights: rows of each centroid.
        positives: positive rows of each.

    Returns:
        One number a group, 0 to 1; NaN with one class.
    """
    sides = _Sides.of(starts, weights, positives)
    pairs = (weights - positives) * (sides.above + 0.5 * positives)
    all_pairs = sides.all_positives.astype(np.float64) * (sides.rows - sides.all_positives)
    return _ratio(_sums(starts, pairs), all_pairs)


def average_precision(
    starts: NDArray[np.int64],
    weights: NDArray[np.int64],
    positives: NDArray[np.int64],
    atoms: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Average precision of each group: Σ (recall step)·precision, from the highest score down, not interpolated.

    An atom steps once, at its end: its rows are tied. In a mixed centroid of p positives and n negatives the positives
    lie evenly among the negatives, and step one by one: the j-th has n·j/(p + 1) of its negatives above it.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1, in order of mean score.
        weights: rows of each centroid.
        positives: positive rows of each.
        atoms: true where all rows of a centroid have one score.

    Returns:
        One number a group, 0 to 1; NaN without a positive.
    """
    sides = _Sides.of(starts, weights, positives)
    steps = np.zeros(len(weights))
    tied = atoms & (positives > 0)
    down = sides.above_rows + weights
    steps[tied] = positives[tied] * ((sides.above + positives)[tied] / down[tied])
    mixed = ~atoms & (positives > 0)
    steps[mixed] = _spread_precision(
        sides.above[mixed], sides.above_rows[mixed], positives[mixed], (weights - positives)[mixed]
    )
    return _ratio(_sums(starts, steps), sides.all_positives.astype(np.float64))


def curves(
    starts: NDArray[np.int64],
    means: NDArray[np.float64],
    weights: NDArray[np.int64],
    positives: NDArray[np.int64],
) -> Curves:
    """ROC, precision-recall, gain and lift of each group, at its centroids.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1, in order of mean score.
        means: the mean score of each centroid.
        weights: rows of each.
        positives: positive rows of each.

    Returns:
        One point a centroid; all but `threshold` and `share` NaN in a group of one class.
    """
    sides = _Sides.of(starts, weights, positives)
    counts = np.diff(starts)
    gids = np.repeat(np.arange(len(counts)), counts)
    down = starts[gids] + starts[gids + 1] - 1 - np.arange(len(means))
    true = (sides.above + positives)[down].astype(np.float64)
    rows = (sides.above_rows + weights)[down].astype(np.float64)
    total = sides.rows[gids].astype(np.float64)
    actual = sides.all_positives[gids].astype(np.float64)
    both = (actual > 0) & (actual < total)
    precision = np.where(both, true / rows, np.nan)
    return Curves(
        starts=starts,
        threshold=means[down],
        share=rows / total,
        fpr=_ratio(rows - true, np.where(both, total - actual, 0)),
        tpr=_ratio(true, np.where(both, actual, 0)),
        precision=precision,
        lift=_ratio(precision, np.where(both, actual / total, 0)),
    )


def calibration(
    starts: NDArray[np.int64],
    means: NDArray[np.float64],
    weights: NDArray[np.int64],
    positives: NDArray[np.int64],
) -> Calibration:
    """Mean score and share of positives in up to 20 bins of about equally many rows, in order of score.

    A centroid falls into the bin floor(20·q), q the share of rows below its middle, and is never split: with few
    distinct scores bins are missing. The scores must lie in [0, 1]; that is not checked here, because means cannot
    show it.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1, in order of mean score.
        means: the mean score of each centroid.
        weights: rows of each.
        positives: positive rows of each.

    Returns:
        The bins that have rows.
    """
    sides = _Sides.of(starts, weights, positives)
    gids = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    total = sides.rows[gids]
    middle = (total - sides.above_rows - weights / 2) / total
    bins = np.floor(BINS * middle).astype(np.int64)
    keys = gids * BINS + bins
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    edges = np.append(first, len(keys))
    n = np.diff(_running(weights)[edges])
    return Calibration(
        starts=np.searchsorted(first, starts).astype(np.int64),
        bin=bins[first],
        proba=_sums(edges, means * weights) / n,
        rate=np.diff(_running(positives)[edges]) / n,
        n=n,
    )


def ece(bins: Calibration) -> NDArray[np.float64]:
    """Expected calibration error of each group: Σ n/total·|rate - proba| over its bins (Naeini et al., 2015).

    Args:
        bins: from `calibration`; whether scores lie in [0, 1] is its caller's to know.

    Returns:
        One number a group, 0 to 1; NaN without rows.
    """
    error = _sums(bins.starts, bins.n * np.abs(bins.rate - bins.proba))
    return _ratio(error, np.diff(_running(bins.n)[bins.starts]).astype(np.float64))


@dataclass(frozen=True)
class _Sides:
    """What lies above each centroid, and what its group holds in all."""

    above: NDArray[np.int64]
    above_rows: NDArray[np.int64]
    all_positives: NDArray[np.int64]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, starts: NDArray[np.int64], weights: NDArray[np.int64], positives: NDArray[np.int64]) -> _Sides:
        running, running_positives = _running(weights), _running(positives)
        counts = np.diff(starts)
        return cls(
            above=np.repeat(running_positives[starts[1:]], counts) - running_positives[1:],
            above_rows=np.repeat(running[starts[1:]], counts) - running[1:],
            all_positives=np.diff(running_positives[starts]),
            rows=np.diff(running[starts]),
        )


def _spread_precision(
    true: NDArray[np.int64], rows: NDArray[np.int64], p: NDArray[np.int64], n: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Σ over j = 1..p of (true + j) / (rows + j + n·j/(p + 1)), without a term for each positive.

    With c = 1 + n/(p + 1) and x = rows/c it is p/c + (true - x)/c · Σ 1/(x + j).
    """
    c = 1 + n / (p + 1)
    x = rows / c
    return p / c + (true - x) / c * _harmonic(x, p)


def _harmonic(x: NDArray[np.float64], p: NDArray[np.int64]) -> NDArray[np.float64]:
    """Σ over j = 1..p of 1/(x + j), to about 1e-13: the first terms one by one, the rest by digamma's series.

    ψ(z + ½) = ln z + 1/(24 z²) - 7/(960 z⁴) + 31/(8064 z⁶) - ... (DLMF 5.11)
    """
    sums = np.zeros(len(x))
    for j in range(1, _EXPLICIT_TERMS + 1):
        sums += np.where(j <= p, 1 / (x + j), 0.0)
    rest = np.maximum(p - _EXPLICIT_TERMS, 0)
    low = x + _EXPLICIT_TERMS + 0.5
    return sums + np.log1p(rest / low) + _tail(low + rest) - _tail(low)


def _tail(z: NDArray[np.float64]) -> NDArray[np.float64]:
    square = 1 / (z * z)
    return square * (1 / 24 - square * (7 / 960 - square * (31 / 8064)))


def _running(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts)))


def _sums(starts: NDArray[np.int64], numbers: NDArray[Any]) -> NDArray[np.float64]:
    """The sum of each group; equal groups give equal bits wherever they stand."""
    sums = np.zeros(len(starts) - 1)
    some = starts[:-1] < starts[1:]
    if some.any():
        sums[some] = np.add.reduceat(numbers, starts[:-1][some])
    return sums


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """A quotient, NaN where the denominator is 0."""
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1.0), np.nan)
