"""Every command has help, an example that parses, and its place in docs/commands.md; every flag has help."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.core import TyperArgument, TyperCommand, TyperOption

from valuekit.cli.main import root
from valuekit.cli.reference import leaves, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Call = Callable[..., Any]

COMMANDS = list(leaves())
PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

each_command = pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[path for path, _ in COMMANDS])


@each_command
def test_a_command_has_help_and_an_example_of_itself(path: str, command: TyperCommand) -> None:
    assert command.help
    example = (command.epilog or "").removeprefix("Example:").strip()
    words = shlex.split(example, comments=False)
    assert words[: 1 + len(path.split())] == ["valuekit", *path.split()]
    arguments = words[1 + len(path.split()) :]
    if "||" in arguments:
        arguments = arguments[: arguments.index("||")]
    command.make_context(path, arguments)


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS])
def test_the_example_is_in_the_help(path: str, call: Call) -> None:
    shown = call(*path.split(), "--help")
    assert shown.code == 0
    assert f"valuekit {path}" in shown.out.partition("Example:")[2]


@each_command
def test_every_flag_and_argument_has_help(path: str, command: TyperCommand) -> None:
    for part in command.params:
        if isinstance(part, TyperArgument | TyperOption):
            assert part.help, f"{path} {part.name}"


def test_the_app_names_a_first_step() -> None:
    assert "valuekit demo" in (root().epilog or "")


def test_the_page_says_what_the_app_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m valuekit.cli.reference > docs/commands.md"


@each_command
def test_a_command_is_in_the_page(path: str, command: TyperCommand) -> None:
    assert f"\n## valuekit {path}\n\n{command.help}\n" in PAGE.read_text(encoding="utf-8")
