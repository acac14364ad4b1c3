"""Readers never wait: they answer from the last snapshot while a run is writing."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from sample_history import CONFIG, make_history, open_workspace, write_export

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from valuekit.config.load import load
from valuekit.pipeline import Workspace, land
from valuekit.pipeline.results import Silent

class Pausing(Silent):
    def advance(self, amount, label=""):
        print("landed", label, flush=True)
        sys.stdin.readline()

land.COMMIT_FILES = 1
Workspace(load(Path(sys.argv[1]))).ingest(progress=Pausing())
"""


def test_compute_answers_from_the_snapshot_while_an_ingest_runs(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    write_export(tmp_path / "exports" / "1.zip", make_history(1))
    workspace = open_workspace(tmp_path)
    workspace.ingest()
    before = workspace.compute(["engagement"], by=["Channel"])
    for number in (2, 3):
        write_export(tmp_path / "exports" / f"{number}.zip", make_history(number))
    command = [sys.executable, "-c", HOLD, str(tmp_path / "valuekit.toml")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline().startswith("landed")
        began = time.perf_counter()
        during = workspace.compute(["engagement"], by=["Channel"])
        assert time.perf_counter() - began < 5
        assert during.results[0].rows.equals(before.results[0].rows)
        assert during.data == before.data
        assert workspace.runs()["state"][0] == "running"
        asked = [sys.executable, "-m", "valuekit", "compute", "engagement", "--format", "tsv"]
        asked += ["-c", str(tmp_path / "valuekit.toml")]
        waiting = subprocess.run([*asked, "--ingest"], capture_output=True, text=True, check=False, timeout=60)
        assert waiting.returncode == 75
        assert str(writer.pid) in waiting.stderr
        answered = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
        assert answered.returncode == 0
        assert "snapshot" in answered.stderr
        assert answered.stdout.startswith("Count\t")
        writer.communicate("\n" * 10, timeout=60)
    after = workspace.compute(["engagement"], by=["Channel"])
    assert writer.returncode == 0
    assert after.data.files == 3


def test_a_reader_that_holds_a_snapshot_survives_the_next_ones(tmp_path: Path) -> None:
    from valuekit.cache import snapshot

    (tmp_path / "valuekit.toml").write_text(CONFIG)
    write_export(tmp_path / "exports" / "1.zip", make_history(1))
    workspace = open_workspace(tmp_path)
    workspace.ingest()
    with snapshot.reading(workspace.folder) as connection:
        query = "SELECT count(*) FROM partitions"
        before = connection.execute(query).fetchall()
        for number in (2, 3, 4):
            write_export(tmp_path / "exports" / f"{number}.zip", make_history(number))
            workspace.ingest()
        assert connection.execute(query).fetchall() == before
    assert len(list(workspace.folder.glob("snapshot-*.duckdb"))) == 2


def test_a_run_that_died_before_publishing_is_published_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    write_export(tmp_path / "exports" / "1.zip", make_history(1))
    workspace = open_workspace(tmp_path)
    workspace.ingest()
    expected = workspace.compute(["engagement"]).results[0].rows
    (workspace.folder / "current.json").unlink()
    report = open_workspace(tmp_path).ingest()
    assert report.partitions_restated == 0
    assert workspace.compute(["engagement"]).results[0].rows.equals(expected)
