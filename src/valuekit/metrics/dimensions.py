"""Which columns make up the key of a metric's cells or purchases.

Owns the order of dimensions and the names they may not have. Never looks at data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.errors import ConfigError
from valuekit.facts.columns import TIME_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from valuekit.config.models import MetricConfig


def cell_dimensions(group_by: Sequence[str], global_filters: Sequence[str]) -> tuple[str, ...]:
    """List the dimensions of a cell: Day, then `group_by`, then the `global_filters` not yet in; each once, in order.

    Week, Month, Quarter and Year are dropped: they derive from Day when cells are read.
    """
    asked = (name for name in (*group_by, *global_filters) if name not in TIME_DIMENSIONS)
    return ("Day", *dict.fromkeys(asked))


def purchase_dimensions(section: MetricConfig, global_filters: Sequence[str]) -> tuple[str, ...]:
    """The dimensions of purchases: `group_by`, then the global filters, each once.

    A global filter by time stays out unless the metric asks for it: it would split every customer by date of purchase.
    """
    filters = (name for name in global_filters if name not in TIME_DIMENSIONS)
    return tuple(dict.fromkeys((*section.group_by, *filters)))


def refuse_clashes(metric: str, dimensions: Sequence[str], taken: Iterable[str]) -> None:
    """Refuse dimensions that share a name with a score, a state, or each other, the case of letters aside.

    Case does not count because SQL does not see it.

    Raises:
        ConfigError: names the dimension and the remedy.
    """
    owner = {name.casefold(): f"the name of a score or state ({name})" for name in taken}
    for dimension in dimensions:
        clash = owner.get(dimension.casefold())
        if clash is not None:
            raise ConfigError(
                f'[metrics.{metric}] the dimension "{dimension}" has {clash}; '
                "take it out of group_by and global_filters, or give the column another name"
            )
        owner[dimension.casefold()] = f'the name of another dimension ("{dimension}")'
