"""How one value becomes text: exactly for programs, legibly for people.

Owns digits, units and dates. Never lays out a row.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

from valuekit.cli.narrate import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Plain: TypeAlias = "str | int | float | bool | None"

NO_VALUE = "\N{EN DASH}"


def exact(value: object) -> Plain:
    """Turn a cell into what every text format holds: 12 significant digits, ISO dates, UTC times.

    An integer stays whole. A number that is not finite is none at all: no text format prints NaN or infinity.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(f"{value:.12g}") + 0.0 if math.isfinite(value) else None
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


def legible(value: object, unit: str | None = None) -> str:
    """Write a cell for people; a dash where there is no value. Nothing in it can steer a terminal.

    Args:
        value: a dimension's value or a score.
        unit: the score's unit as its family gives it, one of `UNITS`; None for a dimension.
    """
    found = exact(value)
    if found is None:
        return NO_VALUE
    if unit is not None and isinstance(found, int | float) and not isinstance(found, bool):
        return UNITS.get(unit, _number)(found)
    return plain(exact_text(found))


def legible_interval(low: object, high: object, unit: str) -> str:
    """Write both ends of an interval for people, the unit once; a dash where there is none."""
    first, last = legible(low, unit), legible(high, unit)
    if NO_VALUE in (first, last):
        return NO_VALUE
    return f"{first.removesuffix(_PERCENT)} {NO_VALUE} {last}"


_PERCENT = " %"


def _iso_time(moment: datetime) -> str:
    """Seconds suffice; a moment with a zone is told in UTC."""
    if moment.tzinfo is None:
        return moment.isoformat(timespec="seconds")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _count(value: float) -> str:
    return f"{round(value):,}"


def _rate(value: float) -> str:
    """A percentage with two decimals; below 1 %, with three digits."""
    percent = 100.0 * value
    digits = f"{percent:,.2f}" if percent == 0 or abs(percent) >= 1 else f"{percent:.3g}"
    return digits + _PERCENT


def _change(value: float) -> str:
    """A percentage with its sign."""
    return f"+{_rate(value)}" if value > 0 else _rate(value)


def _probability(value: float) -> str:
    """Four decimals; below 0.0001, two digits and the power of ten."""
    return f"{value:.4f}" if value == 0 or value >= 0.0001 else f"{value:.1e}"


def _two_decimals(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < _HUGE else f"{value:.4g}"


def _number(value: float) -> str:
    """Four digits; from 1,000 on one decimal, none for a whole number; from 10^15 on a power of ten."""
    if not 1000 <= abs(value) < _HUGE:
        return f"{value:.4g}"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


_HUGE = 1e15

UNITS: Mapping[str, Callable[[float], str]] = {
    "count": _count,
    "rate": _rate,
    "change": _change,
    "probability": _probability,
    "z": _two_decimals,
    "money": _two_decimals,
    "ratio": _number,
    "number": _number,
    "bits": _number,
}
"""How people read each unit that a score can have."""
