"""What a config asks of product holdings: the facts view, the columns to land, and the purchases of every clv metric.

Owns the step from a config to these plans. Never knows what is computed from purchases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.config.families import FAMILIES
from valuekit.errors import ConfigError
from valuekit.facts.columns import TIME_DIMENSIONS, LandingPlan, landing_plan
from valuekit.facts.kinds import FactKind, holdings, refuse_roles
from valuekit.facts.view import FactsView, time_dimension
from valuekit.metrics.dimensions import purchase_dimensions, refuse_clashes
from valuekit.states.purchases import COLUMNS, PurchasePlan
from valuekit.validate.fitting import column_types

if TYPE_CHECKING:
    from valuekit.config.models import Config, MetricConfig, SourceConfig

_NUMBERS = frozenset({"DOUBLE", "BIGINT", "INTEGER", "HUGEINT", "FLOAT"})


@dataclass(frozen=True)
class HoldingPlans:
    """Everything that one run needs to know of the holdings of its config.

    Attributes:
        source: the `[holdings]` section.
        kind: what makes two of its rows the same order.
        view: what metrics read of its facts.
        landing: what to land.
        cells: by metric name, the purchases to keep.
        types: gives the DuckDB type of a column of facts.
        optional: columns that need not be in any file, because no clv metric asks for them itself.
    """

    source: SourceConfig
    kind: FactKind
    view: FactsView
    landing: LandingPlan
    cells: Mapping[str, PurchasePlan]
    types: Callable[[str], str]
    optional: frozenset[str]

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """By metric name the columns that it is computed from."""
        return {name: plan.reads for name, plan in self.cells.items()}


def clv_metrics(config: Config) -> list[MetricConfig]:
    """The metrics that read holdings, in the order of the config."""
    return [section for section in config.metrics.values() if FAMILIES[section.family].source == "holdings"]


def make_holding_plans(config: Config) -> HoldingPlans | None:
    """Plan the holdings of a config whose expressions fit; None where no metric reads any.

    Raises:
        ConfigError: a column of a clv metric is of a type that it cannot have, or has two meanings.
    """
    sections = clv_metrics(config)
    source = config.holdings
    if source is None or not sections:
        return None
    kind = holdings(source, sections)
    view = FactsView(source, kind)
    types = column_types(source, kind)
    plans = {section.name: _plan(section, config, view, types) for section in sections}
    wanted = frozenset[str]().union(*(plan.reads for plan in plans.values()))
    landing = landing_plan(kind, source, wanted)
    view.select(wanted, where="TRUE")  # a default value that does not fit its column is found before anything lands
    own = frozenset[str]().union(*map(_asked, sections), source.filter.columns if source.filter else ())
    return HoldingPlans(source, kind, view, landing, plans, types, frozenset(config.global_filters) - own)


def _asked(section: MetricConfig) -> set[str]:
    recurring = (section.recurring_cost, section.recurring_period) if section.model == "contractual" else ()
    roles = (section.order_id_col, section.customer_id_col, section.monetary_value_col, section.purchase_date_col)
    return {*section.group_by, *roles, *(name for name in recurring if name)} | (
        set(section.filter.columns) if section.filter else set()
    )


def _plan(section: MetricConfig, config: Config, view: FactsView, types: Callable[[str], str]) -> PurchasePlan:
    refuse_roles(section)
    dimensions = purchase_dimensions(section, config.global_filters)
    refuse_clashes(section.name, dimensions, COLUMNS)
    date = _date_sql(section, view, types)
    recurring = None
    if section.model == "contractual" and section.recurring_cost and section.recurring_period:
        recurring = (section.recurring_cost, section.recurring_period)
    for name in (section.monetary_value_col, *(recurring or ())):
        if types(name) not in _NUMBERS and not types(name).startswith("DECIMAL"):
            raise ConfigError(
                f'[metrics.{section.name}] "{name}" must be a number, but [holdings] makes it {types(name)}'
            )
    order = None if view.kind.row_id == section.order_id_col else section.order_id_col
    columns = [section.customer_id_col, section.monetary_value_col, section.purchase_date_col]
    columns += [*(recurring or ()), *(name for name in dimensions if name not in TIME_DIMENSIONS)]
    columns += [] if order is None else [order]
    reads = frozenset(columns) | (section.filter.columns if section.filter else frozenset())
    return PurchasePlan(
        name=section.name,
        customer=section.customer_id_col,
        date=date,
        landed_date=not view.is_derived(section.purchase_date_col),
        value=section.monetary_value_col,
        order=order,
        recurring=recurring,
        filter=section.filter,
        dimensions={
            name: time_dimension(name, date) if name in TIME_DIMENSIONS else sql.name(name) for name in dimensions
        },
        reads=reads,
        view=view.definition(reads),
    )


def _date_sql(section: MetricConfig, view: FactsView, types: Callable[[str], str]) -> str:
    """SQL of the date of a purchase, in the reporting zone; exactly midnight UTC is a date without a time of day."""
    name = section.purchase_date_col
    column, zone = sql.name(name), view.source.timezone
    if types(name) == "DATE":
        return column
    if types(name) != "TIMESTAMP":
        raise ConfigError(
            f'[metrics.{section.name}] purchase_date_col "{name}" must be a date or a time, but [holdings] makes it '
            f"{types(name)}: see [holdings.extensions] columns"
        )
    if zone == "UTC":
        return f"CAST({column} AS DATE)"
    local = f"(({column} AT TIME ZONE 'UTC') AT TIME ZONE {sql.literal(zone)})"
    return f"CAST(CASE WHEN {column} = date_trunc('day', {column}) THEN {column} ELSE {local} END AS DATE)"
