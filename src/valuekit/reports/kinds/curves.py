"""The curves that a line of model scores carries: how the model ranks and how it is calibrated.

Owns which curves are drawn, of which groups, and with how many of their points. Never computes a curve.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.reports.kinds.subject import Answered
from valuekit.reports.kinds.tables import COUNT, columns_of, refuse_taken
from valuekit.reports.report import Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from valuekit.metrics.curves import Curve, Kind
    from valuekit.reports.kinds.subject import Answers, Subject
    from valuekit.reports.report import Channel

CURVED = ("roc_auc", "average_precision")
"""The scores whose lines carry curves."""

MOST_GROUPS = 8
"""Curves of so many groups can be told apart; of more, none but that of all offers is drawn."""

STEP = 0.002
"""A point that lies nearer than this share of both axes to the one before it is not drawn."""

POINT = "Point"


@dataclass(frozen=True)
class _Look:
    """How one kind of curve is shown: its title, its axes, and whether the diagonal means something."""

    title: str
    x: str
    y: str
    diagonal: bool = False


LOOKS: dict[Kind, _Look] = {
    "roc": _Look("ROC curve", "fpr", "tpr", diagonal=True),
    "precision_recall": _Look("Precision and recall", "recall", "precision"),
    "calibration": _Look("Calibration", "proba", "rate", diagonal=True),
    "gain": _Look("Gain", "share", "gain", diagonal=True),
    "lift": _Look("Lift by share of offers", "share", "lift"),
}
"""By kind, in the order of the panels; the axes are named as METRICS.md names them."""


def curve_panels(subject: Subject, answers: Answers, name: str) -> tuple[tuple[Panel, ...], tuple[str, ...]]:
    """Draw the curves of every colour of a report, over all its offers.

    Args:
        subject: the report.
        answers: gives the curves.
        name: the model score.

    Returns:
        A panel for each kind, and what its reader should know.
    """
    color, warnings = subject.report.color, []
    refuse_taken(
        (color,) if color else (), {POINT, COUNT, *(axis for look in LOOKS.values() for axis in (look.x, look.y))}
    )
    curves = answers.curves(subject, (color,) if color else (), name)
    if color and len(curves) > MOST_GROUPS * len(LOOKS):
        many = len(curves) // len(LOOKS)
        warnings.append(f"the curves are those of all offers: {color} has {many:,} values, too many to tell apart")
        color, curves = None, answers.curves(subject, (), name)
    by_kind: defaultdict[Kind, list[Curve]] = defaultdict(list)
    for curve in curves:
        by_kind[curve.kind].append(curve)
    return tuple(_panel(subject, kind, by_kind[kind], color) for kind in LOOKS), tuple(warnings)


def _panel(subject: Subject, kind: Kind, curves: Sequence[Curve], color: str | None) -> Panel:
    look = LOOKS[kind]
    frame = _points(curves, look, color)
    keys = (*((color,) if color else ()), POINT)
    channels: dict[Channel, str] = {"x": look.x, "y": look.y, **({"color": color} if color else {})}
    picture = Picture("curve", channels, legend=subject.report.showlegend, diagonal=look.diagonal)
    answered = Answered(frame, ())
    columns = columns_of(answered.rows, keys, subject.catalogue)
    return Panel(kind, look.title, frame, columns, picture, (), keys)


def _points(curves: Sequence[Curve], look: _Look, color: str | None) -> pl.DataFrame:
    """The points of all curves of a kind, one below the other."""
    import polars as pl

    parts = []
    for curve in curves:
        kept = list(range(len(curve.x))) if curve.n is not None else spaced(curve.x, curve.y)
        columns: dict[str, object] = {color: [curve.group[color]] * len(kept)} if color else {}
        columns |= {POINT: [place + 1 for place in kept]}
        if curve.n is not None:
            columns[COUNT] = [curve.n[place] for place in kept]
        columns |= {look.x: [curve.x[place] for place in kept], look.y: [curve.y[place] for place in kept]}
        schema: dict[str, type[pl.DataType]] = {POINT: pl.Int64, look.x: pl.Float64, look.y: pl.Float64}
        schema |= {COUNT: pl.Int64} if curve.n is not None else {}
        schema |= {color: pl.String} if color and isinstance(curve.group[color], str | None) else {}
        parts.append(pl.DataFrame(columns, schema_overrides=schema))
    if not parts:
        names = [*((color,) if color else ()), POINT, look.x, look.y]
        return pl.DataFrame({name: [] for name in names}, schema_overrides=dict.fromkeys(names[-2:], pl.Float64))
    return pl.concat(parts, how="vertical_relaxed")


def spaced(x: Sequence[float], y: Sequence[float]) -> list[int]:
    """The points that are far enough from the one kept before them to be seen; the first and the last always are."""
    kept: list[int] = []
    height = max(1.0, *y) if y else 1.0
    for place, (here, there) in enumerate(zip(x, y, strict=True)):
        last = kept[-1] if kept else None
        if last is None or max(abs(here - x[last]), abs(there - y[last]) / height) >= STEP or place == len(x) - 1:
            kept.append(place)
    return kept
