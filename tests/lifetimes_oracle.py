"""The package lifetimes, whose models the tests compare ours with; a test that asks for it skips where it is absent.

It is unmaintained, warns with pandas 3 when imported, and turns warnings off for good when it fits: all of that stays
in here. Its variance matrices are not used: its Hessians are not symmetric.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from valuekit.stats.clv.histories import Histories, Spending

Array = NDArray[np.float64]


@contextmanager
def lifetimes() -> Iterator[Any]:
    """The package, with its warnings unheard."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield pytest.importorskip("lifetimes")


def cdnow() -> tuple[Histories, Array]:
    """CDNOW's 2357 customers of Fader and Hardie's papers, in weeks, and the mean value of their repeat purchases."""
    with lifetimes() as package:
        pytest.importorskip("lifetimes.datasets")
        table = package.datasets.load_cdnow_summary_data_with_monetary_value()
        columns = [table[name].to_numpy(np.float64) for name in ("frequency", "recency", "T", "monetary_value")]
    return Histories.of_customers(*columns[:3]), columns[3]


def cdnow_spending() -> Spending:
    """What the customers of CDNOW who came back spent."""
    histories, value = cdnow()
    repeat = histories.frequency > 0
    return Spending.of_customers(histories.frequency[repeat], value[repeat])


def fitted(name: str, *data: Array, **options: Any) -> Any:
    """A fitted model of the package, by its class's name."""
    with lifetimes() as package:
        return getattr(package, name)().fit(*data, **options)


def with_parameters(name: str, **parameters: float) -> Any:
    """A model of the package with these parameters, not fitted."""
    with lifetimes() as package:
        model = getattr(package, name)()
    model.params_ = parameters
    return model
