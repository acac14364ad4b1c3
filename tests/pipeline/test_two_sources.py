"""Interaction History and holdings in one run: which file belongs to which, and what stops whom."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sample_history import CONFIG, make_history, write_export
from sample_holdings import (
    bought,
    expected,
    holdings_config,
    make_orders,
    open_holdings,
    order,
    write_orders,
)
from valuekit.errors import CacheError, DataError, UsageError


def both(project: Path) -> str:
    write_export(project / "exports" / "a.zip", make_history(1))
    write_orders(project / "holdings" / "a.json", make_orders(1, count=50))
    return CONFIG + holdings_config()


def test_one_run_lands_both_sources_and_adds_them_up(tmp_path: Path) -> None:
    workspace = open_holdings(tmp_path, both(tmp_path))
    report = workspace.ingest()
    assert report.files_landed == 2
    assert {"engagement", "clv"} <= set(report.rebuilt)
    assert workspace.runs()["files_landed"].to_list() == [2]
    status = workspace.status()
    assert status.data.files == 2
    assert status.data.facts == report.total("rows_landed")
    assert {metric.name: metric.current for metric in status.metrics} == {
        "engagement": True,
        "engagement_other": True,
        "clv": True,
    }
    assert bought(workspace) == expected(make_orders(1, count=50))
    files = workspace.cache_info()["files"]
    assert isinstance(files, dict)
    assert {"cache.duckdb", "holdings/cache.duckdb"} <= set(files)
    assert workspace.ingest().files_unchanged == 2
    workspace.clear()
    with pytest.raises(CacheError, match="no published"), workspace.open_purchases("clv"):
        pass


def test_a_source_without_files_does_not_stop_the_other(tmp_path: Path) -> None:
    workspace = open_holdings(tmp_path, both(tmp_path))
    (tmp_path / "holdings" / "a.json").unlink()
    report = workspace.ingest()
    assert report.files_landed == 1
    assert report.exit_code == 0
    assert any("[holdings]" in warning for warning in report.warnings)
    assert bought(workspace) == {}
    assert workspace.compute(["engagement"]).results[0].rows.height == 1
    write_orders(tmp_path / "holdings" / "a.json", make_orders(1, count=50))
    assert workspace.ingest().files_landed == 1
    assert bought(workspace) == expected(make_orders(1, count=50))
    (tmp_path / "holdings" / "a.json").unlink()
    assert workspace.ingest(full_refresh=True).exit_code == 0
    assert bought(workspace) == expected(make_orders(1, count=50))


def test_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    workspace = open_holdings(tmp_path, CONFIG + holdings_config())
    with pytest.raises(DataError, match="no file matches"):
        workspace.ingest()
    assert workspace.runs()["state"].to_list() == ["failed"]


def test_named_files_go_to_the_source_whose_pattern_or_columns_they_have(tmp_path: Path) -> None:
    workspace = open_holdings(tmp_path, both(tmp_path))
    elsewhere = tmp_path / "elsewhere"
    write_export(elsewhere / "x.zip", make_history(2))
    write_orders(elsewhere / "y.json", [order(1)])
    by_columns = write_orders(elsewhere / "z.ndjson.json", [order(2)]).rename(elsewhere / "z.txt")
    report = workspace.ingest([elsewhere / "y.json"])
    assert (report.files_landed, report.exit_code) == (1, 0)
    assert workspace.ingest([by_columns]).total("rows_landed") == 1
    report = workspace.ingest([elsewhere])
    assert (report.files_landed, report.files_unchanged) == (1, 1)
    assert bought(workspace) == {("C-1", "Test", date(2025, 1, 1)): (20.0, 2)}
    with pytest.raises(DataError, match="does not exist"):
        workspace.ingest([elsewhere / "no.json"])
    report = workspace.ingest([elsewhere / "y.json"], kind="ih")
    assert [file.status for file in report.files] == ["unreadable"]


def test_one_source_can_be_landed_alone(tmp_path: Path) -> None:
    workspace = open_holdings(tmp_path, both(tmp_path))
    assert [Path(file.path).suffix for file in workspace.preview(kind="holdings").files] == [".json"]
    assert [Path(file.path).suffix for file in workspace.preview().files] == [".zip", ".json"]
    assert [Path(file.path).suffix for file in workspace.ingest(kind="holdings").files] == [".json"]
    assert [Path(file.path).suffix for file in workspace.ingest(kind="ih").files] == [".zip"]
    assert workspace.preview().files_unchanged == 2
    (tmp_path / "only").mkdir()
    alone = open_holdings(tmp_path / "only", CONFIG)
    with pytest.raises(UsageError, match="no holdings"):
        alone.ingest(kind="holdings")


def test_sources_that_share_a_folder_and_a_pattern_sort_it_out_by_columns(tmp_path: Path) -> None:
    config = CONFIG.replace('"exports"', '"data"').replace("**/*.zip", "**/*.json")
    config += holdings_config().replace('"holdings"', '"data"')
    rows = make_history(1)
    write_export(tmp_path / "data" / "a.zip", rows)
    write_orders(tmp_path / "data" / "h.json", make_orders(1, count=50))
    write_orders(tmp_path / "data" / "i.json", rows)
    workspace = open_holdings(tmp_path, config)
    report = workspace.ingest()
    assert report.exit_code == 0
    assert report.files_landed == 2
    assert bought(workspace) == expected(make_orders(1, count=50))
