"""Whether the columns that a config names can be what is meant: VK24x.

Owns the comparison of names with Pega's and with each other. Never knows what files hold: `valuekit validate --data`
does.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.config.values import shown
from valuekit.facts.columns import DERIVED, TIME_DIMENSIONS, Type
from valuekit.facts.names import STANDARD, canonical
from valuekit.validate.fitting import kind_of
from valuekit.validate.uses import Use, at, uses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from valuekit.config.collect import Place
    from valuekit.config.models import Config, SourceConfig

_CLOSE = 0.9
_SHORTEST = 4
_SAFE_TO_SWAP = 6
"""Shorter names that differ in one letter are mostly other words: Bank is no misspelt Rank."""

_TEXTS = frozenset(
    {
        *("Application", "Channel", "ControlGroup", "CustomerSegment", "DeviceType", "Direction", "Division"),
        *("ExperimentGroup", "ExperimentName", "Group", "Issue", "Journey", "Label", "ModelControlGroup", "Name"),
        *("Organization", "Outcome", "PlacementType", "PropensitySource", "Strategy", "Treatment", "Unit"),
        *(name for name in STANDARD if name.endswith("ID")),
    }
)
"""Pega's columns that hold texts; a number as the default value would make them columns of numbers."""


def check_columns(config: Config, root: Place) -> None:
    """Report every name of a column that is another's, or probably a misspelling.

    Args:
        config: a config, or what is in order of one.
        root: the top of its document.
    """
    found = list(uses(config, root))
    for source in (config.ih, config.holdings):
        if source is not None:
            own = [use for use in found if use.source == source.kind]
            _check_names(source, own, root)
            _check_declared(source, own, root)
            _check_defaults(config, source, root)
            _check_computed(source, root)


def _check_names(source: SourceConfig, found: Iterable[Use], root: Place) -> None:
    derived = {item.name for item in source.derived}
    declared = {*source.columns, *source.default_values, *source.keep_columns}
    known = [*derived, *DERIVED, *STANDARD, *declared]
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    for use in found:
        name, other = use.name, folded.get(use.name.casefold())
        pega = canonical(name)
        if name in derived or name in DERIVED or name in STANDARD:
            continue
        if pega in STANDARD:
            use.report(root, "VK241", f"there is no column {quoted(name)}: it is called {quoted(pega)}", pega)
        elif name.startswith("_"):
            use.report(root, "VK241", f"there is no column {quoted(name)}: names that start with _ are valuekit's own")
        elif other is not None and other != name:
            use.report(root, "VK246", f"{quoted(name)} and {quoted(other)} differ in case only", other)
        elif name in declared and use.role == "reads":
            continue
        elif pega != name and pega[:1] == name[2:3] and name not in source.columns:
            said = f"no column is called {quoted(name)}: the prefix is dropped, so it is {quoted(pega)}"
            use.report(root, "VK242", said, pega)
        elif use.role == "reads" and (near := misspelt(name, _likely(use, known), own=derived)):
            use.report(root, "VK242", f"Pega has no column {quoted(name)}", near)


def _likely(use: Use, known: Iterable[str]) -> Iterable[str]:
    """The names that may be meant: Months is a misspelt Month where a dimension is, and a number elsewhere."""
    is_dimension = "group_by" in use.path or "global_filters" in use.path
    return known if is_dimension else (name for name in known if name not in TIME_DIMENSIONS)


def misspelt(name: str, known: Iterable[str], own: Collection[str] = ()) -> str | None:
    """Find the known name of which another is most probably a misspelling: about one letter is wrong.

    A name with a number behind it, such as Name_2, is another column.

    Args:
        name: as it is written.
        known: the names that there are.
        own: those of them that the config itself gives to columns, so that a short one is meant as well.
    """
    if len(name) < _SHORTEST:
        return None
    wanted = name.casefold()
    for candidate in known:
        other = candidate.casefold()
        if wanted.rstrip("0123456789_") == other:
            continue
        if _one_slip(wanted, other, _SHORTEST if candidate in own else _SAFE_TO_SWAP):
            return candidate
        if min(len(wanted), len(other)) >= 2 * _SHORTEST and (
            difflib.SequenceMatcher(None, wanted, other).ratio() >= _CLOSE
        ):
            return candidate
    return None


def _one_slip(first: str, second: str, safe_to_swap: int) -> bool:
    """Tell whether one letter is added, left out or, of so many, changed, or two neighbours are swapped."""
    if abs(len(first) - len(second)) > 1 or min(len(first), len(second)) < _SHORTEST or first == second:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(map(len, (first, second)))
    )
    one, two = first[start:], second[start:]
    if len(one) != len(two):
        return one[1:] == two if len(one) > len(two) else one == two[1:]
    if one[1:] == two[1:]:
        return start > 0 and len(first) >= safe_to_swap
    return one[:2] == two[1::-1] and one[2:] == two[2:]


def _check_declared(source: SourceConfig, found: Iterable[Use], root: Place) -> None:
    """Report what is said of columns that the config computes, or that nothing reads."""
    computed = {item.name: item.expression.columns for item in source.derived}
    listed = list(found)
    read = {use.name for use in listed if use.role == "reads"} | {*source.keep_columns}
    needed = {part for name in read for part in DERIVED.get(name, (name,))}
    for use in listed:
        name = use.name
        if use.role == "reads" or canonical(name) in STANDARD:
            continue
        by_config = name in computed and not any(name in columns for columns in computed.values())
        if by_config or name in (*TIME_DIMENSIONS, "ResponseTime"):
            use.report(root, "VK244", f"{quoted(name)} is computed, and never read from a file")
        elif use.role != "keeps" and name not in needed:
            near = misspelt(name, sorted(read))
            use.report(root, "VK245", f"nothing reads the column {quoted(name)}", near)


def _check_defaults(config: Config, source: SourceConfig, root: Place) -> None:
    """Report default values that a column cannot have."""
    if any(section.family not in FAMILIES for section in config.metrics.values()):
        return
    types = kind_of(config, source)
    for name, value in source.default_values.items():
        place = at(root, (source.kind, "extensions", "default_values", name))
        wanted = types.column_type(name, source)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if wanted is Type.TIME:
            place.report("VK243", f"{name} is a time, and a time cannot have a default value")
        elif is_number and name in _TEXTS:
            place.report("VK243", f"{name} holds texts, and its default value is {shown(value)}")
        elif wanted in (Type.NUMBER, Type.INTEGER) and not is_number:
            place.report("VK243", f"{name} holds numbers, and its default value is {shown(value)}")
        elif wanted is Type.INTEGER and value != int(value):
            place.report("VK243", f"{name} holds whole numbers, and its default value is {shown(value)}")
        elif name in ("Propensity", "FinalPropensity") and is_number and not 0 <= float(value) <= 1:
            place.report("VK426", f"{name} is a probability, from 0 to 1, and its default value is {shown(value)}")


def _check_computed(source: SourceConfig, root: Place) -> None:
    """Report computed columns whose name is taken."""
    for item in source.derived:
        if item.name in TIME_DIMENSIONS:
            said = f"{item.name} comes from the time of the outcome; a column of the config cannot be called so"
            _own_name(source, item.name, root).report(root, "VK305", said)
            continue
        other = _look_alikes().get(item.name.casefold())
        if other is not None and other != item.name:
            said = f"the computed column {quoted(item.name)} and {quoted(other)} differ in case only"
            _own_name(source, item.name, root).report(root, "VK246", said, other)


def _look_alikes() -> Mapping[str, str]:
    return {name.casefold(): name for name in (*STANDARD, *DERIVED)}


def _own_name(source: SourceConfig, name: str, root: Place) -> Use:
    """The place of the name of a computed column: its key in a table, else where its expression starts."""
    path = (source.kind, "extensions", "columns")
    if isinstance(at(root, path).value(), dict):
        return Use(name, source.kind, "defaults", (*path, name))
    tree = next(item.expression.tree for item in source.derived if item.name == name)
    return Use(name, source.kind, "reads", path, tree.at if tree else 0, name)
