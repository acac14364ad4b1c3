"""`ingest`, `status`, `runs`, `list`, `cache` on real files: counts, exit codes, the lock, interruption."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from typing import TYPE_CHECKING

import pytest

from valuekit.cache.lock import writer_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]


def _row(number: int, outcome: str = "Impression") -> str:
    row = {
        "pxInteractionID": str(number),
        "pySubjectID": f"C{number}",
        "pyChannel": "Web",
        "pyIssue": "Sales",
        "pyGroup": "Cards",
        "pyName": "Gold",
        "pyOutcome": outcome,
        "pxOutcomeTime": f"20260101T10{number % 60:02d}00.000 GMT",
        "pxDecisionTime": "20260101T090000.000 GMT",
        "ModelControlGroup": "Test",
        "pxFactID": str(number),
    }
    return json.dumps(row)


@pytest.fixture
def folder(tmp_path: Path, call: Call) -> Path:
    """A config of `init`, and one export of four rows, two lines of which are broken."""
    assert call("init", ".").code == 0
    config = tmp_path / "valuekit.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("**/*.zip", "*.gz"), encoding="utf-8")
    lines = [_row(1), "{broken", _row(2, "Clicked"), _row(3), '{"also": broken}', _row(4)]
    _write(tmp_path / "a.gz", lines)
    return tmp_path


def _write(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("".join(line + "\n" for line in lines).encode()))


@pytest.mark.usefixtures("folder")
def test_a_summary_names_the_broken_lines(call: Call) -> None:
    done = call("ingest")
    assert done.code == 0
    assert done.out == ""
    assert "1 file landed, 4 rows" in done.err
    assert "2 rows set aside" in done.err
    assert "a.gz:2: " in done.err
    assert "a.gz:5: " in done.err
    again = call("ingest")
    assert again.err == "nothing new: 1 file unchanged\n"
    assert call("-q", "ingest").err == ""


@pytest.mark.usefixtures("folder")
def test_json_holds_the_run(call: Call) -> None:
    document = json.loads(call("ingest", "--format", "json").out)
    assert document["schema"] == "valuekit/1"
    assert document["run"]["rows_landed"] == 4
    assert document["run"]["rows_rejected"] == 2
    assert [file["status"] for file in document["files"]] == ["landed"]
    assert document["files"][0]["examples"]


@pytest.mark.usefixtures("folder")
def test_a_dry_run_changes_nothing(call: Call) -> None:
    done = call("ingest", "--dry-run")
    assert done.code == 0
    assert "1 file would land" in done.err
    assert "a.gz" in done.err
    assert call("status").code == 3
    assert "1 file landed" in call("ingest").err


def test_unreadable_files_are_named_and_the_others_land(call: Call, folder: Path) -> None:
    (folder / "bad.gz").write_bytes(gzip.compress(_row(9).encode())[:-9])
    done = call("ingest")
    assert done.code == 4
    assert "1 file landed, 4 rows" in done.err
    assert "valuekit: warning: bad.gz is set aside: " in done.err
    assert "bad.gz" in call("status").out
    assert call("compute", "engagement").code == 4
    assert call("ingest", "--on-error", "fail").code == 3
    (folder / "bad.gz").unlink()
    assert call("ingest").code == 0


def test_no_readable_file_is_a_failure(call: Call, folder: Path) -> None:
    (folder / "a.gz").write_bytes(b"\x1f\x8bno")
    ended = call("ingest")
    assert ended.code == 3
    assert ended.err.splitlines()[-1].startswith("valuekit: error: nothing could be landed: the only file ")
    done = call("compute")
    assert done.code == 3
    assert done.out == ""


def test_no_file_at_all_is_said(call: Call, folder: Path) -> None:
    (folder / "a.gz").unlink()
    done = call("compute")
    assert done.code == 3
    assert "file_pattern" in done.err


@pytest.mark.usefixtures("folder")
def test_paths_that_are_none(call: Call) -> None:
    assert call("ingest", "-").code == 2
    gone = call("ingest", "gone.gz")
    assert gone.code == 3
    assert "gone.gz" in gone.err


def test_a_named_file_lands(call: Call, folder: Path) -> None:
    _write(folder / "elsewhere.ndjson.gz.part", [_row(7)])
    done = call("ingest", folder / "elsewhere.ndjson.gz.part")
    assert "1 file landed, 1 row" in done.err


def test_a_busy_cache_is_75_or_the_snapshot(call: Call, folder: Path) -> None:
    assert call("-q", "ingest").code == 0
    wanted = call("compute", "engagement").out
    _write(folder / "b.gz", [_row(5)])
    with writer_lock(folder / ".valuekit" / "valuekit", 0):
        busy = call("ingest")
        assert busy.code == 75
        assert f"process {os.getpid()}" in busy.err
        assert busy.err.endswith(" [locked]\n")
        assert call("compute", "engagement", "--ingest").code == 75
        done = call("compute", "engagement")
        assert done.code == 0
        assert done.out == wanted
        assert "snapshot" in done.err
        quiet = call("-q", "compute", "engagement", "--no-ingest")
        assert (quiet.out, quiet.err) == (wanted, "")
    assert call("compute", "engagement").out != wanted


@pytest.mark.usefixtures("folder")
def test_status_knows_how_fresh_it_is(call: Call) -> None:
    assert call("status").code == 3
    assert call("status", "--max-age", "26h").code == 1
    assert call("-q", "ingest").code == 0
    fresh = call("status", "--max-age", "26h")
    assert fresh.code == 0
    assert "engagement" in fresh.out
    stale = call("status", "--max-age", "0s")
    assert stale.code == 1
    assert "stale" in stale.err
    record = json.loads(call("status", "--format", "json").out)["status"]
    assert record["facts"] == 4
    assert record["state"] == "done"
    assert record["metrics"][0]["current"] is True


@pytest.mark.usefixtures("folder")
def test_runs_are_listed_newest_first(call: Call) -> None:
    assert "no run yet" in call("runs").err
    call("ingest")
    call("compute", "engagement")
    rows = json.loads(call("runs", "--format", "json").out)["runs"]
    assert [row["verb"] for row in rows] == ["compute", "ingest"]
    assert rows[1]["rows_landed"] == 4
    assert all(set(row["seconds"]) == {"find files", "land", "compute", "publish"} for row in rows)
    assert all(isinstance(seconds, float) for row in rows for seconds in row["seconds"].values())
    assert len(json.loads(call("runs", "--limit", "1", "--format", "json").out)["runs"]) == 1
    assert "find files 0" in call("runs").out


def test_a_run_that_failed_early_has_no_seconds_of_later_stages(call: Call, folder: Path) -> None:
    (folder / "a.gz").unlink()
    assert call("ingest").code == 3
    (row,) = json.loads(call("runs", "--format", "json").out)["runs"]
    assert list(row["seconds"]) == ["find files"]


def test_lists(call: Call, folder: Path) -> None:
    call("-q", "ingest")
    metrics = json.loads(call("list", "metrics", "--format", "json").out)["metrics"]
    assert metrics == [
        {
            "metric": "engagement",
            "family": "engagement",
            "group_by": ["Day", "Channel", "Issue", "Group"],
            "positive": ["Clicked"],
            "negative": ["Impression", "Pending"],
            "filter": None,
            "scores": None,
        }
    ]
    dimensions = json.loads(call("list", "dimensions", "--format", "json").out)["dimensions"]
    assert {"Day", "Month", "Channel", "Issue"} <= {row["dimension"] for row in dimensions}
    assert all(row["metrics"] == ["engagement"] for row in dimensions)
    outcomes = json.loads(call("list", "outcomes", "--format", "json").out)["outcomes"]
    assert {row["Outcome"]: (row["Rows"], row["engagement"]) for row in outcomes} == {
        "Impression": (3, "negative"),
        "Clicked": (1, "positive"),
        "Pending": (0, "negative"),
    }
    assert "Pending\t0\t0.0\t\tnegative\n" in call("list", "outcomes").out
    reports = json.loads(call("list", "reports", "--format", "json").out)["reports"]
    config = (folder / "valuekit.toml").read_text(encoding="utf-8")
    written = tomllib.loads(config)["reports"]
    assert reports == [
        {"report": name, "type": section["type"], "metric": "engagement", "group_by": section["group_by"]}
        for name, section in written.items()
    ]
    assert len(reports) >= 4
    (folder / "valuekit.toml").write_text(config.partition("[reports.")[0], encoding="utf-8")
    none = call("list", "reports")
    assert (none.code, none.err) == (0, "valuekit: warning: there are no reports\n")


def test_labels_are_audited_on_ingest_in_status_and_before_numbers(call: Call, folder: Path) -> None:
    config = folder / "valuekit.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('["Clicked"]', '["Clickd"]'), encoding="utf-8")
    said = 'metric engagement: none of its positive labels (Clickd: did you mean "Clicked"?) occurs in the data'
    first = call("ingest")
    assert first.code == 0
    assert f"valuekit: warning: {said}" in first.err
    assert "no metric counts the outcome Clicked (25.0%)" in first.err
    again = call("-q", "ingest", "--format", "json")
    assert again.err.startswith(f"valuekit: warning: {said}")
    assert json.loads(again.out)["outcomes"]["count_nowhere"] == [{"label": "Clicked", "rows": 1, "share": 0.25}]
    text = call("status").out
    assert f"outcomes: warning\t{said}" in text
    assert "outcomes\tImpression (75.0%), Clicked (25.0%)" in text
    audit = json.loads(call("status", "--format", "json").out)["status"]["outcomes"]
    assert [row["label"] for row in audit["labels"]] == ["Impression", "Clicked"]
    (metric,) = audit["metrics"]
    assert metric["never_occur"] == [
        {"label": "Clickd", "side": "positive", "nearest": "Clicked"},
        {"label": "Pending", "side": "negative", "nearest": None},
    ]
    assert [row["label"] for row in metric["not_counted"]] == ["Clicked"]
    assert [row["side"] for row in metric["without_rows"]] == ["positive"]
    assert audit["warnings"][0].startswith(said)


def test_one_side_is_told_once_before_numbers_and_in_their_notes(call: Call, folder: Path) -> None:
    config = folder / "valuekit.toml"
    text = config.read_text(encoding="utf-8").replace('["Impression", "Pending"]', '["Shown"]')
    config.write_text(text, encoding="utf-8")
    done = call("compute", "engagement")
    assert done.err.count("none of its negative labels (Shown) occurs") == 1
    assert "valuekit: warning: metric engagement: none of its negative labels" in done.err
    assert "no value for *" not in done.err
    quiet = call("-q", "compute", "engagement", "--format", "json")
    assert "every offer that counts is positive" in quiet.err
    (result,) = json.loads(quiet.out)["results"]
    assert result["rows"][0]["CTR"] == 1.0
    assert result["notes"][0]["score"] == "*"
    assert "none of its negative labels (Shown) occurs" in result["notes"][0]["reason"]
    assert "All scores: none of its negative labels" in call("compute", "--format", "table").out


@pytest.mark.usefixtures("folder")
def test_one_of_anything_is_no_plural(call: Call, folder: Path) -> None:
    _write(folder / "a.gz", [_row(1, "Clicked")])
    call("-q", "ingest")
    assert "metric engagement\t1 cell\n" in call("status").out
    assert "from 1 fact of 1 file, " in call("-v", "compute", "engagement").err
    _write(folder / "b.gz", [_row(2)])
    config = folder / "valuekit.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('"*.gz"', '"b*.gz"'), encoding="utf-8")
    said = "1 landed file is still there but not among those that [ih] names: a.gz; its rows count until --full-refresh"
    assert said in call("ingest").err
    (folder / "a.gz").unlink()
    lost = "1 file that had landed was not found again, and the rows are lost: a.gz"
    assert lost in call("ingest", "--full-refresh").err


@pytest.mark.usefixtures("folder")
def test_curves_are_for_metrics_that_have_them_and_for_json(call: Call) -> None:
    refused = call("compute", "engagement", "--curves", "--format", "json")
    assert refused.code == 2
    assert "--curves: engagement: no curves; metrics of the family model_ml_scores have them" in refused.err
    for argv in (["--format", "csv"], ["-o", "scores.csv"], ["--format", "table"]):
        done = call("compute", "engagement", "--curves", *argv)
        assert done.code == 2
        assert "--curves goes with --format json only" in done.err
    assert call("status").code == 3


def test_the_cache_is_shown_and_cleared(call: Call, process: Call, folder: Path) -> None:
    call("-q", "ingest")
    info = json.loads(call("cache", "info", "--format", "json").out)["cache"]
    assert info["bytes"] > 0
    asked = process("cache", "clear")
    assert asked.code == 2
    assert "--yes" in asked.err
    assert call("status").code == 0
    assert call("cache", "clear", "--yes").code == 0
    assert call("status").code == 3
    assert (folder / "a.gz").exists()
    assert "1 file landed, 4 rows" in call("ingest").err


def test_config_errors_are_all_listed(call: Call, folder: Path) -> None:
    (folder / "valuekit.toml").write_text(
        "[ih]\nfile_patern = 1\n[metrics.engagement]\ngroup_by = 3\n", encoding="utf-8"
    )
    done = call("compute")
    assert done.code == 2
    lines = done.err.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("valuekit: error: valuekit.toml:") for line in lines)
    assert any(line.endswith("[VK202]") for line in lines)


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
def test_a_terminated_ingest_leaves_a_cache_that_goes_on(call: Call, folder: Path) -> None:
    for number in range(8):
        _write(folder / f"day{number}.gz", [_row(1000 * number + row) for row in range(1000)])
    running = subprocess.Popen([sys.executable, "-m", "valuekit", "ingest"], stderr=subprocess.PIPE, text=True)
    note = folder / ".valuekit" / "valuekit" / "lock.json"
    deadline = time.monotonic() + 30
    while not note.exists() and running.poll() is None and time.monotonic() < deadline:
        os.sched_yield()
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 143
    assert err.count("\n") == 1
    assert err.startswith("valuekit: error: terminated.")
    ended = json.loads(call("runs", "--format", "json").out)["runs"]
    assert {row["state"] for row in ended} <= {"interrupted", "killed"}
    assert call("-q", "ingest").code == 0
    assert json.loads(call("status", "--format", "json").out)["status"]["facts"] == 8 * 1000
