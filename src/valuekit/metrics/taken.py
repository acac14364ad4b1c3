"""Which names the dimensions of a metric may not have, told from its section alone.

Owns the check that a config gets before anything is declared: `valuekit.metrics.registry` makes the same one from the
states themselves, and a test compares the two. Never loads what computes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.metrics.dimensions import cell_dimensions, purchase_dimensions, refuse_clashes
from valuekit.metrics.names import ARM, CONTROL_ARM, CUSTOMER_COLUMNS, EXPERIMENT, PROPERTIES, PROPERTY
from valuekit.metrics.properties import is_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from valuekit.config.models import MetricConfig

_COUNTS = ("Positives", "Negatives")
_ARMS = ("Test", "Control")
_MOMENTS = ("n", "sum", "mean", "rest", "m2", "m3")
_SCORED = ("scored", "positives", "losses_brier", "losses_log", "losses_outside", "losses_certain", "digest")
_DESCRIBED = (*(f"moments_{part}" for part in _MOMENTS), "extrema_min", "extrema_max", "digest")


def refuse_taken_names(section: MetricConfig, global_filters: Sequence[str], types: Callable[[str], str]) -> None:
    """Refuse dimensions that are called as a score, a state or another column of the results.

    Args:
        section: the metric.
        global_filters: dimensions that every metric keeps.
        types: gives the DuckDB type of a column of the metric's source.

    Raises:
        ConfigError: names the dimension and the remedy.
    """
    if FAMILIES[section.family].source == "holdings":
        dimensions = purchase_dimensions(section, global_filters)
        refuse_clashes(section.name, dimensions, (*FAMILIES[section.family].scores, *CUSTOMER_COLUMNS))
        return
    always_by = (section.experiment_name, section.experiment_group) if section.family == "experiment" else ()
    dimensions = cell_dimensions((*section.group_by, *always_by), global_filters)
    if always_by:
        refuse_clashes(section.name, dimensions, (CONTROL_ARM,))
    keys = (key for key in _row_keys(section.family) if key not in always_by)
    scores = (*FAMILIES[section.family].scores, *(section.scores or ()))
    refuse_clashes(section.name, dimensions, (*stored_names(section, types), *scores, *keys))


def stored_names(section: MetricConfig, types: Callable[[str], str]) -> tuple[str, ...]:
    """The columns that a cell of a metric over Interaction History has besides its dimensions, in no order."""
    return tuple(_stored(section, types))


def _stored(section: MetricConfig, types: Callable[[str], str]) -> Iterator[str]:
    family = section.family
    if family == "descriptive":
        for name in dict.fromkeys(section.columns):
            yield from (f"{name}.{part}" for part in (_DESCRIBED if is_number(types(name)) else ("count",)))
        return
    yield from _COUNTS
    if family in {"engagement", "conversion"}:
        yield from (f"{outcome}_{arm}" for outcome in _COUNTS for arm in _ARMS)
    if family == "conversion":
        yield from (f"Revenue_{of}_{part}" for of in ("All", *_ARMS) for part in _MOMENTS)
        yield "Touchpoints"
    if family == "model_ml_scores":
        yield from (f"{name}.{part}" for name in PROPERTIES for part in _SCORED)


def _row_keys(family: str) -> tuple[str, ...]:
    if family == "experiment":
        return EXPERIMENT, ARM
    return (PROPERTY,) if family in {"model_ml_scores", "descriptive"} else ()
