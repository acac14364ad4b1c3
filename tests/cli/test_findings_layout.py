from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from valuekit.cli import findings as layouts
from valuekit.config.findings import Finding, Severity

TYPO = Finding("VK201", Severity.ERROR, 'unknown key "grup_by"', "v.toml", 2, 4, "metrics.e.grup_by", "group_by")
NO_PLACE = Finding("VK904", Severity.WARNING, "50 % unused,\nsaid twice", "a:b,c.toml", None, None, None, None)


def test_text_is_one_line_a_finding() -> None:
    assert layouts.as_text([TYPO, NO_PLACE]).splitlines() == [
        "v.toml:2:4: error VK201: unknown key \"grup_by\" (did you mean 'group_by'?)",
        "a:b,c.toml: warning VK904: 50 % unused, said twice",
    ]


def test_json_has_the_keys_of_the_contract() -> None:
    document = json.loads(layouts.as_json([TYPO, NO_PLACE]))
    assert document["schema"] == "valuekit/1"
    assert document["findings"][0] == {
        "rule": "VK201",
        "severity": "error",
        "file": "v.toml",
        "line": 2,
        "column": 4,
        "path": "metrics.e.grup_by",
        "message": 'unknown key "grup_by"',
        "nearest": "group_by",
    }
    assert document["findings"][1]["line"] is None


def test_github_annotations_are_escaped() -> None:
    assert layouts.as_github([TYPO, NO_PLACE]).splitlines() == [
        "::error file=v.toml,line=2,col=4,title=VK201::unknown key \"grup_by\" (did you mean 'group_by'?)",
        "::warning file=a%3Ab%2Cc.toml,title=VK904::50 %25 unused, said twice",
    ]


@pytest.mark.parametrize(("line", "shown"), [("\ta = 1", " a = 1"), ("é😀x = 1", "é😀x = 1"), ("a\x1b[31m", "a [31m")])
def test_the_source_line_takes_one_column_a_character(line: str, shown: str) -> None:
    assert layouts.plain_source(line) == shown


def test_a_caret_stands_under_the_column() -> None:
    stream = io.StringIO()
    layouts.print_with_source(
        [TYPO, NO_PLACE], {"v.toml": "[metrics.e]\n   grup_by = []\n"}, Console(file=stream, width=200)
    )
    heading, source, caret, other = stream.getvalue().splitlines()
    assert heading.startswith("v.toml:2:4: error VK201: ")
    assert source[caret.index("^")] == "g"
    assert other.startswith("a:b,c.toml: warning VK904: ")
