"""Time stamps: zones are honoured, nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.facts.times import read_time, read_times

NOON = datetime(2021, 1, 27, 13, 22, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20210127T132203.201 GMT", NOON.replace(microsecond=201000)),
        ("20210127T132203 GMT", NOON),
        ("20210127T132203.201 EST", NOON.replace(hour=18, microsecond=201000)),
        ("20210727T132203.000 America/New_York", datetime(2021, 7, 27, 17, 22, 3)),
        ("20210127T132203.201 +0530", datetime(2021, 1, 27, 7, 52, 3, 201000)),
        ("2021-01-27T13:22:03Z", NOON),
        ("2021-01-27T13:22:03+01:00", NOON.replace(hour=12)),
        ("2021-01-27T13:22:03.5-05", NOON.replace(hour=18, microsecond=500000)),
        ("2021-01-27 13:22:03", NOON),
        ("2021-01-27T13:22", NOON.replace(second=0)),
        ("2021-01-27", datetime(2021, 1, 27)),
        ("20210127", datetime(2021, 1, 27)),
        ("2021-01-27 13:22:03.123456789", NOON.replace(microsecond=123456)),
    ],
)
def test_readable(text: str, expected: datetime) -> None:
    assert read_time(text) == expected
    assert read_times(pl.Series([text])).to_list() == [expected]


@pytest.mark.parametrize(
    "text",
    ["x", "", "27/01/2021", "20211327T132203.201 GMT", "20210229T010000.000 GMT", "20210127T246000.201 GMT",
     "20210127T132203.201 Nowhere/City", "20210127T132203.201 ../../etc/passwd", "1611754923201", "2021",
     "00010101T000000.000 +0500", "\uff12\uff10210127"],
)  # fmt: skip
def test_unreadable(text: str) -> None:
    assert read_time(text) is None
    assert read_times(pl.Series([text])).to_list() == [None]


def test_a_column_may_mix_formats_and_missing_values() -> None:
    column = pl.Series(["20210127T132203.000 GMT", None, "", "2021-01-27 13:22:03", "nonsense", "20210127T142203 CET"])
    assert read_times(column).to_list() == [NOON, None, None, NOON, None, NOON]


def test_typed_columns() -> None:
    zone = timezone(timedelta(hours=2))
    aware = pl.Series([datetime(2021, 1, 27, 15, 22, 3, tzinfo=zone)], dtype=pl.Datetime("ns", "Europe/Helsinki"))
    assert read_times(aware).to_list() == [NOON]
    assert read_times(pl.Series([date(2021, 1, 27)])).to_list() == [datetime(2021, 1, 27)]
    assert read_times(pl.Series([NOON])).to_list() == [NOON]
    assert read_times(pl.Series([1611754923])).to_list() == [None]


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_any_offset_reads_back(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert read_time(aware.isoformat()) == moment
    assert read_times(pl.Series([aware.isoformat()])).to_list() == [moment]
