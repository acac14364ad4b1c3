"""Documents that are no TOML, by the hundred: each is refused with line and column, and none breaks anything."""

from __future__ import annotations

import pytest

from invalid_toml import (
    AGAIN,
    ARRAYS,
    CONSTANTS,
    DATES,
    ENDS,
    INLINE,
    INVALID,
    KEYS,
    NUMBERS,
    STRINGS,
    TOO_DEEP,
    is_toml,
)
from valuekit.validate import validate


def test_there_are_a_few_hundred_of_them_in_every_category() -> None:
    assert len(INVALID) > 500
    assert len(set(map(repr, INVALID))) > 450
    for category in (KEYS, STRINGS, NUMBERS, DATES, CONSTANTS, ARRAYS, INLINE, AGAIN, ENDS):
        broken = [one for one in category if not is_toml(one) and not is_toml(f"a = {one}")]
        assert len(broken) >= 0.7 * len(category), category


def shown(document: str | bytes) -> str:
    return repr(document)[:60]


@pytest.mark.parametrize("document", [*INVALID, *TOO_DEEP], ids=shown)
@pytest.mark.parametrize("prefix", ["", "# first\n\n"], ids=["alone", "further down"])
def test_an_invalid_document_is_refused_with_line_and_column(document: str | bytes, prefix: str) -> None:
    whole = prefix.encode() + document if isinstance(document, bytes) else prefix + document
    checked = validate(None, whole)
    assert checked.config is None
    (finding,) = [one for one in checked.findings if one.severity == "error"]
    assert finding.rule in {"VK102", "VK103"}
    assert finding.line is not None
    assert finding.column is not None
    text = whole if isinstance(whole, str) else whole.decode("utf-8", "replace")
    lines = text.split("\n")
    assert 1 <= finding.line <= len(lines)
    assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1
    assert finding.line > prefix.count("\n") or finding.rule == "VK103"
    assert "\n" not in finding.message
