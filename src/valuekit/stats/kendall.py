"""Kendall's tau-b and its p-value.

Owns the count of pairs that are in another order by one number than by the other. Never takes a sample.

Source: M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945) 239-251; the exact distribution
without ties as in M. G. Kendall, Rank correlation methods (1970).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Whole = NDArray[np.int64]

EXACT = 33
"""Up to so many pairs without ties the p-value is exact; above, that of a normal distribution."""


def kendall(x: Array, y: Array) -> tuple[float, float]:
    """Compute tau-b and the p-value of no correlation, two-sided.

    Args:
        x: at least two values, not all equal.
        y: as many.
    """
    ranks = [np.unique(values, return_inverse=True)[1] for values in (x, y)]
    order = np.lexsort(ranks[::-1])
    first, second = (rank[order] for rank in ranks)
    total, n = x.size * (x.size - 1) // 2, x.size
    in_x, in_y = np.bincount(first), np.bincount(second)
    new = np.append(True, (np.diff(first) != 0) | (np.diff(second) != 0))
    both = _pairs(np.bincount(np.cumsum(new) - 1))
    ties_x, ties_y = _pairs(in_x), _pairs(in_y)
    swapped = inversions(second)
    difference = total - ties_x - ties_y + both - 2 * swapped
    value = difference / math.sqrt(total - ties_x) / math.sqrt(total - ties_y)
    value = min(1.0, max(-1.0, value))
    least = min(swapped, total - swapped)
    if ties_x == ties_y == 0 and (n <= EXACT or least <= 1):
        return value, _exact(n, least)
    return value, _normal(n, difference, in_x, in_y)


def _pairs(counts: Whole) -> int:
    """How many pairs there are within groups of so many."""
    return int((counts * (counts - 1) // 2).sum())


def inversions(values: Whole) -> int:
    """Count the pairs of which the first one is greater.

    Bit by bit from the highest: among values that agree so far, a 1 before a 0 is such a pair.

    Args:
        values: whole numbers of at least 0.
    """
    found, bits = 0, int(values.max(initial=0)).bit_length()
    for bit in reversed(range(bits)):
        one = (values >> bit) & 1
        ones = np.cumsum(one)
        agreeing = values >> (bit + 1)
        start = np.flatnonzero(np.append(True, np.diff(agreeing) != 0))
        before = np.repeat((ones - one)[start], np.diff(np.append(start, values.size)))
        found += int((ones - before)[one == 0].sum())
        values = values[np.lexsort((one, agreeing))] if bit else values
    return found


def _exact(n: int, least: int) -> float:
    """Twice the chance of at most so many swapped pairs among all orders of n, which are equally likely."""
    chance = np.zeros(least + 1)
    chance[0] = 1.0
    for size in range(2, n + 1):
        summed = np.cumsum(chance)
        summed[size:] -= np.cumsum(chance)[: max(0, least + 1 - size)]
        chance = summed / size
    return min(1.0, 2.0 * float(chance.sum()))


def _normal(n: int, difference: int, in_x: Whole, in_y: Whole) -> float:
    """The p-value by the variance that ties leave."""
    from scipy.special import ndtr

    def weigh(counts: Whole) -> tuple[float, float, float]:
        of = counts.astype(np.float64)
        return (
            (of * (of - 1.0) / 2.0).sum(),
            (of * (of - 1.0) * (of - 2.0)).sum(),
            (of * (of - 1.0) * (2 * of + 5)).sum(),
        )

    (pairs_x, triples_x, spread_x), (pairs_y, triples_y, spread_y) = weigh(in_x), weigh(in_y)
    m = n * (n - 1.0)
    variance = (m * (2.0 * n + 5.0) - spread_x - spread_y) / 18.0 + 2.0 * pairs_x * pairs_y / m
    variance += triples_x * triples_y / (9.0 * m * (n - 2.0)) if n > 2 else 0.0
    return float(2.0 * ndtr(-abs(difference) / math.sqrt(variance)))
