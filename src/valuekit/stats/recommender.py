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


class _Pairs(NamedTuple):
    """The actions of each customer in each group: one entry for each group, customer and action, in that order.

    Attributes:
        groups: the group.
        actions: the action's code.
        counts: how many offers.
        firsts: where the entries of each customer of each group start.
    """

    groups: Integers
    actions: Integers
    counts: Integers
    firsts: Integers


def variety(gids: Integers, size: int, customers: Integers, actions: Integers) -> Variety:
    """Compute personalization and novelty of every group.

    personalization = 1 - (‖Σ_u v_u/‖v_u‖‖² - U)/(U(U - 1)), v_u the number of offers of each action to customer u: one
    minus the mean cosine of two customers. novelty = the mean over offers of -log2(U_i/U), U_i of U customers having
    been offered action i (both as METRICS.md §5 defines them).

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
    pairs = _pairs(gids, customers, actions + 1)
    audience = np.bincount(pairs.groups[pairs.firsts], minlength=size)
    cells, owners = _cells(pairs)
    return Variety(
        _personalization(pairs, audience, cells, owners),
        _novelty(pairs, audience, cells, owners),
        without,
    )


def _personalization(pairs: _Pairs, audience: Integers, cells: Integers, owners: Integers) -> Floats:
    """One minus the mean cosine: U(1 - Q)/(U - 1), Q the squared length of the mean unit vector."""
    squares = np.add.reduceat(pairs.counts * pairs.counts, pairs.firsts)
    widths = np.diff(pairs.firsts, append=len(pairs.counts))
    units = pairs.counts / np.repeat(np.sqrt(squares), widths)
    mean = _sums(cells, len(owners), units) / audience[owners]
    length = _sums(owners, len(audience), mean * mean)
    several = audience > 1
    return np.where(several, np.clip(audience * (1.0 - length) / np.where(several, audience - 1, 1), 0.0, 1.0), np.nan)


def _novelty(pairs: _Pairs, audience: Integers, cells: Integers, owners: Integers) -> Floats:
    """The mean surprise of an offer, each action weighted by its share of the offers."""
    reached = np.bincount(cells, minlength=len(owners))
    offers = np.bincount(cells, weights=pairs.counts, minlength=len(owners))
    total = np.bincount(owners, weights=offers, minlength=len(audience))
    surprise = np.log2(audience[owners] / reached)
    return np.where(audience > 0, _sums(owners, len(audience), offers / total[owners] * surprise), np.nan)


def _pairs(groups: Integers, customers: Integers, actions: Integers) -> _Pairs:
    """Collapse offers by one sort of one whole number that holds group, customer and action."""
    action_bits, customer_bits = int(actions.max()).bit_length(), int(customers.max()).bit_length()
    group_bits = int(groups.max()).bit_length()
    if group_bits + customer_bits + action_bits > _KEY_BITS:
        return _wide_pairs(groups, customers, actions)
    keys = groups << customer_bits
    keys |= customers
    keys <<= action_bits
    keys |= actions
    keys.sort()
    starts = _run_starts(keys)
    keys = keys[starts]
    people = keys >> action_bits
    counts = np.diff(starts, append=len(groups))
    return _Pairs(people >> customer_bits, keys & ((1 << action_bits) - 1), counts, _run_starts(people))


def _wide_pairs(groups: Integers, customers: Integers, actions: Integers) -> _Pairs:
    """As `_pairs`, for codes that do not fit into one whole number together."""
    order = np.lexsort((actions, customers, groups))
    groups, customers, actions = groups[order], customers[order], actions[order]
    new_person = _changes(groups) | _changes(customers)
    starts = np.flatnonzero(new_person | _changes(actions))
    counts = np.diff(starts, append=len(groups))
    return _Pairs(groups[starts], actions[starts], counts, np.flatnonzero(new_person[starts]))


def _cells(pairs: _Pairs) -> tuple[Integers, Integers]:
    """Number the actions of every group.

    Returns:
        The number of each pair's group and action, and the group of each number.
    """
    bits = int(pairs.actions.max()).bit_length()
    most = int(pairs.groups.max()) + 1
    if most << bits <= 2 * len(pairs.groups):
        keys = pairs.groups << bits
        keys |= pairs.actions
        used = np.zeros(most << bits, dtype=np.bool_)
        used[keys] = True
        numbers = np.cumsum(used) - 1
        return numbers[keys], np.flatnonzero(used) >> bits
    if most.bit_length() + bits > _KEY_BITS:
        actions = np.unique(pairs.actions, return_inverse=True)[1].astype(np.int64)
        return _cells(pairs._replace(actions=actions))
    keys = pairs.groups << bits
    keys |= pairs.actions
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


def _sums(places: Integers, size: int, values: Floats) -> Floats:
    """Add values up at their places, with the same bits in any order.

    Each value is split at 2^-26 and rounded at 2^-53; sums of either part are exact, for sums below 2^26 of at most
    2^26 values.
    """
    coarse = np.rint(values * _COARSE) / _COARSE
    fine = np.rint((values - coarse) * _FINE) / _FINE
    total = np.bincount(places, weights=coarse, minlength=size) + np.bincount(places, weights=fine, minlength=size)
    return np.asarray(total, dtype=np.float64)
