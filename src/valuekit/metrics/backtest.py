"""How well a model would have done: fitted to the past of a day, held against what came after it.

Owns the comparison and the classes of customers in it. Never reads a purchase and never fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from valuekit.metrics.predictions import Forecast
    from valuekit.stats.clv.histories import Array

CLASS, ALL = "frequency_class", "all"
OFTEN = 7
"""Customers with so many repeat purchases or more are one class."""


@dataclass(frozen=True)
class Holdout:
    """What the customers of the calibration did after it, one row each.

    Attributes:
        frequency: repeat purchase dates until the end of calibration.
        purchases: purchase dates after it.
        value: what these were worth.
    """

    frequency: NDArray[np.int64]
    purchases: NDArray[np.int64]
    value: Array


def compare(forecast: Forecast, holdout: Holdout) -> pl.DataFrame:
    """Compare by frequency class, and over all customers in the last row.

    Args:
        forecast: of the calibration, over the months of the holdout, without a discount.
        holdout: the same customers.

    Returns:
        `frequency_class`, `Count`, and the numbers that `valuekit explain` describes; null where undefined.
    """
    import polars as pl

    size = OFTEN + 2
    members = np.minimum(holdout.frequency, OFTEN)
    member_of = np.concatenate([members, np.full(members.size, size - 1)])

    def added(values: NDArray[np.int64] | Array) -> Array:
        return np.bincount(member_of, np.tile(values, 2), size).astype(np.float64)

    count = np.bincount(member_of, minlength=size)
    some = np.maximum(count, 1)
    actual, expected = added(holdout.purchases), added(forecast.expected_purchases)
    error = forecast.expected_purchases - holdout.purchases
    names = [*map(str, range(OFTEN)), f"{OFTEN}+", ALL]
    relative = np.where(actual > 0, expected / np.where(actual > 0, actual, 1.0) - 1.0, np.nan)
    worth = np.where(forecast.unvalued, 0.0, forecast.predicted_value)
    rows = pl.DataFrame(
        {
            CLASS: names,
            "Count": count.astype(np.int64),
            "actual_purchases": actual.astype(np.int64),
            "expected_purchases": expected,
            "error": relative,
            "mean_absolute_error": added(np.abs(error)) / some,
            "root_mean_squared_error": np.sqrt(added(error**2) / some),
            "actual_value": added(holdout.value),
            "expected_value": added(worth),
        }
    )
    return rows.filter((pl.col("Count") > 0) | (pl.col(CLASS) == ALL)).fill_nan(None)
