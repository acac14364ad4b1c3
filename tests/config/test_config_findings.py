"""Findings as text, and the name that was probably meant."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.config.findings import Finding, Severity, dotted, quoted
from valuekit.config.nearest import nearest


@pytest.mark.parametrize(
    ("name", "valid", "meant"),
    [
        ("fitler", ["filter", "columns"], "filter"),
        ("CTR ", ["Count", "CTR"], "CTR"),
        ("lift", ["Lift_P_Val", "Lift"], "Lift"),
        ("metric", ["metrics", "cache"], "metrics"),
        ("scores", ["score", "stages"], "score"),
        ("zzz", ["filter", "columns"], None),
        ("", ["filter"], None),
        ("filter", [], None),
        ("filter" * 50, ["filter" * 51], None),
    ],
)
def test_the_nearest_name_is_found(name: str, valid: list[str], meant: str | None) -> None:
    assert nearest(name, valid) == meant


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=80))
def test_a_message_shows_a_text_without_control_characters(text: str) -> None:
    shown = quoted(text)
    assert shown.isprintable()
    assert len(shown) < 700
    assert quoted("a" * 61) == '"' + "a" * 60 + '…"'


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), min_size=1, max_size=4))
def test_a_dotted_path_is_the_toml_key(parts: list[str]) -> None:
    tree: object = tomllib.loads(f"{dotted(tuple(parts))} = 1")
    for part in parts:
        assert isinstance(tree, dict)
        tree = tree[part]
    assert tree == 1


def test_indexes_stand_in_brackets() -> None:
    assert dotted(("metrics", "a b", "group_by", 0)) == 'metrics."a b".group_by[0]'


def test_a_finding_is_one_line() -> None:
    finding = Finding("VK202", Severity.ERROR, "no key", "my.toml", 3, 7, "ih.paht", "path")
    assert str(finding) == "my.toml:3:7: error VK202: no key; did you mean path?"
    about_the_file = Finding("VK101", Severity.ERROR, "no file", "my.toml", None, None, None, None)
    assert str(about_the_file) == "my.toml: error VK101: no file"
