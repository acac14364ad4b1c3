"""What a check of some configs gave, ready to be laid out.

Owns the words for a place and a message that all formats share. Never knows a format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.config.findings import Finding


@dataclass(frozen=True)
class Outcome:
    """What a check of some configs gave.

    Attributes:
        findings: what was found, in order.
        files: every config that was checked, as the user named it; those without findings, too.
        strict: whether warnings count as errors.
    """

    findings: Sequence[Finding]
    files: Sequence[str] = ()
    strict: bool = False

    def counts(self, finding: Finding) -> bool:
        """Whether a finding makes the check fail."""
        return finding.severity == "error" or (self.strict and finding.severity == "warning")


def place(finding: Finding) -> str:
    """Where it is: `file:line:col`, as far as known."""
    parts = [finding.file, finding.line, finding.column]
    return ":".join(str(part) for part in parts if part is not None)


def message(finding: Finding) -> str:
    """What it is, with the nearest valid name, on one line without control characters."""
    near = finding.nearest
    is_said = near is not None and (quoted(near) in finding.message or f"did you mean {near}" in finding.message)
    hint = f" (did you mean '{near}'?)" if near and not is_said else ""
    return plain(finding.message + hint)


def line_of(finding: Finding) -> str:
    """The whole finding as one line."""
    return f"{plain(place(finding))}: {finding.severity} {finding.rule}: {message(finding)}"
