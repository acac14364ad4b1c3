"""Whether reports ask statistics of columns that hold numbers: VK521.

Owns which reports do that. Never declares a metric, and never reads data: types of columns are known without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.validate.binding import is_broken, known_types
from valuekit.validate.uses import at

if TYPE_CHECKING:
    from collections.abc import Collection

    from valuekit.config.collect import Place
    from valuekit.config.models import Config, ReportConfig

_WHOLE = {"boxplot": "quartiles", "histogram": "bins"}
"""Types of reports that need numbers, and what of them."""


def check_statistics(config: Config, root: Place, broken: Collection[str]) -> None:
    """Report statistics of texts, unless the source has errors that may be the cause.

    Args:
        config: a config, or what is in order of one.
        root: the top of its document.
        broken: the keys at which errors were found.
    """
    from valuekit.metrics.properties import is_number

    if config.ih is None or is_broken(("ih",), broken):
        return
    described = [
        (report, metric)
        for report in config.reports.values()
        if (metric := config.metrics.get(report.metric)) is not None and metric.family == "descriptive"
    ]
    types = known_types(config, config.ih) if described else None
    for report, metric in described:
        key, wanted = _column_key(report), _WHOLE.get(report.type, report.score)
        name = None if key is None else getattr(report, key)
        if types is None or name not in metric.columns or wanted in (None, "Count") or is_number(types(name)):
            continue
        said = f"{key} is {quoted(name)}, which holds no numbers and so has no {wanted}"
        at(root, ("reports", report.name, str(key))).report("VK521", said)


def _column_key(report: ReportConfig) -> str | None:
    """The key that names the described column."""
    keys = {"boxplot": "y", "histogram": "x", "line": "y", "heatmap": "property"}
    if report.type == "generic":
        return "property" if report.property is not None else "y"
    return keys.get(report.type)
