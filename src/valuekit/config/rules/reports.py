"""VK5xx: reports.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

_GOOD = """
[ih]

[metrics.engagement]
group_by = ["Channel", "Month"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[reports.ctr]
metric = "engagement"
type = "heatmap"
description = "Click-through rate"
group_by = ["Channel", "Month"]
x = "Month"
y = "Channel"
color = "CTR"
"""

REPORT_RULES = (
    Rule(
        "VK501",
        Severity.ERROR,
        "A report without a metric",
        "The report does not say which metric it shows.",
        "A report is a question to a metric.",
        bad=_GOOD.replace('metric = "engagement"\n', ""),
        good=_GOOD,
    ),
    Rule(
        "VK502",
        Severity.ERROR,
        "A report of an undefined metric",
        "The config has no `[metrics.<name>]` section of the name that the report gives.",
        "There is nothing to show.",
        bad=_GOOD.replace('metric = "engagement"', 'metric = "engagment"'),
        good=_GOOD,
    ),
    Rule(
        "VK503",
        Severity.ERROR,
        "A report without a type",
        "The report does not say which picture it is.",
        "The type decides which other keys have a meaning.",
        bad=_GOOD.replace('type = "heatmap"\n', ""),
        good=_GOOD,
    ),
    Rule(
        "VK504",
        Severity.ERROR,
        "Unknown report type",
        "The type is none of line, gauge, treemap, heatmap, scatter, bar_polar, boxplot, histogram, funnel, exposure, "
        "corr, model, rfm_density and generic.",
        "There is no such picture.",
        bad=_GOOD.replace('"heatmap"', '"heat_map"'),
        good=_GOOD,
    ),
    Rule(
        "VK505",
        Severity.ERROR,
        "A column twice in a report's group_by",
        "The report's `group_by` names one column more than once, the case of letters aside.",
        "A table cannot have two columns of one name.",
        bad=_GOOD.replace('group_by = ["Channel", "Month"]\nx', 'group_by = ["Channel", "Channel"]\nx'),
        good=_GOOD,
    ),
)
