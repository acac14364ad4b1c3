"""Extrema against NumPy over the raw rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from valuekit.states.extrema import Extrema
from valuekit.states.groups import Groups

STATE = Extrema("x", "x")


def build(gids: list[int], size: int, values: list[float]) -> list[list[float | None]]:
    columns = STATE.build(Groups(np.array(gids, dtype=np.int64), size, {"x": np.array(values)}))
    return [column.to_pylist() for column in columns]


@pytest.mark.parametrize("parts", [1, 4, 900])
def test_extrema_of_every_group_are_those_of_numpy(parts: int) -> None:
    rng = np.random.default_rng(parts)
    gids, values = rng.integers(0, 30, 2000), rng.standard_cauchy(2000)
    part = gids * parts + rng.integers(0, parts, 2000)
    cells = STATE.build(Groups(part, 30 * parts, {"x": values}))
    low, high = STATE.merge(np.arange(30 * parts) // parts, 30, cells)
    assert low.to_pylist() == [values[gids == group].min() for group in range(30)]
    assert high.to_pylist() == [values[gids == group].max() for group in range(30)]


def test_a_group_without_a_number_has_none() -> None:
    low, high = build([0, 1, 1, 1, 3], 4, [7.0, np.nan, np.inf, -np.inf, -2.0])
    assert low == [7.0, None, None, -2.0]
    assert high == low
    merged = STATE.merge(np.array([0, 0, 1, 1]), 3, [pa.array(low), pa.array(high)])
    assert [column.to_pylist() for column in merged] == [[7.0, -2.0, None], [7.0, -2.0, None]]


def test_the_greatest_finite_number_is_a_number() -> None:
    largest = float(np.finfo(float).max)
    assert build([0, 0], 1, [-largest, largest]) == [[-largest], [largest]]


@pytest.mark.parametrize("values", [[-0.0, 0.0], [0.0, -0.0], [-0.0, -0.0]])
def test_a_negative_zero_is_zero(values: list[float]) -> None:
    assert repr(build([0, 0], 1, values)) == "[[0.0], [0.0]]"
