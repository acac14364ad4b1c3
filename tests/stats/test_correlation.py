"""Correlations: SciPy's coefficients, intervals that hold the truth, and a sample for Kendall's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from valuekit.stats.correlation import METHODS, SAMPLE, correlations
from valuekit.stats.kendall import inversions


def test_coefficients_are_those_of_scipy() -> None:
    random = np.random.default_rng(1)
    x = random.poisson(3, 500).astype(float)
    y = 0.4 * x + random.normal(size=500)
    pearson, kendall, spearman = correlations(x, y)
    assert [one.method for one in (pearson, kendall, spearman)] == list(METHODS)
    for found, expected in ((pearson, stats.pearsonr), (kendall, stats.kendalltau), (spearman, stats.spearmanr)):
        assert found.value == pytest.approx(expected(x, y)[0], rel=1e-12)
        assert found.p_value == pytest.approx(expected(x, y)[1], rel=1e-9)
        assert found.low < found.value < found.high
        assert found.pairs == 500
    interval = stats.pearsonr(x, y).confidence_interval(0.95)
    assert (pearson.low, pearson.high) == pytest.approx((interval.low, interval.high), rel=1e-6)


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=60))
def test_few_values_with_many_ties_are_those_of_scipy(pairs: list[tuple[int, int]]) -> None:
    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    expected = (stats.pearsonr(x, y), stats.kendalltau(x, y), stats.spearmanr(x, y))
    for found, (value, p_value) in zip(correlations(x, y), expected, strict=True):
        assert found.value == pytest.approx(value, abs=1e-12)
        assert found.p_value == pytest.approx(p_value, rel=1e-6, abs=1e-7, nan_ok=True)


@pytest.mark.parametrize("size", [2, 3, 4, 10, 33, 34, 50, 400])
@pytest.mark.parametrize("strength", [0.0, 0.3, 3.0, 1e9, -1e9])
def test_values_without_ties_are_those_of_scipy(size: int, strength: float) -> None:
    random = np.random.default_rng(size)
    x = random.normal(size=size)
    y = strength * x + random.normal(size=size)
    expected = (stats.pearsonr(x, y), stats.kendalltau(x, y), stats.spearmanr(x, y))
    for found, (value, p_value) in zip(correlations(x, y), expected, strict=True):
        assert found.value == pytest.approx(value, abs=1e-12)
        assert found.p_value == pytest.approx(p_value, rel=1e-6, abs=1e-7, nan_ok=True)


@given(st.lists(st.integers(0, 300), max_size=80))
def test_inversions(values: list[int]) -> None:
    swapped = sum(one > other for at, one in enumerate(values) for other in values[at + 1 :])
    assert inversions(np.array(values, dtype=np.int64)) == swapped


@pytest.mark.parametrize("x", [[], [1.0], [2.0, 2.0, 2.0]])
def test_what_does_not_vary_has_none(x: list[float]) -> None:
    for found in correlations(np.array(x), np.arange(len(x), dtype=float)):
        assert all(math.isnan(value) for value in (found.value, found.low, found.high, found.p_value))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    rho = 0.5
    truth = {"Pearson": rho, "Kendall": 2 / np.pi * np.arcsin(rho), "Spearman": 6 / np.pi * np.arcsin(rho / 2)}
    held = dict.fromkeys(METHODS, 0)
    for _ in range(300):
        x, y = random.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 80).T
        for found in correlations(x, y):
            held[found.method] += found.low <= truth[found.method] <= found.high
    assert all(270 <= count <= 297 for count in held.values()), held


def test_kendalls_of_very_many_pairs_is_of_a_sample_and_the_same_every_time() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=SAMPLE + 5_000)
    y = x + random.normal(size=x.size)
    first, again = correlations(x, y), correlations(x, y)
    assert first == again
    assert [found.pairs for found in first] == [x.size, SAMPLE, x.size]
    assert first[1].value == pytest.approx(2 / np.pi * np.arcsin(first[0].value), abs=0.01)
