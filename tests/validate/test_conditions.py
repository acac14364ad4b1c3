"""What a filter is said to let through, against what DuckDB does with rows of every combination of values."""

from __future__ import annotations

import itertools

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.config.expressions import parse_filter
from valuekit.validate.conditions import excludes, judge

TEXTS = (None, "a", "b", "c")
NUMBERS = (None, 0, 1, 2, 3, 4)

_text = st.sampled_from(["'a'", "'b'", "'c'"])
_number = st.sampled_from(["1", "2", "3"])


def _of_text() -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(st.just("T"), st.sampled_from(["=", "<>", "<", ">", "<=", ">="]), _text).map(" ".join),
        st.lists(_text, min_size=1, max_size=3).map(lambda items: f"T IN ({', '.join(items)})"),
        st.lists(_text, min_size=1, max_size=3).map(lambda items: f"T NOT IN ({', '.join(items)})"),
        st.sampled_from(["T IS NULL", "T IS NOT NULL", "upper(T) = 'A'", "T = T", "T <> T"]),
    )


def _of_number() -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(st.just("N"), st.sampled_from(["=", "<>", "<", ">", "<=", ">="]), _number).map(" ".join),
        st.tuples(_number, st.sampled_from(["=", "<>", "<", ">", "<=", ">="]), st.just("N")).map(" ".join),
        st.tuples(_number, _number).map(lambda ends: f"N BETWEEN {ends[0]} AND {ends[1]}"),
        st.sampled_from(["N IS NULL", "N = NULL", "1 = 1", "1 > 2", "TRUE", "FALSE", "'a' = 'b'"]),
    )


CONDITIONS = st.recursive(
    st.one_of(_of_text(), _of_number()),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " AND ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " OR ".join(parts) + ")"),
        inner.map(lambda part: f"(NOT {part})"),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def rows() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE rows (T VARCHAR, N INTEGER)")
    connection.executemany("INSERT INTO rows VALUES (?, ?)", list(itertools.product(TEXTS, NUMBERS)))
    return connection


def verdict(text: str) -> str | None:
    expression = parse_filter(text)
    assert expression is not None
    assert expression.tree is not None
    found = judge(expression.tree)
    return None if found is None else found.verdict


@settings(max_examples=400, deadline=None)
@given(text=CONDITIONS)
def test_a_verdict_is_never_wrong(rows: duckdb.DuckDBPyConnection, text: str) -> None:
    found = verdict(text)
    ((passing, whole),) = rows.execute(
        f"SELECT count(*) FILTER (WHERE {text}), count(*) FROM rows WHERE T IS NOT NULL AND N IS NOT NULL"
    ).fetchall()
    ((missing,),) = rows.execute(f"SELECT count(*) FROM rows WHERE ({text})").fetchall()
    if found == "never":
        assert missing == 0
    if found == "always":
        assert passing == whole


@pytest.mark.parametrize(
    ("text", "expected", "at"),
    [
        ("T = 'a' AND N > 1 AND T = 'b'", "never", "T = 'b'"),
        ("T IN ('a', 'b') AND T NOT IN ('b', 'a')", "never", "("),
        ("N BETWEEN 3 AND 1", "never", "1"),
        ("N > 2 AND N < 2", "never", "N < 2"),
        ("N >= 2 AND N <= 2", None, ""),
        ("T IS NULL AND T = 'a'", "never", "T = 'a'"),
        ("T = 'a' OR T <> 'a'", "always", "T <> 'a'"),
        ("T <> 'a' OR T <> 'b'", "always", "T <> 'b'"),
        ("T IS NULL OR T IS NOT NULL", "always", "IS NOT NULL"),
        ("T = 'a' OR 1 = 1", "always", "1 = 1"),
        ("NOT TRUE", "never", "NOT"),
        ("DATE '2026-02-01' < D AND D < DATE '2026-01-01'", "never", "D < DATE"),
        ("T = 'a' AND T = 1", None, ""),
        ("T LIKE 'a%' AND T = 'b'", None, ""),
        ('pl.col("T") == ""', None, ""),
        ('(pl.col("T") == "a") & (pl.col("T") == "b")', "never", "("),
    ],
)
def test_a_verdict_and_its_place(text: str, expected: str | None, at: str) -> None:
    expression = parse_filter(text)
    assert expression is not None
    assert expression.tree is not None
    found = judge(expression.tree)
    assert (None if found is None else found.verdict) == expected
    if found is not None:
        assert text[found.at :].lstrip("(").startswith(at.lstrip("("))


def test_an_empty_text_is_missing_only_where_the_column_says_so() -> None:
    expression = parse_filter("T = ''")
    assert expression is not None
    assert expression.tree is not None
    assert judge(expression.tree) is None
    found = judge(expression.tree, frozenset({"T"}))
    assert found is not None
    assert found.verdict == "never"


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ("Outcome <> 'Pending'", ["Pending"], True),
        ("Outcome <> 'Pending'", ["Pending", "Impression"], False),
        ("Outcome IN ('Clicked') AND Channel = 'Web'", ["Impression", "Pending"], True),
        ("Channel = 'Web'", ["Impression"], False),
        ("Outcome = 'a' AND Outcome = 'b'", ["Impression"], False),
    ],
)
def test_labels_that_a_filter_excludes(text: str, labels: list[str], expected: bool) -> None:  # noqa: FBT001
    expression = parse_filter(text)
    assert expression is not None
    assert expression.tree is not None
    assert excludes([expression.tree], "Outcome", labels) is expected
