"""Derived columns, blank and joined texts, and which language a text is taken for."""

from __future__ import annotations

import tomllib
from pathlib import Path

import duckdb
import pytest

from valuekit.config.expressions import ExpressionError, bind, locate, parse_columns, parse_filter
from valuekit.config.expressions.parse import dialect_of

EVENT = (
    '[pl.when(pl.col("ConversionEventID") != "").then(pl.col("ConversionEventID"))'
    '.otherwise(pl.col("Name")).alias("ConversionEventID")]'
)
PURCHASE = [
    "[pl.col('PurchasedDate').str.strptime(pl.Datetime",
    "\"%Y%m%dT%H%M%S%.3f %Z\").dt.date().alias('PurchasedDateTime')]",
]


def test_a_text_may_stand_for_several_columns() -> None:
    derived = parse_columns("[pl.col('a').fill_null(0).alias('x'), (pl.col('b') + 1).alias('y'),]")
    assert [one.name for one in derived] == ["x", "y"]
    assert [one.expression.sql for one in derived] == ['coalesce("a", 0)', '("b" + 1)']
    assert [one.expression.columns for one in derived] == [{"a"}, {"b"}]


@pytest.mark.parametrize("text", ["pl.lit(1).alias('x')", "(pl.lit(1).alias('x'),)", "[pl.lit(1).alias('x')]"])
def test_one_column_needs_no_list(text: str) -> None:
    assert [one.name for one in parse_columns(text)] == ["x"]


def test_strings_are_one_list_when_joined() -> None:
    (derived,) = parse_columns(PURCHASE)
    assert derived.name == "PurchasedDateTime"
    assert bind(derived.expression, {"PurchasedDate": "VARCHAR"}) == "DATE"


def test_names_may_have_sql_or_polars_text() -> None:
    derived = parse_columns({"Revenue": "CASE WHEN a > 0.5 THEN 1 END", "b": "pl.col('b').str.to_lowercase()"})
    assert [(one.name, one.expression.dialect) for one in derived] == [("Revenue", "sql"), ("b", "polars")]


@pytest.mark.parametrize("given", ["", " \n", [], ["", " "], {}])
def test_nothing_gives_no_columns(given: str | list[str] | dict[str, str]) -> None:
    assert parse_columns(given) == ()


@pytest.mark.parametrize(
    ("given", "offset", "words"),
    [
        ("[pl.lit('a')]", 1, "no name"),
        ("[pl.lit(1).alias('x'), pl.lit(2) + 1]", 23, "no name"),
        ("[pl.lit(1).alias('x'), pl.lit(2).alias('X')]", 23, "two columns"),
        ("[pl.lit(1).alias('')]", 11, "cannot be empty"),
        ("[[pl.lit(1).alias('x')]]", 1, "a list within a list"),
        ("[pl.lit(1).alias(pl.col('x'))]", 20, "a name must be a plain text"),
        ("[pl.lit(1).alias('a\\n')]", 1, "printable"),
        ("CASE WHEN a THEN 1 END", 0, 'columns = { Name = "…" }'),
        (["pl.lit(1).alias('x')", "pl.nope(1)"], 24, "pl.nope()"),
        (["a = 1", "b = 2"], 0, 'columns = { Name = "…" }'),
    ],
)
def test_a_wrong_list_is_refused_at_its_place(given: str | list[str], offset: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_columns(given)
    assert words in caught.value.message
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("given", "part", "offset"),
    [
        ({"a": "1", "b": "1; DROP TABLE x"}, "b", 1),
        ({"a": "pl.read_csv('x')"}, "a", 3),
        ({"a": "pl.lit(1)", "A": "pl.lit(2)"}, "A", 0),
        ({"a": " "}, "a", 0),
        ({" ": "1"}, " ", 0),
        ({"a": "[pl.lit(1).alias('a')]"}, "a", 0),
    ],
)
def test_a_wrong_entry_is_named(given: dict[str, str], part: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_columns(given)
    assert (caught.value.part, caught.value.offset) == (part, offset)


def test_an_offset_in_joined_parts_is_located() -> None:
    joined = ",".join(PURCHASE)
    assert locate(PURCHASE, joined.index("PurchasedDate")) == (0, 9)
    assert locate(PURCHASE, joined.index("%Y")) == (1, 1)
    assert locate(["a", "b"], 99) == (1, 1)


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("pl.col('a')", "polars"),
        ("  [x]", "polars"),
        ("~(pl . lit(True))", "polars"),
        ("a = 'pl.col'", "sql"),
        ("a = 'it''s pl.x'", "sql"),
        ('"pl.col" = 1', "sql"),
        ("apl.x = 1", "sql"),
        ("(a = 1) OR (b = 2)", "sql"),
        ("col('a') == 1", "sql"),
    ],
)
def test_the_language_is_recognised(text: str, dialect: str) -> None:
    assert dialect_of(text) == dialect


def test_the_message_is_about_the_language_that_the_text_looks_like() -> None:
    with pytest.raises(ExpressionError, match=r"Polars text says pl\.col"):
        parse_filter("col('a') == 1")
    with pytest.raises(ExpressionError, match="not a Polars expression"):
        parse_filter("pl.col('a') = 1")
    with pytest.raises(ExpressionError, match="not an SQL expression"):
        parse_filter("a = = 1")


def test_the_dashboards_template_is_understood(shared_dir: Path) -> None:
    """Every expression of the template parses, binds, and gives what Polars gives."""
    config = tomllib.loads((shared_dir / "compat" / "config_template.toml").read_text(encoding="utf-8"))
    filters = [config[kind]["extensions"]["filter"] for kind in ("ih", "holdings")]
    filters += [metric["filter"] for metric in config["metrics"].values() if isinstance(metric, dict)]
    schema = {"Channel": "VARCHAR", "PurchasedDateTime": "DATE", "ConversionEventID": "VARCHAR", "Name": "VARCHAR"}
    schema["PurchasedDate"] = "VARCHAR"
    parsed = [expression for expression in map(parse_filter, filters) if expression is not None]
    assert len(parsed) == 2
    assert [bind(expression, schema, "boolean") for expression in parsed] == ["BOOLEAN", "BOOLEAN"]
    derived = [one for kind in ("ih", "holdings") for one in parse_columns(config[kind]["extensions"]["columns"])]
    assert [bind(one.expression, schema) for one in derived] == ["VARCHAR", "DATE"]


def test_the_dashboards_columns_have_their_values() -> None:
    (event,) = parse_columns(EVENT)
    (purchase,) = parse_columns(PURCHASE)
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE facts AS FROM (VALUES ('E1', 'N1', '20161230T120000.123 GMT'), (NULL, 'N2', 'yesterday'), "
            "('', 'N3', NULL)) AS rows (ConversionEventID, Name, PurchasedDate)"
        )
        columns = f"{event.expression.sql}, CAST({purchase.expression.sql} AS VARCHAR)"
        rows = connection.execute(f"SELECT {columns} FROM facts ORDER BY Name").fetchall()
    assert rows == [("E1", "2016-12-30"), ("N2", None), ("N3", None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pl.col('x') == ''", [True, True, False]),
        ("'' == pl.col('x')", [True, True, False]),
        ("pl.col('x') != ''", [False, False, True]),
        ("~(pl.col('x') == '')", [False, False, True]),
        ("pl.col('x').is_in(['', 'a'])", [True, True, True]),
        ("pl.col('x').is_in([''])", [True, True, False]),
        ("pl.col('x').fill_null('') == ''", [True, True, False]),
    ],
)
def test_an_empty_text_has_become_null(text: str, expected: list[bool]) -> None:
    expression = parse_filter(text)
    assert expression is not None
    with duckdb.connect(":memory:") as connection:
        query = f"SELECT {expression.sql} FROM (VALUES (1, ''), (2, NULL), (3, 'a')) AS rows (n, x) ORDER BY n"
        assert [row[0] for row in connection.execute(query).fetchall()] == expected
