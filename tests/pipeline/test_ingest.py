"""From files to numbers: whatever the split, the order and the names of files, the numbers are the same."""

from __future__ import annotations

import json
import os
import signal
import zipfile
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest

from landed_offers import counts, offer, table, totals
from sample_history import CONFIG, START, Record, engagement, make_history, open_workspace, stamp, write_export
from valuekit.errors import CacheError, DataError, LockedError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    return tmp_path


def reference(project: Path, history: list[Record]) -> pl.DataFrame:
    write_export(project / "exports" / "all.zip", history)
    workspace = open_workspace(project)
    workspace.ingest()
    return table(workspace)


def test_counts_are_those_of_the_raw_rows(project: Path) -> None:
    history = make_history(1)
    write_export(project / "exports" / "all.zip", history)
    workspace = open_workspace(project)
    report = workspace.ingest()
    assert report.exit_code == 0
    assert report.total("rows_read") == len(history)
    assert report.total("rows_landed") + report.total("duplicates") == len(history)
    expected = engagement(history, lambda row: row["pyChannel"] or None)
    assert counts(table(workspace, by=("Channel",))) == expected
    by_day = engagement(history, lambda row: str(row["pxOutcomeTime"])[:8])
    found = table(workspace, by=("Day",)).with_columns(pl.col("Day").dt.strftime("%Y%m%d"))
    assert counts(found, "Day") == by_day


@pytest.mark.parametrize("seed", range(4))
def test_any_split_order_and_repetition_of_files(tmp_path: Path, seed: int) -> None:
    history = make_history(seed)
    whole = tmp_path / "whole"
    parts = tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
        (folder / "valuekit.toml").write_text(CONFIG)
    expected = reference(whole, history)
    random = Random(seed)  # noqa: S311 - test data
    shuffled = random.sample(history, len(history))
    pieces = [shuffled[start::7] for start in range(7)]
    workspace = open_workspace(parts)
    for number in random.sample(range(7), 7):
        write_export(parts / "exports" / f"part-{number}.zip", pieces[number])
        if random.random() < 0.5:
            workspace.ingest()
    write_export(parts / "exports" / "again.zip", pieces[0])
    write_export(parts / "exports" / "sub" / "older.zip", [*pieces[3], *pieces[2]])
    workspace.ingest()
    assert table(workspace).equals(expected)
    assert table(workspace, "engagement_other", ("Month", "Name")).equals(
        table(open_workspace(whole), "engagement_other", ("Month", "Name"))
    )


def test_daily_files_oldest_first_or_newest_first_or_at_once(tmp_path: Path) -> None:
    history = make_history(9)
    days: dict[str, list[Record]] = {}
    for row in history:
        days.setdefault(str(row["pxOutcomeTime"])[:8], []).append(row)
    found = []
    for name, order in {"up": sorted(days), "down": sorted(days, reverse=True), "once": []}.items():
        project = tmp_path / name
        project.mkdir()
        (project / "valuekit.toml").write_text(CONFIG)
        workspace = open_workspace(project)
        for day in order:
            write_export(project / "exports" / f"{day}.zip", days[day])
            workspace.ingest()
        if not order:
            for day, rows in days.items():
                write_export(project / "exports" / f"{day}.zip", rows)
            workspace.ingest()
        found.append(table(workspace))
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


def test_nothing_new_lands_nothing_and_publishes_nothing(project: Path) -> None:
    write_export(project / "exports" / "all.zip", make_history(1))
    workspace = open_workspace(project)
    workspace.ingest()
    snapshots = sorted(workspace.folder.glob("snapshot-*"))
    report = open_workspace(project).ingest()
    assert (report.files, report.files_unchanged, report.partitions_restated) == ((), 1, 0)
    assert sorted(workspace.folder.glob("snapshot-*")) == snapshots


def test_a_file_under_another_name_is_not_read_again(project: Path) -> None:
    write_export(project / "exports" / "a.zip", make_history(1))
    workspace = open_workspace(project)
    workspace.ingest()
    (project / "exports" / "a.zip").rename(project / "exports" / "b.zip")
    report = workspace.ingest()
    assert (report.files, report.files_unchanged) == ((), 1)


def test_a_file_exported_again_under_its_old_name_with_new_rows(project: Path) -> None:
    history = make_history(1)
    write_export(project / "exports" / "a.zip", history[: len(history) // 2])
    workspace = open_workspace(project)
    workspace.ingest()
    write_export(project / "exports" / "a.zip", history)
    report = workspace.ingest()
    assert report.files_landed == 1
    assert counts(table(workspace, by=("Channel",))) == engagement(history, lambda row: row["pyChannel"] or None)


def test_a_late_click_makes_one_positive_of_its_impression(project: Path) -> None:
    workspace = open_workspace(project)
    write_export(project / "exports" / "1.zip", [offer("Impression"), offer("Pending")])
    workspace.ingest()
    assert totals(workspace) == (0, 1)
    late = stamp(START + timedelta(days=2))
    write_export(project / "exports" / "2.zip", [offer("Clicked", pxOutcomeTime=late, pxDecisionTime=late)])
    report = workspace.ingest()
    assert report.partitions_restated == 1
    assert totals(workspace) == (1, 0)


def test_two_offers_of_one_interaction_are_two(project: Path) -> None:
    write_export(project / "exports" / "1.zip", [offer("Impression"), offer("Impression", pxRank=2), offer("Clicked")])
    workspace = open_workspace(project)
    workspace.ingest()
    assert totals(workspace) == (1, 1)


def test_rows_without_interaction_are_never_merged(project: Path) -> None:
    rows = [offer("Impression", pxInteractionID="", pxFactID=str(number)) for number in range(3)]
    rows += [offer("Clicked", pxInteractionID=None, pxFactID="9"), offer("Impression", pxInteractionID="", pyName="Z")]
    write_export(project / "exports" / "1.zip", [*rows, rows[-1]])
    workspace = open_workspace(project)
    workspace.ingest()
    assert totals(workspace) == (1, 4)


def test_bad_rows_are_counted_and_shown_and_the_rest_lands(project: Path) -> None:
    good = json.dumps(offer("Impression"))
    bad_time = json.dumps(offer("Impression", pxOutcomeTime="yesterday", pxRank=2))
    odd_value = json.dumps(offer("Impression", pxDecisionTime="later", pxRank=3))
    (project / "exports").mkdir()
    with zipfile.ZipFile(project / "exports" / "x.zip", "w") as archive:
        archive.writestr("data.json", f"{good}\n{{broken\n{bad_time}\n\n{odd_value}")
    workspace = open_workspace(project)
    report = workspace.ingest()
    (file,) = report.files
    assert (file.rows_read, file.rows_landed, file.rows_rejected, file.values_set_aside) == (4, 2, 2, 1)
    assert report.exit_code == 0
    assert [example.split(": ")[0].rsplit(":", 1)[1] for example in file.examples] == ["2", "3", "5"]
    assert totals(workspace) == (0, 2)


def test_the_first_bad_rows_and_the_first_bad_values_are_shown_in_the_order_of_the_file(project: Path) -> None:
    broken = [f"{{broken {number}" for number in range(8)]
    odd = [json.dumps(offer("Impression", pxDecisionTime="later", pxFactID=str(number))) for number in range(8)]
    times = [json.dumps(offer("Impression", pxOutcomeTime="yesterday", pxFactID=str(number))) for number in range(3)]
    (project / "exports").mkdir()
    with zipfile.ZipFile(project / "exports" / "x.zip", "w") as archive:
        archive.writestr("data.json", "\n".join([*times, *odd, *broken]))
    (file,) = open_workspace(project).ingest().files
    assert (file.rows_rejected, file.values_set_aside) == (11, 8)
    lines = [int(example.split(": ")[0].rsplit(":", 1)[1]) for example in file.examples]
    assert lines == [1, 2, 3, 4, 5, 6, 7, 8, 12, 13]


class Stopped:
    """Stops a run at its first stage, in one of the ways that a stop can look like."""

    def __init__(self, kind: type[BaseException] | None, text: str, number: signal.Signals | None) -> None:
        self.kind, self.text, self.number = kind, text, number

    def start(self, stage: str, total: int | None) -> None:  # noqa: ARG002  # the signature of a progress
        number, self.number = self.number, None
        if number is not None:
            os.kill(os.getpid(), number)
        if self.kind is not None:
            raise self.kind(self.text)

    def advance(self, amount: int, label: str = "") -> None:
        pass

    def finish(self) -> None:
        pass


@pytest.mark.skipif(os.name == "nt", reason="signals of another kind")
@pytest.mark.parametrize(
    ("kind", "number", "state", "message"),
    [
        (KeyboardInterrupt, None, "interrupted", "stopped"),
        (SystemExit, None, "interrupted", "stopped"),
        (RuntimeError, signal.SIGTERM, "interrupted", "stopped by SIGTERM"),
        (RuntimeError, signal.SIGINT, "interrupted", "stopped by SIGINT"),
        (None, signal.SIGTERM, "interrupted", "stopped by SIGTERM"),
        (RuntimeError, None, "failed", "out of luck"),
    ],
)
def test_a_run_that_was_asked_to_stop_did_not_fail(
    project: Path, kind: type[BaseException] | None, number: signal.Signals | None, state: str, message: str
) -> None:
    write_export(project / "exports" / "a.zip", [offer("Impression")])
    workspace = open_workspace(project)
    heard: list[int] = []
    before = {each: signal.signal(each, lambda got, _: heard.append(got)) for each in (signal.SIGINT, signal.SIGTERM)}
    during = {each: signal.getsignal(each) for each in before}
    try:
        with nullcontext() if kind is None else pytest.raises(kind):
            workspace.ingest(progress=Stopped(kind, "out of luck", number))
        assert {each: signal.getsignal(each) for each in before} == during
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert heard == ([] if number is None else [number])
    assert workspace.runs().select("state", "message").row(0) == (state, message)


def test_unreadable_files_are_set_aside_named_and_tried_again(project: Path) -> None:
    write_export(project / "exports" / "good.zip", [offer("Impression")])
    write_export(project / "exports" / "no_outcome.zip", [{"pyName": "A"}])
    (project / "exports" / "bad.zip").write_bytes(b"PK\x03\x04 not really")
    workspace = open_workspace(project)
    report = workspace.ingest()
    assert report.exit_code == 4
    assert sorted(Path(item.path).name for item in report.unreadable) == ["bad.zip", "no_outcome.zip"]
    assert totals(workspace) == (0, 1)
    assert len(workspace.status().unreadable) == 2
    write_export(project / "exports" / "bad.zip", [offer("Clicked")])
    assert [Path(item.path).name for item in workspace.ingest().unreadable] == ["no_outcome.zip"]
    assert totals(workspace) == (1, 0)
    (project / "exports" / "no_outcome.zip").unlink()
    assert workspace.ingest().exit_code == 0


def test_fail_stops_at_an_unreadable_file_and_keeps_the_ones_before(project: Path) -> None:
    write_export(project / "exports" / "a.zip", [offer("Impression")])
    (project / "exports" / "b.zip").write_bytes(b"nothing")
    write_export(project / "exports" / "c.zip", [offer("Clicked")])
    workspace = open_workspace(project)
    with pytest.raises(DataError, match=r"b\.zip"):
        workspace.ingest(on_error="fail")
    with pytest.raises(CacheError):
        workspace.compute()
    (project / "exports" / "b.zip").unlink()
    report = workspace.ingest()
    assert (report.files_landed, report.files_unchanged) == (1, 1)


def test_no_file_at_all_is_an_error_with_a_remedy(project: Path) -> None:
    with pytest.raises(DataError, match="file_pattern"):
        open_workspace(project).ingest()


def test_the_cache_is_locked_by_one_run_at_a_time(project: Path) -> None:
    from valuekit.cache.lock import writer_lock

    write_export(project / "exports" / "a.zip", make_history(1))
    workspace = open_workspace(project)
    workspace.ingest()
    with writer_lock(workspace.folder, 0):
        with pytest.raises(LockedError, match=r"process \d+, for \d+ s"):
            workspace.ingest()
        assert workspace.compute(["engagement"]).results[0].rows.height == 1
    assert workspace.runs()["state"].to_list() == ["done"]


def test_a_cache_of_another_format_is_refused(project: Path) -> None:
    import duckdb

    write_export(project / "exports" / "a.zip", make_history(1))
    workspace = open_workspace(project)
    workspace.ingest()
    with duckdb.connect(str(workspace.folder / "cache.duckdb")) as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE key = 'format'")
    with pytest.raises(CacheError, match=r"format 999.*cache clear"):
        workspace.ingest()
    workspace.clear()
    workspace.ingest()
    assert workspace.compute(["engagement"]).data.files == 1


def test_what_valuekit_wrote_is_never_a_source(project: Path) -> None:
    workspace = open_workspace(project)
    write_export(project / "exports" / "a.zip", [offer("Impression")])
    write_export(project / "exports" / "output.zip", [offer("Clicked")])
    workspace.wrote(project / "exports" / "output.zip")
    assert workspace.ingest().files_landed == 1
