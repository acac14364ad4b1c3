"""VK42x: metrics that can be computed and are probably not what is meant.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

_GOOD = """
[ih]

[metrics.engagement]
group_by = ["Channel", "Issue"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
_CLV = """
[holdings]

[metrics.clv]
group_by = ["ControlGroup"]
"""
_DESCRIPTIVE = """
[ih]

[metrics.descriptive]
group_by = ["Channel"]
columns = ["Propensity"]
scores = ["Count", "Mean"]
"""

SUSPECT_RULES = (
    Rule(
        "VK421",
        Severity.WARNING,
        "Two metrics that are defined alike",
        "Two metrics have the same family, grain, labels and everything else.",
        "They are computed twice and always equal; in one of them something else was meant.",
        bad=_GOOD + _GOOD[_GOOD.index("[metrics") :].replace("engagement", "engagement_web"),
        good=_GOOD
        + _GOOD[_GOOD.index("[metrics") :].replace("engagement", "engagement_web")
        + "filter = \"Channel = 'Web'\"\n",
    ),
    Rule(
        "VK422",
        Severity.WARNING,
        "A dimension of very many values",
        "A column in `group_by` or `global_filters` has another value in nearly every row: an id, a time, a number.",
        "States are kept for every combination of dimensions: the cache would be as large as the facts, and slow.",
        bad=_GOOD.replace('"Issue"', '"CustomerID"'),
        good=_GOOD,
    ),
    Rule(
        "VK423",
        Severity.WARNING,
        "Labels that are alike",
        "Two labels of a metric, positive, negative or of the arms, differ in upper and lower case or in spaces only, "
        "or a label has spaces around it.",
        "Labels are compared exactly as they are: one of the two probably never occurs.",
        bad=_GOOD.replace('"Pending"', '"clicked"'),
        good=_GOOD,
    ),
    Rule(
        "VK424",
        Severity.WARNING,
        "Labels that seem to be swapped",
        "An outcome that is usually a failure, such as Impression, is positive, and one that is usually a success, "
        "such as Clicked, is negative.",
        "Every rate would be one minus what it should be.",
        bad=_GOOD.replace('["Clicked"]', "[]")
        .replace('["Impression", "Pending"]', '["Clicked"]')
        .replace("[]", '["Impression", "Pending"]'),
        good=_GOOD,
    ),
    Rule(
        "VK425",
        Severity.WARNING,
        "The outcome as a dimension of rates",
        "`group_by` of a metric with positive and negative outcomes names Outcome. Descriptive metrics count rows by "
        "Outcome.",
        "The outcome decides whether an offer is a success: each rate would be 0 or 1.",
        bad=_GOOD.replace('"Issue"', '"Outcome"'),
        good=_GOOD,
    ),
    Rule(
        "VK426",
        Severity.WARNING,
        "An amount that seems to be in another unit",
        "A `lifespan` of more than 100 (it is in years), a `discount_rate` above 0.2 (it is per month, 0.01 for 1 %), "
        "or a default propensity outside of 0 to 1.",
        "A percentage or a number of days was meant where a share or years are taken.",
        bad=_CLV + "lifespan = 365\n",
        good=_CLV + "lifespan = 1\n",
    ),
    Rule(
        "VK427",
        Severity.WARNING,
        "A code of quartiles in two segments",
        "A code is written for two segments in `[metrics.<name>.rfm_segments]`, or twice for one.",
        "The first segment takes its customers; the second gets fewer than it seems.",
        bad=_CLV + '\n[metrics.clv.rfm_segments]\nBest = ["444", "443"]\nLoyal = ["443", "434"]\nRest = {}\n',
        good=_CLV + '\n[metrics.clv.rfm_segments]\nBest = ["444", "443"]\nLoyal = ["434"]\nRest = {}\n',
    ),
    Rule(
        "VK428",
        Severity.WARNING,
        "A filter that takes one side of a rate away",
        "The filter of the metric or of its source lets no row with one of its positive labels through, or none with "
        "one of its negative labels.",
        "Every rate would be 0 or 1.",
        bad=_GOOD + "filter = \"Outcome IN ('Clicked', 'Conversion')\"\n",
        good=_GOOD + "filter = \"Outcome IN ('Clicked', 'Impression')\"\n",
    ),
    Rule(
        "VK429",
        Severity.WARNING,
        "Statistics of columns that hold no numbers",
        "A descriptive metric lists scores such as Mean, and none of its columns holds numbers.",
        "A text can only be counted: the scores have no value.",
        bad=_DESCRIPTIVE.replace("Propensity", "Outcome"),
        good=_DESCRIPTIVE,
    ),
)
