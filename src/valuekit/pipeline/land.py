"""Files become facts: read, named, typed, staged, and committed a few files at a time.

Owns the meeting of sources, facts and cache. A commit holds whole files, so that a killed run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING

from valuekit.cache.labels import Labels
from valuekit.cache.ledger import LandedFile, Landing, Ledger, Stamp
from valuekit.cache.orders import staging_of
from valuekit.errors import DataError, UnreadableFileError
from valuekit.facts import names
from valuekit.facts.prepare import Preparer
from valuekit.pipeline.results import FileOutcome
from valuekit.sources import open_source
from valuekit.sources.opening import naming

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.cache.landing import Landed
    from valuekit.cache.store import Store
    from valuekit.config.models import SourceConfig
    from valuekit.facts.columns import Column
    from valuekit.facts.kinds import FactKind
    from valuekit.facts.names import Resolved
    from valuekit.pipeline.discover import Candidate
    from valuekit.pipeline.results import Progress
    from valuekit.sources.base import Batch

COMMIT_ROWS = 2_000_000
"""A commit costs as much as what it looks at: every fact that has landed before."""
LIMITED_COMMIT_ROWS = 500_000
"""The same where the user limited the memory: rows are held until they are committed."""
COMMIT_FILES = 200
EXAMPLES = 5
READINGS = 64


@dataclass(frozen=True)
class _Reading:
    """How rows are read, as far as the columns of their file are known.

    Attributes:
        resolved: what the columns are called.
        chosen: the source columns to read.
        lacking: required columns that have not appeared.
        preparer: types the rows.
    """

    resolved: Resolved
    chosen: tuple[str, ...]
    lacking: tuple[str, ...]
    preparer: Preparer


@dataclass(frozen=True, order=True)
class _Example:
    """One set-aside row or value, ordered by its place in the file.

    Attributes:
        member: which archive member, counted in the order of reading.
        line: where in it.
        text: where and why, for people.
    """

    member: int
    line: int
    text: str = field(compare=False)


@dataclass
class _Tally:
    """What is known of a file while it is read."""

    shown: str
    readable: int = 0
    rows_read: int = 0
    rows_rejected: int = 0
    values_set_aside: int = 0
    rows: list[_Example] = field(default_factory=list)
    values: list[_Example] = field(default_factory=list)
    members: dict[str | None, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    member: str | None = None
    member_names: set[str] = field(default_factory=set)

    def see(self, names: Iterable[str]) -> frozenset[str]:
        """Add column names; return all of the file."""
        self.names.update(names)
        return frozenset(self.names)

    def see_in(self, member: str, names: Iterable[str]) -> frozenset[str]:
        """Add column names of an archive member, whose batches follow one another; return all of the member."""
        if member != self.member:
            self.member, self.member_names = member, set()
        self.member_names.update(names)
        return frozenset(self.member_names)

    @property
    def examples(self) -> tuple[str, ...]:
        """The first set-aside rows and the first set-aside values, in the order of the file."""
        return tuple(example.text for example in sorted([*self.rows, *self.values]))

    def note_rows(self, member: str | None, complaints: Iterable[tuple[int, str]]) -> None:
        """Keep the first of the rows that are set aside."""
        self.rows = self._first(self.rows, member, complaints)

    def note_values(self, member: str | None, complaints: Iterable[tuple[int, str]]) -> None:
        """Keep the first of the values that are set aside: rows do not crowd them out."""
        self.values = self._first(self.values, member, complaints)

    def _first(self, kept: list[_Example], member: str | None, complaints: Iterable[tuple[int, str]]) -> list[_Example]:
        place = self.members.setdefault(member, len(self.members))
        where = f"{self.shown}[{member}]" if member else self.shown
        first = nsmallest(EXAMPLES, complaints, key=lambda complaint: complaint[0])
        found = [_Example(place, line, f"{where}:{line}: {reason}") for line, reason in first]
        return sorted([*kept, *found])[:EXAMPLES]


class Lander:
    """Lands the files of one run.

    Args:
        store: the cache, held for writing.
        kind: the kind of facts.
        source: the config section of the files.
        landing: the columns to land.
        run_id: the run.
        on_error: `skip` sets an unreadable file aside, `fail` stops at it.
        progress: hears about bytes.
    """

    def __init__(
        self,
        store: Store,
        kind: FactKind,
        source: SourceConfig,
        landing: Landing,
        *,
        run_id: int,
        on_error: str,
        progress: Progress,
    ) -> None:
        self._store = store
        self._kind = kind
        self._ledger = Ledger(store.connection)
        self._source = source
        self._landing = landing
        self._run_id = run_id
        self._on_error = on_error
        self._progress = progress
        self._labels = Labels(store.connection)
        self._staging = staging_of(store.connection, landing, self._labels, kind)
        self._pending: list[tuple[Candidate, FileOutcome]] = []
        self._reading = lru_cache(READINGS)(self._read_as)
        self.outcomes: list[FileOutcome] = []
        self.seen: set[str] = set()
        self.collisions: list[str] = []

    def land(self, todo: Sequence[Candidate]) -> None:
        """Land files; what became of each is in `outcomes`.

        Raises:
            DataError: a file is unreadable and `on_error` is `fail`; the files before it have landed.
        """
        most = LIMITED_COMMIT_ROWS if self._store.is_limited else COMMIT_ROWS
        self._progress.start("landing", sum(candidate.size for candidate in todo))
        for candidate in todo:
            number = len(self._pending)
            try:
                outcome = self._stage(candidate, number)
            except UnreadableFileError as error:
                self._staging.discard(number)
                self._set_aside(candidate, error)
            else:
                self._pending.append((candidate, outcome))
            if self._staging.rows >= most or len(self._pending) >= COMMIT_FILES:
                self._commit()
            self._progress.advance(candidate.size, candidate.shown)
        self._commit()
        self._progress.finish()

    def _set_aside(self, candidate: Candidate, error: UnreadableFileError) -> None:
        if self._on_error == "fail":
            self._commit()
            raise DataError(f"{candidate.shown}: {error.reason}") from error
        self.outcomes.append(FileOutcome(candidate.shown, "unreadable", reason=error.reason))

    def _stage(self, candidate: Candidate, number: int) -> FileOutcome:
        if candidate.content is None:
            raise UnreadableFileError(candidate.shown, candidate.reason or "it cannot be read")
        tally = _Tally(candidate.shown)
        source = open_source(self._source.file_type, candidate.path, hive_root=self._hive_root())
        for batch in source.batches(candidate.path, lambda names: self._reading(tally.see(names)).chosen):
            self._stage_batch(batch, number, tally)
        _check_unchanged(candidate)
        reading = self._reading(tally.see(()))
        _check(candidate, tally, reading)
        self.seen.update(reading.resolved.sources)
        self.collisions += [f"{candidate.shown}: {text}" for text in reading.resolved.collisions]
        return FileOutcome(
            candidate.shown,
            "landed",
            rows_read=tally.rows_read,
            rows_rejected=tally.rows_rejected,
            values_set_aside=tally.values_set_aside,
            examples=tally.examples,
        )

    def _stage_batch(self, batch: Batch, number: int, tally: _Tally) -> None:
        """Type and stage one batch, but reject it as a whole where its archive member lacks a required column."""
        names = (*batch.names, *batch.frame.columns)
        reading = self._reading(tally.see(names))
        tally.rows_read += len(batch.lines) + len(batch.rejected)
        tally.rows_rejected += len(batch.rejected)
        tally.note_rows(batch.member, ((item.line, item.reason) for item in batch.rejected))
        if batch.member is not None:
            lacking = self._reading(tally.see_in(batch.member, names)).lacking
            if lacking and len(batch.lines):
                tally.rows_rejected += len(batch.lines)
                tally.note_rows(batch.member, [(int(batch.lines[0]), f"this member has {_without(lacking)}")])
                return
        prepared = reading.preparer.prepare(batch.frame, batch.lines, batch.whole)
        tally.rows_rejected += len(prepared.rejected)
        tally.values_set_aside += len(prepared.set_aside)
        tally.note_rows(batch.member, ((item.line, item.reason) for item in prepared.rejected))
        tally.note_values(batch.member, ((item.line, item.reason) for item in prepared.set_aside))
        tally.readable += prepared.frame.height
        self._staging.add(number, prepared.frame)

    def _read_as(self, seen: frozenset[str]) -> _Reading:
        """Plan the reading of files, or beginnings of files, with these columns."""
        resolved = names.resolve(seen, self._source.columns)
        lacking = tuple(name for name in self._kind.required if seen.isdisjoint(resolved.claim(name).sources))
        chosen: list[str] = []
        for name in (*self._kind.ids, *(column.name for column in self._landing.columns)):
            # What has not appeared may yet do so, under any spelling.
            chosen += resolved.claim(name).sources or names.candidates(name)
            if name == "CustomerID" and name not in self._source.columns:
                chosen += resolved.claim("SubjectID").sources or names.candidates("SubjectID")
        preparer = Preparer(self._landing.columns, resolved, self._kind)
        return _Reading(resolved, tuple(dict.fromkeys(chosen)), lacking, preparer)

    def _hive_root(self) -> Path | None:
        return self._source.path if self._source.hive_partitioning else None

    def _commit(self) -> None:
        """Turn what is staged into facts, with the ledger, in one transaction."""
        if not self._pending:
            return
        with self._store.transaction():
            self._ledger.open_landing(self._landing)
            self._ledger.remember_columns(sorted(self.seen))
            landed = self._staging.land()
            done = [
                (candidate, _counted(outcome, landed.get(number)))
                for number, (candidate, outcome) in enumerate(self._pending)
            ]
            self._ledger.record([self._landed_file(candidate, outcome) for candidate, outcome in done])
        self.outcomes += [outcome for _, outcome in done]
        self._pending = []
        self._staging = staging_of(self._store.connection, self._landing, self._labels, self._kind)

    def _landed_file(self, candidate: Candidate, outcome: FileOutcome) -> LandedFile:
        assert candidate.content is not None  # noqa: S101 - a file without content is unreadable and never pending
        counts = {
            name: getattr(outcome, name)
            for name in ("rows_read", "rows_landed", "rows_rejected", "duplicates", "conflicts", "too_late")
        }
        return LandedFile(
            sha256=candidate.content,
            path=str(candidate.path),
            landing=self._landing.number,
            run_id=self._run_id,
            values_set_aside=outcome.values_set_aside,
            examples=list(outcome.examples),
            **counts,
        )


def _counted(outcome: FileOutcome, landed: Landed | None) -> FileOutcome:
    """Add what became of the rows of a file; None where it had none."""
    if landed is None:
        return outcome
    return replace(
        outcome,
        rows_landed=landed.landed,
        duplicates=landed.duplicates,
        conflicts=landed.conflicts,
        too_late=landed.too_late,
    )


def _check(candidate: Candidate, tally: _Tally, reading: _Reading) -> None:
    """Refuse a file that lacks a required column, or has no readable row."""
    if reading.lacking and tally.names:
        raise UnreadableFileError(candidate.shown, f"has {_without(reading.lacking)}")
    if not tally.readable:
        first = f"; the first problem: {tally.examples[0]}" if tally.examples else ""
        raise UnreadableFileError(candidate.shown, f"has no readable row{first}")


def _check_unchanged(candidate: Candidate) -> None:
    """Refuse a file that is no longer the one that was hashed: its rows must not land under that hash."""
    with naming(candidate.path):
        now = Stamp.of(candidate.path)
    if now != candidate.stamp:
        raise UnreadableFileError(candidate.shown, "it changed while it was read")


def _without(columns: Sequence[str]) -> str:
    return f"no column {' and no column '.join(columns)}"


def unfound(columns: Iterable[Column], seen: Iterable[str], defaults: Iterable[str]) -> list[str]:
    """Name planned columns that no file has and no default supplies."""
    supplied = {name.lower() for name in (*seen, *defaults, "CustomerID", "Rank", "DecisionTime")}
    return [column.name for column in columns if column.name.lower() not in supplied]
