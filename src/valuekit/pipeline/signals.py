"""The signals that ask a run to stop.

Owns the listening for them. Never stops anything itself.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def hearing_signals() -> Iterator[list[str]]:
    """Give the names of the stop signals that come, which libraries may turn into errors of their own, or swallow.

    Each goes on to the handler that was there. Only the main thread may listen, and only a Python handler lets a run go
    on to its end.
    """
    heard: list[str] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers = {number: handler for number, handler in before.items() if callable(handler)}

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(signal.Signals(number).name)
        handlers[signal.Signals(number)](number, frame)

    try:
        for number in handlers:
            signal.signal(number, hear)
        yield heard
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
