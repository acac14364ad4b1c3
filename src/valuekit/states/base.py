"""What a state is: a small summary of rows that merges.

Owns the protocol that every state obeys, the columns it is stored in, and what it asks of each row. Never runs SQL: an
engine does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from valuekit.states.groups import Groups

    Gids: TypeAlias = "NDArray[np.int64]"


@dataclass(frozen=True)
class Stored:
    """One column of a cell: its name in the cell table, and its DuckDB type."""

    name: str
    sql_type: str


@dataclass(frozen=True)
class Input:
    """Something that a state asks of every row, as SQL over the columns of a row.

    A row of offers has `_positive`, too. A flag that is unknown is false; an integer that is unknown is 0; a number
    that is NULL, NaN or infinite is dropped. Of a sum over the rows of an offer it is the sum itself, or a number that
    is NULL where the sum does not count: the sum is known later than what a row says.
    """

    sql: str
    kind: Literal["flag", "integer", "number"]


class State(Protocol):
    """A commutative monoid over groups of rows.

    The law, tested for every registered state: merging the cells of A and of B gives the cell of A and B together, in
    any order and any grouping, and the cell of no rows changes nothing.

    Each state has two forms. SQL, portable to other engines, is the reference; NumPy is what the DuckDB engine runs, a
    sweep over all groups at once that gives the same bits whatever the order of rows. A test compares them.
    """

    @property
    def name(self) -> str:
        """The state's name; unique in its metric."""

    @property
    def reads(self) -> frozenset[str]:
        """The columns of a row that the inputs need, besides `_positive` and totals."""

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What is asked of every row."""

    @property
    def stored(self) -> tuple[Stored, ...]:
        """The columns that hold it."""

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that builds cells.

        Args:
            rows: SQL of a relation with the keys, the columns read and `_positive`: a quoted name or a bracketed query.
            keys: its key columns, at least one, unquoted.

        Returns:
            One row a group: the keys, then the stored columns.
        """

    def merge_sql(self, cells: str, keys: Sequence[str]) -> str:
        """SQL query that merges cells: as `build_sql`, from a relation with the keys and the stored columns."""

    def build(self, groups: Groups) -> list[pa.Array]:
        """Build one cell for each group: its stored columns, each of `groups.size` values."""

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        """Merge cells.

        Args:
            gids: the group of each cell, 0 to size - 1. The order of cells may decide the last bits.
            size: the number of groups; one without cells gets the cell of no rows.
            cells: the stored columns, each of `len(gids)` values.
        """
