"""When two cells of one state count as equal: a comparison for each class of state.

Whole numbers, extrema and uncompressed digests are equal to the bit; sums agree to 1e-12; compressed digests agree in
rank.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from state_forms import NumpyForm, numbered
from valuekit.states.counts import Count, Total
from valuekit.states.digest import Digest
from valuekit.states.extrema import Extrema
from valuekit.states.losses import Losses
from valuekit.states.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from valuekit.states.base import State

RELATIVE = 1e-12
EPSILON = float(np.finfo(float).eps)


def exact(_state: State, actual: Sequence[Any], expected: Sequence[Any], _numbers: NDArray[np.float64]) -> None:
    """Equal to the bit: the text of a float tells -0.0 from 0.0, and NaN is like NaN."""
    assert repr(actual) == repr(expected)


def near_sums(_state: State, actual: Sequence[Any], expected: Sequence[Any], _numbers: NDArray[np.float64]) -> None:
    """Sums of losses, none negative: nothing cancels."""
    assert actual[2:] == expected[2:]
    assert actual[:2] == [_about(value, RELATIVE * value) for value in expected[:2]]


def near_moments(_state: State, actual: Sequence[Any], expected: Sequence[Any], numbers: NDArray[np.float64]) -> None:
    """Within 1e-12, or what moving every distance by a few units in its last place does to a moment."""
    n, total, mean, rest, m2, m3 = expected
    assert actual[0] == n == len(numbers)
    if n == 0:
        assert actual == expected == [0, 0.0, None, 0.0, 0.0, 0.0]
        return
    largest, spread = float(np.abs(numbers).max()), float(np.ptp(numbers))
    moved = 8 * EPSILON * spread + EPSILON**2 * largest
    away = math.sqrt(n * m2)  # bounds the sum of distances from the mean (Cauchy-Schwarz)
    assert actual[1:] == [
        _about(total, RELATIVE * float(np.abs(numbers).sum())),
        _about(mean, RELATIVE * largest),
        _about(rest, EPSILON * largest),
        _about(m2, RELATIVE * m2 + 2 * moved * away + n * moved**2),
        _about(m3, RELATIVE * spread * m2 + 3 * moved * m2 + 3 * moved**2 * away + n * moved**3),
    ]


def near_ranks(state: State, actual: Sequence[Any], expected: Sequence[Any], numbers: NDArray[np.float64]) -> None:
    """All rows and positives are there; the middle of each centroid has the rank that the numbers give it."""
    assert isinstance(state, Digest)
    ((found,), (wanted,)) = actual, expected
    if state.compression is None or len(np.unique(numbers)) <= max(50, state.compression / 2):
        exact(state, found, wanted, numbers)
        return
    for counted in ("weight", "positives") if state.joint else ("weight",):
        assert sum(part[counted] for part in found) == sum(part[counted] for part in wanted)
    means = np.array([part["mean"] for part in found])
    weights = np.array([part["weight"] for part in found])
    assert weights.sum() == len(numbers)
    assert (np.diff(means) > 0).all()
    ordered = np.sort(numbers)
    middle = np.cumsum(weights) - weights / 2
    below, upto = np.searchsorted(ordered, means, "left"), np.searchsorted(ordered, means, "right")
    error = np.maximum(np.maximum(below - middle, middle - upto), 0).max() / len(numbers)
    assert error <= 2 * math.pi / state.compression
    assert len(found) <= state.compression / 2 + 2 + 200 * state.joint


COMPARISONS: dict[type, Callable[[Any, Sequence[Any], Sequence[Any], NDArray[np.float64]], None]] = {
    Count: exact,
    Total: exact,
    Extrema: exact,
    Losses: near_sums,
    Moments: near_moments,
    Digest: near_ranks,
}


def compare(
    connection: duckdb.DuckDBPyConnection, state: State, actual: pa.Table, expected: pa.Table, rows: pa.Table
) -> None:
    """Assert that two tables of cells, by `grp`, are equal.

    Args:
        connection: evaluates the state's input.
        state: the state that they belong to.
        actual: one table.
        expected: the other.
        rows: the rows that both stand for.
    """
    assert actual.column_names == expected.column_names
    assert actual.column("grp").to_pylist() == expected.column("grp").to_pylist()
    numbers = _numbers(connection, state, rows)
    columns = [column.name for column in state.stored]
    for got, wanted in zip(actual.to_pylist(), expected.to_pylist(), strict=True):
        of_group = numbers.get(wanted["grp"], np.zeros(0))
        COMPARISONS[type(state)](state, [got[name] for name in columns], [wanted[name] for name in columns], of_group)


def _numbers(connection: duckdb.DuckDBPyConnection, state: State, rows: pa.Table) -> dict[object, NDArray[np.float64]]:
    """The finite values of the state's number in each group."""
    if not any(asked.kind == "number" for asked in state.inputs):
        return {}
    values = NumpyForm(connection, state).inputs(rows)[state.inputs[0].sql]
    gids, groups = numbered(rows, ["grp"])
    there = np.isfinite(values)
    return {group: values[there & (gids == number)] for number, (group,) in enumerate(groups)}


def _about(value: float, distance: float) -> Any:
    return pytest.approx(value, rel=0, abs=distance)
