"""BG/NBD against the published fit of CDNOW, lifetimes, plain formulas, quadrature and simulated customers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, special

import lifetimes_oracle
import simulated_purchases as simulated
from derivatives import assert_derivatives
from valuekit.stats.clv import bg_nbd
from valuekit.stats.clv.fitting import FitError
from valuekit.stats.clv.histories import Histories

Array = NDArray[np.float64]

CDNOW = np.array([0.243, 4.414, 0.793, 2.426])
"""Fader, Hardie and Lee (2005), table 2."""


def histories(*rows: tuple[float, float, float]) -> Histories:
    return Histories.of_customers(*np.array(rows, dtype=np.float64).T)


SOME = histories(
    (0, 0, 0), (0, 0, 0.01), (0, 0, 39), (1, 0.5, 39), (1, 39, 39), (3, 20, 30), (7, 30, 31), (60, 300, 700)
)


def plain_log_likelihood(parameters: Array, x: float, t_x: float, tenure: float) -> float:
    """Equation 6 of the paper, written down."""
    r, alpha, a, b = (float(parameter) for parameter in parameters)

    def log_beta(c: float, d: float) -> float:
        return math.lgamma(c) + math.lgamma(d) - math.lgamma(c + d)

    common = math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) - log_beta(a, b)
    alive = log_beta(a, b + x) - (r + x) * math.log(alpha + tenure)
    if x == 0:
        return common + alive
    gone = log_beta(a + 1.0, b + x - 1.0) - (r + x) * math.log(alpha + t_x)
    return common + max(alive, gone) + math.log1p(math.exp(-abs(alive - gone)))


def test_cdnow_is_as_published() -> None:
    fit = bg_nbd.fit(lifetimes_oracle.cdnow()[0])
    np.testing.assert_allclose(fit.parameters, CDNOW, atol=5e-4)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    # CLVTools' tests give more digits, of tenures that are rounded otherwise
    np.testing.assert_allclose(fit.parameters, [0.2425945, 4.4136019, 0.7929199, 2.4258881], rtol=1e-4)
    assert fit.log_likelihood == pytest.approx(-9582.429, abs=5e-3)
    assert fit.names == ("r", "alpha", "a", "b")
    assert fit.customers == 2357


def test_cdnow_is_as_lifetimes_fits_it() -> None:
    data = lifetimes_oracle.cdnow()[0]
    theirs = lifetimes_oracle.fitted("BetaGeoFitter", data.frequency, data.recency, data.tenure)
    np.testing.assert_allclose(bg_nbd.fit(data).parameters, theirs.params_.to_numpy(), rtol=1e-4)


@pytest.mark.parametrize("parameters", [CDNOW, (20.0, 300.0, 5.0, 30.0), (0.01, 0.1, 0.02, 0.01), (2.0, 5.0, 1.0, 0.3)])
def test_the_likelihood_is_the_papers(parameters: tuple[float, ...]) -> None:
    at = np.array(parameters)
    for row in zip(SOME.frequency, SOME.recency, SOME.tenure, strict=True):
        found = bg_nbd.log_likelihood(at, histories(row))
        assert found == pytest.approx(plain_log_likelihood(at, *map(float, row)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("parameters", [CDNOW, (20.0, 300.0, 5.0, 30.0), (0.01, 0.1, 0.02, 0.01), (2.0, 5.0, 1.0, 0.3)])
def test_gradient_and_hessian_are_exact(parameters: tuple[float, ...]) -> None:
    assert_derivatives(lambda at: bg_nbd.curve(at, SOME), np.array(parameters))


def test_weights_stand_for_customers_and_units_of_time_for_themselves() -> None:
    data = simulated.bg_nbd(np.random.default_rng(1), (0.6, 30.0, 0.8, 2.5), np.full(3000, 200.0), 0.0).histories
    weight = np.resize([1.0, 2.0, 3.0], 3000)
    repeated = Histories.of_customers(
        *(np.repeat(a, weight.astype(int)) for a in (data.frequency, data.recency, data.tenure))
    )
    weighted = bg_nbd.fit(Histories(data.frequency, data.recency, data.tenure, weight))
    expanded = bg_nbd.fit(repeated)
    np.testing.assert_allclose(weighted.parameters, expanded.parameters, rtol=1e-8)
    np.testing.assert_allclose(weighted.covariance, expanded.covariance, rtol=1e-6)
    assert weighted.customers == expanded.customers == weight.sum()
    weeks = bg_nbd.fit(Histories(data.frequency, data.recency / 7.0, data.tenure / 7.0, weight))
    np.testing.assert_allclose(weeks.parameters * [1.0, 7.0, 1.0, 1.0], weighted.parameters, rtol=1e-8)
    purchases = float(weight @ data.frequency)
    assert weeks.log_likelihood == pytest.approx(weighted.log_likelihood + purchases * math.log(7.0), rel=1e-12)


def test_alive_and_expected_purchases_are_as_lifetimes_has_them() -> None:
    model = lifetimes_oracle.with_parameters("BetaGeoFitter", **dict(zip(bg_nbd.PARAMETERS, CDNOW, strict=True)))
    rows = SOME.frequency, SOME.recency, SOME.tenure
    np.testing.assert_allclose(bg_nbd.p_alive(CDNOW, SOME), model.conditional_probability_alive(*rows), rtol=1e-12)
    spans = np.array([0.5, 39.0, 500.0])
    theirs = [model.conditional_expected_number_of_purchases_up_to_time(span, *rows) for span in spans]
    np.testing.assert_allclose(bg_nbd.expected_purchases(CDNOW, SOME, spans).T, theirs, rtol=1e-7)
    new = bg_nbd.expected_purchases(CDNOW, histories((0, 0, 0)), spans)[0]
    np.testing.assert_allclose(new, model.expected_number_of_purchases_up_to_time(spans), rtol=1e-9)


@pytest.mark.parametrize(
    "parameters",
    [
        CDNOW,
        (0.24, 30.0, 1.0, 2.4),
        (0.24, 30.0, 1.0 + 1e-7, 2.4),
        (0.24, 30.0, 1.0 - 3e-5, 2.4),
        (0.3, 20.0, 0.4, 0.6),
        (0.3, 20.0, 0.4, 0.6 + 1e-9),
        (30.0, 400.0, 0.8, 2.4),
        (80.0, 400.0, 0.8, 1.2),
    ],
)
def test_expected_purchases_by_quadrature_over_the_chance_of_leaving(parameters: tuple[float, ...]) -> None:
    r, alpha, a, b = parameters
    for x, tenure, span in ((0, 0, 30), (0, 200, 360), (2, 40, 1000), (30, 300, 90)):

        def purchases(p: float, k: float = r + x, ratio: float = span / (alpha + tenure)) -> float:
            return -math.expm1(-k * math.log1p(p * ratio)) / p if p else k * ratio

        mean, _ = integrate.quad(purchases, 0.0, 1.0, weight="alg", wvar=(a - 1.0, b + x - 1.0), epsabs=0, epsrel=1e-11)
        one = histories((x, 0.7 * tenure if x else 0.0, tenure))
        expected = mean / special.beta(a, b + x) * bg_nbd.p_alive(np.array(parameters), one)[0]
        found = bg_nbd.expected_purchases(np.array(parameters), one, np.array([float(span)]))[0, 0]
        assert found == pytest.approx(expected, rel=1e-8)


def test_no_time_brings_no_purchases_and_one_purchase_leaves_all_alive() -> None:
    for parameters in (CDNOW, np.array([30.0, 400.0, 0.8, 2.4])):
        assert not bg_nbd.expected_purchases(parameters, SOME, np.zeros(1)).any()
    once = histories((0, 0, 0), (0, 0, 1e-9), (0, 0, 5000))
    np.testing.assert_array_equal(bg_nbd.p_alive(CDNOW, once), 1.0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (histories((2, 30, 60)), "there are fewer than 20 customers (1)"),
        (histories(*[(0, 0, 60)] * 30), "all customers bought once"),
        (histories(*[(0, 0, 0)] * 30), "all customers bought once"),
        (histories(*[(3, 60, 100)] * 30), "the likelihood has no maximum at finite parameters: b runs to infinity"),
        (histories(*[(3, 100, 100), (0, 0, 100)] * 30), "the likelihood has no maximum at finite parameters: "),
        (histories(*[(1, 1e-6, 1e-6), (0, 0, 1e-6)] * 30), "the likelihood has no maximum at finite parameters: "),
        (histories((1, 5, 100), *[(0, 0, 100)] * 500), "the likelihood has no maximum at finite parameters: "),
    ],
)
def test_what_cannot_be_fitted_has_a_reason(data: Histories, reason: str) -> None:
    with pytest.raises(FitError) as caught:
        bg_nbd.fit(data)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value).startswith("BG/NBD cannot be fitted: ")


def test_customers_who_never_leave_are_told_from_a_fit() -> None:
    rng = np.random.default_rng(4)
    tenure = rng.uniform(100.0, 300.0, 4000)
    frequency = rng.poisson(rng.gamma(2.0, 0.05, 4000) * tenure).astype(np.float64)
    recency = np.where(frequency > 0, tenure * rng.beta(np.maximum(frequency, 1.0), 1.0), 0.0)
    with pytest.raises(FitError, match=r"b runs to infinity|a runs to 0"):
        bg_nbd.fit(Histories.of_customers(frequency, recency, tenure))


def test_the_truth_lies_within_the_intervals() -> None:
    truth, inside, rounds = np.array([0.6, 30.0, 0.8, 2.5]), np.zeros(4), 100
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        data = simulated.bg_nbd(rng, tuple(truth), rng.uniform(60.0, 365.0, 2500), 0.0)
        low, high = bg_nbd.fit(data.histories).intervals().T
        inside += (low <= truth) & (truth <= high)
    # of 100 rounds 95 are expected, with a standard deviation of 2.2
    assert np.all(inside >= 88)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (([0.0], [1.0], [5.0]), "recency must be 0 where frequency is 0"),
        (([1.0], [6.0], [5.0]), "between 0 and tenure"),
        (([1.0], [-1.0], [5.0]), "between 0 and tenure"),
        (([1.5], [1.0], [5.0]), "whole number"),
        (([-1.0], [1.0], [5.0]), "whole number"),
        (([1.0], [math.nan], [5.0]), "finite"),
        (([1.0, 2.0], [1.0], [5.0]), "one length"),
    ],
)
def test_impossible_histories_are_refused(rows: tuple[list[float], ...], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Histories.of_customers(*(np.array(row) for row in rows))
