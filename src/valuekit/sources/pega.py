"""Pega's dataset exports: JSON lines, plain or in archives.

Owns which members of a file are data. Never parses them itself.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from valuekit.sources.ahead import read_ahead
from valuekit.sources.base import Batch, Choose, Rejected
from valuekit.sources.documents import document_chunks, is_document
from valuekit.sources.lines import CHUNK, Chunk, chunks
from valuekit.sources.ndjson import read_batches
from valuekit.sources.opening import naming, open_regular
from valuekit.sources.text import texts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from io import FileIO
    from pathlib import Path


_OBJECT = re.compile(rb"^[ \t\r]*+\{(?:[ \t\r]*+[\"'}].*+|[ \t\r]*+$)", re.MULTILINE)


class PegaExport:
    """Reads `.zip`, `.gz`, `.tgz`, `.tar`, `.json` and `.ndjson`, whatever they are named."""

    name = "pega_ds_export"

    def __init__(self, chunk_bytes: int = CHUNK) -> None:
        """Prepare to read.

        Args:
            chunk_bytes: bytes of text that make a batch; one line may exceed it.
        """
        self._chunk_bytes = chunk_bytes

    def batches(self, path: Path, choose: Choose) -> Iterator[Batch]:
        """Read the file batch by batch; see `Source.batches`."""
        with naming(path), open_regular(path) as file, closing(read_ahead(_chunks(file, self._chunk_bytes))) as ready:
            for member, chunk in ready:
                yield from read_batches(member, chunk, choose)


def _chunks(file: FileIO, size: int) -> Generator[tuple[str | None, Chunk], None, None]:
    for text in texts(file, "a Pega export", _not_json):
        if text.refused:
            yield text.member, Chunk(b"", rejected=(Rejected(1, f"the whole member is set aside: {text.refused}"),))
            continue
        cut = document_chunks if is_document(text.stream.head) else chunks
        for chunk in cut(text.stream, size):
            yield text.member, chunk


def _not_json(head: bytes) -> str | None:
    if b"\0" in head and not any(_is_utf8(found[0]) for found in _OBJECT.finditer(head)):
        return "it is binary data"
    if not head.strip() or head.lstrip().startswith(b"[") or _OBJECT.search(head):
        return None
    return "no line of it begins as a JSON object"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.end == len(line)
    return True
