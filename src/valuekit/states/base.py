"""What a state is: a small summary of offers that merges.

Owns the protocol that every state obeys and the columns it is stored in. Never runs SQL: an engine does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Stored:
    """One column of a cell.

    Attributes:
        name: the column's name in the cell table.
        sql_type: its DuckDB type.
        build: SQL aggregate over offers that computes it for one group.
        merge: SQL aggregate over cells that computes it for a coarser group.
    """

    name: str
    sql_type: str
    build: str
    merge: str


class State(Protocol):
    """A commutative monoid over groups of offers.

    The law, tested for every registered state: merging the cells of A and of B gives the cell of A and B together, in
    any order and any grouping, and the cell of no offers changes nothing.
    """

    @property
    def name(self) -> str:
        """The state's name; unique in its metric."""

    @property
    def reads(self) -> frozenset[str]:
        """The columns of an offer that the state needs."""

    @property
    def stored(self) -> tuple[Stored, ...]:
        """The columns that hold it, each with the SQL that builds and that merges it."""
