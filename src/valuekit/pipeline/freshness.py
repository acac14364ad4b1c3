"""How fresh a cache is: what is published of each source, how the last runs ended, what lies on the disk.

Owns what is told of snapshots and of the run ledger. Never lands or computes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuekit.cache.cells import table
from valuekit.cache.connect import first_row
from valuekit.cache.lock import is_held
from valuekit.cache.runs import RunLedger
from valuekit.errors import CacheError
from valuekit.pipeline import discover
from valuekit.pipeline.compute import why_failed
from valuekit.pipeline.ingest import STAGES
from valuekit.pipeline.outcomes import OutcomeAudit, audit_outcomes
from valuekit.pipeline.plans import Plans
from valuekit.pipeline.results import NO_DATA, DataWindow, FileOutcome, MetricStatus, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

    from valuekit.pipeline.caches import Kind
    from valuekit.pipeline.ingest import Landed

_NOT_THERE = OutcomeAudit((), ())


def status(
    config: Path | None,
    home: Path,
    sources: Sequence[Landed],
    reading: Callable[[Kind], AbstractContextManager[DuckDBPyConnection]],
) -> Status:
    """Tell how fresh a cache is, from the published snapshots.

    Args:
        config: the file of the config.
        home: its cache folder.
        sources: what the config asks of each source.
        reading: opens the snapshot of a source.

    Raises:
        CacheError: nothing has been published of any source.
    """
    found, missing = [], []
    for plans in sources:
        try:
            with reading(plans.kind.name) as connection:
                found.append(_status_of(connection, plans))
        except CacheError as error:
            missing.append(error)
            found.append(Status(config, home, NO_DATA, None, None, None, (), _unbuilt(plans), _NOT_THERE))
    if len(missing) == len(sources) and missing:
        raise missing[0]
    runs = [item for item in RunLedger(home).read(locked=is_held(home)) if item.finished]
    audits = [part.audit for part in found if part.audit is not _NOT_THERE]
    return Status(
        config=config,
        cache=home,
        data=reduce(DataWindow.joined, (part.data for part in found), NO_DATA),
        last_run=runs[-1].run_id if runs else None,
        finished=runs[-1].finished if runs else None,
        state=runs[-1].state if runs else None,
        unreadable=tuple(file for part in found for file in part.unreadable),
        metrics=tuple(metric for part in found for metric in part.metrics),
        audit=audits[0] if audits else _NOT_THERE,
    )


def _status_of(connection: DuckDBPyConnection, plans: Landed) -> Status:
    unreadable = connection.execute("SELECT path, reason FROM unreadable ORDER BY path").fetchall()
    return Status(
        config=None,
        cache=Path(),
        data=window(connection, plans),
        last_run=None,
        finished=None,
        state=None,
        unreadable=tuple(
            FileOutcome(discover.shown(Path(path)), "unreadable", reason=reason) for path, reason in unreadable
        ),
        metrics=tuple(_metric_status(connection, plans, name) for name in plans.cells),
        audit=audit_outcomes(connection, plans) if isinstance(plans, Plans) else _NOT_THERE,
    )


def _unbuilt(plans: Landed) -> tuple[MetricStatus, ...]:
    return tuple(
        MetricStatus(plan.name, plan.family, plan.fingerprint, 0, current=False) for plan in plans.cells.values()
    )


def _metric_status(connection: DuckDBPyConnection, plans: Landed, name: str) -> MetricStatus:
    plan = plans.cells[name]
    there = first_row(connection, "SELECT 1 FROM metrics WHERE fingerprint = ?", [plan.fingerprint])
    count = first_row(connection, f"SELECT count(*) FROM {table(plan.fingerprint)}") if there else None
    current = there is not None and why_failed(connection, plan) is None
    return MetricStatus(name, plan.family, plan.fingerprint, int(count[0]) if count else 0, current)


def window(connection: DuckDBPyConnection, plans: Landed) -> DataWindow:
    """What the numbers are made of; its days are those of the offers counted, or of the purchases."""
    row = first_row(
        connection,
        "SELECT (SELECT count(DISTINCT path) FROM files), CAST(coalesce(sum(rows), 0) AS BIGINT) FROM partitions",
    )
    there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    cells = [table(plan.fingerprint) for plan in plans.cells.values() if table(plan.fingerprint) in there]
    day = '"Day"' if plans.kind.name == "ih" else "date"
    days = " UNION ALL ".join(f"SELECT min({day}) AS first, max({day}) AS last FROM {name}" for name in cells)
    span = first_row(connection, f"SELECT min(first), max(last) FROM ({days})") if cells else None
    assert row is not None  # noqa: S101 - an aggregate gives one row
    return DataWindow(*row, *(span or (None, None)))


def runs(home: Path, limit: int) -> pl.DataFrame:
    """The latest runs, newest first: number, verb, times, state, counts, and seconds by stage, null where none."""
    found = RunLedger(home).read(locked=is_held(home))
    counts = ("files_landed", "rows_landed", "rows_rejected", "duplicates", "conflicts", "partitions_restated")
    rows = [
        {
            "run_id": item.run_id,
            "verb": item.verb,
            "state": item.state,
            "started": item.started,
            "finished": item.finished,
            **{name: item.counts.get(name) for name in counts},
            "seconds": dict(item.durations),
            "message": item.message,
        }
        for item in found[::-1][:limit]
    ]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "run_id": pl.Int64,
        "verb": pl.String,
        "state": pl.String,
        "started": pl.Datetime,
        "finished": pl.Datetime,
    }
    stages = dict.fromkeys((*STAGES, *(stage for item in found for stage in item.durations)), pl.Float64)
    schema |= {**dict.fromkeys(counts, pl.Int64), "seconds": pl.Struct(stages), "message": pl.String}
    return pl.DataFrame(rows, schema=schema)


def disk_use(home: Path, folders: Iterable[Path]) -> Mapping[str, object]:
    """Where a cache is and how large: bytes by file, and in all.

    Args:
        home: the cache folder of the config.
        folders: the folders with files of the cache, `home` among them.
    """
    files = sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file())
    sizes = {path.relative_to(home).as_posix(): path.stat().st_size for path in files}
    return {"folder": str(home), "bytes": sum(sizes.values()), "files": sizes, "locked": is_held(home)}
