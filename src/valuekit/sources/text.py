"""The texts in a file, clean: what is none is told by its first bytes, byte order marks and odd line ends are gone.

Owns the recognition of content, and the encodings. Never parses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.sources.archives import members
from valuekit.sources.opening import DamageError
from valuekit.sources.streams import HEAD, Peeked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO

    from valuekit.sources.streams import Stream

_STEP = 1 << 20
BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_FOREIGN = (
    (b"PAR1", 'a Parquet file (file_type "parquet")'),
    (b"PARE", "an encrypted Parquet file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive; pack it as zip or gzip"),
    (b"\xfd7zXZ", "an xz archive; pack it as zip or gzip"),
    (b"BZh", "a bzip2 archive; pack it as zip or gzip"),
    (b"7z\xbc\xaf", "a 7-Zip archive; pack it as zip or gzip"),
    (b"Rar!", "a RAR archive; pack it as zip or gzip"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (b"<!doctype", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
)


@dataclass(frozen=True)
class Text:
    """One text of a file.

    Attributes:
        member: the archive member that it is, None where the file is no archive.
        stream: its bytes, UTF-8 as far as it is text, with line feeds.
        refused: why it is not to be read, None where it is.
    """

    member: str | None
    stream: Peeked
    refused: str | None


def texts(file: FileIO, wanted: str, refuse: Callable[[bytes], str | None]) -> Iterator[Text]:
    """Give the texts in a file, one after the other; empty ones are passed over.

    Args:
        file: an open regular file.
        wanted: what the texts should be, as a noun phrase.
        refuse: the first bytes of a text -> why it is not wanted, or None.

    Raises:
        DamageError: the file is damaged, or has no text that is wanted.
    """
    found, wrong = False, "there is nothing in it"
    for member in members(file):
        stream = _clean(member.stream)
        if not stream.head.strip() and len(stream.head) < HEAD:
            continue
        foreign = _foreign(stream.head)
        refused = f"it is {foreign}" if foreign else refuse(stream.head)
        found, wrong = found or not refused, refused or wrong
        if refused:
            _read_to_end(stream)
        if not refused or member.name is not None:
            yield Text(member.name, stream, refused)
    if not found:
        raise DamageError(f"not {wanted}: {wrong}")


def _read_to_end(stream: Peeked) -> None:
    """Let the checksum of a text that is passed over speak: its odd first bytes may be damage."""
    while stream.read(_STEP):
        pass


def _foreign(head: bytes) -> str | None:
    start = head.lstrip()
    for magic, words in _FOREIGN:
        if start.startswith(magic) or (magic.startswith(b"<") and start[: len(magic)].lower() == magic):
            return words
    return None


class _NewLines:
    """A stream whose lines end in a lone carriage return, given with line feeds."""

    def __init__(self, source: Stream) -> None:
        self._source = source

    def read(self, size: int, /) -> bytes:
        return self._source.read(size).replace(b"\r", b"\n")


def _clean(stream: Peeked) -> Peeked:
    if stream.head.startswith(_WIDE):
        raise DamageError("UTF-16 text; save it as UTF-8")
    if stream.head.startswith(BOM):
        stream.read(len(BOM))
        stream = Peeked(stream)
    if b"\n" not in stream.head and b"\r" in stream.head[:-1]:
        stream = Peeked(_NewLines(stream))
    return stream
