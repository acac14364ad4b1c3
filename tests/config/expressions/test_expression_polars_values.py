"""Polars text means in SQL what it means in Polars: the same text runs in both, row by row over a table with nulls."""

from __future__ import annotations

import datetime as dt
import math
import random
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.config.expressions import bind, parse_filter
from valuekit.config.expressions.kinds import kind, kind_of_type
from valuekit.config.expressions.render import render
from valuekit.config.expressions.sql_guard import parse_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = 300
SCHEMA = {
    "i": "BIGINT",
    "j": "BIGINT",
    "f": "DOUBLE",
    "s": "VARCHAR",
    "u": "VARCHAR",
    "b": "BOOLEAN",
    "d": "DATE",
    "e": "DATE",
    "t": "TIMESTAMP",
    "v": "TIMESTAMP",
}
WORDS = ["Web", "Mobile", "web", "", "  pad ", "\ttab\n", "x%y_z", "a.b(c)[d]", "é", "Ünï", "日本語", "12", "-7", "3.5"]
WORDS += [" 5 ", "abcabc", "a'b", "a\\b", "$1", "\u00a0nb\u3000", "٣٤", "line\nbreak", "UPPER lower", "0", "a$b", "{2}"]


def _table() -> pl.DataFrame:
    luck = random.Random(20260107)  # noqa: S311  a table, not a secret
    day, second = dt.timedelta(days=1), dt.timedelta(seconds=1)
    makers: dict[str, Callable[[], object]] = {
        "i": lambda: luck.randint(-20, 20),
        "j": lambda: luck.randint(-3, 3),
        "f": lambda: luck.randint(-80, 80) / 8,
        "s": lambda: luck.choice(WORDS),
        "u": lambda: luck.choice(WORDS),
        "b": lambda: luck.random() < 0.5,
        "d": lambda: dt.date(1960, 1, 1) + luck.randint(0, 30_000) * day,
        "e": lambda: dt.date(2000, 1, 1) + luck.randint(-9, 9) * day,
        "t": lambda: dt.datetime(1960, 1, 1) + dt.timedelta(microseconds=luck.randint(0, 30_000 * 86_400 * 10**6)),
        "v": lambda: dt.datetime(2000, 1, 1) + luck.randint(-(10**6), 10**6) * second,
    }
    columns = {name: [None if luck.random() < 0.15 else make() for _ in range(ROWS)] for name, make in makers.items()}
    return pl.DataFrame(columns)


TABLE = _table()


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        opened.register("frame", TABLE.with_row_index("row_number").to_arrow())
        opened.execute("CREATE TABLE facts AS SELECT * FROM frame")
        yield opened


def same(one: object, other: object) -> bool:
    """Equal as values: an integer equals a float, midnight equals its date; null equals only null."""
    if one is None or other is None:
        return one is other
    if isinstance(one, float) or isinstance(other, float):
        first, second = float(str(one)), float(str(other))
        return (
            first == second or math.isclose(first, second, rel_tol=1e-12) or (math.isnan(first) and math.isnan(second))
        )
    return _moment(one) == _moment(other)


def _moment(value: object) -> object:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)
    return value


def assert_same(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Run a text in Polars, and its SQL in DuckDB; also: the SQL is its own canonical form, and its kind is known."""
    oracle: pl.Expr = eval(text, {"pl": pl})  # noqa: S307  real Polars is the oracle, and the text is our own
    theirs = TABLE.select(pl.col("i").alias("any"), value=oracle)["value"].to_list()
    expression = parse_filter(text)
    assert expression is not None
    assert expression.tree is not None
    found = bind(expression, SCHEMA)
    inferred = kind(expression.tree, {name: kind_of_type(value) for name, value in SCHEMA.items()})
    assert inferred in (None, kind_of_type(found)), f"{text}: thought to be {inferred}, is {found}"
    again = parse_sql(expression.sql)
    assert again == expression.tree, expression.sql
    assert render(again) == expression.sql
    ours = [row[0] for row in connection.execute(f"SELECT {expression.sql} FROM facts ORDER BY row_number").fetchall()]
    for number, (their, our) in enumerate(zip(theirs, ours, strict=True)):
        assert same(their, our), (
            f"{text}\n{expression.sql}\n{TABLE.row(number, named=True)}\nPolars {their!r}, SQL {our!r}"
        )


TEXTS = """
pl.col('i') // pl.col('j')
pl.col('i') % pl.col('j')
pl.col('i') // 3
pl.col('i') // -3
pl.col('i') % 3
pl.col('i') % -3
pl.col('f') // 2
pl.col('f') // 2.5
pl.col('f') % 3
pl.col('f') % -0.75
pl.col('i') / pl.col('j')
pl.col('f') / 2
7 // pl.col('j')
7 % pl.col('j')
pl.col('i') ** 2
pl.col('f') ** 3
pl.col('i') + pl.col('f') * 2 - 1
-pl.col('i')
- 5 + pl.col('i')
-(-pl.col('i'))
pl.col('i') - -5
pl.col('i') * -1.5e-3
pl.col('i') > 60 * 60 - 3590
pl.col('i').is_in([7, None])
pl.col('i').is_in([])
~pl.col('i').is_in([])
pl.col('i').is_in([None])
pl.col('s').is_in(['Web', 'x'])
~pl.col('s').is_in(('Web', 'x'))
pl.col('f').is_in({0.5, -2.5})
pl.col('b').is_in([True])
pl.col('i').is_between(0, 7)
pl.col('i').is_between(0, 7, closed='left')
pl.col('i').is_between(0, 7, closed='right')
pl.col('i').is_between(0, 7, closed='none')
pl.col('i').is_between(pl.col('j'), 7)
pl.col('i').is_between('j', 7)
pl.col('i').fill_null(5)
pl.col('s').fill_null('none')
pl.col('s').fill_null(pl.col('u'))
pl.col('f').cast(pl.Int64)
pl.col('i').cast(pl.Int64)
pl.col('b').cast(pl.Int64)
pl.col('i').cast(pl.String)
pl.col('b').cast(pl.Utf8)
pl.col('d').cast(pl.String)
pl.col('t').cast(pl.Date)
pl.col('d').cast(pl.Datetime)
pl.col('d').cast(pl.Datetime('us'))
pl.col('i').cast(pl.Float64) / 4
pl.col('i').cast(pl.Boolean)
pl.col('f').cast(pl.Boolean)
(pl.col('f') / 3).cast(pl.Int32)
pl.lit('12').cast(pl.Int64)
pl.col('t').dt.truncate('1h').cast(pl.String)
pl.col('s').str.slice(-3, 2)
pl.col('s').str.slice(-3)
pl.col('s').str.slice(-30, 28)
pl.col('s').str.slice(-5, 4)
pl.col('s').str.slice(1)
pl.col('s').str.slice(2, 3)
pl.col('s').str.slice(2, None)
pl.col('s').str.slice(0, 0)
pl.col('s').str.slice(50, 1)
pl.col('s').str.slice(-4, 0)
pl.col('s').str.contains('a.b', literal=True)
pl.col('s').str.contains('abc')
pl.col('s').str.contains('')
pl.col('s').str.contains(pl.col('u'), literal=True)
pl.col('s').str.starts_with('a')
pl.col('s').str.starts_with(pl.col('u').str.slice(0, 1))
pl.col('s').str.ends_with('b')
pl.col('s').str.ends_with('')
pl.col('s').str.to_lowercase()
pl.col('s').str.to_uppercase()
pl.col('s').str.strip_chars()
pl.col('s').str.strip_chars(None)
pl.col('s').str.strip_chars(' a')
pl.col('s').str.strip_chars('')
pl.col('s').str.replace('a', 'Z')
pl.col('s').str.replace('a.b', '<$>', literal=True)
pl.col('s').str.replace('[abc]+', '')
pl.col('s').str.replace('\\\\', '/', literal=True)
pl.col('s').str.replace('b', r'\\1')
pl.col('s').str.replace('b', r'\\1', literal=True)
pl.col('s').str.len_chars()
pl.col('s') + 'x'
'x' + pl.col('s')
pl.col('s').str.to_lowercase() + pl.col('u')
pl.col('d').dt.year()
pl.col('d').dt.month()
pl.col('d').dt.quarter()
pl.col('d').dt.week()
pl.col('d').dt.weekday()
pl.col('t').dt.year()
pl.col('t').dt.week()
pl.col('t').dt.weekday()
pl.col('t').dt.hour()
pl.col('t').dt.date()
pl.col('t').dt.truncate('1y')
pl.col('t').dt.truncate('1q')
pl.col('t').dt.truncate('1mo')
pl.col('t').dt.truncate('1w')
pl.col('t').dt.truncate('1d')
pl.col('t').dt.truncate('1h')
pl.col('t').dt.truncate('1m')
pl.col('t').dt.truncate('1s')
pl.col('d').dt.truncate('1w')
pl.col('t').dt.date().dt.truncate('1mo')
(pl.col('t') - pl.col('v')).dt.total_days()
(pl.col('d') - pl.col('e')).dt.total_days()
(pl.col('t') - pl.col('e')).dt.total_days()
(pl.col('d') - pl.col('e')) > pl.duration(days=3)
(pl.col('t') - pl.col('v')) <= pl.duration(hours=36, minutes=-5)
pl.duration(days=100) >= pl.col('t') - pl.col('v')
-pl.duration(days=100) >= pl.col('t') - pl.col('v')
pl.col('t') + pl.duration(hours=36)
pl.col('t') - pl.duration(days=3, microseconds=1)
pl.duration(weeks=1) + pl.col('t')
pl.col('d') + pl.duration(days=3)
pl.col('t').dt.date() + pl.duration(hours=36)
pl.col('t').dt.date() - pl.duration(hours=36)
pl.col('d') > pl.datetime(2000, 1, 1)
pl.col('t') > pl.date(2000, 1, 1)
pl.col('t') >= pl.datetime(2000, 1, 1, 12, 30, 15, 5)
pl.col('v') == pl.datetime(2000, 1, 1, hour=0)
pl.col('e') == pl.date(2000, 1, 1)
pl.col('d') == pl.col('t')
pl.col('s') > 'b'
pl.col('s') != 'Web'
pl.col('s') == pl.col('u')
pl.when(pl.col('b')).then(1).otherwise(2)
pl.when(pl.col('b')).then('s').otherwise('u')
pl.when(pl.col('b')).then(pl.lit('s')).otherwise(pl.lit('u'))
pl.when(pl.col('b'), pl.col('i') > 0).then(1)
pl.when('b').then(1)
pl.when(pl.col('b')).then(1).when(pl.col('i') > 0).then(2).otherwise(None)
pl.when(pl.col('b')).then(1).when(pl.col('i') > 0).then(2).otherwise(3).is_in([1, 3])
pl.when(pl.col('b')).then(pl.col('i')).otherwise(pl.col('f'))
pl.col('b') == 1
pl.col('b') > False
pl.col('b') == True
pl.col('i') == 7.0
True & pl.col('b')
pl.col('b') | None
(pl.col('i') > 0) & (pl.col('j') > 0) | ~pl.col('b')
5 < pl.col('i')
pl.lit(3)
pl.lit(True)
~pl.lit(True)
pl.lit(None)
pl.col('i').is_null()
pl.col('i').is_not_null() & (pl.col('s') == 'Web')
(pl.col('i') > 0).cast(pl.Int64) + 1
pl.when(pl.col('b')).then(pl.col('f')).otherwise(pl.col('i') // 2).cast(pl.Int64)
""".strip().splitlines()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_means_the_same_in_polars_and_in_sql(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert_same(text, connection)


SMALL = st.integers(-9, 9).map(str)
NOT_ZERO = st.integers(-9, 9).filter(bool).map(str)
EIGHTHS = st.integers(-40, 40).map(lambda number: repr(number / 8))
QUOTED = st.sampled_from([word for word in WORDS if word]).map(repr)
COMPARISON = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
UNIT = st.sampled_from(["1y", "1q", "1mo", "1w", "1d", "1h", "1m", "1s"]).map(repr)


def _form(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda drawn: form.format(*drawn))


def _whole(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["pl.col('i')", "pl.col('j')"])
    if depth == 0:
        return leaf
    below = _whole(depth - 1)
    return st.one_of(
        leaf,
        _form("({} {} {})", below, st.sampled_from("+-*"), below),
        _form("({} {} {})", below, st.sampled_from("+-*"), SMALL),
        _form("({} // {})", below, NOT_ZERO),
        _form("({} % {})", below, NOT_ZERO),
        _form("({} % {})", below, below),
        _form("(-{})", below),
        _form("{}.fill_null({})", below, SMALL),
        _form("({}).cast(pl.Int64)", _condition(depth - 1)),
        _form("({}).cast(pl.Int64)", _real(depth - 1)),
        _form("{}.str.len_chars().cast(pl.Int64)", _text(depth - 1)),
        _form(
            "{}.dt.{}().cast(pl.Int64)",
            _time(depth - 1),
            st.sampled_from(["year", "month", "quarter", "week", "weekday"]),
        ),
        _form("({} - {}).dt.total_days()", _time(depth - 1), _time(depth - 1)),
        _form("pl.when({}).then({}).otherwise({})", _condition(depth - 1), below, below),
    )


def _real(depth: int) -> st.SearchStrategy[str]:
    leaf = st.just("pl.col('f')")
    if depth == 0:
        return leaf
    below = _real(depth - 1)
    return st.one_of(
        leaf,
        _form("({} {} {})", below, st.sampled_from("+-*"), EIGHTHS),
        _form("({} / 4)", _whole(depth - 1)),
        _form("(pl.col('f') // {})", NOT_ZERO),
        _form("(pl.col('f') % {})", NOT_ZERO),
        _form("{}.fill_null({})", below, EIGHTHS),
        _form("pl.when({}).then({}).when({}).then({})", _condition(depth - 1), below, _condition(depth - 1), below),
    )


def _text(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["pl.col('s')", "pl.col('u')"])
    if depth == 0:
        return leaf
    below = _text(depth - 1)
    return st.one_of(
        leaf,
        _form("{}.str.to_lowercase()", below),
        _form("{}.str.to_uppercase()", below),
        _form("{}.str.strip_chars()", below),
        _form("{}.str.strip_chars({})", below, QUOTED),
        _form("{}.str.slice({})", below, SMALL),
        _form("{}.str.slice({}, {})", below, SMALL, st.integers(0, 9).map(str)),
        _form("{}.str.replace({}, {}, literal=True)", below, QUOTED, QUOTED),
        _form("({} + {})", below, QUOTED),
        _form("{}.fill_null({})", below, QUOTED),
        _form("pl.when({}).then({}).otherwise(pl.lit({}))", _condition(depth - 1), below, QUOTED),
    )


def _time(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["pl.col('t')", "pl.col('v')", "pl.col('d')", "pl.col('e')"])
    if depth == 0:
        return leaf
    below = _time(depth - 1)
    return st.one_of(
        leaf,
        _form("{}.dt.date()", below),
        _form("{}.dt.truncate({})", below, UNIT),
        _form("({} + pl.duration(days={}))", below, SMALL),
        _form("(pl.col('t') - pl.duration(hours={}, seconds={}))", SMALL, SMALL),
        _form("pl.when({}).then({}).otherwise({})", _condition(depth - 1), below, below),
    )


def _condition(depth: int) -> st.SearchStrategy[str]:
    leaf = st.just("pl.col('b')")
    if depth == 0:
        return leaf
    below = _condition(depth - 1)
    any_value = st.one_of(_whole(depth - 1), _real(depth - 1), _text(depth - 1), _time(depth - 1), below)
    return st.one_of(
        leaf,
        _form("({} {} {})", _whole(depth - 1), COMPARISON, SMALL),
        _form("({} {} {})", _whole(depth - 1), COMPARISON, _real(depth - 1)),
        _form("({} {} {})", _text(depth - 1), COMPARISON, QUOTED),
        _form("({} {} {})", _text(depth - 1), COMPARISON, _text(depth - 1)),
        _form("({} {} {})", _time(depth - 1), COMPARISON, _time(depth - 1)),
        _form("({} {} pl.datetime(2000, 1, 5, 6))", _time(depth - 1), COMPARISON),
        _form("({} - {} {} pl.duration(days={}))", _time(depth - 1), _time(depth - 1), COMPARISON, SMALL),
        _form("{}.is_null()", any_value),
        _form("{}.is_not_null()", any_value),
        _form("{}.is_in([{}, {}, None])", _whole(depth - 1), SMALL, SMALL),
        _form("{}.is_in([{}, {}])", _text(depth - 1), QUOTED, QUOTED),
        _form("{}.is_between({}, {})", _whole(depth - 1), SMALL, SMALL),
        _form("{}.str.starts_with({})", _text(depth - 1), QUOTED),
        _form("{}.str.ends_with({})", _text(depth - 1), QUOTED),
        _form("{}.str.contains({}, literal=True)", _text(depth - 1), QUOTED),
        _form("(~{})", below),
        _form("({} & {})", below, below),
        _form("({} | {})", below, below),
        _form("pl.when({}).then({}).otherwise({})", below, below, below),
    )


ANY = st.one_of(_condition(3), _whole(3), _real(3), _text(3), _time(3))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(text=ANY)
def test_any_text_means_the_same_in_polars_and_in_sql(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert_same(text, connection)
