"""VK9xx: what has no effect.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

_ENGAGEMENT = """
[ih]

[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""

UNUSED_RULES = (
    Rule(
        "VK901",
        Severity.INFO,
        "Used by the dashboard's web pages only",
        "The key belongs to the web pages of CDH Value Dashboard. It is read and checked, and changes nothing.",
        "A config may serve both tools; nobody should expect the key to matter here.",
        bad="""
[ih]
streaming = true
""",
        good="""
[ih]
file_type = "parquet"
""",
    ),
    Rule(
        "VK902",
        Severity.WARNING,
        "Not used by this version",
        "The section is reserved: this version neither reads nor checks what is in it.",
        "What it asks for does not happen.",
        bad="""
[ih]

[checks]
max_rejected = 0.01
""",
        good="""
[ih]
""",
    ),
    Rule(
        "VK903",
        Severity.WARNING,
        "Not used by the metric's family",
        "The key belongs to another family of metrics.",
        "It has no effect here: perhaps the metric has the wrong family.",
        bad=_ENGAGEMENT + "lifespan = 3\n",
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK904",
        Severity.WARNING,
        "Listed twice",
        "A list names the same thing more than once; the second has no effect.",
        "Perhaps another name was meant.",
        bad=_ENGAGEMENT.replace('"Pending"', '"Impression"'),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK905",
        Severity.WARNING,
        "Two ways to name segments",
        "A metric has both `rfm_segment_config` and `[metrics.<name>.rfm_segments]`; the latter wins.",
        "The former has no effect.",
        bad="""
[holdings]

[metrics.clv]
group_by = ["ControlGroup"]
rfm_segment_config = "telco"

[metrics.clv.rfm_segments]
Best = "444"
Rest = {}
""",
        good="""
[holdings]

[metrics.clv]
group_by = ["ControlGroup"]
rfm_segment_config = "telco"
""",
    ),
    Rule(
        "VK906",
        Severity.INFO,
        "Of no effect beside another key",
        'The key matters only with another one: `recurring_period` and `recurring_cost` with `model = "contractual"`, '
        "`compression` with `use_t_digest`, `day_of` in `[ih]`.",
        "Nobody should expect it to change a number.",
        bad="""
[ih]

[metrics.descriptive]
group_by = ["Channel"]
columns = ["Propensity"]
use_t_digest = false
compression = 200
""",
        good="""
[ih]

[metrics.descriptive]
group_by = ["Channel"]
columns = ["Propensity"]
compression = 200
""",
    ),
    Rule(
        "VK907",
        Severity.INFO,
        "A source that no metric reads",
        "The config has a section for Interaction History or for holdings, and no metric of a family that reads it.",
        "Its files are never landed.",
        bad=_ENGAGEMENT
        + """
[holdings]
file_pattern = "*.json"
""",
        good=_ENGAGEMENT,
    ),
)
