"""Moments against NumPy and SciPy over the raw rows."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from valuekit.states.groups import Groups
from valuekit.states.moments import Moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATE = Moments("x", "x")


def build(gids: NDArray[np.int64], size: int, values: NDArray[np.float64]) -> list[dict[str, Any]]:
    return cells(STATE.build(Groups(gids, size, {"x": values})))


def cells(columns: list[pa.Array]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.table(columns, names=["n", "sum", "mean", "rest", "m2", "m3"]).to_pylist()
    return rows


def split(values: NDArray[np.float64], parts: NDArray[np.int64]) -> dict[str, Any]:
    """The moments of values that are built in parts and merged in one step."""
    built = STATE.build(Groups(parts, int(parts.max()) + 1, {"x": values}))
    (cell,) = cells(STATE.merge(np.zeros(len(built[0]), dtype=np.int64), 1, built))
    return cell


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_moments_of_every_group_are_those_of_numpy_and_scipy(scale: float) -> None:
    rng = np.random.default_rng(3)
    gids = rng.choice(50, 20_000, p=rng.dirichlet(np.full(50, 0.3)))
    values = scale * rng.gamma(0.5, 2, 20_000)
    for group, cell in enumerate(build(gids, 50, values)):
        own = values[gids == group]
        assert cell["n"] == len(own)
        if len(own) > 2:
            assert cell["sum"] == pytest.approx(np.sum(own), rel=1e-12, abs=0)
            assert cell["mean"] == pytest.approx(np.mean(own), rel=1e-12, abs=0)
            assert cell["m2"] / (cell["n"] - 1) == pytest.approx(np.var(own, ddof=1), rel=1e-12, abs=0)
            skewness = (cell["m3"] / cell["n"]) / (cell["m2"] / cell["n"]) ** 1.5
            assert skewness == pytest.approx(stats.skew(own), rel=1e-9, abs=0)


@pytest.mark.parametrize("parts", [1, 3, 100, 4000])
def test_variance_where_the_naive_formula_fails(parts: int) -> None:
    """Mean 1e7, standard deviation 0.1; the oracle is exact arithmetic."""
    rng = np.random.default_rng(parts)
    values = 1e7 + 0.1 * rng.standard_normal(20_000)
    fractions = [Fraction(value) for value in values.tolist()]
    mean = sum(fractions) / len(fractions)
    m2 = float(sum((value - mean) ** 2 for value in fractions))
    naive = np.sum(values**2) - np.sum(values) ** 2 / len(values)
    assert abs(naive / m2 - 1) > 0.01
    cell = split(values, rng.integers(0, parts, len(values)))
    assert cell["m2"] == pytest.approx(m2, rel=1e-12, abs=0)
    assert cell["mean"] == pytest.approx(float(mean), rel=2e-16, abs=0)


def test_moments_merged_from_thousands_of_parts() -> None:
    rng = np.random.default_rng(9)
    values = rng.lognormal(2, 1, 30_000)
    cell = split(values, rng.integers(0, 5000, len(values)))
    assert cell["n"] == len(values)
    assert cell["sum"] == pytest.approx(np.sum(values), rel=1e-12, abs=0)
    assert cell["mean"] == pytest.approx(np.mean(values), rel=1e-12, abs=0)
    assert cell["m2"] == pytest.approx(np.var(values) * len(values), rel=1e-12, abs=0)
    assert cell["m3"] == pytest.approx(np.sum((values - values.mean()) ** 3), rel=1e-12, abs=0)


@pytest.mark.parametrize("value", [0.1, -0.0, 1e7 + 0.1, 1e300, -5e-324])
def test_equal_values_have_no_spread(value: float) -> None:
    """Exactly: 0.1 + 0.1 + 0.1 is not 3 times 0.1, and a spread of 1e-17 would pass for one."""
    values = np.full(7, value)
    whole = build(np.zeros(7, dtype=np.int64), 1, values)[0]
    for cell in (whole, split(values, np.array([0, 0, 0, 1, 2, 2, 3]))):
        assert (cell["n"], cell["mean"], cell["m2"], cell["m3"]) == (7, value, 0.0, 0.0)
        assert not np.signbit(cell["mean"]) or value < 0


def test_one_row_and_no_row() -> None:
    one, none = build(np.array([0]), 2, np.array([4.5]))
    assert one == {"n": 1, "sum": 4.5, "mean": 4.5, "rest": 0.0, "m2": 0.0, "m3": 0.0}
    assert none == {"n": 0, "sum": 0.0, "mean": None, "rest": 0.0, "m2": 0.0, "m3": 0.0}


def test_missing_and_infinite_values_are_left_out() -> None:
    values = np.array([1.0, np.nan, 3.0, np.inf, -np.inf, np.nan])
    some, none = build(np.array([0, 0, 0, 0, 0, 1]), 2, values)
    assert some == {"n": 2, "sum": 4.0, "mean": 2.0, "rest": 0.0, "m2": 2.0, "m3": 0.0}
    assert none["n"] == 0


def test_powers_beyond_a_float_are_not_finite_and_do_not_warn() -> None:
    (cell,) = build(np.zeros(3, dtype=np.int64), 1, np.array([-1e200, 0.0, 3e200]))
    assert cell["mean"] == pytest.approx(2e200 / 3)
    assert not np.isfinite(cell["m2"])
    merged = cells(STATE.merge(np.array([0, 0]), 1, [pa.array([cell[key]] * 2) for key in cell]))[0]
    assert merged["n"] == 6
    assert not np.isfinite(merged["m2"])


def test_equal_rows_give_equal_bits_wherever_their_group_stands() -> None:
    rng = np.random.default_rng(1)
    values, gids = rng.standard_normal(500), rng.integers(0, 9, 500)
    order = rng.permutation(500)
    assert build(gids[order], 9, values[order]) == build(gids, 9, values)
    assert build(8 - gids, 9, values)[::-1] == build(gids, 9, values)
