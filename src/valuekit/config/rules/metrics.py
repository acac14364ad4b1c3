"""VK4xx: metrics.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

_LABELS = """positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
_ENGAGEMENT = (
    """
[ih]

[metrics.engagement]
group_by = ["Channel"]
"""
    + _LABELS
)
_CLV = """
[holdings]

[metrics.clv]
group_by = ["ControlGroup"]
"""

METRIC_RULES = (
    Rule(
        "VK401",
        Severity.ERROR,
        "Unknown metric family",
        "The name of a metric starts with no family's name, and it has no `family` key. The families are engagement, "
        "conversion, experiment, model_ml_scores, descriptive and clv; the longest that fits counts.",
        "The family says what is computed.",
        bad="""
[ih]

[metrics.clicks]
group_by = ["Channel"]
"""
        + _LABELS,
        good="""
[ih]

[metrics.clicks]
family = "engagement"
group_by = ["Channel"]
"""
        + _LABELS,
    ),
    Rule(
        "VK402",
        Severity.ERROR,
        "A metric without group_by",
        "The metric does not say at which grain its states are kept.",
        "States are kept at this grain and finer questions cannot be answered later.",
        bad=_ENGAGEMENT.replace('group_by = ["Channel"]\n', ""),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK403",
        Severity.ERROR,
        "An empty group_by",
        "The metric's `group_by` lists no column.",
        "Nothing but the total could ever be asked for.",
        bad=_ENGAGEMENT.replace('["Channel"]', "[]"),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK404",
        Severity.ERROR,
        "A column twice in group_by",
        "The metric's `group_by` names one column more than once, the case of letters aside.",
        "A table cannot have two columns of one name.",
        bad=_ENGAGEMENT.replace('["Channel"]', '["Channel", "Issue", "Channel"]'),
        good=_ENGAGEMENT.replace('["Channel"]', '["Channel", "Issue"]'),
    ),
    Rule(
        "VK405",
        Severity.ERROR,
        "Unknown score",
        "The metric's family has no score of this name. Leave `scores` out to get all of them; descriptive metrics "
        "take any percentile, `p10`.",
        "It could not be computed.",
        bad=_ENGAGEMENT + 'scores = ["CTR", "Lft"]\n',
        good=_ENGAGEMENT + 'scores = ["CTR", "Lift"]\n',
    ),
    Rule(
        "VK406",
        Severity.ERROR,
        "No positive label",
        "A metric that tells success from failure does not list the outcomes that are a success.",
        "Every rate would be 0.",
        bad=_ENGAGEMENT.replace('["Clicked"]', "[]"),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK407",
        Severity.ERROR,
        "No negative label",
        "A metric that tells success from failure does not list the outcomes that are a failure.",
        "Every rate would be 100 %.",
        bad=_ENGAGEMENT.replace('negative_model_response = ["Impression", "Pending"]\n', ""),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK408",
        Severity.ERROR,
        "A label both positive and negative",
        "One outcome is in both lists of a metric.",
        "An offer is either a success or a failure.",
        bad=_ENGAGEMENT.replace('"Pending"', '"Clicked"'),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK409",
        Severity.ERROR,
        "One label for both arms",
        "`control` and `test` name the same label.",
        "A lift compares two arms; an offer belongs to one of them.",
        bad=_ENGAGEMENT + 'test = "Control"\n',
        good=_ENGAGEMENT + 'test = "Target"\n',
    ),
    Rule(
        "VK410",
        Severity.ERROR,
        "Unknown segment map",
        "`rfm_segment_config` is none of retail_banking, telco and e-commerce. A map of your own goes into "
        "`[metrics.<name>.rfm_segments]`.",
        "The segments would have no names.",
        bad=_CLV + 'rfm_segment_config = "retail"\n',
        good=_CLV + 'rfm_segment_config = "retail_banking"\n',
    ),
    Rule(
        "VK411",
        Severity.ERROR,
        "Contractual without recurring columns",
        '`model = "contractual"` needs both `recurring_period` and `recurring_cost`.',
        "The value of a contract is its cost per period times its periods.",
        bad=_CLV + 'model = "contractual"\nrecurring_cost = "RecurringCost"\n',
        good=_CLV + 'model = "contractual"\nrecurring_cost = "RecurringCost"\nrecurring_period = "RecurringPeriod"\n',
    ),
    Rule(
        "VK412",
        Severity.ERROR,
        "Descriptive without columns",
        "A descriptive metric does not list the columns to describe.",
        "It would describe nothing.",
        bad="""
[ih]

[metrics.descriptive]
group_by = ["Channel"]
""",
        good="""
[ih]

[metrics.descriptive]
group_by = ["Channel"]
columns = ["Propensity"]
""",
    ),
    Rule(
        "VK413",
        Severity.WARNING,
        "No metric",
        "The config has no `[metrics.<name>]` section.",
        "Files would be landed, and nothing computed from them.",
        bad="""
[ih]
file_type = "parquet"
""",
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK414",
        Severity.WARNING,
        "No section for the metric's source",
        "A clv metric reads `[holdings]`, every other one `[ih]`; where the section is absent, all its defaults apply: "
        "`**/*.zip` below the config's folder.",
        "The files that are read should be named in the config.",
        bad=_ENGAGEMENT.replace("[ih]\n", ""),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK415",
        Severity.ERROR,
        "A dimension with a name that is taken",
        "A column in `group_by` or `global_filters` is called like a score of the metric, like something it stores, or "
        "like another dimension, the case of letters aside.",
        "A table cannot have two columns of one name.",
        bad=_ENGAGEMENT.replace('["Channel"]', '["Channel", "ctr"]'),
        good=_ENGAGEMENT,
    ),
    Rule(
        "VK416",
        Severity.ERROR,
        "One column for two things",
        "`experiment_name` and `experiment_group`, or two of the customer, the date and the value of a purchase, are "
        "the same column.",
        "One column cannot say both.",
        bad=_CLV + 'customer_id_col = "OneTimeCost"\n',
        good=_CLV + 'customer_id_col = "CustomerID"\n',
    ),
    Rule(
        "VK417",
        Severity.ERROR,
        "A map of segments of another shape",
        'A segment in `[metrics.<name>.rfm_segments]` is a code of quartiles R, F, M such as `"444"` (4 is best), a '
        "list of codes, or a table of `r`, `f` and `m`, each a quartile or a list of them; one left out may be any.",
        "It would not be clear which customers belong to it.",
        bad=_CLV + '\n[metrics.clv.rfm_segments]\nBest = "555"\nRest = {}\n',
        good=_CLV + "\n[metrics.clv.rfm_segments]\nBest = { r = 4, f = [3, 4], m = [3, 4] }\nRest = {}\n",
    ),
    Rule(
        "VK418",
        Severity.WARNING,
        "A map of segments with gaps",
        "Some combination of quartiles belongs to no segment, or a segment is never reached because those before it "
        "take all its customers: the first one that fits wins.",
        "Some customers have no segment, or some segment no customers.",
        bad=_CLV + '\n[metrics.clv.rfm_segments]\nBest = ["444", "443"]\n',
        good=_CLV + '\n[metrics.clv.rfm_segments]\nBest = ["444", "443"]\nRest = {}\n',
    ),
    Rule(
        "VK419",
        Severity.ERROR,
        "A column of a type that the metric cannot use",
        "`[ih.extensions]` or `[holdings.extensions]` computes a column as another type than the metric needs: the "
        "value of a purchase is a number, its date a date or a time, and a propensity a number.",
        "A run would refuse it.",
        bad=_CLV.replace("[holdings]", "[holdings.extensions]\ncolumns = { OneTimeCost = \"concat(Name, '')\" }"),
        good=_CLV.replace("[holdings]", '[holdings.extensions]\ncolumns = { OneTimeCost = "RecurringCost * 12" }'),
    ),
)
