"""Findings about reports: each mistake in a good config is found, by the right rule, at the character marked with ¦."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reporting_project import METRICS, REPORTS
from valuekit.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

GOOD = METRICS + REPORTS

# rule, text in GOOD, what stands there instead with ¦ before the place of the finding, nearest name
MISTAKES = [
    ("VK506", 'type = "gauge"', 'type = ¦"corr"', None),
    ("VK506", 'type = "exposure"', 'type = ¦"funnel"', None),
    ("VK506", 'metric = "conversion"\ntype = "line"', 'metric = "conversion"\ntype = ¦"boxplot"', None),
    ("VK507", '[reports.facets]\nmetric = "conversion"\ntype = "line"\ndescription = "[CONV] Conversion"\nx = "Month"',
     '[reports.¦facets]\nmetric = "conversion"\ntype = "line"\ndescription = "[CONV] Conversion"', None),
    ("VK507", '[reports.scatter]', '[reports.¦scatter]', None),
    ("VK507", '[reports.funnel]\nmetric = "descriptive"\ntype = "funnel"\nx = "Outcome"\ncolor = "Channel"',
     '[reports.¦funnel]\nmetric = "descriptive"\ntype = "funnel"\nx = "Outcome"', None),
    ("VK508", 'value = "CTR"', 'value = "CTR"\n¦size = "Count"', None),
    ("VK508", 'type = "exposure"', 'type = "exposure"\n¦x = "frequency"', None),
    ("VK509", 'x = "Day"\ny = "CTR"\ncolor = "Channel"', 'x = "Day"\ny = "CTR"\ncolor = ¦"Chanel"', "Channel"),
    ("VK509", 'theta = "Group"', 'theta = ¦"CTR"', None),
    ("VK509", 'y = "ExperimentName"\nfacet_row', 'y = ¦"Channel"\nfacet_row', None),
    ("VK510", 'theta = "Group"', 'theta = ¦"Name"', None),
    ("VK511", 'value = "CTR"', 'value = ¦"Ctr"', "CTR"),
    ("VK511", 'x = "g_odds_ratio_stat"', 'x = ¦"g_stat"', None),
    ("VK511", 'x = "frequency"\ncolor', 'x = ¦"Frequency"\ncolor', "frequency"),
    ("VK511", 'y = "lifetime_value"', 'y = ¦"HoldingID"', None),
    ("VK512", 'property = "Outcome"', 'property = ¦"Outcomes"', "Outcome"),
    ("VK512", 'y = "Propensity"\n\n', 'y = ¦"Priority"\n\n', None),
    ("VK513", 'group_by = ["Month", "Issue", "Day", "Channel", "Group"]',
     'group_by = ["Month", ¦"Issues", "Day", "Channel", "Group"]', "Issue"),
    ("VK514", 'group_by = ["Channel", "Issue"]\nvalue', 'group_by = ¦["Channel", "Issue", "Group"]\nvalue', None),
    ("VK514", 'group_by = ["Channel", "Issue"]\nvalue', 'group_by = ¦[]\nvalue', None),
    ("VK515", "{ Web_Sales = 0.2,", "{ ¦Web = 0.2,", None),
    ("VK516", 'stages = ["Impression", "Clicked", "Bought", "Conversion"]', "stages = ¦[]", None),
    ("VK517", 'x = "Month"\ny = "ConversionRate"', 'x = "Month"\n¦log_x = true\ny = "ConversionRate"', None),
    ("VK518", 'group_by = ["Channel", "Issue"]\ncolor = "personalization"',
     'group_by = ["Channel", "CustomerID"]\ncolor = ¦"personalization"', None),
    ("VK519", 'color = "personalization"', 'color = ¦"personalization"', None),
    ("VK521", 'y = "Propensity"\n\n', 'y = ¦"Outcome"\n\n', None),
    ("VK520", 'description = "[CONV] Conversion"', 'description = ¦"[ENG] Click-through rate by day"', None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "good", "bad", "nearest"), MISTAKES)
def test_a_mistake_is_found_where_it_is(rule: str, good: str, bad: str, nearest: str | None) -> None:
    assert good in GOOD
    marked = GOOD.replace(good, bad, 1)
    if rule == "VK507" and "scatter" in bad:
        marked = marked.replace('size = "average_precision"\n', "", 1)
    if rule == "VK519":
        marked += '\n[cache]\nkeep_facts = "30d"\n'
    before = marked[: marked.index("¦")]
    checked = validate(None, marked.replace("¦", ""))
    found = [finding for finding in checked.findings if finding.rule == rule]
    at = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert at in [(finding.line, finding.column) for finding in found]
    (finding,) = [one for one in found if (one.line, one.column) == at]
    if nearest is not None:
        assert finding.nearest == nearest


def test_the_good_config_has_no_such_finding() -> None:
    assert [str(finding) for finding in validate(None, GOOD).findings if finding.rule.startswith("VK5")] == []


def test_a_value_that_cannot_be_read_is_not_missing_too() -> None:
    checked = validate(None, GOOD.replace('value = "CTR"', "value = 7"))
    rules = [finding.rule for finding in checked.findings]
    assert "VK203" in rules
    assert "VK507" not in rules


def test_a_report_of_an_unknown_metric_is_found_once() -> None:
    checked = validate(None, GOOD.replace('metric = "conversion"', 'metric = "conversions"', 1))
    assert [finding.rule for finding in checked.findings if finding.rule.startswith("VK5")] == ["VK502"]


def test_the_dashboards_template_has_no_fault(shared_dir: Path) -> None:
    checked = validate(shared_dir / "compat" / "config_template.toml")
    assert [str(finding) for finding in checked.findings if finding.rule.startswith("VK5")] == []
