"""A metric whose labels never occur is loud."""

from __future__ import annotations

from pathlib import Path

import pytest

from sample_history import CONFIG, make_history, open_workspace, write_export


def test_labels_that_never_occur_are_named_with_those_that_do(tmp_path: Path) -> None:
    write_export(tmp_path / "exports" / "a.zip", make_history(1))
    (tmp_path / "valuekit.toml").write_text(CONFIG.replace('["Impression", "Pending"]', '["Shown", "Rejected"]'))
    workspace = open_workspace(tmp_path)
    workspace.ingest()
    computed = workspace.compute()
    assert computed.results[0].rows["CTR"].to_list() == [1.0]
    (warning,) = computed.warnings
    assert "engagement: none of its negative labels (Shown, Rejected) occurs" in warning
    assert "Impression (" in warning
    assert workspace.compute(["engagement_other"]).warnings == ()


def test_outcomes_are_counted_with_their_role(tmp_path: Path) -> None:
    history = make_history(1)
    write_export(tmp_path / "exports" / "a.zip", history)
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    workspace = open_workspace(tmp_path)
    landed = workspace.ingest().total("rows_landed")
    table = workspace.outcomes()
    assert table["Rows"].sum() == landed
    assert sum(table["Share"].to_list()) == pytest.approx(1)
    roles = {row["Outcome"]: (row["engagement"], row["engagement_other"]) for row in table.iter_rows(named=True)}
    assert roles == {
        "Impression": ("negative", "negative"),
        "Pending": ("negative", None),
        "Clicked": ("positive", "positive"),
        "Conversion": (None, "positive"),
    }
