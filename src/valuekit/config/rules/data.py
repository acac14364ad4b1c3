"""VK6xx: what real data shows, with `valuekit validate --data`.

Owns the documentation of these rules. The files that an example is about stand below the config, as comments. Never
checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

_CONFIG = """
[ih]
file_type = "csv"
file_pattern = "*.csv"

[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""
_HEADER = "FactID,InteractionID,Outcome,OutcomeTime,Channel,ModelControlGroup,Propensity"
_ROWS = (
    "1,10,Impression,2026-01-01 09:00:00,Web,Test,0.1",
    "2,10,Clicked,2026-01-01 09:01:00,Web,Test,0.1",
    "3,11,Impression,2026-01-01 09:02:00,Mobile,Control,0.2",
    "4,12,Impression,2026-01-01 09:03:00,Web,Control,0.3",
)


def _file(name: str, *lines: str) -> str:
    return "".join(f"# {line}\n" for line in (f"{name}:", *lines))


_DATA = "\n" + _file("january.csv", _HEADER, *_ROWS)
_GOOD = _CONFIG + _DATA
_EXPERIMENT = _CONFIG.replace("metrics.engagement", "metrics.experiment")
_SCORES = _CONFIG.replace("metrics.engagement", "metrics.model_ml_scores")


def _with(extension: str) -> str:
    return _GOOD.replace("\n[metrics", f"\n[ih.extensions]\n{extension}\n\n[metrics", 1)


def _with_gauge(reference: str) -> str:
    gauge = 'metric = "engagement"\ntype = "gauge"\ngroup_by = ["Channel"]\nvalue = "CTR"\n'
    return _CONFIG + f"\n[reports.target]\n{gauge}reference = {{ {reference} = 0.04 }}\n" + _DATA


DATA_RULES = (
    Rule(
        "VK601",
        Severity.ERROR,
        "No file to read",
        "No file in the folder of the source matches its pattern. Hidden files, the cache and what valuekit wrote are "
        "passed over.",
        "There is nothing to land.",
        bad=_GOOD.replace('"*.csv"', '"*.tsv"'),
        good=_GOOD,
    ),
    Rule(
        "VK602",
        Severity.WARNING,
        "A file that cannot be read",
        "A file of the source is damaged, of another format, or has no row. An ingest sets it aside and goes on.",
        "Its rows are missing from every number.",
        bad=_GOOD + "\n" + _file("february.csv", _HEADER),
        good=_GOOD + "\n" + _file("february.csv", _HEADER, "5,13,Impression,2026-02-01 09:00:00,Web,Test,0.1"),
    ),
    Rule(
        "VK603",
        Severity.ERROR,
        "A column that no file has",
        "A key or an expression of the config names a column that is in none of the files that were looked at, and "
        "that has no default value.",
        "It would be missing in every row.",
        bad=_GOOD.replace('["Channel"]', '["Channel", "Treatment"]'),
        good=_GOOD,
    ),
    Rule(
        "VK604",
        Severity.WARNING,
        "A column that some files lack",
        "A column that the config names is in some of the files that were looked at, and not in others; the finding "
        "names them. A default value says what stands for it there.",
        "Rows of those files have no value of it.",
        bad=_GOOD + "\n" + _file("february.csv", "FactID,Outcome,OutcomeTime", "5,Impression,2026-02-01 09:00:00"),
        good=_GOOD + "\n" + _file("february.csv", _HEADER, "5,13,Impression,2026-02-01 09:00:00,Web,Test,0.1"),
    ),
    Rule(
        "VK605",
        Severity.WARNING,
        "An empty column",
        "A column that the config names is in the files, and no row that was looked at has a value of it.",
        "Nothing can be told apart by it; perhaps another column holds what is meant.",
        bad=_GOOD.replace("Web,", ",").replace("Mobile,", ","),
        good=_GOOD,
    ),
    Rule(
        "VK606",
        Severity.WARNING,
        "A label that never occurs",
        "No row that was looked at has an outcome that a metric lists, or a filter leaves all of them out. Labels are "
        "compared exactly, upper and lower case included.",
        "A misspelt label counts nothing: a rate is too low, or too high, without a word.",
        bad=_GOOD.replace('["Clicked"]', '["Click"]'),
        good=_GOOD,
    ),
    Rule(
        "VK607",
        Severity.INFO,
        "Outcomes that count neither way",
        "Some rows have an outcome that is in neither list of the metric; the finding gives their share.",
        "They do not take part. That may be as it should be, or a label was forgotten.",
        bad=_GOOD.replace("2,10,Clicked", "2,10,Clicked").replace("4,12,Impression", "4,12,Pending"),
        good=_GOOD,
    ),
    Rule(
        "VK608",
        Severity.WARNING,
        "Too many values for a dimension",
        "A column in `group_by` or `global_filters` has more than 2,000 different values, or more than 200 that are "
        "different in most rows.",
        "States are kept for each combination of dimensions: the cache grows as large as the facts.",
        bad=_CONFIG.replace('"Channel"', '"Channel", "Session"')
        + "\n"
        + _file(
            "january.csv",
            f"{_HEADER},Session",
            *(f"{at},{at},Impression,2026-01-01 09:00:00,Web,Test,0.1,s{at}" for at in (1, 2)),
            "... up to 250",
        ),
        good=_GOOD,
    ),
    Rule(
        "VK609",
        Severity.WARNING,
        "A propensity that is no probability",
        "Some values of Propensity or FinalPropensity are below 0 or above 1, and a metric takes them for "
        "probabilities.",
        "Calibration, Brier score and log loss have no meaning for them.",
        bad=(_SCORES + _DATA).replace("Control,0.2", "Control,20"),
        good=_SCORES + _DATA,
    ),
    Rule(
        "VK610",
        Severity.WARNING,
        "Times that cannot be read",
        "Rows have no time of outcome, or one in another form than `20260131T235959.999 GMT` and ISO 8601; the finding "
        "shows the first. `03/04/2026` is never guessed.",
        "A row without a time belongs to no day, and is set aside.",
        bad=_GOOD.replace("2026-01-01 09:02:00", "01/01/2026 09:02"),
        good=_GOOD,
    ),
    Rule(
        "VK611",
        Severity.WARNING,
        "Rows that cannot be read",
        "Rows of a file are damaged, for example a line with more fields than the header names; the finding shows the "
        "first.",
        "They are set aside, and are missing from every number.",
        bad=_GOOD.replace("Control,0.2", "Control,0.2,and,more,fields"),
        good=_GOOD,
    ),
    Rule(
        "VK612",
        Severity.WARNING,
        "Times in the future",
        "Rows have a time that is more than a day from now.",
        "A clock or a time zone is wrong, or these are test data; such days stay at the end of every trend.",
        bad=_GOOD.replace("2026-01-01 09:02:00", "2190-01-01 09:02:00"),
        good=_GOOD,
    ),
    Rule(
        "VK613",
        Severity.WARNING,
        "Rows without an arm",
        "More than one row in twenty, of those that a metric counts, has no value in its arm column; the finding gives "
        "the shares of the arms. Only where a score that is asked for compares arms.",
        "These rows are in no arm, so a lift is about the others alone.",
        bad=_GOOD.replace("Mobile,Control", "Mobile,"),
        good=_GOOD,
    ),
    Rule(
        "VK614",
        Severity.WARNING,
        "An arm in which no row is",
        "No row that a metric counts has the label of its control or test arm, or of its control group. The two arms "
        "matter only where a score that is asked for compares them.",
        "There is nothing to compare with: a lift has no value.",
        bad=_GOOD.replace("\n\n#", '\ncontrol = "Random"\n\n#', 1),
        good=_GOOD,
    ),
    Rule(
        "VK615",
        Severity.INFO,
        "Rows in another arm",
        "Rows that a metric counts have another label in the arm column than those of the control and the test arm; "
        "the finding gives their share.",
        "They take no part in a lift.",
        bad=_GOOD.replace("Mobile,Control", "Mobile,Holdout"),
        good=_GOOD,
    ),
    Rule(
        "VK616",
        Severity.WARNING,
        "No experiment to compare",
        "The columns of an experiment name no experiment, or all rows are in one arm.",
        "Every test has no value.",
        bad=_EXPERIMENT
        + 'experiment_name = "Channel"\nexperiment_group = "Application"\n\n'
        + _file("january.csv", f"{_HEADER},Application", *(f"{row},A" for row in _ROWS)),
        good=_EXPERIMENT + 'experiment_name = "Channel"\nexperiment_group = "ModelControlGroup"\n' + _DATA,
    ),
    Rule(
        "VK617",
        Severity.WARNING,
        "A computed column without a value",
        "An expression in `columns` gives no value for any row that was looked at.",
        "It compares with something that never occurs, or a column that it reads is empty.",
        bad=_with("columns = { Kind = \"CASE WHEN Channel = 'web' THEN 'Screen' END\" }"),
        good=_with("columns = { Kind = \"CASE WHEN Channel = 'Web' THEN 'Screen' END\" }"),
    ),
    Rule(
        "VK618",
        Severity.ERROR,
        "An expression that fails on the data",
        "A filter or a computed column cannot be worked out for some row: a text that is no number is cast to one, for "
        "example. `TRY_CAST` gives a missing value there.",
        "A run would stop at that row.",
        bad=_with('columns = { Size = "CAST(Channel AS INTEGER)" }'),
        good=_with('columns = { Size = "TRY_CAST(FactID AS INTEGER)" }'),
    ),
    Rule(
        "VK619",
        Severity.WARNING,
        "A filter that lets nothing through",
        "No row that was looked at passes the filter.",
        "Nothing is left to count.",
        bad=_with("filter = \"Channel = 'web'\""),
        good=_with("filter = \"Channel = 'Web'\""),
    ),
    Rule(
        "VK620",
        Severity.INFO,
        "A filter that lets everything through",
        "Every row that was looked at passes the filter.",
        "It changes nothing today; perhaps a label in it is misspelt.",
        bad=_with("filter = \"Channel <> 'web'\""),
        good=_with("filter = \"Channel <> 'Mobile'\""),
    ),
    Rule(
        "VK621",
        Severity.WARNING,
        "Values that cannot be read",
        "A column of numbers or times, which the config names, holds texts that are none; the finding shows the first.",
        "Such a value is missing in its row.",
        bad=(_SCORES + 'filter = "Propensity > 0"\n' + _DATA).replace("Control,0.2", 'Control,"0,2"'),
        good=_SCORES + 'filter = "Propensity > 0"\n' + _DATA,
    ),
    Rule(
        "VK622",
        Severity.WARNING,
        "A usual column that no file has",
        "A metric takes a column by default, such as ModelControlGroup for its arms, and no file that was looked at "
        "has it. The column can be named in the metric. That of the arms is missed only where a score that is asked "
        "for compares them.",
        "The scores that need it have no value.",
        bad=_GOOD.replace("ModelControlGroup", "Arm"),
        good=_GOOD.replace("ModelControlGroup", "Arm").replace("\n\n#", '\narm_column = "Arm"\n\n#', 1),
    ),
    Rule(
        "VK623",
        Severity.WARNING,
        "A value in a report that no row has",
        "A key of a gauge's `reference` is no value of the dimensions, joined by underscores, or a funnel names a "
        "stage that never occurs. Values are compared exactly, upper and lower case included.",
        "No dial would be compared with the reference; the stage would have no rows, and the next one no rate.",
        bad=_with_gauge("web"),
        good=_with_gauge("Web"),
    ),
)
