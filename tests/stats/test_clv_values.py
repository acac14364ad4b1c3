"""Discounted values and totals against lifetimes, plain sums, drawn parameters and what simulated customers did."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

import lifetimes_oracle
import simulated_purchases as simulated
from valuekit.stats.clv import gamma_gamma
from valuekit.stats.clv.fitting import Fit
from valuekit.stats.clv.histories import Histories, Spending
from valuekit.stats.clv.values import PURCHASE_MODELS, Factor, discounted_purchases, totals

Array = NDArray[np.float64]

TRUTH = {"bg_nbd": (0.6, 30.0, 0.8, 2.5), "pareto_nbd": (0.6, 40.0, 0.7, 80.0)}
CLASS = {"bg_nbd": "BetaGeoFitter", "pareto_nbd": "ParetoNBDFitter"}
NAMES = {"bg_nbd": ("r", "alpha", "a", "b"), "pareto_nbd": ("r", "alpha", "s", "beta")}
SPENDING = (6.0, 4.0, 15.0)

models = pytest.mark.parametrize("name", list(PURCHASE_MODELS))


def simulate(name: str, customers: int, seed: int = 1, later: float = 0.0) -> simulated.Simulated:
    rng = np.random.default_rng(seed)
    tenure = np.floor(rng.uniform(30.0, 365.0, customers))
    draw = simulated.bg_nbd if name == "bg_nbd" else simulated.pareto_nbd
    return draw(rng, TRUTH[name], tenure, later)


def known(parameters: tuple[float, ...], covariance: Array) -> Fit:
    """A fit of which these are known, and nothing else."""
    return Fit("", tuple("?" * len(parameters)), np.array(parameters), 0.0, 1.0, covariance)


@models
def test_discounted_values_are_as_lifetimes_has_them(name: str) -> None:
    histories = simulate(name, 200).histories
    rows = histories.frequency, histories.recency, histories.tenure
    theirs = lifetimes_oracle.with_parameters(CLASS[name], **dict(zip(NAMES[name], TRUTH[name], strict=True)))
    theirs.predict = theirs.conditional_expected_number_of_purchases_up_to_time
    with lifetimes_oracle.lifetimes():
        pandas = pytest.importorskip("pandas")
        utils = pytest.importorskip("lifetimes.utils")
        series = [pandas.Series(row) for row in rows]
        expected = utils._customer_lifetime_value(theirs, *series, 20.0, time=12, discount_rate=0.02, freq="D")
    found = 20.0 * discounted_purchases(PURCHASE_MODELS[name], np.array(TRUTH[name]), histories, 12, 0.02)
    np.testing.assert_allclose(found, expected.to_numpy(), rtol=1e-8)


@models
def test_discounting_by_months_is_a_plain_sum(name: str) -> None:
    histories, parameters, model = simulate(name, 50).histories, np.array(TRUTH[name]), PURCHASE_MODELS[name]
    upto = [model.expected_purchases(parameters, histories, np.array([30.0 * month]))[:, 0] for month in range(4)]
    expected = sum((upto[month] - upto[month - 1]) / 1.05**month for month in (1, 2, 3))
    np.testing.assert_allclose(discounted_purchases(model, parameters, histories, 3, 0.05), expected, rtol=1e-10)
    np.testing.assert_allclose(discounted_purchases(model, parameters, histories, 3, 0.0), upto[3], rtol=1e-12)


@models
@pytest.mark.parametrize(("months", "rate"), [(0, 0.01), (-1, 0.01), (12, -1.0), (12, math.nan)])
def test_impossible_horizons_are_refused(name: str, months: int, rate: float) -> None:
    with pytest.raises(ValueError, match="months must be at least 1"):
        discounted_purchases(PURCHASE_MODELS[name], np.array(TRUTH[name]), simulate(name, 2).histories, months, rate)


def test_totals_add_up_by_group_and_may_be_empty() -> None:
    fit = known((2.0,), np.array([[0.01]]))
    weight, group = np.array([1.0, 2.0, 5.0]), np.array([0, 0, 2])
    found = totals([Factor(fit, lambda p: p[0] * np.array([1.0, 10.0, 100.0]))], weight, group, 4)
    np.testing.assert_allclose(found.value, [42.0, 0.0, 1000.0, 0.0])
    # of a multiple of the parameter, the error is that of the parameter: a tenth
    spread = math.exp(1.959963984540054 * 0.1)
    np.testing.assert_allclose(found.low, np.array([42.0, 0.0, 1000.0, 0.0]) / spread, rtol=1e-7)
    np.testing.assert_allclose(found.high, np.array([42.0, 0.0, 1000.0, 0.0]) * spread, rtol=1e-7)


def test_what_is_undefined_stays_so_in_its_group_alone() -> None:
    fit = known((2.0,), np.array([[0.01]]))
    factor = Factor(fit, lambda p: p[0] * np.array([1.0, math.nan, 3.0]))
    found = totals([factor], np.ones(3), np.array([0, 0, 1]), 2)
    for part in found:
        np.testing.assert_array_equal(np.isnan(part), [True, False])


@models
def test_intervals_of_totals_are_those_of_drawn_parameters(name: str) -> None:
    model, data = PURCHASE_MODELS[name], simulate(name, 3000).histories
    repeat = data.frequency > 0
    value = np.zeros(3000)
    value[repeat] = simulated.gamma_gamma(np.random.default_rng(2), SPENDING, data.frequency[repeat])
    fit, spent = model.fit(data), gamma_gamma.fit(Spending.of_customers(data.frequency[repeat], value[repeat]))
    some = np.arange(0, 3000, 20)
    few = Histories.of_customers(data.frequency[some], data.recency[some], data.tenure[some])

    def purchases(parameters: Array) -> Array:
        return discounted_purchases(model, parameters, few, 12, 0.01)

    def worth(parameters: Array) -> Array:
        return gamma_gamma.expected_value(parameters, few.frequency, value[some])

    found = totals([Factor(fit, purchases), Factor(spent, worth)], few.weight, np.zeros(150, dtype=np.int64), 1)
    rng = np.random.default_rng(3)
    draws = [np.exp(rng.multivariate_normal(np.log(f.parameters), f.covariance, 400)) for f in (fit, spent)]
    drawn = [float(purchases(first) @ worth(second)) for first, second in zip(*draws, strict=True)]
    assert found.value[0] == pytest.approx(float(purchases(fit.parameters) @ worth(spent.parameters)), rel=1e-12)
    error = math.log(found.high[0] / found.low[0]) / (2.0 * 1.959963984540054)
    assert error == pytest.approx(float(np.std(np.log(drawn))), rel=0.12)


@models
def test_totals_are_what_happened(name: str) -> None:
    model, seen = PURCHASE_MODELS[name], simulate(name, 40_000, seed=5, later=180.0)
    fit = model.fit(seen.histories)
    expected = model.expected_purchases(fit.parameters, seen.histories, np.array([180.0]))[:, 0]
    assert expected.sum() == pytest.approx(seen.later.sum(), rel=0.03)
    for frequency in range(4):
        those = seen.histories.frequency == frequency
        assert expected[those].sum() == pytest.approx(seen.later[those].sum(), rel=0.10)


@models
def test_the_true_total_lies_within_its_interval(name: str) -> None:
    model, inside, rounds = PURCHASE_MODELS[name], 0, 40
    for seed in range(rounds):
        data = simulate(name, 1500, seed=seed).histories

        def purchases(parameters: Array, rows: Histories = data) -> Array:
            return model.expected_purchases(parameters, rows, np.array([180.0]))[:, 0]

        _, low, high = totals([Factor(model.fit(data), purchases)], data.weight, np.zeros(1500, dtype=np.int64), 1)
        inside += int(low[0] <= purchases(np.array(TRUTH[name])).sum() <= high[0])
    # of 40 rounds 38 are expected, with a standard deviation of 1.4
    assert inside >= 34
