"""Reads the values that flags carry: lists, dates, durations, names.

Owns their spelling and the messages for a misspelt one. Never looks at a config or at data.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from valuekit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d+)?)([smhdw]?)")


def split(values: Iterable[str] | None) -> tuple[str, ...]:
    """Read a repeatable flag whose values may be joined by commas; blanks are left out, order is kept."""
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def day(text: str | None, flag: str) -> date | None:
    """Read a date.

    Args:
        text: `YYYY-MM-DD`, or None where the flag is absent.
        flag: the flag's name, for the message.

    Raises:
        UsageError: it is no date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f'{flag} "{text}" is not a date. Write it as YYYY-MM-DD.') from None


def duration(text: str, flag: str) -> timedelta:
    """Read a duration: a number with an optional unit s, m, h, d or w; a bare number counts seconds.

    Raises:
        UsageError: it is no duration.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise UsageError(f'{flag} "{text}" is not a duration. Write a number and a unit: 30s, 15m, 26h, 7d.')
    return timedelta(seconds=float(found[1]) * _UNITS[found[2] or "s"])
