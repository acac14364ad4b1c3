"""What commands cost in processor time, compared fairly on a machine that does other things, too.

Owns the way of measuring: the time of the command's process alone, bytecode written before the first measurement, all
commands in turn so that what slows one slows the others, and the median of many rounds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def medians(commands: Mapping[str, Sequence[str]], bytecode: Path, rounds: int = 9) -> dict[str, float]:
    """Run Python commands in turn.

    Args:
        commands: the arguments of Python, by a name; each must end well.
        bytecode: an empty folder.
        rounds: how often each is measured.

    Returns:
        By name the median of the seconds that a process of it kept a processor busy.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for argv in commands.values():
        _seconds(argv, environment)
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, argv in commands.items():
            found[name].append(_seconds(argv, environment))
    return {name: median(seconds) for name, seconds in found.items()}


def _seconds(argv: Sequence[str], environment: Mapping[str, str]) -> float:
    before = _spent()
    command = [sys.executable, *argv]
    silent = subprocess.DEVNULL
    subprocess.run(command, env=environment, stdout=silent, stderr=silent, timeout=60, check=True)
    return _spent() - before


def _spent() -> float:
    """The processor time of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
