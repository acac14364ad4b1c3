"""Validation: what the config room finds, and what only the metrics know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from valuekit.config.load import check
from valuekit.config.rules import RULES
from valuekit.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """[ih]
[metrics]
global_filters = ["Issue"]
[metrics.engagement]
group_by = ["Channel", "Month"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""


def test_a_good_config_is_what_the_config_room_makes_of_it(tmp_path: Path) -> None:
    path = tmp_path / "valuekit.toml"
    path.write_text(GOOD)
    assert validate(path) == check(path)
    assert validate(path).findings == ()
    assert validate(path).config is not None


def test_findings_of_the_config_room_are_kept() -> None:
    text = GOOD.replace("group_by", "groupby")
    assert validate(None, text) == check(None, text)
    assert validate(None, text).config is None


@pytest.mark.parametrize("taken", ["CTR", "ctr", "Positives", "CHANNEL"])
@pytest.mark.parametrize("listed", ['["Channel", "Month"]', '["Issue"]'])
def test_a_dimension_with_a_name_that_is_taken_is_an_error(taken: str, listed: str) -> None:
    text = GOOD.replace(listed, listed.replace("[", f'["{taken}", '))
    checked = validate(None, text)
    assert checked.config is None
    rules = {finding.rule for finding in checked.findings}
    assert rules <= {"VK415", "VK404", "VK241"}
    (finding,) = [one for one in checked.findings if one.rule in {"VK415", "VK404"}]
    line = text.splitlines()[(finding.line or 0) - 1]
    at = line[(finding.column or 0) - 1 :]
    assert at.startswith((f'"{taken}"', '"Channel"' if taken == "CHANNEL" else f'"{taken}"'))
    assert taken in finding.message or finding.rule == "VK404"


def test_a_clv_metric_is_checked_as_all_others() -> None:
    text = '[holdings]\n[metrics.clv]\ngroup_by = ["Channel", "{}"]'
    assert validate(None, text.format("Country")).findings == ()
    for name in ("lifetime_value", "rfm_segment", "CustomerID", "r_quartile", "purchases"):
        findings = validate(None, text.format(name)).findings
        rules = [finding.rule for finding in findings if finding.severity == "error"]
        assert rules == ([] if name == "purchases" else ["VK415"])


def test_the_examples_of_its_rules_show_them() -> None:
    for name in ("VK415", "VK417", "VK418"):
        assert name in {finding.rule for finding in validate(None, RULES[name].bad).findings}
        assert validate(None, RULES[name].good).findings == ()


def test_the_dashboards_own_template_is_accepted(shared_dir: Path) -> None:
    checked = validate(shared_dir / "compat" / "config_template.toml")
    assert checked.config is not None
    assert {finding.rule for finding in checked.findings} <= {"VK901", "VK906"}
    assert {str(finding.severity) for finding in checked.findings} == {"info"}


def test_one_mistake_is_one_finding_and_no_flood() -> None:
    clv = (
        '[ih]\n[holdings]\n[metrics.clv]\ngroup_by = ["Channel"]\n[metrics.engagement]'
        + GOOD.split("[metrics.engagement]", 1)[-1].split("[metrics", maxsplit=1)[0]
    )
    report = '\n[reports.segments]\nmetric = "clv"\ntype = "treemap"\ngroup_by = ["Channel"]\n'
    for new, rule in (("", "VK402"), ("group_by = []\n", "VK403")):
        text = clv.replace('group_by = ["Channel"]\n', new, 1) + report
        assert [one.rule for one in validate(None, text).findings] == [rule]


def test_a_clv_column_of_two_roles_is_said_once_and_not_blamed_on_a_key_that_is_not_there() -> None:
    text = (
        '[holdings]\n[metrics.clv]\ngroup_by = ["Channel"]\n'
        'monetary_value_col = "OneTimeCost"\npurchase_date_col = "OneTimeCost"\n'
    )
    assert [(one.rule, one.line) for one in validate(None, text).findings] == [("VK416", 5)]
