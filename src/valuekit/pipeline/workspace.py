"""A config and its cache: everything that can be done with them.

Owns the lock, the choice of the cache folder, and what is told of a cache. The command line and the Python API both
stand on it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuekit.cache import owner, snapshot
from valuekit.cache.cells import table
from valuekit.cache.connect import first_row
from valuekit.cache.ledger import Ledger
from valuekit.cache.lock import is_held, writer_lock
from valuekit.cache.owner import Owner
from valuekit.cache.runs import RunLedger
from valuekit.cache.store import writing
from valuekit.config.nearest import unknown
from valuekit.errors import CacheError, UsageError
from valuekit.pipeline import discover
from valuekit.pipeline.compute import Question, Sources, answer, check, why_failed
from valuekit.pipeline.exporting import ExportReport, export_cells
from valuekit.pipeline.from_facts import facts_on_demand
from valuekit.pipeline.gaps import gaps
from valuekit.pipeline.importing import ImportReport, import_cells
from valuekit.pipeline.ingest import STAGES, Request, run
from valuekit.pipeline.outcomes import audit_outcomes, label_table, noted, warnings_of
from valuekit.pipeline.plans import Plans, available_dimensions, make_plans
from valuekit.pipeline.results import (
    Computed,
    DataWindow,
    FileOutcome,
    IngestReport,
    MetricResult,
    MetricStatus,
    Progress,
    Silent,
    Status,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.store import Store
    from valuekit.config.models import Config


class Workspace:
    """One config and its cache.

    Args:
        config: the config.
        cache_dir: where caches are, instead of where the config says; a config has a folder of its own in it.
    """

    def __init__(self, config: Config, cache_dir: Path | None = None) -> None:
        self.config = config
        stem = config.file.stem if config.file else "valuekit"
        self.folder = (cache_dir or config.cache.path).absolute() / stem

    @cached_property
    def plans(self) -> Plans:
        """What the config asks for."""
        return make_plans(self.config)

    @cached_property
    def _owner(self) -> Owner | None:
        """What the cache remembers of the config; nothing of one that is no file."""
        source = self.plans.source
        if self.config.file is None:
            return None
        definition = json.dumps([str(source.path), source.file_pattern])
        return Owner(self.config.file.absolute(), definition, self.folder)

    def ingest(
        self,
        paths: Sequence[Path] = (),
        *,
        verb: str = "ingest",
        on_error: str = "skip",
        full_refresh: bool = False,
        since: date | None = None,
        until: date | None = None,
        lock_timeout: float = 0.0,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Land new and changed files, bring the states up to date, and publish them.

        Args:
            paths: files or folders to land instead of the whole source.
            verb: what the run ledger calls the run.
            on_error: `skip` sets an unreadable file aside, `fail` stops at it.
            full_refresh: forget everything landed and start over.
            since: first partition to rebuild even where nothing changed.
            until: last partition to rebuild.
            lock_timeout: seconds to wait for another run.
            progress: hears how far the run is.

        Raises:
            LockedError: another run holds the cache.
            CacheError: the cache is damaged, or belongs to another config.
            DataError: see `valuekit.pipeline.ingest.run`.
        """
        request = Request(verb, paths, on_error, full_refresh, since, until, self.config.cache.keep_facts)
        plans = self.plans
        with self._writing(lock_timeout) as store:
            return run(store, plans, request, progress or Silent())

    def preview(self, paths: Sequence[Path] = ()) -> IngestReport:
        """Say which files an ingest would land, without landing them; it goes by what the last run published."""
        files = discover.source_files(self.plans.source, self.folder, paths)
        if snapshot.read_pointer(self.folder) is None:
            found = discover.survey(files, None, self.plans.landing)
        else:
            with self._reading() as connection:
                found = discover.survey(files, Ledger(connection), self.plans.landing)
        outcomes = [
            FileOutcome(item.shown, "would land" if item.content else "unreadable", reason=item.reason)
            for item in found.todo
        ]
        gone = [
            f"{discover.shown(Path(path))} landed without a column that the config needs now, and is gone"
            for path in sorted(found.gone.values())
        ]
        return IngestReport(files=tuple(outcomes), files_unchanged=found.unchanged, warnings=tuple(gone))

    def compute(
        self,
        metrics: Sequence[str] = (),
        *,
        by: Sequence[str] = (),
        where: str | None = None,
        scores: Sequence[str] | None = None,
        sort: Sequence[str] = (),
        limit: int | None = None,
    ) -> Computed:
        """Compute metrics from the published snapshot.

        Args:
            metrics: names of the config's metrics; none for all.
            by: the dimensions of the grain; none for the total.
            where: an expression over dimensions.
            scores: the scores to give; None for those that the config lists.
            sort: dimensions or scores, descending where a minus precedes.
            limit: at most so many rows for each metric.

        Raises:
            UsageError: an unknown metric, dimension or score, or an expression that does not fit.
            CacheError: nothing is published yet, or none of the metrics.
        """
        question = Question(tuple(by), where, tuple(scores) if scores is not None else None, tuple(sort), limit)
        return self.answer(metrics, question)

    def check(self, metrics: Sequence[str], question: Question) -> tuple[str, ...]:
        """Check a question before anything is landed, and return the metrics that it is about.

        Raises:
            UsageError: an unknown metric, dimension or score, or an expression that cannot be read.
        """
        names = self._names(metrics)
        for name in names:
            check(self.plans, name, question)
        return names

    def answer(self, metrics: Sequence[str], question: Question) -> Computed:
        """Answer a question from the published snapshot; see `compute`."""
        names = self.check(metrics, question)
        results: list[MetricResult] = []
        failures: list[tuple[str, str]] = []
        with self._reading() as connection, facts_on_demand(self.folder, self.config.cache, self.plans) as facts:
            sources = Sources(connection, facts)
            for name in names:
                try:
                    results.append(answer(sources, self.plans, name, question))
                except CacheError as error:
                    failures.append((name, str(error)))
            data = _window(connection, self.plans)
            answered = [result.metric for result in results]
            warnings = list(gaps(connection, self.plans, answered))
            audit = audit_outcomes(connection, self.plans, answered)
            warnings += warnings_of(audit)
        if failures and not results:
            raise CacheError(failures[0][1])
        if not metrics:
            warnings += [self._unavailable(name) for name in self.plans.unavailable]
        results = [noted(result, audit) for result in results]
        return Computed(tuple(results), data, failures=tuple(failures), warnings=tuple(warnings))

    def _unavailable(self, name: str) -> str:
        return f"metric {name} is of family {self.config.metrics[name].family}, which this version does not compute"

    def _names(self, metrics: Sequence[str]) -> tuple[str, ...]:
        known = list(self.plans.metrics)
        for name in metrics:
            if name in self.plans.unavailable:
                raise UsageError(self._unavailable(name))
            if name not in known:
                raise unknown("metric", name, known)
        return tuple(dict.fromkeys(metrics)) or tuple(known)

    def status(self) -> Status:
        """Tell how fresh the cache is, from the published snapshot."""
        runs = [item for item in RunLedger(self.folder).read(locked=is_held(self.folder)) if item.finished]
        with self._reading() as connection:
            unreadable = connection.execute("SELECT path, reason FROM unreadable ORDER BY path").fetchall()
            return Status(
                config=self.config.file,
                cache=self.folder,
                data=_window(connection, self.plans),
                last_run=runs[-1].run_id if runs else None,
                finished=runs[-1].finished if runs else None,
                state=runs[-1].state if runs else None,
                unreadable=tuple(
                    FileOutcome(discover.shown(Path(path)), "unreadable", reason=reason) for path, reason in unreadable
                ),
                metrics=tuple(self._metric_status(connection, name) for name in self.plans.cells),
                audit=audit_outcomes(connection, self.plans),
            )

    def _metric_status(self, connection: DuckDBPyConnection, name: str) -> MetricStatus:
        plan = self.plans.cells[name]
        there = first_row(connection, "SELECT 1 FROM metrics WHERE fingerprint = ?", [plan.fingerprint])
        count = first_row(connection, f"SELECT count(*) FROM {table(plan.fingerprint)}") if there else None
        current = there is not None and why_failed(connection, plan) is None
        return MetricStatus(name, plan.family, plan.fingerprint, int(count[0]) if count else 0, current)

    def runs(self, limit: int = 20) -> pl.DataFrame:
        """The latest runs, newest first: number, verb, times, state, counts, and seconds by stage, null where none."""
        found = RunLedger(self.folder).read(locked=is_held(self.folder))
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

    def outcomes(self) -> pl.DataFrame:
        """Outcome labels that occur: rows, share of all rows, and what each metric counts them as."""
        with self._reading() as connection:
            return label_table(audit_outcomes(connection, self.plans))

    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """By metric, the dimensions that `by` and `where` may use."""
        return {name: available_dimensions(plan) for name, plan in self.plans.cells.items()}

    def cache_info(self) -> Mapping[str, object]:
        """Where the cache is and how large: bytes by file, and in all."""
        files = sorted(path for path in self.folder.glob("*") if path.is_file()) if self.folder.is_dir() else []
        sizes = {path.name: path.stat().st_size for path in files}
        return {
            "folder": str(self.folder),
            "bytes": sum(sizes.values()),
            "files": sizes,
            "locked": is_held(self.folder),
        }

    def clear(self) -> None:
        """Remove the cache; it can be rebuilt from the files.

        Raises:
            LockedError: a run holds it.
        """
        if not self.folder.is_dir():
            return
        with writer_lock(self.folder, 0):
            for path in self.folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name not in {"lock", discover.OUTPUTS}:
                    path.unlink(missing_ok=True)

    def refuse_output(self, path: Path) -> None:
        """Refuse to write where the config, the cache or a source is.

        Raises:
            UsageError: the file would be overwritten.
        """
        target = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
        if self.config.file is not None and target == Path(os.path.abspath(self.config.file)):  # noqa: PTH100 - as above
            raise UsageError(f"{path} is the config; write to another file")
        if self.folder == target or self.folder in target.parents:
            raise UsageError(f"{path} is in the cache; write to another folder")
        if target.is_file() and target in discover.source_files(self.plans.source, self.folder, ()):
            raise UsageError(f"{path} is a source file of this config; write to another file")

    def wrote(self, path: Path) -> None:
        """Remember a file that valuekit wrote, so that it is never taken for a source."""
        discover.remember_output(self.folder, path)

    def export_cells(self, folder: Path) -> ExportReport:
        """Write the published cells of every metric into a folder; see `valuekit.pipeline.exporting.export_cells`."""
        self.refuse_output(folder)
        with self._reading() as connection:
            report = export_cells(connection, self.plans, folder)
        for file in report.files:
            self.wrote(file)
        return report

    def import_cells(self, source: Path, *, replace: bool = False) -> ImportReport:
        """Take in the days of an export and publish them; see `valuekit.pipeline.importing.import_cells`."""
        plans = self.plans
        with self._writing(0) as store:
            return import_cells(store, plans, source, replace=replace)

    @contextmanager
    def _writing(self, lock_timeout: float) -> Iterator[Store]:
        settings = self.config.cache
        with writing(
            self.folder, lock_timeout=lock_timeout, memory_limit=settings.memory_limit, threads=settings.threads
        ) as store:
            if self._owner:
                owner.claim(store.connection, self._owner)
            yield store

    @contextmanager
    def _reading(self) -> Iterator[DuckDBPyConnection]:
        settings = self.config.cache
        with snapshot.reading(self.folder, memory_limit=settings.memory_limit, threads=settings.threads) as connection:
            if self._owner:
                owner.check(connection, self._owner)
            yield connection


def _window(connection: DuckDBPyConnection, plans: Plans) -> DataWindow:
    """What the numbers are made of; its days are those of the offers counted, as rows show them."""
    row = first_row(
        connection,
        "SELECT (SELECT count(DISTINCT path) FROM files), CAST(coalesce(sum(rows), 0) AS BIGINT) FROM partitions",
    )
    there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    cells = [table(plan.fingerprint) for plan in plans.cells.values() if table(plan.fingerprint) in there]
    days = " UNION ALL ".join(f'SELECT min("Day") AS first, max("Day") AS last FROM {name}' for name in cells)
    span = first_row(connection, f"SELECT min(first), max(last) FROM ({days})") if cells else None
    assert row is not None  # noqa: S101 - an aggregate gives one row
    return DataWindow(*row, *(span or (None, None)))
