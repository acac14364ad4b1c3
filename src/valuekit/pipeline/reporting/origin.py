"""Where the numbers of a document come from.

Owns the fingerprint of a config, and what is told of files, rows and the run. Never reads a source.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import reduce
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache.connect import first_row
from valuekit.cache.lock import is_held
from valuekit.cache.runs import RunLedger
from valuekit.pipeline import freshness
from valuekit.pipeline.results import NO_DATA, DataWindow
from valuekit.reports.report import Provenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from valuekit.cache.runs import Run
    from valuekit.config.models import Config
    from valuekit.pipeline.reporting.room import Room

_COUNTS = ("ih", "holdings", "global_filters", "metrics", "reports")
"""The parts of a config that numbers and reports depend on."""

_PUBLISHED = ("done", "partly done")


def provenance(room: Room) -> Provenance:
    """Tell where the numbers of an open room come from."""
    config = room.workspace.config
    windows: list[DataWindow] = []
    connections: list[DuckDBPyConnection] = []
    if room.has_offers():
        windows.append(freshness.window(room.sources.snapshot, room.workspace.plans))
        connections.append(room.sources.snapshot)
    desks = [room.desk(name) for name in room.workspace.customer_metrics if room.has_customers(name)]
    windows += [desk.data for desk in desks[:1]]
    connections += [desk.bought.connection for desk in desks[:1]]
    data = reduce(DataWindow.joined, windows, NO_DATA)
    last = last_run(room.workspace.folder)
    return Provenance(
        config=config.file.name if config.file else None,
        fingerprint=fingerprint(config),
        version=version("valuekit"),
        first=data.first,
        last=data.last,
        files=data.files,
        facts=data.facts,
        rejected=sum(map(_rejected, connections)),
        run=last.run_id if last else None,
        finished=last.finished if last else None,
    )


def _rejected(connection: DuckDBPyConnection) -> int:
    row = first_row(connection, "SELECT CAST(coalesce(sum(rows_rejected), 0) AS BIGINT) FROM files")
    return int(row[0]) if row else 0


def last_run(home: Path) -> Run | None:
    """The last run that ended well enough to publish."""
    runs: Sequence[Run] = RunLedger(home).read(locked=is_held(home))
    return next((run for run in reversed(runs) if run.state in _PUBLISHED), None)


def fingerprint(config: Config) -> str:
    """Identify a config by what numbers and reports depend on: 16 hexadecimal digits.

    Comments, order of keys, defaults written out and the folder that it lies in do not count.
    """
    parts = config.model_dump(include=set(_COUNTS))
    for source in ("ih", "holdings"):
        if parts[source] is not None:
            parts[source]["path"] = _relative(parts[source]["path"], config.folder)
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _plain(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a fingerprint")


def title_of(config: Config) -> str:
    """What a document is called: after its variant, its copyright, or its file."""
    named = (section.get("name") for section in (config.variants, config.copyright))
    found = next((name for name in named if isinstance(name, str) and name.strip()), None)
    return found or (config.file.stem if config.file else "valuekit")
