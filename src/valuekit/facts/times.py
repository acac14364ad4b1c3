"""Time stamps as exports write them, read into UTC.

Owns which texts are a time. Pega writes `20210127T132203.201 GMT`; ISO 8601 in its common forms is read as well. A
time zone in the text is honoured, a text without one is UTC. Never guesses: `03/04/2021` is unreadable, and so are
second 60 and any time outside 1900-01-01 to 2199-12-31 (UTC), such as the year 9999 that stands for "never".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PEGA = np.frombuffer(b"00000000T000000.000 GMT", dtype=np.uint8)
_DIGITS = np.flatnonzero(ord("0") == _PEGA)
_FIXED = np.flatnonzero(ord("0") != _PEGA)

FIRST = datetime(1900, 1, 1)
LAST = datetime(2199, 12, 31, 23, 59, 59, 999999)
"""The bounds of a readable time, in UTC."""

_MONTHS = (
    np.arange(f"{FIRST:%Y-%m}", f"{LAST.year + 1}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)
"""The first day of every month from that of `FIRST` to the one after that of `LAST`, in days since 1970."""

_TIME = pl.Datetime("us")
_PER_DAY = {unit: 86_400 * second for unit, second in {"ms": 10**3, "us": 10**6, "ns": 10**9}.items()}

_VECTORISED = (
    "%Y%m%dT%H%M%S%.f GMT",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
)

_SECOND_60 = r"[T ]\d{2}:?\d{2}:?60"

_TEXT = re.compile(
    r"""(?P<date>\d{4}-?\d{2}-?\d{2})
        (?:[T\ ](?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?
           (?:\ ?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?|[A-Za-z][A-Za-z0-9_+\-/]*))?
        )?""",
    re.VERBOSE | re.ASCII,
)


def read_time(text: str) -> datetime | None:
    """Read one time stamp, or return None where the text is none.

    Args:
        text: a time stamp; a zone may be `Z`, an offset, or a name of the IANA database such as `GMT` or `EST`.

    Returns:
        A naive time in UTC, in microseconds.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    digits = match["date"].replace("-", "")
    fraction = (match["fraction"] or "").ljust(6, "0")[:6]
    try:
        local = datetime(
            int(digits[:4]), int(digits[4:6]), int(digits[6:]),
            int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0), int(fraction),
            tzinfo=_zone(match["zone"]),
        )  # fmt: skip
        moment = local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if FIRST <= moment <= LAST else None


def _zone(text: str | None) -> timezone | ZoneInfo:
    if text is None or text in {"Z", "z"}:
        return UTC
    if text[0] in "+-":
        digits = text[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return timezone(offset if text[0] == "+" else -offset)
    try:
        return ZoneInfo(text)
    except (KeyError, IsADirectoryError) as error:
        raise ValueError(text) from error


def read_times(values: pl.Series) -> pl.Series:
    """Read a column of time stamps.

    Args:
        values: texts, dates or time stamps of any unit and zone.

    Returns:
        Datetime in microseconds, naive UTC; null where there is no text or it is not a time.
    """
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        return _within(values.to_physical(), _PER_DAY[kind.time_unit]).cast(pl.Datetime(kind.time_unit)).cast(_TIME)
    if kind == pl.Date:
        return _within(values.to_physical(), 1).cast(pl.Date).cast(_TIME)
    if kind != pl.String:
        return _no_times(len(values))
    read = _read_pega(values)
    if read.null_count() == values.null_count():
        return read
    values = values.set(values.str.contains(_SECOND_60), None)
    for pattern in _VECTORISED:
        if _unread(values, read).any():
            read = read.fill_null(values.str.strptime(_TIME, pattern, strict=False))
    rest = values.filter(_unread(values, read)).unique()
    if rest.len():
        slow = {text: read_time(text) for text in rest}
        read = read.fill_null(values.replace_strict(slow, default=None, return_dtype=_TIME))
    return _within(read.to_physical(), _PER_DAY["us"]).cast(_TIME)


def time_texts(values: pl.Series) -> pl.Series:
    """Write dates or time stamps as text; those outside the years 1 to 9999 as ticks since 1970, for they overflow."""
    kind = values.dtype
    per_day = _PER_DAY[kind.time_unit] if isinstance(kind, pl.Datetime) else 1
    ticks = values.to_physical()
    sound = _within(ticks, per_day, datetime.min + timedelta(days=1), datetime.max - timedelta(days=1))
    # A cast looks at the value under a null as well, so 0 takes its place.
    return sound.fill_null(0).cast(kind).cast(pl.String).zip_with(sound.is_not_null(), ticks.cast(pl.String))


def _within(ticks: pl.Series, per_day: int, first: datetime = FIRST, last: datetime = LAST) -> pl.Series:
    """Keep what lies between two days; in the unit that it came in, for in another one it might overflow."""
    low, high = ((bound - datetime(1970, 1, 1)).days for bound in (first, last))
    after = min((high + 1) * per_day, (1 << 63) - 1)
    return ticks.set((ticks < max(low * per_day, -(1 << 63))) | (ticks >= after), None)


def _no_times(height: int) -> pl.Series:
    return pl.Series([None], dtype=_TIME).new_from_index(0, height)


def _read_pega(values: pl.Series) -> pl.Series:
    """Read the texts of exactly Pega's form, digit by digit for the whole column at once; null for all others.

    Exports hold two of them a row, and this costs a third of a general parser.
    """
    right = values.str.len_bytes() == len(_PEGA)
    height = right.sum()
    if not height:
        return _no_times(len(values))
    texts = (values if height == len(values) else values.filter(right)).to_arrow(compat_level=pl.CompatLevel.oldest())
    data = np.frombuffer(texts.buffers()[2], np.uint8, len(texts) * len(_PEGA)).reshape(-1, len(_PEGA))
    digits = data.T[_DIGITS] - np.uint8(ord("0"))  # what is no digit becomes more than 9
    good = (data[:, _FIXED] == _PEGA[_FIXED]).all(axis=1) & (digits <= 9).all(axis=0)
    year, month, day, hour, minute, second, milli = (
        _number(digits[first:last]) for first, last in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14), (14, 17))
    )
    good &= (year >= FIRST.year) & (year <= LAST.year) & (month >= 1) & (month <= 12)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    at = np.where(good, (year - FIRST.year) * 12 + month - 1, 0)
    first_day = _MONTHS[at]
    good &= (day >= 1) & (day <= _MONTHS[at + 1] - first_day)
    seconds = (hour * 60 + minute) * 60 + second
    micros = (first_day + day - 1) * 86_400_000_000 + seconds * np.int64(1_000_000) + milli * 1000
    times = pl.Series(micros).cast(_TIME).set(pl.Series(~good), None)
    return times if height == len(values) else _no_times(len(values)).scatter(right.arg_true(), times)


def _number(digits: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Numbers from their digits, the first of which come first."""
    number: NDArray[np.int32] = digits[0].astype(np.int32)
    for digit in digits[1:]:
        number = np.add(number * 10, digit, dtype=np.int32)
    return number


def _unread(values: pl.Series, read: pl.Series) -> pl.Series:
    return read.is_null() & values.is_not_null() & (values != "")
