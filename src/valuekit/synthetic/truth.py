"""What is true of the data that was written, counted while it was made.

Owns the counts that tests compare valuekit's numbers with. Never reads a file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DIMENSIONS = (
    "Day",
    "ModelControlGroup",
    "pyChannel",
    "PlacementType",
    "PropensitySource",
    "pyIssue",
    "pyGroup",
    "ExperimentName",
    "ExperimentGroup",
)


@dataclass(frozen=True)
class Counts:
    """Distinct offers, and how many of them were positive; the others were negative."""

    offers: int
    positives: int

    @property
    def negatives(self) -> int:
        """Offers that were shown and nothing more."""
        return self.offers - self.positives


@dataclass(frozen=True)
class Truth:
    """The known answers for one generated history, over all files that were written.

    Attributes:
        rows: lines written, duplicates included.
        outcomes: distinct rows by outcome.
        engagement: distinct offers shown; positive means clicked (Clicked against Impression and Pending).
        conversion: distinct offers with an Impression; positive means converted (Conversion against Impression).
        by: for each of `DIMENSIONS`, the engagement of each value, "" being a missing one. `Day` is the UTC date of the
            first click, else of the first row, as `YYYY-MM-DD`.
        late_clicks: offers whose first click is in a later file than the offer itself.
        duplicates_same_file: exact copies in the file of the original.
        duplicates_next_file: exact copies in the next day's file.
        revenue: sum of Revenue over distinct rows.
        lift: the relative lift of the test arm that clicks were drawn with; what is measured scatters around it.
    """

    rows: int
    outcomes: Mapping[str, int]
    engagement: Counts
    conversion: Counts
    by: Mapping[str, Mapping[str, Counts]]
    late_clicks: int
    duplicates_same_file: int
    duplicates_next_file: int
    revenue: float
    lift: float

    @property
    def duplicates(self) -> int:
        """All exact copies."""
        return self.duplicates_same_file + self.duplicates_next_file


@dataclass
class Tally:
    """Adds up the truth, day by day."""

    rows: int = 0
    late_clicks: int = 0
    duplicates_same_file: int = 0
    duplicates_next_file: int = 0
    cents: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    conversion: Counter[bool] = field(default_factory=Counter)
    engagement: dict[str, Counter[tuple[str, bool]]] = field(
        default_factory=lambda: {name: Counter() for name in DIMENSIONS}
    )

    def add_offers(self, offers: pl.DataFrame) -> None:
        """Count offers that were written: `DIMENSIONS`, and the flags clicked, late, seen, converted."""
        for name, counter in self.engagement.items():
            for value, clicked, count in offers.group_by(name, "clicked").len().iter_rows():
                counter[value, clicked] += count
        self.late_clicks += int(offers["late"].sum())
        self.conversion[True] += int(offers["converted"].sum())
        self.conversion[False] += int((offers["seen"] & ~offers["converted"]).sum())

    def add_rows(self, rows: pl.DataFrame) -> None:
        """Count distinct rows that were written."""
        self.outcomes.update(dict(rows.group_by("pyOutcome").len().iter_rows()))
        self.cents += int((rows["Revenue"] * 100).round().cast(pl.Int64).sum())

    def truth(self, lift: float) -> Truth:
        """The sums so far."""
        by = {name: _by_value(counter) for name, counter in self.engagement.items()}
        return Truth(
            rows=self.rows,
            outcomes=dict(sorted(self.outcomes.items())),
            engagement=_total(list(by["Day"].values())),
            conversion=Counts(self.conversion.total(), self.conversion[True]),
            by=by,
            late_clicks=self.late_clicks,
            duplicates_same_file=self.duplicates_same_file,
            duplicates_next_file=self.duplicates_next_file,
            revenue=self.cents / 100,
            lift=lift,
        )


def _by_value(counter: Counter[tuple[str, bool]]) -> dict[str, Counts]:
    values = sorted({value for value, _ in counter})
    return {value: Counts(counter[value, True] + counter[value, False], counter[value, True]) for value in values}


def _total(parts: Sequence[Counts]) -> Counts:
    return Counts(sum(part.offers for part in parts), sum(part.positives for part in parts))
