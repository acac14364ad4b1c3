"""Ratios of gamma functions whose arguments differ by whole numbers, summed over customers.

Owns that sum and its derivatives. As products they are exact where differences of logarithms of Γ lose all digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from valuekit.stats.clv.histories import Array


class Rising:
    """The sum over customers of ln(Γ(c + x)/Γ(c)) = Σ_{j < x} ln(c + j)."""

    def __init__(self, frequency: Array, weight: Array) -> None:
        counts = np.bincount(frequency.astype(np.int64), weight)
        self._above = np.cumsum(counts[::-1])[::-1][1:]
        self._steps = np.arange(self._above.size, dtype=np.float64)

    def __call__(self, c: float) -> tuple[float, float, float]:
        """Compute the sum and its first two derivatives by c."""
        inverse = 1.0 / (c + self._steps)
        weighted = self._above * inverse
        return float(self._above @ np.log(c + self._steps)), float(weighted.sum()), -float(weighted @ inverse)
