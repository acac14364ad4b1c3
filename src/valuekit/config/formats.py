"""How texts with a format are read: file patterns, regular expressions, zones, dates, durations and memory sizes.

Owns these formats and the messages about them. Never knows which key it reads, and never touches files.
"""

from __future__ import annotations

import re
import warnings
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.config.shapes import FILLED, shaped
from valuekit.config.values import filled, text, wrong_type

if TYPE_CHECKING:
    from valuekit.config.collect import Place

_DURATION = re.compile(r"([0-9]{1,6})\s*([dw])", re.IGNORECASE)
_DAYS = {"d": 1, "w": 7}
_MEMORY = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([KMGT])(i?)B", re.IGNORECASE)
_EXPONENT = {"k": 1, "m": 2, "g": 3, "t": 4}
_LEAST_MEMORY = 32 * 1000**2
_MOST_MEMORY = 64 * 1000**4
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@shaped(FILLED)
def pattern(value: object, place: Place) -> str | None:
    """Read a file pattern that is relative to a folder."""
    read = filled(value, place)
    fault = None if read is None else _pattern_fault(read)
    if fault is not None:
        place.report("VK221", f"{place.key} {quoted(read or '')} {fault}")
        return None
    return read


def _pattern_fault(glob: str) -> str | None:
    if PurePosixPath(glob).is_absolute() or PureWindowsPath(glob).drive:
        return "is absolute; put the folder into path"
    if any("**" in part and part != "**" for part in re.split(r"[/\\]", glob)):
        return 'glues ** to other text; folders at any depth are "**/"'
    for bracket in re.finditer(r"\[!?(\]?[^\]]*)(\]?)", glob):
        inside, closed = bracket.groups()
        if not closed:
            return "has a [ without its ]"
        if any(low > high for low, high in re.findall(r"(.)-(.)", inside)):
            return f"has the range [{inside}] backwards"
    return None


@shaped(FILLED)
def regex(value: object, place: Place) -> str | None:
    """Read a regular expression."""
    read = filled(value, place)
    if read is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a later Python may read otherwise is no fault today
            re.compile(read)
    except re.error as error:
        place.report_inside("VK222", f"{place.key} {quoted(read)}: {error.msg}", error.pos or 0)
    except (OverflowError, RecursionError):
        place.report("VK222", f"{place.key} {quoted(read)} is too large to compile")
    else:
        return read
    return None


@shaped(FILLED)
def zone(value: object, place: Place) -> str | None:
    """Read the name of an IANA time zone, in its own spelling."""
    read = filled(value, place)
    if read is None or read == "UTC":
        return read
    import zoneinfo

    known = zoneinfo.available_timezones() - {"localtime", "Factory"}
    if read in known:
        return read
    place.report("VK223", f"{place.key} {quoted(read)} is not a time zone", nearest(read, sorted(known)))
    return None


@shaped({"type": "string", "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"})
def day(value: object, place: Place) -> date | None:
    """Read a date, written as TOML's own or as a text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return _known_year(value, place)
    if not isinstance(value, str):
        wrong_type(value, place, "a date like 2026-01-31")
        return None
    try:
        if _DATE.fullmatch(value.strip()):
            return _known_year(date.fromisoformat(value.strip()), place)
    except ValueError as error:
        place.report("VK224", f"{place.key} {quoted(value)} is not a date: {error}")
        return None
    place.report("VK224", f"{place.key} {quoted(value)} is not a date like 2026-01-31")
    return None


def _known_year(found: date, place: Place) -> date | None:
    """Refuse a day on which nothing can have happened: no time of such a year is ever read."""
    if _FIRST_YEAR <= found.year <= _LAST_YEAR:
        return found
    place.report("VK224", f"{place.key} {found} is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return None


@shaped({"type": "string", "pattern": r"^\s*[0-9]{1,6}\s*[DWdw]\s*$"})
def duration(value: object, place: Place) -> timedelta | None:
    """Read a number of days or weeks, above zero."""
    read = text(value, place)
    if read is None:
        return None
    match = _DURATION.fullmatch(read.strip())
    if match and int(match[1]) > 0:
        return timedelta(days=int(match[1]) * _DAYS[match[2].lower()])
    place.report("VK225", f'{place.key} {quoted(read)} is not a duration like "90d" or "12w"')
    return None


@shaped({"type": "string", "pattern": r"^\s*[0-9]{1,9}(\.[0-9]{1,3})?\s*[KMGTkmgt][Ii]?[Bb]\s*$"})
def memory(value: object, place: Place) -> str | None:
    """Read an amount of memory and write it as DuckDB does: number, unit, no space."""
    read = text(value, place)
    if read is None:
        return None
    match = _MEMORY.fullmatch(read.strip())
    if match is None:
        place.report("VK226", f'{place.key} {quoted(read)} is not an amount like "512MB" or "2GiB"')
        return None
    base = 1024 if match[3] else 1000
    amount = float(match[1]) * base ** _EXPONENT[match[2].lower()]
    if amount > _MOST_MEMORY:
        place.report("VK226", f"{place.key} {quoted(read)} is more than any machine has")
        return None
    if amount < _LEAST_MEMORY:
        place.report("VK226", f"{place.key} {quoted(read)} is less than the 32 MB that any run needs")
        return None
    return f"{match[1]}{match[2].upper()}{match[3].lower()}B"
