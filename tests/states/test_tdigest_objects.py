"""Digests and objects of the tdigest package: quantiles agree in rank both ways, weights are kept."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tdigest import TDigest

import valuekit
from valuekit.errors import UsageError
from valuekit.states.centroids import Centroids
from valuekit.states.tdigest import from_tdigest, to_tdigest
from valuekit.stats.quantiles import quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])


def cell_of(values: NDArray[np.float64], compression: int = 500) -> list[dict[str, Any]]:
    centroids = Centroids.of_rows(np.zeros(len(values), dtype=np.int64), 1, values)
    found: list[dict[str, Any]] = centroids.compressed(compression).column()[0].as_py()
    return found


def quantiles_of(cell: list[dict[str, Any]]) -> NDArray[np.float64]:
    fields = {name: np.array([centroid[name] for centroid in cell]) for name in ("mean", "weight", "atom")}
    found: NDArray[np.float64] = quantile(
        np.array([0, len(cell)]), fields["mean"], fields["weight"], fields["atom"], SHARES
    )[0]
    return found


def rank_errors(values: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the share of values below each quantile is from the share asked for."""
    errors: NDArray[np.float64] = np.abs(np.searchsorted(np.sort(values), found) / len(values) - SHARES)
    return errors


@pytest.fixture(params=["normal", "lognormal", "exponential"])
def values(request: pytest.FixtureRequest) -> NDArray[np.float64]:
    drawn: NDArray[np.float64] = getattr(np.random.default_rng(4), request.param)(size=20_000)
    return drawn


def test_to_tdigest_keeps_every_centroid_and_its_quantiles(values: NDArray[np.float64]) -> None:
    cell = cell_of(values)
    digest = to_tdigest(cell)
    assert digest.n == len(values)
    assert digest.centroids_to_list() == [{"m": one["mean"], "c": one["weight"]} for one in cell]
    found = np.array([digest.percentile(100 * share) for share in SHARES])
    assert rank_errors(values, found).max() < 0.002


def test_from_tdigest_keeps_weights_and_quantiles() -> None:
    values = np.random.default_rng(5).normal(size=3_000)
    digest = TDigest(delta=0.005)
    for value in values:
        digest.update(value)
    cell = from_tdigest(digest)
    assert sum(one["weight"] for one in cell) == len(values)
    assert [one["mean"] for one in cell] == sorted({one["mean"] for one in cell})
    theirs = np.array([digest.percentile(100 * share) for share in SHARES])
    assert rank_errors(values, quantiles_of(cell)).max() < rank_errors(values, theirs).max() + 0.002
    column = valuekit.from_tdigest(digest, 100)
    assert len(column) < len(cell)
    assert sum(one["weight"] for one in column) == len(values)


def test_there_and_back_is_the_same_digest_but_for_heavy_atoms() -> None:
    values = np.random.default_rng(6).permutation(np.repeat([0.0, 1.5, 2.0, 9.0], [900, 1, 3, 1]))
    cell = cell_of(values)
    back = from_tdigest(to_tdigest(cell))
    assert [(one["mean"], one["weight"]) for one in back] == [(one["mean"], one["weight"]) for one in cell]
    assert [one["atom"] for one in back] == [False, True, False, True]


def test_an_object_made_of_a_digest_can_be_updated() -> None:
    digest = to_tdigest([{"mean": 1.0, "weight": 2, "atom": True}, {"mean": 1.0, "weight": 1, "atom": True}])
    digest.update(3.0)
    assert digest.n == 4
    assert digest.percentile(0) == 1.0
    assert sum(one["c"] for one in digest.centroids_to_list()) == 4


def test_the_empty_digest_stays_empty() -> None:
    assert len(to_tdigest([])) == 0
    assert from_tdigest(TDigest()) == []


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(UsageError, match="mean nan"):
        to_tdigest([{"mean": float("nan"), "weight": 1}])
    with pytest.raises(UsageError, match="weight 0"):
        to_tdigest([{"mean": 1.0, "weight": 0}])
    digest = TDigest()
    digest.update(float("inf"))
    with pytest.raises(UsageError, match="not finite"):
        from_tdigest(digest)


def test_without_the_package_the_error_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['tdigest'] = None\n"
        "import valuekit\n"
        "try: valuekit.to_tdigest([])\n"
        "except valuekit.UsageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "valuekit[tdigest]"' in done.stdout
