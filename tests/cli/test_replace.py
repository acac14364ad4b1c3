"""A file is written whole or not at all."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

import pytest

from valuekit.cli.replace import replacing
from valuekit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with replacing(target) as handle:
        handle.write(b"new")
        handle.flush()
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["out.csv"]


def break_off(handle: BinaryIO, failure: type[BaseException]) -> None:
    handle.write(b"half")
    raise failure


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path: Path, failure: type[BaseException]) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    with pytest.raises(failure), replacing(target) as handle:
        break_off(handle, failure)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["out.csv"]


def test_a_new_file_has_ordinary_permissions_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    plain, target = tmp_path / "plain", tmp_path / "out.csv"
    plain.touch()
    for mode in (stat.S_IMODE(plain.stat().st_mode), 0o640):
        with replacing(target) as handle:
            handle.write(b"x")
        assert stat.S_IMODE(target.stat().st_mode) == mode
        target.chmod(0o640)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with replacing(link) as handle:
        handle.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with replacing(pipe) as handle:
            handle.write(b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.parametrize(("path", "why"), [("missing/out.csv", "No such file or directory"), ("", "Is a directory")])
def test_what_cannot_be_written_is_named(tmp_path: Path, path: str, why: str) -> None:
    target = tmp_path / path
    with pytest.raises(DataError) as error, replacing(target):
        pytest.fail("the block must not run")
    assert str(error.value) == f"cannot write {target}: {why}"
