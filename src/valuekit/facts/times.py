"""Time stamps as exports write them, read into UTC.

Owns which texts are a time. Pega writes `20210127T132203.201 GMT`; ISO 8601 in its common forms is read as well. A
time zone in the text is honoured, a text without one is UTC. Never guesses: `03/04/2021` is unreadable.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

_PEGA = np.frombuffer(b"00000000T000000.000 GMT", dtype=np.uint8)
_DIGITS = np.flatnonzero(ord("0") == _PEGA)
_FIXED = np.flatnonzero(ord("0") != _PEGA)

_VECTORISED = (
    "%Y%m%dT%H%M%S%.f GMT",
    "%Y-%m-%dT%H:%M:%S%.fZ",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
)

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
        return local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


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
        utc = values if kind.time_zone is None else values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return utc.cast(pl.Datetime("us"))
    if kind == pl.Date:
        return values.cast(pl.Datetime("us"))
    if kind != pl.String:
        return _no_times(len(values))
    read = _read_pega(values)
    for pattern in _VECTORISED:
        if _unread(values, read).any():
            read = read.fill_null(values.str.strptime(pl.Datetime("us"), pattern, strict=False))
    rest = values.filter(_unread(values, read)).unique()
    if rest.len():
        slow = {text: read_time(text) for text in rest}
        read = read.fill_null(values.replace_strict(slow, default=None, return_dtype=pl.Datetime("us")))
    return read


def _no_times(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.Datetime("us")).new_from_index(0, height)


def _read_pega(values: pl.Series) -> pl.Series:
    """Read the texts of exactly Pega's form, digit by digit for the whole column at once; null for all others.

    Exports hold two of them a row, and this costs a third of a general parser.
    """
    right = (values.str.len_bytes() == len(_PEGA)).fill_null(value=False)
    positions = right.arg_true()
    if not positions.len():
        return _no_times(len(values))
    texts = values.filter(right).to_arrow(compat_level=pl.CompatLevel.oldest())
    data = np.frombuffer(texts.buffers()[2], np.uint8, len(texts) * len(_PEGA)).reshape(-1, len(_PEGA))
    digits = data.T[_DIGITS].astype(np.int64) - ord("0")
    good = (data[:, _FIXED] == _PEGA[_FIXED]).all(axis=1) & ((digits >= 0) & (digits <= 9)).all(axis=0)
    year, month, day, hour, minute, second, milli = (
        digits[first:last].T @ (10 ** np.arange(last - first - 1, -1, -1))
        for first, last in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14), (14, 17))
    )
    good &= (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    starts = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first_day, next_first = (at.astype("datetime64[D]").astype(np.int64) for at in (starts, starts + 1))
    good &= (day >= 1) & (day <= next_first - first_day)
    micros = ((((first_day + day - 1) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + milli * 1000
    times = pl.Series(micros).cast(pl.Datetime("us")).set(pl.Series(~good), None)
    return times if positions.len() == len(values) else _no_times(len(values)).scatter(positions, times)


def _unread(values: pl.Series, read: pl.Series) -> pl.Series:
    return read.is_null() & values.is_not_null() & (values != "")
