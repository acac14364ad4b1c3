"""JSON that is not one object per line: an array of objects, or objects spread over lines.

Owns the cut into elements, in bounded memory. Never judges an element: it becomes a line, which is read as any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from valuekit.sources.lines import CHUNK, MAX_LINE, PIECE, Chunk, Row, joined
from valuekit.sources.opening import DamageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.sources.streams import Stream

_GAP = re.compile(rb"[ \t\r\n,]*")
_STRING = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
_FLAT = re.compile(rb'\{[^{}\[\]"]*+(?:' + _STRING + rb'[^{}\[\]"]*+)*+\}')
_MARK = re.compile(_STRING + rb"?|[\[\]{}]")
_SCALAR = re.compile(_STRING + rb'?|[^ \t\r\n,\[\]{}"]+|[\]}]')
_LINE_ENDS = bytes.maketrans(b"\r\n", b"\t\t")


def is_document(head: bytes) -> bool:
    """Say whether a text that starts so is read element by element rather than line by line.

    Args:
        head: the text's first bytes.
    """
    start = head.lstrip()
    line, _, rest = start.partition(b"\n")
    if start.startswith(b"["):
        lone_array = line.rstrip().endswith(b"]") and rest.lstrip().startswith(b"{")
        return start[1:].lstrip()[:1] in {b"{", b"]", b""} and not lone_array
    return line.strip() == b"{"


def document_chunks(text: Stream, size: int = CHUNK) -> Iterator[Chunk]:
    """Cut a text into chunks with one element in each line.

    Args:
        text: an array of objects, or objects one after the other.
        size: bytes in a chunk; it may be exceeded by one element.

    Raises:
        DamageError: the text ends inside an array or an element, or an element is longer than `MAX_LINE`.
    """
    rows: list[Row] = []
    held = 0
    for row in _elements(text):
        rows.append(row)
        held += len(row.text)
        if held >= size:
            yield joined(rows)
            rows, held = [], 0
    if rows:
        yield joined(rows)


def _elements(text: Stream) -> Iterator[Row]:
    buffer, at, number, is_open = b"", 0, 1, False
    while True:
        begin = _gap_end(buffer, at)
        number += buffer.count(b"\n", at, begin)
        mark, at = buffer[begin : begin + 1], begin
        if mark == (b"]" if is_open else b"["):
            is_open, at = not is_open, at + 1
            continue
        end = _element_end(buffer, at)
        if end is None:
            buffer, at = buffer[at:], 0
            if len(buffer) > MAX_LINE:
                raise DamageError(f"the element at line {number:,} is longer than {MAX_LINE >> 20} MB, or never ends")
            if not (piece := text.read(max(PIECE, len(buffer)))):
                break
            buffer += piece
            continue
        yield Row(number, buffer[at:end].translate(_LINE_ENDS))
        number += buffer.count(b"\n", at, end)
        at = end
    if buffer or is_open:
        raise DamageError(f"the JSON is cut off: it ends inside {'an element' if buffer else 'an array'}")


def _gap_end(buffer: bytes, at: int) -> int:
    gap = _GAP.match(buffer, at)
    return gap.end() if gap else at


def _element_end(buffer: bytes, at: int) -> int | None:
    """Return where the element that begins here ends; None where that is further on than the buffer."""
    if flat := _FLAT.match(buffer, at):
        return flat.end()
    if buffer[at : at + 1] not in {b"{", b"["}:
        scalar = _SCALAR.match(buffer, at)
        return scalar.end() if scalar and scalar.end() < len(buffer) else None
    depth = 0
    for mark in _MARK.finditer(buffer, at):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    return None
