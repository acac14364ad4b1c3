"""Curves of a score: how it ranks, and how it is calibrated, point by point.

Owns the shape of a curve and which points it has. Never computes one: `stats.ranking` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from valuekit.states.centroids import Centroids

Kind: TypeAlias = Literal["roc", "precision_recall", "gain", "lift", "calibration"]


@dataclass(frozen=True)
class Curve:
    """One curve of one score in one group; without points where it is undefined.

    A point is a centroid of the score: all offers scored as high as it, or higher. `roc` has the false positive rate on
    x and the true positive rate on y, `precision_recall` recall and precision, `gain` the share of offers and that of
    positives, `lift` the share of offers and precision over the base rate. `calibration` has the mean score and the
    share of positives of bins of about equally many offers, from the lowest score up.

    Attributes:
        group: dimension -> value; empty for the total.
        property: the score's column.
        kind: which curve.
        x: from left to right, but for ties.
        y: as many.
        n: the offers of each bin of `calibration`; None for other curves.
    """

    group: Mapping[str, object]
    property: str
    kind: Kind
    x: list[float]
    y: list[float]
    n: list[int] | None = None


def curves_of(
    scores: Centroids, groups: Sequence[Mapping[str, object]], name: str, probabilities: NDArray[np.bool_]
) -> Iterator[Curve]:
    """Draw every curve of a score.

    Args:
        scores: joint centroids, one group after the other.
        groups: the dimensions of each group.
        name: the score's column.
        probabilities: whether all scores of a group are in [0, 1]; else it has no calibration.

    Yields:
        Five curves a group, group by group.
    """
    from valuekit.stats import ranking

    if scores.positives is None:
        raise ValueError("only joint centroids have curves")
    points = ranking.curves(scores.starts, scores.means, scores.weights, scores.positives)
    bins = ranking.calibration(scores.starts, scores.means, scores.weights, scores.positives)
    one_class = np.isnan(points.tpr)
    for at, group in enumerate(groups):
        mine = slice(points.starts[at], points.starts[at + 1])
        if one_class[mine].any():
            mine = slice(0, 0)
        fpr, tpr, precision, share, lift = (
            part[mine].tolist() for part in (points.fpr, points.tpr, points.precision, points.share, points.lift)
        )
        origin = [0.0] if tpr else []
        yield Curve(group, name, "roc", origin + fpr, origin + tpr)
        yield Curve(group, name, "precision_recall", tpr, precision)
        yield Curve(group, name, "gain", origin + share, origin + tpr)
        yield Curve(group, name, "lift", share, lift)
        some = slice(bins.starts[at], bins.starts[at + 1]) if probabilities[at] else slice(0, 0)
        yield Curve(
            group, name, "calibration", bins.proba[some].tolist(), bins.rate[some].tolist(), bins.n[some].tolist()
        )
