"""Which grains are embedded: the coarsest that give all that is wished for, none of them twice.

Owns how dimensions of time derive from each other, and which grain serves which wish. Never reads data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.facts.columns import TIME_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_GIVES: Mapping[str, tuple[str, ...]] = {
    "Year": ("Year",),
    "Quarter": ("Quarter", "Year"),
    "Month": ("Month", "Quarter", "Year"),
    "Week": ("Week",),
    "Day": TIME_DIMENSIONS,
}
"""By dimension of time those that derive from it, coarsest first."""


@dataclass(frozen=True)
class Wish:
    """States of one metric that a panel or a card needs.

    Attributes:
        metric: the metric.
        by: the dimensions, those of global filters aside.
        columns: the stored columns, digests aside.
        digests: the names of the digests.
    """

    metric: str
    by: tuple[str, ...]
    columns: frozenset[str]
    digests: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Grain:
    """The key of an embedded table.

    Attributes:
        time: the dimension of time, from which others derive; None without one.
        others: the other dimensions, sorted.
    """

    time: str | None
    others: tuple[str, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Grain:
        """The grain that gives some dimensions."""
        wanted = frozenset(names)
        times = wanted.intersection(TIME_DIMENSIONS)
        time = next((name for name, given in _GIVES.items() if times <= set(given)), None) if times else None
        return cls(time, tuple(sorted(wanted - times)))

    @property
    def keys(self) -> tuple[str, ...]:
        """The dimensions, time first."""
        return (*((self.time,) if self.time else ()), *self.others)

    @property
    def gives(self) -> frozenset[str]:
        """All dimensions by which its rows can be merged."""
        return frozenset(self.others).union(_GIVES[self.time] if self.time else ())

    def covers(self, other: Grain) -> bool:
        """Whether another grain's rows can be merged from its rows."""
        return self.gives.issuperset(other.keys)


def maximal(grains: Collection[Grain]) -> list[Grain]:
    """Those that no other one covers, in a fixed order."""
    distinct = sorted(set(grains), key=lambda grain: (grain.time or "", grain.others))
    return [one for one in distinct if not any(other != one and other.covers(one) for other in distinct)]


def assigned(wishes: Sequence[tuple[Wish, Grain]], refused: Collection[tuple[str, Grain]]) -> dict[Wish, Grain]:
    """Give each wish the grain that serves it.

    Args:
        wishes: each with its own grain.
        refused: metrics and grains that are too large; wishes with such a grain of their own get none.
    """
    left = [(wish, grain) for wish, grain in wishes if (wish.metric, grain) not in refused]
    found: dict[Wish, Grain] = {}
    for metric in dict.fromkeys(wish.metric for wish, _ in left):
        mine = [(wish, grain) for wish, grain in left if wish.metric == metric]
        kept = maximal([grain for _, grain in mine])
        found |= {wish: next(one for one in kept if one.covers(grain)) for wish, grain in mine}
    return found
