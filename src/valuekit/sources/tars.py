"""The members of a tar archive, read in one forward pass.

Owns the walk over tar headers (POSIX ustar and pax, GNU). Names are shown, never used; links and devices are passed
over; nothing is written to disk.
"""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from valuekit.sources.opening import DamageError
from valuekit.sources.streams import Stream, read_exactly

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
_MAX_HEADER = 1 << 20
_PIECE = 1 << 20
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_NAMES = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)


class _Contents:
    def __init__(self, archive: Stream, size: int) -> None:
        self._archive = archive
        self.left = size

    def read(self, size: int, /) -> bytes:
        wanted = min(size, self.left)
        if not wanted:
            return b""
        data = self._archive.read(wanted)
        if not data:
            raise DamageError("a tar archive that is cut off")
        self.left -= len(data)
        return data


def is_tar(head: bytes) -> bool:
    """Say whether a stream that starts with these bytes is a tar archive.

    Args:
        head: the first bytes; 512 are enough.
    """
    return head[257:262] == b"ustar"


def tar_members(archive: Stream) -> Iterator[tuple[str, Stream]]:
    """Give each regular member's name and its bytes; a member is over when the next one is asked for.

    Args:
        archive: the tar archive, not compressed.

    Raises:
        DamageError: a header is damaged, or the archive has no end.
    """
    extended: dict[str, str] = {}
    while any(block := read_exactly(archive, BLOCK)):
        header = _header(block)
        size = int(extended.get("size", header.size))
        contents = _Contents(archive, size)
        if header.type == tarfile.XHDTYPE:
            extended = _pax(contents)
        elif header.type in _REGULAR:
            yield extended.get("path", header.name), contents
        elif header.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse") for key in extended):
            raise DamageError("a tar archive with sparse files, which are not supported")
        if header.type != tarfile.XHDTYPE and header.type not in _NAMES:
            extended = {}
        while contents.read(_PIECE):
            pass
        read_exactly(archive, -size % BLOCK)
    while block := archive.read(_PIECE):
        if any(block):
            raise DamageError("a tar archive with bytes behind its end")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.TarError as error:
        raise DamageError("a tar archive with a damaged header") from error
    if header.size < 0:
        raise DamageError("a tar archive with a damaged header")
    return header


def _pax(contents: _Contents) -> dict[str, str]:
    """Read an extended header's records `<length> <key>=<value>` (POSIX.1-2001, pax interchange format)."""
    if contents.left > _MAX_HEADER:
        raise DamageError("a tar archive with a damaged header")
    data = read_exactly(contents, contents.left)
    records: dict[str, str] = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(data):
            raise DamageError("a tar archive with a damaged header")
        record, data = data[len(length) + 1 : int(length) - 1], data[int(length) :]
        key, _, value = record.partition(b"=")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    if not records.get("size", "0").isdigit():
        raise DamageError("a tar archive with a damaged header")
    return records
