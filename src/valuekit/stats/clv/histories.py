"""What the models see of customers: how often, how lately and for how long they bought, and for how much.

Owns the arrays and what they must satisfy. Equal customers share a row, whose weight is their number. Never counts
purchases itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"

_BATCH = 1 << 16


@dataclass(frozen=True)
class Histories:
    """When customers bought, one row for all customers of one history. Time is in days, or any one unit throughout.

    Attributes:
        frequency: repeat purchases, whole numbers, at least 0 (the literature's x).
        recency: time from the first to the last purchase, 0 for one purchase (t_x).
        tenure: time from the first purchase to the end of observation, at least `recency` (T).
        weight: how many customers have this history, above 0.

    Raises:
        ValueError: the arrays differ in shape, or a row breaks one of these rules.
    """

    frequency: Array
    recency: Array
    tenure: Array
    weight: Array

    def __post_init__(self) -> None:
        x, t_x, tenure = self.frequency, self.recency, self.tenure
        _check_rows(x, t_x, tenure, self.weight)
        if not (np.all(t_x >= 0.0) and np.all(t_x <= tenure)):
            raise ValueError("recency must lie between 0 and tenure")
        if np.any(t_x[x == 0.0] > 0.0):
            raise ValueError("recency must be 0 where frequency is 0")

    @cached_property
    def pairs(self) -> tuple[Array, Array, NDArray[np.int64]]:
        """The distinct pairs of frequency and tenure, and the pair of each history."""
        x, of_x = np.unique(self.frequency, return_inverse=True)
        tenure, of_tenure = np.unique(self.tenure, return_inverse=True)
        found, row = np.unique(of_x * tenure.size + of_tenure, return_inverse=True)
        return x[found // tenure.size], tenure[found % tenure.size], row

    def taken(self, rows: slice) -> Histories:
        """Take some of them."""
        return Histories(self.frequency[rows], self.recency[rows], self.tenure[rows], self.weight[rows])

    @classmethod
    def of_customers(cls, frequency: Array, recency: Array, tenure: Array) -> Histories:
        """Take one row a customer."""
        return cls(frequency, recency, tenure, np.ones_like(tenure))

    @property
    def customers(self) -> float:
        """How many customers there are."""
        return float(self.weight.sum())


@dataclass(frozen=True)
class Spending:
    """What repeat purchases of customers were worth, one row for all customers of equal numbers.

    Attributes:
        frequency: repeat purchases, whole numbers, at least 1.
        value: the mean value of a customer's repeat purchases, above 0.
        weight: how many customers these are, above 0.

    Raises:
        ValueError: the arrays differ in shape, or a row breaks one of these rules.
    """

    frequency: Array
    value: Array
    weight: Array

    def __post_init__(self) -> None:
        _check_rows(self.frequency, self.value, self.weight)
        if not (np.all(self.frequency >= 1.0) and np.all(self.value > 0.0)):
            raise ValueError("frequency must be at least 1 and value above 0")

    @classmethod
    def of_customers(cls, frequency: Array, value: Array) -> Spending:
        """Take one row a customer."""
        return cls(frequency, value, np.ones_like(value))

    @property
    def customers(self) -> float:
        """How many customers there are."""
        return float(self.weight.sum())


def batches(rows: int) -> Iterator[slice]:
    """Cut rows into batches that may be held with a number for each of many months."""
    yield from (slice(start, start + _BATCH) for start in range(0, rows, _BATCH))


def _check_rows(frequency: Array, *others: Array) -> None:
    """Check what all rows must satisfy; the last of the arrays is the weight."""
    if any(array.shape != frequency.shape or array.ndim != 1 for array in (frequency, *others)):
        raise ValueError("the arrays must be flat and of one length")
    if not all(np.all(np.isfinite(array)) for array in (frequency, *others)):
        raise ValueError("every number must be finite")
    if not (np.all(frequency >= 0.0) and np.all(frequency == np.floor(frequency))):
        raise ValueError("frequency must be a whole number, at least 0")
    if not np.all(others[-1] > 0.0):
        raise ValueError("weight must be above 0")
