"""Distinct counts against Python's sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.stats.distinct import distinct

EDGES = [-(2**63), -(2**63) + 1, -1, 0, 1, 2**62, 2**63 - 1]
VALUE = st.sampled_from(EDGES) | st.integers(-1, 5)


@given(st.lists(st.tuples(st.integers(0, 4), VALUE, VALUE, VALUE), max_size=40), st.integers(1, 3))
def test_distinct_combinations_equal_a_set(rows: list[tuple[int, int, int, int]], count: int) -> None:
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    found = distinct(table[:, 0], 5, [table[:, column] for column in range(1, count + 1)])
    assert found.dtype == np.int64
    assert found.tolist() == [len({row[1 : count + 1] for row in rows if row[0] == group}) for group in range(5)]


@pytest.mark.parametrize("scale", [1, 2**44])
def test_many_groups_and_wide_values(scale: int) -> None:
    rng = np.random.default_rng(7)
    gids = rng.integers(0, 20_000, 100_000)
    columns = [rng.integers(-1, 50, 100_000) * scale for _ in range(2)]
    expected = np.zeros(20_000, dtype=np.int64)
    for group, _, _ in set(zip(gids.tolist(), *(column.tolist() for column in columns), strict=True)):
        expected[group] += 1
    assert np.array_equal(distinct(gids, 20_000, columns), expected)


def test_more_groups_than_rows_never_overflow() -> None:
    ids = np.array([-(2**63), 2**63 - 1, 2**63 - 1], dtype=np.int64)
    found = distinct(np.array([0, 0, 9_999_999], dtype=np.int64), 10_000_000, [ids, ids])
    assert found[[0, 9_999_999]].tolist() == [2, 1]
    assert found.sum() == 3


def test_two_wide_columns_are_told_apart() -> None:
    """As one key of 64 bits without renumbering, 4·2^62 + 0 would be the same as 0·2^62 + 0."""
    first, second = np.array([0, 4, 2**60, 0]), np.array([0, 0, 0, 2**62 - 1])
    assert distinct(np.zeros(4, dtype=np.int64), 1, [first, second]).tolist() == [4]
