"""Whether reports can be drawn as they are configured: VK506 to VK520.

Owns where each fault of a report is in the file, and what of a metric is known without data. What a fault is,
`valuekit.reports.kinds.faults` decides, so that validation and rendering say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.findings import dotted, quoted
from valuekit.config.reports import REPORT_TYPES
from valuekit.facts.columns import DERIVED, KEYS, TIME_DIMENSIONS
from valuekit.metrics.names import HOLISTIC
from valuekit.validate.uses import at, uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from valuekit.config.collect import Place
    from valuekit.config.models import Config, MetricConfig, ReportConfig
    from valuekit.reports.kinds.faults import Fault, Known, What

RULE_OF: Mapping[What, str] = {
    "type": "VK506",
    "missing": "VK507",
    "unused": "VK508",
    "dimension": "VK509",
    "from facts": "VK510",
    "score": "VK511",
    "column": "VK512",
    "group_by": "VK513",
    "gauge": "VK514",
    "reference": "VK515",
    "stages": "VK516",
    "log": "VK517",
    "holistic": "VK518",
    "expires": "VK519",
}
_SAME_TITLE = "VK520"
_COLUMN_KEYS = ("arm_column", "experiment_name", "experiment_group")


def check_reports(config: Config, root: Place) -> None:
    """Report every fault of the reports of a config, or of what is in order of one.

    Args:
        config: the config.
        root: the top of its document.
    """
    from valuekit.reports.kinds.faults import faults
    from valuekit.reports.kinds.subject import Configured

    others = frozenset(_landed(config, root))
    for report in config.reports.values():
        metric = config.metrics.get(report.metric)
        if metric is None or not metric.group_by or report.type not in REPORT_TYPES:
            continue
        place = at(root, ("reports", report.name))
        is_blank = metric.family == "descriptive" and not metric.columns
        for fault in faults(Configured(report, metric), _known(config, metric, others)):
            if not (is_blank and fault.what == "column"):
                _report(fault, place)
    _check_titles(config.reports, root)


def _report(fault: Fault, place: Place) -> None:
    """Report at the key that is wrong; a key that is there and cannot be read has been reported."""
    rule = RULE_OF[fault.what]
    if fault.missing is not None:
        if not (place / fault.missing).exists():
            place.report_key(rule, f"[{dotted(place.path)}]: {fault.message}")
        return
    here = at(place, fault.path)
    if not here.exists():
        place.report_key(rule, f"[{dotted(place.path)}]: {fault.message}", fault.nearest)
    elif fault.what in {"unused", "reference", "log"}:
        here.report_key(rule, fault.message, fault.nearest)
    else:
        here.report(rule, fault.message, fault.nearest)


def _known(config: Config, metric: MetricConfig, others: frozenset[str]) -> Known:
    """What is known of a metric without its data."""
    from valuekit.metrics.dimensions import cell_dimensions, purchase_dimensions
    from valuekit.reports.kinds.faults import Known

    if FAMILIES[metric.family].source == "holdings":
        return Known(purchase_dimensions(metric, config.global_filters))
    dimensions = (*cell_dimensions(metric.group_by, config.global_filters), *TIME_DIMENSIONS)
    return Known(dimensions, others, HOLISTIC.get(metric.family, {}), config.cache.keep_facts is not None)


def _landed(config: Config, root: Place) -> Iterator[str]:
    """The columns of Interaction History that land, so that facts can be asked for them."""
    yield from KEYS
    yield from (use.name for use in uses(config, root) if use.source == "ih" and use.role in {"reads", "keeps"})
    yield from (item.name for item in config.ih.derived) if config.ih else ()
    yield from DERIVED
    for metric in config.metrics.values():
        own = FAMILIES[metric.family].keys
        yield from (getattr(metric, key) for key in _COLUMN_KEYS if key in own)
        yield from (column for columns in HOLISTIC.get(metric.family, {}).values() for column in columns)


def _check_titles(reports: Mapping[str, ReportConfig], root: Place) -> None:
    """Report a description that another report has, too."""
    seen: dict[str, str] = {}
    for report in reports.values():
        text = (report.description or "").strip()
        other = seen.setdefault(text, report.name) if text else report.name
        if other != report.name:
            said = f"[{dotted(('reports', other))}] has the description {quoted(text)}, too"
            at(root, ("reports", report.name, "description")).report(_SAME_TITLE, said)
