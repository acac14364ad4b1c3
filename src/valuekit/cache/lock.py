"""One writer at a time.

Owns the lock file and the note beside it that says who holds it and since when.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from valuekit.errors import LockedError

_GRACE = 0.1
"""Seconds."""


@contextmanager
def writer_lock(folder: Path, timeout: float) -> Iterator[None]:
    """Hold the cache for writing.

    The operating system frees the lock when its holder ends, however it ends.

    Args:
        folder: the cache folder; made if absent.
        timeout: seconds to wait; at least a tenth of one, to outlast whoever only asks whether the lock is held.

    Raises:
        LockedError: another run holds it; the message names its process and its age.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "lock")
    note = folder / "lock.json"
    try:
        lock.acquire(timeout=max(timeout, _GRACE), poll_interval=0.01)
    except Timeout as error:
        raise LockedError(f"the cache {folder} is locked by {_holder(note)}; wait, or give --lock-timeout") from error
    try:
        note.write_text(json.dumps({"pid": os.getpid(), "started": time.time()}), encoding="utf-8")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def is_held(folder: Path) -> bool:
    """Tell whether a run holds the cache right now, without waiting for it.

    The lock can only be asked by taking it for a moment; `writer_lock` waits longer than that.
    """
    if not (folder / "lock.json").exists():
        return False
    lock = FileLock(folder / "lock")
    try:
        with lock.acquire(timeout=0):
            return False
    except Timeout:
        return True


def _holder(note: Path) -> str:
    try:
        held = json.loads(note.read_text(encoding="utf-8"))
        return f"process {held['pid']}, for {max(0, time.time() - held['started']):.0f} s"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run that is just starting or ending"
