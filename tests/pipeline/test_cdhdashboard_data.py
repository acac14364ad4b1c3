"""cdhdashboard's pre-aggregated data: its counts arrive as it counted them, and what it does not know is null."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from sample_history import make_history, open_workspace, write_export
from valuekit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace

LABELS = """
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
CONFIG = f"""
[ih]
path = "exports"
file_pattern = "**/*.zip"

[metrics]
global_filters = ["Channel", "Year"]

[metrics.engagement]
group_by = ["Day", "Month", "Issue"]
{LABELS}
[metrics.conversion]
group_by = ["Day", "Month"]
{LABELS}
[metrics.experiment]
group_by = ["Day"]
experiment_name = "ExperimentName"
experiment_group = "ExperimentGroup"
{LABELS}
[metrics.model_ml_scores]
group_by = ["Day"]
{LABELS}
[metrics.clv]
group_by = ["ControlGroup"]
customer_id_col = "CustomerID"
"""


def counted(groups: list[tuple[Any, ...]], names: list[str]) -> pl.DataFrame:
    """Groups with the types that cdhdashboard gives them."""
    frame = pl.DataFrame(groups, schema=[*names, "Positives", "Negatives"], orient="row")
    return frame.with_columns(
        pl.col("Day").dt.strftime("%Y-%m").alias("Month"),
        pl.col("Day").dt.year().cast(pl.Int16).alias("Year"),
        pl.col("Positives").cast(pl.Int32),
        (pl.col("Positives") + pl.col("Negatives")).cast(pl.UInt32).alias("Count"),
    )


FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)
ENGAGEMENT = counted(
    [
        (FIRST, "Web", "Sales", "A", "Test", 5, 95),
        (FIRST, "Web", "Sales", "B", "Test", 3, 7),
        (FIRST, "Web", "Sales", "A", "Control", 2, 98),
        (FIRST, "Web", "Sales", "A", "", 1, 1),
        (SECOND, "", "Sales", "A", "Test", 0, 40),
        (SECOND, None, "Service", "A", "Control", 4, 0),
    ],
    ["Day", "Channel", "Issue", "Group", "ModelControlGroup"],
)
CONVERSION = counted(
    [(FIRST, "Web", 2, 8), (SECOND, "Web", 1, 0), (SECOND, "Mobile", 3, 5)], ["Day", "Channel"]
).with_columns(pl.Series("Revenue", [30.5, 7.0, 12.0]), pl.Series("Touchpoints", [4, 1, 9], dtype=pl.UInt32))
EXPERIMENT = counted(
    [(FIRST, "Web", "Color", "Red", 5, 95), (FIRST, "Web", "Color", "Blue", 9, 91)],
    ["Day", "Channel", "ExperimentName", "ExperimentGroup"],
)
SCORES = ENGAGEMENT.select("Day", "Count", pl.lit(b"digest").alias("tdigest_positives"))


def write(path: Path, **frames: pl.DataFrame) -> Path:
    """Write a file as its download button does: `{metric: json.loads(frame.serialize(format="json"))}`."""
    path.write_text(json.dumps({name: list(frame.serialize()) for name, frame in frames.items()}))
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    return open_workspace(tmp_path)


def rows_of(workspace: Workspace, metric: str, *by: str, **question: Any) -> list[dict[str, Any]]:
    return workspace.compute([metric], by=by, **question).results[0].rows.to_dicts()


def test_counts_of_groups_and_arms_arrive_as_they_were_counted(workspace: Workspace, tmp_path: Path) -> None:
    report = workspace.import_cells(write(tmp_path / "data.json", engagement=ENGAGEMENT))
    assert report.exit_code == 0
    assert report.days == (FIRST, SECOND)
    assert any("as cdhdashboard counted them" in warning for warning in report.warnings)
    scores = ["Count", "Positives", "Negatives", "Lift"]
    [total] = rows_of(workspace, "engagement", scores=scores)
    assert (total["Positives"], total["Negatives"]) == (15, 241)
    assert total["Lift"] == pytest.approx((8 / 150) / (6 / 104) - 1)
    by_channel = {row["Channel"]: row["Count"] for row in rows_of(workspace, "engagement", "Channel", scores=["Count"])}
    assert by_channel == {None: 44, "Web": 212}
    by_day = rows_of(workspace, "engagement", "Day", "Month", "Year", scores=["Count"], where="Issue = 'Sales'")
    assert by_day == [
        {"Day": FIRST, "Month": "2026-01", "Year": "2026", "Count": 212},
        {"Day": SECOND, "Month": "2026-01", "Year": "2026", "Count": 40},
    ]
    assert workspace.compute(["engagement"]).data.first == FIRST


def test_experiments_keep_their_arms(workspace: Workspace, tmp_path: Path) -> None:
    workspace.import_cells(write(tmp_path / "data.json", experiment=EXPERIMENT))
    rows = rows_of(workspace, "experiment", scores=["Positives", "Negatives", "z_score"])
    found = {row["experiment_group"]: (row["Positives"], row["Negatives"]) for row in rows}
    assert found == {"Red": (5, 95), "Blue": (9, 91)}


def test_of_conversion_only_what_is_known_has_a_value(workspace: Workspace, tmp_path: Path) -> None:
    report = workspace.import_cells(write(tmp_path / "data.json", conversion=CONVERSION))
    assert any("variance of Revenue, Touchpoints, the arms" in warning for warning in report.warnings)
    known = {"Count": 19, "Positives": 6, "Negatives": 13, "ConversionRate": 6 / 19, "Revenue": 49.5}
    known["RevenuePerOffer"] = 49.5 / 19
    unknown = ["RevenuePerOffer_StdErr", "IncrementalRevenue", "Touchpoints", "Lift", "Lift_P_Val"]
    [result] = workspace.compute(["conversion"], scores=[*known, *unknown, "AvgTouchpoints"]).results
    [row] = result.rows.to_dicts()
    assert {name: row[name] for name in known} == pytest.approx(known)
    reasons = {note.score: note.reason for note in result.notes}
    for name in unknown:
        assert row[name] is None
        assert "imported days do not hold" in reasons[name]
    assert row["AvgTouchpoints"] is None
    assert "imported" in reasons["AvgTouchpoints"]


def test_one_offer_has_no_spread_but_its_arm_stays_unknown(workspace: Workspace, tmp_path: Path) -> None:
    workspace.import_cells(write(tmp_path / "data.json", conversion=CONVERSION))
    rows = workspace.compute(["conversion"], by=["Day", "Channel"], scores=["RevenuePerOffer_StdErr"]).results[0]
    [note] = [note for note in rows.notes if "fewer than two" in note.reason]
    assert note.groups == ({"Day": SECOND, "Channel": "Web"},)


def test_days_with_facts_of_their_own_keep_every_score(workspace: Workspace, tmp_path: Path) -> None:
    records = [{**row, "Revenue": 2.0, "ConversionEventID": "E"} for row in make_history(3, days=2)]
    write_export(tmp_path / "exports" / "1.zip", records)
    workspace.ingest()
    scores = ["Count", "Lift", "RevenuePerOffer_StdErr", "Touchpoints"]
    before = workspace.compute(["conversion"], by=["Month"], scores=scores).results[0].rows
    later = CONVERSION.with_columns(pl.col("Day").dt.offset_by("1y"))
    report = workspace.import_cells(write(tmp_path / "data.json", conversion=later, engagement=ENGAGEMENT))
    assert report.kept == (FIRST, SECOND)
    result = workspace.compute(["conversion"], by=["Month"], scores=scores).results[0]
    assert result.rows.filter(pl.col("Month") < "2027").equals(before)
    assert before.null_count().sum_horizontal()[0] == 0
    assert result.rows.filter(pl.col("Month") == "2027-01").drop("Month").row(0) == (19, None, None, None)
    [total] = rows_of(workspace, "conversion", scores=["Count", "Lift"])
    assert total == {"Count": 19 + before["Count"].sum(), "Lift": None}


def test_unknown_columns_leave_and_enter_again(workspace: Workspace, tmp_path: Path) -> None:
    workspace.import_cells(write(tmp_path / "data.json", conversion=CONVERSION))
    workspace.export_cells(tmp_path / "cells")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "valuekit.toml").write_text(CONFIG)
    other = open_workspace(tmp_path / "other")
    other.import_cells(tmp_path / "cells")
    expected, found = (one.compute(["conversion"], by=["Channel"]).results[0] for one in (workspace, other))
    assert found.rows.equals(expected.rows)
    assert found.notes == expected.notes


def test_what_cannot_come_is_named_with_the_reason(workspace: Workspace, tmp_path: Path) -> None:
    file = write(
        tmp_path / "data.json",
        engagement=ENGAGEMENT,
        model_ml_scores=SCORES,
        clv=SCORES,
        engagement_web=ENGAGEMENT,
        experiment=EXPERIMENT.drop("Day"),
        conversion=CONVERSION.drop("Channel"),
    )
    report = workspace.import_cells(file)
    assert report.exit_code == 4
    assert report.metrics == ("engagement",)
    reasons = dict(report.left_out)
    assert "digests" in reasons["model_ml_scores"]
    assert "no counts" in reasons["clv"]
    assert "does not define" in reasons["engagement_web"]
    assert "no Day" in reasons["experiment"]
    assert "not grouped by Channel" in reasons["conversion"]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (ENGAGEMENT.drop("ModelControlGroup"), "ModelControlGroup"),
        (ENGAGEMENT.with_columns(pl.col("Positives").cast(pl.Float64)), "no whole numbers"),
        (ENGAGEMENT.with_columns(pl.lit(-1).alias("Positives")), "no whole numbers"),
        (ENGAGEMENT.with_columns(pl.lit(None, pl.Int64).alias("Negatives")), "no whole numbers"),
        (ENGAGEMENT.with_columns(pl.col("Day").dt.strftime("%Y")), "no date"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(
    workspace: Workspace, tmp_path: Path, frame: pl.DataFrame, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        workspace.import_cells(write(tmp_path / "data.json", engagement=frame))


def test_offers_without_a_day_are_counted_and_said(workspace: Workspace, tmp_path: Path) -> None:
    dayless = ENGAGEMENT.with_columns(pl.when(pl.col("Day") == FIRST).then(pl.col("Day")))
    report = workspace.import_cells(write(tmp_path / "data.json", engagement=dayless))
    assert any("44 offers without a Day" in warning for warning in report.warnings)
    assert rows_of(workspace, "engagement", scores=["Count"]) == [{"Count": 212}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "no pre-aggregated data"),
        ('{"engagement": {"columns": []}}', "no pre-aggregated data"),
        ("{}", "no pre-aggregated data"),
        ("{", "no JSON"),
        ('{"engagement": [1, 2, 3]}', "cannot be read"),
        ('{"engagement": [1, 999]}', "cannot be read"),
        ('{"engagement": ["a"]}', "cannot be read"),
    ],
)
def test_a_file_that_is_something_else_is_refused(workspace: Workspace, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "data.json").write_text(text)
    with pytest.raises(DataError, match=said):
        workspace.import_cells(tmp_path / "data.json")
    with pytest.raises(DataError, match="cannot be read"):
        workspace.import_cells(tmp_path / "absent.json")
