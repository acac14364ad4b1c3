"""How one value becomes text for people: by its unit, short on a picture and whole in a table.

Owns digits, signs, percent and the letters for thousands and millions. Never lays out a row. Numbers are written with a
point before the decimals, whatever the locale.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from valuekit.reports.plain import plain
from valuekit.reports.values import exact, exact_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NO_VALUE = "\N{EN DASH}"
"""What people see where there is no value."""

MISSING = "(missing)"
"""What people see where a row has no value of a dimension."""

DIFFERENCE = "difference of "
"""Stands before the unit of two numbers in that of what one is more than the other."""

_KEYS = (None, "text", "time")
"""The units of what is no number: dimensions, also those with numbers for values, such as Year."""

_PERCENT = " %"
_HUGE = 1e15
_LETTERS = ("", " k", " M", " B", " T")


def shown(value: object, unit: str | None = None, *, short: bool = True) -> str:
    """Write a cell for people; a dash where there is no value. Nothing in it can steer a terminal.

    Args:
        value: a dimension's value or a score.
        unit: the score's unit as its family gives it, one of `UNITS`, or `DIFFERENCE` before one of these; None, `text`
            or `time` for a dimension.
        short: whether three digits do, as beside a picture: 12.3 k, 1.2 M, < 0.001. Else counts and money are whole.
    """
    found = exact(value)
    if found is None:
        return NO_VALUE
    if unit not in _KEYS and isinstance(found, int | float) and not isinstance(found, bool):
        of = (unit or "").removeprefix(DIFFERENCE)
        write = (SHORT if short else UNITS).get(of, _three_digits if short else _number)
        return write(found) if of == unit else _difference(found, of, write)
    return plain(exact_text(found))


def shown_interval(low: object, high: object, unit: str, *, short: bool = True) -> str:
    """Write both ends of an interval for people, the unit once; a dash where there is none."""
    first, last = shown(low, unit, short=short), shown(high, unit, short=short)
    if NO_VALUE in (first, last):
        return NO_VALUE
    return f"{first.removesuffix(_PERCENT)} {NO_VALUE} {last}"


def shown_key(value: object) -> str:
    """Write a dimension's value for people; a word where it is missing."""
    return MISSING if exact(value) is None else shown(value)


def _difference(value: float, unit: str, write: Callable[[float], str]) -> str:
    """A difference with its sign; of percentages it is in points, so that nobody takes it for a share of them."""
    sign = "+" if value > 0 else "-" if value < 0 else ""
    if unit == "probability":
        return sign + _number(abs(value))
    text = write(abs(value))
    if unit not in ("rate", "change"):
        return sign + text
    return f"{sign}{text.removeprefix('+').removesuffix(_PERCENT)} points"


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


def _three_digits(value: float) -> str:
    """Three digits and a letter for each three powers of ten; from 10^15 on a power of ten."""
    if value == 0 or not math.isfinite(value):
        return "0"
    rounded = float(f"{value:.3g}")
    step = max(math.floor(math.log10(abs(rounded)) / 3 + 1e-9), 0)
    if step >= len(_LETTERS):
        return f"{rounded:.3g}"
    scaled = rounded / 1000.0**step
    text = f"{scaled:.3g}"
    return text + _LETTERS[step]


def _short_count(value: float) -> str:
    return str(round(value)) if abs(value) < 1000 else _three_digits(value)


def _short_probability(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _short_rate(value: float) -> str:
    """A percentage of three digits."""
    return _three_digits(100.0 * value) + _PERCENT


def _short_change(value: float) -> str:
    return f"+{_short_rate(value)}" if value > 0 else _short_rate(value)


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
"""How people read each unit that a score can have, in a table."""

SHORT: Mapping[str, Callable[[float], str]] = {
    "count": _short_count,
    "rate": _short_rate,
    "change": _short_change,
    "probability": _short_probability,
    "z": _two_decimals,
    "money": _three_digits,
    "ratio": _three_digits,
    "number": _three_digits,
    "bits": _three_digits,
}
"""How people read each unit beside a picture."""
