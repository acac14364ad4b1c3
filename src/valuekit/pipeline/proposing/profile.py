"""What the columns of a sample hold.

Owns the counting. Never decides which column is used for what.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import polars as pl

from valuekit.facts.columns import DERIVED, KEYS, Type
from valuekit.facts.names import STANDARD, canonical
from valuekit.pipeline.proposing.roles import filled, is_number, is_time, meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from valuekit.pipeline.proposing.sampling import Sample

_RESERVED = frozenset(name.casefold() for name in (*DERIVED, *KEYS, "FactID", "InteractionID", "CustomerID"))


@dataclass(frozen=True)
class Column:
    """One column of a sample.

    Attributes:
        name: its canonical name.
        holds: what its values are, those that are there.
        filled: rows with a value.
        distinct: how many values there are.
        never_null: whether no row that was read had nothing at all there; an empty text is something.
        lacking: files looked at that do not have the column, though others do.
        own: whether Pega has no such column.
    """

    name: str
    holds: Literal["nothing", "text", "number", "time"]
    filled: int
    distinct: int
    never_null: bool
    lacking: tuple[str, ...]
    own: bool


class Profile:
    """The rows of a sample, and what is known of its columns.

    Args:
        sample: what was read.
    """

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.frame = pl.concat([one.frame for one in sample.files], how="diagonal").with_columns(pl.all().fill_null(""))
        self._lacking = {
            name: tuple(one.path.name for one in sample.files if name not in one.frame.columns)
            for name in self.frame.columns
        }

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.frame.height

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns by name, as the files have them in order."""
        return {name: self._column(name) for name in self.frame.columns}

    def has(self, name: str) -> bool:
        """Whether there is a column with a value in some row."""
        return name in self.columns and self.columns[name].filled > 0

    def share(self, rows: int) -> str:
        """Write a number of rows as a share of all."""
        return as_share(rows, self.rows)

    def groups(self, names: Sequence[str]) -> int:
        """How many combinations of values there are, a missing value being one of them."""
        return self.frame.select(names).n_unique() if names else 1

    def numbers(self, name: str) -> pl.Series:
        """The finite numbers of a column, one for each row that has one."""
        values = filled(self.frame[name]).str.strip_chars().cast(pl.Float64, strict=False)
        return values.filter(values.is_finite().fill_null(value=False))

    def counts(self, name: str) -> dict[str, int]:
        """How often each text occurs, the most frequent first; without the missing ones."""
        texts = filled(self.frame[name])
        table = texts.value_counts().sort(["count", name], descending=[True, False])
        return dict(table.iter_rows())

    def _column(self, name: str) -> Column:
        values = filled(self.frame[name])
        files = [one.frame for one in self.sample.files]
        return Column(
            name=name,
            holds=_holds(name, values),
            filled=len(values),
            distinct=values.n_unique(),
            never_null=all(name in frame.columns and not frame[name].null_count() for frame in files),
            lacking=self._lacking[name],
            own=name not in STANDARD,
        )


def _holds(name: str, values: pl.Series) -> Literal["nothing", "text", "number", "time"]:
    if not len(values):
        return "nothing"
    kind = meaning(name)
    if kind in {Type.NUMBER, Type.INTEGER}:
        return "number"
    if kind is Type.TIME:
        return "time"
    if name in STANDARD and name not in {"OneTimeCost", "RecurringCost", "RecurringPeriod"}:
        return "time" if is_time(values) else "text"
    return "number" if is_number(values) else "time" if is_time(values) else "text"


def usable(name: str) -> bool:
    """Whether a config can ask for a column of this name: it is no name of ours, and stays what it is."""
    return (
        canonical(name) == name and not name.startswith("_") and (name in STANDARD or name.casefold() not in _RESERVED)
    )


def as_share(part: int, whole: int) -> str:
    """Write a share for people; what occurs is never 0 %."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return "under 0.1 %"
    return f"{percent:.0f} %" if percent in {0, 100} else f"{min(percent, 99.9):.1f} %"


def first_of(names: Iterable[str], profile: Profile) -> str | None:
    """The first column of these that has a value."""
    return next((name for name in names if profile.has(name)), None)
