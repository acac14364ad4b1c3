"""Gamma-Gamma against the published fit of CDNOW, lifetimes, a plain formula and simulated customers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

import lifetimes_oracle
import simulated_purchases as simulated
from derivatives import assert_derivatives
from valuekit.stats.clv import gamma_gamma
from valuekit.stats.clv.fitting import FitError
from valuekit.stats.clv.histories import Spending

Array = NDArray[np.float64]

CDNOW = np.array([6.25, 3.74, 15.44])
"""Fader and Hardie (2013)."""

PLACES = [tuple(CDNOW), (0.5, 1.1, 15.0), (20.0, 0.7, 100.0), (0.01, 30.0, 2.0), (300.0, 400.0, 50.0)]

SOME = Spending(np.array([1.0, 1, 2, 7, 60]), np.array([0.01, 20.0, 35.5, 1e4, 12.0]), np.array([1.0, 3, 2, 1, 1]))

NUMBERS = np.random.default_rng(8).integers(1, 9, 2000).astype(np.float64)


def plain_log_likelihood(parameters: Array, x: float, m: float) -> float:
    """Equation 1a of the note, written down."""
    p, q, v = (float(parameter) for parameter in parameters)
    gammas = math.lgamma(p * x + q) - math.lgamma(p * x) - math.lgamma(q)
    return (
        gammas + q * math.log(v) + (p * x - 1) * math.log(m) + p * x * math.log(x) - (p * x + q) * math.log(x * m + v)
    )


def test_cdnow_is_as_published() -> None:
    fit = gamma_gamma.fit(lifetimes_oracle.cdnow_spending())
    np.testing.assert_allclose(fit.parameters, CDNOW, atol=0.01)
    # CLVTools' tests
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=0.01)
    assert fit.names == ("p", "q", "v")
    assert fit.customers == 946


def test_cdnow_is_as_lifetimes_fits_it() -> None:
    data = lifetimes_oracle.cdnow_spending()
    theirs = lifetimes_oracle.fitted("GammaGammaFitter", data.frequency, data.value)
    ours = gamma_gamma.fit(data)
    np.testing.assert_allclose(ours.parameters, theirs.params_.to_numpy(), rtol=1e-4)
    assert ours.log_likelihood == pytest.approx(-theirs._negative_log_likelihood_ * 946, rel=1e-9)


@pytest.mark.parametrize("parameters", PLACES)
def test_the_likelihood_is_the_notes(parameters: tuple[float, ...]) -> None:
    at = np.array(parameters)
    rows = zip(SOME.frequency, SOME.value, SOME.weight, strict=True)
    expected = math.fsum(weight * plain_log_likelihood(at, float(x), float(m)) for x, m, weight in rows)
    assert gamma_gamma.log_likelihood(at, SOME) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("parameters", PLACES)
def test_gradient_and_hessian_are_exact(parameters: tuple[float, ...]) -> None:
    assert_derivatives(lambda at: gamma_gamma.curve(at, SOME), np.array(parameters))


def test_weights_stand_for_customers_and_units_of_money_for_themselves() -> None:
    value = simulated.gamma_gamma(np.random.default_rng(1), (6.0, 4.0, 15.0), NUMBERS)
    weight = np.resize([1.0, 2.0, 3.0], 2000)
    copies = weight.astype(int)
    weighted = gamma_gamma.fit(Spending(NUMBERS, value, weight))
    expanded = gamma_gamma.fit(Spending.of_customers(np.repeat(NUMBERS, copies), np.repeat(value, copies)))
    np.testing.assert_allclose(weighted.parameters, expanded.parameters, rtol=1e-8)
    np.testing.assert_allclose(weighted.covariance, expanded.covariance, rtol=1e-6)
    cents = gamma_gamma.fit(Spending(NUMBERS, value * 100.0, weight))
    np.testing.assert_allclose(cents.parameters, weighted.parameters * [1.0, 1.0, 100.0], rtol=1e-8)
    shift = weight.sum() * math.log(100.0)
    assert cents.log_likelihood == pytest.approx(weighted.log_likelihood - shift, rel=1e-12)


def test_expected_values_are_as_lifetimes_has_them() -> None:
    model = lifetimes_oracle.with_parameters(
        "GammaGammaFitter", **dict(zip(gamma_gamma.PARAMETERS, CDNOW, strict=True))
    )
    frequency, value = np.array([0.0, 1.0, 2.0, 40.0]), np.array([0.0, 5.0, 500.0, 35.0])
    theirs = model.conditional_expected_average_profit(frequency, value)
    np.testing.assert_allclose(gamma_gamma.expected_value(CDNOW, frequency, value), theirs, rtol=1e-12)


def test_expected_values_are_nothing_where_the_model_has_none() -> None:
    frequency, value = np.array([0.0, 1.0, 2.0, 2.0, 2.0]), np.array([math.nan, 10.0, 0.0, -3.0, math.nan])
    found = gamma_gamma.expected_value(CDNOW, frequency, value)
    assert found[0] == pytest.approx(6.25 * 15.44 / 2.74)
    np.testing.assert_array_equal(np.isnan(found), [False, False, True, True, True])
    endless = gamma_gamma.expected_value(np.array([2.0, 0.7, 15.0]), frequency, value)
    np.testing.assert_array_equal(np.isnan(endless), [True, False, True, True, True])


@pytest.mark.parametrize(
    ("spending", "reason"),
    [
        (Spending.of_customers(NUMBERS[:1], NUMBERS[:1]), "there are fewer than 20 customers (1)"),
        (
            Spending.of_customers(NUMBERS, np.full(2000, 9.99)),
            "the mean value of a purchase is the same for all customers",
        ),
        (
            Spending.of_customers(NUMBERS, np.where(np.arange(2000) == 0, 20.0, 10.0)),
            "the likelihood has no maximum at finite parameters: p runs to infinity",
        ),
        (
            Spending.of_customers(NUMBERS, np.random.default_rng(2).gamma(5.0 * NUMBERS) / NUMBERS),
            "the likelihood has no maximum at finite parameters: q runs to infinity",
        ),
    ],
)
def test_what_cannot_be_fitted_has_a_reason(spending: Spending, reason: str) -> None:
    with pytest.raises(FitError) as caught:
        gamma_gamma.fit(spending)
    assert caught.value.reason == reason


def test_customers_of_one_frequency_can_be_fitted() -> None:
    truth = np.array([6.0, 4.0, 15.0])
    value = simulated.gamma_gamma(np.random.default_rng(1), tuple(truth), np.ones(20_000))
    low, high = gamma_gamma.fit(Spending.of_customers(np.ones(20_000), value)).intervals(0.999).T
    assert np.all((low <= truth) & (truth <= high))


def test_the_truth_lies_within_the_intervals() -> None:
    truth, inside, rounds = np.array([6.0, 4.0, 15.0]), np.zeros(3), 200
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        frequency = rng.geometric(0.4, 800).astype(np.float64)
        fit = gamma_gamma.fit(Spending.of_customers(frequency, simulated.gamma_gamma(rng, tuple(truth), frequency)))
        low, high = fit.intervals().T
        inside += (low <= truth) & (truth <= high)
    # of 200 rounds 190 are expected, with a standard deviation of 3.1
    assert np.all(inside >= 180)


@pytest.mark.parametrize(("frequency", "value"), [(0.0, 5.0), (1.0, 0.0), (1.0, -5.0), (1.0, math.inf), (1.5, 5.0)])
def test_impossible_spending_is_refused(frequency: float, value: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Spending.of_customers(np.array([frequency]), np.array([value]))
