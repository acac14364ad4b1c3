"""Means against scipy and NumPy on raw values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from valuekit.stats.means import Estimate, Sample, difference, incremental_total, mean, standard_error, variance
from valuekit.stats.proportions import critical_value

VALUES = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), max_size=30)


def sample(*groups: list[float]) -> Sample:
    """The moments of raw values, by NumPy."""
    with_values = [np.array(group, dtype=np.float64) for group in groups]
    return Sample(
        np.array([float(len(group)) for group in groups]),
        np.array([group.mean() if len(group) else math.nan for group in with_values]),
        np.array([((group - group.mean()) ** 2).sum() if len(group) else math.nan for group in with_values]),
    )


def numbers(estimate: Estimate, row: int = 0) -> tuple[float, ...]:
    return tuple(float(part[row]) for part in estimate)


@given(VALUES)
def test_mean_variance_and_standard_error_equal_numpy(values: list[float]) -> None:
    found = sample(values)
    if values:
        assert mean(found)[0] == np.mean(values)
    else:
        assert math.isnan(mean(found)[0])
    if len(values) > 1:
        assert variance(found)[0] == pytest.approx(np.var(values, ddof=1), rel=1e-12)
        assert standard_error(found)[0] == pytest.approx(stats.sem(values), rel=1e-12)
    else:
        assert math.isnan(variance(found)[0])
        assert math.isnan(standard_error(found)[0])


@given(VALUES, VALUES)
def test_the_difference_has_welchs_standard_error(test: list[float], control: list[float]) -> None:
    found, total = (formula(sample(test), sample(control)) for formula in (difference, incremental_total))
    if min(len(test), len(control)) < 2:
        assert all(math.isnan(part) for part in (*numbers(found), *numbers(total)))
        return
    error = math.sqrt(stats.sem(test) ** 2 + stats.sem(control) ** 2)
    value = np.mean(test) - np.mean(control)
    expected = (value, value - stats.norm.ppf(0.975) * error, value + stats.norm.ppf(0.975) * error)
    assert numbers(found) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert numbers(total) == pytest.approx([len(test) * part for part in expected], rel=1e-9, abs=1e-4)


def test_the_interval_is_the_normal_one_of_scipys_welch_test() -> None:
    test, control = sample([120.0, 0.0, 35.5, 0.0, -12.0]), sample([10.0, 0.0, 0.0, 22.0])
    deviations = [math.sqrt(float(variance(arm)[0])) for arm in (test, control)]
    welch = stats.ttest_ind_from_stats(
        test.mean[0], deviations[0], 5, control.mean[0], deviations[1], 4, equal_var=False
    )
    found = difference(test, control, confidence=0.9)
    half_width = (found.high[0] - found.low[0]) / 2
    assert found.value[0] * critical_value(0.9) / half_width == pytest.approx(welch.statistic, rel=1e-12)
    assert incremental_total(test, control).value[0] == pytest.approx(5 * found.value[0], rel=1e-15)


# W. S. Gosset (Student), The probable error of a mean, Biometrika 6 (1908) 1-25: additional hours of sleep of ten
# patients under two drugs. R's t.test(extra ~ group, data = sleep) gives t = -1.8608 with these means.
SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)


def test_students_sleep_data() -> None:
    first, second = (sample(hours) for hours in SLEEP)
    found = difference(first, second)
    assert (round(float(mean(first)[0]), 2), round(float(mean(second)[0]), 2)) == (0.75, 2.33)
    error = (found.high[0] - found.value[0]) / critical_value()
    assert round(float(found.value[0] / error), 4) == -1.8608


def test_equal_values_have_no_spread_and_equal_means_no_difference() -> None:
    found = incremental_total(sample([0.1] * 3), Sample(np.array([2.0]), np.array([0.1]), np.array([0.0])))
    assert numbers(found) == pytest.approx((0.0, 0.0, 0.0), abs=1e-15)
    assert standard_error(Sample(np.array([2.0]), np.array([0.1]), np.array([-1e-30])))[0] == 0.0


def test_groups_side_by_side_do_not_mix() -> None:
    test, control = sample([1.0, 2.0], [], [5.0, 7.0]), sample([0.0, 1.0], [1.0, 2.0], [3.0])
    total = incremental_total(test, control)
    assert numbers(total)[0] == 2.0
    assert np.isnan(np.array(total))[:, 1:].all()


def test_numbers_too_large_for_a_float_are_not_warned_about() -> None:
    huge = Sample(np.array([2.0]), np.array([1e308]), np.array([0.0]))
    tiny = Sample(np.array([2.0]), np.array([-1e308]), np.array([np.inf]))
    assert not np.isfinite(incremental_total(huge, tiny).value[0])
