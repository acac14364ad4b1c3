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

_DESCRIBED = """
[ih]

[metrics.descriptive]
group_by = ["Channel", "Outcome"]
columns = ["Propensity", "Outcome"]

[reports.spread]
metric = "descriptive"
type = "histogram"
x = "Propensity"
"""
_FUNNEL = _DESCRIBED.replace('"histogram"', '"funnel"').replace(
    'x = "Propensity"', 'x = "Outcome"\ncolor = "Channel"\nstages = ["Impression", "Clicked"]'
)
_GAUGE = (
    _GOOD[: _GOOD.index("[reports.ctr]")]
    + """
[reports.dials]
metric = "engagement"
type = "gauge"
group_by = ["Channel"]
value = "CTR"
reference = { Web = 0.01 }
"""
)
_MODEL = (
    _GOOD.replace("engagement", "model_ml_scores")
    .replace('"CTR"', '"novelty"')
    .replace("Click-through rate", "Novelty of offers")
)

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
    Rule(
        "VK506",
        Severity.ERROR,
        "A report type that the family does not have",
        "The type of the report is one that metrics of this family have none of: a gauge of an experiment, or a funnel "
        "of click-through rates. The message lists the types that there are.",
        "The metric does not have the numbers that the picture shows.",
        bad=_GOOD.replace('"heatmap"', '"corr"'),
        good=_GOOD,
    ),
    Rule(
        "VK507",
        Severity.ERROR,
        "A report that lacks a field",
        "The type of the report needs a key that is not there, for example `y` for a line.",
        "Without it there is nothing to draw, or the picture does not say what it should.",
        bad=_GOOD.replace('y = "Channel"\n', ""),
        good=_GOOD,
    ),
    Rule(
        "VK508",
        Severity.WARNING,
        "A field that the report's type does not use",
        "The report has a key that other types of report use, and its own does not.",
        "It has no effect.",
        bad=_GOOD + 'size = "Count"\n',
        good=_GOOD,
    ),
    Rule(
        "VK509",
        Severity.ERROR,
        "A field that is not a dimension",
        "An axis, a colour, a facet or a frame is to be a dimension of the metric, and names something else.",
        "Only dimensions split numbers into groups.",
        bad=_GOOD.replace('y = "Channel"', 'y = "Chanel"'),
        good=_GOOD,
    ),
    Rule(
        "VK510",
        Severity.WARNING,
        "A dimension that only the facts have",
        "The report shows a column that lands and that the metric does not keep: it is neither in the metric's "
        "`group_by` nor in `global_filters`.",
        "The facts are read again whenever the report is made, which takes time, and is not possible any more once "
        "they have expired.",
        bad=_GOOD.replace('y = "Channel"', 'y = "Name"'),
        good=_GOOD.replace('y = "Channel"', 'y = "Name"').replace(
            'group_by = ["Channel", "Month"]\npos', 'group_by = ["Channel", "Month", "Name"]\npos'
        ),
    ),
    Rule(
        "VK511",
        Severity.ERROR,
        "A field that is not a score",
        "A field is to be a score of the metric's family, and names something else: of an experiment's line `z_score` "
        "or an odds ratio, of a histogram of customers one of their numbers.",
        "There is no number to draw.",
        bad=_GOOD.replace('color = "CTR"', 'color = "Channel"'),
        good=_GOOD,
    ),
    Rule(
        "VK512",
        Severity.ERROR,
        "A field that is not a described column",
        "A field is to be one of the `columns` of a descriptive metric, or a score column of a model, and names "
        "something else.",
        "The metric knows nothing of it.",
        bad=_DESCRIBED.replace('x = "Propensity"', 'x = "Priority"'),
        good=_DESCRIBED,
    ),
    Rule(
        "VK513",
        Severity.ERROR,
        "A report by a column that the metric does not have",
        "The report's `group_by` lists a column that is no dimension of its metric: neither in the metric's "
        "`group_by`, nor in `global_filters`, nor a time (Day, Week, Month, Quarter, Year).",
        "The numbers are not kept by it.",
        bad=_GOOD.replace('group_by = ["Channel", "Month"]\nx', 'group_by = ["Channel", "Month", "Region"]\nx'),
        good=_GOOD,
    ),
    Rule(
        "VK514",
        Severity.ERROR,
        "A gauge of none or too many columns",
        "A gauge has one or two columns in `group_by`: a dial for each of their values.",
        "Dials are laid out in rows and columns.",
        bad=_GAUGE.replace('group_by = ["Channel"]\nvalue', "value"),
        good=_GAUGE,
    ),
    Rule(
        "VK515",
        Severity.ERROR,
        "A reference that never matches",
        "A key of a gauge's `reference` has fewer parts than `group_by` has columns: it must be a value of each, "
        "joined by underscores, such as `Web_Leaderboard`.",
        "No dial would be compared with it.",
        bad=_GAUGE.replace('group_by = ["Channel"]\nvalue', 'group_by = ["Channel", "Month"]\nvalue'),
        good=_GAUGE,
    ),
    Rule(
        "VK516",
        Severity.ERROR,
        "A funnel without stages",
        "The list `stages` of a funnel is empty.",
        "There is nothing to count.",
        bad=_FUNNEL.replace('["Impression", "Clicked"]', "[]"),
        good=_FUNNEL,
    ),
    Rule(
        "VK517",
        Severity.WARNING,
        "A logarithmic axis of a dimension",
        "`log_x` or `log_y` is set, and the axis shows a dimension.",
        "Only numbers have logarithms; it has no effect.",
        bad=_GOOD.replace('"heatmap"', '"line"')
        .replace('y = "Channel"', 'y = "CTR"')
        .replace('color = "CTR"', 'color = "Channel"\nlog_x = true'),
        good=_GOOD.replace('"heatmap"', '"line"')
        .replace('y = "Channel"', 'y = "CTR"')
        .replace('color = "CTR"', 'color = "Channel"\nlog_y = true'),
    ),
    Rule(
        "VK518",
        Severity.ERROR,
        "A score by what it compares",
        "The report shows `personalization`, `novelty` or `AvgTouchpoints` by a column whose values that score "
        "compares or counts, such as CustomerID.",
        "Every group would have one customer, and nobody to compare with.",
        bad=_MODEL.replace('["Channel", "Month"]', '["Channel", "CustomerID"]').replace("Month", "CustomerID"),
        good=_MODEL,
    ),
    Rule(
        "VK519",
        Severity.WARNING,
        "A score whose facts expire",
        "The report shows a score that only the facts give, and `keep_facts` says that they are kept for a while only.",
        "Once facts have expired the score has no value.",
        bad=_MODEL + '\n[cache]\nkeep_facts = "400d"\n',
        good=_MODEL,
    ),
    Rule(
        "VK520",
        Severity.WARNING,
        "Two reports with one description",
        "Another report has the same `description`.",
        "The description is the title, and nobody can tell the two apart.",
        bad=_GOOD + _GOOD[_GOOD.index("[reports.ctr]") :].replace("[reports.ctr]", "\n[reports.again]"),
        good=_GOOD,
    ),
    Rule(
        "VK521",
        Severity.WARNING,
        "A report of statistics that a text does not have",
        "A report shows quartiles, bins, or a score such as Mean of a described column that holds no numbers.",
        "A text can only be counted: the report would have no value.",
        bad=_DESCRIBED.replace('x = "Propensity"', 'x = "Outcome"'),
        good=_DESCRIBED,
    ),
)
