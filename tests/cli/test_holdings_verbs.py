"""`ingest`, `status`, `cache` and `compute` on holdings, alone and beside Interaction History."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sample_history import CONFIG, make_history, write_export
from sample_holdings import holdings_config, make_orders, write_orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Both sources: an export, and holdings with one order twice, one broken line and one order of nobody."""
    (tmp_path / "valuekit.toml").write_text(CONFIG + holdings_config())
    write_export(tmp_path / "exports" / "a.zip", make_history(1))
    orders = make_orders(1, count=20)
    orders += [orders[0], {**orders[1], "HoldingID": "H-nobody", "CustomerID": ""}]
    path = write_orders(tmp_path / "holdings" / "h.json", orders)
    path.write_text(path.read_text() + "{broken\n")
    return tmp_path


def document(call: Call, *argv: object) -> dict[str, Any]:
    done = call(*argv, "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


@pytest.mark.usefixtures("folder")
def test_one_document_adds_both_sources_up(call: Call) -> None:
    found = document(call, "ingest")
    files = {file["path"]: file for file in found["files"]}
    assert set(files) == {"exports/a.zip", "holdings/h.json"}
    assert {
        name: files["holdings/h.json"][name] for name in ("rows_read", "rows_landed", "rows_rejected", "duplicates")
    } == {
        "rows_read": 23,
        "rows_landed": 21,
        "rows_rejected": 1,
        "duplicates": 1,
    }
    for name in ("rows_landed", "rows_rejected", "duplicates", "conflicts"):
        assert found["run"][name] == sum(file[name] for file in files.values())
    assert found["run"]["files_landed"] == 2
    assert found["warnings"] == ["metric clv: 1 order with no customer: left out"]
    data = document(call, "compute", "clv", "engagement", "--no-ingest")["data"]
    assert (data["files"], data["facts"]) == (2, found["run"]["rows_landed"])


@pytest.mark.usefixtures("folder")
def test_a_broken_line_of_holdings_is_named(call: Call) -> None:
    done = call("ingest")
    assert done.code == 0
    assert "holdings/h.json:23: not valid JSON" in done.err
    assert "1 order with no customer: left out" in done.err


@pytest.mark.usefixtures("folder")
def test_one_source_alone(call: Call) -> None:
    assert [file["path"] for file in document(call, "ingest", "--dry-run", "--as", "holdings")["files"]] == [
        "holdings/h.json"
    ]
    assert [file["path"] for file in document(call, "ingest", "--as", "holdings")["files"]] == ["holdings/h.json"]
    found = {metric["metric"]: metric["current"] for metric in document(call, "status")["status"]["metrics"]}
    assert found == {"engagement": False, "engagement_other": False, "clv": True}
    assert [file["path"] for file in document(call, "ingest", "--as", "ih")["files"]] == ["exports/a.zip"]


def test_a_source_that_the_config_lacks_is_a_usage_error(call: Call, tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    done = call("ingest", "--as", "holdings")
    assert done.code == 2
    assert "no holdings" in done.err


def test_holdings_without_interaction_history(call: Call, tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(holdings_config("csv"))
    write_orders(tmp_path / "holdings" / "h.csv", make_orders(1, count=20))
    assert document(call, "ingest")["run"]["rows_landed"] == 20
    status = document(call, "status")["status"]
    assert (status["files"], status["facts"], status["state"]) == (1, 20, "done")
    files = document(call, "cache", "info")["cache"]["files"]
    assert "holdings/cache.duckdb" in files
    assert call("cache", "clear", "--yes").code == 0
    assert not (tmp_path / ".valuekit" / "valuekit" / "holdings").exists()
    assert call("status").code == 3


@pytest.mark.usefixtures("folder")
def test_status_for_people_counts_purchases(call: Call) -> None:
    assert call("ingest").code == 0
    assert "metric clv\t20 purchases" in call("status").out
