"""Which fields a report of a type has, by the family of its metric, and what each must be.

Owns that table, and the grain of a report that follows from it. Never looks at a metric's data, and never says what is
wrong with a config: `valuekit.reports.kinds.faults` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from valuekit.config.families import FAMILIES
from valuekit.facts.columns import TIME_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from valuekit.config.models import MetricConfig, ReportConfig

Role: TypeAlias = Literal[
    "dimension", "experiment", "score", "effect", "number", "column", "property", "stages", "reference", "switch"
]
"""What a field names: a dimension, or a dimension of an experiment; a score, or one of an arm against control; a number
of a customer; a described column, or any property of the metric. The others name nothing."""

Need: TypeAlias = Literal["must", "should", "may"]
"""Whether a report can be drawn without a field; one that it should have is missed, but not needed."""


@dataclass(frozen=True)
class Field:
    """One field of a type of report."""

    role: Role
    need: Need = "may"


@dataclass(frozen=True)
class Shape:
    """What a report of a type is made of.

    Attributes:
        fields: by the key's name; those that all reports have are not among them.
        by_group: whether `group_by` itself is the grain; else it only orders the dimensions of the picture.
        groups: how many columns `group_by` must have, at least and at most, where it is the grain.
    """

    fields: Mapping[str, Field]
    by_group: bool = False
    groups: tuple[int, int | None] = (0, None)


COMMON = ("metric", "type", "description", "group_by")
"""What every report has."""

_RATES = ("engagement", "conversion")
_ML = "model_ml_scores"
_OFFERS = (*_RATES, _ML)
_FACETS = {"facet_row": Field("dimension"), "facet_column": Field("dimension")}
_LEGEND = {"showlegend": Field("switch")}
_COLOR = {"color": Field("dimension"), **_LEGEND}
_LOGS = {"log_x": Field("switch"), "log_y": Field("switch")}
_PROPERTY = {"property": Field("property")}
_AXES = {"x": Field("dimension", "must"), "y": Field("dimension", "must")}
_REFERENCE = {"reference": Field("reference")}

_LINE = {"x": Field("dimension", "must"), "y": Field("score", "must"), **_COLOR, **_FACETS, **_LOGS}
_HEATMAP = {**_AXES, "color": Field("score", "must"), **_FACETS}
_GAUGE = {"value": Field("score", "must"), **_REFERENCE}
_TREEMAP = {"color": Field("score", "must")}
_SCATTER = {
    **{name: Field("score", "must") for name in ("x", "y", "size")},
    **{name: Field("dimension", "should") for name in ("color", "animation_frame", "animation_group")},
    **_LOGS,
    **_LEGEND,
    **_FACETS,
}
_POLAR = {
    "r": Field("score", "must"),
    "theta": Field("dimension", "must"),
    "color": Field("dimension", "should"),
    **_LEGEND,
}
_GENERIC = {"x": Field("dimension"), "y": Field("score"), **_COLOR, **_FACETS, **_LOGS}
_COUNTED = {"x": Field("number", "must"), **_COLOR, **_FACETS}


def _shapes() -> dict[tuple[str, str], Shape]:
    """List all types, by type and family."""
    shapes: dict[tuple[str, str], Shape] = {}
    for family in _OFFERS:
        own = _PROPERTY if family == _ML else {}
        shapes["line", family] = Shape({**_LINE, **own})
        shapes["heatmap", family] = Shape({**_HEATMAP, **own})
        shapes["scatter", family] = Shape({**_SCATTER, **own})
        shapes["treemap", family] = Shape({**_TREEMAP, **own}, by_group=True)
        shapes["generic", family] = Shape({**_GENERIC, **own})
    for family in _RATES:
        shapes["gauge", family] = Shape(_GAUGE, by_group=True, groups=(1, 2))
        shapes["bar_polar", family] = Shape(_POLAR)
    return {**shapes, **_experiment(), **_descriptive(), **_clv()}


def _experiment() -> dict[tuple[str, str], Shape]:
    line = {"x": Field("effect", "must"), "y": Field("experiment", "must"), **_FACETS, **_LEGEND}
    generic = {"x": Field("dimension"), "y": Field("score"), **_FACETS, **_LOGS, **_LEGEND}
    return {
        ("line", "experiment"): Shape(line),
        ("heatmap", "experiment"): Shape(_HEATMAP),
        ("generic", "experiment"): Shape(generic),
    }


def _descriptive() -> dict[tuple[str, str], Shape]:
    column, score = Field("column", "must"), Field("score", "must")
    stages = {"x": Field("dimension", "must"), "stages": Field("stages", "must"), "color": Field("dimension", "should")}
    described = {
        "line": {**_LINE, "y": column, "score": score},
        "heatmap": {**_AXES, "property": column, "score": score, **_FACETS},
        "boxplot": {"x": Field("dimension", "must"), "y": column, **_COLOR, **_FACETS, "log_y": Field("switch")},
        "histogram": {"x": column, **_COLOR, **_FACETS, "log_y": Field("switch")},
        "funnel": {**stages, "property": Field("column"), **_LEGEND, **_FACETS},
        "generic": {**_GENERIC, "y": Field("column"), **_PROPERTY, "score": Field("score")},
    }
    return {(name, "descriptive"): Shape(fields) for name, fields in described.items()}


def _clv() -> dict[tuple[str, str], Shape]:
    pair = {"x": Field("number", "must"), "y": Field("number", "must")}
    return {
        ("treemap", "clv"): Shape(_LEGEND, by_group=True),
        ("histogram", "clv"): Shape({**_COUNTED, "log_y": Field("switch")}),
        ("exposure", "clv"): Shape(_COLOR),
        ("corr", "clv"): Shape({**pair, **_COLOR}),
        ("model", "clv"): Shape(_COLOR),
        ("rfm_density", "clv"): Shape(_COLOR),
        ("generic", "clv"): Shape(_GENERIC),
    }


SHAPES: Mapping[tuple[str, str], Shape] = _shapes()
"""By type and family."""


def families_of(kind: str) -> tuple[str, ...]:
    """The families that have a type of report, in their order."""
    return tuple(family for family in FAMILIES if (kind, family) in SHAPES)


def types_of(family: str) -> tuple[str, ...]:
    """The types of report that a family has."""
    return tuple(kind for kind, own in SHAPES if own == family)


def grain_of(report: ReportConfig, metric: MetricConfig) -> tuple[str, ...]:
    """The dimensions of the numbers that a report shows first: what its picture shows, in the order of `group_by`.

    A picture shows a dimension on an axis, as a colour, a facet or a frame. Over any other dimension of `group_by` the
    numbers are merged, because two numbers in one place cannot be read. The boxes of a treemap and the dials of a gauge
    are `group_by` itself. The points of a scatter are, too, where `animation_group` does not say what a point is.
    """
    shape = SHAPES.get((report.type, metric.family))
    if shape is None:
        return ()
    if shape.by_group:
        return _own(report.group_by or _default_groups(report, metric), metric)
    named = [getattr(report, name) for name, field in shape.fields.items() if field.role == "dimension"]
    shown = [name for name in named if name is not None]
    if report.type == "scatter" and report.animation_group is None:
        shown += report.group_by
    if report.type == "generic" and report.x is None:
        shown += default_x(report, metric)
    ordered = [name for name in report.group_by if name in shown]
    return _own((*ordered, *shown), metric)


def default_x(report: ReportConfig, metric: MetricConfig) -> tuple[str, ...]:
    """What a generic report without `x` is over: the first dimension of its `group_by`, else of the metric's."""
    taken = {report.color, report.facet_row, report.facet_column}
    free = [name for name in _own((*report.group_by, *metric.group_by), metric) if name not in taken]
    return tuple(free[:1])


def _default_groups(report: ReportConfig, metric: MetricConfig) -> tuple[str, ...]:
    """The boxes of a treemap without `group_by`: the dimensions of the metric that are no times."""
    if report.type != "treemap" or metric.family == "clv":
        return ()
    return tuple(name for name in metric.group_by if name not in TIME_DIMENSIONS)


def _own(names: Iterable[str], metric: MetricConfig) -> tuple[str, ...]:
    """The dimensions in order, each once; experiments and their arms are told apart anyway."""
    keys = (metric.experiment_name, metric.experiment_group) if metric.family == "experiment" else ()
    return tuple(name for name in dict.fromkeys(names) if name not in (*keys, "experiment_name", "experiment_group"))
