"""Cells leave the cache as files: `cache export`. See docs/interop.md.

Owns the files of an export: written whole or not at all, and equal for equal cells. Never writes where something else
is.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.cache import imported
from valuekit.cache.cells import Cells, table
from valuekit.cache.connect import first_row
from valuekit.cache.ledger import sha256
from valuekit.errors import CacheError, DataError, UsageError
from valuekit.pipeline.compute import why_failed
from valuekit.pipeline.manifest import FILE, Columns, Exported, Manifest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.pipeline.plans import Plans
    from valuekit.states.plan import CellPlan

BATCH_CELLS = 65_536
"""Cells of a row group."""

PARTLY = 4


@dataclass(frozen=True)
class ExportReport:
    """What was written.

    Attributes:
        files: every file.
        metrics: those in it.
        days: how many partitions.
        cells: how many in all.
        left_out: metrics that are not in it, as (metric, reason).
    """

    files: tuple[Path, ...]
    metrics: tuple[str, ...]
    days: int
    cells: int
    left_out: tuple[tuple[str, str], ...]

    @property
    def exit_code(self) -> int:
        """0 when all metrics are there, else 4."""
        return PARTLY if self.left_out else 0


def export_cells(connection: DuckDBPyConnection, plans: Plans, folder: Path) -> ExportReport:
    """Write the cells of every metric of the config into a folder, with their manifest.

    Args:
        connection: the published snapshot.
        plans: what the config asks for.
        folder: a new or empty folder, or one that holds an earlier export, which is replaced as a whole.

    Raises:
        UsageError: the folder holds something else.
        CacheError: no metric is published as the config defines it.
        DataError: the files cannot be written.
    """
    from importlib.metadata import version

    left_out = {name: reason for name, plan in plans.cells.items() if (reason := _why_absent(connection, plan))}
    wanted = [plan for name, plan in plans.cells.items() if name not in left_out]
    if not wanted:
        raise CacheError("; ".join(f"metric {name} {reason}" for name, reason in left_out.items()) or "no metric")
    _refuse_target(folder)
    days = tuple(imported.days(connection))
    names = _file_names([plan.name for plan in wanted])
    with _replacing(folder) as draft:
        metrics = tuple(_write(connection, plan, plans, draft / names[plan.name]) for plan in wanted)
        manifest = Manifest(version("valuekit"), days, metrics)
        (draft / FILE).write_text(manifest.text(), encoding="utf-8")
    files = tuple(folder / item.file for item in metrics)
    cells = sum(item.rows for item in metrics)
    named = tuple(plan.name for plan in wanted)
    return ExportReport((*files, folder / FILE), named, len(days), cells, tuple(left_out.items()))


def _why_absent(connection: DuckDBPyConnection, plan: CellPlan) -> str | None:
    failure = why_failed(connection, plan)
    if failure is None and not Cells(connection).are_there(plan):
        return "has changed or is new since the last ingest; run `valuekit ingest`"
    return failure


def _write(connection: DuckDBPyConnection, plan: CellPlan, plans: Plans, file: Path) -> Exported:
    """Write the cells of one metric in the order in which they are merged."""
    import pyarrow.parquet as pq

    columns = cell_columns(plan, plans)
    cells = connection.sql(
        f"SELECT {sql.names(name for name, _ in columns)} FROM {table(plan.fingerprint)} ORDER BY rowid"
    )
    rows = 0
    reader = cells.to_arrow_reader(BATCH_CELLS)
    with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    span = first_row(connection, f'SELECT min("Day"), max("Day") FROM {table(plan.fingerprint)}')
    first, last = span or (None, None)
    query = "SELECT partition FROM built WHERE fingerprint = ? ORDER BY partition"
    built = connection.execute(query, [plan.fingerprint]).fetchall()
    split = 1 + len(plan.dimensions)
    return Exported(
        metric=plan.name,
        family=plan.family,
        fingerprint=plan.fingerprint,
        definition=plan.definition,
        dimensions=columns[1:split],
        states=columns[split:],
        file=file.name,
        rows=rows,
        sha256=sha256(file),
        first=first,
        last=last,
        partitions=tuple(partition for (partition,) in built),
    )


def _file_names(metrics: Iterable[str]) -> dict[str, str]:
    """A file name for each metric that stays in its folder, whatever the metric is called."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for metric in metrics:
        safe = stem = re.sub(r"[^\w.-]|^\.", "_", metric)
        while stem.casefold() in taken:
            stem = f"{safe}-{len(taken)}"
        taken.add(stem.casefold())
        names[metric] = f"{stem}.parquet"
    return names


def _refuse_target(folder: Path) -> None:
    """Refuse a folder in which something else would be lost."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder")
    there = {path.name for path in folder.iterdir()}
    if there and (FILE not in there or any(not name.endswith(".parquet") for name in there - {FILE})):
        raise UsageError(f"{folder} is not empty, and no earlier export; name another folder")
    if there:
        try:
            Manifest.read(folder)
        except DataError as error:
            raise UsageError(f"{folder} holds a {FILE} that is none of an export; name another folder") from error


def cell_columns(plan: CellPlan, plans: Plans) -> Columns:
    """The columns of a cell with their DuckDB types."""
    dimensions = ((name, plans.types(name)) for name in plan.dimensions)
    return ((imported.PARTITION, "DATE"), *dimensions, *((item.name, item.sql_type) for item in plan.stored))


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """Give a folder that takes the place of another when the block ends well; else that one is as before."""
    target = folder.resolve()
    draft = target.with_name(f".{target.name}-{secrets.token_hex(8)}.draft")
    old = draft.with_suffix(".old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        yield draft
        if target.exists():
            target.rename(old)
        draft.rename(target)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
        for leftover in (draft, old):
            shutil.rmtree(leftover, ignore_errors=True)
