"""`kill -9` at any moment: the next run gives what an undisturbed run gives, and readers never see half of it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from valuekit.config.load import load
from valuekit.errors import CacheError
from valuekit.pipeline import Workspace
from valuekit.synthetic import generate_history

if TYPE_CHECKING:
    import polars as pl

CHILD = Path(__file__).with_name("dying_ingest.py")
CONFIG = """
[ih]
path = "exports"

[metrics.engagement]
group_by = ["Day", "Channel", "Issue"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
POINTS = 24


def run_child(project: Path, step: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHILD), str(project / "valuekit.toml"), str(step)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def make_project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "valuekit.toml").write_text(CONFIG)
    return folder


def numbers(project: Path) -> tuple[pl.DataFrame, object]:
    computed = Workspace(load(project / "valuekit.toml")).compute(["engagement"], by=["Day", "Channel", "Issue"])
    return computed.results[0].rows, computed.data


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    generate_history(folder, rows=1500, days=6, seed=3)
    return folder


def fill(project: Path, exports: Path, count: int | None = None) -> None:
    (project / "exports").mkdir(exist_ok=True)
    files = sorted(path for path in exports.rglob("*.zip"))[:count]
    assert files
    for path in files:
        (project / "exports" / path.name).write_bytes(path.read_bytes())


def test_killed_at_many_points(tmp_path: Path, exports: Path) -> None:
    calm = make_project(tmp_path / "calm")
    fill(calm, exports)
    total = int(run_child(calm, 0).stdout)
    expected = numbers(calm)
    half = make_project(tmp_path / "half")
    fill(half, exports, 3)
    assert run_child(half, 0).returncode == 0
    before = numbers(half)
    fill(half, exports)
    random = Random(0)  # noqa: S311 - test data
    for number in range(POINTS):
        step = random.randrange(1 + number * total // POINTS, 2 + (number + 1) * total // POINTS)
        project = tmp_path / f"killed-{number}"
        shutil.copytree(half, project)
        killed = run_child(project, step)
        if killed.returncode == 0:
            continue
        assert killed.returncode == -signal.SIGKILL
        seen = numbers(project)
        assert seen[0].equals(before[0]) or seen[0].equals(expected[0])
        assert run_child(project, 0).returncode == 0
        after = numbers(project)
        assert after[0].equals(expected[0])
        assert after[1] == expected[1]


def test_killed_again_and_again_from_an_empty_cache(tmp_path: Path, exports: Path) -> None:
    calm, project = make_project(tmp_path / "calm"), make_project(tmp_path / "project")
    fill(calm, exports)
    fill(project, exports)
    total = int(run_child(calm, 0).stdout)
    for part in (0.1, 0.3, 0.5, 0.7, 0.9):
        run_child(project, int(total * part))
        try:
            seen = numbers(project)
        except CacheError:
            continue
        assert seen[0].equals(numbers(calm)[0])
    assert run_child(project, 0).returncode == 0
    assert numbers(project)[0].equals(numbers(calm)[0])
    states = Workspace(load(project / "valuekit.toml")).runs()["state"].to_list()
    assert states[0] == "done"
    assert "killed" in states


def test_killed_by_the_clock(tmp_path: Path, exports: Path) -> None:
    calm = make_project(tmp_path / "calm")
    fill(calm, exports)
    began = time.perf_counter()
    assert run_child(calm, 0).returncode == 0
    whole = time.perf_counter() - began
    project = make_project(tmp_path / "project")
    fill(project, exports)
    command = [sys.executable, str(CHILD), str(project / "valuekit.toml"), "0"]
    for part in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            child.wait(whole * part)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    assert run_child(project, 0).returncode == 0
    assert numbers(project)[0].equals(numbers(calm)[0])
