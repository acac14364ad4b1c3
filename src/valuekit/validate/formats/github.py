"""Findings as workflow commands, which GitHub shows as annotations beside the lines.

Owns their escaping. Source: docs.github.com, "Workflow commands for GitHub Actions"; what a value or a property must
not hold is written as a percent sign and two digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.plain import plain
from valuekit.validate.formats.outcome import message

if TYPE_CHECKING:
    from valuekit.config.findings import Finding
    from valuekit.validate.formats.outcome import Outcome

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_IN_VALUES = "%\r\n"
_IN_PROPERTIES = _IN_VALUES + ":,"


def as_github(outcome: Outcome) -> str:
    """Write one workflow command a finding."""
    return "".join(f"{_annotation(finding)}\n" for finding in outcome.findings)


def _annotation(finding: Finding) -> str:
    properties = {"file": finding.file, "line": finding.line, "col": finding.column, "title": finding.rule}
    said = ",".join(
        f"{key}={_escaped(str(value), _IN_PROPERTIES)}" for key, value in properties.items() if value is not None
    )
    return f"::{_COMMANDS[str(finding.severity)]} {said}::{_escaped(message(finding), _IN_VALUES)}"


def _escaped(text: str, characters: str) -> str:
    return "".join(f"%{ord(one):02X}" if one in characters else plain(f"{one}.")[:-1] for one in text)
