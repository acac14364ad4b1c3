"""The writer's lock: whoever only asks whether it is held never makes a run fail."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from valuekit.cache.lock import is_held, writer_lock
from valuekit.errors import LockedError

if TYPE_CHECKING:
    from pathlib import Path


def test_held_by_a_run_and_free_after_it(tmp_path: Path) -> None:
    with writer_lock(tmp_path, 0):
        assert is_held(tmp_path)
        with pytest.raises(LockedError, match=r"process \d+, for \d+ s"), writer_lock(tmp_path, 0):
            pass
    assert not is_held(tmp_path)


def test_a_run_outlasts_a_moment_in_which_the_lock_is_asked(tmp_path: Path) -> None:
    """A killed run leaves its note; asking then takes the lock for a moment, and a run may start in that moment."""
    (tmp_path / "lock.json").write_text('{"pid": 1, "started": 0}')
    asking = FileLock(tmp_path / "lock", thread_local=False)
    asking.acquire()
    release = threading.Timer(0.03, asking.release)
    release.start()
    with writer_lock(tmp_path, 0):
        pass
    release.join()


def test_asking_all_the_time_lets_runs_start(tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_text('{"pid": 1, "started": 0}')
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            is_held(tmp_path)
            time.sleep(0.001)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(20):
            with writer_lock(tmp_path, 0):
                pass
            (tmp_path / "lock.json").write_text('{"pid": 1, "started": 0}')
    finally:
        stop.set()
        asking.join()
