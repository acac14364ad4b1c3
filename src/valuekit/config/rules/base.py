"""What a rule is.

Owns the shape of a rule's documentation. Never checks anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from valuekit.config.findings import Severity


@dataclass(frozen=True)
class Rule:
    """One kind of finding.

    Attributes:
        id: `VK` and three digits; the first is the family. Stable for ever.
        severity: of every finding of this rule.
        title: a few words.
        what: what is found.
        why: why it matters.
        bad: an example that triggers the rule.
        good: the same example, put right.
    """

    id: str
    severity: Severity
    title: str
    what: str
    why: str
    bad: str
    good: str
