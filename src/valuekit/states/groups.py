"""Rows in groups, as arrays: what the NumPy forms of states are built from.

Owns what states share while they are built: one sort of a column serves its moments, its extrema and its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from valuekit.states.centroids import Centroids
from valuekit.states.numbers import add_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

POSITIVE = "_positive"


@dataclass(frozen=True)
class Groups:
    """Rows, each in one group.

    Attributes:
        gids: the group of each row, 0 to size - 1.
        size: the number of groups.
        values: for the SQL of each input its value in each row: flags as booleans, integers, numbers as floats with NaN
            for missing; and `_positive`, where rows are offers.
    """

    gids: NDArray[np.int64]
    size: int
    values: Mapping[str, NDArray[Any]]
    _sorted: dict[tuple[str, bool], Centroids] = field(default_factory=dict)

    def count(self, flag: str | None) -> NDArray[np.int64]:
        """The rows of each group for which a flag holds; all of them for None."""
        gids = self.gids if flag is None else self.gids[self.values[flag]]
        return np.bincount(gids, minlength=self.size).astype(np.int64)

    def total(self, integer: str) -> NDArray[np.int64]:
        """The sum of an integer over the rows of each group; exact below 2^53."""
        return add_whole(self.gids, self.size, self.values[integer])

    def sorted(self, number: str, *, joint: bool = False) -> Centroids:
        """The distinct values of a number in each group, in order, with how many rows have each.

        Args:
            number: the SQL of the input; missing and infinite values are left out.
            joint: also count the positives among these rows.
        """
        found = self._sorted.get((number, joint))
        if found is None:
            values = self.values[number]
            there = np.isfinite(values)
            positive = self.values[POSITIVE] if joint else None
            if not there.all():
                gids, values = self.gids[there], values[there]
                positive = positive[there] if positive is not None else None
            else:
                gids = self.gids
            found = self._sorted[number, joint] = Centroids.of_rows(gids, self.size, values, positive)
        return found
