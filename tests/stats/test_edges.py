"""Edges of histograms: round, few, around all values; and counts between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.stats.edges import MOST, MOST_WHOLE, counted, round_edges
from valuekit.stats.quantiles import counts_below

values = st.floats(-1e9, 1e9, allow_nan=False, allow_subnormal=False)


@given(values, values)
def test_bins_are_few_equal_and_around_the_range(first: float, second: float) -> None:
    low, high = min(first, second), max(first, second)
    edges = round_edges(low, high)
    slack = 1e-9 * max(abs(low), abs(high), 1e-300)
    assert edges[0] <= low + slack
    assert edges[-1] >= high - slack
    assert 1 <= len(edges) - 1 <= MOST + 1
    assert np.diff(edges) == pytest.approx(np.diff(edges).mean(), rel=1e-6)


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_bins_of_whole_numbers_are_whole_numbers(low: int, span: int) -> None:
    edges = round_edges(low, low + span, whole=True)
    assert (edges == np.floor(edges)).all()
    assert edges[0] <= low
    assert edges[-1] > low + span
    if span < MOST_WHOLE:
        assert list(edges) == list(range(low, low + span + 2))


@pytest.mark.parametrize(
    ("low", "high", "step", "ends"),
    [
        (0.0, 1.0, 0.05, (0.0, 1.0)),
        (0.013, 0.29, 0.01, (0.01, 0.29)),
        (-3.0, 250.0, 10.0, (-10.0, 250.0)),
        (0.0, 86_399.5, 5000.0, (0.0, 90_000.0)),
    ],
)
def test_steps_are_one_two_or_five(low: float, high: float, step: float, ends: tuple[float, float]) -> None:
    edges = round_edges(low, high)
    assert edges[1] - edges[0] == pytest.approx(step)
    assert (edges[0], edges[-1]) == pytest.approx(ends)


def test_an_edge_is_the_number_that_is_written() -> None:
    assert 0.3 in round_edges(0.0, 1.0, most=10).tolist()
    assert list(round_edges(0.37, 0.37)) == pytest.approx([0.0, 0.5])
    assert list(round_edges(0.0, 0.0)) == pytest.approx([0.0, 1.0])


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 100)), max_size=60))
def test_counts_are_those_of_numpy(rows: list[tuple[int, float]]) -> None:
    groups = np.array([group for group, _ in rows], dtype=np.int64)
    numbers = np.array([number for _, number in rows], dtype=np.float64)
    edges = round_edges(0.0, 100.0)
    found = counted(numbers, groups, 3, edges)
    for group in range(3):
        assert found[group].tolist() == np.histogram(numbers[groups == group], edges)[0].tolist()


@given(
    st.lists(st.lists(st.tuples(st.floats(-50, 50), st.integers(1, 9)), max_size=12), min_size=1, max_size=4),
    st.lists(st.floats(-60, 60), min_size=1, max_size=8),
)
def test_atoms_below_a_number_are_counted_exactly(groups: list[list[tuple[float, int]]], asked: list[float]) -> None:
    cells = [sorted({value + 0.0: weight for value, weight in group}.items()) for group in groups]
    starts = np.cumsum([0, *map(len, cells)])
    means = np.array([value for group in cells for value, _ in group], dtype=np.float64)
    weights = np.array([weight for group in cells for _, weight in group], dtype=np.int64)
    x = np.array([*asked, *means], dtype=np.float64)
    found = counts_below(starts, means, weights, np.ones(len(means), dtype=bool), x)
    for row, group in zip(found, cells, strict=True):
        assert row.tolist() == [sum(weight for value, weight in group if value < number) for number in x]


def test_mixed_centroids_are_counted_between_none_and_all() -> None:
    starts, atoms = np.array([0, 3]), np.array([True, False, True])
    means, weights = np.array([0.0, 10.0, 20.0]), np.array([1, 98, 1])
    found = counts_below(starts, means, weights, atoms, np.array([-1.0, 0.0, 0.5, 10.0, 19.0, 20.0, 20.5]))[0]
    assert found.tolist()[:2] == [0, 0]
    assert found.tolist()[3] == 50
    assert found.tolist()[5:] == [99, 100]
    assert (np.diff(found) >= 0).all()
