"""Edges of histograms: at round numbers, or between whole ones.

Owns where bins begin and end, and how many values each holds. Never reads data.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 30
"""So many bins at most, but for one more where the range begins or ends inside of one."""

MOST_WHOLE = 50
"""So many whole numbers at most have a bin each."""

_STEPS = (1.0, 2.0, 5.0, 10.0)


def round_edges(low: float, high: float, *, whole: bool = False, most: int = MOST) -> NDArray[np.float64]:
    """Lay equal bins over a range: steps of 1, 2 or 5 times a power of ten.

    Args:
        low: the least value.
        high: the greatest value.
        whole: whether all values are whole numbers: then a bin is a whole number, or several of them.
        most: how many bins, about.

    Returns:
        The edges. A bin holds the values from its lower edge up to, and without, its upper one; the last one holds its
        upper edge, too. Below `high` lies the last edge only where it equals it.
    """
    if whole and high - low < MOST_WHOLE:
        step = 1.0
    else:
        step = _step(high - low, most) if high > low else _step(abs(high) or 1.0, 1)
        step = max(step, 1.0) if whole else step
    first, last = floor(low / step), ceil(high / step)
    if last == first or (whole and last * step <= high):
        last += 1
    digits = max(0, -floor(log10(step)))
    edges = np.arange(first, last + 1, dtype=np.float64) * step
    return np.round(edges, digits) if digits <= 15 else edges


def _step(span: float, most: int) -> float:
    """The least round step of which so many span a range."""
    wanted = span / most
    power = 10.0 ** floor(log10(wanted)) if wanted >= 1e-300 else 1e-300
    return next(float(f"{factor * power:.6g}") for factor in (*_STEPS, 20.0) if factor * power >= wanted * (1 - 1e-9))


def counted(
    values: NDArray[np.float64], groups: NDArray[np.int64], size: int, edges: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Count values by group and bin.

    Args:
        values: within the edges.
        groups: the group of each value, 0 to size - 1.
        size: how many groups there are.
        edges: of the bins.

    Returns:
        (groups, bins).
    """
    bins = edges.size - 1
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, bins - 1)
    return np.bincount(groups * bins + place, minlength=size * bins).reshape(size, bins)
