"""How a TOML value is read by type: texts, switches, numbers, lists and tables.

Owns what types a key accepts, and the messages about others. Never knows which key it reads.

A reader takes a value and its place; it returns None after it has reported what is wrong. TOML has no null, so None
means nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TypeVar

from valuekit.config.collect import Place
from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.config.shapes import FILLED, shape_of, shaped

Reader = Callable[[object, Place], object]
Scalar = str | int | float | bool

_T = TypeVar("_T")
_SWITCHES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SWITCH_PATTERN = rf"^\s*({'|'.join(''.join(f'[{c.upper()}{c}]' for c in word) for word in _SWITCHES)})\s*$"
_LARGEST = 2**63


def shown(value: object) -> str:
    """Describe a value in a message: its type, and what it is where that is short."""
    if isinstance(value, bool):
        return "the switch true" if value else "the switch false"
    if isinstance(value, int | float):
        return f"the number {_number(value)}"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, list):
        return "an empty list" if not value else f"a list of {len(value)}"
    if isinstance(value, datetime):
        return f"the date and time {value}"
    if isinstance(value, date):
        return f"the date {value}"
    return f"the time {value}" if isinstance(value, time) else "a table"


def _number(value: float) -> str:
    return f"of {value.bit_length()} bits" if isinstance(value, int) and abs(value) >= _LARGEST else str(value)


def wrong_type(value: object, place: Place, expected: str) -> None:
    """Report VK203."""
    place.report("VK203", f"{place.key} takes {expected}, not {shown(value)}")


@shaped({"type": "string"})
def text(value: object, place: Place) -> str | None:
    """Read a text, an empty one included."""
    if isinstance(value, str):
        return value
    wrong_type(value, place, "a text")
    return None


@shaped(FILLED)
def filled(value: object, place: Place) -> str | None:
    """Read a text that is not blank."""
    read = text(value, place)
    if read is not None and not read.strip():
        place.report("VK206", f"{place.key} is an empty text")
        return None
    return read


@shaped({"type": ["boolean", "string"], "pattern": _SWITCH_PATTERN})
def switch(value: object, place: Place) -> bool | None:
    """Read true or false, or a text that means one of them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in _SWITCHES:
        return _SWITCHES[value.strip().casefold()]
    wrong_type(value, place, "true or false")
    return None


def integer(least: int, most: int) -> Callable[[object, Place], int | None]:
    """Make a reader of whole numbers from `least` to `most`."""

    @shaped({"type": "integer", "minimum": least, "maximum": most})
    def read(value: object, place: Place) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int):
            wrong_type(value, place, "a whole number")
            return None
        if not least <= value <= most:
            place.report("VK205", f"{place.key} must be from {least} to {most}, not {_number(value)}")
            return None
        return value

    return read


def number(least: float = -math.inf, *, above: bool = False) -> Callable[[object, Place], float | None]:
    """Make a reader of finite numbers not below `least`, or strictly `above` it."""

    @shaped({"type": "number", **({} if math.isinf(least) else {"exclusiveMinimum" if above else "minimum": least})})
    def read(value: object, place: Place) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            wrong_type(value, place, "a number")
            return None
        if not abs(value) < _LARGEST:
            place.report("VK205", f"{place.key} must be a finite number below 2^63, not {_number(value)}")
            return None
        if value < least or (above and value == least):
            limit = f"above {least:g}" if above else f"{least:g} or more"
            place.report("VK205", f"{place.key} must be {limit}, not {_number(value)}")
            return None
        return float(value)

    return read


def one_of(*choices: str) -> Callable[[object, Place], str | None]:
    """Make a reader of one of a few words."""

    @shaped({"type": "string", "enum": list(choices)})
    def read(value: object, place: Place) -> str | None:
        word = text(value, place)
        if word is None or word in choices:
            return word
        listed = ", ".join(choices)
        place.report("VK204", f"{place.key} is {quoted(word)}; it can be {listed}", nearest(word, choices))
        return None

    return read


@shaped({"type": "array", "items": FILLED})
def names(value: object, place: Place) -> tuple[str, ...] | None:
    """Read a list of texts that are not blank; those that are wrong are reported and left out."""
    if not isinstance(value, list):
        wrong_type(value, place, "a list of texts")
        return None
    read = (filled(element, place / index) for index, element in enumerate(value))
    return tuple(name for name in read if name is not None)


@shaped({"type": "array", "items": FILLED})
def distinct_names(value: object, place: Place) -> tuple[str, ...] | None:
    """Read a list of texts; one that comes again is reported and dropped."""
    read = names(value, place)
    if read is None or len(set(read)) == len(read):
        return read
    for index, first in repeats(value):
        (place / index).report("VK904", f"{place.key} lists {quoted(first)} twice")
    return tuple(dict.fromkeys(read))


@shaped({"type": "array", "items": FILLED, "minItems": 1})
def some_names(value: object, place: Place) -> tuple[str, ...] | None:
    """Read a list of at least one text, repeats dropped."""
    read = distinct_names(value, place)
    if read == () and value == []:
        place.report("VK206", f"{place.key} is an empty list; leave it out to get the default")
        return None
    return read


def repeats(value: object, fold: Callable[[str], str] = str) -> list[tuple[int, str]]:
    """List the texts of a list that stood in it before: their index, and the text as it stood first."""
    seen: dict[str, str] = {}
    again: list[tuple[int, str]] = []
    for index, element in enumerate(value if isinstance(value, list) else ()):
        if isinstance(element, str) and element.strip():
            if fold(element) in seen:
                again.append((index, seen[fold(element)]))
            seen.setdefault(fold(element), element)
    return again


@shaped({"type": "object"})
def table(value: object, place: Place) -> Mapping[str, object] | None:
    """Read a table, whatever is in it."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and isinstance(value[0], dict):
        place.report("VK203", f"{place.key} takes one table: [{place.key}], not [[{place.key}]]")
        return None
    wrong_type(value, place, "a table")
    return None


def table_of(read: Callable[[object, Place], _T | None]) -> Callable[[object, Place], Mapping[str, _T] | None]:
    """Make a reader of tables whose values are all read alike; those that are wrong are left out."""

    @shaped({"type": "object", "additionalProperties": shape_of(read)})
    def read_all(value: object, place: Place) -> Mapping[str, _T] | None:
        entries = table(value, place)
        if entries is None:
            return None
        pairs = ((key, read(entry, place / key)) for key, entry in entries.items())
        return {key: entry for key, entry in pairs if entry is not None}

    return read_all


@shaped({"type": ["string", "number", "boolean"]})
def scalar(value: object, place: Place) -> Scalar | None:
    """Read what a column can hold as a default: a text, a switch or a finite number of 64 bits."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        if abs(value) < _LARGEST:
            return value
        place.report("VK205", f"{place.key} must be a finite number below 2^63, not {_number(value)}")
        return None
    wrong_type(value, place, "a text, a number or a switch")
    return None
