"""The run ledger: what every run did, how long each stage took, and how it ended.

Owns run numbers. The ledger is a file of JSON lines beside the database, so that it can be read while a run writes the
database; a run begins with a line and ends with another, and one that has no end was killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from valuekit.cache.configs import PastConfigs

FILE = "runs.jsonl"
KEPT_BYTES = 4 << 20


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        run_id: its number.
        verb: what was asked.
        started: UTC.
        finished: UTC; None while it runs, or when it was killed.
        state: `running`, `done`, `partly done`, `failed`, `interrupted` (it was asked to stop) or `killed` (it has
            no end).
        message: why it failed or what stopped it.
        counts: files and rows.
        durations: seconds by stage.
        config: the fingerprint of its config's text; None for a run that kept none.
    """

    run_id: int
    verb: str
    started: datetime
    finished: datetime | None = None
    state: str = "running"
    message: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    config: str | None = None


class RunLedger:
    """The run ledger of a cache folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._configs = PastConfigs(folder)

    def read(self, *, locked: bool = False) -> list[Run]:
        """Return all runs, oldest first.

        Args:
            locked: whether some run holds the cache; only then can the last run still be going on.
        """
        runs: dict[int, Run] = {}
        for line in self._lines():
            if (run := _understood(line, runs)) is not None:
                runs[run.run_id] = run
        found = list(runs.values())
        if locked and found and found[-1].finished is None:
            found[-1] = replace(found[-1], state="running")
        return found

    def begin(self, verb: str, config: str | None = None) -> int:
        """Open a run and return its number; the caller holds the writer's lock.

        Args:
            verb: what was asked.
            config: the text of the config, which is kept.
        """
        kept = {} if config is None else {"config": self._configs.keep(config)}
        runs = self.read()
        run_id = max((run.run_id for run in runs), default=0) + 1
        self._shorten()
        self._append({"run_id": run_id, "verb": verb, "started": _now(), **kept})
        return run_id

    def end(
        self, run_id: int, state: str, counts: Mapping[str, int], durations: Mapping[str, float], message: str | None
    ) -> None:
        """Close a run."""
        parts = {"state": state, "message": message, "counts": dict(counts), "durations": dict(durations)}
        self._append({"run_id": run_id, "finished": _now(), **parts})

    def _append(self, line: Mapping[str, object]) -> None:
        with self._file.open("ab") as file:
            if file.tell() and not self._file.read_bytes().endswith(b"\n"):
                file.write(b"\n")
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _lines(self) -> list[dict[str, Any]]:
        """Every whole line; a line that a kill cut short is no line."""
        if not self._file.exists():
            return []
        lines = []
        for text in self._file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and "run_id" in line:
                lines.append(line)
        return lines

    def _shorten(self) -> None:
        """Keep the younger half of a ledger that has grown too long."""
        if not self._file.exists() or self._file.stat().st_size < KEPT_BYTES:
            return
        lines = self._file.read_bytes().splitlines(keepends=True)
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(b"".join(lines[len(lines) // 2 :]))
        draft.replace(self._file)


def _understood(line: Mapping[str, Any], runs: Mapping[int, Run]) -> Run | None:
    """The run that a line begins or ends, or None where the line makes no sense: a damaged ledger stops nothing."""
    try:
        run_id = int(line["run_id"])
        if "verb" in line:
            began, config = datetime.fromisoformat(line["started"]), line.get("config")
            return Run(run_id, str(line["verb"]), began, state="killed", config=None if config is None else str(config))
        if run_id not in runs:
            return None
        finished, message = datetime.fromisoformat(line["finished"]), line["message"]
        return replace(
            runs[run_id],
            finished=finished,
            state=str(line["state"]),
            message=None if message is None else str(message),
            counts={str(name): int(count) for name, count in line["counts"].items()},
            durations={str(stage): float(seconds) for stage, seconds in line["durations"].items()},
        )
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        return None


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
