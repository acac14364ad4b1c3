"""Completion: names that begin with what is typed, and nothing where the config cannot be read."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from valuekit.cache.runs import RunLedger
from valuekit.cli import complete
from valuekit.config.rules import RULES

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """[metrics]
global_filters = ["Country"]
[metrics.engagement]
group_by = ["Channel", "Issue"]
[metrics.engagement_web]
group_by = ["Campaign", 3]
[metrics.clv]
group_by = ["ControlGroup"]
[reports.trend]
metric = "engagement"
[reports.table]
[cache]
path = "kept"
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path) -> Path:
    path = tmp_path / "valuekit.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def typed(**params: object) -> Any:
    return SimpleNamespace(params=params)


@pytest.mark.parametrize(
    ("begun", "names"),
    [
        ("", ["engagement", "engagement_web", "clv"]),
        ("eng", ["engagement", "engagement_web"]),
        ("x", []),
    ],
)
def test_metrics(begun: str, names: list[str]) -> None:
    assert complete.metric_names(typed(), begun) == names


def test_reports() -> None:
    assert complete.report_names(typed(), "t") == ["trend", "table"]
    assert complete.report_names(typed(config="gone.toml"), "t") == []


def test_dimensions_are_those_of_the_metrics_that_are_typed() -> None:
    assert complete.dimension_names(typed(metrics=["engagement"]), "C") == ["Channel", "Country"]
    assert complete.dimension_names(typed(metrics=["engagement_web"]), "C") == ["Campaign", "Country"]
    assert complete.dimension_names(typed(), "C") == ["Channel", "Campaign", "ControlGroup", "Country"]
    assert complete.dimension_names(typed(metrics=["engagement"]), "Channel,I") == ["Channel,Issue"]
    assert complete.dimension_names(typed(metrics=["engagement"]), "Channel,Ch") == []
    assert complete.dimension_names(typed(), "Mo") == ["Month"]


def test_rules_families_and_scores() -> None:
    assert complete.rule_names(typed(), "vk2") == [rule for rule in RULES if rule.startswith("VK2")]
    assert complete.rule_names(typed(), "VK9,VK10") == [f"VK9,{rule}" for rule in RULES if rule.startswith("VK10")]
    assert complete.explainable_names(typed(), "Lift_Z") == ["Lift_Z_Score"]
    assert complete.explainable_names(typed(), "VK101") == ["VK101"]
    assert "engagement" in complete.explainable_names(typed(), "en")


def test_runs_are_those_of_the_cache(tmp_path: Path) -> None:
    assert complete.run_names(typed(), "@") == []
    folder = tmp_path / "kept" / "valuekit"
    folder.mkdir(parents=True)
    for _ in range(11):
        RunLedger(folder).begin("ingest", CONFIG)
    assert complete.run_names(typed(), "@1") == ["@11", "@10", "@1"]
    assert complete.run_names(typed(), "val") == []
    assert complete.run_names(typed(cache="elsewhere"), "@") == []


@pytest.mark.parametrize(
    "text", ["[broken", "metrics = 1\nreports = []\n", "[metrics]\na = 1\nglobal_filters = 3\n", "\ufeff"]
)
def test_of_a_config_that_is_odd_nothing_is_completed(text: str, config: Path) -> None:
    config.write_text(text, encoding="utf-8")
    assert complete.metric_names(typed(), "") == []
    assert complete.report_names(typed(), "") == []
    assert set(complete.dimension_names(typed(), "")) == {"Day", "Week", "Month", "Quarter", "Year"}
    assert complete.run_names(typed(), "") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("valuekit compute engagement_", "engagement_web"),
        ("valuekit compute engagement --by Ch", "Channel"),
        ("valuekit validate --select VK10", "VK101"),
        ("valuekit config sh", "show"),
    ],
)
def test_the_shell_is_answered(words: str, expected: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "_VALUEKIT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    code = "from valuekit.cli.main import run; import sys; sys.argv = ['valuekit']; run()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert expected in done.stdout.split(), done.stderr
