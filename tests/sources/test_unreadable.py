"""Files that cannot be read: each is named with a plain reason, wherever the damage is."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import tarfile
import zipfile
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.errors import UnreadableFileError
from valuekit.sources import open_source
from valuekit.sources.pega import PegaExport

if TYPE_CHECKING:
    from pathlib import Path

    from sources.conftest import Read, Refusal

TEXT = b"".join(b'{"id": %d, "noise": "%s"}\n' % (at, sha256(b"%d" % at).hexdigest().encode()) for at in range(2000))
TYPES = ["pega_ds_export", "csv", "parquet"]


def zipped(text: bytes = TEXT, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("data.json", text)
        archive.writestr("more.json", text[: text.find(b"\n")])
    return out.getvalue()


def tarred(mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # any mode is a str here
        info = tarfile.TarInfo("data.json")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    return out.getvalue()


PACKED = {
    "deflate": zipped(),
    "stored": zipped(method=zipfile.ZIP_STORED),
    "bzip2": zipped(method=zipfile.ZIP_BZIP2),
    "lzma": zipped(method=zipfile.ZIP_LZMA),
    "gzip": gzip.compress(TEXT) + gzip.compress(TEXT),
    "tgz": tarred("w:gz"),
}
ONCE = [json.loads(line) for line in TEXT.splitlines()]
TWICE = {"gzip": ONCE + ONCE, "tgz": ONCE}
ROWS = {
    kind: [{"id": str(row["id"]), "noise": row["noise"]} for row in TWICE.get(kind, [*ONCE, ONCE[0]])]
    for kind in PACKED
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_a_packed_file_that_is_cut_off(refusal: Refusal, packed: bytes) -> None:
    for size in [5, 12, 40, len(packed) // 3, len(packed) - 30, len(packed) - 9, len(packed) - 1]:
        assert refusal(packed[:size])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(PACKED)), place=st.integers(0), from_end=st.booleans(), bit=st.integers(0, 7))
def test_a_changed_bit_is_found_or_nothing_depends_on_it(
    read: Read, kind: str, place: int, *, from_end: bool, bit: int
) -> None:
    packed = bytearray(PACKED[kind])
    place = -1 - place % 250 if from_end else place % len(packed)
    packed[place] ^= 1 << bit
    with suppress(UnreadableFileError):
        assert read(bytes(packed)).rows == ROWS[kind]


def test_damage_at_the_end_is_found_after_batches_were_given(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 1
    path = tmp_path / "export.gz"
    path.write_bytes(packed)
    batches = PegaExport(4096).batches(path, lambda names: names)
    assert next(batches).frame.height > 0
    with pytest.raises(UnreadableFileError, match="its gzip checksum is wrong"):
        list(batches)


def test_a_wrong_checksum_in_a_zip(refusal: Refusal) -> None:
    packed = bytearray(zipped(method=zipfile.ZIP_STORED))
    packed[60] ^= 1
    assert refusal(bytes(packed)) == "a member's checksum (CRC) is wrong"


def test_encrypted(refusal: Refusal) -> None:
    packed = bytearray(zipped())
    at = packed.index(b"PK\x01\x02")
    packed[6] |= 1
    packed[at + 8] |= 1
    assert refusal(bytes(packed)) == "an encrypted archive"


def test_a_compression_that_nobody_has_here(refusal: Refusal) -> None:
    packed = bytearray(zipped())
    packed[packed.index(b"PK\x01\x02") + 10] = 9
    assert refusal(bytes(packed)).startswith("a zip archive compressed with Deflate64, which is not supported")


def test_empty(refusal: Refusal) -> None:
    nothing = io.BytesIO()
    zipfile.ZipFile(nothing, "w").close()
    assert refusal(b"") == "an empty file"
    assert refusal(nothing.getvalue()) == "an empty archive"
    for text in [b"\n \n", gzip.compress(b""), zipped(b""), b"\xef\xbb\xbf"]:
        assert refusal(text) == "not a Pega export: there is nothing in it"


FOREIGN = {
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": "not a Pega export: it is a PNG image",
    b"<!DOCTYPE html>\n<script>\n{}\n": "not a Pega export: it is HTML",
    b"PAR1\x15\x04PAR1": 'not a Pega export: it is a Parquet file (file_type "parquet")',
    b"version https://git-lfs.github.com/spec/v1\n": "not a Pega export: it is a Git LFS pointer, not the file itself",
    b"\xfd7zXZ\0\0": "not a Pega export: it is an xz archive; pack it as zip or gzip",
    b"Channel,Outcome\nWeb,Clicked\n": "not a Pega export: no line of it begins as a JSON object",
    bytes(range(256)): "not a Pega export: it is binary data",
    '{"a": 1}\n'.encode("utf-16"): "UTF-16 text; save it as UTF-8",
    '{"a": 1}\n'.encode("utf-16-be"): "not a Pega export: it is binary data",
    gzip.compress(b"%PDF-1.7", mtime=0): "not a Pega export: it is a PDF document",
    zipped(b"nothing here\n" * 9): "not a Pega export: no line of it begins as a JSON object",
}


@pytest.mark.parametrize(("content", "reason"), FOREIGN.items(), ids=[str(content[:8]) for content in FOREIGN])
def test_content_that_is_no_json(refusal: Refusal, content: bytes, reason: str) -> None:
    assert refusal(content) == reason


@pytest.mark.parametrize("file_type", TYPES)
def test_what_is_not_a_file(refusal: Refusal, tmp_path: Path, file_type: str) -> None:
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "dangling.zip").symlink_to(tmp_path / "gone.zip")
    (tmp_path / "loop.zip").symlink_to(tmp_path / "loop.zip")
    os.mkfifo(tmp_path / "pipe.zip")
    assert refusal(tmp_path / "folder.zip", file_type) == "a folder, not a file"
    assert refusal(tmp_path / "dangling.zip", file_type) == "a link that leads nowhere"
    assert refusal(tmp_path / "loop.zip", file_type) == "a link that leads to itself"
    assert refusal(tmp_path / "gone.zip", file_type) == "there is no such file"
    assert refusal(tmp_path / "pipe.zip", file_type) == "a named pipe, not a file"


def test_devices_and_sockets(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "device.zip").symlink_to("/dev/zero")
    with pytest.raises(UnreadableFileError, match="a device, not a file"):
        read(tmp_path / "device.zip")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.zip")
        with pytest.raises(UnreadableFileError, match="a socket, not a file"):
            read(tmp_path / "socket.zip")


@pytest.mark.parametrize("file_type", TYPES)
def test_no_permission(refusal: Refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_type: str) -> None:
    path = tmp_path / "locked.zip"
    path.write_bytes(TEXT)
    path.chmod(0)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    if os.geteuid() == 0:  # nothing is forbidden to root
        monkeypatch.setattr(os, "open", refuse)
    assert refusal(path, file_type) == "no permission to read it"


def test_an_error_of_the_disk(refusal: Refusal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "open", fail)
    path = tmp_path / "export.zip"
    path.write_bytes(TEXT)
    assert refusal(path) == "it cannot be read: input/output error"


def test_a_file_type_that_no_source_reads(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="'xml' is none of csv, parquet, pega_ds_export"):
        open_source("xml", tmp_path / "x")
