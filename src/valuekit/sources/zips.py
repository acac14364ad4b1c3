"""The members of a zip archive, read one after the other from the archive's own directory.

Owns the checks on that directory. Names are shown, never used: no path is made of them. Nothing is written to disk.
"""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

from valuekit.sources.opening import DamageError
from valuekit.sources.streams import (
    FREE_BYTES,
    MAX_RATIO,
    Checked,
    FilePart,
    Inflated,
    Meter,
    Stream,
    bzipped,
    deflated,
    lzma_of_zip,
    read_exactly,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_LOCAL_HEADER = 30
_END_RECORD = 22
_LONGEST_COMMENT = 0xFFFF
_IN_ZIP64 = 0xFFFF
_ENCRYPTED = 0x1 | 0x40
_MARKS_ITS_END = 0x2
_METHODS = {9: "Deflate64", 93: "Zstandard", 95: "xz", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption"}


def zip_members(file: FileIO, meter: Meter) -> Iterator[tuple[str, Stream]]:
    """Give each regular member's name, as the archive has it, and its bytes.

    Args:
        file: the open archive.
        meter: counts what is taken from it.

    Raises:
        DamageError: the directory is missing or lies, or a member cannot be read.
    """
    for entry in _entries(file):
        if entry.file_size or not entry.is_dir():
            yield entry.filename, _stream(file, entry, meter)


def _entries(file: FileIO) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(file) as archive:
            entries, directory = archive.infolist(), archive.start_dir
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise DamageError("a zip archive that is damaged or cut off: its directory cannot be read") from error
    if len(entries) != _announced(file, len(entries)):
        raise DamageError("a zip archive that is damaged: its directory is not complete")
    if not entries:
        raise DamageError("an empty archive")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise DamageError("a zip archive with overlapping members, as a decompression bomb has")
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    if end > directory:
        raise DamageError("a zip archive that is damaged or cut off: a member reaches into its directory")
    return entries


def _announced(file: FileIO, found: int) -> int:
    """Return how many members the end of the directory announces; what was found where a larger record says so."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_RECORD - _LONGEST_COMMENT))
    end = file.read() or b""
    record = end.rfind(STARTS[1])
    count = int.from_bytes(end[record + 10 : record + 12], "little")
    return found if count == _IN_ZIP64 else count


def _stream(file: FileIO, entry: zipfile.ZipInfo, meter: Meter) -> Stream:
    if entry.flag_bits & _ENCRYPTED:
        raise DamageError("an encrypted archive")
    if entry.file_size > FREE_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise DamageError(f"a member inflates to more than {MAX_RATIO} times its size, as a decompression bomb does")
    header = read_exactly(FilePart(file, meter, entry.header_offset, _LOCAL_HEADER), _LOCAL_HEADER)
    if not header.startswith(STARTS[0]):
        raise DamageError("a zip archive that is damaged: a member is not where its directory says")
    skipped = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    part = FilePart(file, meter, entry.header_offset + _LOCAL_HEADER + skipped, entry.compress_size)
    return Checked(_inflated(part, entry, meter), entry.file_size, entry.CRC)


def _inflated(part: FilePart, entry: zipfile.ZipInfo, meter: Meter) -> Stream:
    match entry.compress_type:
        case zipfile.ZIP_STORED:
            return part
        case zipfile.ZIP_DEFLATED:
            return Inflated(part, deflated(), meter)
        case zipfile.ZIP_BZIP2:
            return Inflated(part, bzipped(), meter)
        case zipfile.ZIP_LZMA:
            return Inflated(part, lzma_of_zip(part), meter, ends=bool(entry.flag_bits & _MARKS_ITS_END))
        case other:
            method = _METHODS.get(other, f"method {other}")
            raise DamageError(f"a zip archive compressed with {method}, which is not supported; pack it with Deflate")
