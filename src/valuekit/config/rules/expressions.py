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
)
