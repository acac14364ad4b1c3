"""What a run gives back: plain values that the command line and the Python API lay out.

Owns the shapes of results. Never formats them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from valuekit.metrics.curves import Curve
    from valuekit.metrics.notes import Absence
    from valuekit.pipeline.outcomes import OutcomeAudit

FileStatus = Literal["landed", "would land", "unreadable"]
RowCount = Literal[
    "rows_read", "rows_landed", "rows_rejected", "duplicates", "conflicts", "too_late", "values_set_aside"
]


@dataclass(frozen=True)
class FileOutcome:
    """What came of one file.

    Attributes:
        path: as the user would name it.
        status: whether its rows are in the facts.
        rows_read: rows found, whatever became of them.
        rows_landed: rows that are facts now and were not before.
        rows_rejected: rows set aside, for example broken lines.
        duplicates: rows that repeat a row already landed.
        conflicts: duplicates that differ from the row they repeat.
        too_late: rows for partitions that are sealed.
        values_set_aside: single values that could not be read and are missing now.
        reason: why it is unreadable.
        examples: a few set-aside rows and values, each `file:line: reason`.
    """

    path: str
    status: FileStatus
    rows_read: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    duplicates: int = 0
    conflicts: int = 0
    too_late: int = 0
    values_set_aside: int = 0
    reason: str | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class IngestReport:
    """What one run landed and rebuilt.

    Attributes:
        run_id: its number in the run ledger; 0 for a dry run.
        files: the files that were new, changed or unreadable; unchanged ones are only counted.
        files_unchanged: files whose content had landed before.
        partitions_restated: partitions whose states were rebuilt.
        rebuilt: for each metric whose states were built from the start, why.
        failures: metrics that could not be built, as (metric, reason).
        warnings: what the user should know, a sentence each.
        durations: seconds by stage.
        audit: the labels in the data against those in the config; None for a dry run.
    """

    run_id: int = 0
    files: tuple[FileOutcome, ...] = ()
    files_unchanged: int = 0
    partitions_restated: int = 0
    rebuilt: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    durations: Mapping[str, float] = field(default_factory=dict)
    audit: OutcomeAudit | None = None

    def total(self, column: RowCount) -> int:
        """Sum one count over the files of the run."""
        return sum(getattr(file, column) for file in self.files)

    @property
    def files_landed(self) -> int:
        """Files whose rows are in the facts since this run."""
        return sum(file.status == "landed" for file in self.files)

    @property
    def unreadable(self) -> tuple[FileOutcome, ...]:
        """Files that could not be read; the next run tries them again."""
        return tuple(file for file in self.files if file.status == "unreadable")

    @property
    def exit_code(self) -> int:
        """0 when all is well, 4 when files were set aside or a metric failed, 3 when no file could be read."""
        if self.unreadable and len(self.unreadable) == len(self.files) and not self.files_unchanged:
            return 3
        return 4 if self.unreadable or self.failures else 0


@dataclass(frozen=True)
class MetricResult:
    """The scores of one metric at the grain asked for.

    Attributes:
        by: the dimensions of the grain; empty for the total.
        rows: the dimensions, then the scores; sorted and limited.
        total_rows: rows before the limit.
        curves: the curves asked for, of metrics that have any.
        from_facts: the columns asked for that the metric's cells do not have, so that facts were asked.
        details: what JSON says besides, by name, such as the parameters of a fit.
        warnings: what the user should know of this metric, a sentence each.
    """

    metric: str
    family: str
    by: tuple[str, ...]
    where: str | None
    rows: pl.DataFrame
    notes: tuple[Absence, ...]
    total_rows: int
    curves: tuple[Curve, ...] = ()
    from_facts: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataWindow:
    """What the numbers are made of: landed files and facts, first and last day of the offers counted."""

    files: int
    facts: int
    first: date | None
    last: date | None

    def joined(self, other: DataWindow) -> DataWindow:
        """What both are made of."""
        first = [day for day in (self.first, other.first) if day is not None]
        last = [day for day in (self.last, other.last) if day is not None]
        return DataWindow(
            self.files + other.files,
            self.facts + other.facts,
            min(first, default=None),
            max(last, default=None),
        )


NO_DATA = DataWindow(0, 0, None, None)


@dataclass(frozen=True)
class Computed:
    """All results of one `compute`.

    Attributes:
        run: the ingest before it, if there was one.
        failures: metrics without a result, as (metric, reason).
    """

    results: tuple[MetricResult, ...]
    data: DataWindow
    run: IngestReport | None = None
    failures: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricStatus:
    """One metric in the snapshot: its fingerprint, its cells, and whether they are those the config asks for."""

    name: str
    family: str
    fingerprint: str
    cells: int
    current: bool


@dataclass(frozen=True)
class Status:
    """How fresh the cache is: what is published, how the last run ended, and whether the labels fit the data."""

    config: Path | None
    cache: Path
    data: DataWindow
    last_run: int | None
    finished: datetime | None
    state: str | None
    unreadable: tuple[FileOutcome, ...]
    metrics: tuple[MetricStatus, ...]
    audit: OutcomeAudit


class Progress(Protocol):
    """Hears how far a run is. The command line draws bars from it; the default says nothing."""

    def start(self, stage: str, total: int | None) -> None:
        """Begin a stage of `total` steps, if known."""

    def advance(self, amount: int, label: str = "") -> None:
        """So many more steps are done; `label` names the current item."""

    def finish(self) -> None:
        """The stage is over."""


class Silent:
    """A `Progress` that says nothing."""

    def start(self, stage: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, amount: int, label: str = "") -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""
