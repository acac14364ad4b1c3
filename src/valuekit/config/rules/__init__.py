"""Every rule that a finding can name, with the documentation that `valuekit explain VK203` prints.

Owns the ids, severities and texts. Never checks anything.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from valuekit.config.rules.base import Rule
from valuekit.config.rules.columns import COLUMN_RULES
from valuekit.config.rules.data import DATA_RULES
from valuekit.config.rules.expressions import EXPRESSION_RULES
from valuekit.config.rules.file import FILE_RULES
from valuekit.config.rules.formats import FORMAT_RULES
from valuekit.config.rules.ignores import IGNORE_RULES
from valuekit.config.rules.metrics import METRIC_RULES
from valuekit.config.rules.reports import REPORT_RULES
from valuekit.config.rules.shape import SHAPE_RULES
from valuekit.config.rules.suspects import SUSPECT_RULES
from valuekit.config.rules.unused import UNUSED_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RULES", "Rule"]

_ALL = (
    *(FILE_RULES, SHAPE_RULES, FORMAT_RULES, COLUMN_RULES, EXPRESSION_RULES, METRIC_RULES, SUSPECT_RULES),
    *(REPORT_RULES, DATA_RULES, UNUSED_RULES, IGNORE_RULES),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for group in _ALL for rule in group})
"""Rules by id, in the order of their ids."""
