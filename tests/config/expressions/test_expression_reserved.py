"""A column whose name is a word of SQL: the message says how to write it."""

from __future__ import annotations

import duckdb
import pytest

from valuekit.config.expressions import ExpressionError, parse_where
from valuekit.facts.names import STANDARD


@pytest.mark.parametrize(
    ("text", "name", "offset"),
    [
        ("Group = 'Cards'", "Group", 0),
        ("group='Cards'", "Group", 0),
        ("Issue = 'Sales' AND Group = 'Cards'", "Group", 20),
        ("Issue = 'é' AND Group = 'Cards'", "Group", 16),
        ("Issue = Group", "Group", 8),
        ("lower(Group) = 'x'", "Group", 6),
        ("Group IN ('a', 'b')", "Group", 0),
        ("Group", "Group", 0),
        ("Order > 1", "Order", 0),
        ("\"Order\" > 1 AND Group\n = 'x'", "Group", 16),
    ],
)
def test_the_message_says_to_quote_the_word(text: str, name: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_where(text)
    assert f'{name} is a word of SQL: write "{name}" in double quotes' in caught.value.message
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text", ["1e", "'a' 'b'", "Issue GROUP BY", "Issue = 'Group' AND", "Issue == = 1", "\"Group\" = 'a' AND"]
)
def test_other_faults_get_no_such_hint(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_where(text)
    assert "word of SQL" not in caught.value.message


def test_what_the_message_says_works() -> None:
    expression = parse_where("\"Group\" = 'Cards'")
    assert expression is not None
    assert expression.columns == {"Group"}


def test_every_column_that_is_a_reserved_word_gets_the_hint() -> None:
    query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
    reserved = {word for (word,) in duckdb.execute(query).fetchall()}
    names = [name for name in STANDARD if name.lower() in reserved]
    assert names
    for name in names:
        with pytest.raises(ExpressionError, match=f"{name} is a word of SQL"):
            parse_where(f"{name} = 'x'")
