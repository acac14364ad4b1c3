"""SQL in lines: nothing but white space changes, and DuckDB gives the same for it."""

from __future__ import annotations

import re

import duckdb
import pytest

from valuekit.cli.sql_layout import laid_out
from valuekit.states.counts import Count
from valuekit.states.digest import Digest
from valuekit.states.moments import Moments

NESTED = "SELECT a, sum(b) AS b FROM (\n  SELECT a, b FROM t WHERE c = 'x,  FROM (' ) AS q GROUP BY a"
READS = frozenset({"x"})
STATES = [
    Count("n", """_positive AND "a, b (" = 'SELECT  x'"""),
    Moments("m", '"x"', READS),
    Digest("d", '"x"', READS, compression=100, joint=True),
]


def squeezed(sql: str) -> str:
    """SQL without white space, but for that in quotes."""
    parts = re.split(r"""('[^']*'|"[^"]*")""", sql)
    return "".join(part if at % 2 else re.sub(r"\s", "", part) for at, part in enumerate(parts))


def test_each_clause_is_a_line_and_each_query_is_indented() -> None:
    assert laid_out(NESTED).splitlines() == [
        "SELECT a, sum(b) AS b",
        "FROM (",
        "  SELECT a, b",
        "  FROM t",
        "  WHERE c = 'x,  FROM ('",
        ") AS q",
        "GROUP BY a",
    ]


def test_a_clause_that_is_too_wide_is_broken_at_its_commas_and_not_at_those_of_arguments() -> None:
    assert laid_out("SELECT first, coalesce(second, third), fourth FROM t", width=30).splitlines() == [
        "SELECT first,",
        "  coalesce(second, third),",
        "  fourth",
        "FROM t",
    ]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_it_is_the_same_sql(state: Count | Moments | Digest) -> None:
    connection = duckdb.connect()
    connection.execute(
        """
        CREATE TABLE rows AS
        SELECT range % 3 AS "group", range % 5 = 0 AS _positive, range * 0.37 AS x, 'SELECT  x' AS "a, b ("
        FROM range(200)
        """
    )
    sql = state.build_sql("rows", ["group"])
    assert squeezed(laid_out(sql)) == squeezed(sql)
    built = connection.sql(f"SELECT * FROM ({laid_out(sql)}) ORDER BY 1")
    assert built.fetchall() == connection.sql(f"SELECT * FROM ({sql}) ORDER BY 1").fetchall()
    assert len(laid_out(sql).splitlines()) > 2
