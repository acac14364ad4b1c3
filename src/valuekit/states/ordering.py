"""Sorting numbers within groups: what a digest costs.

Owns one order, by group and then by value. Never compares Python objects, and never loops over groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = 64
_LEAST_ROOM = 8


def group_order(gids: NDArray[np.int64], size: int, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Find the order of rows by group, then by value; equal ones in the order they came.

    Args:
        gids: the group of each row, 0 to size - 1.
        size: the number of groups.
        values: finite, without -0.0.

    Returns:
        The permutation that sorts.
    """
    if _is_ordered(gids, values):
        return np.arange(len(gids))
    signed = values.view(np.int64)
    # A double's bits sort as a signed integer once those of negative numbers, all but the sign, are flipped.
    rising = signed ^ ((signed >> 63) & np.int64(2**63 - 1))
    ranks = (rising - rising.min()).view(np.uint64)
    return rank_order(gids, size, ranks)


def _is_ordered(gids: NDArray[np.int64], values: NDArray[np.float64]) -> bool:
    if len(gids) < 2:
        return True
    if (gids[:4096][1:] < gids[:4096][:-1]).any():
        return False
    steps = np.diff(gids)
    return bool((steps >= 0).all() and ((steps > 0) | (values[1:] >= values[:-1])).all())


def rank_order(gids: NDArray[np.int64], size: int, ranks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Find the order of rows by group, then by rank; equal ones in the order they came.

    One sort of 64-bit words does it, each of the group, the leading bits of the rank and the row number: a plain sort
    is several times as fast as an argsort. Rows that differ only in bits of the rank for which the word has no room are
    put right by a second sort of these rows alone, by those bits.
    """
    if len(gids) < 2:
        return np.arange(len(gids))
    row_bits = int(len(gids) - 1).bit_length()
    room = _WORD - row_bits - int(size - 1).bit_length()
    rank_bits = int(ranks.max()).bit_length()
    if room < min(rank_bits, _LEAST_ROOM):
        return np.lexsort((ranks, gids))
    kept = min(rank_bits, room)
    lost = rank_bits - kept
    words = ranks >> np.uint64(lost) if lost else ranks.copy()
    words |= _shift(gids.astype(np.uint64), kept)
    words = _shift(words, row_bits)
    words |= np.arange(len(gids), dtype=np.uint64)
    words.sort()
    order = (words & np.uint64(2**row_bits - 1)).view(np.int64)
    if lost:
        words >>= np.uint64(row_bits)
        _repair(order, words, ranks.take(order) & np.uint64(2**lost - 1))
    return order


def _shift(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    """Shift left in place; a shift by the whole word, undefined in C, happens only where every word is 0."""
    if bits < _WORD:
        words <<= np.uint64(bits)
    return words


def _repair(order: NDArray[np.int64], words: NDArray[np.uint64], rest: NDArray[np.uint64]) -> None:
    """Sort the runs of equal words, where they are out of order, by the rest of the rank; in place."""
    same = words[1:] == words[:-1]
    wrong = np.flatnonzero(same & (rest[1:] < rest[:-1]))
    if not len(wrong):
        return
    run = np.concatenate(([0], np.cumsum(~same)))
    bad = np.zeros(int(run[-1]) + 1, dtype=np.bool_)
    bad[run[wrong]] = True
    rows = np.flatnonzero(bad[run])
    compact = np.cumsum(bad)[run[rows]] - 1
    order[rows] = order[rows][rank_order(compact, int(compact[-1]) + 1, rest[rows])]
