"""The findings of a config on the command line: on a terminal with the source line, and as the error that stops a verb.

Owns the caret and that error. Never checks a config, and never knows the formats for other programs:
`valuekit.validate.formats` does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import ConfigError
from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from valuekit.cli.narrate import Narrator
    from valuekit.config.findings import Finding
    from valuekit.config.load import Checked
    from valuekit.config.models import Config

_LONGEST = 160
"""So many characters of a source line are shown."""

_UNREADABLE = ("VK101", "VK102", "VK103", "VK106")


class InvalidConfigError(ConfigError):
    """A config with errors.

    Attributes:
        lines: for each error what and where, and the id of its rule.
    """

    def __init__(self, lines: Sequence[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{text} [{rule}]" for text, rule in lines))
        self.lines = tuple(lines)


def check(path: str) -> Checked:
    """Check one config; `-` is standard input, whose paths are relative to the current folder."""
    from valuekit.validate import validate

    return validate(None, standard_input()) if path == "-" else validate(Path(path))


def standard_input() -> str | bytes:
    """What comes in on standard input; its bytes where it has any, for they may be no text."""
    raw = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if raw is None else bytes(raw.read())


def read_config(path: str, narrator: Narrator) -> Config:
    """Read a config that a verb works with; its warnings are details, for `validate` is there to show them.

    Raises:
        InvalidConfigError: it has errors; all of them are in it.
    """
    return accepted(check(path), narrator)


def accepted(checked: Checked, narrator: Narrator) -> Config:
    """Give the config of a check that found no errors; its warnings are details.

    Raises:
        InvalidConfigError: there are errors, silenced ones included.
    """
    from valuekit.validate.formats.outcome import message, place

    errors = [finding for finding in (*checked.findings, *checked.silenced) if finding.severity == "error"]
    if errors or checked.config is None:
        raise InvalidConfigError([(f"{place(finding)}: {message(finding)}", finding.rule) for finding in errors])
    for finding in checked.findings:
        if finding.severity == "warning":
            narrator.detail(f"{place(finding)}: {message(finding)} [{finding.rule}]", event="config", rule=finding.rule)
    return checked.config


def is_unreadable(checked: Checked) -> bool:
    """Whether there is no TOML to speak of: the file is missing, cannot be read, or breaks the grammar."""
    return any(finding.rule in _UNREADABLE for finding in checked.findings)


def print_with_source(findings: Iterable[Finding], sources: Mapping[str, str], console: Console) -> None:
    """Print each finding, then its source line and a caret under the place.

    Args:
        findings: what was found.
        sources: the text of each config by the name that findings call it.
        console: where to, and in which colours.
    """
    from rich.text import Text

    from valuekit.validate.formats.outcome import message, place

    styles = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}
    lines = {file: text.split("\n") for file, text in sources.items()}
    for finding in findings:
        style = styles[str(finding.severity)]
        heading = Text.assemble((f"{plain(place(finding))}: ", "bold"), (f"{finding.severity} {finding.rule}: ", style))
        console.print(heading + Text(message(finding)), soft_wrap=True)
        if finding.line is None or finding.line > len(lines.get(finding.file, ())):
            continue
        number = f"{finding.line:>5} | "
        source, caret = source_and_caret(lines[finding.file][finding.line - 1], finding.column)
        console.print(Text(number, "dim") + Text(source), soft_wrap=True, overflow="ignore", crop=False)
        if caret is not None:
            console.print(Text(" " * (len(number) + caret) + "^", style), soft_wrap=True)


def source_and_caret(line: str, column: int | None) -> tuple[str, int | None]:
    """A source line in which nothing steers a terminal, and the cell where the caret belongs.

    Of a long line only the part around the place is given.

    Args:
        line: as the file has it.
        column: 1-based, in characters; None for no caret.
    """
    from rich.cells import cell_len

    shown = "".join(character if character.isprintable() else " " for character in line.rstrip("\r"))
    start = max(0, (column or 1) - 1 - _LONGEST // 2) if len(shown) > _LONGEST else 0
    cut = shown[start : start + _LONGEST]
    before, after = "… " if start else "", " …" if start + _LONGEST < len(shown) else ""
    if column is None:
        return before + cut + after, None
    return before + cut + after, len(before) + cell_len(cut[: column - 1 - start])
