"""Cells come into the cache from files: `cache import`. See docs/interop.md.

Owns what may enter: only what fits the config, only whole days that the cache does not have, all of it or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache import imported, snapshot
from valuekit.cache.cells import Cells
from valuekit.cache.ledger import sha256
from valuekit.cache.runs import RunLedger
from valuekit.errors import DataError
from valuekit.pipeline import cdhdashboard
from valuekit.pipeline.exporting import BATCH_CELLS, PARTLY, cell_columns
from valuekit.pipeline.manifest import FILE, Columns, Exported, Manifest
from valuekit.states.plan import difference

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.cache.imported import Day
    from valuekit.cache.store import Store
    from valuekit.pipeline.plans import Plans
    from valuekit.states.plan import CellPlan


@dataclass(frozen=True)
class ImportReport:
    """What came in.

    Attributes:
        metrics: those that did.
        days: the partitions that are new.
        replaced: those of them that took the place of an earlier import.
        cells: how many in all.
        kept: partitions that the cache has already; they stayed as they are.
        left_out: metrics that did not come in, as (metric, reason).
        warnings: what the user should know, a sentence each.
    """

    metrics: tuple[str, ...]
    days: tuple[date, ...]
    replaced: tuple[date, ...]
    cells: int
    kept: tuple[date, ...]
    left_out: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when everything came in, else 4."""
        return PARTLY if self.kept or self.left_out else 0


@dataclass(frozen=True)
class _Incoming:
    """The cells of one metric on their way in.

    Attributes:
        plan: the metric of the config.
        partitions: the days that they are of.
        cells: gives those of some days, a table at a time, in order.
    """

    plan: CellPlan
    partitions: frozenset[date]
    cells: Callable[[Collection[date]], Iterable[pa.Table]]


def import_cells(store: Store, plans: Plans, source: Path, *, replace: bool = False) -> ImportReport:
    """Take in the days of an export that the cache does not have, and publish them.

    Args:
        store: the cache, held for writing.
        plans: what the config asks for.
        source: a folder that `export_cells` wrote, or its manifest; or a file of cdhdashboard's pre-aggregated data.
        replace: also take days that were imported before. Days with facts of their own are never replaced.

    Raises:
        DataError: the files are damaged, fit no metric, or are of a metric that the config defines otherwise; or the
            cache is not up to date.
    """
    if not source.is_dir() and source.name != FILE:
        return _import_dashboard(store, plans, source, replace=replace)
    folder = source if source.is_dir() else source.parent
    manifest = Manifest.read(folder)
    fitting, left_out = _fitting(manifest, plans, folder)
    if not fitting:
        raise DataError(f"{folder} holds no metric of the config: it has {', '.join(left_out) or 'none at all'}")
    for plan, item in fitting:
        _check_file(store.connection, folder / item.file, item, cell_columns(plan, plans))
    incoming = [
        _Incoming(plan, frozenset(item.partitions), partial(_read, folder / item.file)) for plan, item in fitting
    ]
    return _admit(store, plans, incoming, manifest.days, left_out, replace=replace)


def _fitting(manifest: Manifest, plans: Plans, folder: Path) -> tuple[list[tuple[CellPlan, Exported]], dict[str, str]]:
    """Match the metrics of an export with those of the config, by definition; and say why others have no match.

    Raises:
        DataError: the config defines a metric of that name otherwise.
    """
    by_fingerprint = {plan.fingerprint: plan for plan in plans.cells.values()}
    found: dict[str, tuple[CellPlan, Exported]] = {}
    left_out: dict[str, str] = {}
    for item in manifest.metrics:
        if item.fingerprint in by_fingerprint:
            found.setdefault(item.fingerprint, (by_fingerprint[item.fingerprint], item))
        elif item.metric in plans.cells:
            changed = _differing(item.definition, plans.cells[item.metric].definition)
            raise DataError(
                f"metric {item.metric} in {folder} is defined otherwise than in the config: {changed} differ; "
                "import with the config it was exported with, or export again with this one"
            )
        else:
            left_out[item.metric] = "the config does not define it"
    return list(found.values()), left_out


def _differing(theirs: str, ours: str) -> str:
    """Name the parts in which two definitions differ; of the preparation of facts, which."""
    said = difference(theirs, ours).removeprefix("changed: ")
    before, after = json.loads(theirs).get("facts"), json.loads(ours).get("facts")
    if not isinstance(before, dict) or before == after:
        return said
    keys = ", ".join(key for key in after if before.get(key) != after[key])
    return said.replace("the preparation of facts", f"the preparation of facts ({keys})")


def _check_file(connection: DuckDBPyConnection, file: Path, item: Exported, columns: Columns) -> None:
    """Check that a file is the one that was exported, and that it holds cells of these columns and days.

    Raises:
        DataError: it is not.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = sha256(file)
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}; copy the whole export again") from error
    if found != item.sha256:
        raise DataError(f"{file} is not as it was exported: its SHA-256 differs; copy the whole export again")
    try:
        types = imported.described(connection, pq.read_schema(file))
        if types != list(columns):
            odd = [f"{name} {kind}" for name, kind in columns if (name, kind) not in types]
            raise DataError(
                f"{file} does not have the columns of metric {item.metric}: {', '.join(odd) or 'their order'}"
            )
        days = pq.read_table(file, columns=[imported.PARTITION])[imported.PARTITION]
    except pa.ArrowException as error:
        raise DataError(f"{file} is no parquet that can be read: {error}; export again") from error
    if len(days) != item.rows or not set(days.unique().to_pylist()) <= set(item.partitions):
        raise DataError(f"{file} has other cells than {FILE} says; export again")


def _read(file: Path, days: Collection[date]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(sorted(days), pa.date32())
    with pq.ParquetFile(file) as cells:
        for batch in cells.iter_batches(BATCH_CELLS):
            yield pa.table(batch).filter(pc.is_in(batch.column(0), wanted))


def _import_dashboard(store: Store, plans: Plans, file: Path, *, replace: bool) -> ImportReport:
    found = cdhdashboard.read(file, plans)
    if not found.cells:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.left_out.items())
        raise DataError(f"{file} has nothing that can be imported: {reasons or 'no metric'}")
    incoming = [
        _Incoming(plans.cells[name], frozenset(found.days), partial(_picked, cells))
        for name, cells in found.cells.items()
    ]
    days = [imported.Day(day, 0) for day in found.days]
    return _admit(store, plans, incoming, days, found.left_out, replace=replace, warnings=found.warnings)


def _picked(cells: pa.Table, days: Collection[date]) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.compute as pc

    yield cells.filter(pc.is_in(cells[imported.PARTITION], pa.array(sorted(days), pa.date32())))


def _admit(
    store: Store,
    plans: Plans,
    incoming: Sequence[_Incoming],
    days: Sequence[Day],
    left_out: Mapping[str, str],
    *,
    replace: bool,
    warnings: Sequence[str] = (),
) -> ImportReport:
    """Enter whole days in one transaction and publish them; the days that the cache has stay as they are."""
    if Cells(store.connection).dirty(plans.cells.values()):
        raise DataError("the cache has days whose states are not up to date; run `valuekit ingest`, then import again")
    held = imported.held(store.connection)
    offered = [day for day in days if any(day.partition in one.partitions for one in incoming)]
    new = [day for day in offered if day.partition not in held or (replace and held[day.partition])]
    replaced = [day.partition for day in new if day.partition in held]
    kept = tuple(day.partition for day in offered if day not in new)
    names = tuple(one.plan.name for one in incoming)
    cells = 0
    if new or not offered:
        with _recorded(store) as run_id:
            with store.transaction():
                imported.forget(store.connection, replaced)
                imported.add_days(store.connection, new)
                cells = sum(_enter(store, plans, one, new, run_id) for one in incoming)
            snapshot.publish(store, run_id, {plan.fingerprint for plan in plans.cells.values()})
    entered = tuple(day.partition for day in new)
    return ImportReport(names, entered, tuple(replaced), cells, kept, tuple(left_out.items()), tuple(warnings))


def _enter(store: Store, plans: Plans, one: _Incoming, new: Sequence[Day], run_id: int) -> int:
    """Enter what one metric has of some days; return how many cells that is."""
    own = sorted(one.partitions.intersection(day.partition for day in new))
    columns = cell_columns(one.plan, plans)
    imported.enter(store.connection, one.plan, run_id, own)
    return imported.add_cells(store.connection, one.plan, columns, one.cells(own))


@contextmanager
def _recorded(store: Store) -> Iterator[int]:
    """Write a run into the run ledger, however it ends."""
    runs = RunLedger(store.folder)
    run_id = runs.begin("cache import")
    try:
        yield run_id
    except BaseException as error:
        state = "interrupted" if isinstance(error, KeyboardInterrupt | SystemExit) else "failed"
        runs.end(run_id, state, {}, {}, str(error) or type(error).__name__)
        raise
    runs.end(run_id, "done", {}, {}, None)
