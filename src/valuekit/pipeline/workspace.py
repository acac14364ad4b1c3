"""A config and its cache: everything that can be done with them.

Owns the lock, the choice of the cache folder, and what is told of a cache. The command line and the Python API both
stand on it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property, partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache.connect import check_path
from valuekit.cache.lock import writer_lock
from valuekit.cache.store import DATABASE
from valuekit.config.nearest import unknown
from valuekit.errors import CacheError, ConfigError, UsageError
from valuekit.metrics.dimensions import purchase_dimensions
from valuekit.metrics.predictions import Outlook
from valuekit.metrics.registry import declare_customers
from valuekit.pipeline import clv, discover, freshness, stored_scores
from valuekit.pipeline.asking import Question
from valuekit.pipeline.caches import Caches, Kind
from valuekit.pipeline.choice import Share, shares_of
from valuekit.pipeline.compute import Sources, answer, check
from valuekit.pipeline.desk import Desk
from valuekit.pipeline.exporting import ExportReport, export_cells
from valuekit.pipeline.gaps import gaps
from valuekit.pipeline.holding_plans import HoldingPlans, clv_metrics, make_holding_plans
from valuekit.pipeline.holdings import Purchases, find_purchases, folder_of, rebuild, stored_of
from valuekit.pipeline.importing import ImportReport, import_cells
from valuekit.pipeline.ingest import Landed, Part, Request, run
from valuekit.pipeline.opening import Opening
from valuekit.pipeline.outcomes import audit_outcomes, label_table, noted, warnings_of
from valuekit.pipeline.plans import Plans, available_dimensions, make_plans
from valuekit.pipeline.preview import would_land
from valuekit.pipeline.restate import restate
from valuekit.pipeline.results import NO_DATA, Computed, DataWindow, IngestReport, Progress, Silent, Status

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

    from valuekit.cache.store import Store
    from valuekit.config.models import Config
    from valuekit.metrics.base import CustomerMetric
    from valuekit.pipeline.results import MetricResult


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
    def _caches(self) -> Caches:
        return Caches(self.config, self.folder, self.plans.source, self.holdings.source if self.holdings else None)

    @cached_property
    def holdings(self) -> HoldingPlans | None:
        """What the config asks of product holdings; None where no metric reads any."""
        _ = self.plans  # finds every expression that does not fit
        return make_holding_plans(self.config)

    @property
    def _sources(self) -> list[Landed]:
        """What the config asks of each of its sources."""
        sources: list[Landed] = [self.plans] if self.config.ih is not None else []
        return [*sources, self.holdings] if self.holdings is not None else sources

    def ingest(
        self,
        paths: Sequence[Path] = (),
        *,
        kind: Kind | None = None,
        verb: str = "ingest",
        on_error: str = "skip",
        full_refresh: bool = False,
        since: date | None = None,
        until: date | None = None,
        lock_timeout: float = 0.0,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Land new and changed files of all sources, bring the states up to date, and publish them.

        Args:
            paths: files or folders to land instead of the whole sources.
            kind: land this source only; without it each path belongs to the source whose pattern it matches, else to
                the one whose columns it has.
            verb: what the run ledger calls the run.
            on_error: `skip` sets an unreadable file aside, `fail` stops at it.
            full_refresh: forget everything landed and start over.
            since: first partition to rebuild even where nothing changed.
            until: last partition to rebuild.
            lock_timeout: seconds to wait for another run.
            progress: hears how far the run is.

        Raises:
            UsageError: the config has no such source.
            LockedError: another run holds the cache.
            CacheError: the cache is damaged, or belongs to another config.
            DataError: see `valuekit.pipeline.ingest.run`.
        """
        settings, text = self.config.cache, self.config.text or None
        request = Request(verb, on_error, full_refresh, since, until, settings.keep_facts, text)
        chosen = self._chosen(paths, kind)
        with writer_lock(self.folder, lock_timeout):
            parts = [self._part(share) for share in chosen]
            return run(self.folder, parts, request, progress or Silent())

    def _chosen(self, paths: Sequence[Path], kind: Kind | None) -> list[Share]:
        """The sources to land, each with those of the paths that belong to it; no paths for a whole source."""
        sources = self._sources
        if kind is not None:
            sources = [plans for plans in sources if plans.kind.name == kind]
            if not sources:
                raise UsageError(f"the config lands no {kind}: it has no [{kind}] section that a metric reads")
        if not sources:
            raise ConfigError(f"{self.config.file or 'the config'} has no metric that reads a source: nothing to land")
        check_path(self.folder / DATABASE)
        return shares_of(sources, paths, self.folder)

    def _part(self, share: Share) -> Part:
        plans = share.plans
        opened = partial(self._caches.writing, plans.kind.name)
        if isinstance(plans, HoldingPlans):
            return Part(
                share, opened, lambda *run: rebuild(run[0], plans, *run[1:]), tables=lambda name: stored_of(name).names
            )
        return Part(
            share,
            opened,
            partial(restate, plans=self.plans, wanted=stored_scores.gatherings(self.plans)),
            lambda store, built: stored_scores.wanted(store.connection, self.plans, built.failures, built.gathered),
            lambda store: audit_outcomes(store.connection, self.plans),
        )

    def preview(self, paths: Sequence[Path] = (), kind: Kind | None = None) -> IngestReport:
        """Say which files an ingest would land, without landing them; it goes by what the last run published."""
        return would_land(self._chosen(paths, kind), self._caches)

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
            if name in self.customer_metrics:
                clv.check(self.customer_metrics[name], question)
            else:
                check(self.plans, name, question)
        return names

    def answer(self, metrics: Sequence[str], question: Question) -> Computed:
        """Answer a question from the published snapshots; see `compute`."""
        names = self.check(metrics, question)
        of_offers = [name for name in names if name not in self.customer_metrics]
        customers = [self._answer_customers(name, question) for name in names if name in self.customer_metrics]
        parts = [self._answer_offers(of_offers, question)] if of_offers or not customers else []
        windows = [part.data for part in parts] + [part.data for part in customers if part.results][:1]
        parts += customers
        found = {result.metric: result for part in parts for result in part.results}
        failures = tuple(failure for part in parts for failure in part.failures)
        if failures and not found:
            raise CacheError(failures[0][1])
        return Computed(
            tuple(found[name] for name in names if name in found),
            reduce(DataWindow.joined, windows, NO_DATA),
            failures=failures,
            warnings=tuple(warning for part in parts for warning in part.warnings),
        )

    def _answer_offers(self, names: Sequence[str], question: Question) -> Computed:
        results: list[MetricResult] = []
        failures: list[tuple[str, str]] = []
        with self.open_sources() as sources:
            for name in names:
                try:
                    results.append(answer(sources, self.plans, name, question))
                except CacheError as error:
                    failures.append((name, str(error)))
            data = freshness.window(sources.snapshot, self.plans)
            answered = [result.metric for result in results]
            warnings = list(gaps(sources.snapshot, self.plans, answered))
            audit = audit_outcomes(sources.snapshot, self.plans, answered)
            warnings += warnings_of(audit)
        results = [noted(result, audit) for result in results]
        return Computed(tuple(results), data, failures=tuple(failures), warnings=tuple(warnings))

    @cached_property
    def _opening(self) -> Opening:
        return Opening(self.folder, self.config.cache, self.plans, self._reading)

    def open_sources(self) -> AbstractContextManager[Sources]:
        """Open the published snapshot of Interaction History, with its facts for what no state can give.

        Raises:
            CacheError: nothing has been published yet, or it belongs to another config.
        """
        return self._opening.sources()

    def together(self) -> AbstractContextManager[None]:
        """Within it all questions about Interaction History read one snapshot, whatever is published meanwhile."""
        return self._opening.together()

    def _answer_customers(self, name: str, question: Question) -> Computed:
        try:
            with self.desk(name) as desk:
                result = clv.answer(desk, question)
                return Computed((result,), desk.data, warnings=result.warnings)
        except CacheError as error:
            return Computed((), NO_DATA, failures=((name, str(error)),))

    @cached_property
    def customer_metrics(self) -> Mapping[str, CustomerMetric]:
        """The metrics over product holdings, by name.

        Raises:
            ConfigError: a dimension has a name that is taken.
        """
        return {
            section.name: declare_customers(section, purchase_dimensions(section, self.config.global_filters))
            for section in clv_metrics(self.config)
        }

    @contextmanager
    def desk(self, name: str, outlook: Outlook | None = None, end: date | None = None) -> Iterator[Desk]:
        """Open the customers of a clv metric.

        Args:
            name: the metric.
            outlook: what is asked of the future; the discount rate is the config's.
            end: the end of observation; None for the config's, else the last purchase date.

        Raises:
            UsageError: there is no such clv metric.
            CacheError: see `open_purchases`.
        """
        with self.open_purchases(name) as bought:
            assert self.holdings is not None  # noqa: S101 - there are purchases
            metric = self.customer_metrics[name]
            asked = replace(outlook or Outlook(), discount_rate=metric.config.discount_rate)
            yield Desk(metric, bought, self.holdings.types, asked, end)

    def _names(self, metrics: Sequence[str]) -> tuple[str, ...]:
        known = [name for name in self.config.metrics if name in self.plans.metrics or name in self.customer_metrics]
        for name in metrics:
            if name not in known:
                raise unknown("metric", name, known)
        return tuple(dict.fromkeys(metrics)) or tuple(known)

    def status(self) -> Status:
        """Tell how fresh the cache is, from the published snapshots."""
        return freshness.status(self.config.file, self.folder, self._sources, self._caches.reading)

    def runs(self, limit: int = 20) -> pl.DataFrame:
        """The latest runs, newest first: number, verb, times, state, counts, and seconds by stage, null where none."""
        return freshness.runs(self.folder, limit)

    def outcomes(self) -> pl.DataFrame:
        """Outcome labels that occur: rows, share of all rows, and what each metric counts them as."""
        with self._reading() as connection:
            return label_table(audit_outcomes(connection, self.plans))

    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """By metric, the dimensions that `by` and `where` may use."""
        return {name: available_dimensions(plan) for name, plan in self.plans.cells.items()}

    def cache_info(self) -> Mapping[str, object]:
        """Where the cache is and how large: bytes by file, and in all."""
        return freshness.disk_use(self.folder, (self.folder, folder_of(self.folder)))

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

    @property
    def published(self) -> tuple[Path, ...]:
        """The files that change whenever something is published."""
        return self._caches.pointers

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
        files = (discover.source_files(plans.source, self.folder, ()) for plans in self._sources)
        if target.is_file() and any(target in found for found in files):
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
        with writer_lock(self.folder, lock_timeout), self._caches.writing("ih") as store:
            yield store

    def _reading(self) -> AbstractContextManager[DuckDBPyConnection]:
        return self._caches.reading("ih")

    @contextmanager
    def open_purchases(self, metric: str) -> Iterator[Purchases]:
        """Open the published purchases of a clv metric.

        Raises:
            UsageError: there is no such clv metric.
            CacheError: nothing has been published yet, the metric has changed since, or it could not be built.
        """
        plans = self.holdings.cells if self.holdings else {}
        if metric not in plans:
            raise unknown("clv metric", metric, list(plans))
        with self._caches.reading("holdings") as connection:
            yield find_purchases(connection, plans[metric])
