"""What is wrong with a configured report: fields that are missing, not of its type, or not what they must be.

Owns these checks, for validation and for the reason why a report cannot be drawn. Never looks at data.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.metrics.names import ARM, CUSTOMER_NUMBERS, EFFECTS, EXPERIMENT, PROPERTIES, SEGMENT
from valuekit.reports.kinds.fields import COMMON, SHAPES, families_of, grain_of, types_of

if TYPE_CHECKING:
    from valuekit.reports.kinds.fields import Field, Role, Shape
    from valuekit.reports.kinds.subject import Configured

What: TypeAlias = Literal[
    "type", "missing", "unused", "dimension", "from facts", "score", "column", "group_by", "gauge", "reference",
    "holistic", "expires", "stages", "log",
]  # fmt: skip
"""Kinds of faults."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        what: which kind of thing.
        path: the key of the report, and the index in its list; empty for the report as a whole.
        message: in words.
        nearest: what was probably meant.
        stops: whether the report cannot be drawn.
        missing: the key that is missing, of a fault of that kind.
    """

    what: What
    path: tuple[str | int, ...]
    message: str
    nearest: str | None = None
    stops: bool = False
    missing: str | None = None


@dataclass(frozen=True)
class Known:
    """What a metric has.

    Attributes:
        dimensions: what its states can be merged by.
        others: the columns by which facts can be asked.
        holistic: the scores that only facts give, and the columns that each is computed from.
        expires: whether facts are kept for a while only.
    """

    dimensions: Collection[str]
    others: Collection[str] = ()
    holistic: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    expires: bool = False


def faults(subject: Configured, known: Known) -> Iterator[Fault]:
    """Find everything that is wrong with a report whose type and metric exist."""
    report, family = subject.report, subject.metric.family
    shape = SHAPES.get((report.type, family))
    if shape is None:
        there = types_of(family)
        said = f"{report.type} reports are of {' and '.join(families_of(report.type))} metrics; {family} has "
        yield Fault("type", ("type",), said + ", ".join(there), nearest(report.type, there), stops=True)
        return
    yield from _unused(subject, shape)
    for name, one in shape.fields.items():
        yield from _field(subject, known, name, one)
    yield from _groups(subject, known, shape)
    yield from _gauge(subject, shape)
    yield from _logs(subject, shape)
    yield from _holistic(subject, known, shape)


def _unused(subject: Configured, shape: Shape) -> Iterator[Fault]:
    report = subject.report
    for name in sorted(report.model_fields_set - {"name", *COMMON, *shape.fields}):
        if not _is_blank(getattr(report, name)):
            said = f"{name} has no effect: {report.type} reports of {subject.metric.family} metrics take "
            yield Fault("unused", (name,), said + ", ".join(shape.fields))


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, tuple | Mapping) and not value)


def _field(subject: Configured, known: Known, name: str, one: Field) -> Iterator[Fault]:
    value = getattr(subject.report, name)
    if _is_blank(value):
        if name in subject.report.model_fields_set and one.role == "stages":
            yield Fault("stages", (name,), "stages is empty: there is nothing to count", stops=True)
        elif one.need != "may":
            said = f"of {subject.metric.family} metrics a {subject.report.type} needs {name}: {_meant(one.role)}"
            yield Fault("missing", (), said, stops=one.need == "must", missing=name)
    elif isinstance(value, str):
        yield from _name(subject, known, (name,), value, one.role)


def _meant(role: Role) -> str:
    """What a role is, in words."""
    return {
        "dimension": "a dimension",
        "experiment": "the dimension of experiments",
        "score": "a score",
        "effect": "z_score or an odds ratio",
        "number": "a number of customers",
        "column": "a described column",
        "property": "a column of the metric",
        "stages": "outcomes in order",
    }.get(role, "a value")


def _name(subject: Configured, known: Known, path: tuple[str | int, ...], value: str, role: Role) -> Iterator[Fault]:
    """Find fault with a name that is not what it must be."""
    metric = subject.metric
    if role in {"dimension", "experiment"}:
        yield from _dimension(subject, known, path, value, role)
        return
    there: Collection[str]
    if role == "score":
        there = FAMILIES[metric.family].scores
        fits = FAMILIES[metric.family].has_score(value)
    else:
        there = {"effect": EFFECTS, "number": CUSTOMER_NUMBERS}.get(role, metric.columns)
        there = PROPERTIES if role == "property" and metric.family == "model_ml_scores" else there
        fits = value in there
    if not fits:
        listed = f" of {metric.family}" if role == "score" else f"; there are {', '.join(there)}"
        what: What = "score" if role in {"score", "effect", "number"} else "column"
        said = f"{path[0]} is {quoted(value)}, which is not {_meant(role)}{listed}"
        yield Fault(what, path, said, nearest(value, there), stops=True)


def _dimension(
    subject: Configured, known: Known, path: tuple[str | int, ...], value: str, role: Role
) -> Iterator[Fault]:
    metric, named = subject.metric, "group_by has" if path[0] == "group_by" else f"{path[0]} is"
    own = (metric.experiment_name, metric.experiment_group, EXPERIMENT, ARM) if metric.family == "experiment" else ()
    segments = (SEGMENT,) if metric.family == "clv" and subject.report.type != "exposure" else ()
    there = own if role == "experiment" else (*known.dimensions, *own, *segments)
    if value in there:
        return
    if value in known.others and role == "dimension":
        said = f"{named} {quoted(value)}, which metric {metric.name} does not keep: every run reads the facts for it"
        yield Fault("from facts", path, said)
        return
    what: What = "group_by" if path[0] == "group_by" else "dimension"
    said = f"{named} {quoted(value)}, which is not {_meant(role)} of metric {metric.name}"
    stops = what == "dimension" or value in grain_of(subject.report, metric)
    yield Fault(what, path, said, nearest(value, there), stops=stops)


def _groups(subject: Configured, known: Known, shape: Shape) -> Iterator[Fault]:
    """Find fault with names in group_by, and with how many there are."""
    report = subject.report
    for index, name in enumerate(report.group_by):
        yield from _dimension(subject, known, ("group_by", index), name, "dimension")
    least, most = shape.groups
    if len(report.group_by) < least or (most is not None and len(report.group_by) > most):
        path: tuple[str, ...] = ("group_by",) if "group_by" in report.model_fields_set else ()
        said = f"a gauge has one or two columns in group_by, not {len(report.group_by)}"
        yield Fault("gauge", path, said, stops=True)


def _gauge(subject: Configured, shape: Shape) -> Iterator[Fault]:
    """Find references that name too few values: a value may have underscores of its own, so more may be right."""
    report = subject.report
    if "reference" not in shape.fields:
        return
    for name in report.reference:
        parts, wanted = name.count("_") + 1, len(report.group_by)
        if parts < wanted:
            form = "_".join(report.group_by)
            said = f"the reference {quoted(name)} never matches: it must be values of {form}, joined by underscores"
            yield Fault("reference", ("reference", name), said)


def _logs(subject: Configured, shape: Shape) -> Iterator[Fault]:
    """Find logarithmic axes of what is no number."""
    report = subject.report
    for axis in ("x", "y"):
        if not getattr(report, f"log_{axis}") or f"log_{axis}" not in shape.fields:
            continue
        one = shape.fields.get(axis)
        shown = getattr(report, axis)
        if one is not None and one.role == "dimension" and shown is not None:
            said = f"log_{axis} is of no use: {axis} is {quoted(shown)}, a dimension, and only numbers have logarithms"
            yield Fault("log", (f"log_{axis}",), said)


def _holistic(subject: Configured, known: Known, shape: Shape) -> Iterator[Fault]:
    """Find scores that are counted from the facts, at a grain or after a time at which that cannot be."""
    grain = grain_of(subject.report, subject.metric)
    for name, one in shape.fields.items():
        score = getattr(subject.report, name)
        if one.role != "score" or score not in known.holistic:
            continue
        counted = [column for column in known.holistic[score] if column in grain]
        if counted:
            said = f"{score} compares values of {counted[0]}, and a group by {counted[0]} has one of them"
            yield Fault("holistic", (name,), said)
        elif known.expires:
            yield Fault("expires", (name,), f"{score} is computed from facts, and keep_facts lets them expire")
