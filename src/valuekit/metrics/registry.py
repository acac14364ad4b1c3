"""The families that exist: one line each.

Owns the way from a config section to its metric. Never knows what a family computes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.errors import ConfigError
from valuekit.metrics.dimensions import refuse_clashes
from valuekit.metrics.engagement import EngagementFamily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Family, Metric

FAMILIES: Mapping[str, Family] = {
    "engagement": EngagementFamily(),
}


def declare(config: MetricConfig, global_filters: Sequence[str]) -> Metric:
    """Turn a config section into a metric.

    Raises:
        ConfigError: the family is not in `FAMILIES`, or a dimension has a name that a score or state needs.
    """
    family = FAMILIES.get(config.family)
    if family is None:
        known = ", ".join(FAMILIES)
        raise ConfigError(f'[metrics.{config.name}] no metric family "{config.family}"; there are: {known}')
    metric = family.declare(config, global_filters)
    stored = (column.name for state in metric.states for column in state.stored)
    refuse_clashes(config.name, metric.dimensions, (*stored, *(score.name for score in family.catalogue)))
    return metric
