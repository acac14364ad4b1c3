"""VK99x: comments that silence findings.

Owns the documentation of these rules. Never checks anything.
"""

from __future__ import annotations

from valuekit.config.findings import Severity
from valuekit.config.rules.base import Rule

IGNORE_RULES = (
    Rule(
        "VK990",
        Severity.WARNING,
        "An ignore that silences nothing",
        "A comment `# valuekit: ignore[VK904]` stands on a line without such a finding, names no rule, or cannot be "
        "read. It silences findings of the line that it ends, and of the whole value that ends there; several rules "
        "are separated by commas, `VK9` is a family, and `# valuekit: ignore` is every rule.",
        "What was silenced once may be in order now, or on another line: the next finding there would go unseen.",
        bad="""
[ih]
file_type = "parquet"  # valuekit: ignore[VK901]
""",
        good="""
[ih]
streaming = true  # valuekit: ignore[VK901]
""",
    ),
)
