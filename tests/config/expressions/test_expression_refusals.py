"""A refusal says where and what, and refusing runs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from runpy import run_path

import pytest

from valuekit.config.expressions import MAX_TEXT, ExpressionError, parse_filter


def _refused(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse_filter(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ("x = 1; DROP TABLE y", 5, "semicolon"),
        ("x = 1 LIMIT 1", 6, "LIMIT"),
        ("Channel = 'é' AND main.lower(y)", 18, "schema"),
        ("Channel = 'é' AND sum(y) > 1", 18, "sum()"),
        ("x AND -- y", 6, "comment"),
        ("a = 1 AND b.c", 10, "without dots"),
        ("lower(x", 5, "never closed"),
        ("x = 'é' AND", 8, "syntax error"),
        ("pl.col('é') == 1 & pl.col('y') == 2", 0, "chained"),
        ("pl.col('é').is_null() & foo", 24, "a name is not allowed"),
        ("\n  pl.col('é').map_elements(f)", 15, "map_elements"),
        ("pl.col('x').str.contains('a(')", 25, "brackets of the pattern"),
        ("pl.col('x') ==", 13, "not a Polars expression"),
    ],
)
def test_the_place_is_counted_in_characters(text: str, offset: int, words: str) -> None:
    error = _refused(text)
    assert words in error.message
    assert error.offset == offset


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("lowr(x) = 'a'", "lower"),
        ("date_trunc('mnth', x)", "month"),
        ("pl.cole('x')", "col"),
        ("pl.col('x').is_nul()", "is_null"),
        ("pl.col('x').str.start_with('a')", "str.starts_with"),
        ("pl.col('x').cast(pl.Int46)", "Int64"),
        ("pl.col('x').is_between(1, 2, closed='lefts')", "left"),
    ],
)
def test_a_misspelt_name_is_recognised(text: str, nearest: str) -> None:
    assert _refused(text).nearest == nearest


def test_the_limit_of_length_is_exact() -> None:
    assert parse_filter("x = '" + "a" * (MAX_TEXT - 6) + "'") is not None
    _refused("x = '" + "a" * (MAX_TEXT - 5) + "'")


_HOSTILE = "test_expression_hostile"
_WATCH = """
import json, sys
import valuekit.config.expressions as expressions
texts = json.load(sys.stdin)
for warm in ("x = 1", "pl.col('x') == 1", "pl.col(", "pl.coll('x')"):
    try:
        expressions.parse_filter(warm)
    except expressions.ExpressionError:
        pass
seen = []
watched = ("exec", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.")
def watch(event, arguments):
    if event.startswith(watched):
        seen.append((event, str(arguments)[:80]))
sys.addaudithook(watch)
accepted = 0
for text in texts:
    try:
        expressions.parse_filter(text)
        accepted += 1
    except expressions.ExpressionError:
        pass
print(json.dumps([accepted, seen]))
"""


def test_nothing_is_executed_imported_or_opened() -> None:
    """Python itself reports every exec, import, open and process start to an audit hook."""
    here = Path(__file__).parent
    hostile = [
        *run_path(str(here / f"{_HOSTILE}_sql.py"))["SQL"],
        *run_path(str(here / f"{_HOSTILE}_polars.py"))["POLARS"],
    ]
    texts = [text for text in hostile if len(text) <= MAX_TEXT]
    assert len(texts) > 200
    done = subprocess.run(
        [sys.executable, "-c", _WATCH], input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=60
    )
    accepted, seen = json.loads(done.stdout)
    assert accepted == 0
    assert seen == []
