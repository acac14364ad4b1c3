"""Proportions against scipy, exact fractions, and published tables."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from scipy.stats.contingency import relative_risk

from valuekit.stats.proportions import (
    Counts,
    Interval,
    critical_value,
    lift,
    lift_interval,
    rate,
    standard_error,
    two_proportion_z,
    two_sided_p,
    wilson_interval,
)

COUNT = st.integers(0, 10**9)
SOME = st.integers(1, 10**9)


def counts(*pairs: tuple[int, int]) -> Counts:
    """Each pair is (positives, negatives)."""
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return Counts(table[:, 0], table[:, 1])


def ends(interval: Interval, row: int = 0) -> tuple[float, float]:
    return float(interval.low[row]), float(interval.high[row])


def test_critical_value_is_the_normal_quantile() -> None:
    assert critical_value() == pytest.approx(stats.norm.ppf(0.975), rel=1e-15)
    assert round(critical_value(), 6) == 1.959964
    assert critical_value(0.99) == pytest.approx(stats.norm.ppf(0.995), rel=1e-15)


@given(COUNT, COUNT)
def test_rate_and_standard_error_equal_exact_fractions(positives: int, negatives: int) -> None:
    sample = counts((positives, negatives))
    n = positives + negatives
    if n == 0:
        assert math.isnan(rate(sample)[0])
        assert math.isnan(standard_error(sample)[0])
        return
    p = Fraction(positives, n)
    getcontext().prec = 40
    variance = p * (1 - p) / n
    exact = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
    assert rate(sample)[0] == float(p)
    assert standard_error(sample)[0] == pytest.approx(float(exact), rel=1e-14)


# R. G. Newcombe, Two-sided confidence intervals for the single proportion: comparison of seven methods,
# Statistics in Medicine 17 (1998) 857-872, table I, method 3 (score, without continuity correction).
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("positives", "n", "low", "high"), NEWCOMBE)
def test_wilson_reproduces_a_published_table(positives: int, n: int, low: float, high: float) -> None:
    found = ends(wilson_interval(counts((positives, n - positives))))
    assert tuple(round(end, 4) for end in found) == (low, high)


@given(COUNT, COUNT)
def test_wilson_equals_scipy(positives: int, negatives: int) -> None:
    n = positives + negatives
    found = ends(wilson_interval(counts((positives, negatives))))
    if n == 0:
        assert all(math.isnan(end) for end in found)
        return
    oracle = stats.binomtest(positives, n).proportion_ci(0.95, method="wilson") if n <= 10**6 else None
    if oracle is not None:
        assert found == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert 0.0 <= found[0] <= positives / n <= found[1] <= 1.0


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_wilson_equals_scipy_for_small_samples(positives: int, negatives: int) -> None:
    n = max(positives + negatives, 1)
    found = ends(wilson_interval(counts((positives, n - positives))))
    oracle = stats.binomtest(positives, n).proportion_ci(0.95, method="wilson")
    assert found == pytest.approx((oracle.low, oracle.high), rel=1e-10, abs=1e-14)


@given(SOME)
def test_wilson_is_exact_at_the_edges(n: int) -> None:
    interval = wilson_interval(counts((0, n), (n, 0)))
    assert interval.low[0] == 0.0
    assert interval.high[1] == 1.0
    assert interval.high[0] == pytest.approx(critical_value() ** 2 / (n + critical_value() ** 2), rel=1e-14)


@given(COUNT, COUNT)
def test_wilson_is_symmetric(positives: int, negatives: int) -> None:
    interval = wilson_interval(counts((positives, negatives), (negatives, positives)))
    assert interval.low[0] == pytest.approx(1.0 - interval.high[1], abs=1e-15, nan_ok=True)


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.99])
def test_wilson_takes_other_confidences(confidence: float) -> None:
    oracle = stats.binomtest(7, 50).proportion_ci(confidence, method="wilson")
    assert ends(wilson_interval(counts((7, 43)), confidence)) == pytest.approx((oracle.low, oracle.high), rel=1e-12)


@given(COUNT, COUNT, COUNT, COUNT)
def test_lift_equals_exact_fractions(p_t: int, n_t: int, p_c: int, n_c: int) -> None:
    found = lift(counts((p_t, n_t)), counts((p_c, n_c)))[0]
    if p_t + n_t == 0 or p_c == 0:
        assert math.isnan(found)
    else:
        ratio = Fraction(p_t, p_t + n_t) / Fraction(p_c, p_c + n_c)
        assert found == pytest.approx(float(ratio - 1), rel=1e-9, abs=1e-15 * float(ratio))


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(1, 10**6))
def test_equal_rates_have_lift_and_z_of_exactly_zero(positives: int, negatives: int, times: int) -> None:
    test, control = counts((positives * times, negatives * times)), counts((positives, negatives))
    assert lift(test, control)[0] == 0.0
    z = two_proportion_z(test, control).z[0]
    assert math.isnan(z) if negatives == 0 else z == 0.0


@given(SOME, COUNT, SOME, COUNT)
def test_lift_interval_equals_scipys_relative_risk(p_t: int, n_t: int, p_c: int, n_c: int) -> None:
    found = ends(lift_interval(counts((p_t, n_t)), counts((p_c, n_c))))
    oracle = relative_risk(p_t, p_t + n_t, p_c, p_c + n_c).confidence_interval(0.95)
    assert found == pytest.approx((oracle.low - 1, oracle.high - 1), rel=1e-9, abs=1e-6 * oracle.high)
    assert -1.0 <= found[0] <= lift(counts((p_t, n_t)), counts((p_c, n_c)))[0] + 1e-9 <= found[1] + 2e-9


@given(st.integers(1, 2000), st.integers(0, 2000), st.integers(1, 2000), st.integers(0, 2000))
def test_lift_interval_equals_scipys_relative_risk_closely(p_t: int, n_t: int, p_c: int, n_c: int) -> None:
    found = ends(lift_interval(counts((p_t, n_t)), counts((p_c, n_c))))
    oracle = relative_risk(p_t, p_t + n_t, p_c, p_c + n_c).confidence_interval(0.95)
    assert (found[0] + 1, found[1] + 1) == pytest.approx((oracle.low, oracle.high), rel=1e-9)


def test_lift_interval_reproduces_a_published_interval() -> None:
    """High against standard dose of epinephrine, 7 of 34 and 1 of 34 (Perondi et al., 2004): ratio 7, 0.91 to 54.

    From M. W. Fagerland, S. Lydersen, P. Laake, Statistical Analysis of Contingency Tables (2017), chapter 4, Katz log
    interval; their package contingencytables prints 0.9096 to 53.8695.
    """
    test, control = counts((7, 27)), counts((1, 33))
    assert lift(test, control)[0] + 1 == pytest.approx(7.0, rel=1e-14)
    low, high = ends(lift_interval(test, control))
    assert (round(low + 1, 4), round(high + 1, 4)) == (0.9096, 53.8695)


@pytest.mark.parametrize(
    ("test", "control", "has_lift", "has_interval", "has_test"),
    [
        pytest.param((0, 0), (5, 5), False, False, False, id="no test arm"),
        pytest.param((5, 5), (0, 0), False, False, False, id="no control arm"),
        pytest.param((0, 0), (0, 0), False, False, False, id="no arm"),
        pytest.param((5, 5), (0, 9), False, False, True, id="no positive in control"),
        pytest.param((0, 9), (5, 5), True, False, True, id="no positive in test"),
        pytest.param((0, 9), (0, 9), False, False, False, id="all negative"),
        pytest.param((9, 0), (5, 0), True, True, False, id="all positive"),
        pytest.param((1, 1), (1, 1), True, True, True, id="all there"),
    ],
)
def test_undefined_is_nan_and_nothing_else_is(
    test: tuple[int, int],
    control: tuple[int, int],
    has_lift: bool,  # noqa: FBT001  a column of the table above
    has_interval: bool,  # noqa: FBT001  a column of the table above
    has_test: bool,  # noqa: FBT001  a column of the table above
) -> None:
    arms = counts(test), counts(control)
    assert math.isnan(lift(*arms)[0]) is not has_lift
    assert [math.isnan(end) for end in ends(lift_interval(*arms))] == [not has_interval] * 2
    assert [math.isnan(value[0]) for value in two_proportion_z(*arms)] == [not has_test] * 2


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_z_squared_is_pearsons_chi_square(p_t: int, n_t: int, p_c: int, n_c: int) -> None:
    found = two_proportion_z(counts((p_t, n_t)), counts((p_c, n_c)))
    if 0 in (p_t + n_t, p_c + n_c, p_t + p_c, n_t + n_c):
        assert math.isnan(found.z[0])
        return
    oracle = stats.chi2_contingency([[p_t, n_t], [p_c, n_c]], correction=False)
    assert found.z[0] ** 2 == pytest.approx(oracle.statistic, rel=1e-9, abs=1e-9)
    if oracle.statistic < 1000:
        assert found.p_value[0] == pytest.approx(oracle.pvalue, rel=1e-6)
    assert np.sign(found.z[0]) == np.sign(p_t * (p_c + n_c) - p_c * (p_t + n_t))


def test_z_equals_the_textbook_formula() -> None:
    """With n = P + N in each arm: 30 of 200 against 20 of 250."""
    pooled = 50 / 450
    z = (30 / 200 - 20 / 250) / math.sqrt(pooled * (1 - pooled) * (1 / 200 + 1 / 250))
    found = two_proportion_z(counts((30, 170)), counts((20, 230)))
    assert found.z[0] == pytest.approx(z, rel=1e-13)
    assert found.p_value[0] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-13)


@given(st.floats(0, 37.4))
def test_p_value_equals_erfc(z: float) -> None:
    found = two_sided_p(np.array([z, -z]))
    assert found[0] == found[1]
    assert found[0] == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-11)


@given(st.floats(0, 38.0), st.floats(0, 38.0))
def test_p_value_falls_as_z_grows(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = two_sided_p(np.array([low, high]))
    assert found[1] <= found[0] * (1 + 1e-11)


def test_p_value_is_zero_only_below_the_smallest_float() -> None:
    """Against the first terms of the asymptotic series of ln(2·Φ(-z)), which needs no small number."""
    z = np.array([20.0, 30.0, 37.5, 38.0, 38.4])
    series = -z * z / 2 - np.log(z) - 0.5 * math.log(2 * math.pi) + np.log1p(-1 / z**2 + 3 / z**4) + math.log(2)
    found = two_sided_p(z)
    assert (found > 0.0).all()
    assert np.log(found[:3]) == pytest.approx(series[:3], rel=1e-6)
    assert np.log(found[3:]) == pytest.approx(series[3:], rel=1e-3)  # subnormal: few digits are left
    assert special.ndtr(-38.0) == 0.0  # why the tail beyond 37 is computed another way
    assert two_sided_p(np.array([40.0]))[0] == 0.0


def test_everything_is_vectorised_and_empty_input_gives_empty_output() -> None:
    nothing = counts()
    assert rate(nothing).shape == (0,)
    assert two_proportion_z(nothing, nothing).p_value.shape == (0,)
    many = counts(*[(k, 100 - k) for k in range(101)])
    one_by_one = [ends(wilson_interval(counts((k, 100 - k)))) for k in range(101)]
    interval = wilson_interval(many)
    assert list(zip(interval.low.tolist(), interval.high.tolist(), strict=True)) == one_by_one
