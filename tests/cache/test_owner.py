"""Whose cache it is: another config's is refused, a moved config's is kept."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, make_history, write_export
from valuekit.config.load import load
from valuekit.errors import CacheError
from valuekit.pipeline import Workspace

if TYPE_CHECKING:
    from pathlib import Path


def workspace(folder: Path, cache: Path, *, exports: str = "exports") -> Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "valuekit.toml").write_text(CONFIG.replace('"exports"', f'"{exports}"'))
    if not (folder / exports).exists():
        write_export(folder / exports / "1.zip", make_history(1, offers=30))
    return Workspace(load(folder / "valuekit.toml"), cache)


def test_two_configs_of_one_name_do_not_share_a_cache(tmp_path: Path) -> None:
    mine = workspace(tmp_path / "a", tmp_path / "cache")
    mine.ingest()
    before = mine.compute().data
    other = workspace(tmp_path / "b", tmp_path / "cache")
    for act in (other.ingest, other.compute, other.status, other.preview):
        with pytest.raises(CacheError, match=r"belongs to .*a.valuekit\.toml.*--cache"):
            act()
    assert mine.ingest().files_landed == 0
    assert mine.compute().data == before


def test_a_config_that_moved_keeps_its_cache(tmp_path: Path) -> None:
    workspace(tmp_path / "a", tmp_path / "cache").ingest()
    (tmp_path / "a").rename(tmp_path / "b")
    moved = workspace(tmp_path / "b", tmp_path / "cache")
    assert moved.ingest().files_landed == 0
    assert moved.compute().data.files == 1
    with pytest.raises(CacheError, match=r"b.valuekit\.toml"):
        workspace(tmp_path / "a", tmp_path / "cache").ingest()


def test_a_config_may_change_where_its_files_are(tmp_path: Path) -> None:
    workspace(tmp_path / "a", tmp_path / "cache").ingest()
    changed = workspace(tmp_path / "a", tmp_path / "cache", exports="elsewhere")
    before = changed.compute().data
    assert changed.ingest().exit_code == 0
    assert changed.compute().data.facts == before.facts


def test_two_configs_that_land_the_same_files_may_share(tmp_path: Path) -> None:
    first = workspace(tmp_path / "a", tmp_path / "cache")
    first.ingest()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "valuekit.toml").write_text(CONFIG.replace('"exports"', f'"{tmp_path / "a" / "exports"}"'))
    second = Workspace(load(tmp_path / "b" / "valuekit.toml"), tmp_path / "cache")
    assert second.ingest().files_landed == 0
    assert second.compute().data == first.compute().data


def test_a_copy_of_a_project_with_its_cache_is_a_project_of_its_own(tmp_path: Path) -> None:
    workspace(tmp_path / "a", tmp_path / "a" / "cache").ingest()
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    copy = Workspace(load(tmp_path / "b" / "valuekit.toml"), tmp_path / "b" / "cache")
    before = copy.compute().data
    assert copy.ingest().files_landed == 0
    assert copy.compute().data == before
