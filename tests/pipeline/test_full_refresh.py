"""Full refreshes, unreadable files and failing ledgers: nothing is forgotten too early or said wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, make_history, open_workspace, write_export
from valuekit.cache.runs import RunLedger
from valuekit.errors import CacheError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    for number in range(5):
        write_export(tmp_path / "exports" / f"{number}.zip", make_history(number, offers=20))
    return tmp_path


def total(workspace: Workspace) -> int:
    return int(workspace.compute(["engagement"]).results[0].rows["Count"][0])


def test_a_full_refresh_that_finds_nothing_forgets_nothing(project: Path) -> None:
    workspace = open_workspace(project)
    workspace.ingest()
    before = total(workspace)
    (project / "exports").rename(project / "away")
    with pytest.raises(DataError, match=r"no file matches .*nothing has been forgotten"):
        workspace.ingest(full_refresh=True)
    write_export(project / "exports" / "new.zip", make_history(9, offers=20))
    workspace.ingest()
    assert total(workspace) > before
    assert workspace.compute().data.files == 6


def test_a_full_refresh_names_the_files_whose_rows_are_lost(project: Path) -> None:
    workspace = open_workspace(project)
    workspace.ingest()
    (project / "exports" / "0.zip").rename(project / "exports" / "renamed.zip")
    write_export(project / "exports" / "1.zip", make_history(7, offers=20))
    assert not any("lost" in warning for warning in workspace.ingest(full_refresh=True).warnings)
    for number in (1, 2, 3, 4):
        (project / "exports" / f"{number}.zip").unlink()
    [warning] = [item for item in workspace.ingest(full_refresh=True).warnings if "lost" in item]
    assert warning.startswith("4 files")
    assert "1.zip" in warning
    assert "3.zip" in warning
    assert warning.endswith(", ...")


def test_the_list_of_unreadable_files_follows_the_source(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = project / "exports" / "bad.zip"
    bad.write_bytes(b"no archive")
    (project / "other.zip").write_bytes(b"no archive")
    monkeypatch.chdir(project)
    workspace = open_workspace(project)
    workspace.ingest()
    assert [item.path for item in workspace.status().unreadable] == ["exports/bad.zip"]
    monkeypatch.chdir(project / "exports")
    workspace.ingest([project / "other.zip"])
    shown = [item.path for item in workspace.status().unreadable]
    assert shown == ["bad.zip", str(project / "other.zip")]
    workspace.ingest()
    assert [item.path for item in workspace.status().unreadable] == ["bad.zip"]
    bad.unlink()
    assert workspace.ingest().exit_code == 0
    assert workspace.status().unreadable == ()


def test_an_unreadable_file_that_is_named_and_mended_leaves_the_list(project: Path) -> None:
    bad = project / "exports" / "bad.zip"
    bad.write_bytes(b"no archive")
    workspace = open_workspace(project)
    workspace.ingest()
    bad.write_bytes((project / "exports" / "0.zip").read_bytes())
    workspace.ingest([bad])
    assert workspace.status().unreadable == ()


def test_a_run_ledger_that_cannot_be_written_does_not_hide_why_the_run_failed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (project / "exports" / "bad.zip").write_bytes(b"no archive")
    monkeypatch.setattr(RunLedger, "end", full)
    with pytest.raises(DataError, match=r"bad\.zip") as caught:
        open_workspace(project).ingest(on_error="fail")
    assert "No space left" in caught.value.__notes__[0]


def test_a_damaged_cache_is_cleared_and_made_again(project: Path) -> None:
    workspace = open_workspace(project)
    workspace.ingest()
    expected = total(workspace)
    (workspace.folder / "cache.duckdb").write_bytes(b"PK\x03\x04" * 3000)
    with pytest.raises(CacheError, match="valuekit cache clear"):
        workspace.ingest()
    assert total(workspace) == expected
    workspace.clear()
    workspace.ingest()
    assert total(workspace) == expected
