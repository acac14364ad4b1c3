"""What changed from one config to another, key by key.

Owns the comparison, section by section. Compares what is written, not what it means: a default that is now spelt out
is an addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuekit.config.findings import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.config.findings import KeyPath


@dataclass
class SectionChange:
    """What changed in one section.

    Attributes:
        name: as in its header, such as `metrics.engagement`; empty for keys outside of any section.
        state: `added`, `removed` or `changed`, of the section as a whole.
        added: keys that are new, with their values.
        removed: keys that are gone, with the values that they had.
        changed: keys with the value that they had, and the one that they have.
    """

    name: str
    state: str = "changed"
    added: dict[str, object] = field(default_factory=dict)
    removed: dict[str, object] = field(default_factory=dict)
    changed: dict[str, tuple[object, object]] = field(default_factory=dict)


def differences(old: Mapping[str, object], new: Mapping[str, object]) -> list[SectionChange]:
    """Compare two documents.

    Returns:
        The sections in which anything differs: those of the first in its order, then those that are new.
    """
    before, after = dict(_sections(old)), dict(_sections(new))
    found = []
    for path in dict.fromkeys((*before, *after)):
        change = SectionChange(dotted(path), _state(path, before, after))
        first, second = before.get(path, {}), after.get(path, {})
        for key in dict.fromkeys((*first, *second)):
            name = dotted((key,))
            if key not in first:
                change.added[name] = second[key]
            elif key not in second:
                change.removed[name] = first[key]
            elif not _same(first[key], second[key]):
                change.changed[name] = (first[key], second[key])
        if change.state != "changed" or change.added or change.removed or change.changed:
            found.append(change)
    return found


def _sections(tree: Mapping[str, object], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Mapping[str, object]]]:
    """Every table, with its keys that are no tables."""
    own = {key: value for key, value in tree.items() if not isinstance(value, dict)}
    if own or path:
        yield path, own
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _sections(value, (*path, key))


def _state(path: KeyPath, before: Mapping[KeyPath, object], after: Mapping[KeyPath, object]) -> str:
    if path in before and path in after:
        return "changed"
    return "removed" if path in before else "added"


def _same(first: object, second: object) -> bool:
    """Whether two values are the same to the letter: 1 is not 1.0, and NaN is itself."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_same, first, second))
    return type(first) is type(second) and repr(first) == repr(second)
