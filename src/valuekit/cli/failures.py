"""Turns whatever went wrong into one plain line on stderr and an exit code.

Owns the exit codes that no error class carries: usage, interruption, the unexpected. Never hides an exception.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from typing import TYPE_CHECKING, TextIO

import typer

from valuekit.cli.findings import InvalidConfigError
from valuekit.cli.narrate import Narrator
from valuekit.cli.verb import ReaderGoneError
from valuekit.errors import ConfigError, ValuekitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

USAGE = 2
FAILURE = 3
STOPPED = {signal.SIGINT: 130, signal.SIGTERM: 143}


class StopSignal:
    """Remembers the signal that asked the process to stop: libraries turn the interruption into errors of their own."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None

    def install(self) -> None:
        """Listen to SIGINT and SIGTERM, and keep quiet about what breaks while the process stops."""
        told = sys.unraisablehook

        def tell(what: sys.UnraisableHookArgs) -> None:
            if self.received is None or _asks(sys.argv[1:], "--debug", "VALUEKIT_DEBUG"):
                told(what)

        sys.unraisablehook = tell
        for number in STOPPED:
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # the signature that Python calls
        self.received = signal.Signals(number)
        raise KeyboardInterrupt


def exit_code(error: BaseException, argv: Sequence[str], stop: StopSignal, stream: TextIO) -> int:
    """Say on `stream` what went wrong.

    Args:
        error: what ended the verb.
        argv: the arguments, in case they never became flags.
        stop: whether a signal came.
        stream: where to write.

    Returns:
        The process exit code.
    """
    if isinstance(error, ReaderGoneError | BrokenPipeError):
        return 0
    if _asks(argv, "--debug", "VALUEKIT_DEBUG"):
        import traceback

        traceback.print_exception(error, file=stream)
    narrator = Narrator(stream, "json" if _wants_json(argv) else "text")
    if stop.received is not None or isinstance(error, KeyboardInterrupt | typer.Abort):
        return _stopped(stop.received or signal.SIGINT, narrator)
    if isinstance(error, ValuekitError):
        for line, error_id in told(error):
            narrator.error(line, error_id)
        return error.exit_code
    if isinstance(error, typer.TyperException):
        narrator.error(_usage(error), "usage")
        return USAGE
    narrator.error(*_unexpected(error))
    return FAILURE


def stopped(stop: StopSignal, argv: Sequence[str], stream: TextIO) -> int:
    """Say that a signal ended the verb; the exit code is 128 and the signal's number."""
    return exit_code(KeyboardInterrupt(), argv, stop, stream)


def _stopped(number: signal.Signals, narrator: Narrator) -> int:
    word = "terminated" if number is signal.SIGTERM else "interrupted"
    narrator.error(f"{word}. What readers see is as it was, and the next run goes on from here", word)
    return STOPPED.get(number, 128 + number)


def told(error: ValuekitError) -> Sequence[tuple[str, str]]:
    """What to say, a line each with its id: usually one, for a config one a problem."""
    if isinstance(error, InvalidConfigError):
        return error.lines
    lines = str(error).splitlines() if isinstance(error, ConfigError) else [str(error)]
    return [(line, error.error_id) for line in lines]


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "valuekit"
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    return f"{message}{'' if message.endswith('?') else '.'} See '{path} --help'."


def _unexpected(error: BaseException) -> tuple[str, str]:
    if isinstance(error, MemoryError):
        return "out of memory. Set [cache] memory_limit lower, or give the machine more", "memory"
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror.lower()}{where}", "system"
    first_line = str(error).strip().partition("\n")[0]
    text = f"{type(error).__name__}: {first_line}".rstrip(": ")
    return f"unexpected {text}. Run again with --debug to see where, and report it", "internal"


def _asks(argv: Sequence[str], flag: str, variable: str) -> bool:
    return flag in argv or os.environ.get(variable, "").lower() in ("1", "true", "t", "yes", "y", "on")


def _wants_json(argv: Sequence[str]) -> bool:
    """Whether narration is JSON; read from the raw arguments, because they may be what is wrong."""
    said = os.environ.get("VALUEKIT_LOG_FORMAT", "")
    for flag, after in itertools.pairwise((*argv, "")):
        name, joined, value = flag.partition("=")
        if name == "--log-format":
            said = value if joined else after
    return said == "json"
