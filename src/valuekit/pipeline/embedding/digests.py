"""Digests that fit into a page: as fine as the room allows, and never coarser than the least compression.

Owns how they are compressed for it. Never decides at which grain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from valuekit.states.centroids import EXACT_VALUES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.pipeline.embedding.grains import Grain
    from valuekit.reports.embedding import Body, Json
    from valuekit.states.centroids import Centroids
    from valuekit.states.digest import Digest

LEAST = 50
"""No digest is compressed with a smaller delta."""

DELTAS: tuple[int | None, ...] = (None, 500, 350, 250, 180, 130, 100, 70, LEAST)
"""How digests are compressed, the finest first; None keeps them as they are stored."""

_PROTECTED_SHARE = 10
"""The highest delta/10 rows of a joint digest stay alone: average precision lives there."""

_ROUNDED = ~np.int64((1 << 29) - 1)
"""The bits of a double that one of single precision keeps."""


@dataclass(frozen=True)
class Held:
    """One digest at one grain, as it is stored.

    Attributes:
        metric: the metric.
        grain: the grain.
        state: what it is.
        centroids: one group a row of the grain.
    """

    metric: str
    grain: Grain
    state: Digest
    centroids: Centroids
    _found: dict[int | None, tuple[Centroids, NDArray[np.bool_]]] = field(default_factory=dict)

    def at_least(self, delta: int | None) -> int:
        """About how many centroids remain of it: no fewer than half of it."""
        sizes = np.diff(self.centroids.starts)
        return int(sizes.sum() if delta is None else np.minimum(sizes, max(EXACT_VALUES, delta // 2) // 2).sum())

    def compressed(self, delta: int | None) -> tuple[Centroids, NDArray[np.bool_]]:
        """The digest, and which groups are not as they are stored."""
        if delta is None:
            return self.centroids, np.zeros(self.centroids.size, dtype=np.bool_)
        if delta not in self._found:
            self._found.clear()
            protected = delta // _PROTECTED_SHARE if self.state.joint else 0
            fewer = self.centroids.compressed(delta, protected)
            touched = np.diff(fewer.starts) < np.diff(self.centroids.starts)
            self._found[delta] = fewer, touched
        return self._found[delta]

    def write(self, body: Body, delta: int | None) -> Json:
        """Add it to a page; means of centroids that were compressed have single precision."""
        centroids, touched = self.compressed(delta)
        rounded = (centroids.means.view(np.int64) & _ROUNDED).view(np.float64)
        free = ~centroids.atoms & touched[centroids.gids]
        parts: dict[str, Any] = {
            "lengths": body.whole(np.diff(centroids.starts)),
            "means": body.floats(np.where(free, rounded, centroids.means)),
            "weights": body.whole(centroids.weights),
            "positives": None if centroids.positives is None else body.whole(centroids.positives),
            "atoms": body.whole(centroids.atoms),
            "touched": body.whole(touched),
        }
        return parts
