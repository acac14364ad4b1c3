"""Pareto/NBD against the published fit of CDNOW, lifetimes, quadrature and simulated customers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate

import lifetimes_oracle
import simulated_purchases as simulated
from derivatives import assert_derivatives
from valuekit.stats.clv import pareto_nbd
from valuekit.stats.clv.fitting import FitError
from valuekit.stats.clv.histories import Histories

Array = NDArray[np.float64]

CDNOW = np.array([0.553, 10.578, 0.606, 11.669])
"""Fader, Hardie and Lee (2005), table 2."""

PLACES = [
    tuple(CDNOW),
    (0.55, 12.0, 0.6, 12.0),
    (0.55, 12.0, 0.6, 3.0),
    (5.0, 100.0, 0.1, 0.5),
    (0.01, 0.1, 3.0, 50.0),
    (3.0, 0.01, 0.5, 1000.0),
    (3.0, 1000.0, 20.0, 0.01),
    (50.0, 600.0, 1.0, 80.0),
    (1000.0, 10000.0, 1000.0, 100000.0),
]


def histories(*rows: tuple[float, float, float]) -> Histories:
    return Histories.of_customers(*np.array(rows, dtype=np.float64).T)


SOME = histories(
    (0, 0, 0), (0, 0, 0.01), (0, 0, 39), (1, 0.5, 39), (1, 39, 39), (3, 20, 30), (7, 30, 31), (60, 300, 700)
)


def plain_log_odds(parameters: Array, x: float, t_x: float, tenure: float) -> float:
    """The chance that the customer's lifetime ended before the end of observation, over that it did not."""
    r, alpha, s, beta = (float(parameter) for parameter in parameters)
    span = tenure - t_x

    def density(passed: float) -> float:
        falling = (r + x) * math.log1p(passed / (alpha + t_x)) + s * math.log1p(passed / (beta + t_x))
        return math.exp(-falling) / (beta + t_x + passed)

    shortest = 1e-4 * min(span, alpha + t_x, beta + t_x) / (1.0 + r + x + s)
    ends = [0.0, *np.geomspace(shortest, span, 50)]
    parts = [integrate.quad(density, *pair, epsabs=0, epsrel=1e-12)[0] for pair in itertools.pairwise(ends)]
    rise = (r + x) * math.log1p(span / (alpha + t_x)) + s * math.log1p(span / (beta + t_x))
    return math.log(s) + rise + math.log(math.fsum(parts))


def plain_log_likelihood(parameters: Array, x: float, t_x: float, tenure: float) -> float:
    r, alpha, s, beta = (float(parameter) for parameter in parameters)
    buying = sum(math.log(r + j) for j in range(int(x))) + r * math.log(alpha) - (r + x) * math.log(alpha + tenure)
    alive = buying + s * math.log(beta) - s * math.log(beta + tenure)
    if t_x == tenure:
        return alive
    odds = plain_log_odds(parameters, x, t_x, tenure)
    return alive + max(odds, 0.0) + math.log1p(math.exp(-abs(odds)))


def test_cdnow_is_as_published() -> None:
    fit = pareto_nbd.fit(lifetimes_oracle.cdnow()[0])
    np.testing.assert_allclose(fit.parameters, CDNOW, atol=1.5e-3)
    assert fit.log_likelihood == pytest.approx(-9595.0, abs=0.05)
    # CLVTools' tests give more digits, of tenures that are rounded otherwise, and standard errors
    np.testing.assert_allclose(fit.parameters, [0.55315, 10.57633, 0.60625, 11.67150], rtol=5e-4)
    np.testing.assert_allclose(fit.standard_errors(), [0.0476264, 0.8427222, 0.1872594, 6.2105448], rtol=1e-3)
    assert fit.log_likelihood == pytest.approx(-9594.976, abs=5e-3)
    assert fit.names == ("r", "alpha", "s", "beta")


def test_cdnow_is_as_lifetimes_fits_it() -> None:
    data = lifetimes_oracle.cdnow()[0]
    rows = data.frequency, data.recency, data.tenure
    # the package's own start is random, about here
    theirs = lifetimes_oracle.fitted("ParetoNBDFitter", *rows, initial_params=[1.0, 1.0, 1.0, 1.0], tol=1e-6)
    np.testing.assert_allclose(pareto_nbd.fit(data).parameters, theirs.params_.to_numpy(), rtol=1e-4)


def test_the_likelihood_is_lifetimes() -> None:
    data = lifetimes_oracle.cdnow()[0]
    model = lifetimes_oracle.with_parameters("ParetoNBDFitter")
    for parameters in PLACES[:3]:
        theirs = model._conditional_log_likelihood(parameters, data.frequency, data.recency, data.tenure).sum()
        assert pareto_nbd.log_likelihood(np.array(parameters), data) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("parameters", PLACES)
def test_the_likelihood_by_adaptive_quadrature(parameters: tuple[float, ...]) -> None:
    at = np.array(parameters)
    for row in zip(SOME.frequency, SOME.recency, SOME.tenure, strict=True):
        found = pareto_nbd.log_likelihood(at, histories(row))
        assert found == pytest.approx(plain_log_likelihood(at, *map(float, row)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("parameters", PLACES)
def test_gradient_and_hessian_are_exact(parameters: tuple[float, ...]) -> None:
    assert_derivatives(lambda at: pareto_nbd.curve(at, SOME), np.array(parameters))


def test_weights_stand_for_customers_and_units_of_time_for_themselves() -> None:
    rng = np.random.default_rng(1)
    data = simulated.pareto_nbd(rng, (0.6, 40.0, 0.7, 80.0), rng.uniform(100.0, 400.0, 5000), 0.0).histories
    weight = np.resize([1.0, 2.0, 3.0], 5000)
    repeated = Histories.of_customers(
        *(np.repeat(a, weight.astype(int)) for a in (data.frequency, data.recency, data.tenure))
    )
    weighted = pareto_nbd.fit(Histories(data.frequency, data.recency, data.tenure, weight))
    expanded = pareto_nbd.fit(repeated)
    np.testing.assert_allclose(weighted.parameters, expanded.parameters, rtol=1e-7)
    np.testing.assert_allclose(weighted.covariance, expanded.covariance, rtol=1e-6)
    weeks = pareto_nbd.fit(Histories(data.frequency, data.recency / 7.0, data.tenure / 7.0, weight))
    np.testing.assert_allclose(weeks.parameters * [1.0, 7.0, 1.0, 7.0], weighted.parameters, rtol=1e-7)
    purchases = float(weight @ data.frequency)
    assert weeks.log_likelihood == pytest.approx(weighted.log_likelihood + purchases * math.log(7.0), rel=1e-12)


def test_alive_and_expected_purchases_are_as_lifetimes_has_them() -> None:
    model = lifetimes_oracle.with_parameters("ParetoNBDFitter", **dict(zip(pareto_nbd.PARAMETERS, CDNOW, strict=True)))
    some = histories(*zip(SOME.frequency[1:], SOME.recency[1:], SOME.tenure[1:], strict=True))
    rows = some.frequency, some.recency, some.tenure
    spans = np.array([0.5, 39.0, 500.0])
    with np.errstate(divide="ignore"):
        alive = model.conditional_probability_alive(*rows)
        theirs = [model.conditional_expected_number_of_purchases_up_to_time(span, *rows) for span in spans]
    np.testing.assert_allclose(pareto_nbd.p_alive(CDNOW, some), alive, rtol=1e-10)
    np.testing.assert_allclose(pareto_nbd.expected_purchases(CDNOW, some, spans).T, theirs, rtol=1e-10)
    new = pareto_nbd.expected_purchases(CDNOW, histories((0, 0, 0)), spans)[0]
    np.testing.assert_allclose(new, model.expected_number_of_purchases_up_to_time(spans), rtol=1e-12)


@pytest.mark.parametrize("parameters", PLACES)
def test_alive_by_adaptive_quadrature(parameters: tuple[float, ...]) -> None:
    at = np.array(parameters)
    for row in zip(SOME.frequency, SOME.recency, SOME.tenure, strict=True):
        x, t_x, tenure = map(float, row)
        expected = 1.0 if t_x == tenure else 1.0 / (1.0 + math.exp(min(plain_log_odds(at, x, t_x, tenure), 700.0)))
        assert pareto_nbd.p_alive(at, histories(row))[0] == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_expected_purchases_have_no_hole_where_s_is_one() -> None:
    spans = np.array([0.0, 1.0, 360.0])
    at_one = pareto_nbd.expected_purchases(np.array([0.5, 10.0, 1.0, 12.0]), SOME, spans)
    for s in (1.0 - 1e-7, 1.0 + 1e-7):
        found = pareto_nbd.expected_purchases(np.array([0.5, 10.0, s, 12.0]), SOME, spans)
        np.testing.assert_allclose(found, at_one, rtol=1e-5)
    assert not at_one[:, 0].any()
    lasting = pareto_nbd.p_alive(np.array([0.5, 10.0, 1.0, 12.0]), SOME)
    rate = (0.5 + SOME.frequency) / (10.0 + SOME.tenure)
    expected = lasting * rate * (12.0 + SOME.tenure) * np.log((12.0 + SOME.tenure + 360.0) / (12.0 + SOME.tenure))
    np.testing.assert_allclose(at_one[:, 2], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (histories((2, 30, 60)), "there are fewer than 20 customers (1)"),
        (histories(*[(0, 0, 60)] * 30), "all customers bought once"),
        (histories(*[(0, 0, 0)] * 30), "all customers bought once"),
        (histories(*[(3, 60, 100)] * 30), "the likelihood has no maximum at finite parameters: r runs to infinity"),
        (histories(*[(3, 100, 100), (0, 0, 100)] * 30), "the likelihood has no maximum at finite parameters: "),
        (histories(*[(1, 1e-6, 1e-6), (0, 0, 1e-6)] * 30), "the likelihood has no maximum at finite parameters: "),
        (histories((1, 5, 100), *[(0, 0, 100)] * 500), "the likelihood has no maximum at finite parameters: "),
    ],
)
def test_what_cannot_be_fitted_has_a_reason(data: Histories, reason: str) -> None:
    with pytest.raises(FitError) as caught:
        pareto_nbd.fit(data)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value).startswith("Pareto/NBD cannot be fitted: ")


def test_the_truth_lies_within_the_intervals() -> None:
    truth, inside, rounds = np.array([0.6, 40.0, 0.7, 80.0]), np.zeros(4), 60
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        tenure = np.floor(rng.uniform(60.0, 365.0, 2000))
        low, high = pareto_nbd.fit(simulated.pareto_nbd(rng, tuple(truth), tenure, 0.0).histories).intervals().T
        inside += (low <= truth) & (truth <= high)
    # of 60 rounds 57 are expected, with a standard deviation of 1.7
    assert np.all(inside >= 52)
