"""Findings as plain lines: `file:line:col: error VK202: message`.

Owns this form. The source line and the caret are for a terminal, and the command line draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.validate.formats.outcome import line_of

if TYPE_CHECKING:
    from valuekit.validate.formats.outcome import Outcome


def as_text(outcome: Outcome) -> str:
    """Write one line a finding."""
    return "".join(f"{line_of(finding)}\n" for finding in outcome.findings)
