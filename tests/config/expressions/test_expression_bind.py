"""Binding finds what cannot work on the columns that are there, before any row is read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest

from valuekit.config.expressions import Expression, ExpressionError, bind, parse_filter

SCHEMA = {
    "Channel": "VARCHAR",
    "Outcome": "VARCHAR",
    "Age": "BIGINT",
    "Propensity": "DOUBLE",
    "Amount": "DECIMAL(9,2)",
    "Placed": "TIMESTAMP",
    "Born": "DATE",
    "Active": "BOOLEAN",
    "Group": "VARCHAR",
    "two words": "VARCHAR",
    "Kind": "ENUM('a', 'b')",
    "Tags": "VARCHAR[]",
}


def _expression(text: str) -> Expression:
    expression = parse_filter(text)
    assert expression is not None
    return expression


def _refused(text: str, expects: Literal["boolean", "any"] = "any") -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        bind(_expression(text), SCHEMA, expects)
    return caught.value


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Channel = 'Web'", "BOOLEAN"),
        ("Age + 1", "BIGINT"),
        ("Propensity * 2", "DOUBLE"),
        ("Amount > 5", "BOOLEAN"),
        ("Placed", "TIMESTAMP"),
        ("Born > '2000-01-01'", "BOOLEAN"),
        ("Age = '5'", "BOOLEAN"),
        ("Active = 1", "BOOLEAN"),
        ("Kind = 'c'", "BOOLEAN"),
        ('"two words" || "Group"', "VARCHAR"),
        ("CASE WHEN Active THEN 'x' END", "VARCHAR"),
        ("pl.col('Placed').dt.date()", "DATE"),
        ("pl.col('Channel') == ''", "BOOLEAN"),
        ("pl.col('Channel').str.len_chars() > 3", "BOOLEAN"),
        ("pl.lit(True)", "BOOLEAN"),
        ("TRY_CAST(Channel AS DOUBLE) > 5", "BOOLEAN"),
    ],
)
def test_the_type_is_duckdbs(text: str, found: str) -> None:
    assert bind(_expression(text), SCHEMA) == found


@pytest.mark.parametrize(
    ("text", "name", "offset", "nearest"),
    [
        ("Chanel = 'Web'", "Chanel", 0, "Channel"),
        ("Age > 1 AND channel = 'Web'", "channel", 12, "Channel"),
        ("current_date > Born", "current_date", 0, None),
        ("rowid = 1", "rowid", 0, None),
        ("pl.col('Age') > pl.col('Propencity')", "Propencity", 23, "Propensity"),
        ("pl.when(pl.col('Active')).then('gruop')", "gruop", 31, "Group"),
        ("pl.col('é').is_null() | pl.col('Agee').is_null()", "é", 7, None),
    ],
)
def test_an_unknown_column_is_named_first(text: str, name: str, offset: int, nearest: str | None) -> None:
    error = _refused(text)
    assert f"unknown column {name}" in error.message
    assert (error.offset, error.nearest) == (offset, nearest)


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("Channel > 5", 0, "CAST(Channel AS DOUBLE)"),
        ("5 < Channel", 4, "CAST(Channel AS DOUBLE)"),
        ("Active AND Channel IN (1, 2)", 11, "CAST(Channel AS DOUBLE)"),
        ("Channel BETWEEN 1 AND 5", 0, "CAST(Channel AS DOUBLE)"),
        ("Channel = Age", 0, "CAST(Channel AS DOUBLE)"),
        ("Channel = Placed", 0, "CAST(Channel AS TIMESTAMP)"),
        ("Channel > DATE '2020-01-01'", 0, "CAST(Channel AS DATE)"),
        ("Channel = TRUE", 0, "CAST(Channel AS BOOLEAN)"),
        ("Channel IS TRUE", 0, "CAST(Channel AS BOOLEAN)"),
        ('"two words" > 5', 0, 'CAST("two words" AS DOUBLE)'),
        ("lower(Channel) > 5", 0, 'CAST(lower("Channel") AS DOUBLE)'),
        ("Channel + 1", 0, "CAST(Channel AS DOUBLE)"),
        ("-Channel", 1, "CAST(Channel AS DOUBLE)"),
        ("abs(Channel)", 4, "CAST(Channel AS DOUBLE)"),
        ("year(Channel)", 5, "CAST(Channel AS TIMESTAMP)"),
        ("lower(Age)", 6, "CAST(Age AS VARCHAR)"),
        ("Age LIKE '5%'", 0, "CAST(Age AS VARCHAR)"),
        ("coalesce(Channel, 5)", 9, "CAST(Channel AS DOUBLE)"),
        ("nullif(Channel, 5)", 7, "CAST(Channel AS DOUBLE)"),
        ("NOT Channel", 4, "a condition is needed"),
        ("Age AND Active", 0, "a condition is needed"),
        ("CASE WHEN Age THEN 1 END", 10, "a condition is needed"),
        ("Age = Born", 0, "do not compare"),
        ("Propensity = Active", 0, "do not compare"),
        ("CAST(Born AS BIGINT)", 0, "no value as BIGINT"),
        ("CAST(Age AS TIMESTAMP)", 0, "no value as TIMESTAMP"),
        ("Tags = 'x'", 0, "VARCHAR[]"),
        ("Age > 'abc'", 0, "'abc'"),
        ("Active AND Age IN (1, 'x')", 18, "'x'"),
        ("Born > DATE '2020-13-01'", 7, "2020-13-01"),
        ("CASE WHEN Active THEN CAST('abc' AS BIGINT) END", 22, "'abc'"),
        ("CASE WHEN Active THEN Age > 'abc' END", 22, "'abc'"),
        ("regexp_matches(Channel, '(')", 0, "missing )"),
        ("regexp_matches(Channel, '((a{1000}){1000}){1000}')", 0, "invalid repetition"),
        ("pl.col('Channel') > 5", 7, "add .cast(pl.Float64)"),
        ("pl.col('Age').str.starts_with('5')", 7, "add .cast(pl.String)"),
        ("pl.col('Channel').dt.year()", 7, "add .cast(pl.Datetime)"),
        ("~pl.col('Age')", 8, "a condition is needed"),
        ("pl.col('Age') & pl.col('Active')", 7, "a condition is needed"),
        ("pl.col('Placed').str.strptime(pl.Date, '%Y')", 7, "add .cast(pl.String)"),
        ("pl.col('Born').cast(pl.Int64)", 0, "no value as"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(text: str, offset: int, words: str) -> None:
    error = _refused(text)
    assert words in error.message
    assert error.offset == offset


@pytest.mark.parametrize("text", ["Age", "Channel", "NULL", "pl.col('Age') + 1", "pl.lit(None)", "'true'"])
def test_a_filter_must_be_a_condition(text: str) -> None:
    error = _refused(text, "boolean")
    assert "true or false" in error.message
    assert error.offset == 0 or text.startswith("pl.")


def test_an_expression_made_by_hand_is_checked_by_its_sql() -> None:
    made = Expression("as written", "sql", '("Channel" = 5)', frozenset({"Channel"}))
    with pytest.raises(ExpressionError) as caught:
        bind(made, SCHEMA)
    assert caught.value.offset is None
    assert bind(Expression("", "sql", '("Age" = 5)', frozenset({"Age"})), SCHEMA) == "BOOLEAN"


def test_threads_share_the_parser() -> None:
    def one(number: int) -> str:
        return bind(_expression(f"Age + {number} > Propensity"), SCHEMA, "boolean")

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, range(40))) == {"BOOLEAN"}


def test_names_that_differ_in_case_alone_are_different_columns() -> None:
    schema = {"a": "BIGINT", "A": "VARCHAR"}
    assert bind(_expression("a > 5"), schema) == "BOOLEAN"
    with pytest.raises(ExpressionError):
        bind(_expression("A > 5"), schema)
