"""Whether expressions and metrics fit the types of columns: VK302, VK404, VK415, VK416, VK419 and VK429.

Owns the places of these faults. Never declares a metric: its section says enough. Never reads data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.derive import report_misfit
from valuekit.config.families import FAMILIES
from valuekit.config.findings import dotted, quoted
from valuekit.errors import ConfigError
from valuekit.validate.customers import check_roles, check_types
from valuekit.validate.fitting import column_types, kind_of, misfits
from valuekit.validate.uses import at, given

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from valuekit.config.collect import Place
    from valuekit.config.findings import KeyPath
    from valuekit.config.models import Config, MetricConfig, SourceConfig


def is_broken(path: KeyPath, broken: Collection[str]) -> bool:
    """Tell whether an error was found at a key or below it."""
    key = dotted(path)
    return any(one == key or one.startswith((f"{key}.", f"{key}[")) for one in broken)


def check_expressions(config: Config, root: Place, broken: Collection[str]) -> None:
    """Report every expression that does not fit its columns, unless a source has errors that may be the cause."""
    unbroken = {
        kind: None if is_broken((kind,), broken) else source
        for kind, source in (("ih", config.ih), ("holdings", config.holdings))
    }
    for misfit in misfits(config.model_copy(update=unbroken)):
        if not is_broken(misfit.path, broken):
            report_misfit(misfit.error, at(root, misfit.path), misfit.name)


def check_metric_tables(config: Config, root: Place, broken: Collection[str]) -> None:
    """Report metrics that a run would refuse for their columns."""
    for source in (config.ih, config.holdings):
        types = None if source is None or is_broken((source.kind,), broken) else known_types(config, source)
        for section in config.metrics.values():
            if source is None or FAMILIES[section.family].source != source.kind:
                continue
            if not is_broken(("metrics", section.name), broken) and types is not None:
                _check_metric(section, config, root, types)


def known_types(config: Config, source: SourceConfig) -> Callable[[str], str] | None:
    """The types of a source's columns; None where an expression does not fit, which is reported elsewhere."""
    try:
        return column_types(source, kind_of(config, source))
    except ConfigError:
        return None


def _check_metric(section: MetricConfig, config: Config, root: Place, types: Callable[[str], str]) -> None:
    from valuekit.metrics.taken import refuse_taken_names

    if FAMILIES[section.family].source == "holdings":
        if check_roles(section, root):
            check_types(section, root, types)
    elif _has_own_fault(section, root, types):
        return
    try:
        refuse_taken_names(section, config.global_filters, types)
    except ConfigError as error:
        _report_dimension(section, config, root, str(error))


def _has_own_fault(section: MetricConfig, root: Place, types: Callable[[str], str]) -> bool:
    """Report faults that are no dimension's; tell whether one stops the metric."""
    place = at(root, ("metrics", section.name))
    if section.family == "experiment" and section.experiment_name.casefold() == section.experiment_group.casefold():
        said = f"{quoted(section.experiment_name)} is both experiment_name and experiment_group"
        keys = [key for key in ("experiment_group", "experiment_name") if (place / key).exists()]
        (place / keys[0]).report("VK416", said)
        return True
    if section.family == "model_ml_scores":
        return _check_scored(place, types)
    if section.family == "descriptive":
        return _check_described(section, place, types)
    return False


def _check_scored(place: Place, types: Callable[[str], str]) -> bool:
    from valuekit.metrics.names import PROPERTIES
    from valuekit.metrics.properties import is_number

    wrong = [name for name in PROPERTIES if not is_number(types(name))]
    for name in wrong:
        place.report_key("VK419", f"{name} is made {types(name)}, and the score of a model is a number")
    return bool(wrong)


def _check_described(section: MetricConfig, place: Place, types: Callable[[str], str]) -> bool:
    from valuekit.metrics.properties import is_number

    seen: dict[str, str] = {}
    twice = False
    for index, name in enumerate(section.columns):
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            (place / "columns" / index).report("VK404", f"columns has {quoted(other)} already")
            twice = True
    scores = [score for score in section.scores or () if score != "Count"]
    if scores and not any(is_number(types(name)) for name in section.columns):
        said = f"of the columns to describe none holds numbers, so that {scores[0]} has no value"
        (place / "scores").report("VK429", said)
    return twice


def _report_dimension(section: MetricConfig, config: Config, root: Place, message: str) -> None:
    """Report at the dimension that a message names, in the metric's own list or in the global filters."""
    said = message.removeprefix(f"[metrics.{section.name}] ")
    for path, names in (
        (("metrics", section.name, "group_by"), section.group_by),
        (("metrics", "global_filters"), config.global_filters),
    ):
        written = given(root, path)
        for name in reversed(names):
            if f'the dimension "{name}" ' in said and isinstance(written, list) and name in written:
                at(root, (*path, written.index(name))).report("VK415", said)
                return
    at(root, ("metrics", section.name, "group_by")).report("VK415", said)
