"""Quartiles: the rule, and what it makes of ties."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.stats.rfm import CODES, Quartiles, quartiles


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60))
def test_a_quartile_counts_the_cut_points_below_a_value(values: list[int]) -> None:
    cuts = sorted(float(np.quantile(values, q)) for q in (0.25, 0.5, 0.75))
    assert quartiles(np.array(values)).tolist() == [1 + bisect.bisect_left(cuts, value) for value in values]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40))
def test_equal_values_share_a_quartile_and_greater_ones_have_no_lower(values: list[int]) -> None:
    found = dict(zip(values, quartiles(np.array(values)).tolist(), strict=True))
    assert [found[value] for value in values] == quartiles(np.array(values)).tolist()
    assert [found[value] for value in sorted(found)] == sorted(found.values())


def test_numbers_without_ties_make_four_equal_parts() -> None:
    assert np.bincount(quartiles(np.arange(100))).tolist() == [0, 25, 25, 25, 25]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], []), ([7], [1]), ([0.1] * 5, [1] * 5), ([0] * 9 + [1], [1] * 9 + [4]), ([0] + [5] * 9, [1] + [1] * 9)],
)
def test_where_a_value_fills_several_quartiles_some_stay_empty(values: list[float], expected: list[int]) -> None:
    assert quartiles(np.array(values)).tolist() == expected


def test_few_days_since_the_last_purchase_are_best() -> None:
    whole = np.array([0, 1, 2, 3])
    found = Quartiles.of(whole, whole, whole.astype(float))
    assert (found.r.tolist(), found.f.tolist(), found.m.tolist()) == ([4, 3, 2, 1], [1, 2, 3, 4], [1, 2, 3, 4])
    assert found.score.tolist() == pytest.approx([(4 + 1 + 1) / 3, (3 + 2 + 2) / 3, (2 + 3 + 3) / 3, (1 + 4 + 4) / 3])


def test_a_customer_who_bought_as_lately_as_all_others_is_among_the_latest() -> None:
    same = np.zeros(5, dtype=np.int64)
    found = Quartiles.of(same, same, same.astype(float))
    assert (found.r.tolist(), found.f.tolist()) == ([4] * 5, [1] * 5)


def test_a_segment_is_found_by_its_code() -> None:
    ranks = np.array([[int(part) for part in code] for code in CODES])
    found = Quartiles(*ranks.T)
    assert found.segments(range(64)).tolist() == list(range(64))
    assert (CODES[0], CODES[1], CODES[4], CODES[-1]) == ("111", "112", "121", "444")
