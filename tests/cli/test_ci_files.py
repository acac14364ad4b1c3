"""docs/ci.md and the pre-commit hooks name commands, flags and rules that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from valuekit.cli.reference import leaves
from valuekit.config.rules import RULES

if TYPE_CHECKING:
    from typer.core import TyperCommand

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
VERBS: dict[str, TyperCommand] = dict(leaves())
LINES = re.findall(r"^(?:\$|\s*- run:|\s*script:|\s*entry:)\s+(valuekit [^#\n]*)", PAGE + HOOKS, re.MULTILINE)


@pytest.mark.parametrize("line", sorted(set(LINES)))
def test_every_command_can_be_typed(line: str) -> None:
    words = shlex.split(line)[1:]
    path = next(path for path in (" ".join(words[:2]), words[0]) if path in VERBS)
    arguments = words[len(path.split()) :]
    VERBS[path].make_context(path, arguments)


def test_there_are_commands_of_every_kind() -> None:
    assert len(LINES) >= 9
    assert HOOKS.count("entry: valuekit ") == HOOKS.count("- id: ") == 2
    for field in ("name", "description", "entry", "language", "files"):
        assert HOOKS.count(f"  {field}: ") == 2


def test_hooks_take_the_files_that_they_say() -> None:
    (pattern,) = set(re.findall(r"files: (.*)", HOOKS))
    assert all(re.search(pattern, name) for name in ("valuekit.toml", "sub/valuekit_web.toml"))
    assert not any(re.search(pattern, name) for name in ("pyproject.toml", "valuekit.json", "notvaluekit.toml"))


def test_the_page_names_rules_that_exist_and_hooks_that_exist() -> None:
    assert set(re.findall(r"VK\d{3}", PAGE)) <= set(RULES)
    assert set(re.findall(r"- id: (\S+)", PAGE)) == set(re.findall(r"- id: (\S+)", HOOKS))
