"""Which columns numbers can be asked by.

Owns the choice, by name and by how many values there are, and the reasons against the others. Never names a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from valuekit.config.proposal import listed
from valuekit.facts.columns import INTERACTION_TYPES
from valuekit.facts.names import STANDARD
from valuekit.pipeline.proposing.profile import Column, Profile, usable

MOST = 8
"""Dimensions, at most."""

MOST_VALUES = 50
"""Values that a column of Pega's may have, to be one."""

MOST_OWN_VALUES = 20
"""Values that any other column may have."""

MOST_GROUPS = 3_000
"""Combinations of values that the rows of a sample may have."""

_FIRST = (
    "Channel",
    "PlacementType",
    "Issue",
    "Group",
    "PropensitySource",
    "CustomerSegment",
    "Direction",
    "Treatment",
    "Name",
)
_TECHNICAL = frozenset({"PartitionKey", "Operator", "UserAgent", "URI", "ApplicationVersion", "Rank"})


@dataclass(frozen=True)
class Dimensions:
    """The columns to ask by, and why the others are none.

    Attributes:
        chosen: in order of use.
        reasons: sentences about the others.
    """

    chosen: tuple[Column, ...]
    reasons: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the chosen columns."""
        return tuple(column.name for column in self.chosen)

    def of_few(self, most: int) -> tuple[str, ...]:
        """The chosen columns with at most so many values."""
        return tuple(column.name for column in self.chosen if column.distinct <= most)


def choose(profile: Profile, taken: Collection[str], refusal: Callable[[str], str | None]) -> Dimensions:
    """Choose the dimensions.

    Args:
        profile: the rows.
        taken: columns that have another meaning for the metrics, such as arms and outcomes.
        refusal: says why metrics cannot have a dimension of a name; None where they can.
    """
    chosen: list[Column] = []
    against: dict[str, list[str]] = {}

    def leave(why: str, column: Column, *, count: bool = False) -> None:
        against.setdefault(why, []).append(
            f"{listed([column.name])} ({column.distinct:,})" if count else listed([column.name])
        )

    for column in sorted(profile.columns.values(), key=_order):
        name = column.name
        if name in taken:
            continue
        why = _unfit(column)
        if why is not None:
            leave(why, column, count=why == _MANY)
        elif refusal(name) is not None:
            leave("their names are taken by scores", column)
        elif (same := _same(column, chosen, profile)) is not None:
            leave(f"each value goes with one of {listed([same])}", column)
        elif len(chosen) == MOST or profile.groups([*(one.name for one in chosen), name]) > MOST_GROUPS:
            leave("the tables would become too large with them", column)
        else:
            chosen.append(column)
    return Dimensions(tuple(chosen), tuple(_sentence(why, names) for why, names in against.items()))


_MANY = "they have too many values"


def _unfit(column: Column) -> str | None:
    most = MOST_OWN_VALUES if column.own else MOST_VALUES
    if not usable(column.name):
        return "their names cannot be asked for"
    if column.holds == "nothing":
        return "they are empty"
    if column.holds == "time" or column.name in INTERACTION_TYPES or _is_amount(column):
        return "they are times or amounts"
    if column.name in _TECHNICAL or column.name.endswith(("ID", "Id")):
        return "they are ids or of technical use"
    if column.distinct == 1:
        return "they have one value"
    return _MANY if column.distinct > most else None


def _is_amount(column: Column) -> bool:
    return column.holds == "number" and column.distinct > MOST_OWN_VALUES // 2


def _same(column: Column, chosen: Iterable[Column], profile: Profile) -> str | None:
    """The chosen column that splits the rows just as this one does."""
    parts = profile.groups([column.name])
    for one in chosen:
        if parts == profile.groups([one.name]) == profile.groups([one.name, column.name]):
            return one.name
    return None


def _order(column: Column) -> tuple[int, bool, int]:
    place = _FIRST.index(column.name) if column.name in _FIRST else len(_FIRST)
    return place, column.own, STANDARD.index(column.name) if column.name in STANDARD else 0


def _sentence(why: str, names: list[str]) -> str:
    shown = ", ".join(names[:15]) + (f" and {len(names) - 15} more" if len(names) > 15 else "")
    return f"{why}: {shown}"
