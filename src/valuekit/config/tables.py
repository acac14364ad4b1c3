"""How a table with known keys is read.

Owns the walk over a table: every key is read, every unknown or unused one reported. Never knows which keys there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.findings import dotted, quoted
from valuekit.config.nearest import nearest
from valuekit.config.values import Reader, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place


@dataclass(frozen=True)
class Key:
    """One key that a table may have.

    Attributes:
        read: how its value is read.
        field: the model's name for it, where that is another than the key's.
        web_only: only the dashboard's web pages use it: it is read, reported and dropped.
    """

    read: Reader
    field: str | None = None
    web_only: bool = False


def read_table(value: object, keys: Mapping[str, Key], place: Place) -> dict[str, object]:
    """Read every key of a table.

    Returns:
        The values that are in order, by the model's name; whatever was wrong is reported and left out.
    """
    read: dict[str, object] = {}
    for name, entry in (table(value, place) or {}).items():
        key = keys.get(name)
        if key is None:
            unknown_key(place / name, name, keys)
            continue
        if key.web_only:
            unused_by_valuekit(place / name)
        result = key.read(entry, place / name)
        if result is not None and not key.web_only:
            read[key.field or name] = result
    return read


def unknown_key(place: Place, name: str, valid: Mapping[str, object]) -> None:
    """Report VK202 for a key of a table."""
    owner = dotted(place.path[:-1])
    place.report_key("VK202", f"[{owner}] has no key {quoted(name)}", nearest(name, valid))


def unused_by_valuekit(place: Place) -> None:
    """Report VK901 for a key."""
    place.report_key("VK901", f"{place.key} is used by the dashboard's web pages only")
