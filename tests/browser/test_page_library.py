"""The chart library is made once, kept, and never taken from a file that holds anything else."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path

import pytest

from valuekit.reports.page import library as module
from valuekit.reports.page.library import FILE, kept_library, library


def test_it_is_the_known_script() -> None:
    assert hashlib.sha256(library().encode()).hexdigest() == module._KNOWN
    assert "valuekitCharts" in library()


def test_it_is_read_where_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = kept_library(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    monkeypatch.setattr(module, "library", lambda: pytest.fail("it was made again"))
    assert kept_library(tmp_path) == script


@pytest.mark.parametrize(
    "held",
    [b"", b"alert(1)", b"AAAA", base64.b64encode(zlib.compress(b"alert(1)")), base64.b64encode(zlib.compress(b"\xff"))],
)
def test_anything_else_is_replaced(tmp_path: Path, held: bytes) -> None:
    (tmp_path / FILE).write_bytes(held)
    assert kept_library(tmp_path) == library()
    assert (tmp_path / FILE).read_bytes() != held


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert kept_library(tmp_path / "gone") == library()
    assert not (tmp_path / "gone").exists()
