"""Run a command to its end and say what it cost.

Owns the measuring of child processes. Imports nothing but the standard library: on Linux a child's peak memory starts
at its parent's, so the parent must stay small.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024 if sys.platform == "darwin" else 1


@dataclass(frozen=True)
class Cost:
    """What one process cost: seconds of the clock, seconds of processor (user and system), peak resident MiB."""

    wall: float
    cpu: float
    peak: float
    output: str = ""


class FailedError(RuntimeError):
    """A measured command failed."""


def run(command: Sequence[str], *, folder: Path | None = None) -> Cost:
    """Run a command in a fresh process.

    Raises:
        FailedError: it exits with another code than 0.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VALUEKIT_")}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd=folder, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        output, complaint = out.read().decode(), err.read().decode()
    if process.returncode:
        raise FailedError(f"{' '.join(command)} exited with {process.returncode}:\n{complaint}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024 / _KIB, output)


def median(costs: Sequence[Cost]) -> Cost:
    """The medians of several runs, each by itself, and the last output."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.peak for cost in costs),
        costs[-1].output,
    )


def in_turn(times: int, *measured: Callable[[], Cost]) -> list[Cost]:
    """Medians of several things, each done so many times, taking turns so that a busy moment hits all alike."""
    rounds = [[measure() for measure in measured] for _ in range(times)]
    return [median(costs) for costs in zip(*rounds, strict=True)]


def python(*arguments: str) -> list[str]:
    """A command for this interpreter."""
    return [sys.executable, *arguments]
