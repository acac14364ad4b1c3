"""What a config asks of a metric: whether any of its numbers compares two arms.

Owns that question. Never looks at data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.registry import CATALOGUES
from valuekit.validate.uses import given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.config.collect import Place
    from valuekit.config.models import Config, MetricConfig

_ARM_KEYS = ("arm_column", "control", "test")
_FIELDS = ("x", "y", "color", "size", "value", "r", "score")
_ARM_STATES = ("_Test", "_Control")


def compares_arms(config: Config, section: MetricConfig, root: Place) -> bool:
    """Tell whether arms matter to a metric: it names them, lists no scores, or a score that it lists needs them.

    A score counts as listed where a report of the metric shows it, too.

    Args:
        config: a config, or what is in order of one.
        section: one of its metrics.
        root: the top of its document.
    """
    written = given(root, ("metrics", section.name))
    if not section.scores or (isinstance(written, dict) and any(key in written for key in _ARM_KEYS)):
        return True
    catalogue = CATALOGUES[section.family]
    found = (catalogue.score(name) for name in (*section.scores, *_shown(config, section.name)))
    return any(state in score.stored for score in found if score is not None for state in _ARM_STATES)


def _shown(config: Config, metric: str) -> Iterator[str]:
    """What the reports of a metric name where a score can stand."""
    for report in config.reports.values():
        if report.metric == metric:
            yield from (name for field in _FIELDS if (name := getattr(report, field)) is not None)
