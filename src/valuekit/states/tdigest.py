"""Digests as objects of the `tdigest` package, and back: needs the extra `[tdigest]`.

Owns what either side cannot say: that package knows no atoms and no positives, and its weights need not be whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from valuekit.errors import UsageError
from valuekit.states.centroids import Centroids

if TYPE_CHECKING:
    from tdigest import TDigest

COMPRESSION = 500


def to_tdigest(cell: Iterable[Mapping[str, Any]], *, delta: float = 0.01, k: int = 25) -> TDigest:
    """Make a `tdigest.TDigest` of a digest that an export holds.

    Every centroid is kept as it is, so total weight and means are the same. That an atom is one value, and how many
    rows are positive, is lost: the package interpolates between all centroids, also within a value that many rows have.

    Args:
        cell: the centroids, each with `mean` and `weight`: one value of a digest column of an exported file.
        delta: what the new object goes by when it is updated later: the larger, the coarser.
        k: the same; it compresses itself beyond k/delta centroids.

    Raises:
        UsageError: the package is not there, or a centroid has no finite mean or no positive weight.
    """
    module = _package()
    digest = module.TDigest(delta, k)
    for centroid in cell:
        mean, weight = float(centroid["mean"]), float(centroid["weight"])
        if not math.isfinite(mean) or not weight > 0:
            raise UsageError(f"no centroid has mean {mean} and weight {weight}")
        if mean in digest.C:
            digest.C[mean].count += weight
            digest.C.insert(mean, digest.C.pop(mean))
        else:
            digest.C.insert(mean, module.Centroid(mean, weight))
        digest.n += weight
    return digest


def from_tdigest(digest: TDigest, compression: int = COMPRESSION) -> list[dict[str, Any]]:
    """Make a digest of a `tdigest.TDigest`, as an export holds it.

    The total weight is kept, rounded to whole rows. Weights that are not whole are rounded so that no rank moves by
    more than half a row. A centroid of one row is an atom; no other is, as the package does not say whether its rows
    are equal.

    Args:
        digest: the object.
        compression: the t-digest's delta of METRICS.md §8; about half as many centroids remain.

    Returns:
        The centroids in order of their means, each with `mean`, `weight` and `atom`.

    Raises:
        UsageError: the package is not there, or a mean is not finite.
    """
    _package()
    listed = digest.centroids_to_list()
    means = np.array([item["m"] for item in listed], dtype=np.float64)
    if not np.isfinite(means).all():
        raise UsageError("the TDigest has a mean that is not finite: it was updated with NaN or infinity")
    running = np.rint(np.cumsum([0.0, *(item["c"] for item in listed)])).astype(np.int64)
    weights = np.diff(running)
    some = weights > 0
    centroids = Centroids(
        starts=np.array([0, some.sum()], dtype=np.int64),
        means=means[some] + 0.0,
        weights=weights[some],
        positives=None,
        atoms=weights[some] == 1,
    )
    found: list[dict[str, Any]] = centroids.compressed(compression).column()[0].as_py()
    return found


def _package() -> Any:  # noqa: ANN401  # a module without types
    try:
        import tdigest.tdigest
    except ImportError as error:
        raise UsageError('this needs the package tdigest: pip install "valuekit[tdigest]"') from error
    return tdigest.tdigest
