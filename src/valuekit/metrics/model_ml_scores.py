"""Scores of models: how well propensities rank and are calibrated, and how varied the offers are.

Owns the family `model_ml_scores`. Never sees an offer: states hold what is known of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from valuekit import sql
from valuekit.errors import ConfigError
from valuekit.metrics.base import Kind, Labels, Listed, Score
from valuekit.metrics.dimensions import cell_dimensions
from valuekit.metrics.names import HOLISTIC, PROPERTIES, PROPERTY
from valuekit.metrics.properties import interleaved, is_number
from valuekit.metrics.scoring import computed, evaluation, needed, number, said, whole
from valuekit.states.centroids import Centroids
from valuekit.states.counts import Count
from valuekit.states.digest import Digest
from valuekit.states.losses import Losses
from valuekit.states.numbers import finite_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Evaluation, Holistic
    from valuekit.metrics.curves import Curve
    from valuekit.metrics.scoring import Formulas
    from valuekit.states.base import State
    from valuekit.states.plan import Sum

CURVE_SCORES = ("roc_auc", "ece")
"""The scores whose states curves are drawn from."""

_NO_SCORE = "no offer has a score"
_NO_POSITIVE, _NO_NEGATIVE = "one class only: no positive", "one class only: no negative"
_OUTSIDE = "a score lies outside 0 to 1"
_CERTAIN = "a positive was scored 0, or a negative 1"
_NOBODY = {"personalization": "fewer than two customers", "novelty": "no offer has a customer"}


def _catalogue() -> tuple[Score, ...]:
    """Describe every score, in output order; s a score, y 1 for a positive offer and 0 for a negative one."""

    def stored(*parts: str) -> str:
        return ", ".join(f"{name}.{part}" for name in PROPERTIES for part in parts)

    some = _NO_SCORE
    outside = f"{some}, or one lies outside [0, 1]"
    scored, both, digest = stored("scored"), stored("scored", "positives"), stored("scored", "positives", "digest")
    error = stored("scored", "losses_brier", "losses_outside")
    log = stored("scored", "losses_log", "losses_outside", "losses_certain")
    bins = stored("scored", "digest", "losses_outside")
    rank = "P(a positive scores above a negative) + P(tied)/2 (Mann & Whitney, 1947); never flipped"
    precision = "Σ (recall step)·precision from the highest score down, not interpolated"
    gap = "Σ n_b/n·|rate_b - mean s_b| over up to 20 bins of about equally many offers (Naeini et al., 2015)"
    similarity = "1 - the mean cosine of two customers' counts of offers by action"
    surprise = "the mean over offers of -log2(U_i/U), U_i of U customers having been offered action i"
    return (
        Score("Count", Kind.DISTRIBUTIVE, "n = P + N, the offers counted", "never", "Positives, Negatives", "count"),
        Score("Scored", Kind.DISTRIBUTIVE, "the offers counted that have a score", "never", scored, "count"),
        Score("pos_fraction", Kind.DISTRIBUTIVE, "the share of positives among Scored", some, both, "rate"),
        Score("roc_auc", Kind.ALGEBRAIC, rank, "one class only", digest, "ratio"),
        Score("average_precision", Kind.ALGEBRAIC, precision, "there is no positive", digest, "ratio"),
        Score("ece", Kind.ALGEBRAIC, gap, outside, bins, "rate"),
        Score("brier", Kind.DISTRIBUTIVE, "Σ(y - s)²/n (Brier, 1950)", outside, error, "ratio"),
        Score(
            "log_loss",
            Kind.DISTRIBUTIVE,
            "-Σ(y·ln s + (1 - y)·ln(1 - s))/n",
            f"{outside}, or a positive scores 0 or a negative 1",
            log,
            "ratio",
        ),
        Score("personalization", Kind.HOLISTIC, similarity, "there are fewer than two customers", "the facts", "ratio"),
        Score("novelty", Kind.HOLISTIC, surprise, "there is no customer", "the facts", "bits"),
    )


_CATALOGUE = _catalogue()


@dataclass(frozen=True)
class OfferVariety:
    """Personalization and novelty, over counted offers that have a customer; the same for both properties."""

    scores: tuple[str, ...] = tuple(HOLISTIC["model_ml_scores"])
    source: Literal["offers", "positive rows"] = "offers"
    reads: tuple[str, ...] = HOLISTIC["model_ml_scores"]["novelty"]

    def compute(
        self, gids: NDArray[np.int64], size: int, columns: Sequence[NDArray[np.int64]]
    ) -> Mapping[str, NDArray[np.float64]]:
        """Compute both scores of METRICS.md §5."""
        from valuekit.stats.recommender import variety

        customers, actions = columns
        found = variety(gids, size, customers, actions)
        return {"personalization": found.personalization, "novelty": found.novelty}

    def reason(self, score: str) -> str:
        """Say why a score is undefined."""
        return _NOBODY[score]

    def left_out(self, columns: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.bool_], str] | None:
        """Offers without a customer."""
        return columns[0] < 0, "offers without a customer are left out"


@dataclass(frozen=True)
class ModelScores:
    """One `[metrics.model_ml_scores*]` section, ready to be built and scored."""

    config: MetricConfig
    labels: Labels
    dimensions: tuple[str, ...]

    sums: tuple[Sum, ...] = ()
    always_by: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = (PROPERTY,)
    holistic: tuple[Holistic, ...] = (OfferVariety(),)
    curved: tuple[str, ...] = CURVE_SCORES
    properties: tuple[str, ...] = PROPERTIES

    def only(self, properties: Collection[str]) -> ModelScores:
        """Score some of the columns."""
        return replace(self, properties=tuple(name for name in self.properties if name in properties))

    @property
    def states(self) -> tuple[State, ...]:
        """Counts, of all offers and of those with a score, losses and, with `use_t_digest`, digests."""
        small = (state for name in self.properties for state in _small_states(name))
        digests = self._digests if self.config.use_t_digest else ()
        return (Count("Positives", "_positive"), Count("Negatives", "NOT _positive"), *small, *digests)

    @property
    def exact(self) -> tuple[State, ...]:
        """All scores, without `use_t_digest`."""
        return () if self.config.use_t_digest else self._digests

    @property
    def _digests(self) -> tuple[State, ...]:
        compression = self.config.compression if self.config.use_t_digest else None
        return tuple(
            Digest(f"{name}.digest", sql.name(name), frozenset({name}), compression=compression, joint=True)
            for name in self.properties
        )

    def needs(self, wanted: Collection[str]) -> tuple[State, ...]:
        """What these scores are computed from."""
        return needed((*self.states, *self.exact), _CATALOGUE, wanted)

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Collection[str]) -> Evaluation:
        """Compute METRICS.md §5 but for personalization and novelty: one row for each group and property."""

        def of(name: str) -> Evaluation:
            scores = computed(_formulas(_Summary(name, merged)), wanted)
            return evaluation(merged, by, _CATALOGUE, scores, said(merged, _reasons(name), wanted))

        return interleaved({name: of(name) for name in self.properties}, by)

    def curves(self, merged: pl.DataFrame, by: Sequence[str]) -> Sequence[Curve]:
        """Draw ROC, precision-recall, gain, lift and calibration curves of each property in each group.

        Args:
            merged: as for `evaluate`, with the stored columns of `needs(CURVE_SCORES)`.
            by: the dimensions asked for.
        """
        from valuekit.metrics.curves import curves_of

        groups = merged.select(by).to_dicts() if by else [{} for _ in range(merged.height)]
        summaries = [_Summary(name, merged) for name in self.properties]
        return [
            curve
            for summary in summaries
            for curve in curves_of(summary.digest, groups, summary.name, ~summary.is_outside)
        ]


@dataclass(frozen=True)
class ModelScoresFamily(Listed):
    """Metrics whose name starts with `model_ml_scores`."""

    name: str = "model_ml_scores"
    catalogue: Sequence[Score] = _CATALOGUE

    def declare(self, config: MetricConfig, global_filters: Sequence[str], types: Callable[[str], str]) -> ModelScores:
        """Turn a config section into a metric.

        Raises:
            ConfigError: a score is not a number.
        """
        for name in PROPERTIES:
            if not is_number(types(name)):
                raise ConfigError(
                    f"[metrics.{config.name}] {name} holds {types(name)}, and a score is a number; "
                    "cast it in the expression of that name in columns"
                )
        dimensions = cell_dimensions(config.group_by, global_filters)
        return ModelScores(config, Labels(config.positive, config.negative), dimensions)


def _small_states(name: str) -> tuple[State, ...]:
    """What is kept of a score besides its digest."""
    reads = frozenset({name})
    there = f"{finite_sql(sql.name(name))} IS NOT NULL"
    return (
        Count(f"{name}.scored", there, reads),
        Count(f"{name}.positives", f"{there} AND _positive", reads),
        Losses(f"{name}.losses", sql.name(name), reads),
    )


class _Summary:
    """What is stored of one property, read when it is asked for.

    Args:
        name: the property.
        merged: one row a group.
    """

    def __init__(self, name: str, merged: pl.DataFrame) -> None:
        self.name = name
        self.merged = merged

    def count(self, part: str) -> NDArray[np.int64]:
        """One stored count."""
        return whole(self.merged, f"{self.name}.{part}")

    @cached_property
    def digest(self) -> Centroids:
        """The joint digest."""
        return Centroids.of_column(self.merged.get_column(f"{self.name}.digest").to_arrow())

    @property
    def positives(self) -> NDArray[np.int64]:
        """The positives of each centroid."""
        if self.digest.positives is None:
            raise ValueError("the digest of a score counts positives")
        return self.digest.positives

    @property
    def is_outside(self) -> NDArray[np.bool_]:
        """Whether a score lies outside [0, 1]."""
        return self.count("losses_outside") > 0

    def per_scored(self, sums: NDArray[np.float64], undefined: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """A mean over the offers with a score; NaN without any, and where it is undefined."""
        scored = self.count("scored")
        defined = scored > 0 if undefined is None else (scored > 0) & ~undefined
        return np.where(defined, sums / np.maximum(scored, 1), np.nan)


def _formulas(summary: _Summary) -> Formulas:
    """List how the scores of a property are computed."""
    from valuekit.stats import ranking

    def loss(part: str) -> NDArray[np.float64]:
        return number(summary.merged, f"{summary.name}.losses_{part}")

    def roc_auc() -> NDArray[np.float64]:
        return ranking.roc_auc(summary.digest.starts, summary.digest.weights, summary.positives)

    def average_precision() -> NDArray[np.float64]:
        digest = summary.digest
        return ranking.average_precision(digest.starts, digest.weights, summary.positives, digest.atoms)

    def ece() -> NDArray[np.float64]:
        digest = summary.digest
        bins = ranking.calibration(digest.starts, digest.means, digest.weights, summary.positives)
        return np.where(summary.is_outside, np.nan, ranking.ece(bins))

    def log_loss() -> NDArray[np.float64]:
        return summary.per_scored(loss("log"), summary.is_outside | (summary.count("losses_certain") > 0))

    return {
        ("Count",): lambda: (whole(summary.merged, "Positives") + whole(summary.merged, "Negatives"),),
        ("Scored",): lambda: (summary.count("scored"),),
        ("pos_fraction",): lambda: (summary.per_scored(summary.count("positives").astype(np.float64)),),
        ("roc_auc",): lambda: (roc_auc(),),
        ("average_precision",): lambda: (average_precision(),),
        ("ece",): lambda: (ece(),),
        ("brier",): lambda: (summary.per_scored(loss("brier"), summary.is_outside),),
        ("log_loss",): lambda: (log_loss(),),
    }


def _reasons(name: str) -> Mapping[str, pl.Expr]:
    """Say why a score of a property has no value, over the stored columns."""
    import polars as pl

    def count(part: str) -> pl.Expr:
        return pl.col(f"{name}.{part}").fill_null(0)

    none = pl.when(count("scored") == 0).then(pl.lit(_NO_SCORE))
    no_positive = none.when(count("positives") == 0).then(pl.lit(_NO_POSITIVE))
    outside = none.when(count("losses_outside") > 0).then(pl.lit(_OUTSIDE))
    return {
        "pos_fraction": none,
        "roc_auc": no_positive.when(count("positives") == count("scored")).then(pl.lit(_NO_NEGATIVE)),
        "average_precision": no_positive,
        "ece": outside,
        "brier": outside,
        "log_loss": outside.when(count("losses_certain") > 0).then(pl.lit(_CERTAIN)),
    }
