"""What is rebuilt from the tree has the values of what the user wrote, and is its own canonical form."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.config.expressions import bind, parse_filter
from valuekit.config.expressions.kinds import kind, kind_of_type
from valuekit.config.expressions.render import render
from valuekit.config.expressions.sql_guard import parse_sql

SCHEMA = {"i": "BIGINT", "f": "DOUBLE", "s": "VARCHAR", "u": "VARCHAR", "b": "BOOLEAN", "d": "DATE", "t": "TIMESTAMP"}
WORDS = [
    "Web",
    "Mobile",
    "web",
    "",
    "  pad ",
    "x%y_z",
    "a.b(c)[d]",
    "é",
    "日本語",
    "12",
    "-7",
    "a'b",
    "a\\b",
    "2026-01-07",
]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A locked connection, as the engine has one; the user's own text runs here, too."""
    luck = random.Random(7)  # noqa: S311  a table, not a secret

    def value(name: str) -> object:
        if luck.random() < 0.15:
            return None
        return {
            "BIGINT": luck.randint(-9, 9),
            "DOUBLE": luck.randint(-80, 80) / 8,
            "VARCHAR": luck.choice(WORDS),
            "BOOLEAN": luck.random() < 0.5,
            "DATE": f"{luck.randint(1960, 2040)}-{luck.randint(1, 12):02}-{luck.randint(1, 28):02}",
            "TIMESTAMP": f"2026-{luck.randint(1, 12):02}-{luck.randint(1, 28):02} {luck.randint(0, 23):02}:30:05.25",
        }[name]

    with duckdb.connect(":memory:") as opened:
        opened.execute(f"CREATE TABLE facts ({', '.join(f'{name} {kind}' for name, kind in SCHEMA.items())})")
        rows = [[value(kind) for kind in SCHEMA.values()] for _ in range(200)]
        opened.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        opened.execute("SET enable_external_access = false")
        opened.execute("SET lock_configuration = true")
        yield opened


def _same(one: object, other: object) -> bool:
    if one is None or other is None:
        return one is other
    try:
        first, second = float(str(one)), float(str(other))
    except ValueError:
        return one == other
    return first == second or math.isclose(first, second, rel_tol=1e-9) or (math.isnan(first) and math.isnan(second))


def assert_rebuilt(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Compare the user's text with the rebuilt SQL, row by row."""
    expression = parse_filter(text)
    assert expression is not None
    assert expression.tree is not None
    again = parse_sql(expression.sql)
    assert again == expression.tree
    assert render(again) == expression.sql
    found = bind(expression, SCHEMA)
    inferred = kind(expression.tree, {name: kind_of_type(value) for name, value in SCHEMA.items()})
    assert inferred in (None, kind_of_type(found)), f"{text}: thought to be {inferred}, is {found}"
    rows = connection.execute(f"SELECT ({text}), {expression.sql} FROM facts ORDER BY rowid").fetchall()
    for theirs, ours in rows:
        assert _same(theirs, ours), f"{text}\n{expression.sql}\n{theirs!r} became {ours!r}"


TEXTS = """
i
"i"
-i
- -i
+i
i - -5
-(5)
i + 1 * 2 - 3
i / 4
i % 3
i // 3
f * 0.5
f > 1e-10
f = .5
f = 5.
1_000 + i
i = 5 OR i = 6 AND b
(i = 5 OR i = 6) AND b
NOT b
NOT (b AND i > 3)
i == 5
i != 5
i <> 5
i BETWEEN 1 AND 5
i NOT BETWEEN 1 AND 5
i BETWEEN 1 AND 5 AND b
i IN (1, 2, NULL)
i NOT IN (1, 2)
s IN ('Web', 'Mobile')
s NOT IN ('Web')
s IS NULL
s IS NOT NULL
s ISNULL
s NOTNULL
s IS DISTINCT FROM u
s IS NOT DISTINCT FROM u
b IS TRUE
b IS NOT TRUE
b IS FALSE
b IS UNKNOWN
b = TRUE
s LIKE 'W%'
s NOT LIKE 'W%'
s ILIKE 'w%'
s NOT ILIKE 'w%'
s LIKE '%!%%' ESCAPE '!'
s NOT LIKE '%!%%' ESCAPE '!'
s ILIKE 'X!%%' ESCAPE '!'
s ~ '^[A-Z]'
s !~ '^[A-Z]'
s || u
s || '-' || u || i
s = 'it''s'
"s" = 'a''b'
lower(s)
UPPER(s)
"upper"(s)
trim(s)
trim(BOTH 'W' FROM s)
trim(LEADING 'W' FROM s)
rtrim(s, 'b')
substr(s, 2)
substring(s, 2, 3)
substring(s FROM 2 FOR 3)
left(s, 2)
right(s, 2)
length(s)
len(s)
strpos(s, 'e')
position('e' IN s)
instr(s, 'e')
replace(s, 'e', 'E')
replace(replace(s, 'e', 'and'), 'a', 'percent')
concat(s, '-', i)
contains(s, 'e')
starts_with(s, 'W')
prefix(s, 'W')
ends_with(s, 'b')
suffix(s, 'b')
regexp_matches(s, '^(W|M)')
regexp_replace(s, '[aeiou]', '_')
coalesce(s, u, 'none')
ifnull(s, u)
nullif(s, '')
nullif(i, 0)
least(i, 3)
greatest(i, f)
if(b, 1, 2)
abs(i)
abs(f)
round(f)
round(f, 1)
floor(f)
ceil(f)
ceiling(f)
trunc(f)
sign(f)
ln(abs(f) + 1)
log10(abs(f) + 1)
exp(f / 10)
sqrt(abs(f))
power(f, 2)
pow(i, 2)
isnan(f)
isfinite(f)
CASE WHEN b THEN 1 WHEN i > 3 THEN 2 ELSE 3 END
CASE WHEN b THEN 'x' END
CASE i WHEN 1 THEN 'one' WHEN 2 THEN 'two' ELSE 'many' END
CASE lower(s) WHEN 'web' THEN i END
CASE WHEN b THEN NULL ELSE i END
CAST(i AS VARCHAR)
CAST(f AS BIGINT)
i::DOUBLE
i::TEXT || 'x'
TRY_CAST(s AS INTEGER)
TRY_CAST(s AS DOUBLE) > 5
CAST(b AS INT)
CAST(t AS DATE)
TRY_CAST(s AS DATE)
CAST(d AS DATETIME)
d > DATE '2000-02-29'
t >= TIMESTAMP '2026-06-01 12:00:00'
d > '2000-02-29'
d + INTERVAL 3 DAY
d + INTERVAL '3' MONTH
t - INTERVAL '3 hours'
t + INTERVAL '-90' SECOND
t + INTERVAL (2) WEEK
t + to_minutes(5)
d - DATE '2000-01-01'
d + 1
t - d > INTERVAL 3 DAY
year(d)
quarter(d)
month(t)
week(d)
weekofyear(d)
day(d)
isodow(d)
hour(t)
minute(t)
second(t)
EXTRACT(year FROM d)
EXTRACT(isodow FROM d)
date_part('doy', d)
datepart('year', d)
date_trunc('month', t)
datetrunc('week', d)
date_diff('day', d, t)
datediff('hour', d, t)
strftime(t, '%Y-%m')
try_strptime(s, '%Y-%m-%d')
1 = 1
'x'
NULL
TRUE
0.5
""".strip().splitlines()


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_rebuilt_has_the_same_values(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert_rebuilt(text, connection)


def _form(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda drawn: form.format(*drawn))


COMPARISON = st.sampled_from(["=", "<>", "!=", "==", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])
SMALL = st.integers(-9, 9).map(str)
EIGHTHS = st.integers(-40, 40).map(lambda number: repr(number / 8))
QUOTED = st.sampled_from(WORDS).map(lambda word: "'" + word.replace("'", "''") + "'")


def _number(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(["i", "f", '"i"']), SMALL, EIGHTHS)
    if depth == 0:
        return leaf
    below, brackets = _number(depth - 1), st.sampled_from(["({} {} {})", "{} {} {}"])
    return st.one_of(
        leaf,
        st.tuples(brackets, below, st.sampled_from("+-*/"), below).map(lambda drawn: drawn[0].format(*drawn[1:])),
        _form("- {}", below),
        _form("abs({})", below),
        _form("COALESCE({}, {})", below, below),
        _form("CASE WHEN {} THEN {} ELSE {} END", _condition(depth - 1), below, below),
        _form("CASE i WHEN {} THEN {} END", SMALL, below),
        _form("length({})", _text(depth - 1)),
        _form("TRY_CAST({} AS DOUBLE)", _text(depth - 1)),
    )


def _text(depth: int) -> st.SearchStrategy[str]:
    leaf = st.one_of(st.sampled_from(["s", "u"]), QUOTED)
    if depth == 0:
        return leaf
    below = _text(depth - 1)
    return st.one_of(
        leaf,
        _form("({} || {})", below, below),
        _form("lower({})", below),
        _form("substr({}, {})", below, SMALL),
        _form("replace({}, {}, {})", st.sampled_from(["s", "u"]), QUOTED, QUOTED),
        _form("CAST({} AS VARCHAR)", _condition(depth - 1)),
        _form("nullif({}, {})", below, below),
    )


def _condition(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["b", "TRUE", "i IS NULL"])
    if depth == 0:
        return leaf
    below = _condition(depth - 1)
    return st.one_of(
        leaf,
        _form("({} {} {})", _number(depth - 1), COMPARISON, _number(depth - 1)),
        _form("({} {} {})", _text(depth - 1), COMPARISON, _text(depth - 1)),
        _form("({} AND {})", below, below),
        _form("({} OR {})", below, below),
        _form("(NOT {})", below),
        _form("({} BETWEEN {} AND {})", _number(depth - 1), SMALL, EIGHTHS),
        _form("({} NOT IN ({}, {}, NULL))", _number(depth - 1), SMALL, EIGHTHS),
        _form("({} IN ({}, {}))", _text(depth - 1), QUOTED, QUOTED),
        _form("({} LIKE {})", _text(depth - 1), QUOTED),
        _form("({} IS NOT NULL)", st.one_of(_number(depth - 1), _text(depth - 1))),
        _form("({} IS NOT TRUE)", below),
    )


@settings(max_examples=250, deadline=None, derandomize=True)
@given(text=st.one_of(_condition(3), _number(3), _text(3)))
def test_whatever_is_rebuilt_has_the_same_values(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert_rebuilt(text, connection)


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("Channel IN ('Web')", "(\"Channel\" IN ('Web'))"),
        ("f * 0.5", '("f" * CAST(0.5 AS DOUBLE))'),
        ("CAST(0.5 AS DOUBLE)", "CAST(0.5 AS DOUBLE)"),
        ('"a""b" = 1', '("a""b" = 1)'),
        ("current_date", '"current_date"'),
        ("strptime(s, '%Y')", "try_strptime(\"s\", '%Y')"),
        ("a AND (b AND c)", '("a" AND "b" AND "c")'),
        ("INTERVAL 3 DAY", "INTERVAL '3' DAY"),
        ("EXTRACT(Year FROM d)", "date_part('year', \"d\")"),
    ],
)
def test_the_canonical_form(text: str, sql: str) -> None:
    expression = parse_filter(text)
    assert expression is not None
    assert (expression.dialect, expression.text, expression.sql) == ("sql", text, sql)


def test_a_blank_text_is_no_filter() -> None:
    assert parse_filter("") is None
    assert parse_filter(" \n\t") is None
