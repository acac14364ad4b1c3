"""VK3xx: expressions.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

EXPRESSION_RULES = (
    Rule(
        "VK301",
        Severity.ERROR,
        "An expression that cannot be used",
        "The text is neither SQL nor Polars text that valuekit reads: it breaks the grammar, or uses something that is "
        "not on the closed list. The position is that of the first character that does not fit.",
        "An expression is never executed as it stands: what runs is rebuilt from the parts that are known.",
        bad="""
[ih.extensions]
filter = "Channel = 'Web' AND"
""",
        good="""
[ih.extensions]
filter = "Channel = 'Web' AND Outcome <> 'Pending'"
""",
    ),
    Rule(
        "VK302",
        Severity.ERROR,
        "An expression that does not fit its columns",
        "A filter gives something else than true or false, or values are put together that do not go together: a text "
        "and a number, for example. Times, Rank, Propensity and the other numbers of an export have their types "
        "without any data; any other column is a text, unless its default value is a number.",
        "A run could not use it either, and would only say so once it starts.",
        bad="""
[ih.extensions]
filter = "Propensity"
""",
        good="""
[ih.extensions]
filter = "Propensity > 0.1"
""",
    ),
    Rule(
        "VK303",
        Severity.WARNING,
        "A filter that always holds",
        "The condition is true for every row, missing values aside: it compares a value with itself or constants with "
        "each other, or its alternatives leave nothing out.",
        "It selects nothing; something else was meant.",
        bad="""
[ih.extensions]
filter = "Channel <> 'Web' OR Channel <> 'Mobile'"
""",
        good="""
[ih.extensions]
filter = "Channel <> 'Web' AND Channel <> 'Mobile'"
""",
    ),
    Rule(
        "VK304",
        Severity.WARNING,
        "A filter that never holds",
        "The condition is true for no row: a value would have to be two things at once, or is compared with NULL or, "
        "in SQL, with an empty text. An empty text is a missing value: `IS NULL`. The filter of a metric is looked at "
        "together with that of its source.",
        "Nothing is left to count.",
        bad="""
[ih.extensions]
filter = "Channel = 'Web' AND Channel = 'Mobile'"
""",
        good="""
[ih.extensions]
filter = "Channel = 'Web' OR Channel = 'Mobile'"
""",
    ),
    Rule(
        "VK305",
        Severity.ERROR,
        "A computed column with the name of a time",
        "`[ih.extensions] columns` computes a column called Day, Week, Month, Quarter or Year.",
        "These come from the time of the outcome; another column of that name would be ignored, or stop the run.",
        bad="""
[ih.extensions]
columns = { Month = "strftime(DecisionTime, '%m')" }
""",
        good="""
[ih.extensions]
columns = { DecisionMonth = "strftime(DecisionTime, '%m')" }
""",
    ),
)
