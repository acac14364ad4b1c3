"""Draws how far a run is: a bar with rate and remaining time, on a terminal, for work over half a second.

Owns the bar. Never writes to a pipe or a file, and leaves nothing behind when the work is done.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

DELAY_SECONDS = 0.5
IN_BYTES = ("landing",)
"""The stages whose steps are bytes."""


class Bar:
    """A `valuekit.pipeline.results.Progress` on a terminal.

    A stage appears once it has lasted half a second, so that quick work leaves the screen alone.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._stage, self._label = "", ""
        self._total: int | None = None
        self._done = 0
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.finish()

    def start(self, stage: str, total: int | None) -> None:
        """Begin a stage of `total` steps, if known."""
        self.finish()
        with self._lock:
            self._stage, self._total, self._done, self._label = stage, total, 0, ""
            self._began = time.monotonic()
            self._timer = threading.Timer(DELAY_SECONDS, self._show)
            self._timer.daemon = True
            self._timer.start()

    def advance(self, amount: int, label: str = "") -> None:
        """Count further steps; `label` names the current item."""
        with self._lock:
            self._done += amount
            self._label = label
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=self._done, label=label, rate=self._rate())

    def finish(self) -> None:
        """Take the bar off the screen."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def _rate(self) -> str:
        elapsed = time.monotonic() - self._began
        if not self._done or not elapsed:
            return ""
        rate = self._done / elapsed
        return f"{rate / 1e6:,.1f} MB/s" if self._stage in IN_BYTES else f"{rate:,.1f}/s"

    def _show(self) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.table import Column

        with self._lock:
            if self._timer is None:
                return
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn(
                    "{task.fields[label]}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")
                ),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task(
                self._stage, total=self._total, completed=self._done, label=self._label, rate=self._rate()
            )
            self._bar.start()
