"""A changed config, forgotten or expired facts: what is read, landed or built again, and what is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from landed_offers import counts, offer, table, totals
from sample_history import CONFIG, START, engagement, make_history, open_workspace, stamp, write_export
from valuekit.errors import CacheError, DataError

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    return tmp_path


def edit(project: Path, old: str, new: str) -> Workspace:
    config = project / "valuekit.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    return open_workspace(project)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('["Impression", "Pending"]', '["Impression"]', "labels"),
        ('["Day", "Channel", "Issue"]', '["Day", "Channel", "Name"]', "group_by"),
        ("[metrics.engagement]\n", "[metrics.engagement]\nfilter = \"Issue = 'Sales'\"\n", "filter"),
    ],
)
def test_a_changed_metric_is_rebuilt_and_only_that_one(project: Path, old: str, new: str, why: str) -> None:
    history = make_history(3)
    write_export(project / "exports" / "a.zip", history)
    open_workspace(project).ingest()
    (project / "exports" / "a.zip").unlink()
    write_export(project / "exports" / "b.zip", [offer("Impression")])
    workspace = edit(project, old, new)
    with pytest.raises(CacheError, match="valuekit ingest"):
        workspace.compute(["engagement"])
    report = workspace.ingest()
    assert list(report.rebuilt) == ["engagement"]
    assert why in report.rebuilt["engagement"]
    fresh = project / "fresh"
    write_export(fresh / "exports" / "a.zip", [*history, offer("Impression")])
    (fresh / "valuekit.toml").write_text((project / "valuekit.toml").read_text())
    other = open_workspace(fresh)
    other.ingest()
    assert table(workspace).equals(table(other))


def test_a_further_column_has_the_files_read_again(project: Path) -> None:
    history = make_history(4)
    write_export(project / "exports" / "a.zip", history)
    open_workspace(project).ingest()
    for row in history:
        row["PlacementType"] = "Hero" if row["pyName"] == "A" else "Tile"
    write_export(project / "exports" / "a.zip", history)
    open_workspace(project).ingest()
    workspace = edit(project, '["Month", "Name"]', '["Month", "PlacementType"]')
    report = workspace.ingest()
    assert report.files_landed == 1
    assert list(report.rebuilt) == ["engagement_other"]
    found = table(workspace, "engagement_other", ("PlacementType",))
    assert found["PlacementType"].to_list() == ["Hero", "Tile"]


def test_a_further_column_of_a_file_that_is_gone_stops_the_run_and_names_it(project: Path) -> None:
    write_export(project / "exports" / "a.zip", make_history(4))
    open_workspace(project).ingest()
    before = table(open_workspace(project))
    (project / "exports" / "a.zip").unlink()
    workspace = edit(project, '["Month", "Name"]', '["Month", "PlacementType"]')
    with pytest.raises(DataError, match=r"a\.zip.*PlacementType"):
        workspace.ingest()
    assert table(workspace).equals(before)


def test_full_refresh_forgets_rows_that_are_no_longer_there(project: Path) -> None:
    history = make_history(5)
    write_export(project / "exports" / "a.zip", history)
    workspace = open_workspace(project)
    workspace.ingest()
    half = history[: len(history) // 2]
    write_export(project / "exports" / "a.zip", half)
    workspace.ingest()
    assert counts(table(workspace, by=("Channel",))) == engagement(history, lambda row: row["pyChannel"] or None)
    workspace.ingest(full_refresh=True)
    assert counts(table(workspace, by=("Channel",))) == engagement(half, lambda row: row["pyChannel"] or None)


def test_expired_facts_leave_their_states_and_a_changed_metric_says_where_it_starts(project: Path) -> None:
    history = make_history(6, days=10)
    write_export(project / "exports" / "a.zip", history)
    workspace = edit(project, "[metrics]\n", '[cache]\nkeep_facts = "3d"\n\n[metrics]\n')
    workspace.ingest()
    expected = engagement(history, lambda row: row["pyChannel"] or None)
    assert counts(table(workspace, by=("Channel",))) == expected
    early = offer("Clicked", pxInteractionID="999", pxDecisionTime=stamp(START), pxOutcomeTime=stamp(START))
    write_export(project / "exports" / "b.zip", [early])
    report = workspace.ingest()
    assert report.total("too_late") == 1
    assert counts(table(workspace, by=("Channel",))) == expected
    changed = edit(project, '["Day", "Channel", "Issue"]', '["Day", "Channel"]')
    changed.ingest()
    answer = changed.compute(["engagement"], by=["Day"])
    assert any("starts at 2026-01-0" in warning for warning in answer.warnings)
    assert not any("starts at" in warning for warning in changed.compute(["engagement_other"]).warnings)


def test_rebuilding_a_range_of_partitions_changes_nothing(project: Path) -> None:
    write_export(project / "exports" / "a.zip", make_history(1))
    workspace = open_workspace(project)
    workspace.ingest()
    before = table(workspace)
    report = workspace.ingest(since=START.date(), until=(START + timedelta(days=1)).date())
    assert report.partitions_restated == 2
    assert table(workspace).equals(before)


def test_a_column_that_lands_otherwise_starts_the_cache_over(project: Path) -> None:
    rows = [offer("Impression", pxInteractionID=str(number), Segment=str(number % 2)) for number in range(4)]
    write_export(project / "exports" / "a.zip", rows)
    edit(project, '["Day", "Channel", "Issue"]', '["Day", "Segment"]').ingest()
    numbers = edit(project, "[metrics]\n", "[ih.extensions.default_values]\nSegment = 7\n\n[metrics]\n")
    assert numbers.ingest().files_landed == 1
    found = table(numbers, by=("Segment",))
    assert found["Segment"].to_list() == [0.0, 1.0]
    assert found["Count"].to_list() == [2, 2]
    (project / "exports" / "a.zip").unlink()
    texts = edit(project, "Segment = 7", 'Segment = "none"')
    with pytest.raises(DataError, match=r"Segment.*a\.zip is gone"):
        texts.ingest()
    back = edit(project, 'Segment = "none"', "Segment = 7")
    back.ingest()
    assert table(back, by=("Segment",)).equals(found)


def test_another_source_for_the_ids_starts_the_cache_over(project: Path) -> None:
    rows = [offer("Impression", pxInteractionID="1", other=str(number), pyChannel=str(number)) for number in range(2)]
    rows[1]["pxOutcomeTime"] = stamp(START)
    write_export(project / "exports" / "a.zip", rows)
    workspace = open_workspace(project)
    workspace.ingest()
    assert totals(workspace) == (0, 1)
    mapped = edit(project, "[metrics]\n", '[ih.columns]\nInteractionID = "other"\n\n[metrics]\n')
    mapped.ingest()
    assert totals(mapped) == (0, 2)


@pytest.mark.parametrize(("fill_empty", "expected"), [("false", [None, 5]), ("true", [5, 5])])
def test_an_empty_rank_gets_its_default_only_if_asked(
    project: Path, fill_empty: str, expected: list[int | None]
) -> None:
    rows = [offer("Impression", pxInteractionID="1", pxRank=""), offer("Impression", pxInteractionID="2", pxRank=None)]
    write_export(project / "exports" / "a.zip", rows)
    extra = "[ih.extensions]\ndefault_values = { Rank = 5 }\n\n[metrics]\n"
    edit(project, "[metrics]\n", extra)
    edit(project, 'path = "exports"', f'path = "exports"\nfill_empty = {fill_empty}')
    workspace = edit(project, '["Day", "Channel", "Issue"]', '["Day", "Rank"]')
    workspace.ingest()
    found = table(workspace, by=("Rank",))
    assert found["Rank"].to_list() == sorted(set(expected), key=lambda rank: (rank is not None, rank))
    assert found["Count"].sum() == 2
