from __future__ import annotations

import inspect

import pytest
from typer.core import TyperOption

from valuekit.cli.options import PANEL, SWITCHES, VALUED, Options, behind_verb
from valuekit.cli.reference import leaves

GROUPS = ("cache",)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["compute", "-q"], ["compute", "-q"]),
        (["-q", "compute", "engagement"], ["compute", "-q", "engagement"]),
        (["-c", "x.toml", "compute"], ["compute", "-c", "x.toml"]),
        (["-cx.toml", "compute"], ["compute", "-cx.toml"]),
        (["-qvc", "x.toml", "compute"], ["compute", "-qvc", "x.toml"]),
        (["--config=x.toml", "--debug", "compute"], ["compute", "--config=x.toml", "--debug"]),
        (["-c", "a.toml", "compute", "-c", "b.toml"], ["compute", "-c", "a.toml", "-c", "b.toml"]),
        (["-q", "cache", "info"], ["cache", "info", "-q"]),
        (["-q", "cache", "-v", "info", "--format", "json"], ["cache", "info", "-q", "-v", "--format", "json"]),
        (["-q", "cache"], ["cache", "-q"]),
        (["-q", "--version"], ["--version"]),
        (["-q", "--frobnicate", "compute"], ["--frobnicate", "compute"]),
        (["-c", "compute"], ["-c", "compute"]),
        (["-q"], ["-q"]),
        ([], []),
    ],
)
def test_common_flags_may_stand_before_the_verb(typed: list[str], read: list[str]) -> None:
    assert behind_verb(typed, GROUPS) == read


def test_flags_before_the_verb_are_those_that_every_verb_has() -> None:
    for _, command in leaves():
        common = [part for part in command.params if isinstance(part, TyperOption) and part.rich_help_panel == PANEL]
        assert {part.name for part in common} == set(inspect.signature(Options).parameters)
        assert {flag for part in common if not part.is_flag for flag in part.opts} == set(VALUED)
        assert {flag for part in common if part.is_flag for flag in part.opts} == set(SWITCHES)


def test_no_verb_uses_a_common_flag_for_something_else() -> None:
    for path, command in leaves():
        own = [part for part in command.params if isinstance(part, TyperOption) and part.rich_help_panel != PANEL]
        assert not {flag for part in own for flag in part.opts} & {*VALUED, *SWITCHES}, path
