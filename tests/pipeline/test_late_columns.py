"""Columns that first appear late in a file, and times that no calendar of a business knows."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from sample_history import CONFIG, Record, open_workspace
from valuekit.sources.pega import PegaExport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TIME = "20260101T000100.000 GMT"


def row(number: int, **changes: object) -> Record:
    return {"pxInteractionID": f"I{number}", "pyOutcome": "Impression", "pxOutcomeTime": TIME, **changes}


def channels(folder: Path, records: Sequence[Record], extra: str = "", dimension: str = "Channel") -> dict[object, int]:
    folder.mkdir()
    text = CONFIG.replace("*.zip", "*.json").replace("[metrics]", f"{extra}\n[metrics]", 1)
    (folder / "valuekit.toml").write_text(text.replace('"Channel", "Issue"]', f'"Issue", "{dimension}"]'))
    (folder / "exports").mkdir()
    (folder / "exports" / "a.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    workspace = open_workspace(folder)
    workspace.ingest()
    rows = workspace.compute(["engagement"], by=[dimension]).results[0].rows
    return dict(rows.select(dimension, "Negatives").iter_rows())


BEFORE = [row(number, Channel="Web") for number in range(3)]
AFTER = [row(9, pyChannel="Mobile"), row(10, Channel="Branch"), row(11, Channel="Post", pyChannel="Email"), row(12)]


@pytest.fixture(params=[1, 300, 1 << 20])
def chunk_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    size = int(request.param)
    monkeypatch.setattr("valuekit.sources.registry.SOURCES", {"pega_ds_export": lambda: PegaExport(size)})
    return size


@pytest.mark.usefixtures("chunk_bytes")
def test_a_late_spelling_changes_no_row_however_the_file_is_cut(tmp_path: Path) -> None:
    found = channels(tmp_path / "x", [*BEFORE, *AFTER])
    assert found == {"Web": 3, "Mobile": 1, "Branch": 1, "Email": 1, None: 1}


@pytest.mark.usefixtures("chunk_bytes")
def test_the_other_of_two_values_is_kept_under_a_name_of_its_own(tmp_path: Path) -> None:
    found = channels(tmp_path / "x", [*BEFORE, *AFTER], dimension="Channel_2")
    assert found == {"Post": 1, None: 6}


@pytest.mark.usefixtures("chunk_bytes")
def test_a_configured_column_is_the_only_one(tmp_path: Path) -> None:
    records = [*BEFORE, row(20, Kanal="Shop"), row(21, Kanal="Shop", pyChannel="Web")]
    assert channels(tmp_path / "x", records, '[ih.columns]\nChannel = "Kanal"\n') == {"Shop": 2, None: 3}


@pytest.mark.usefixtures("chunk_bytes")
def test_the_subject_stands_in_row_by_row(tmp_path: Path) -> None:
    records = [row(1, pySubjectID="s1"), row(2, pySubjectID="s2"), row(3, pySubjectID="s3", CustomerID="c3")]
    assert channels(tmp_path / "x", records, dimension="CustomerID") == {"s1": 1, "s2": 1, "c3": 1}


@pytest.mark.usefixtures("chunk_bytes")
def test_an_empty_text_is_a_value_of_its_column(tmp_path: Path) -> None:
    records = [row(1, Channel="Web"), row(2, Channel="Web", pyChannel=""), row(3, Channel="Web", pyChannel=None)]
    assert channels(tmp_path / "x", records) == {"Web": 2, None: 1}


def test_typed_columns_of_one_name_and_other_types(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(
        CONFIG.replace("*.zip", "*.parquet").replace("[ih]", '[ih]\nfile_type = "parquet"')
    )
    (tmp_path / "exports").mkdir()
    at = [datetime(2026, 1, 1, 0, 1)] * 2
    frame = {"pyOutcome": ["Impression"] * 2, "pxOutcomeTime": at, "pxFactID": [1, 2]}
    columns = {"pyChannel": pl.Series([None, 7], dtype=pl.Int64), "Channel": ["Web", "Mobile"]}
    pl.DataFrame({**frame, **columns}).write_parquet(tmp_path / "exports" / "a.parquet")
    workspace = open_workspace(tmp_path)
    report = workspace.ingest()
    assert any("Channel_2" in warning for warning in report.warnings)
    rows = workspace.compute(["engagement"], by=["Channel"]).results[0].rows
    assert set(rows["Channel"]) == {"Web", "7"}


FAR = ["99991231T235959.000 GMT", "9999-12-31", "22000101T000000.000 GMT", "18991231T235959.999 GMT", "0001-01-01"]
LEAPS = ["20260101T235960.000 GMT", "2026-01-01T23:59:60Z", "20260101T235960 GMT", "2026-01-01 23:59:60"]


@pytest.mark.parametrize("text", [*FAR, *LEAPS])
def test_a_time_out_of_bounds_or_of_second_60_is_set_aside(tmp_path: Path, text: str) -> None:
    records = [row(1, pxDecisionTime=TIME), row(2, pxOutcomeTime=text), row(3, pxDecisionTime=text)]
    (tmp_path / "valuekit.toml").write_text(CONFIG.replace("*.zip", "*.json"))
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    workspace = open_workspace(tmp_path)
    (file,) = workspace.ingest().files
    assert (file.rows_landed, file.rows_rejected, file.values_set_aside) == (2, 1, 1)
    assert [example.split(": ", 1)[1] for example in file.examples] == [
        f"OutcomeTime {text!r} is not a time",
        f"DecisionTime {text!r} cannot be read",
    ]
    assert workspace.compute(["engagement"], by=["Day"]).results[0].rows["Day"].to_list() == [date(2026, 1, 1)]


BOUNDS = [(moment - datetime(1970, 1, 1)).days for moment in (datetime(1900, 1, 1), datetime(2200, 1, 1))]
KINDS = [
    (pl.Datetime("ms"), 86_400_000),
    (pl.Datetime("us"), 86_400_000_000),
    (pl.Datetime("ns"), 86_400_000_000_000),
    (pl.Datetime("us", "America/New_York"), 86_400_000_000),
    (pl.Date(), 1),
]


@pytest.mark.parametrize(("kind", "per_day"), KINDS)
def test_typed_times_out_of_bounds_are_set_aside(tmp_path: Path, kind: pl.DataType, per_day: int) -> None:
    (tmp_path / "valuekit.toml").write_text(
        CONFIG.replace("*.zip", "*.parquet").replace("[ih]", '[ih]\nfile_type = "parquet"\nkeep_columns = ["Stage"]')
    )
    (tmp_path / "exports").mkdir()
    width = pl.Int32 if per_day == 1 else pl.Int64
    widest = (1 << (31 if per_day == 1 else 63)) - 1
    good = [BOUNDS[0] * per_day, BOUNDS[1] * per_day - 1]
    bad = [good[0] - 1, good[1] + 1, widest, -widest]
    times = pl.Series([*good, *bad], dtype=width).cast(kind)
    height = len(times)
    frame = {"pyOutcome": ["Impression"] * height, "pxFactID": list(range(height)), "pxOutcomeTime": times}
    pl.DataFrame({**frame, "pyStage": times}).write_parquet(tmp_path / "exports" / "a.parquet")
    workspace = open_workspace(tmp_path)
    (file,) = workspace.ingest().files
    assert (file.rows_landed, file.rows_rejected) == (2, 4)
    assert all("is not a time" in example for example in file.examples)
    days = workspace.compute(["engagement"], by=["Day"]).results[0].rows["Day"]
    assert days.to_list() == [date(1900, 1, 1), date(2199, 12, 31)]
