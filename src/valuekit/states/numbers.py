"""Numbers of rows and of cells: which are left out, and how they add up by group.

Owns what the numeric states share. Never decides what is summed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from valuekit import sql

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from valuekit.states.base import Gids

ZERO = sql.literal(0.0)


def finite_sql(value: str) -> str:
    """SQL of a row's number as a DOUBLE: NULL where it is NULL, NaN or infinite; -0.0 becomes 0.0.

    NaN is above every number on DuckDB and Spark, so one comparison drops NaN and the infinities.
    """
    number = f"CAST(({value}) AS DOUBLE)"
    return f"CASE WHEN abs({number}) <= {sql.literal(sys.float_info.max)} THEN {number} + {ZERO} END"


def add_runs(starts: NDArray[np.int64], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum each run of an array; equal runs give equal bits wherever they stand.

    Args:
        starts: run g is [starts[g], starts[g + 1]); the last start is the length of the array.
        numbers: the array.
    """
    sums = np.zeros(len(starts) - 1)
    some = starts[:-1] < starts[1:]
    if some.any():
        sums[some] = np.add.reduceat(numbers, starts[:-1][some])
    return sums


def add_cells(gids: Gids, size: int, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum numbers by group, in the order in which they stand."""
    return np.bincount(gids, weights=numbers, minlength=size).astype(np.float64)  # of nothing it counts in integers


def add_whole(gids: Gids, size: int, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum whole numbers by group; exact below 2^53."""
    return np.bincount(gids, weights=numbers, minlength=size).astype(np.int64)


def of_column(column: pa.Array) -> NDArray[np.float64]:
    """A stored DOUBLE column as an array, NaN for NULL."""
    import pyarrow as pa

    numbers: NDArray[np.float64] = column.cast(pa.float64()).fill_null(np.nan).to_numpy()
    return numbers


def whole_of_column(column: pa.Array) -> NDArray[np.int64]:
    """A stored BIGINT column as an array, 0 for NULL."""
    import pyarrow as pa

    numbers: NDArray[np.int64] = column.cast(pa.int64()).fill_null(0).to_numpy()
    return numbers
