"""Files that lack columns, vanish, change or are none of ours: each is judged alone, and named."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, Record, engagement, make_history, open_workspace, write_export
from valuekit.cache import ledger
from valuekit.cache.ledger import Stamp
from valuekit.pipeline.results import Silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from valuekit.pipeline import Workspace

Members = dict[str, list[Record]]

TIME = "20260101T000100.000 GMT"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    return tmp_path


def row(number: int, **changes: object) -> Record:
    return {"pxInteractionID": f"I{number}", "pyOutcome": "Impression", "pxOutcomeTime": TIME, **changes}


def write_members(path: Path, members: Members) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, records in members.items():
            archive.writestr(name, "\n".join(map(json.dumps, records)))


def negatives(workspace: Workspace) -> int:
    return int(workspace.compute(["engagement"]).results[0].rows["Negatives"].sum())


class AtAdvance(Silent):
    """Does something when the first file has been read."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action: Callable[[], object] | None = action

    def advance(self, amount: int, label: str = "") -> None:  # noqa: ARG002 - the protocol's
        if self._action:
            self._action()
            self._action = None


def test_a_file_without_any_wanted_column_is_set_aside_by_name(project: Path) -> None:
    write_export(project / "exports" / "a.zip", [row(1)])
    write_export(project / "exports" / "b.zip", [{"exported": 1}, {"exported": 2}])
    workspace = open_workspace(project)
    report = workspace.ingest()
    (bad,) = report.unreadable
    assert bad.path.endswith("b.zip")
    assert bad.reason == "has no column Outcome and no column OutcomeTime"
    assert (report.exit_code, negatives(workspace)) == (4, 1)


@pytest.mark.parametrize("order", [("meta.json", "data.json"), ("data.json", "meta.json")])
def test_a_member_without_the_columns_does_not_spoil_its_archive(project: Path, order: tuple[str, str]) -> None:
    members: Members = {"data.json": [row(1), row(2)], "meta.json": [{"exported": 1}, {"exported": 2}]}
    write_members(project / "exports" / "a.zip", {name: members[name] for name in order})
    workspace = open_workspace(project)
    report = workspace.ingest()
    (file,) = report.files
    assert (file.rows_read, file.rows_landed, file.rows_rejected) == (4, 2, 2)
    (example,) = file.examples
    assert example.endswith("a.zip[meta.json]:1: this member has no column Outcome and no column OutcomeTime")
    assert (report.exit_code, negatives(workspace)) == (0, 2)


def test_a_member_that_lacks_only_the_outcome_is_rejected_as_well(project: Path) -> None:
    members: Members = {"other.json": [{"pxOutcomeTime": TIME}], "data.json": [row(1)]}
    write_members(project / "exports" / "a.zip", members)
    (file,) = open_workspace(project).ingest().files
    assert (file.rows_landed, file.rows_rejected) == (1, 1)
    assert "a.zip[other.json]:1: this member has no column Outcome" in file.examples[0]


def test_an_archive_whose_members_all_lack_a_column_is_unreadable(project: Path) -> None:
    members: Members = {"a.json": [{"pyOutcome": "Clicked"}], "b.json": [{"pxOutcomeTime": TIME}]}
    write_members(project / "exports" / "a.zip", members)
    (file,) = open_workspace(project).ingest().unreadable
    assert file.reason is not None
    assert file.reason.startswith("has no readable row; the first problem: ")
    assert "[a.json]:1: this member has no column OutcomeTime" in file.reason


def test_a_file_that_vanishes_before_it_is_read_is_set_aside(project: Path) -> None:
    for number in (1, 2):
        write_export(project / "exports" / f"{number}.zip", [row(number)])
    workspace = open_workspace(project)
    report = workspace.ingest(progress=AtAdvance((project / "exports" / "2.zip").unlink))
    assert [(item.path[-5:], item.reason) for item in report.unreadable] == [("2.zip", "there is no such file")]
    assert (report.files_landed, negatives(workspace)) == (1, 1)
    assert workspace.ingest().exit_code == 0


def test_a_file_that_vanishes_while_it_is_hashed_is_set_aside(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        write_export(project / "exports" / f"{number}.zip", [row(number)])
    real = ledger.sha256

    def sha256(path: Path) -> str:
        if path.name == "1.zip":
            path.unlink()
        return real(path)

    monkeypatch.setattr(ledger, "sha256", sha256)
    report = open_workspace(project).ingest()
    assert [item.path[-5:] for item in report.unreadable] == ["1.zip"]
    assert report.files_landed == 1


@pytest.mark.parametrize("times", ["of the old", "of its own"])
def test_a_file_replaced_after_it_was_hashed_never_lands_under_the_old_hash(project: Path, times: str) -> None:
    """Even where the new file has the size and the time of the old one."""
    first, second, fresh = (project / "exports" / name for name in ("1.zip", "2.zip", "2.new"))
    write_export(first, [row(1)])
    write_export(second, [row(2)])
    write_export(fresh, [row(3)])
    old = second.read_bytes()
    if times == "of the old":
        assert fresh.stat().st_size == second.stat().st_size
        for path in (second, fresh):
            os.utime(path, (1e9, 1e9))
    workspace = open_workspace(project)
    report = workspace.ingest(progress=AtAdvance(lambda: fresh.replace(second)))
    assert [(item.path[-5:], item.reason) for item in report.unreadable] == [("2.zip", "it changed while it was read")]
    assert negatives(workspace) == 1
    assert workspace.ingest().files_landed == 1
    assert negatives(workspace) == 2
    (project / "exports" / "old.zip").write_bytes(old)
    assert workspace.ingest().files_landed == 1
    assert negatives(workspace) == 3


def test_a_file_replaced_while_it_is_hashed_is_read_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, fresh = project / "exports" / "a.zip", project / "fresh"
    write_export(target, [row(1)])
    write_export(fresh, [row(1), row(2)])
    os.utime(target, (1e9, 1e9))
    os.utime(fresh, (1.1e9, 1.1e9))
    real = ledger.sha256
    seen: list[str] = []

    def sha256(path: Path) -> str:
        found = real(path)
        if not seen:
            shutil.copy2(fresh, target)
        seen.append(found)
        return found

    monkeypatch.setattr(ledger, "sha256", sha256)
    workspace = open_workspace(project)
    assert workspace.ingest().exit_code == 3
    assert workspace.ingest().files_landed == 1
    assert len(set(seen)) == 2
    assert negatives(workspace) == 2


def test_a_stamp_does_not_depend_on_when_it_was_taken(project: Path) -> None:
    file = project / "valuekit.toml"
    one, two = Stamp.of(file), Stamp.of(file)
    assert one == two
    assert one.seen_ns <= two.seen_ns
    os.utime(file, ns=(one.mtime_ns, one.mtime_ns + 1))
    assert Stamp.of(file) != one


def test_a_file_that_has_settled_is_not_hashed_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        write_export(project / "exports" / f"{number}.zip", [row(number)])
        os.utime(project / "exports" / f"{number}.zip", (1e9, 1e9))
    shutil.copy2(project / "exports" / "0.zip", project / "exports" / "copy.zip")
    workspace = open_workspace(project)
    workspace.ingest()
    monkeypatch.setattr(ledger, "sha256", lambda path: pytest.fail(f"{path} was hashed"))
    assert workspace.ingest().files_unchanged == 4


def test_copies_are_one_file_and_unchanged_ones_in_the_preview_as_in_the_run(project: Path) -> None:
    write_export(project / "exports" / "a.zip", [row(1)])
    shutil.copy(project / "exports" / "a.zip", project / "exports" / "b.zip")
    workspace = open_workspace(project)
    preview = workspace.preview()
    report = workspace.ingest()
    for found in (preview, report):
        assert ([item.path[-5:] for item in found.files], found.files_unchanged) == (["a.zip"], 1)
    assert (workspace.preview().files, workspace.preview().files_unchanged) == ((), 2)
    assert workspace.ingest().files_unchanged == 2


def test_the_preview_says_which_files_a_new_column_needs_again(project: Path) -> None:
    write_export(project / "exports" / "a.zip", [row(1, Segment="x")])
    write_export(project / "exports" / "b.zip", [row(2, Segment="y")])
    open_workspace(project).ingest()
    config = project / "valuekit.toml"
    config.write_text(config.read_text().replace('"Channel", "Issue"]', '"Channel", "Issue", "Segment"]'))
    (project / "exports" / "b.zip").rename(project / "b.away")
    (project / "exports" / "pipe.zip").mkdir()
    workspace = open_workspace(project)
    preview = workspace.preview()
    assert [(item.path[-8:].lstrip("/"), item.status) for item in preview.files if item.status == "would land"] == [
        ("ts/a.zip", "would land")
    ]
    assert [item.reason for item in preview.unreadable] == ["a folder, not a file"]
    assert len(preview.warnings) == 1
    assert "b.zip" in preview.warnings[0]
    (project / "exports" / "pipe.zip").rmdir()
    (project / "b.away").rename(project / "exports" / "b.zip")
    assert len(workspace.preview().files) == workspace.ingest().files_landed == 2
    assert workspace.preview().files_unchanged == 2


def test_caches_of_other_configs_in_the_source_are_passed_over(tmp_path: Path) -> None:
    text = '[cache]\npath = "exports/cache"\n' + CONFIG.replace("**/*.zip", "**/*")
    for name in ("valuekit.toml", "other.toml"):
        (tmp_path / name).write_text(text)
    write_export(tmp_path / "exports" / "a.zip", [row(1)])
    write_export(tmp_path / "exports" / "cache" / "mine" / "b.zip", [row(2)])
    assert open_workspace(tmp_path).ingest().files_landed == 2
    (tmp_path / "valuekit.toml").rename(tmp_path / "first.toml")
    (tmp_path / "other.toml").rename(tmp_path / "valuekit.toml")
    (tmp_path / "exports" / "cache" / "valuekit").rename(tmp_path / "exports" / "cache" / "first")
    report = open_workspace(tmp_path).ingest()
    assert report.unreadable == ()
    assert report.files_landed == 2


def test_a_folder_of_the_user_may_hold_the_caches(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text('[cache]\npath = "."\n' + CONFIG)
    write_export(tmp_path / "exports" / "a.zip", [row(1)])
    assert open_workspace(tmp_path).ingest().files_landed == 1


def test_many_small_files_are_written_down_one_by_one(project: Path) -> None:
    history = make_history(3, offers=120)
    pieces = [history[start::25] for start in range(25)]
    for number, piece in enumerate(pieces):
        write_export(project / "exports" / f"{number:02d}.zip", [*piece, {"pyOutcome": "Clicked"}])
    workspace = open_workspace(project)
    report = workspace.ingest()
    assert [item.rows_read for item in report.files] == [len(piece) + 1 for piece in pieces]
    assert {item.rows_rejected for item in report.files} == {1}
    with workspace._reading() as connection:
        rows = connection.execute("SELECT rows_read, rows_rejected, len(examples) FROM files ORDER BY path").fetchall()
    assert rows == [(len(piece) + 1, 1, 1) for piece in pieces]
    found = workspace.compute(["engagement"]).results[0].rows
    expected = engagement(history, lambda _: "all")["all"]
    assert (found["Positives"].sum(), found["Negatives"].sum()) == expected
