"""Waits for files to change and does something again each time they have.

Owns what counts as a change and when it has settled. Never knows what is done.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

EVERY_SECONDS = 1.0
SETTLED_SECONDS = 0.2

Stamp: TypeAlias = "tuple[tuple[int, int, int] | None, ...]"
"""Of each file what changes with it; None where there is no such file."""

sleep = time.sleep


def watch(
    again: Callable[[], None], files: Callable[[], Sequence[Path]], wait: Callable[[float], None] | None = None
) -> None:
    """Call something once, and again after each change; ends with an exception only, such as Ctrl-C.

    Args:
        again: what is done; it sees files as they were when it began, or newer.
        files: the files to look at, asked for each time.
        wait: lets so many seconds pass.
    """
    pause = wait or sleep
    while True:
        watched = files()
        seen = stamp(watched)
        again()
        if files() != watched:
            continue
        while stamp(watched) == seen:
            pause(EVERY_SECONDS)
        _settle(watched, pause)


def stamp(files: Sequence[Path]) -> Stamp:
    """What the files look like now."""
    return tuple(_of_one(file) for file in files)


def _settle(files: Sequence[Path], pause: Callable[[float], None]) -> None:
    """Wait until what is being written has been."""
    before, now = None, stamp(files)
    while before != now:
        pause(SETTLED_SECONDS)
        before, now = now, stamp(files)


def _of_one(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
