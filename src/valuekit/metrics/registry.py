"""The families that exist: one line each.

Owns the way from a config section to its metric. Never knows what a family computes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.errors import ConfigError
from valuekit.metrics.clv import ClvFamily
from valuekit.metrics.conversion import ConversionFamily
from valuekit.metrics.descriptive import DescriptiveFamily
from valuekit.metrics.dimensions import refuse_clashes
from valuekit.metrics.engagement import EngagementFamily
from valuekit.metrics.experiment import ExperimentFamily
from valuekit.metrics.model_ml_scores import ModelScoresFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.base import Catalogue, CustomerFamily, CustomerMetric, Family, Metric

FAMILIES: Mapping[str, Family] = {
    "engagement": EngagementFamily(),
    "conversion": ConversionFamily(),
    "experiment": ExperimentFamily(),
    "model_ml_scores": ModelScoresFamily(),
    "descriptive": DescriptiveFamily(),
}
"""Families over Interaction History."""

CUSTOMER_FAMILIES: Mapping[str, CustomerFamily] = {"clv": ClvFamily()}
"""Families over product holdings."""

CATALOGUES: Mapping[str, Catalogue] = {**FAMILIES, **CUSTOMER_FAMILIES}
"""The scores of all of them."""


def declare(config: MetricConfig, global_filters: Sequence[str], types: Callable[[str], str]) -> Metric:
    """Turn a config section into a metric.

    Args:
        config: the section.
        global_filters: dimensions that every metric keeps.
        types: gives the DuckDB type of a column of facts.

    Raises:
        ConfigError: the family is not in `FAMILIES`, or a dimension has a name that a score or state needs.
    """
    family = FAMILIES.get(config.family)
    if family is None:
        known = ", ".join(FAMILIES)
        raise ConfigError(f'[metrics.{config.name}] no metric family "{config.family}"; there are: {known}')
    metric = family.declare(config, global_filters, types)
    stored = (column.name for state in (*metric.states, *metric.exact) for column in state.stored)
    scores = (*(score.name for score in family.catalogue), *(config.scores or ()))
    row_keys = (key for key in metric.row_keys if key not in metric.always_by)
    refuse_clashes(config.name, metric.dimensions, (*stored, *scores, *row_keys))
    return metric


def declare_customers(config: MetricConfig, dimensions: Sequence[str]) -> CustomerMetric:
    """Turn a config section of a family over purchases into a metric.

    Args:
        config: the section.
        dimensions: of a purchase.

    Raises:
        ConfigError: a dimension has a name that a score or another column of the family's tables needs.
    """
    family = CUSTOMER_FAMILIES[config.family]
    refuse_clashes(config.name, dimensions, family.columns)
    return family.declare(config, dimensions)
