"""What a config asks for: the facts view, the columns to land, and the cells of every metric.

Owns the step from a config to plans, and the check that every expression fits its columns before a run starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES as NAMES
from valuekit.config.models import SourceConfig
from valuekit.errors import ConfigError
from valuekit.facts.columns import DERIVED, TIME_DIMENSIONS, LandingPlan, landing_plan
from valuekit.facts.kinds import INTERACTIONS
from valuekit.facts.view import FactsView
from valuekit.metrics.base import Labels
from valuekit.metrics.registry import FAMILIES, declare
from valuekit.pipeline.stored_scores import StoredScores, to_store
from valuekit.states.plan import CellPlan, Resolution
from valuekit.validate.fitting import column_types, misfits

if TYPE_CHECKING:
    from valuekit.config.models import Config
    from valuekit.facts.kinds import FactKind
    from valuekit.metrics.base import Metric


@dataclass(frozen=True)
class Plans:
    """Everything that one run needs to know of its config.

    Attributes:
        kind: what makes two rows of Interaction History the same row.
        source: the `[ih]` section; its defaults where the config has none, and no metric reads it.
        view: what metrics read of its facts.
        landing: what to land.
        metrics: by name, in the order of the config.
        cells: by metric name, what to build.
        types: gives the DuckDB type of a column of facts.
        stored: by metric name, the scores that only facts give and where they are stored, because it is asked for them.
        elsewhere: metrics that are computed from another source.
        optional: columns that need not be in any file: none.
    """

    kind: FactKind
    source: SourceConfig
    view: FactsView
    landing: LandingPlan
    metrics: Mapping[str, Metric]
    cells: Mapping[str, CellPlan]
    types: Callable[[str], str]
    stored: Mapping[str, StoredScores]
    elsewhere: tuple[str, ...]
    optional: frozenset[str] = frozenset()

    def askable(self, name: str) -> tuple[str, ...]:
        """The dimensions of a metric, then every other column that facts can give."""
        landed = {column.name for column in self.landing.columns}
        derived = [item.name for item in self.source.derived if item.expression.columns <= landed]
        derived += [column for column, parts in DERIVED.items() if landed.issuperset(parts)]
        return tuple(dict.fromkeys((*available_dimensions(self.cells[name]), *sorted({*landed, *derived}))))

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """By metric name the columns that it is computed from."""
        return {name: self.cells[name].reads | _read_from_facts(metric) for name, metric in self.metrics.items()}


def available_dimensions(plan: CellPlan) -> tuple[str, ...]:
    """The dimensions by which cells can be merged: their key, and what derives from Day."""
    return (*plan.dimensions, *(time for time in TIME_DIMENSIONS if time not in plan.dimensions))


def make_plans(config: Config) -> Plans:
    """Plan a config.

    Raises:
        ConfigError: there is neither an `[ih]` nor a `[holdings]` section, or an expression does not fit its columns.
    """
    if config.ih is None and config.holdings is None:
        raise ConfigError(f"{config.file or 'the config'} has no [ih] section: there is nothing to land")
    source = config.ih or SourceConfig(kind="ih", path=config.folder)
    view = FactsView(source)
    _bind_all(config)
    types = column_types(source)
    metrics = {
        name: declare(section, config.global_filters, types)
        for name, section in config.metrics.items()
        if section.family in FAMILIES and NAMES[section.family].source == "ih"
    }
    cells = {name: cell_plan(metric, view) for name, metric in metrics.items()}
    wanted = frozenset[str]().union(*(plan.reads for plan in cells.values()), *map(_read_from_facts, metrics.values()))
    elsewhere = tuple(name for name in config.metrics if name not in metrics)
    landing = landing_plan(INTERACTIONS, source, wanted)
    view.select(wanted, where="TRUE")  # a default value that does not fit its column is found before anything lands
    stored = {name: to_store(config, metric) for name, metric in metrics.items()}
    return Plans(INTERACTIONS, source, view, landing, metrics, cells, types, stored, elsewhere)


def cell_plan(metric: Metric, view: FactsView) -> CellPlan:
    """What to build for a metric."""
    section = metric.config
    labels = metric.labels or Labels((), ())
    resolution = Resolution(labels.positive, labels.negative, section.filter)
    plan = CellPlan(section.name, section.family, resolution, metric.dimensions, metric.states, {}, metric.sums)
    reads = plan.reads.union(_read_from_facts(metric))
    return replace(plan, view=view.definition(reads), decided_by=reads)


def _read_from_facts(metric: Metric) -> frozenset[str]:
    """The columns from which a metric computes what no cell holds."""
    states = (state.reads for state in metric.exact)
    return frozenset[str]().union(*states, *(item.reads for item in metric.holistic))


def _bind_all(config: Config) -> None:
    """Bind every expression to typed columns, as DuckDB will; all failures in one message."""
    problems = [str(misfit) for misfit in misfits(config)]
    if problems:
        raise ConfigError("\n".join(problems))
