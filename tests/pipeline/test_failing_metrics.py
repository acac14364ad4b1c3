"""Metrics that cannot be built, or have nothing to be built from, say so; the others are not affected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, make_history, open_workspace, write_export
from valuekit.errors import CacheError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace

FILTERED = CONFIG.replace("Channel <> 'Email'", "CAST(Segment AS INTEGER) > 0")


@pytest.fixture
def failing(tmp_path: Path) -> Workspace:
    """A metric that was built once, and then could not be: one of its two partitions has a value it cannot read."""
    (tmp_path / "valuekit.toml").write_text(FILTERED)
    good = [{**row, "Segment": "1"} for row in make_history(1, offers=60, days=1)]
    write_export(tmp_path / "exports" / "1.zip", good)
    workspace = open_workspace(tmp_path)
    assert workspace.ingest().exit_code == 0
    assert workspace.compute(["engagement_other"]).results[0].rows["Count"][0] > 0
    bad = [{**row, "Segment": "zz"} for row in make_history(2, offers=60, days=3)]
    write_export(tmp_path / "exports" / "2.zip", bad)
    report = workspace.ingest()
    assert report.exit_code == 4
    assert [name for name, _ in report.failures] == ["engagement_other"]
    return workspace


def test_readers_learn_why_and_get_the_other_metrics(failing: Workspace) -> None:
    computed = failing.compute()
    assert [result.metric for result in computed.results] == ["engagement"]
    [(name, reason)] = computed.failures
    assert name == "engagement_other"
    assert "zz" in reason
    assert "\n" not in reason
    assert computed.warnings == ()
    with pytest.raises(CacheError, match="zz"):
        failing.compute(["engagement_other"])
    assert {metric.name: metric.current for metric in failing.status().metrics} == {
        "engagement": True,
        "engagement_other": False,
    }


def test_it_answers_again_when_its_definition_can_be_built(failing: Workspace) -> None:
    config = failing.config.file
    assert config is not None
    config.write_text(FILTERED.replace("CAST(Segment AS INTEGER) > 0", "Segment IS NOT NULL"))
    mended = open_workspace(config.parent)
    assert mended.ingest().exit_code == 0
    assert mended.compute().failures == ()
    assert all(metric.current for metric in mended.status().metrics)


def test_a_where_that_fails_on_the_values_is_a_wrong_question(failing: Workspace) -> None:
    with pytest.raises(UsageError, match=r"--where, metric engagement: .*INT") as caught:
        failing.compute(["engagement"], where="CAST(Channel AS INTEGER) = 1")
    assert "\n" not in str(caught.value)


def test_metrics_without_any_row_answer_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "1.zip").write_bytes(b"no archive")
    workspace = open_workspace(tmp_path)
    assert workspace.ingest().exit_code == 3
    computed = workspace.compute()
    assert [result.rows["Count"].to_list() for result in computed.results] == [[0], [0]]
    assert computed.failures == ()
    assert workspace.compute(["engagement"], by=["Day", "Channel"], where="Channel = 'Web'").results[0].rows.height == 0
    history = make_history(3, offers=40)
    write_export(tmp_path / "exports" / "2.zip", history)
    report = workspace.ingest()
    assert report.exit_code == 4
    assert report.rebuilt == {}
    assert workspace.compute(["engagement"]).results[0].rows["Count"][0] > 0
