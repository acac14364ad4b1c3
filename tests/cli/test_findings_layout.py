"""Findings on a terminal: the source line, and a caret under the place."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from valuekit.cli import findings as layouts
from valuekit.config.findings import Finding, Severity

TYPO = Finding("VK201", Severity.ERROR, 'unknown key "grup_by"', "v.toml", 2, 4, "metrics.e.grup_by", "group_by")
NO_PLACE = Finding("VK904", Severity.WARNING, "50 % unused,\nsaid twice", "a:b,c.toml", None, None, None, None)


@pytest.mark.parametrize(
    ("line", "column", "shown", "caret"),
    [
        ("\ta = 1", 2, " a = 1", 1),
        ("é😀x = 1", 3, "é😀x = 1", 3),
        ("名 = 1", 3, "名 = 1", 3),
        ("a\x1b[31m", 3, "a [31m", 2),
        ("a = 1\r", 5, "a = 1", 4),
        ("a = 1", None, "a = 1", None),
    ],
)
def test_the_caret_stands_under_the_character(line: str, column: int | None, shown: str, caret: int | None) -> None:
    assert layouts.source_and_caret(line, column) == (shown, caret)


@pytest.mark.parametrize("column", [1, 90, 5_000, 9_999, 10_000, 10_001])
def test_of_a_long_line_the_part_around_the_place_is_shown(column: int) -> None:
    line = "".join(chr(0x4E00 + index % 5_000) for index in range(10_000))
    shown, caret = layouts.source_and_caret(line, column)
    assert caret is not None
    assert cell_len(shown) < 400
    pointed = next((char for index, char in enumerate(shown) if cell_len(shown[:index]) == caret), "")
    assert pointed == line[column - 1 : column]


def test_a_caret_stands_under_the_column() -> None:
    stream = io.StringIO()
    layouts.print_with_source(
        [TYPO, NO_PLACE], {"v.toml": "[metrics.e]\n   grup_by = []\n"}, Console(file=stream, width=200)
    )
    heading, source, caret, other = stream.getvalue().splitlines()
    assert heading.startswith("v.toml:2:4: error VK201: ")
    assert source[caret.index("^")] == "g"
    assert other.startswith("a:b,c.toml: warning VK904: ")


def test_lines_are_those_of_the_config_whatever_else_breaks_lines() -> None:
    stream = io.StringIO()
    layouts.print_with_source([TYPO], {"v.toml": "# a\u2028b\x0cc\n   grup_by = []\n"}, Console(file=stream, width=200))
    assert "grup_by = []" in stream.getvalue().splitlines()[1]
