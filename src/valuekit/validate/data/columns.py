"""Judgements about columns: VK603 to VK605, VK608, VK609, VK621 and VK622.

Owns when a column has too many values for a dimension. Never gathers anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.facts.columns import DERIVED, TIME_DIMENSIONS
from valuekit.validate.asked import compares_arms
from valuekit.validate.suspects import MANY_VALUES
from valuekit.validate.uses import SINGLE_KEYS, Use, at, given, uses
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from valuekit.config.collect import Place
    from valuekit.config.findings import KeyPath
    from valuekit.config.models import Config, SourceConfig
    from valuekit.validate.data.profile import Faults, SourceProfile, Values

MOST_VALUES = 2_000
"""A dimension of more values is too fine whatever the data."""
_FEW_VALUES = 200
_NAMED = 3


def judge_columns(config: Config, source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    """Attach the findings about the columns that a config names."""
    found = [use for use in uses(config, root) if use.source == source.kind and use.role in ("reads", "keeps")]
    for use in found:
        _judge_presence(use, source, root, profile)
    _judge_usual(config, source, root, profile)
    _judge_unread(found, source, root, profile)
    _judge_dimensions(config, source, root, profile)
    _judge_propensities(config, root, profile)


def _judge_presence(use: Use, source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    computed = {item.name for item in source.derived}
    if use.name in computed and use.computes is None:
        return
    for name in DERIVED.get(use.name, (use.name,)) if source.kind == "ih" else (use.name,):
        lacking = profile.lacking.get(name)
        needed_by = "" if name == use.name else f", which {use.name} is computed from"
        if use.name in TIME_DIMENSIONS and name != _time_of(source):
            continue
        if lacking and name not in source.default_values:
            _report_lacking(use, name, needed_by, root, profile)
        elif not lacking and name == use.name:
            seen = profile.values.get(name)
            if seen is not None and not seen.filled and name not in source.default_values:
                use.report(root, "VK605", f"the column {quoted(name)} has no value in {_rows(profile)}")


def _time_of(source: SourceConfig) -> str:
    return "DecisionTime" if source.day_of == "decision" else "OutcomeTime"


def _report_lacking(use: Use, name: str, needed_by: str, root: Place, profile: SourceProfile) -> None:
    lacking = profile.lacking[name]
    if len(lacking) >= profile.sample.files:
        near = nearest(name, sorted(profile.columns))
        use.report(root, "VK603", f"no file has the column {quoted(name)}{needed_by}", near)
        return
    shown = ", ".join(quoted(path, 200) for path in lacking[:_NAMED])
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    files = f"{len(lacking)} of {counted(profile.sample.files, 'file')}"
    said = f"{files} {'has' if len(lacking) == 1 else 'have'} no column {quoted(name)}{needed_by}: {shown}{more}"
    use.report(root, "VK604", said)


def _judge_usual(config: Config, source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    """Report columns that a metric takes without the config naming them, and that no file has."""
    supplied = {*source.default_values, *(item.name for item in source.derived)}
    for section in config.metrics.values():
        family = FAMILIES[section.family]
        if family.source != source.kind:
            continue
        place = at(root, ("metrics", section.name))
        keys = [key for key in SINGLE_KEYS if key in family.keys and not (place / key).exists()]
        if "arm_column" in keys and not compares_arms(config, section, root):
            keys.remove("arm_column")
        names = {getattr(section, key): key for key in keys if getattr(section, key) is not None}
        for name, key in names.items():
            if len(profile.lacking.get(name, ())) >= profile.sample.files and name not in supplied:
                near = nearest(name, sorted(profile.columns))
                place.report_key("VK622", f"no file has the column {quoted(name)}, the default of {key}", near)


def _rows(profile: SourceProfile) -> str:
    return f"any of {counted(profile.rows, 'row')}"


def _judge_unread(found: Iterable[Use], source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    """Report values that are not what their column holds, at the first key that names the column."""
    left = dict(profile.unread)
    for use in found:
        for name in DERIVED.get(use.name, (use.name,)):
            faults = left.pop(name, None)
            if faults is not None:
                use.report(root, "VK621", _unread(name, faults))
    for name, faults in left.items():
        if name in source.default_values:
            at(root, (source.kind, "extensions", "default_values", name)).report("VK621", _unread(name, faults))


def _unread(name: str, faults: Faults) -> str:
    return f"{counted(faults.count, 'value')} of {quoted(name)} cannot be read, such as {faults.example}"


def _judge_dimensions(config: Config, source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    places: list[tuple[KeyPath, tuple[str, ...]]] = []
    if source.kind == "ih":
        places.append((("metrics", "global_filters"), config.global_filters))
    places += [
        (("metrics", section.name, "group_by"), section.group_by)
        for section in config.metrics.values()
        if FAMILIES[section.family].source == source.kind
    ]
    for path, names in places:
        written = given(root, path)
        for name in names:
            seen = profile.values.get(name)
            is_time = name in TIME_DIMENSIONS or name in MANY_VALUES
            if seen is None or is_time or not isinstance(written, list) or not _is_too_fine(seen, profile.rows):
                continue
            said = f"{name} has about {counted(seen.distinct, 'value')} in {counted(profile.rows, 'row')}"
            at(root, (*path, written.index(name))).report("VK608", f"{said}: too many for a dimension")


def _is_too_fine(seen: Values, rows: int) -> bool:
    return seen.distinct > MOST_VALUES or (seen.distinct > _FEW_VALUES and seen.distinct > rows / 2)


def _judge_propensities(config: Config, root: Place, profile: SourceProfile) -> None:
    """Report propensities that are none, where a metric takes them for probabilities."""
    for name, wrong in profile.ranges.items():
        said = (
            f"{counted(wrong.below + wrong.above, 'value')} of {name} "
            f"{'is' if wrong.below + wrong.above == 1 else 'are'} not from 0 to 1, such as {wrong.example:g}"
        )
        for section in config.metrics.values():
            place = at(root, ("metrics", section.name))
            if section.family == "model_ml_scores":
                place.report_key("VK609", said)
            elif name in section.columns and section.family == "descriptive":
                (place / "columns" / section.columns.index(name)).report("VK609", said)
