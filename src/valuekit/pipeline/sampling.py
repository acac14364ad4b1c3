"""A look into the files of a source: which columns they have, and the first rows of each.

Owns how much is read: all of a small export, the first rows of some files of a large one. What is read goes into a
temporary store as an ingest would land it. Never touches the cache, and never judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from valuekit.cache.labels import Labels
from valuekit.cache.ledger import Ledger
from valuekit.cache.orders import staging_of
from valuekit.errors import UnreadableFileError
from valuekit.facts import names
from valuekit.facts.prepare import Preparer
from valuekit.pipeline.discover import shown
from valuekit.sources import open_source
from valuekit.validate.data.profile import Faults, Sample

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import polars as pl

    from valuekit.cache.store import Store
    from valuekit.config.models import SourceConfig
    from valuekit.facts.columns import LandingPlan
    from valuekit.facts.kinds import FactKind
    from valuekit.facts.names import Resolved
    from valuekit.facts.prepare import Complaint
    from valuekit.pipeline.results import Progress
    from valuekit.sources.base import Batch

MOST_ROWS = 200_000
MOST_FILES = 50
LEAST_ROWS = 1_000
"""So many rows of a file are read even where a sample of all files would be larger for it."""


@dataclass
class Tally:
    """Rows or values that could not be read: how many, and the first of them."""

    count: int = 0
    example: str = ""

    def add(self, count: int, example: Callable[[], str]) -> None:
        """Count further ones."""
        if count and not self.count:
            self.example = example()
        self.count += count

    @property
    def faults(self) -> Faults | None:
        """What was counted, if anything."""
        return Faults(self.count, self.example) if self.count else None


@dataclass
class Seen:
    """What was seen in the files of a source, besides the rows that are in the store.

    Attributes:
        all_files: how many files there are.
        files: how many of them were read.
        complete: whether each was read to its end.
        rows: rows read, those that could not be among them.
        columns: the canonical names of all columns.
        lacking: planned columns -> files that lack them.
        unreadable: files that cannot be read, with the reason.
        no_time: rows without a readable time.
        broken: rows that cannot be read.
        unread: columns -> values that cannot be read.
    """

    all_files: int
    files: int = 0
    complete: bool = True
    rows: int = 0
    columns: set[str] = field(default_factory=set)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    no_time: Tally = field(default_factory=Tally)
    broken: Tally = field(default_factory=Tally)
    unread: dict[str, Tally] = field(default_factory=dict)

    @property
    def sample(self) -> Sample:
        """How much was looked at."""
        whole = self.complete and self.files + len(self.unreadable) == self.all_files
        return Sample(self.files, self.all_files, self.rows, whole)


class Sampler:
    """Reads the first rows of files of one source.

    Args:
        kind: the kind of facts.
        source: the section of the config.
        plan: the columns to read.
        store: where the rows go.
    """

    def __init__(self, kind: FactKind, source: SourceConfig, plan: LandingPlan, store: Store) -> None:
        self._kind = kind
        self._source = source
        self._plan = plan
        self._store = store
        self._landing = Ledger(store.connection).landing(plan)
        self._staging = staging_of(store.connection, self._landing, Labels(store.connection), kind)
        self._resolved: Callable[[frozenset[str]], Resolved] = lru_cache(64)(self._resolve)

    def read(self, files: Sequence[Path], progress: Progress) -> Seen:
        """Read files, the first rows of each where there are many.

        Args:
            files: all files of the source.
            progress: hears about files.
        """
        seen = Seen(len(files))
        chosen = sorted(spread(files, MOST_FILES), key=_size)  # what small files leave is for the large ones
        progress.start(f"looking at {self._kind.name}", len(chosen))
        for number, path in enumerate(chosen):
            share = max(LEAST_ROWS, (MOST_ROWS - seen.rows) // (len(chosen) - number))
            try:
                self._read_file(path, number, share, seen)
            except UnreadableFileError as error:
                self._staging.discard(number)
                seen.unreadable.append((shown(path), error.reason))
            progress.advance(1, shown(path))
        progress.finish()
        with self._store.transaction():
            Ledger(self._store.connection).open_landing(self._landing)
            self._staging.land()
        return seen

    def _read_file(self, path: Path, number: int, most: int, seen: Seen) -> None:
        root = self._source.path if self._source.hive_partitioning else None
        source = open_source(self._source.file_type, path, hive_root=root)
        found: set[str] = set()
        rows = 0

        def choose(columns: Sequence[str]) -> Sequence[str]:
            found.update(columns)
            return self._choice(self._resolved(frozenset(found)))

        batches: Generator[Batch, None, None] = source.batches(path, choose)  # type: ignore[assignment]
        with closing(batches) as opened:
            for batch in opened:
                found.update(batch.names)
                left = most - rows
                if left <= 0:
                    seen.complete = False
                    break
                rows += min(left, len(batch.lines)) + len(batch.rejected)
                if left < len(batch.lines):
                    seen.complete = False
                where = f"{shown(path)}[{batch.member}]" if batch.member else shown(path)
                prepared = self._prepared(batch, left, where, self._resolved(frozenset(found)), seen)
                self._staging.add(number, prepared)
        resolved = self._resolved(frozenset(found))
        if rows:
            seen.files += 1
            seen.rows += rows
            seen.columns.update(resolved.sources)
            for column in self._plan.columns:
                if found.isdisjoint(resolved.claim(column.name).sources):
                    seen.lacking.setdefault(column.name, []).append(shown(path))
        else:
            seen.unreadable.append((shown(path), "it has no row"))

    def _prepared(self, batch: Batch, most: int, where: str, resolved: Resolved, seen: Seen) -> pl.DataFrame:
        """Type the first rows of a batch, and count what cannot be read."""
        first = batch.rejected[0] if batch.rejected else None
        if first is not None:
            seen.broken.add(len(batch.rejected), lambda: f"{where}:{first.line}: {first.reason}")
        frame, lines = batch.frame.head(most), batch.lines.head(most)
        prepared = Preparer(self._plan.columns, resolved, self._kind).prepare(frame, lines, batch.whole)
        self._count(seen.no_time, prepared.rejected, where)
        by_column: dict[str, list[Complaint]] = {}
        for complaint in prepared.set_aside:
            by_column.setdefault(complaint.column or "", []).append(complaint)
        for column, complaints in by_column.items():
            self._count(seen.unread.setdefault(column, Tally()), complaints, where)
        return prepared.frame

    @staticmethod
    def _count(tally: Tally, complaints: Sequence[Complaint], where: str) -> None:
        tally.add(len(complaints), lambda: f"{where}:{complaints[0].line}: {complaints[0].reason}")

    def _resolve(self, seen: frozenset[str]) -> Resolved:
        return names.resolve(seen, self._source.columns)

    def _choice(self, resolved: Resolved) -> list[str]:
        """The source columns to read; what has not appeared may yet do so, under any spelling."""
        wanted: list[str] = []
        for name in (*self._kind.ids, *(column.name for column in self._plan.columns)):
            wanted += resolved.claim(name).sources or names.candidates(name)
            if name == "CustomerID" and name not in self._source.columns:
                wanted += resolved.claim("SubjectID").sources or names.candidates("SubjectID")
        return list(dict.fromkeys(wanted))


def _size(path: Path) -> int:
    """The size of a file; 0 where that cannot be told, for reading it will say why."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def spread(files: Iterable[Path], most: int) -> list[Path]:
    """Choose at most so many files, the first and the last among them, at even distances."""
    found = sorted(files, key=str)
    if len(found) <= most:
        return found
    return [found[round(index * (len(found) - 1) / (most - 1))] for index in range(most)]
