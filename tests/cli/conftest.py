"""Fixtures of the command line's tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from valuekit.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What a call gave: its exit code and both streams."""

    code: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start each test in an empty folder, without settings of the machine."""
    for name in list(os.environ):
        if name.startswith("VALUEKIT_") or name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a verb in this process."""

    def run(*argv: str | Path) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in argv])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def process() -> Call:
    """Run a verb as a user does: in a process of its own, with pipes for streams."""

    def run(*argv: str | Path, stdin: str = "") -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "valuekit", *map(str, argv)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo, landed and published; copied for each test that wants it."""
    from valuekit.synthetic import write_demo

    folder = tmp_path_factory.mktemp("demo") / "demo"
    config = write_demo(folder, rows=2_000, days=3, seed=7)
    assert main(["-q", "ingest", "-c", str(config)]) == 0
    return folder


@pytest.fixture
def demo(demo_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landed demo in the current folder; gives its folder."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_template, folder)
    monkeypatch.chdir(folder)
    return folder
