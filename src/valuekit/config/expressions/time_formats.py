"""Time formats as Polars understands them (Rust's chrono), written in DuckDB's codes.

Owns the translation of the codes. Never reads a time. Sources: docs.rs/chrono "format::strftime", duckdb.org "Date
Format Functions".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"%(?:(\.?)([0-9]?)f|-?(.)|)", re.DOTALL)
_SAME = frozenset("YmdHMSBbAaIpj%")
_WRITTEN_OUT = {"h": "%b", "e": "%d", "F": "%Y-%m-%d", "T": "%H:%M:%S", "X": "%H:%M:%S", "R": "%H:%M"}
_DIGITS = {"": "%f", "3": "%g", "6": "%f"}
_ZONE = re.compile(r"\s%Z\Z")
_HINTS = {
    "f": "it counts nanoseconds; write %.f for a fraction of any length, or %3f for milliseconds",
    "y": "the century is read differently from one tool to the next; write %Y",
    "D": "the century is read differently from one tool to the next; write %m/%d/%Y",
    "Z": "only a zone's name at the very end, after a space, can be skipped",
    "z": "only a zone's name at the very end ( %Z) can be skipped",
}


class FormatError(Exception):
    """A format that cannot be translated."""


@dataclass(frozen=True)
class TimeFormat:
    """A format in DuckDB's codes.

    Attributes:
        formats: to be tried in this order; two where the fraction of a second may be absent.
        drop_zone: whether a zone's name behind the last space, which chrono skips, has to be cut off before.
    """

    formats: tuple[str, ...]
    drop_zone: bool


def translate(chrono: str) -> TimeFormat:
    """Translate a format.

    Raises:
        FormatError: it holds a code that DuckDB lacks or reads differently, or no year.
    """
    body = _ZONE.sub("", chrono)
    with_fraction = _CODE.sub(lambda match: _code(match, with_fraction=True), body)
    without = _CODE.sub(lambda match: _code(match, with_fraction=False), body)
    if "%Y" not in with_fraction.replace("%%", ""):
        raise FormatError("a time format needs a year (%Y)")
    return TimeFormat(tuple(dict.fromkeys((with_fraction, without))), drop_zone=body != chrono)


def _code(match: re.Match[str], *, with_fraction: bool) -> str:
    dot, digits, letter = match.groups()
    if letter in _SAME:
        return f"%{letter}"
    if letter in _WRITTEN_OUT:
        return _WRITTEN_OUT[letter]
    if dot and digits in _DIGITS:
        return f".{_DIGITS[digits]}" if with_fraction else ""
    if digits and digits in _DIGITS:
        return _DIGITS[digits]
    hint = _HINTS.get(letter or match[0][-1])
    raise FormatError(f"{match[0]} is not an allowed code of a time format{f': {hint}' if hint else ''}")
