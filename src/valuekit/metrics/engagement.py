"""Engagement: how many offers were answered, and how much more in the test arm than in control.

Owns the family `engagement`. Never counts anything itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.metrics import rates
from valuekit.metrics.arms import Arms
from valuekit.metrics.base import Labels, Listed
from valuekit.metrics.dimensions import cell_dimensions
from valuekit.metrics.scoring import computed, evaluation, needed, said

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import polars as pl

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Evaluation, Holistic, Score
    from valuekit.states.base import State
    from valuekit.states.plan import Sum

_RATE = "CTR"
_CATALOGUE = rates.catalogue(_RATE)


@dataclass(frozen=True)
class Engagement:
    """One `[metrics.engagement*]` section, ready to be built and scored."""

    config: MetricConfig
    labels: Labels
    dimensions: tuple[str, ...]
    arms: Arms

    sums: tuple[Sum, ...] = ()
    always_by: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = ()
    exact: tuple[State, ...] = ()
    holistic: tuple[Holistic, ...] = ()

    @property
    def states(self) -> tuple[State, ...]:
        """Positives and negatives, of all offers and of each arm."""
        return rates.states(self.arms)

    def needs(self, wanted: Collection[str]) -> tuple[State, ...]:
        """The counts that these scores are computed from."""
        return needed(self.states, _CATALOGUE, wanted)

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Collection[str]) -> Evaluation:
        """Compute METRICS.md §2."""
        scores = computed(rates.formulas(merged, _RATE), wanted)
        return evaluation(merged, by, _CATALOGUE, scores, said(merged, rates.reasons(_RATE, self.arms), wanted))


@dataclass(frozen=True)
class EngagementFamily(Listed):
    """Metrics whose name starts with `engagement`."""

    name: str = "engagement"
    catalogue: Sequence[Score] = _CATALOGUE

    def declare(
        self,
        config: MetricConfig,
        global_filters: Sequence[str],
        types: Callable[[str], str],  # noqa: ARG002  # counts have one type
    ) -> Engagement:
        """Turn a config section into a metric."""
        return Engagement(
            config,
            Labels(config.positive, config.negative),
            cell_dimensions(config.group_by, global_filters),
            Arms.of(config),
        )
