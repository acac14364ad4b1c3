"""Quantiles of distributions kept as centroids.

Owns how a rank falls between centroids. Never builds or merges them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def quantile(
    starts: NDArray[np.int64],
    means: NDArray[np.float64],
    weights: NDArray[np.int64],
    atoms: NDArray[np.bool_],
    q: ArrayLike,
) -> NDArray[np.float64]:
    """Quantiles of each group.

    The rank is h = q·(total - 1). An atom of weight w that ends at the cumulative weight C covers the ranks C - w to
    C - 1; a mixed centroid is one knot at C - w/2 - 1/2; between knots the value is linear, outside the first and the
    last it stays. While every value is its own centroid this is `numpy.quantile`, bit for bit.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1.
        means: in order within each group.
        weights: rows of each centroid.
        atoms: true where all rows of a centroid have one value.
        q: one number from 0 to 1, or several.

    Returns:
        One number a group, or (groups, len(q)) for several; NaN for a group without rows.
    """
    wanted = np.asarray(q, dtype=np.float64)
    if not ((wanted >= 0) & (wanted <= 1)).all():
        raise ValueError("a quantile is asked for between 0 and 1")
    found = np.full((len(starts) - 1, wanted.size), np.nan)
    knots = _Knots.of(starts, weights, atoms)
    first, last = knots.first, knots.last
    rank = wanted.reshape(1, -1) * (knots.totals - 1)
    holder = np.searchsorted(knots.ends, knots.before + np.floor(rank).astype(np.int64), side="right")
    left = np.where(rank < first[holder], np.maximum(holder - 1, knots.begin), holder)
    right = np.where(rank > last[holder], np.minimum(holder + 1, knots.end - 1), holder)
    inside = left < right
    share = np.where(inside, rank - last[left], 0.0) / np.where(inside, first[right] - last[left], 1.0)
    found[knots.groups] = _between(means[left], means[right], share)
    return found[:, 0] if wanted.ndim == 0 else found


def cdf(
    starts: NDArray[np.int64],
    means: NDArray[np.float64],
    weights: NDArray[np.int64],
    atoms: NDArray[np.bool_],
    x: ArrayLike,
) -> NDArray[np.float64]:
    """The inverse of `quantile`: the largest q of each group whose quantile is at most x.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1.
        means: in order within each group.
        weights: rows of each centroid.
        atoms: true where all rows of a centroid have one value.
        x: one number, or several.

    Returns:
        One share a group, or (groups, len(x)) for several; 0 below the first knot, 1 from the last on; NaN for a group
        without rows.
    """
    asked = np.asarray(x, dtype=np.float64)
    found = np.full((len(starts) - 1, asked.size), np.nan)
    knots = _Knots.of(starts, weights, atoms)
    left = knots.begin - 1 + _count_up_to(starts, means, asked.ravel())[knots.groups]
    at = np.clip(left, knots.begin, knots.end - 1)
    right = np.minimum(at + 1, knots.end - 1)
    inside = (left == at) & (right > at)
    share = np.where(inside, asked.reshape(1, -1) - means[at], 0.0) / np.where(inside, means[right] - means[at], 1.0)
    rank = knots.last[at] + share * (knots.first[right] - knots.last[at])
    within = np.where(inside, rank / np.maximum(knots.totals - 1, 1), 1.0)
    found[knots.groups] = np.where(left < knots.begin, 0.0, within)
    found[:, np.isnan(asked.ravel())] = np.nan
    return found[:, 0] if asked.ndim == 0 else found


def counts_below(
    starts: NDArray[np.int64],
    means: NDArray[np.float64],
    weights: NDArray[np.int64],
    atoms: NDArray[np.bool_],
    x: NDArray[np.float64],
) -> NDArray[np.int64]:
    """How many rows of each group lie below some numbers: those of whose rank the quantile does.

    Exact where all centroids are atoms.

    Args:
        starts: group g owns centroids starts[g] to starts[g + 1] - 1.
        means: in order within each group.
        weights: rows of each centroid.
        atoms: true where all rows of a centroid have one value.
        x: the numbers.

    Returns:
        (groups, len(x)): none up to the first knot, all above the last one.
    """
    found = np.zeros((len(starts) - 1, x.size), dtype=np.int64)
    knots = _Knots.of(starts, weights, atoms)
    below = _count_up_to(starts, means, np.nextafter(x, -np.inf))[knots.groups]
    left = np.maximum(knots.begin + below - 1, knots.begin)
    right = np.minimum(knots.begin + below, knots.end - 1)
    inside = (below > 0) & (right > left)
    share = np.where(inside, x.reshape(1, -1) - means[left], 0.0) / np.where(inside, means[right] - means[left], 1.0)
    rank = knots.last[left] + share * (knots.first[right] - knots.last[left])
    within = np.maximum(np.ceil(rank), np.floor(knots.last[left]) + 1).astype(np.int64)
    all_below = np.where(knots.begin + below == knots.end, knots.totals, within)
    found[knots.groups] = np.where(below == 0, 0, all_below)
    return found


def bowley_skew(p25: NDArray[np.float64], p50: NDArray[np.float64], p75: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quartile skewness (p75 + p25 - 2·p50) / (p75 - p25) (Bowley, 1901); NaN where the quartiles are equal."""
    spread = p75 - p25
    some = spread > 0
    return np.where(some, (p75 - p50 - (p50 - p25)) / np.where(some, spread, 1.0), np.nan)


@dataclass(frozen=True)
class _Knots:
    """Groups that have rows, and the ranks that their centroids cover.

    Attributes:
        groups: their numbers.
        begin, end: centroids begin to end - 1 of each, as columns.
        before: rows before each group, as a column.
        totals: rows of each group, as a column.
        ends: rows up to the end of each centroid, over all groups.
        first, last: the first and last rank of each centroid within its group.
    """

    groups: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    before: NDArray[np.int64]
    totals: NDArray[np.int64]
    ends: NDArray[np.int64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]

    @classmethod
    def of(cls, starts: NDArray[np.int64], weights: NDArray[np.int64], atoms: NDArray[np.bool_]) -> _Knots:
        running = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(weights)))
        before = running[starts[:-1]]
        local = running[1:] - np.repeat(before, np.diff(starts))
        middle = local - weights / 2 - 0.5
        groups = np.flatnonzero(starts[:-1] < starts[1:])
        return cls(
            groups=groups,
            begin=starts[:-1][groups, None],
            end=starts[1:][groups, None],
            before=before[groups, None],
            totals=np.diff(running[starts])[groups, None],
            ends=running[1:],
            first=np.where(atoms, local - weights, middle),
            last=np.where(atoms, local - 1, middle),
        )


def _between(low: NDArray[np.float64], high: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear interpolation, rounded as NumPy's is: from the nearer end."""
    rise = high - low
    return np.where(share >= 0.5, high - rise * (1 - share), low + rise * share)


def _count_up_to(
    starts: NDArray[np.int64], means: NDArray[np.float64], asked: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many centroids of each group have a mean of at most each number: (groups, len(asked))."""
    counts = np.empty((len(starts) - 1, len(asked)), dtype=np.int64)
    for column, number in enumerate(asked):
        below = np.concatenate(([0], np.cumsum(means <= number)))
        counts[:, column] = np.diff(below[starts])
    return counts
