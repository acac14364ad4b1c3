"""Files become facts: read, named, typed, staged, and committed a few files at a time.

Owns the meeting of sources, facts and cache. A commit holds whole files, so that a killed run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from valuekit.cache.labels import Labels
from valuekit.cache.landing import Staging
from valuekit.cache.ledger import LandedFile, Landing, Ledger
from valuekit.errors import DataError, UnreadableFileError
from valuekit.facts import names
from valuekit.facts.columns import REQUIRED, Column
from valuekit.facts.prepare import Preparer
from valuekit.pipeline.results import FileOutcome
from valuekit.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.cache.store import Store
    from valuekit.config.models import SourceConfig
    from valuekit.pipeline.discover import Candidate
    from valuekit.pipeline.results import Progress
    from valuekit.sources.base import Batch

COMMIT_ROWS = 500_000
COMMIT_FILES = 200
EXAMPLES = 5


@dataclass
class _Tally:
    """What is known of a file while it is read."""

    shown: str
    rows_read: int = 0
    rows_rejected: int = 0
    values_set_aside: int = 0
    examples: list[str] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def note(self, member: str | None, complaints: Iterable[tuple[int, str]]) -> None:
        for line, reason in complaints:
            if len(self.examples) >= EXAMPLES:
                return
            where = f"{self.shown}[{member}]" if member else self.shown
            self.examples.append(f"{where}:{line}: {reason}")


class Lander:
    """Lands the files of one run.

    Args:
        store: the cache, held for writing.
        source: the config section of the files.
        landing: the columns to land.
        run_id: the run.
        on_error: `skip` sets an unreadable file aside, `fail` stops at it.
        progress: hears about bytes.
    """

    def __init__(
        self, store: Store, source: SourceConfig, landing: Landing, *, run_id: int, on_error: str, progress: Progress
    ) -> None:
        self._store = store
        self._ledger = Ledger(store.connection)
        self._source = source
        self._landing = landing
        self._run_id = run_id
        self._on_error = on_error
        self._progress = progress
        self._labels = Labels(store.connection)
        self._staging = Staging(store.connection, landing.columns, landing.number, self._labels)
        self._pending: list[tuple[Candidate, FileOutcome]] = []
        self.outcomes: list[FileOutcome] = []
        self.seen: set[str] = set()
        self.collisions: list[str] = []

    def land(self, todo: Sequence[Candidate]) -> None:
        """Land files; what became of each is in `outcomes`.

        Raises:
            DataError: a file is unreadable and `on_error` is `fail`; the files before it have landed.
        """
        self._progress.start("landing", sum(_size(candidate) for candidate in todo))
        for candidate in todo:
            number = len(self._pending)
            try:
                outcome = self._stage(candidate, number)
            except UnreadableFileError as error:
                self._staging.discard(number)
                self._set_aside(candidate, error)
            else:
                self._pending.append((candidate, outcome))
            if self._staging.rows >= COMMIT_ROWS or len(self._pending) >= COMMIT_FILES:
                self._commit()
            self._progress.advance(_size(candidate), candidate.shown)
        self._commit()
        self._progress.finish()

    def _set_aside(self, candidate: Candidate, error: UnreadableFileError) -> None:
        if self._on_error == "fail":
            self._commit()
            raise DataError(f"{candidate.shown}: {error.reason}") from error
        self.outcomes.append(FileOutcome(candidate.shown, "unreadable", reason=error.reason))

    def _stage(self, candidate: Candidate, number: int) -> FileOutcome:
        if candidate.reason:
            raise UnreadableFileError(candidate.shown, candidate.reason)
        tally = _Tally(candidate.shown)
        readable = 0
        source = open_source(self._source.file_type, candidate.path, hive_root=self._hive_root())
        for batch in source.batches(candidate.path, self._choose):
            readable += self._stage_batch(batch, number, tally)
        resolved = names.resolve(list(tally.names), self._source.columns)
        self._check(candidate, tally, readable)
        self.seen.update(resolved.sources)
        self.collisions += [f"{candidate.shown}: {text}" for text in resolved.collisions]
        return FileOutcome(
            candidate.shown,
            "landed",
            rows_read=tally.rows_read,
            rows_rejected=tally.rows_rejected,
            values_set_aside=tally.values_set_aside,
            examples=tuple(tally.examples),
        )

    def _stage_batch(self, batch: Batch, number: int, tally: _Tally) -> int:
        """Type and stage one batch; return how many of its rows are facts."""
        tally.names.update(dict.fromkeys([*batch.names, *batch.frame.columns]))
        resolved = names.resolve(list(tally.names), self._source.columns)
        prepared = Preparer(self._landing.columns, resolved.sources).prepare(batch.frame, batch.lines, batch.whole)
        tally.rows_read += batch.frame.height + len(batch.rejected)
        tally.rows_rejected += len(batch.rejected) + len(prepared.rejected)
        tally.values_set_aside += len(prepared.set_aside)
        tally.note(batch.member, ((item.line, item.reason) for item in batch.rejected))
        tally.note(batch.member, ((item.line, item.reason) for item in (*prepared.rejected, *prepared.set_aside)))
        self._staging.add(number, prepared.frame)
        return prepared.frame.height

    def _check(self, candidate: Candidate, tally: _Tally, readable: int) -> None:
        """Refuse a file that lacks a required column, or has no readable row."""
        missing = [
            name for name in REQUIRED if name not in names.resolve(list(tally.names), self._source.columns).sources
        ]
        if missing and tally.names:
            raise UnreadableFileError(candidate.shown, f"has no column {' and no column '.join(missing)}")
        if not readable:
            first = f"; the first problem: {tally.examples[0]}" if tally.examples else ""
            raise UnreadableFileError(candidate.shown, f"has no readable row{first}")

    def _choose(self, seen: Sequence[str]) -> list[str]:
        """Pick the source columns to read: the planned ones and the ids, under any spelling that may yet appear."""
        sources = names.resolve(seen, self._source.columns).sources
        wanted = ["InteractionID", "FactID", *(column.name for column in self._landing.columns)]
        if "CustomerID" not in sources:
            wanted.append("SubjectID")
        chosen: list[str] = []
        for name in wanted:
            if name in sources:
                chosen.append(sources[name])
            elif name in self._source.columns:
                chosen.append(self._source.columns[name])
            else:
                chosen += names.candidates(name)
        return list(dict.fromkeys(chosen))

    def _hive_root(self) -> Path | None:
        return self._source.path if self._source.hive_partitioning else None

    def _commit(self) -> None:
        """Turn what is staged into facts, with the ledger, in one transaction."""
        if not self._pending:
            return
        with self._store.transaction():
            self._ledger.open_landing(self._landing)
            landed = self._staging.land()
            for number, (candidate, outcome) in enumerate(self._pending):
                counts = landed.get(number)
                final = outcome
                if counts is not None:
                    final = replace(
                        outcome,
                        rows_landed=counts.landed,
                        duplicates=counts.duplicates,
                        conflicts=counts.conflicts,
                        too_late=counts.too_late,
                    )
                self._record(candidate, final)
                self.outcomes.append(final)
        self._pending = []
        self._staging = Staging(self._store.connection, self._landing.columns, self._landing.number, self._labels)

    def _record(self, candidate: Candidate, outcome: FileOutcome) -> None:
        assert candidate.content is not None  # noqa: S101 - a file without content is unreadable and never pending
        counts = {
            name: getattr(outcome, name)
            for name in ("rows_read", "rows_landed", "rows_rejected", "duplicates", "conflicts", "too_late")
        }
        self._ledger.record(
            LandedFile(
                sha256=candidate.content,
                path=str(candidate.path),
                landing=self._landing.number,
                run_id=self._run_id,
                values_set_aside=outcome.values_set_aside,
                examples=list(outcome.examples),
                **counts,
            )
        )


def _size(candidate: Candidate) -> int:
    return candidate.path.stat().st_size if candidate.content else 0


def unfound(columns: Iterable[Column], seen: set[str], defaults: Iterable[str]) -> list[str]:
    """Name planned columns that no file of the run has and no default supplies."""
    supplied = {*seen, *defaults, "CustomerID", "Rank", "DecisionTime"}
    return [column.name for column in columns if column.name not in supplied]
