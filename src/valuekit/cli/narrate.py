"""Writes narration: what happens, warnings and errors, on stderr.

Owns the form of those lines, as text or as JSON. Never writes to stdout and never decides an exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from valuekit.cli.options import LogFormat

Level = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class Narrator:
    """Says things on one stream.

    Attributes:
        stream: where to, usually stderr.
        log_format: text, or one JSON object a line.
        quiet: leave out everything but warnings and errors.
        verbose: also say the details.
    """

    stream: TextIO
    log_format: LogFormat = "text"
    quiet: bool = False
    verbose: bool = False

    def say(self, message: str, **fields: object) -> None:
        """Say what happened."""
        if not self.quiet:
            self._write("info", message, fields)

    def detail(self, message: str, **fields: object) -> None:
        """Say what only `--verbose` asks for."""
        if self.verbose and not self.quiet:
            self._write("debug", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """Say what the user must not overlook; `--quiet` does not silence it."""
        self._write("warning", message, fields)

    def error(self, message: str, error_id: str) -> None:
        """Say what went wrong, what to do, and the error's id, in one line."""
        self._write("error", message, {"id": error_id})

    def _write(self, level: Level, message: str, fields: dict[str, object]) -> None:
        if self.log_format == "json":
            line = _json_line(level, message, fields)
        else:
            prefix = f"valuekit: {level}: " if level in ("warning", "error") else ""
            suffix = f" [{fields['id']}]" if level == "error" else ""
            line = prefix + plain(message) + suffix
        self.stream.write(line + "\n")
        self.stream.flush()


def _json_line(level: Level, message: str, fields: dict[str, object]) -> str:
    import json
    from datetime import UTC, datetime

    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps(
        {"time": time, "level": level, "message": message.strip(), **fields}, ensure_ascii=False, default=str
    )
