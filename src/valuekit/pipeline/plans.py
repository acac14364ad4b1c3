"""What a config asks for: the facts view, the columns to land, and the cells of every metric.

Owns the step from a config to plans, and the check that every expression fits its columns before a run starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuekit.errors import ConfigError
from valuekit.facts.columns import LandingPlan, landing_plan
from valuekit.facts.view import FactsView
from valuekit.metrics.registry import FAMILIES, declare
from valuekit.states.plan import CellPlan, Resolution
from valuekit.validate.fitting import misfits

if TYPE_CHECKING:
    from valuekit.config.models import Config, SourceConfig
    from valuekit.metrics.base import Metric


@dataclass(frozen=True)
class Plans:
    """Everything that one run needs to know of its config.

    Attributes:
        source: the `[ih]` section.
        view: what metrics read of its facts.
        landing: what to land.
        metrics: by name, in the order of the config.
        cells: by metric name, what to build.
        unavailable: metrics of families that this version does not compute.
    """

    source: SourceConfig
    view: FactsView
    landing: LandingPlan
    metrics: Mapping[str, Metric]
    cells: Mapping[str, CellPlan]
    unavailable: tuple[str, ...]


def make_plans(config: Config) -> Plans:
    """Plan a config.

    Raises:
        ConfigError: there is no `[ih]` section, or an expression does not fit its columns.
    """
    if config.ih is None:
        raise ConfigError(f"{config.file or 'the config'} has no [ih] section: there is nothing to land")
    view = FactsView(config.ih)
    metrics = {
        name: declare(section, config.global_filters)
        for name, section in config.metrics.items()
        if section.family in FAMILIES
    }
    _bind_all(config)
    cells = {name: _cell_plan(metric, view) for name, metric in metrics.items()}
    wanted = frozenset[str]().union(*(plan.reads for plan in cells.values()))
    unavailable = tuple(name for name in config.metrics if name not in metrics)
    landing = landing_plan(config.ih, wanted)
    view.select(wanted, where="TRUE")  # a default value that does not fit its column is found before anything lands
    return Plans(config.ih, view, landing, metrics, cells, unavailable)


def _cell_plan(metric: Metric, view: FactsView) -> CellPlan:
    section, labels = metric.config, metric.labels
    resolution = Resolution(labels.positive, labels.negative, section.filter)
    plan = CellPlan(section.name, section.family, resolution, metric.dimensions, metric.states, view={})
    return replace(plan, view=view.definition(plan.reads))


def _bind_all(config: Config) -> None:
    """Bind every expression to typed columns, as DuckDB will; all failures in one message."""
    problems = [str(misfit) for misfit in misfits(config)]
    if problems:
        raise ConfigError("\n".join(problems))
