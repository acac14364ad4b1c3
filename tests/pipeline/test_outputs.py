"""What valuekit writes never costs a config, a cache or a source, and never hides a new file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import valuekit
from sample_history import CONFIG, engagement, make_history, open_workspace, write_export
from valuekit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    write_export(tmp_path / "exports" / "a.zip", make_history(1))
    open_workspace(tmp_path).ingest()
    return tmp_path


@pytest.mark.parametrize("name", ["valuekit.toml", "exports/a.zip", ".valuekit/valuekit/cache.duckdb"])
def test_nothing_of_ours_is_overwritten(project: Path, name: str) -> None:
    with pytest.raises(UsageError, match="write to another"):
        open_workspace(project).refuse_output(project / name)
    open_workspace(project).refuse_output(project / "exports" / "new.csv")


def test_an_export_that_replaces_an_output_is_a_source_again(project: Path) -> None:
    workspace = open_workspace(project)
    target = project / "exports" / "b.zip"
    target.write_bytes(b"scores")
    workspace.wrote(target)
    assert workspace.ingest().files == ()
    history = make_history(2)
    write_export(target, history)
    assert workspace.ingest().files_landed == 1


def test_a_config_is_never_a_source(project: Path) -> None:
    text = (project / "valuekit.toml").read_text()
    text = text.replace('path = "exports"\nfile_pattern = "**/*.zip"', 'file_pattern = "**/*.*"')
    (project / "valuekit.toml").write_text(text)
    assert open_workspace(project).ingest().unreadable == ()


def test_files_under_their_old_name_or_named_by_the_user_are_no_strays(project: Path) -> None:
    workspace = open_workspace(project)
    write_export(project / "exports" / "a.zip", make_history(2))
    assert workspace.ingest().warnings == ()
    write_export(project / "elsewhere" / "c.zip", make_history(3))
    workspace.ingest([project / "elsewhere" / "c.zip"])
    assert workspace.ingest().warnings == ()
    assert workspace.compute().data.files == 2


def test_the_window_is_that_of_the_days_shown(project: Path) -> None:
    computed = open_workspace(project).compute(["engagement"], by=["Day"])
    days = computed.results[0].rows["Day"].to_list()
    assert (computed.data.first, computed.data.last) == (days[0], days[-1])


def test_by_may_be_a_text(project: Path) -> None:
    opened = valuekit.open(project / "valuekit.toml")
    frame = opened.compute("engagement", by="Channel, Issue", scores="CTR")
    assert frame.columns == ["Channel", "Issue", "Count", "CTR"]
    by_channel = engagement(make_history(1), lambda row: row["pyChannel"] or None)
    counts = opened.compute("engagement", by="Channel").rows_by_key("Channel", named=True, unique=True)
    assert {key: (row["Positives"], row["Negatives"]) for key, row in counts.items()} == by_channel


def test_a_column_that_no_file_has_is_named_at_every_run_with_the_nearest(project: Path) -> None:
    config = project / "valuekit.toml"
    config.write_text(config.read_text().replace("Channel <> 'Email'", "Chanel <> 'Email'"))
    workspace = open_workspace(project)
    for _ in range(2):
        (warning,) = workspace.ingest().warnings
        assert 'no landed file has a column "Chanel"' in warning
        assert 'did you mean "Channel"?' in warning


def test_a_column_that_a_metric_reads_unasked_is_said_to_be_the_metrics(tmp_path: Path) -> None:
    """The config names neither FinalPropensity nor ConversionEventID; each is what a family reads."""
    labels = 'group_by = ["Channel"]\npositive_model_response = ["Clicked"]\nnegative_model_response = ["Impression"]\n'
    sections = (f"[metrics.{name}]\n{labels}" for name in ("model_ml_scores", "model_ml_scores_web", "conversion"))
    (tmp_path / "valuekit.toml").write_text(CONFIG.partition("[metrics")[0] + "\n".join(sections))
    records = [
        {name: value for name, value in record.items() if name not in ("FinalPropensity", "ConversionEventID")}
        for record in make_history(1)
    ]
    write_export(tmp_path / "exports" / "a.zip", records)
    said = [line for line in open_workspace(tmp_path).ingest().warnings if "no landed file" in line]
    assert (
        'no landed file has a column "ConversionEventID", which metric conversion reads, so it is empty everywhere'
        in (said)
    )
    of_models = "which metrics model_ml_scores, model_ml_scores_web read, so it is empty everywhere"
    assert f'no landed file has a column "FinalPropensity", {of_models}' in said
    assert not any("the config uses" in line for line in said)
