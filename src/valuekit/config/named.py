"""Sections whose sub-tables are named by the user: `[metrics.<name>]` and `[reports.<name>]`.

Owns which names are allowed. Never knows what is in the sub-tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.config.tables import Key, read_table, unknown_key
from valuekit.config.values import table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place

_NAME = re.compile(r"\w[\w .-]{0,99}")


def named_tables(
    value: object, keys: Mapping[str, Key], place: Place
) -> tuple[dict[str, object], dict[str, Mapping[str, object]]]:
    """Read a section that holds a few known keys, and otherwise tables of the user's naming.

    Returns:
        The values of the known keys; the tables by name, unread.
    """
    entries = table(value, place) or {}
    settings = read_table({name: entry for name, entry in entries.items() if name in keys}, keys, place)
    sections: dict[str, Mapping[str, object]] = {}
    for name, entry in entries.items():
        if name in keys:
            continue
        if not _is_table(entry) and nearest(name, keys):
            unknown_key(place / name, name, keys)
            continue
        section = table(entry, place / name)
        if section is not None:
            _check_name(name, place / name)
            sections[name] = section
    return settings, sections


def _is_table(entry: object) -> bool:
    return isinstance(entry, dict) or (isinstance(entry, list) and any(isinstance(one, dict) for one in entry))


def _check_name(name: str, place: Place) -> None:
    if not _NAME.fullmatch(name):
        place.report_key("VK207", f"{quoted(name)} cannot be a name: letters, digits, spaces and _ - . only")
