"""How one value becomes exact text for programs.

Owns digits, dates and what stands for no value. Never writes for people and never lays out a row.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TypeAlias

Plain: TypeAlias = "str | int | float | bool | None"


def exact(value: object) -> Plain:
    """Turn a cell into what every text format holds: 12 significant digits, ISO dates, UTC times.

    An integer stays whole. A number that is not finite is none at all: no text format prints NaN or infinity.
    """
    if isinstance(value, float):
        return float(f"{value:.12g}") + 0.0 if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime):
        return _iso_time(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def exact_text(value: object) -> str:
    """As `exact`, written out; a missing value is empty."""
    found = exact(value)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "true" if found else "false"
    return repr(found) if isinstance(found, float) else str(found)


def _iso_time(moment: datetime) -> str:
    """Seconds suffice; a moment with a zone is told in UTC."""
    if moment.tzinfo is None:
        return moment.isoformat(timespec="seconds")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
