"""One run: files land, facts become states, states are published.

Owns the order of the stages, and that readers see a change only when nothing is dirty.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache import expiry, snapshot
from valuekit.cache.cells import Cells
from valuekit.cache.ledger import Ledger
from valuekit.cache.runs import RunLedger
from valuekit.errors import DataError
from valuekit.pipeline import discover
from valuekit.pipeline.land import Lander, unfound
from valuekit.pipeline.restate import Restated, restate
from valuekit.pipeline.results import FileOutcome, IngestReport, Progress

if TYPE_CHECKING:
    from datetime import timedelta

    from valuekit.cache.store import Store
    from valuekit.pipeline.discover import Found
    from valuekit.pipeline.plans import Plans


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
    runs = RunLedger(store.folder)
    run_id = runs.begin(request.verb)
    watch = Stopwatch()
    try:
        report = _run(store, plans, request, run_id=run_id, watch=watch, progress=progress)
    except BaseException as error:
        runs.end(run_id, "failed", {}, watch.seconds, str(error) or type(error).__name__)
        raise
    counts = {"files_landed": report.files_landed, "files_unreadable": len(report.unreadable)}
    counts |= {name: report.total(name) for name in ("rows_landed", "rows_rejected", "duplicates", "conflicts")}
    counts["partitions_restated"] = report.partitions_restated
    state = "partly done" if report.exit_code else "done"
    runs.end(run_id, state, counts, watch.seconds, None)
    return report


def _run(
    store: Store, plans: Plans, request: Request, *, run_id: int, watch: Stopwatch, progress: Progress
) -> IngestReport:
    ledger, cells = Ledger(store.connection), Cells(store.connection)
    if request.full_refresh:
        store.forget()
    with watch.stage("find files"):
        files = discover.source_files(plans.source, store.folder, request.paths)
        found = discover.sort_out(files, ledger, plans.columns)
        _refuse_nothing(found, plans, cells)
    with watch.stage("land"):
        landing = ledger.landing(plans.columns)
        lander = Lander(store, plans.source, landing, run_id=run_id, on_error=request.on_error, progress=progress)
        lander.land(found.todo)
        _account_for_gone(store, ledger, found, plans)
        _note_unreadable(store, ledger, found, lander.outcomes, run_id)
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
        warnings=tuple(_warnings(plans, lander, files, store, request)),
        durations=watch.seconds,
    )


def _refuse_nothing(found: Found, plans: Plans, cells: Cells) -> None:
    if not found.total and not cells.sizes():
        source = plans.source
        raise DataError(
            f"no file matches {source.file_pattern!r} in {discover.shown(source.path)}; "
            f"see path and file_pattern in [{source.kind}]"
        )


def _account_for_gone(store: Store, ledger: Ledger, found: Found, plans: Plans) -> None:
    """Go on without files that are gone, if all their rows came again in others; else stop.

    Raises:
        DataError: facts of such a file lack a column that the config needs now.
    """
    if not found.gone:
        return
    if ledger.has_facts_lacking(plans.columns):
        files = ", ".join(discover.shown(Path(path)) for path in sorted(found.gone.values()))
        columns = ", ".join(column.name for column in plans.columns)
        raise DataError(
            f"{files}: landed without a column that the config needs now (it needs {columns}), and gone since; "
            "put it back, or take the column out of the config, or start over with --full-refresh"
        )
    landing = ledger.landing(plans.columns)
    with store.transaction():
        ledger.open_landing(landing)
        ledger.cover(found.gone, landing)


def _note_unreadable(store: Store, ledger: Ledger, found: Found, outcomes: Sequence[FileOutcome], run_id: int) -> None:
    """Keep the list of unreadable files in step with what was looked at, if it changed."""
    reasons = {item.path: item.reason or "" for item in outcomes if item.status == "unreadable"}
    looked_at = [candidate.shown for candidate in found.todo]
    if reasons or ledger.any_unreadable(looked_at):
        with store.transaction():
            ledger.set_unreadable(reasons, run_id, looked_at)


def _publish(store: Store, plans: Plans, restated: Restated, request: Request, run_id: int) -> None:
    """Seal what has expired, forget what the config no longer defines, and publish a snapshot."""
    old = expiry.expired(store.connection, request.keep_facts) if request.keep_facts else []
    if old and not restated.failures:
        with store.transaction():
            expiry.seal(store.connection, old)
    cells = Cells(store.connection)
    keep = {plan.fingerprint: plan for plan in plans.cells.values()}
    if not restated.failures and cells.obsolete(keep):
        with store.transaction():
            cells.drop_all_but(keep)
    snapshot.publish(store, run_id)


def _warnings(plans: Plans, lander: Lander, files: Sequence[Path], store: Store, request: Request) -> Iterator[str]:
    yield from lander.collisions[:10]
    if lander.seen:
        for name in unfound(plans.columns, lander.seen, plans.source.default_values):
            yield f"no file of this run has a column {name}, which the config uses: it is empty there"
    if not request.paths:
        stray = Ledger(store.connection).landed_elsewhere([str(path) for path in files])
        if stray:
            yield (
                f"{len(stray)} landed files are still there but not among those that [{plans.source.kind}] names, "
                f"for example {discover.shown(Path(stray[0]))}; their rows count until --full-refresh"
            )
