"""Quantiles over centroids against NumPy on raw rows, and against knots written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from valuekit.states.centroids import Centroids
from valuekit.stats.quantiles import bowley_skew, cdf, quantile

QS = [0.0, 0.01, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.95, 0.999, 1.0]
Digest = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]

values = st.floats(-1e150, 1e150) | st.integers(-3, 3).map(float)


def digest(groups: list[list[float]]) -> Digest:
    gids = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    rows = np.array([value for group in groups for value in group])
    made = Centroids.of_rows(gids, len(groups), rows)
    return made.starts, made.means, made.weights, made.atoms


def one_group(means: list[float], weights: list[int], atoms: list[bool]) -> Digest:
    return np.array([0, len(means)]), np.array(means), np.array(weights), np.array(atoms)


@given(st.lists(st.lists(values, max_size=30), min_size=1, max_size=5), st.lists(st.floats(0, 1), max_size=5))
def test_atoms_give_numpys_quantiles_bit_for_bit(groups: list[list[float]], more: list[float]) -> None:
    found = quantile(*digest(groups), QS + more)
    for group, row in zip(groups, found, strict=True):
        expected = np.quantile(group, QS + more) if group else np.full(len(row), np.nan)
        np.testing.assert_array_equal(row, expected)


@given(st.lists(st.lists(values, min_size=1, max_size=30), min_size=1, max_size=3), st.floats(0, 1))
def test_one_quantile_gives_one_number_a_group(groups: list[list[float]], q: float) -> None:
    found = quantile(*digest(groups), q)
    assert found.tolist() == [float(np.quantile(group, q)) for group in groups]


def test_a_mixed_centroid_is_one_knot_in_its_middle() -> None:
    """An atom of 3 rows covers the ranks 0 to 2, a mixed one of 4 rows is the knot 4.5, an atom of 2 rows 7 to 8."""
    parts = one_group([1.0, 5.0, 9.0], [3, 4, 2], [True, False, True])
    ranks = np.linspace(0, 8, 33)
    expected = np.interp(ranks, [0, 2, 4.5, 7, 8], [1, 1, 5, 9, 9])
    np.testing.assert_allclose(quantile(*parts, ranks / 8)[0], expected, rtol=1e-14)


def test_outside_the_knots_the_value_stays() -> None:
    parts = one_group([1.0, 5.0], [4, 6], [False, False])
    ranks = np.linspace(0, 9, 37)
    expected = np.interp(ranks, [1.5, 6.5], [1, 5])
    np.testing.assert_allclose(quantile(*parts, ranks / 9)[0], expected, rtol=1e-14)
    assert quantile(*one_group([3.0], [7], [False]), QS).tolist() == [[3.0] * len(QS)]


def test_many_groups_are_as_each_alone() -> None:
    rng = np.random.default_rng(2)
    sizes = [0, 1, 5000, 0, 300, 20_000, 0]
    gids = np.repeat(np.arange(len(sizes)), sizes)
    rows = rng.lognormal(size=len(gids))
    made = Centroids.of_rows(gids, len(sizes), rows).compressed(100)
    found = quantile(made.starts, made.means, made.weights, made.atoms, QS)
    for group in range(len(sizes)):
        part = slice(int(made.starts[group]), int(made.starts[group + 1]))
        alone = quantile(
            np.array([0, part.stop - part.start]), made.means[part], made.weights[part], made.atoms[part], QS
        )
        np.testing.assert_array_equal(found[group], alone[0])
    assert np.isnan(found[[0, 3, 6]]).all()


def test_the_cdf_inverts_the_quantile() -> None:
    parts = one_group([1.0, 5.0, 9.0, 11.0], [3, 4, 2, 5], [True, False, True, False])
    q = np.linspace(2 / 13, 10.9 / 13, 50)
    q = q[(q * 13 < 7) | (q * 13 > 8)]
    found = quantile(*parts, q)[0]
    np.testing.assert_allclose(cdf(*parts, found)[0], q, rtol=1e-12)
    assert cdf(*parts, [0.5, 1.0, 9.0, 11.0, 12.0]).tolist() == [[0.0, 2 / 13, 8 / 13, 1.0, 1.0]]


@given(st.lists(st.integers(-999, 999).map(float), min_size=2, max_size=30), st.floats(0, 1))
def test_the_cdf_is_the_largest_share_with_that_quantile(group: list[float], q: float) -> None:
    parts = digest([group])
    x = float(quantile(*parts, q)[0])
    share = float(cdf(*parts, x)[0])
    assert float(quantile(*parts, share)[0]) == pytest.approx(x, rel=1e-9, abs=1e-9)
    if share < 1:
        assert float(quantile(*parts, min(share + 1e-3, 1.0))[0]) > x


def test_an_empty_group_has_no_distribution() -> None:
    parts = digest([[], [2.0]])
    assert np.isnan(quantile(*parts, 0.5)[0])
    found = cdf(*parts, [1.0, 2.0, np.nan])
    assert np.isnan(found[0]).all()
    assert found[1, :2].tolist() == [0.0, 1.0]
    assert np.isnan(found[1, 2])
    assert quantile(*digest([]), QS).shape == (0, len(QS))


def test_a_share_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(*digest([[1.0]]), [0.5, np.nan])


def test_bowley_skewness() -> None:
    """Of 0, 1, 2, 3, 10: the quartiles are 1, 2, 3, without skew; of 0, 1, 2, 5, 10: (5 + 1 - 4)/(5 - 1)."""
    p25, p50, p75 = quantile(*digest([[0, 1, 2, 3, 10], [0, 1, 2, 5, 10], [4, 4, 4], []]), [0.25, 0.5, 0.75]).T
    np.testing.assert_array_equal(bowley_skew(p25, p50, p75), [0.0, 0.5, np.nan, np.nan])
