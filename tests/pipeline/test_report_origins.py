"""What a report says of where it comes from: its config as history has it, and the run that published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl
import pytest
from typer.testing import CliRunner

from reporting_project import METRICS, make_project, orders
from sample_history import open_workspace
from valuekit.cli.main import app
from valuekit.pipeline.from_facts import Facts
from valuekit.pipeline.reporting import make

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace

REPORTS = """
[reports.daily]
metric = "engagement"
type = "line"
x = "Day"
y = "CTR"

[reports.varied]
metric = "model_ml_scores"
type = "treemap"
group_by = ["Channel", "Issue"]
color = "novelty"

[reports.ranked]
metric = "model_ml_scores"
type = "line"
x = "Channel"
y = "roc_auc"

[reports.customers]
metric = "clv"
type = "treemap"
group_by = ["ControlGroup"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Workspace:
    return make_project(tmp_path, REPORTS)


def said(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "-c", str(folder / "valuekit.toml")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_fingerprint_is_the_one_of_history_and_status(project: Workspace, tmp_path: Path) -> None:
    document = json.loads(said(tmp_path, "report", "--format", "json"))
    fingerprint = document["provenance"]["fingerprint"]
    assert len(fingerprint) == 32
    history = json.loads(said(tmp_path, "config", "history", "--format", "json"))
    (rows,) = (part for part in history.values() if isinstance(part, list))
    assert {row["config"] for row in rows} == {fingerprint}
    assert json.loads(said(tmp_path, "status", "--format", "json"))["status"]["fingerprint"] == fingerprint
    assert said(tmp_path, "config", "history", "--format", "tsv").count(f"\t{fingerprint[:8]}") == len(rows)
    shown = said(tmp_path, "config", "show", f"@{document['provenance']['run']}")
    assert "daily" in shown
    assert project.config.text == (tmp_path / "valuekit.toml").read_text()


def test_a_run_that_finds_nothing_new_changes_nothing(project: Workspace, tmp_path: Path) -> None:
    first = make(project).provenance
    assert first.run == 1
    for _ in range(2):
        assert project.ingest().partitions_restated == 0
    assert make(project).provenance == first
    for layout in ("json", "html", "md"):
        one, two = (tmp_path / f"{name}.{layout}" for name in ("one", "two"))
        for file in (one, two):
            said(tmp_path, "report", "-o", str(file))
        assert one.read_bytes() == two.read_bytes()
        assert one.stat().st_size > 1000


def test_the_run_is_the_last_one_that_published(project: Workspace, tmp_path: Path) -> None:
    project.ingest()
    (tmp_path / "holdings" / "2.json").write_bytes(
        (tmp_path / "holdings" / "1.json").read_bytes().replace(b"H-1", b"K-1")
    )
    third = project.ingest()
    assert third.run_id == 3
    project.ingest()
    assert make(project).provenance.run == 3
    project.ingest(full_refresh=True)
    assert make(project).provenance.run == 5
    (project.folder / "runs.jsonl").unlink()
    lost = make(project).provenance
    assert (lost.run, lost.finished) == (None, None)


def test_scores_of_facts_are_stored_where_something_shows_them(
    project: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = project.plans.stored
    assert stored["engagement"].grains == ()
    asked = {report.group_by for report in project.config.reports.values() if report.metric == "model_ml_scores"}
    assert set(stored["model_ml_scores"].grains) == {(), ("Day",), ("Channel", "Issue"), *asked}
    assert set(stored["model_ml_scores"].names) == {"personalization", "novelty"}
    assert {"engagement", "conversion"} < set(stored)

    def refuse(*_: object) -> None:
        raise AssertionError("the facts were read")

    monkeypatch.setattr(Facts, "of", refuse)
    made = make(project)
    assert [report.failure for report in made.reports] == [None] * 4
    assert made.warnings == ()
    assert made.reports[1].main.table["novelty"].null_count() == 0


def test_a_score_that_only_a_report_shows_is_stored(tmp_path: Path) -> None:
    listed = METRICS.replace("[metrics.model_ml_scores]", '[metrics.model_ml_scores]\nscores = ["roc_auc"]')
    plans = make_project(tmp_path, REPORTS, metrics=listed, ingest=False).plans
    assert plans.stored["model_ml_scores"].names == ("personalization", "novelty")
    (tmp_path / "valuekit.toml").write_text(listed)
    assert open_workspace(tmp_path).plans.stored["model_ml_scores"].names == ()


@pytest.mark.parametrize("time", ["Day", "Month", "Year"])
def test_cards_of_customers_with_a_time_dimension(tmp_path: Path, time: str) -> None:
    metrics = METRICS.replace('group_by = ["ControlGroup"]', f'group_by = ["ControlGroup", "{time}"]')
    made = make(make_project(tmp_path, REPORTS, metrics=metrics))
    cards = {card.score: card for card in made.cards if card.family == "clv"}
    bought = orders()
    by_day = bought.group_by("Day").agg(pl.col("OneTimeCost").sum()).sort("Day")
    assert [day for day, _ in cards["lifetime_value"].trend] == by_day["Day"].to_list()[-366:]
    assert [paid for _, paid in cards["lifetime_value"].trend] == pytest.approx(by_day["OneTimeCost"].to_list()[-366:])
    this = bought.filter(pl.col("Day").dt.year() == 2025)
    average = this["OneTimeCost"].sum() / this["CustomerID"].n_unique()
    assert cards["average_value_this_year"].value == pytest.approx(average)
