"""Rows become offers: which row decides each, found in arrays.

Owns resolution. Never reads facts, and knows nothing of what a row says but its offer, its sign and its place in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

_SLOTS = 4
"""How many times as many slots as keys there are, at least."""


@dataclass(frozen=True)
class Repeated:
    """Rows of offers that have several.

    Attributes:
        rows: their numbers, sorted by offer, then the best first: positive ones before negative ones, then by order.
        starts: where each offer begins in `rows`, and one more for the end.
        tied: offers of which several rows share the first place.
    """

    rows: Whole
    starts: Whole
    tied: Whole

    @property
    def first(self) -> Whole:
        """The best row of each offer."""
        return self.rows[self.starts[:-1]]

    @property
    def offer(self) -> Whole:
        """The offer of each of `rows`, counted from 0."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True)
class Resolved:
    """Offers.

    Attributes:
        deciding: the number of the deciding row of each offer.
        taking: the numbers of all rows that take part.
        decider: for each of `taking` the row that decides its offer.
        repeated: those of offers with several.
    """

    deciding: Whole
    taking: Whole
    decider: Whole
    repeated: Repeated


def recurring(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell of each key whether it may occur more than once: of every key that does, and of few others.

    Keys share a slot of a table by their last bits, which is much faster than sorting them.

    Args:
        keys: evenly spread.
    """
    mask = (1 << int(_SLOTS * len(keys)).bit_length()) - 1
    slots = (keys & np.uint64(mask)).view(np.int64)
    rows = np.arange(len(keys), dtype=np.int32)
    last = np.empty(mask + 1, dtype=np.int32)
    last[slots] = rows
    shared = np.zeros(mask + 1, dtype=bool)
    shared[slots[last.take(slots) != rows]] = True
    return shared.take(slots)


def resolve(
    taking: Whole,
    several: NDArray[np.bool_],
    offer: tuple[NDArray[np.uint64], NDArray[np.uint64]],
    positive: NDArray[np.bool_],
    order: Sequence[NDArray[np.generic]],
) -> Resolved:
    """Find the deciding row of every offer.

    Args:
        taking: the numbers of the rows that take part.
        several: whether the offer of a row may have others among all rows; where it has not, the row decides.
        offer: the lower and the upper half of the offer's key, for all rows.
        positive: whether a row's outcome is positive, for all rows.
        order: what decides among rows of one sign, for all rows: arrays that sort, the first counts first.
    """
    low, high = offer
    rows = taking[several[taking]]
    keys = [item[rows] for item in reversed(order)]
    arranged = rows[np.lexsort((*keys, ~positive[rows], high[rows], low[rows]))]
    begins = _changes([low[arranged], high[arranged]])
    starts = np.append(np.flatnonzero(begins), len(arranged))
    second = starts[:-1][np.diff(starts) > 1]
    alike = np.ones(len(second), dtype=bool)
    for item in (positive, *order):
        alike &= item[arranged[second]] == item[arranged[second + 1]]
    tied = np.cumsum(begins)[second[alike]] - 1
    return _resolved(taking, Repeated(arranged, starts, tied))


def _resolved(taking: Whole, repeated: Repeated) -> Resolved:
    """The offers, of which those with several rows are decided by the first of these."""
    decider = np.arange(int(taking[-1]) + 1 if len(taking) else 0)
    decider[repeated.rows] = np.repeat(repeated.first, np.diff(repeated.starts))
    decider = decider[taking]
    return Resolved(taking[decider == taking], taking, decider, repeated)


def untie(
    resolved: Resolved, place: Whole, positive: NDArray[np.bool_], order: Sequence[NDArray[np.generic]]
) -> Resolved:
    """Choose among rows that share the first place of an offer.

    Args:
        resolved: the offers.
        place: for each of `repeated.rows` its place among all; rows that share even that are alike to whoever asks.
        positive: as for `resolve`.
        order: as for `resolve`.
    """
    repeated = resolved.repeated
    rows = repeated.rows
    keys = [item[rows] for item in reversed(order)]
    by_place = np.lexsort((place, *keys, ~positive[rows], repeated.offer))
    return _resolved(resolved.taking, Repeated(rows[by_place], repeated.starts, repeated.tied))


def totals(shares: NDArray[np.generic], repeated: Repeated) -> NDArray[np.generic]:
    """Sum over the rows of each offer that has several, the smallest first, so that equal rows give equal bits."""
    if not len(repeated.rows):
        return shares[:0]
    values = shares[repeated.rows]
    ordered = values[np.lexsort((values, repeated.offer))]
    return np.asarray(np.add.reduceat(ordered, repeated.starts[:-1]))


def _changes(columns: Sequence[NDArray[np.generic]]) -> NDArray[np.bool_]:
    """Tell of each row whether it differs from the one before it; the first does."""
    changes = np.zeros(len(columns[0]), dtype=bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return changes
