"""Judgements about values that reports name: references of gauges and stages of funnels. VK623.

Owns which values of columns are to be gathered for that, and when one can never match. Never gathers anything.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.validate.data.labels import LIKENESS, shown
from valuekit.validate.uses import at

if TYPE_CHECKING:
    from valuekit.config.collect import Place
    from valuekit.config.models import Config, ReportConfig
    from valuekit.validate.data.profile import Shares, SourceProfile

_SHOWN = 5
_MOST_CELLS = 10_000
"""References of more combinations of values are not judged."""


def named_columns(config: Config, kind: str) -> set[str]:
    """The columns of a source of which reports name values."""
    return {
        name
        for report in config.reports.values()
        if _is_of(config, report, kind)
        for name in _columns(report)
        if name not in TIME_DIMENSIONS
    }


def _is_of(config: Config, report: ReportConfig, kind: str) -> bool:
    metric = config.metrics.get(report.metric)
    return metric is not None and FAMILIES[metric.family].source == kind


def _columns(report: ReportConfig) -> tuple[str, ...]:
    """The columns of which a report names values, in the order in which their values make a name."""
    if report.type == "gauge" and report.reference:
        return report.group_by
    return (report.x,) if report.type == "funnel" and report.x is not None else ()


def judge_reports(config: Config, root: Place, profile: SourceProfile) -> None:
    """Attach a finding for every value that a report names and no row has."""
    for report in config.reports.values():
        columns = _columns(report) if _is_of(config, report, profile.kind) else ()
        values = [profile.members[name] for name in columns if name in profile.members]
        if values and len(values) == len(columns):
            _judge(report, values, at(root, ("reports", report.name)))


def _judge(report: ReportConfig, values: list[Shares], place: Place) -> None:
    if report.type == "funnel":
        there = [label for label, _ in values[0] if label is not None]
        for index, stage in enumerate(report.stages):
            if stage not in there:
                near = nearest(stage, [label for label in there if label not in report.stages], LIKENESS)
                said = f"no row is in the stage {quoted(stage)}"
                (place / "stages" / index).report(
                    "VK623", said if near else f"{said}; there are {shown(values[0])}", near
                )
        return
    if prod(map(len, values)) > _MOST_CELLS:
        return
    cells = [
        "_".join(label or "" for label in labels) for labels in product(*([one for one, _ in few] for few in values))
    ]
    for name in report.reference:
        if name not in cells and name.count("_") + 1 >= len(values):
            near = nearest(name, [cell for cell in cells if cell not in report.reference], LIKENESS)
            said = f"the reference {quoted(name)} matches no value of {' and '.join(report.group_by)}"
            few = ", ".join(map(quoted, cells[:_SHOWN]))
            more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
            (place / "reference" / name).report_key("VK623", said if near else f"{said}; there are {few}{more}", near)
