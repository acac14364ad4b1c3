"""Time formats and regular expressions of Polars text read what Polars reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import duckdb
import polars as pl
import pytest

from valuekit.config.expressions import ExpressionError, bind, parse_filter
from valuekit.config.expressions.patterns import quote

Both = Callable[[str, Sequence[str]], list[tuple[str, object, object]]]

TIMES = [
    *("20161230T120000.123 GMT", "20161230T120000.123 EST", "20161230T120000.123", "20161230T120000", "20160103"),
    *("2016-01-03", "2016-1-3", "2016-02-30", "2016-01", "2016-01-03 10:00", "2016-01-03 9:5:7", "2016-01-03 24:00:00"),
    *("2016-01-03 10:00:05", "2016-01-03 10:00:05.5", "2016-01-03 10:00:05.123456", "2016-01-03 10:00:05 Europe/Paris"),
    *("2016-01-03T10:00:05Z", "03.01.2016", "3/1/2016", "12/31/2016", "31/12/2016", "Jan 3 2016", "January 3 2016"),
    *("03 Jan 2016 01:30 PM", "03 Jan 2016 12:30 AM", "2016 003", "Sun 03 Jan 2016", "Sunday 03 Jan 2016", "", "never"),
]
READ = [
    ("%Y%m%dT%H%M%S%.3f %Z", "20161230T120000.123 GMT"),
    ("%Y%m%dT%H%M%S%.3f %Z", "20161230T120000"),
    ("%Y%m%dT%H%M%S%.3f", "20161230T120000.123"),
    ("%Y%m%dT%H%M%S%.f", "20161230T120000"),
    ("%Y%m%dT%H%M%S.%3f", "20161230T120000.123"),
    ("%Y%m%dT%H%M%S", "20161230T120000"),
    ("%Y%m%d", "20160103"),
    ("%Y-%m-%d", "2016-1-3"),
    ("%F", "2016-01-03"),
    ("%Y-%m", "2016-01"),
    ("%Y-%m-%d %H:%M", "2016-01-03 10:00"),
    ("%Y-%m-%d %R", "2016-01-03 10:00"),
    ("%F %T", "2016-01-03 9:5:7"),
    ("%F %X", "2016-01-03 10:00:05"),
    ("%Y-%m-%d %H:%M:%S%.f", "2016-01-03 10:00:05.5"),
    ("%Y-%m-%d %H:%M:%S%.6f", "2016-01-03 10:00:05.123456"),
    ("%Y-%m-%d %H:%M:%S.%6f", "2016-01-03 10:00:05.123456"),
    ("%Y-%m-%d %H:%M:%S %Z", "2016-01-03 10:00:05 Europe/Paris"),
    ("%Y-%m-%dT%H:%M:%SZ", "2016-01-03T10:00:05Z"),
    ("%d.%m.%Y", "03.01.2016"),
    ("%-d/%-m/%Y", "3/1/2016"),
    ("%e/%m/%Y", "31/12/2016"),
    ("%m/%d/%Y", "12/31/2016"),
    ("%b %d %Y", "Jan 3 2016"),
    ("%h %d %Y", "Jan 3 2016"),
    ("%B %d %Y", "January 3 2016"),
    ("%d %b %Y %I:%M %p", "03 Jan 2016 01:30 PM"),
    ("%d %b %Y %I:%M %p", "03 Jan 2016 12:30 AM"),
    ("%Y %j", "2016 003"),
    ("%a %d %b %Y", "Sun 03 Jan 2016"),
    ("%A %d %b %Y", "Sunday 03 Jan 2016"),
]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """Each value with what Polars and what our SQL make of it."""
    with duckdb.connect(":memory:") as connection:
        yield lambda text, values: _both(connection, text, values)


def _both(connection: duckdb.DuckDBPyConnection, text: str, values: Sequence[str]) -> list[tuple[str, object, object]]:
    frame = pl.DataFrame({"x": values})
    theirs = frame.select(eval(text, {"pl": pl}))["x"].to_list()  # noqa: S307  real Polars is the oracle
    expression = parse_filter(text)
    assert expression is not None
    bind(expression, {"x": "VARCHAR"})
    connection.register("frame", frame.with_row_index("n").to_arrow())
    ours = [row[0] for row in connection.execute(f"SELECT {expression.sql} FROM frame ORDER BY n").fetchall()]
    return list(zip(values, theirs, ours, strict=True))


@pytest.mark.parametrize("kind", ["pl.Datetime", "pl.Date"])
@pytest.mark.parametrize(("time_format", "example"), READ)
def test_a_time_is_read_as_polars_reads_it(time_format: str, example: str, kind: str, both: Both) -> None:
    """Where both read a time it is the same time; and what the format is for, both read."""
    found = both(f"pl.col('x').str.strptime({kind}, {time_format!r}, strict=False)", TIMES)
    for value, theirs, ours in found:
        assert theirs == ours or theirs is None or ours is None, (value, theirs, ours)
    assert all(theirs is not None and ours is not None for value, theirs, ours in found if value == example)


def test_to_date_reads_dates(both: Both) -> None:
    assert [ours for _, _, ours in both("pl.col('x').str.to_date('%d.%m.%Y', strict=False)", ["03.01.2016", "x"])][
        1
    ] is None
    assert all(theirs == ours for _, theirs, ours in both("pl.col('x').str.to_date('%F', strict=False)", TIMES))


@pytest.mark.parametrize(
    "time_format", ["%y-%m-%d", "%D", "%H:%M", "%Y%f", "%Y%9f", "%Y%.9f", "%Y%z", "%Z%Y", "%Y%Z", "%Y%", "%s"]
)
def test_a_format_that_would_be_read_differently_is_refused(time_format: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_filter(f"pl.col('x').str.strptime(pl.Datetime, {time_format!r})")
    assert caught.value.offset == 38


STRINGS = [
    "",
    "a",
    "abc",
    "aXbX",
    "Web",
    "WEB site",
    "a.b",
    "a+b",
    "12",
    "x1",
    "٣٤",
    "é",
    "ünï",
    "日本",
    "a_b",
    "a b",
    "a\tb",
]
STRINGS += [
    "a\nb",
    "b\na",
    "a\u00a0b",
    "\u3000",
    "{2}",
    "[x]",
    "^a$",
    "$",
    "\\",
    "a-b",
    "foo|bar",
    "e\u0301",
    "aaaa",
    "K",
    "\u017f",
]


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "a",
            "a.b",
            "^a",
            "b$",
            "^$",
            "a|X",
            "(ab|ba)",
            "(?:a)b",
            "[ab]+$",
            "[^a]",
            "a{2}",
            "a{2,}",
            "^a{1,3}$",
            "a??b",
        ),
        *(
            r"\d",
            r"^\d+$",
            r"\D",
            r"\w",
            r"^\w+$",
            r"\W",
            r"\s",
            r"^\S+$",
            r"[\d_]",
            r"[\s-]",
            r"[^\w]",
            r"[a-z]",
            r"[-a]",
        ),
        *(
            r"\.",
            r"\+",
            r"\\",
            r"\[x\]",
            r"\{",
            r"\$",
            r"\^",
            r"a\tb",
            r"a\nb",
            "}",
            "]",
            "(?i)web",
            "(?s)a.b",
            "(?m)^a",
            "(?im)^WEB",
        ),
        *("(?i:X)b", "x*", "(a|b)*c", "", "[.]b", "[+*?]", r"[\]x]", "é", "[à-ü]", "日", r"\-", r"(?i)k", "(?i)S"),
    ],
)
def test_a_pattern_matches_what_it_matches_in_polars(pattern: str, both: Both) -> None:
    for value, theirs, ours in both(f"pl.col('x').str.contains({pattern!r})", STRINGS):
        assert theirs == ours, (value, theirs, ours)
    for value, theirs, ours in both(f"pl.col('x').str.replace({pattern!r}, '<>')", STRINGS):
        assert theirs == ours, (value, theirs, ours)


@pytest.mark.parametrize("text", STRINGS)
def test_a_quoted_text_matches_itself(text: str, both: Both) -> None:
    found = both(f"pl.col('x').str.replace({text!r}, '', literal=True)", STRINGS)
    assert all(theirs == ours for _, theirs, ours in found), (quote(text), found)


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            r"\b",
            r"\A",
            r"\z",
            r"\1",
            r"\p{L}",
            r"\x41",
            r"\u0041",
            r"[\D]",
            r"[\b]",
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?P<n>a)",
            "(?<n>a)",
        ),
        *(
            "(?x)a",
            "(?-i)a",
            "[[:alpha:]]",
            "[a[b]]",
            "[a&&b]",
            "[a--b]",
            "[]a]",
            "[a",
            "(",
            ")",
            "a)(b",
            "a{",
            "a{1001}",
            "a{,2}",
            "{x}",
            "\\",
        ),
    ],
)
def test_a_pattern_that_the_engines_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_filter(f"pl.col('x').str.contains({pattern!r})")
    assert caught.value.offset == 25
