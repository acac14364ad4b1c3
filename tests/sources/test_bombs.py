"""Files that inflate beyond reason stop early; honest files that inflate well do not."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import resource
import struct
import time
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import pytest

from valuekit.sources import streams, zips

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sources.conftest import Read, Refusal

MB = 1 << 20


def zip_of(packed: bytes, method: int, size: int, checksum: int = 0, *, times: int = 1) -> bytes:
    """An archive written by hand: members that all point at the same bytes, and sizes that may lie."""
    name = b"data.json"
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, method, 0, 0, checksum, len(packed), size, len(name), 0) + name
    entry = (
        struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, method, 0, 0, checksum, len(packed), size, len(name), 0, 0, 0, 0, 0, 0
        )
        + name
    )
    directory = entry * times
    start = len(local) + len(packed)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, times, times, len(directory), start, 0)
    return local + packed + directory + end


class Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def packed_by(packer: Packer, piece: bytes, count: int = 1) -> bytes:
    return b"".join([*(packer.compress(piece) for _ in range(count)), packer.flush()])


def deflated(piece: bytes, count: int = 1) -> bytes:
    return packed_by(zlib.compressobj(9, zlib.DEFLATED, -15), piece, count)


def gzipped(piece: bytes, count: int = 1) -> bytes:
    return packed_by(zlib.compressobj(9, zlib.DEFLATED, 31), piece, count)


def lzma_of_zip(piece: bytes, count: int) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": MB, "lc": 3, "lp": 0, "pb": 2}]
    header = b"\x09\x04\x05\x00" + bytes([3 + 9 * (0 + 5 * 2)]) + MB.to_bytes(4, "little")
    return header + packed_by(lzma.LZMACompressor(lzma.FORMAT_RAW, filters=filters), piece, count)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FREE_BYTES", 4 * MB)
    monkeypatch.setattr(zips, "FREE_BYTES", 4 * MB)


@contextmanager
def cheaply() -> Iterator[None]:
    """Fails where something took seconds, or much memory."""
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert time.process_time() - begun < 5
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 250


ROW = json.dumps({"pxInteractionID": "1", "pyOutcome": "Clicked"}).encode() + b"\n"
PADDED_ROW = b'{"id": 1}' + b" " * MB + b"\n"


def test_a_gigabyte_of_zeros(refusal: Refusal) -> None:
    packed = deflated(bytes(MB), 1024)
    assert len(packed) < 1.1 * MB
    with cheaply():
        told = refusal(zip_of(packed, 8, 1024 * MB))
        lied = refusal(zip_of(packed, 8, 100))
    assert told == "a member inflates to more than 200 times its size, as a decompression bomb does"
    assert lied == "a member's length is not what the archive says"


def test_a_gigabyte_of_rows_in_gzip(refusal: Refusal) -> None:
    packed = gzipped(PADDED_ROW, 600)
    with cheaply():
        assert refusal(packed).startswith("it inflates to more than 200 times its size, as a decompression bomb does")


@pytest.mark.usefixtures("small_limits")
def test_rows_without_end_in_gzip_in_gzip(refusal: Refusal) -> None:
    packed = gzipped(gzipped(PADDED_ROW, 64))
    with cheaply():
        assert refusal(packed).startswith("it inflates to more than 200 times its size, as a decompression bomb does")


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_few_bytes_that_hold_very_much(refusal: Refusal, method: int) -> None:
    count = 64
    if method == zipfile.ZIP_BZIP2:
        packed = packed_by(bz2.BZ2Compressor(), PADDED_ROW, count)
    else:
        packed = lzma_of_zip(PADDED_ROW, count)
    assert len(packed) < 20_000
    with cheaply():
        assert "decompression bomb" in refusal(zip_of(packed, method, count * len(PADDED_ROW)))
        assert "length is not what" in refusal(zip_of(packed, method, 100))


def test_overlapping_members(refusal: Refusal) -> None:
    text = ROW * 100
    packed = deflated(text)
    assert refusal(zip_of(packed, 8, len(text), zlib.crc32(text), times=500)) == (
        "a zip archive with overlapping members, as a decompression bomb has"
    )


def test_archives_in_archives(refusal: Refusal) -> None:
    inner = zip_of(deflated(ROW), 8, len(ROW), zlib.crc32(ROW))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner)
    many = ROW
    for _ in range(5):
        many = gzip.compress(many)
    assert refusal(outer.getvalue()) == "an archive within an archive; unpack the outer one"
    assert refusal(many) == "an archive within an archive; unpack the outer one"


@pytest.mark.usefixtures("small_limits")
def test_an_honest_export_of_sixty_to_one_is_read(read: Read) -> None:
    row = {f"pyColumn{number:02}": "" for number in range(40)}
    rows = (json.dumps(row | {"pxInteractionID": str(number * 7919)}) for number in range(12_000))
    text = "\n".join(rows).encode()
    packed = gzip.compress(text)
    assert len(text) > 8 * MB
    assert len(text) / len(packed) > 60
    assert len(read(packed, choose=lambda _: ["pxInteractionID"]).rows) == 12_000


def test_little_is_read_whatever_the_ratio(read: Read) -> None:
    assert len(read(gzip.compress(ROW * 20_000)).rows) == 20_000


def test_the_same_archive_by_hand_and_by_the_standard_library(read: Read, tmp_path: Path) -> None:
    text = ROW * 10
    path = tmp_path / "hand.zip"
    path.write_bytes(zip_of(deflated(text), 8, len(text), zlib.crc32(text)))
    with zipfile.ZipFile(path) as archive:
        assert archive.read("data.json") == text
    assert len(read(path).rows) == 10
