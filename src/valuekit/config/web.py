"""Sections that only the dashboard's web pages use.

Owns their keys. Never lets them change a number.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from valuekit.config.shapes import shaped
from valuekit.config.tables import Key, read_table, unused_by_valuekit
from valuekit.config.values import number, scalar, switch, table_of, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place


@shaped({"type": "string"})
def _text_or_date(value: object, place: Place) -> str | date | None:
    return value if isinstance(value, date) else text(value, place)


WEB_SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "copyright": {"name": Key(text), "version": Key(scalar), "version_date": Key(_text_or_date)},
    "ux": {
        "refresh_dashboard": Key(switch),
        "refresh_interval": Key(number(0)),
        "data_cache_hours": Key(number(0)),
        "chat_with_data": Key(switch),
    },
    "variants": {"name": Key(text), "description": Key(text), "demo_mode": Key(switch)},
    "chat_with_data": {"agent_prompt": Key(text), "metric_descriptions": Key(table_of(text))},
}


def web_section(name: str, value: object, place: Place) -> dict[str, object]:
    """Read one of the sections: check every key, and report it as unused."""
    read = read_table(value, WEB_SECTIONS[name], place)
    for key in read:
        unused_by_valuekit(place / key)
    return read
