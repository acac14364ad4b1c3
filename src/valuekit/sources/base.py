"""What every source gives: batches of rows with the columns' own names, and the rows that could not be read.

Owns the vocabulary of this room. Never opens a file, and knows nothing of canonical names, types or facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

Choose = Callable[[Sequence[str]], Sequence[str]]
"""Names seen -> names to read. It may ask for names that were not seen: those that exist come, the rest do not."""


@dataclass(frozen=True)
class Rejected:
    """One row that could not be read.

    Attributes:
        line: its 1-based line in a text file, or its 1-based row number in a Parquet file.
        reason: what is wrong with it, in plain words.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class Batch:
    """Some rows of one file, or of one member of an archive; it holds their text (16 MB or so) until it is dropped.

    Attributes:
        member: the archive member as it may be shown to a person, None for a file that is no archive.
        names: every column name seen in the rows, as the source spells it.
        frame: the chosen columns that exist. Text formats: all `String`, null for a JSON null or a missing key, ""
            stays "". Parquet: its own types, and `Enum` for texts that repeat.
        lines: Int64, the 1-based line (Parquet: row number) within the member of each row of `frame`.
        rejected: the rows that could not be read.
    """

    member: str | None
    names: tuple[str, ...]
    frame: pl.DataFrame
    lines: pl.Series
    rejected: tuple[Rejected, ...]
    read_whole: Callable[[Sequence[int]], pl.DataFrame] = field(repr=False, compare=False)

    def whole(self, positions: Sequence[int]) -> pl.DataFrame:
        """Return the rows at these positions of `frame` with all their columns as text; slow, meant for few rows.

        The text does not depend on the order of keys: a nested value is compact JSON with sorted keys.

        Args:
            positions: 0-based positions in `frame`.
        """
        return self.read_whole(positions)


class Source(Protocol):
    """Reads one kind of file."""

    @property
    def name(self) -> str:
        """The file type as the config spells it."""

    def batches(self, path: Path, choose: Choose) -> Iterator[Batch]:
        """Read the file batch by batch, in bounded memory.

        Args:
            path: the file.
            choose: asked again for every batch in which names may first appear.

        Raises:
            UnreadableFileError: the file cannot be read to its end. This can happen after batches were given, which
                are then to be thrown away: half a file is never landed.
        """
