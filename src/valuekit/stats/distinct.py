"""How many distinct rows each group has.

Owns exact distinct counting over whole numbers that stand for values. Never estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

_LIMIT = 2**63 - 1


def distinct(gids: Integers, size: int, columns: Sequence[Integers]) -> Integers:
    """Count the distinct combinations of the columns in each group.

    One sort of one combined key, so a million rows cost about a tenth of a second whatever the number of groups.

    Args:
        gids: the group of each row, 0 to size - 1.
        size: the number of groups.
        columns: at least one, each of `len(gids)` values; every value is one like any other.

    Returns:
        A count for each group; 0 without rows.
    """
    if not len(gids):
        return np.zeros(size, dtype=np.int64)
    key, width = _narrow(columns[0], _LIMIT // len(gids))
    for column in columns[1:]:
        other, other_width = _narrow(column, _LIMIT // width)
        key, width = _narrow(key * other_width + other, _LIMIT // max(len(gids), size))
    key, width = _narrow(key, _LIMIT // size)
    combined = np.sort(gids * width + key)
    first = np.concatenate(([True], combined[1:] != combined[:-1]))
    return np.bincount(combined[first] // width, minlength=size).astype(np.int64)


def _narrow(values: Integers, limit: int) -> tuple[Integers, int]:
    """Renumber values from 0, equal ones alike.

    Args:
        values: at least one.
        limit: how many numbers may be used, if there are not more distinct values.

    Returns:
        The numbers, and one more than the highest.
    """
    low, high = int(values.min()), int(values.max())
    if high - low < limit:
        return values - low, high - low + 1
    _, numbers = np.unique(values, return_inverse=True)
    return numbers.astype(np.int64), int(numbers.max()) + 1
