"""Lays out the findings of a config: text with the source line, JSON, annotations for GitHub.

Owns their form, and the error that stops a verb whose config has errors. Never checks a config: the config room does.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cli.narrate import plain
from valuekit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from valuekit.cli.narrate import Narrator
    from valuekit.config.findings import Finding
    from valuekit.config.load import Checked
    from valuekit.config.models import Config

SCHEMA = "valuekit/1"

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

    return validate(None, sys.stdin.read()) if path == "-" else validate(Path(path))


def read_config(path: str, narrator: Narrator) -> Config:
    """Read a config that a verb works with; its warnings are details, for `validate` is there to show them.

    Raises:
        InvalidConfigError: it has errors; all of them are in it.
    """
    checked = check(path)
    errors = [finding for finding in checked.findings if finding.severity == "error"]
    if errors or checked.config is None:
        raise InvalidConfigError([(f"{place(finding)}: {message(finding)}", finding.rule) for finding in errors])
    for finding in checked.findings:
        if finding.severity == "warning":
            narrator.detail(f"{place(finding)}: {message(finding)} [{finding.rule}]", event="config", rule=finding.rule)
    return checked.config


def is_unreadable(checked: Checked) -> bool:
    """Whether there is no TOML to speak of: the file is missing, cannot be read, or breaks the grammar."""
    return any(finding.rule in _UNREADABLE for finding in checked.findings)


def place(finding: Finding) -> str:
    """Where it is: `file:line:col`, as far as known."""
    parts = [finding.file, finding.line, finding.column]
    return ":".join(str(part) for part in parts if part is not None)


def message(finding: Finding) -> str:
    """What it is, with the nearest valid name."""
    near = finding.nearest
    hint = f" (did you mean '{near}'?)" if near and near not in finding.message else ""
    return plain(finding.message + hint)


def as_text(findings: Iterable[Finding]) -> str:
    """One line a finding."""
    lines = (f"{place(item)}: {item.severity} {item.rule}: {message(item)}" for item in findings)
    return "".join(line + "\n" for line in lines)


def print_with_source(findings: Iterable[Finding], sources: dict[str, str], console: Console) -> None:
    """Print each finding, then its source line and a caret under the place.

    Args:
        findings: what was found.
        sources: the text of each config by the name that findings call it.
        console: where to, and in which colours.
    """
    from rich.text import Text

    styles = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}
    for finding in findings:
        style = styles[str(finding.severity)]
        heading = Text.assemble((f"{place(finding)}: ", "bold"), (f"{finding.severity} {finding.rule}: ", style))
        console.print(heading + Text(message(finding)), soft_wrap=True)
        if finding.line is None:
            continue
        lines = sources.get(finding.file, "").splitlines()
        if 1 <= finding.line <= len(lines):
            number = f"{finding.line:>5} | "
            source = plain_source(lines[finding.line - 1])
            console.print(Text(number, "dim") + Text(source), soft_wrap=True, overflow="ignore", crop=False)
            if finding.column is not None:
                console.print(Text(" " * (len(number) + finding.column - 1) + "^", style), soft_wrap=True)


def plain_source(line: str) -> str:
    """A source line in which every character, a tab included, takes one column and none steers a terminal."""
    return "".join(character if character.isprintable() else " " for character in line)


def as_json(findings: Iterable[Finding]) -> str:
    """One document with every finding."""
    import json

    keys = ("rule", "severity", "file", "line", "column", "path", "message", "nearest")
    rows = [{key: getattr(item, key) for key in keys} for item in findings]
    return json.dumps({"schema": SCHEMA, "findings": rows}, ensure_ascii=False) + "\n"


def as_github(findings: Iterable[Finding]) -> str:
    """One workflow command a finding, which GitHub shows beside the line."""
    return "".join(_annotation(item) + "\n" for item in findings)


def _annotation(finding: Finding) -> str:
    command = {"error": "error", "warning": "warning", "info": "notice"}[str(finding.severity)]
    properties = {"file": finding.file, "line": finding.line, "col": finding.column, "title": finding.rule}
    said = ",".join(f"{key}={_escape(str(value), ':,')}" for key, value in properties.items() if value is not None)
    return f"::{command} {said}::{_escape(message(finding))}"


def _escape(text: str, also: str = "") -> str:
    """Escape what would end a workflow command's value, as GitHub's toolkit does."""
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
