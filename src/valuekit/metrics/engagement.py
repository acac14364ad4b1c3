"""Engagement: how many offers were answered, and how much more in the test arm than in control.

Owns the family `engagement`. Never counts anything itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.metrics import rates
from valuekit.metrics.arms import Arms
from valuekit.metrics.base import Labels, Score
from valuekit.metrics.dimensions import cell_dimensions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from valuekit.config.models import MetricConfig
    from valuekit.states.counts import Count

_RATE = "CTR"


@dataclass(frozen=True)
class Engagement:
    """One `[metrics.engagement*]` section, ready to be built and scored."""

    config: MetricConfig
    labels: Labels
    dimensions: tuple[str, ...]
    arms: Arms

    @property
    def states(self) -> tuple[Count, ...]:
        """Positives and negatives, of all offers and of each arm."""
        return rates.states(self.arms)

    def scores(self, merged: pl.DataFrame) -> pl.DataFrame:
        """Compute METRICS.md §2: the dimensions of `merged`, then every score of the catalogue."""
        import polars as pl

        stored = {column.name for state in self.states for column in state.stored}
        dimensions = [series for series in merged.get_columns() if series.name not in stored]
        return pl.DataFrame([*dimensions, *rates.compute(merged, _RATE)])

    def reasons(self, merged: pl.DataFrame) -> Mapping[str, pl.Series]:
        """Say why a score has no value."""
        return rates.reasons(merged, _RATE, self.arms)


@dataclass(frozen=True)
class EngagementFamily:
    """Metrics whose name starts with `engagement`."""

    name: str = "engagement"
    catalogue: Sequence[Score] = rates.catalogue(_RATE)

    def declare(self, config: MetricConfig, global_filters: Sequence[str]) -> Engagement:
        """Turn a config section into a metric."""
        return Engagement(
            config,
            Labels(config.positive, config.negative),
            cell_dimensions(config.group_by, global_filters),
            Arms.of(config),
        )
