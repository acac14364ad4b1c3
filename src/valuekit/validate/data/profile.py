"""What was seen in the data of one source: numbers to judge a config by.

Owns the shape of a profile. Never gathers one, and never judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from valuekit.wording import counted

if TYPE_CHECKING:
    from valuekit.config.findings import KeyPath

Shares = tuple[tuple[str | None, int], ...]
"""Texts and how many rows have each, the most frequent first; None for rows without one."""


@dataclass(frozen=True)
class Sample:
    """How much of the data was looked at.

    Attributes:
        files: files read, at least in part.
        all_files: files that there are.
        rows: rows read.
        complete: whether that is all there is.
        from_cache: whether the values come from the cache, which holds every row that has landed.
    """

    files: int
    all_files: int
    rows: int
    complete: bool
    from_cache: bool = False

    def __str__(self) -> str:
        """Say it: `the first rows of 50 of 1,400 files, 200,000 rows`."""
        if self.from_cache:
            return f"the cache, {counted(self.rows, 'row')}"
        if self.complete:
            return f"{counted(self.files, 'file')}, {counted(self.rows, 'row')}"
        of_all = counted(self.files, "file")
        if self.files < self.all_files:
            of_all = f"{self.files:,} of {counted(self.all_files, 'file')}"
        return f"a sample: the first rows of {of_all}, {counted(self.rows, 'row')}"


@dataclass(frozen=True)
class Faults:
    """Rows or values that could not be read.

    Attributes:
        count: how many.
        example: the first one, as `file:line: reason`.
    """

    count: int
    example: str


@dataclass(frozen=True)
class Values:
    """The values of one column, as metrics read it.

    Attributes:
        filled: rows that have one.
        distinct: about how many different ones.
    """

    filled: int
    distinct: int


@dataclass(frozen=True)
class Range:
    """Numbers outside of what they may be.

    Attributes:
        below: how many are below 0.
        above: how many are above 1.
        example: one of them.
    """

    below: int
    above: int
    example: float


@dataclass(frozen=True)
class Experiments:
    """What the columns of an experiment hold.

    Attributes:
        rows: rows that a metric counts.
        named: of them, those with an experiment.
        groups: the arms of all experiments.
    """

    rows: int
    named: int
    groups: Shares


@dataclass(frozen=True)
class SourceProfile:
    """What was seen of one source.

    Attributes:
        kind: the section of the config.
        sample: how much was looked at.
        columns: the canonical names of all columns in any file.
        lacking: planned columns -> the files that lack them, by path; only those that a file lacks.
        unreadable: files that cannot be read, with the reason.
        no_time: rows set aside for want of a readable time; None for none.
        broken: rows that cannot be read; None for none.
        unread: columns -> values that cannot be read as what the column holds.
        rows: rows before any filter.
        kept: rows that the filter of the source lets through.
        values: columns as metrics read them, before any filter.
        failing: keys of expressions, with the computed column if any -> why they fail on the data.
        passing: metrics with a filter -> rows that pass it, of those kept.
        labels: outcomes before any filter.
        counted: metrics with labels -> outcomes of the rows that they look at.
        arms: metrics with arms -> labels of the arm column in the rows that they count.
        experiments: experiment metrics -> what their columns hold.
        ranges: propensities -> those that are none.
        future: rows that lie in the future, and the latest time; None for none.
        members: columns of which reports name values -> all their values, of the rows that the filter lets through;
            those of very many values are left out.
        places: the files and folders that were looked at instead of those of the config; empty for those.
    """

    kind: Literal["ih", "holdings"]
    sample: Sample
    columns: frozenset[str] = frozenset()
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unreadable: tuple[tuple[str, str], ...] = ()
    no_time: Faults | None = None
    broken: Faults | None = None
    unread: Mapping[str, Faults] = field(default_factory=dict)
    rows: int = 0
    kept: int = 0
    values: Mapping[str, Values] = field(default_factory=dict)
    failing: Mapping[tuple[KeyPath, str | None], str] = field(default_factory=dict)
    passing: Mapping[str, int] = field(default_factory=dict)
    labels: Shares = ()
    counted: Mapping[str, Shares] = field(default_factory=dict)
    arms: Mapping[str, Shares] = field(default_factory=dict)
    experiments: Mapping[str, Experiments] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    future: tuple[int, datetime] | None = None
    members: Mapping[str, Shares] = field(default_factory=dict)
    places: tuple[str, ...] = ()
