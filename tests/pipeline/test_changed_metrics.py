"""Edited, renamed and repeated metrics: what is rebuilt, what stays, and what readers see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, START, make_history, open_workspace, stamp, write_export
from valuekit.cache.store import writing
from valuekit.errors import CacheError

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from valuekit.pipeline import Workspace

EXPIRING = CONFIG.replace("[metrics]\n", '[cache]\nkeep_facts = "3d"\n\n[metrics]\n')
EDITED = EXPIRING.replace('["Day", "Channel", "Issue"]', '["Day", "Channel"]')


def opened(project: Path, config: str) -> Workspace:
    (project / "valuekit.toml").write_text(config)
    return open_workspace(project)


def by_day(workspace: Workspace) -> pl.DataFrame:
    return workspace.compute(["engagement"], by=["Day"]).results[0].rows


def stored(workspace: Workspace) -> int:
    """How many tables of cells there are."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE starts_with(table_name, 'cells_')"
    with writing(workspace.folder) as store:
        [(found,)] = store.connection.execute(query).fetchall()
    return int(found)


@pytest.fixture
def sealed(tmp_path: Path) -> Workspace:
    write_export(tmp_path / "exports" / "1.zip", make_history(6, days=10))
    workspace = opened(tmp_path, EXPIRING)
    workspace.ingest()
    return workspace


def test_an_edit_taken_back_finds_the_sealed_days_again(tmp_path: Path, sealed: Workspace) -> None:
    before = by_day(sealed)
    edited = opened(tmp_path, EDITED)
    edited.ingest()
    assert by_day(edited).height < before.height
    reverted = opened(tmp_path, EXPIRING)
    with pytest.raises(CacheError, match="changed or is new"):
        reverted.compute(["engagement"])
    report = reverted.ingest()
    assert report.rebuilt == {}
    assert by_day(reverted).equals(before)
    assert reverted.compute(["engagement"]).warnings == ()


def test_kept_cells_publish_nothing_by_themselves(tmp_path: Path, sealed: Workspace) -> None:
    edited = opened(tmp_path, EDITED)
    edited.ingest()
    files = sorted(path.name for path in sealed.folder.glob("snapshot-*"))
    edited.ingest()
    assert sorted(path.name for path in sealed.folder.glob("snapshot-*")) == files


@pytest.mark.usefixtures("sealed")
def test_an_edit_taken_back_says_which_days_it_missed(tmp_path: Path) -> None:
    edited = opened(tmp_path, EDITED)
    edited.ingest()
    later = [
        {**row, "pxOutcomeTime": stamp(START.replace(day=20)), "pxDecisionTime": stamp(START.replace(day=20))}
        for row in make_history(7, offers=20)
    ]
    write_export(tmp_path / "exports" / "2.zip", [*make_history(8, offers=40, days=9), *later])
    edited.ingest()
    reverted = opened(tmp_path, EXPIRING)
    reverted.ingest()
    [warning] = reverted.compute(["engagement"]).warnings
    assert "lacks" in warning
    assert "expired" in warning
    kept = by_day(reverted)["Day"].to_list()
    assert START.date() in kept
    assert START.replace(day=9).date() not in kept, "its cells were older than its last facts"


def test_cells_of_a_metric_that_is_gone_or_seals_nothing_are_dropped(tmp_path: Path, sealed: Workspace) -> None:
    assert stored(sealed) == 2
    opened(tmp_path, EDITED).ingest()
    assert stored(sealed) == 3
    gone = EDITED.replace("[metrics.engagement]", "[metrics.engagement_third]")
    opened(tmp_path, gone).ingest()
    assert stored(sealed) == 2
    without = tmp_path / "without"
    write_export(without / "exports" / "1.zip", make_history(1, offers=30))
    opened(without, CONFIG).ingest()
    changed = opened(without, CONFIG.replace('["Day", "Channel", "Issue"]', '["Day"]'))
    changed.ingest()
    assert stored(changed) == 2


def test_a_renamed_metric_is_not_rebuilt_and_says_later_why_it_is(tmp_path: Path, sealed: Workspace) -> None:
    before = by_day(sealed)
    renamed_config = EXPIRING.replace("[metrics.engagement]", "[metrics.engagement_new]")
    renamed = opened(tmp_path, renamed_config)
    assert renamed.ingest().rebuilt == {}
    assert renamed.compute(["engagement_new"], by=["Day"]).results[0].rows.equals(before)
    edited = opened(tmp_path, renamed_config.replace('["Day", "Channel", "Issue"]', '["Day", "Channel"]'))
    [(name, why)] = edited.ingest().rebuilt.items()
    assert name == "engagement_new"
    assert why.startswith("changed: ")
    assert "group_by" in why


def test_metrics_of_one_definition_are_not_called_new_for_ever(tmp_path: Path) -> None:
    write_export(tmp_path / "exports" / "1.zip", make_history(1, offers=40))
    section = CONFIG[CONFIG.index("[metrics.engagement]") : CONFIG.index("[metrics.engagement_other]")]
    twice = CONFIG + section.replace("[metrics.engagement]", "[metrics.engagement_again]")
    workspace = opened(tmp_path, twice)
    workspace.ingest()
    write_export(tmp_path / "exports" / "2.zip", make_history(2, offers=40))
    assert workspace.ingest().rebuilt == {}
    frames = [workspace.compute([name]).results[0].rows for name in ("engagement", "engagement_again")]
    assert frames[0].equals(frames[1])
