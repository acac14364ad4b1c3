"""`validate` answers at once: what an answer costs, and what it loads only where an expression asks for it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from processor_time import medians

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = {"duckdb", "polars", "numpy", "scipy", "pyarrow", "pandas", "rich"}

_METRIC = """
[metrics.engagement_{number}]
group_by = ["Day", "Channel", "Issue"]
positive_model_response = ["Clicked", "Label {number}"]
negative_model_response = ["Impression"]
scores = ["CTR", "Lift"]
"""
_REPORT = """
[reports.r{number}]
description = "Report {number}"
metric = "engagement_{metric}"
type = "line"
group_by = ["Day", "Channel"]
x = "Day"
y = "CTR"
color = "Channel"
"""
LARGE = (
    '[ih]\n[metrics]\nglobal_filters = ["Channel"]\n'
    + "".join(_METRIC.format(number=number) for number in range(25))
    + "".join(_REPORT.format(number=number, metric=number % 25) for number in range(40))
)
FILTER = "\n[ih.extensions]\nfilter = \"Channel = 'Web'\"\n"

_PROBE = """
import json, sys
from valuekit.cli.main import main
code = main(["-q", "validate", *sys.argv[1:]])
sys.stderr.write(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    assert LARGE.count("\n") > 500
    path = tmp_path / "large.toml"
    path.write_text(LARGE, encoding="utf-8")
    return path


def loaded(*argv: object) -> set[str]:
    command = [sys.executable, "-c", _PROBE, *map(str, argv)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stdout
    return set(modules)


@pytest.mark.parametrize("layout", ["text", "json", "github", "sarif", "junit"])
def test_without_expressions_no_engine_is_loaded(layout: str, large: Path) -> None:
    assert not loaded(large, "--format", layout) & ENGINES


def test_with_expressions_duckdb_reads_them(large: Path) -> None:
    large.write_text(LARGE + FILTER, encoding="utf-8")
    found = loaded(large)
    assert "duckdb" in found
    assert not found & {"polars", "numpy", "scipy", "pyarrow"}


def test_five_hundred_lines_cost_little_more_than_the_libraries(large: Path) -> None:
    """At most 0.6 s of processor time; where the machine is busy, three times what importing libraries costs."""
    commands = {"ours": ("-m", "valuekit", "validate", str(large)), "libraries": ("-c", "import typer, pydantic.types")}
    cost = medians(commands, large.parent / "bytecode", rounds=5)
    assert cost["ours"] < max(0.6, 3 * cost["libraries"])
