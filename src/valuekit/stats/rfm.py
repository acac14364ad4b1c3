"""Recency, frequency, money: quartiles of customers, their mean, and the segments that they make.

Owns the quartile rule, which is the same for heavy ties: a customer's quartile depends on the own value and three cut
points alone, so equal values always share one, and where a value is so frequent that cut points coincide, some
quartiles stay empty. Never knows a segment's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from valuekit.stats.clv.histories import Array

    Whole = NDArray[np.int64]

BEST = 4
"""The best quartile; the worst one is 1."""

CODES = tuple(f"{r}{f}{m}" for r in range(1, BEST + 1) for f in range(1, BEST + 1) for m in range(1, BEST + 1))
"""Every combination of quartiles, written R, F, M: 111 is the worst, 444 the best."""


def quartiles(values: NDArray[np.int64] | Array) -> Whole:
    """Give each value its quartile: 1 + how many of NumPy's 25, 50 and 75 % cut points it exceeds.

    Args:
        values: finite numbers, any of them as often as it likes.
    """
    if values.size == 0:
        return np.zeros(0, dtype=np.int64)
    cuts = np.percentile(values, [25.0, 50.0, 75.0])
    above: Whole = np.sum([values > cut for cut in cuts], axis=0, dtype=np.int64)
    return 1 + above


@dataclass(frozen=True)
class Quartiles:
    """The quartiles of each customer, 1 to 4, 4 the best."""

    r: Whole
    f: Whole
    m: Whole

    @classmethod
    def of(cls, days_since_last: Whole, frequency: Whole, monetary_value: Array) -> Quartiles:
        """Rank customers among each other; of days since the last purchase, few are best: 5 less their quartile."""
        return cls(BEST + 1 - quartiles(days_since_last), quartiles(frequency), quartiles(monetary_value))

    @property
    def score(self) -> Array:
        """The mean of the three."""
        return (self.r + self.f + self.m) / 3.0

    def segments(self, segment_of: Sequence[int]) -> Whole:
        """Find each customer's segment.

        Args:
            segment_of: for each of `CODES` the number of its segment, -1 for none.
        """
        code = ((self.r - 1) * BEST + self.f - 1) * BEST + self.m - 1
        found: Whole = np.asarray(segment_of, dtype=np.int64)[code]
        return found
