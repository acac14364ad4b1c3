"""One run: files land, facts become states, states are published.

Owns the order of the stages, and that readers see a change only when nothing is dirty.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from valuekit.cache import expiry, imported, snapshot
from valuekit.cache.cells import Cells
from valuekit.cache.ledger import Ledger
from valuekit.cache.runs import RunLedger
from valuekit.config.nearest import nearest
from valuekit.errors import DataError
from valuekit.pipeline import discover, stored_scores
from valuekit.pipeline.land import Lander, unfound
from valuekit.pipeline.outcomes import audit_outcomes
from valuekit.pipeline.restate import Restated, restate
from valuekit.pipeline.results import FileOutcome, IngestReport, Progress
from valuekit.wording import counted

if TYPE_CHECKING:
    from datetime import timedelta

    from valuekit.cache.ledger import Landing
    from valuekit.cache.store import Store
    from valuekit.pipeline.discover import Found
    from valuekit.pipeline.plans import Plans

STAGES = ("find files", "land", "compute", "publish")


@dataclass(frozen=True)
class Request:
    """What the user asked of an ingest.

    Attributes:
        verb: for the run ledger.
        paths: files or folders to land; none for the whole source.
        on_error: `skip` or `fail`, for unreadable files.
        full_refresh: forget everything first.
        since: first partition to rebuild even where nothing changed.
        until: last partition to rebuild.
        keep_facts: how long facts stay; None for ever.
    """

    verb: str = "ingest"
    paths: Sequence[Path] = ()
    on_error: str = "skip"
    full_refresh: bool = False
    since: date | None = None
    until: date | None = None
    keep_facts: timedelta | None = None


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


def run(store: Store, plans: Plans, request: Request, progress: Progress) -> IngestReport:
    """Bring the cache up to date and publish it.

    Raises:
        DataError: nothing to land and nothing landed, a landed file is needed again and gone, or a file is unreadable
            and the request says to stop there.
    """
    runs, watch = RunLedger(store.folder), Stopwatch()
    run_id = runs.begin(request.verb)
    with _hearing_signals() as heard:
        try:
            report = _run(store, plans, request, run_id=run_id, watch=watch, progress=progress)
        except BaseException as error:
            _note_failure(runs, run_id, watch, error, heard)
            raise
    counts = {"files_landed": report.files_landed, "files_unreadable": len(report.unreadable)}
    counts |= {name: report.total(name) for name in ("rows_landed", "rows_rejected", "duplicates", "conflicts")}
    counts["partitions_restated"] = report.partitions_restated
    state = "interrupted" if heard else "partly done" if report.exit_code else "done"
    runs.end(run_id, state, counts, watch.seconds, f"stopped by {heard[0]}" if heard else None)
    return report


@contextmanager
def _hearing_signals() -> Iterator[list[str]]:
    """Give the names of the stop signals that come, which libraries may turn into errors of their own, or swallow.

    Each goes on to the handler that was there. Only the main thread may listen, and only a Python handler lets a run go
    on to its end.
    """
    heard: list[str] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers = {number: handler for number, handler in before.items() if callable(handler)}

    def hear(number: int, frame: FrameType | None) -> None:
        heard.append(signal.Signals(number).name)
        handlers[signal.Signals(number)](number, frame)

    try:
        for number in handlers:
            signal.signal(number, hear)
        yield heard
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _note_failure(runs: RunLedger, run_id: int, watch: Stopwatch, error: BaseException, heard: Sequence[str]) -> None:
    """Close a failed run; where that fails too, as on a full disk, the first error stays the one that is told."""
    try:
        if heard or isinstance(error, KeyboardInterrupt | SystemExit):
            runs.end(run_id, "interrupted", {}, watch.seconds, f"stopped by {heard[0]}" if heard else "stopped")
        else:
            runs.end(run_id, "failed", {}, watch.seconds, str(error) or type(error).__name__)
    except OSError as second:
        error.add_note(f"the run ledger could not be written: {second}")


def _run(
    store: Store, plans: Plans, request: Request, *, run_id: int, watch: Stopwatch, progress: Progress
) -> IngestReport:
    ledger, cells = Ledger(store.connection), Cells(store.connection)
    with watch.stage("find files"):
        files = discover.source_files(plans.source, store.folder, request.paths)
        if not files and (request.full_refresh or not cells.sizes()):
            raise _nothing_found(plans, cells)
        landed = _forget(store) if request.full_refresh else {}
        if request.paths:
            ledger.remember_named([str(path) for path in files])
        found = discover.sort_out(files, ledger, plans.landing)
        _start_over(store, ledger, found, plans)
    with watch.stage("land"):
        landing = ledger.landing(plans.landing)
        lander = Lander(store, plans.source, landing, run_id=run_id, on_error=request.on_error, progress=progress)
        lander.land(found.todo)
        _account_for_gone(store, found, plans, landing)
        _note_unreadable(store, found, lander.outcomes, run_id, looked_at=files if request.paths else None)
    rebuilt = {plan.name: why for plan in plans.cells.values() if (why := cells.why_rebuilt(plan))}
    with watch.stage("compute"):
        if request.since or request.until:
            with store.transaction():
                cells.touch(request.since, request.until)
        restated = restate(store, plans, run_id, progress)
    with watch.stage("publish"):
        _publish(store, plans, restated, request, run_id)
    return IngestReport(
        run_id=run_id,
        files=tuple(lander.outcomes),
        files_unchanged=found.unchanged,
        partitions_restated=restated.partitions,
        rebuilt=rebuilt,
        failures=tuple(restated.failures.items()),
        warnings=(*_lost(landed, found, files), *_warnings(plans, lander, files, store, request)),
        durations=watch.seconds,
        audit=audit_outcomes(store.connection, plans),
    )


def _nothing_found(plans: Plans, cells: Cells) -> DataError:
    source = plans.source
    kept = "; nothing has been forgotten" if cells.sizes() else ""
    return DataError(
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


def _lost(landed: Mapping[str, str], found: Found, files: Sequence[Path]) -> Iterator[str]:
    """Name the files that had landed before a full refresh and that it does not find again."""
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


def _start_over(store: Store, ledger: Ledger, found: Found, plans: Plans) -> None:
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


def _account_for_gone(store: Store, found: Found, plans: Plans, landing: Landing) -> None:
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


def _publish(store: Store, plans: Plans, restated: Restated, request: Request, run_id: int) -> None:
    """Seal what has expired, forget what the config no longer defines, and publish a snapshot."""
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
    wanted = stored_scores.names(store.connection, plans, list(restated.failures))
    extra = snapshot.Extra(wanted, lambda: stored_scores.make(store.connection, plans, wanted))
    snapshot.publish(store, run_id, {plan.fingerprint for plan in defined}, failures, extra)


def _warnings(plans: Plans, lander: Lander, files: Sequence[Path], store: Store, request: Request) -> Iterator[str]:
    yield from lander.collisions[:10]
    seen = Ledger(store.connection).columns()
    for name in unfound(plans.landing.columns, seen, plans.source.default_values) if seen else ():
        near = nearest(name, seen)
        hint = f'; did you mean "{near}"?' if near else ""
        yield f'no landed file has a column "{name}", which the config uses, so it is empty everywhere{hint}'
    if not request.paths:
        stray = Ledger(store.connection).landed_elsewhere([str(path) for path in files])
        if stray:
            one = len(stray) == 1
            named = f"{'' if one else 'for example '}{discover.shown(Path(stray[0]))}"
            yield (
                f"{counted(len(stray), 'landed file')} {'is' if one else 'are'} still there but not among those that "
                f"[{plans.source.kind}] names: {named}; {'its' if one else 'their'} rows count until --full-refresh"
            )
