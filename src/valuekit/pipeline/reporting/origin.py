"""Where the numbers of a document come from.

Owns what is told of the config, of files and rows, and of the run. Never reads a source.
"""

from __future__ import annotations

from functools import reduce
from importlib.metadata import version
from typing import TYPE_CHECKING

from valuekit.cache.configs import fingerprint
from valuekit.cache.connect import first_row
from valuekit.cache.lock import is_held
from valuekit.cache.runs import RunLedger
from valuekit.cache.snapshot import read_pointer
from valuekit.pipeline import freshness
from valuekit.pipeline.results import NO_DATA, DataWindow
from valuekit.reports.report import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from valuekit.cache.runs import Run
    from valuekit.config.models import Config
    from valuekit.pipeline.reporting.room import Room


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
    run = publishing_run(room.workspace.folder, room.workspace.published)
    return Provenance(
        config=config.file.name if config.file else None,
        fingerprint=fingerprint(config.text),
        version=version("valuekit"),
        first=data.first,
        last=data.last,
        files=data.files,
        facts=data.facts,
        rejected=sum(map(_rejected, connections)),
        run=run.run_id if run else None,
        finished=run.finished if run else None,
    )


def _rejected(connection: DuckDBPyConnection) -> int:
    row = first_row(connection, "SELECT CAST(coalesce(sum(rows_rejected), 0) AS BIGINT) FROM files")
    return int(row[0]) if row else 0


def publishing_run(home: Path, pointers: Iterable[Path]) -> Run | None:
    """The last run that published numbers: runs after it found nothing new, and change nothing here.

    Args:
        home: the cache folder of the config; it has the run ledger.
        pointers: the files that tell what is published.
    """
    published = {found.run for file in pointers if (found := read_pointer(file.parent)) is not None}
    runs = RunLedger(home).read(locked=is_held(home))
    return next((run for run in reversed(runs) if run.run_id in published), None)


def title_of(config: Config) -> str:
    """What a document is called: after its variant, its copyright, or its file."""
    named = (section.get("name") for section in (config.variants, config.copyright))
    found = next((name for name in named if isinstance(name, str) and name.strip()), None)
    return found or (config.file.stem if config.file else "valuekit")
