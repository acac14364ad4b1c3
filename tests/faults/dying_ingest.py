"""Runs an ingest in a process of its own and kills that process at a chosen moment.

Usage: dying_ingest.py CONFIG STEP. The process gets SIGKILL at its STEP-th call from valuekit's own code, be it to
Python or to C (so also between two SQL statements); with STEP 0 it lives, and prints how many calls there are.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import valuekit
from valuekit.config.load import load
from valuekit.pipeline import Workspace, land, restate

if TYPE_CHECKING:
    from types import FrameType

PACKAGE = str(Path(valuekit.__file__).parent / "")


def main() -> None:
    config, step = Path(sys.argv[1]), int(sys.argv[2])
    land.COMMIT_FILES = 2
    restate.BATCH_ROWS = 100
    workspace = Workspace(load(config))
    assert workspace.plans
    calls = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        if event in {"call", "c_call"} and frame.f_code.co_filename.startswith(PACKAGE):
            calls += 1
            if calls == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    workspace.ingest()
    sys.setprofile(None)
    sys.stdout.write(f"{calls}\n")


main()
