"""One run: files land, facts become states, states are published.

Owns the order of the stages and of the sources, and that readers see a change only when nothing is dirty.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from valuekit.cache import expiry, imported, snapshot
from valuekit.cache.cells import Cells, table
from valuekit.cache.ledger import Ledger
from valuekit.cache.runs import RunLedger
from valuekit.errors import DataError
from valuekit.pipeline import discover
from valuekit.pipeline.land import Lander, unfound
from valuekit.pipeline.missing import no_column
from valuekit.pipeline.results import FileOutcome, IngestReport, Progress
from valuekit.pipeline.signals import hearing_signals
from valuekit.wording import counted

if TYPE_CHECKING:
    from datetime import timedelta

    from valuekit.cache.ledger import Landing
    from valuekit.cache.store import Store
    from valuekit.config.models import SourceConfig
    from valuekit.facts.columns import LandingPlan
    from valuekit.facts.kinds import FactKind
    from valuekit.pipeline.choice import Share
    from valuekit.pipeline.discover import Found
    from valuekit.pipeline.outcomes import OutcomeAudit
    from valuekit.pipeline.restate import Restated
    from valuekit.states.plan import Defined

STAGES = ("find files", "land", "compute", "publish")


@dataclass(frozen=True)
class Request:
    """What the user asked of an ingest.

    Attributes:
        verb: for the run ledger.
        on_error: `skip` or `fail`, for unreadable files.
        full_refresh: forget everything first.
        since: first partition to rebuild even where nothing changed.
        until: last partition to rebuild.
        keep_facts: how long facts stay; None for ever.
        config: the text of the config, for the run ledger; None where there is none.
    """

    verb: str = "ingest"
    on_error: str = "skip"
    full_refresh: bool = False
    since: date | None = None
    until: date | None = None
    keep_facts: timedelta | None = None
    config: str | None = None


@dataclass
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - began, 3)


class Landed(Protocol):
    """What a run needs to know of what the config asks of one source."""

    @property
    def kind(self) -> FactKind:
        """The kind of its facts."""

    @property
    def source(self) -> SourceConfig:
        """Its section."""

    @property
    def landing(self) -> LandingPlan:
        """What to land."""

    @property
    def cells(self) -> Mapping[str, Defined]:
        """By metric name, what to build."""

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """By metric name the columns that it is computed from."""

    @property
    def optional(self) -> Collection[str]:
        """Columns that need not be in any file."""


@dataclass(frozen=True)
class Part:
    """One source in a run.

    Attributes:
        share: which of its files to land.
        open: opens its cache for writing.
        restate: builds what is dirty, given the run's number.
        further: more tables of the snapshot, given what has been built.
        audit: compares labels in the data with those in the config; None where there are none to compare.
        tables: what readers see of a metric, by its fingerprint.
    """

    share: Share
    open: Callable[[], AbstractContextManager[Store]]
    restate: Callable[[Store, int, Progress], Restated]
    further: Callable[[Store, Restated], snapshot.Extra | None] = lambda *_: None
    audit: Callable[[Store], OutcomeAudit | None] = lambda _: None
    tables: Callable[[str], Iterable[str]] = lambda fingerprint: (table(fingerprint),)


class NothingFoundError(DataError):
    """A source has no file, and nothing of it has landed."""


def run(home: Path, parts: Sequence[Part], request: Request, progress: Progress) -> IngestReport:
    """Bring the caches of some sources up to date and publish them.

    Args:
        home: the cache folder of the config, held for writing; it has the run ledger.
        parts: the sources, at least one.
        request: what the user asked.
        progress: hears how far the run is.

    Raises:
        DataError: nothing to land and nothing landed, a landed file is needed again and gone, or a file is unreadable
            and the request says to stop there.
    """
    runs, watch = RunLedger(home), Stopwatch()
    with ExitStack() as first:
        store = first.enter_context(parts[0].open())
        run_id = runs.begin(request.verb, request.config)
        with hearing_signals() as heard:
            try:
                reports = list(_each(store, first, parts, request, _Step(home, run_id, watch, progress)))
                report = _joined(reports, run_id, watch)
            except BaseException as error:
                _note_failure(runs, run_id, watch, error, heard)
                raise
        counts = {"files_landed": report.files_landed, "files_unreadable": len(report.unreadable)}
        counts |= {name: report.total(name) for name in ("rows_landed", "rows_rejected", "duplicates", "conflicts")}
        counts["partitions_restated"] = report.partitions_restated
        state = "interrupted" if heard else "partly done" if report.exit_code else "done"
        runs.end(run_id, state, counts, watch.seconds, f"stopped by {heard[0]}" if heard else None)
    return report


@dataclass(frozen=True)
class _Step:
    """What every part of a run shares: the cache folder of the config, the run's number, the clock, the listener."""

    home: Path
    run_id: int
    watch: Stopwatch
    progress: Progress


def _each(
    store: Store, first: ExitStack, parts: Sequence[Part], request: Request, step: _Step
) -> Iterator[IngestReport]:
    """Run the parts in turn, the first one in its open store, which is closed before the next is opened.

    A source without files is no reason to stop, as long as another one has some: its metrics have no data then.
    """
    missing: list[tuple[Part, NothingFoundError]] = []
    for number, part in enumerate(parts):
        with nullcontext(store) if number == 0 else part.open() as opened:
            try:
                yield _run(opened, part, request, step)
            except NothingFoundError as error:
                missing.append((part, error))
        first.close()
    if len(missing) == len(parts):
        raise missing[0][1]
    for part, reason in missing:
        with part.open() as opened:
            if not Cells(opened.connection).sizes():
                yield _run(opened, part, request, step, may_be_empty=True)
        yield IngestReport(warnings=(str(reason),))


def _joined(reports: Sequence[IngestReport], run_id: int, watch: Stopwatch) -> IngestReport:
    """One report of all the sources."""
    return IngestReport(
        run_id=run_id,
        files=tuple(file for report in reports for file in report.files),
        files_unchanged=sum(report.files_unchanged for report in reports),
        partitions_restated=sum(report.partitions_restated for report in reports),
        rebuilt={name: why for report in reports for name, why in report.rebuilt.items()},
        failures=tuple(failure for report in reports for failure in report.failures),
        warnings=tuple(warning for report in reports for warning in report.warnings),
        durations=watch.seconds,
        audit=next((report.audit for report in reports if report.audit is not None), None),
    )


def _note_failure(runs: RunLedger, run_id: int, watch: Stopwatch, error: BaseException, heard: Sequence[str]) -> None:
    """Close a failed run; where that fails too, as on a full disk, the first error stays the one that is told."""
    try:
        if heard or isinstance(error, KeyboardInterrupt | SystemExit):
            runs.end(run_id, "interrupted", {}, watch.seconds, f"stopped by {heard[0]}" if heard else "stopped")
        else:
            runs.end(run_id, "failed", {}, watch.seconds, str(error) or type(error).__name__)
    except OSError as second:
        error.add_note(f"the run ledger could not be written: {second}")


def _run(store: Store, part: Part, request: Request, step: _Step, *, may_be_empty: bool = False) -> IngestReport:
    ledger, cells, plans, watch = Ledger(store.connection), Cells(store.connection), part.share.plans, step.watch
    with watch.stage("find files"):
        files = part.share.files(step.home)
        if not files and not may_be_empty and (request.full_refresh or not cells.sizes()):
            raise _nothing_found(plans, cells)
        days = imported.count(store.connection) if request.full_refresh else 0
        landed = _forget(store) if request.full_refresh else {}
        if part.share.paths:
            ledger.remember_named([str(path) for path in files])
        found = discover.sort_out(files, ledger, plans.landing)
        _start_over(store, ledger, found, plans)
    with watch.stage("land"):
        landing = ledger.landing(plans.landing)
        lander = Lander(
            store,
            plans.kind,
            plans.source,
            landing,
            run_id=step.run_id,
            on_error=request.on_error,
            progress=step.progress,
        )
        lander.land(found.todo)
        _account_for_gone(store, found, plans, landing)
        _note_unreadable(store, found, lander.outcomes, step.run_id, looked_at=files if part.share.paths else None)
    rebuilt = {plan.name: why for plan in plans.cells.values() if (why := cells.why_rebuilt(plan))}
    with watch.stage("compute"):
        if request.since or request.until:
            with store.transaction():
                cells.touch(request.since, request.until)
        restated = part.restate(store, step.run_id, step.progress)
    with watch.stage("publish"):
        _publish(store, part, restated, request, step.run_id)
    return IngestReport(
        files=tuple(lander.outcomes),
        files_unchanged=found.unchanged,
        partitions_restated=restated.partitions,
        rebuilt=rebuilt,
        failures=tuple(restated.failures.items()),
        warnings=(*_lost(landed, found, files, days), *_warnings(part, lander, files, store), *restated.warnings),
        audit=part.audit(store),
    )


def _nothing_found(plans: Landed, cells: Cells) -> NothingFoundError:
    source = plans.source
    kept = "; nothing has been forgotten" if cells.sizes() else ""
    return NothingFoundError(
        f"no file matches {source.file_pattern!r} in {discover.shown(source.path)}; "
        f"see path and file_pattern in [{source.kind}]{kept}"
    )


def _forget(store: Store) -> Mapping[str, str]:
    """Empty the cache; return the path of every file that had landed, by content.

    Imported days stay lost: nothing here says where they came from.
    """
    landed = dict(store.connection.execute("SELECT sha256, path FROM files").fetchall())
    store.forget()
    return landed


def _lost(landed: Mapping[str, str], found: Found, files: Sequence[Path], imported_days: int) -> Iterator[str]:
    """Name what a full refresh forgot and does not find again: files that had landed, and imported days."""
    if imported_days:
        yield f"{counted(imported_days, 'imported day')} forgotten by --full-refresh: run `valuekit cache import` again"
    there = {candidate.content for candidate in found.todo}
    paths = {str(path) for path in files}
    lost = sorted(path for content, path in landed.items() if content not in there and path not in paths)
    if lost:
        named = ", ".join(discover.shown(Path(path)) for path in lost[:3])
        more = ", ..." if len(lost) > 3 else ""
        verb = "was" if len(lost) == 1 else "were"
        yield (
            f"{counted(len(lost), 'file')} that had landed {verb} not found again, and the rows are lost: {named}{more}"
        )


def _start_over(store: Store, ledger: Ledger, found: Found, plans: Landed) -> None:
    """Empty the cache where something lands otherwise than before, so that every file is read again.

    Raises:
        DataError: a landed file is gone, or facts have expired.
    """
    changed = ledger.landed_otherwise(plans.landing)
    if not changed:
        return
    reasons = [f"{discover.shown(Path(path))} is gone" for path in sorted(found.gone.values())[:3]]
    reasons += [why] if (why := imported.why_no_facts(store.connection)) else []
    if reasons:
        raise DataError(
            f"{', '.join(changed)}: the config lands this otherwise than before, so every file has to be read again, "
            f"but {', '.join(reasons)}; take the change back, or start over with --full-refresh"
        )
    store.forget()


def _account_for_gone(store: Store, found: Found, plans: Landed, landing: Landing) -> None:
    """Go on without files that are gone, if all their rows came again in others; else stop.

    Raises:
        DataError: facts of such a file lack a column that the config needs now.
    """
    if not found.gone:
        return
    ledger = Ledger(store.connection)
    if ledger.has_facts_lacking(plans.landing):
        files = ", ".join(discover.shown(Path(path)) for path in sorted(found.gone.values()))
        columns = ", ".join(column.name for column in plans.landing.columns)
        raise DataError(
            f"{files}: landed without a column that the config needs now (it needs {columns}), and gone since; "
            "put it back, or take the column out of the config, or start over with --full-refresh"
        )
    with store.transaction():
        ledger.open_landing(landing)
        ledger.cover(found.gone, landing)


def _note_unreadable(
    store: Store, found: Found, outcomes: Sequence[FileOutcome], run_id: int, *, looked_at: Sequence[Path] | None
) -> None:
    """Keep the list of unreadable files in step with what was looked at, None for all there are, if it changed."""
    paths = {candidate.shown: str(candidate.path) for candidate in found.todo}
    reasons = {paths[item.path]: item.reason or "" for item in outcomes if item.status == "unreadable"}
    listed = [path for (path,) in store.connection.execute("SELECT path FROM unreadable").fetchall()]
    stale = {*listed} if looked_at is None else {*listed} & {str(path) for path in looked_at}
    if reasons or stale:
        with store.transaction():
            Ledger(store.connection).set_unreadable(reasons, run_id, [*stale, *reasons])


def _publish(store: Store, part: Part, restated: Restated, request: Request, run_id: int) -> None:
    """Seal what has expired, forget what the config no longer defines, and publish a snapshot."""
    plans = part.share.plans
    cells = Cells(store.connection)
    defined = plans.cells.values()
    old = expiry.expired(store.connection, request.keep_facts) if request.keep_facts else []
    if old and not restated.failures:
        with store.transaction():
            expiry.seal(store.connection, old)
            cells.drop_outdated()
    cells.adopt(defined)
    if not restated.failures and (obsolete := cells.obsolete(defined)):
        with store.transaction():
            cells.drop(obsolete)
    failures = [
        snapshot.Failure(name, plans.cells[name].fingerprint, reason) for name, reason in restated.failures.items()
    ]
    further = part.further(store, restated)
    snapshot.publish(store, run_id, {plan.fingerprint for plan in defined}, failures, further, tables=part.tables)


def _warnings(part: Part, lander: Lander, files: Sequence[Path], store: Store) -> Iterator[str]:
    plans = part.share.plans
    yield from lander.collisions[:10]
    seen = Ledger(store.connection).columns()
    supplied = (*plans.source.default_values, *plans.optional)
    for name in unfound(plans.landing.columns, seen, supplied) if seen else ():
        yield no_column(name, seen, plans.reads)
    if not part.share.paths:
        stray = Ledger(store.connection).landed_elsewhere([str(path) for path in files])
        if stray:
            one = len(stray) == 1
            named = f"{'' if one else 'for example '}{discover.shown(Path(stray[0]))}"
            yield (
                f"{counted(len(stray), 'landed file')} {'is' if one else 'are'} still there but not among those that "
                f"[{plans.source.kind}] names: {named}; {'its' if one else 'their'} rows count until --full-refresh"
            )
