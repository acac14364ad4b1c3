"""From a stream of text to chunks of whole lines.

Owns the cut at line ends, line numbers, and the longest line that is read. Never parses a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np

from valuekit.sources.base import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from valuekit.sources.streams import Stream

CHUNK = 16 << 20
"""Bytes of text that are parsed at once."""
PIECE = 1 << 20
"""Bytes of text that are read at once."""
MAX_LINE = 16 << 20
"""The longest line that is read, in bytes: what is parsed of it can take seventy times its size."""
_NEWLINE = 10
_COUNTED = 1 << 16
_MAPPED = 31 << 20
_BLANKS = b" \t\r"


@dataclass(frozen=True)
class Row:
    """One line that is not blank, without its line end."""

    number: int
    text: bytes


@dataclass(frozen=True)
class Chunk:
    """Whole lines of one text.

    Attributes:
        data: the lines, each but perhaps the last with its line feed.
        first: the number of the first line, from 1.
        given: the number of every line, where they do not simply follow one another; no line is blank then.
        rejected: lines that belong here and could not be read.
    """

    data: bytes
    first: int = 1
    given: npt.NDArray[np.int64] | None = None
    rejected: tuple[Rejected, ...] = ()

    @cached_property
    def newlines(self) -> int:
        """How many line feeds the chunk has."""
        letters = np.frombuffer(self.data, np.uint8)
        parts = range(0, letters.size, _COUNTED)
        return sum(int(np.count_nonzero(letters[at : at + _COUNTED] == _NEWLINE)) for at in parts)

    @property
    def height(self) -> int:
        """How many lines the chunk has, blank ones included."""
        return self.newlines + bool(self.data and not self.data.endswith(b"\n"))

    @cached_property
    def ends(self) -> npt.NDArray[np.int64]:
        """The offset behind the last byte of every line, its line feed not counted."""
        ends = np.flatnonzero(np.frombuffer(self.data, np.uint8) == _NEWLINE)
        return ends if ends.size == self.height else np.append(ends, len(self.data))

    @cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The number of every line that is not blank."""
        if self.given is not None:
            return self.given
        starts = np.concatenate(([0], self.ends[:-1] + 1))[: self.ends.size]
        kept = self.ends > starts
        full = np.flatnonzero(kept)
        begun = np.frombuffer(self.data, np.uint8)[starts[full]]
        for at in full[np.isin(begun, np.frombuffer(_BLANKS, np.uint8))].tolist():
            kept[at] = bool(self._line(at).strip(_BLANKS))
        return np.flatnonzero(kept) + self.first

    def row(self, position: int) -> Row:
        """Return a row.

        Args:
            position: its place among the lines that are not blank, from 0.
        """
        number = int(self.numbers[position])
        return Row(number, self._line(position if self.given is not None else number - self.first))

    def parts(self, height: int) -> Iterator[list[Row]]:
        """Give the rows, at most `height` at a time.

        Args:
            height: rows in a part.
        """
        for at in range(0, self.numbers.size, height):
            yield [self.row(position) for position in range(at, min(at + height, self.numbers.size))]

    def _line(self, at: int) -> bytes:
        return self.data[int(self.ends[at - 1]) + 1 if at else 0 : int(self.ends[at])]


def joined(rows: Iterable[Row], rejected: Iterable[Rejected] = ()) -> Chunk:
    """Put rows together into a chunk.

    Args:
        rows: the rows; none contains a line feed, none is blank.
        rejected: lines that belong there and could not be read.
    """
    rows = list(rows)
    data = b"\n".join(row.text for row in rows)
    return Chunk(data, given=np.array([row.number for row in rows], np.int64), rejected=tuple(rejected))


def chunks(text: Stream, size: int = CHUNK) -> Iterator[Chunk]:
    """Cut a text into chunks of whole lines.

    A line of more than `MAX_LINE` bytes is rejected and not held in memory; a blank line stands in its place.

    Args:
        text: the text.
        size: bytes in a chunk; it may be exceeded by one line.
    """
    _keep_freed_memory()
    waiting = _Waiting()
    while piece := text.read(min(PIECE, size)):
        waiting.add(piece)
        if waiting.size >= size and waiting.whole:
            yield waiting.cut()
    if chunk := waiting.end():
        yield chunk


@cache
def _keep_freed_memory() -> None:
    """Keep the C library from giving every chunk's memory back to the system, which costs a tenth of the reading.

    glibc returns freed memory beyond twice the largest block that was ever mapped and freed (mallopt(3),
    M_MMAP_THRESHOLD, at most 32 MB). A block that is never written to costs nothing.
    """
    bytes(_MAPPED)


class _Waiting:
    """Text that waits to be cut off behind its last line feed."""

    def __init__(self) -> None:
        self.size = 0
        self.rejected: list[Rejected] = []
        self._first = 1
        self._parts: list[bytes] = []
        self._begun = 0
        self._dropping = False

    @property
    def whole(self) -> int:
        """Bytes of whole lines."""
        return self.size - self._begun

    def add(self, piece: bytes) -> None:
        """Take a piece of text; what belongs to a line that is too long is dropped, up to its line feed."""
        end = piece.find(b"\n")
        if self._begun + (len(piece) if end < 0 else end) > MAX_LINE and not self._dropping:
            self._drop()
        if self._dropping:
            piece = piece[end:] if end >= 0 else b""
            self._dropping = end < 0
        self._append(piece)

    def cut(self) -> Chunk:
        """Cut the whole lines off; what has been begun behind them waits on."""
        begun = self._pop(self._begun)
        chunk = Chunk(b"".join(self._parts), self._first, rejected=tuple(self.rejected))
        self._first += chunk.newlines
        self.size, self._parts, self.rejected, self._begun = 0, [], [], 0
        self._append(begun)
        return chunk

    def end(self) -> Chunk | None:
        """Cut everything off, or return None where nothing waits."""
        self._begun = 0
        return self.cut() if self.size or self.rejected else None

    def _append(self, piece: bytes) -> None:
        if piece:
            self._parts.append(piece)
            self.size += len(piece)
            line = piece.rfind(b"\n")
            self._begun = self._begun + len(piece) if line < 0 else len(piece) - line - 1

    def _drop(self) -> None:
        self._pop(self._begun)
        self.size, self._begun, self._dropping = self.size - self._begun, 0, True
        number = self._first + sum(part.count(b"\n") for part in self._parts)
        self.rejected.append(Rejected(number, f"a line longer than {MAX_LINE >> 20} MB"))

    def _pop(self, size: int) -> bytes:
        """Take that many bytes off the end."""
        popped: list[bytes] = []
        while size:
            part = self._parts.pop()
            if len(part) > size:
                self._parts.append(part[:-size])
                part = part[-size:]
            popped.append(part)
            size -= len(part)
        return b"".join(reversed(popped))
