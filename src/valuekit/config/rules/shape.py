"""VK2xx, first half: sections, keys and types.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

SHAPE_RULES = (
    Rule(
        "VK201",
        Severity.ERROR,
        "Unknown section",
        "A table or key at the top level that the config does not know.",
        "It would have no effect, and what it was meant to say would be missing.",
        bad="""
[ih]
file_type = "parquet"

[metric.engagement]
group_by = ["Channel"]
""",
        good="""
[ih]
file_type = "parquet"

[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
""",
    ),
    Rule(
        "VK202",
        Severity.ERROR,
        "Unknown key",
        "A key that its section does not know.",
        "A misspelt `filter` is a filter that is not applied: the numbers would be wrong without a word.",
        bad="""
[ih]
file_patern = "**/*.zip"
""",
        good="""
[ih]
file_pattern = "**/*.zip"
""",
    ),
    Rule(
        "VK203",
        Severity.ERROR,
        "Wrong type",
        'The value is of another type than the key takes. A switch takes true and false, and the texts "true", "yes", '
        '"1", "false", "no" and "0" in any case.',
        "Guessing what was meant would guess wrong for somebody.",
        bad="""
[cache]
threads = "two"
""",
        good="""
[cache]
threads = 2
""",
    ),
    Rule(
        "VK204",
        Severity.ERROR,
        "Not one of the possible values",
        "The key takes one of a few words, and this is none of them.",
        "A run would have to guess, or to stop halfway.",
        bad="""
[ih]
file_type = "zip"
""",
        good="""
[ih]
file_type = "pega_ds_export"
""",
    ),
    Rule(
        "VK205",
        Severity.ERROR,
        "A number out of range",
        "The number is too small, too large, or not finite: a negative lifespan, no threads at all.",
        "There is no meaning for such a number.",
        bad="""
[cache]
threads = 0
""",
        good="""
[cache]
threads = 1
""",
    ),
    Rule(
        "VK206",
        Severity.ERROR,
        "Nothing where something is needed",
        "An empty text, or an empty list, where the key needs at least one name.",
        "Leave a key out to get its default; an empty value says nothing.",
        bad="""
[ih]
keep_columns = ["Channel", ""]
""",
        good="""
[ih]
keep_columns = ["Channel"]
""",
    ),
    Rule(
        "VK207",
        Severity.ERROR,
        "A name that cannot be used",
        "The name of a metric or report is longer than 100 characters, or holds anything but letters, digits, spaces "
        "and `_ - .`, or starts with a space, a dot or a dash.",
        "Names appear in file names and on the command line.",
        bad="""
[ih]

[metrics."engagement/web"]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
""",
        good="""
[ih]

[metrics.engagement_web]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
""",
    ),
    Rule(
        "VK208",
        Severity.ERROR,
        "A NUL character",
        "A text or a key holds the character U+0000.",
        "Neither a file name nor a column can hold it.",
        bad="""
[ih.extensions.default_values]
PlacementType = "N\\u0000A"
""",
        good="""
[ih.extensions.default_values]
PlacementType = "N/A"
""",
    ),
    Rule(
        "VK209",
        Severity.WARNING,
        "Names that differ in case only",
        "Two metrics, or two reports, have the same name but for upper and lower case.",
        "Names appear in file names, where some systems do not tell them apart.",
        bad="""
[ih]

[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[metrics.Engagement]
family = "engagement"
group_by = ["Issue"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
""",
        good="""
[ih]

[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]

[metrics.engagement_by_issue]
group_by = ["Issue"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
""",
    ),
)
