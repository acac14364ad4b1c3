"""What a check found: one value for every problem, ready for any output format.

Owns the vocabulary of findings. Never decides what is wrong, and never formats for a terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

KeyPath = tuple[str | int, ...]
"""The way to a value in a TOML document: keys, and 0-based indexes of array elements."""


class Severity(StrEnum):
    """How much a finding matters: an error stops a run, a warning and an info do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, order=True)
class Position:
    """A place in a text; both numbers start at 1, and a column counts characters, not bytes."""

    line: int
    column: int


@dataclass(frozen=True)
class Finding:
    """One problem of a config.

    Attributes:
        rule: the stable id, documented in `valuekit.config.rules`.
        severity: how much it matters.
        message: one sentence that names the value.
        file: the config as the user would name it.
        line: 1-based, None where the finding is about the whole file.
        column: 1-based, in characters; None with `line`.
        path: the dotted key that it is about, None where it is about the whole file.
        nearest: the valid name that was probably meant.
    """

    rule: str
    severity: Severity
    message: str
    file: str
    line: int | None
    column: int | None
    path: str | None
    nearest: str | None

    def __str__(self) -> str:
        """Write the finding as one line: `file:line:column: error VK202: message`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        hint = "" if self.nearest is None else f"; did you mean {self.nearest}?"
        return f"{place}: {self.severity} {self.rule}: {self.message}{hint}"


def dotted(path: KeyPath) -> str:
    """Write a key path as TOML would, with array indexes in brackets: `metrics."a b".group_by[0]`."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
            continue
        written += "." if written else ""
        written += part if _BARE_KEY.fullmatch(part) else quoted(part)
    return written


def quoted(text: str, limit: int = 60) -> str:
    """Write text in double quotes for a message: control characters escaped, and cut after `limit` characters."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    escaped = (char if char.isprintable() else repr(char)[1:-1] for char in cut.replace("\\", "\\\\"))
    return '"' + "".join(escaped).replace('"', '\\"') + '"'
