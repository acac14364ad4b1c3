"""Correlations: SciPy's coefficients, intervals that hold the truth, and a sample for Kendall's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from valuekit.stats.correlation import METHODS, SAMPLE, correlations


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
