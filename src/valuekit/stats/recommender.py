"""How varied the offers of a group are: personalization and novelty, from every counted offer.

Owns the arithmetic of both, exact and without a sample. Customers and actions are whole numbers that stand for them; an
undefined number is NaN. Never knows where the offers come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

BLOCK = 500_000
"""About so many offers are sorted at a time."""

_KEY_BITS = 63
_COARSE, _FINE = 2.0**26, 2.0**53


@dataclass(frozen=True)
class Variety:
    """How varied the offers of each group are.

    Attributes:
        personalization: 0 where all customers get the same mix of actions, 1 where no two share one; NaN below two
            customers.
        novelty: bits of surprise in an offer's action, at least 0; NaN without a customer.
        without_customer: how many offers were left out, because they have no customer.
    """

    personalization: Floats
    novelty: Floats
    without_customer: Integers


def variety(gids: Integers, size: int, customers: Integers, actions: Integers) -> Variety:
    """Compute personalization and novelty of every group.

    personalization = 1 - (‖Σ_u v_u/‖v_u‖‖² - U)/(U(U - 1)), v_u the number of offers of each action to customer u: one
    minus the mean cosine of two customers. novelty = the mean over offers of -log2(U_i/U), U_i of U customers having
    been offered action i (both as METRICS.md §5 defines them).

    Customers are gone through a block at a time: what is summed over them is summed exactly, so blocks change no bit.

    Args:
        gids: the group of each offer, 0 to size - 1.
        size: the number of groups.
        customers: the customer of each offer, at least 0; -1 for none.
        actions: the action of each offer, at least 0; -1, an action without a name, is an action like any other.

    Returns:
        `size` numbers each. Equal offers in any order, under any codes, give equal bits.
    """
    known = customers >= 0
    without = np.bincount(gids[~known], minlength=size).astype(np.int64)
    if without.any():
        gids, customers, actions = gids[known], customers[known], actions[known]
    if not len(gids):
        nothing = np.full(size, np.nan)
        return Variety(nothing, nothing.copy(), without)
    cells, owners = _cells(gids, actions + 1)
    sums = _Sums.empty(size, len(owners))
    blocks = -(-len(gids) // BLOCK)
    for block in range(blocks):
        mine = slice(None) if blocks == 1 else customers % blocks == block
        sums.add(_pairs(gids[mine], customers[mine], cells[mine]))
    return Variety(_personalization(sums, owners), _novelty(sums, owners), without)


class _Pairs(NamedTuple):
    """The actions of each customer in each group: one entry for each group, customer and action, in that order.

    Attributes:
        groups: the group.
        cells: the number of the group and action.
        counts: how many offers.
        firsts: where the entries of each customer of each group start.
    """

    groups: Integers
    cells: Integers
    counts: Integers
    firsts: Integers


class _Sums(NamedTuple):
    """Sums over customers.

    Attributes:
        audience: the customers of each group.
        reached: the customers of each cell.
        offers: the offers of each cell.
        coarse: the upper part of the sum of unit vectors in each cell.
        fine: the rest of it.
    """

    audience: Integers
    reached: Integers
    offers: Floats
    coarse: Floats
    fine: Floats

    @classmethod
    def empty(cls, groups: int, cells: int) -> _Sums:
        """The sums over nobody."""
        return cls(
            np.zeros(groups, dtype=np.int64), np.zeros(cells, dtype=np.int64), *(np.zeros(cells) for _ in range(3))
        )

    def add(self, pairs: _Pairs) -> None:
        """Add customers."""
        squares = np.add.reduceat(pairs.counts * pairs.counts, pairs.firsts) if len(pairs.firsts) else np.zeros(0)
        widths = np.diff(pairs.firsts, append=len(pairs.counts))
        units = pairs.counts / np.repeat(np.sqrt(squares), widths)
        for total, part in zip((self.coarse, self.fine), _split(units), strict=True):
            np.add(total, np.bincount(pairs.cells, weights=part, minlength=len(total)), out=total)
        np.add(self.offers, np.bincount(pairs.cells, weights=pairs.counts, minlength=len(self.offers)), out=self.offers)
        np.add(self.reached, np.bincount(pairs.cells, minlength=len(self.reached)), out=self.reached)
        people = np.bincount(pairs.groups[pairs.firsts], minlength=len(self.audience))
        np.add(self.audience, people, out=self.audience)


def _personalization(sums: _Sums, owners: Integers) -> Floats:
    """One minus the mean cosine: U(1 - Q)/(U - 1), Q the squared length of the mean unit vector."""
    audience = sums.audience
    mean = (sums.coarse + sums.fine) / audience[owners]
    length = _added(owners, len(audience), mean * mean)
    several = audience > 1
    return np.where(several, np.clip(audience * (1.0 - length) / np.where(several, audience - 1, 1), 0.0, 1.0), np.nan)


def _novelty(sums: _Sums, owners: Integers) -> Floats:
    """The mean surprise of an offer, each action weighted by its share of the offers."""
    audience = sums.audience
    total = np.bincount(owners, weights=sums.offers, minlength=len(audience))
    surprise = np.log2(audience[owners] / sums.reached)
    return np.where(audience > 0, _added(owners, len(audience), sums.offers / total[owners] * surprise), np.nan)


def _pairs(groups: Integers, customers: Integers, cells: Integers) -> _Pairs:
    """Collapse offers by one sort of one whole number that holds group, customer and cell."""
    if not len(groups):
        return _Pairs(groups, cells, groups, groups)
    cell_bits, customer_bits = int(cells.max()).bit_length(), int(customers.max()).bit_length()
    group_bits = int(groups.max()).bit_length()
    if group_bits + customer_bits + cell_bits > _KEY_BITS:
        return _wide_pairs(groups, customers, cells)
    keys = groups << customer_bits
    keys |= customers
    keys <<= cell_bits
    keys |= cells
    keys.sort()
    starts = _run_starts(keys)
    keys = keys[starts]
    people = keys >> cell_bits
    counts = np.diff(starts, append=len(groups))
    return _Pairs(people >> customer_bits, keys & ((1 << cell_bits) - 1), counts, _run_starts(people))


def _wide_pairs(groups: Integers, customers: Integers, cells: Integers) -> _Pairs:
    """As `_pairs`, for codes that do not fit into one whole number together."""
    order = np.lexsort((cells, customers, groups))
    groups, customers, cells = groups[order], customers[order], cells[order]
    new_person = _changes(groups) | _changes(customers)
    starts = np.flatnonzero(new_person | _changes(cells))
    counts = np.diff(starts, append=len(groups))
    return _Pairs(groups[starts], cells[starts], counts, np.flatnonzero(new_person[starts]))


def _cells(groups: Integers, actions: Integers) -> tuple[Integers, Integers]:
    """Number the actions of every group.

    Returns:
        The number of each offer's group and action, and the group of each number.
    """
    bits = int(actions.max()).bit_length()
    most = int(groups.max()) + 1
    if most.bit_length() + bits > _KEY_BITS:
        actions = np.unique(actions, return_inverse=True)[1].astype(np.int64)
        return _cells(groups, actions)
    keys = groups << bits
    keys |= actions
    if most << bits <= 2 * len(groups):
        used = np.zeros(most << bits, dtype=np.bool_)
        used[keys] = True
        return (np.cumsum(used) - 1)[keys], np.flatnonzero(used) >> bits
    distinct, cells = np.unique(keys, return_inverse=True)
    return cells, distinct >> bits


def _run_starts(values: Integers) -> Integers:
    """Where a run of equal values starts."""
    return np.flatnonzero(_changes(values))


def _changes(values: Integers) -> NDArray[np.bool_]:
    """Whether a value differs from the one before; the first does."""
    changed = np.empty(len(values), dtype=np.bool_)
    changed[:1] = True
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed


def _split(values: Floats) -> tuple[Floats, Floats]:
    """Split values at 2^-26 and round at 2^-53: sums of either part are exact, of up to 2^26 values below 1."""
    coarse = np.rint(values * _COARSE) / _COARSE
    return coarse, np.rint((values - coarse) * _FINE) / _FINE


def _added(places: Integers, size: int, values: Floats) -> Floats:
    """Add values up at their places, with the same bits in any order."""
    coarse, fine = (np.bincount(places, weights=part, minlength=size) for part in _split(values))
    return np.asarray(coarse + fine, dtype=np.float64)
