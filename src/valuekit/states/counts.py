"""Counts of offers: the simplest state.

Owns counting under a condition. Never counts distinct things: those belong into the key, or into a holistic score.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from valuekit import sql
from valuekit.states.base import Stored


@dataclass(frozen=True)
class Count:
    """The number of offers that meet a condition.

    Attributes:
        name: the state's name and its column.
        condition: SQL over an offer's columns, `_positive` among them; None counts every offer.
        reads: the columns that the condition needs, besides `_positive`.
    """

    name: str
    condition: str | None = None
    reads: frozenset[str] = field(default_factory=frozenset)

    @property
    def stored(self) -> tuple[Stored, ...]:
        """One BIGINT column; an unknown condition counts as not met."""
        met = "1" if self.condition is None else f"CASE WHEN {self.condition} THEN 1 ELSE 0 END"
        column = sql.name(self.name)
        build, merge = (f"CAST(coalesce(sum({summed}), 0) AS BIGINT)" for summed in (met, column))
        return (Stored(self.name, "BIGINT", build, merge),)
