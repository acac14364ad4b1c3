"""Expressions that do not fit their columns are findings, and what a run says is the same."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from valuekit.config.load import load
from valuekit.errors import ConfigError
from valuekit.pipeline.plans import make_plans
from valuekit.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

METRIC = """[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""


def source(extensions: str) -> str:
    return f"[ih]\n[ih.extensions]\n{extensions}\n{METRIC}"


@pytest.mark.parametrize(
    ("extensions", "at"),
    [
        ('filter = "Propensity"', "Propensity"),
        ("filter = \"Channel = 'Web' AND Propensity\"", "Propensity"),
        ("filter = \"Channel = 'W\\u0065b' AND Rank\"", "Rank"),
        ('filter = """\nChannel = \'Web\'\n  AND Rank"""', "Rank"),
        ("filter = 'Channel = Rank'", "Channel"),
        ("filter = 'OutcomeTime > 5'", "OutcomeTime"),
        ("filter = \"Rank = 'first'\"", "Rank"),
        ("filter = 'Month > 5'", "Month"),
        ("filter = 'Amount > 5'", "Amount"),
        ("filter = \"pl.col('Channel') > 5\"", "'Channel'"),
        ("filter = \"pl.col('Rank')\"", "'Rank'"),
        ('columns = { Half = "Channel / 2" }', "Channel"),
        ("columns = \"(pl.col('Channel') * 2).alias('A')\"", "'Channel'"),
        ("columns = [\"(pl.col('Rank') * 2).alias('A')\", \"(pl.col('Channel') * 2).alias('B')\"]", "'Channel'"),
        ("columns = { Double = \"Rank * 2\" }\nfilter = 'Double'", "Double'"),
    ],
)
def test_an_expression_of_the_source(extensions: str, at: str) -> None:
    text = source(extensions)
    checked = validate(None, text)
    assert checked.config is None
    (finding,) = checked.findings
    before = text[: text.index(at)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert (finding.rule, finding.severity) == ("VK302", "error")
    assert (finding.line, finding.column) == (line, column)
    assert finding.path is not None
    assert finding.path.startswith("ih.extensions.")


def test_the_filter_of_a_metric() -> None:
    (finding,) = validate(None, f'[ih]\n{METRIC}filter = "Propensity"\n').findings
    assert (finding.rule, finding.line, finding.column) == ("VK302", 6, 11)
    assert finding.path == "metrics.engagement.filter"
    assert "DOUBLE" in finding.message


@pytest.mark.parametrize(
    "extensions",
    [
        "filter = \"Propensity > 0.1 AND Rank = 1 AND Month = '2026-01' AND Day > DATE '2026-01-01'\"",
        "filter = 'Amount > 5'\ndefault_values = { Amount = 0 }",
        "columns = { Double = \"Rank * 2\" }\nfilter = 'Double > 2'",
        "filter = \"pl.col('Channel') == 'Web'\"",
        'filter = ""',
    ],
)
def test_what_fits_is_no_finding(extensions: str) -> None:
    assert validate(None, source(extensions)).findings == ()


def test_all_are_found_at_once_and_a_consequence_is_not_one_of_them() -> None:
    text = source("columns = { Half = \"Channel / 2\" }\nfilter = 'Half'") + 'filter = "Rank"\n'
    assert [one.path for one in validate(None, text).findings] == [
        "ih.extensions.columns.Half",
        "metrics.engagement.filter",
    ]


def test_a_run_refuses_what_validate_finds(tmp_path: Path) -> None:
    path = tmp_path / "valuekit.toml"
    path.write_text(source("columns = { Half = \"Channel / 2\" }\nfilter = 'Propensity'"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        make_plans(load(path))
    first, second = str(caught.value).splitlines()
    assert first.startswith("[ih.extensions] columns, Half: Channel is text")
    assert second.startswith("[ih.extensions] filter: a filter must be true or false")


def test_a_config_without_expressions_does_not_load_duckdb() -> None:
    probe = f"""
import sys
from valuekit.validate import validate
assert validate(None, {source("")!r}).findings == ()
assert not {{"duckdb", "polars", "scipy", "pyarrow"}} & sys.modules.keys()
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
