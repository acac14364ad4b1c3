"""Lines over time or another order, and curves of a score.

Owns `line` and `curve`. A line has a band for its interval, and points where there are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, style
from valuekit.reports.charts.reach import BANDS, is_share, rounded_up
from valuekit.reports.charts.style import WIDE

if TYPE_CHECKING:
    from datetime import date

    from valuekit.reports.charts.shapes import Drawing, Json, Spec

MOST_LABELS = 60
"""At most so many names of an axis are written, evenly apart; `page/interface/fitting.js` thins those of a filter."""

FAINT = 0.4
"""How much of its colour a line has between points of few cases."""

CORNER = 0.5
"""A square whose shares all are below this ends where they do: else its curve would be in a corner."""

FEW_POINTS = 40
"""With at most so many points a line each is marked."""


def line(d: Drawing) -> Spec:
    """A line for each colour, with its 95 % band."""
    x, transform = position(d)
    y = d.column("y")
    up = style.number(d, y, zero=False, log=d.picture.log_y, along="y")
    layers: list[Json] = []
    if y.low and y.high and has_bands(d):
        layers.append(_band(d, y.low, y.high))
    colour = style.colour(d, grey=None, symbol="stroke")
    layers += [_path(up, colour, {"strokeWidth": 1, "opacity": FAINT}), _sure_path(d, up, colour)]
    layers += _points(d, up)
    return {"transform": transform, "encoding": {"x": x}, "layer": layers, "height": style.height(d)}


def _path(up: Spec, colour: Spec, look: Spec) -> Spec:
    return {
        "mark": {"type": "line", "strokeJoin": "round", "interpolate": "linear", **look},
        "encoding": {"y": up, "color": colour},
    }


def _sure_path(d: Drawing, up: Spec, colour: Spec) -> Spec:
    """The parts of a line between points of enough cases; one between two others is a dot."""
    value = f"datum.{d.field(d.column('y'))}"
    sure: Json = [{"calculate": f"datum.{dataset.LOW} ? null : {value}", "as": "sure"}]
    look: Spec = {"strokeWidth": 2, "strokeCap": "round"}
    return {"transform": sure, **_path({**up, "field": "sure"}, colour, look)}


def has_bands(d: Drawing) -> bool:
    """Whether there are so few lines that bands hide none."""
    return not d.has("color") or len(d.labels("color")) <= BANDS


def position(d: Drawing) -> tuple[Spec, list[Json]]:
    """The horizontal position by time or order, and how the field it reads is made."""
    column = d.column("x")
    field = d.field(column)
    if not dataset.is_moment(column, d.panel.table):
        labels = d.labels("x")
        axis: Spec = {"title": style.title(column), "labelAngle": 0 if _fits(d, labels) else -45, "labelLimit": 90}
        if len(labels) > MOST_LABELS:
            axis["values"] = [*labels[:: -(-len(labels) // MOST_LABELS)]]
        return {
            "field": field, "type": "ordinal", "sort": None, "scale": {"domain": [*labels], "padding": 0.3},
            "axis": axis,
        }, []  # fmt: skip
    monthly = all(day is None or day.day == 1 for day in _days(d, column.name))
    axis = {
        "title": style.title(column), "format": "%b %Y" if monthly else "%-d %b %Y" if d.cell > 420 else "%-d %b",
        "tickCount": max(2, d.cell // (110 if d.cell > 420 else 60)), "labelFlush": True, "labelOverlap": True,
        "grid": False,
    }  # fmt: skip
    return {"field": "time", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}, [
        {"calculate": f"toDate(datum.{field})", "as": "time"}
    ]


def curve(d: Drawing) -> Spec:
    """A curve for each colour, on a square where both axes are shares."""
    x, y = d.column("x"), d.column("y")
    across = style.number(d, x, zero=True, log=d.picture.log_x, format="~%")
    up = style.number(d, y, zero=True, log=d.picture.log_y, along="y", format="~%")
    end = _end(d)
    for encoding, column in ((across, x), (up, y)):
        shares = is_share(d.panel, column.name)
        encoding["axis"] = style.number_axis(d, column) if not shares else {
            **style.number_axis(d, column), "format": "~%", "labelExpr": "datum.label"}  # fmt: skip
        if shares and end == 1:
            encoding["scale"] = {"domain": [0, 1]}
    layers: list[Json] = []
    if d.picture.diagonal:
        layers.append({
            "data": {"values": [{}]},
            "mark": {"type": "rule", "strokeDash": [4, 4], "color": d.palette.muted},
            "encoding": {"x": {"datum": 0}, "y": {"datum": 0}, "x2": {"datum": end}, "y2": {"datum": end}},
        })  # fmt: skip
    colour = style.colour(d, grey=None, symbol="stroke")
    layers.append({
        "mark": {"type": "line", "strokeWidth": 2, "tooltip": {"content": "data"}},
        "encoding": {
            "x": across, "y": up, "color": colour, "order": {"field": "at", "type": "quantitative"},
        },
    })  # fmt: skip
    numbered: Json = [{"window": [{"op": "row_number", "as": "at"}]}]
    return {"transform": numbered, "layer": layers, "height": min(d.cell, 380)}


def _end(d: Drawing) -> float:
    """Where both axes of a diagonal end: at 1, or before where all shares are small."""
    import polars as pl

    names = [d.column(channel).name for channel in ("x", "y")]
    if not d.picture.diagonal or not all(is_share(d.panel, name) for name in names):
        return 1.0
    most = d.panel.table.select(pl.max_horizontal(pl.col(*names).max())).item()
    return rounded_up(most) if 0 < most < CORNER else 1.0


def _band(d: Drawing, low: str, high: str) -> Spec:
    """The intervals of a line; of several only where they rest on enough cases, lest they hide each other."""
    ends = {"bottom": f"datum.{d.field(low)}", "top": f"datum.{d.field(high)}"}
    if d.has("color"):
        ends = {name: f"datum.{dataset.LOW} ? null : {end}" for name, end in ends.items()}
    return {
        "transform": [{"calculate": end, "as": name} for name, end in ends.items()],
        "mark": {"type": "area", "opacity": 0.16},
        "encoding": {
            "y": {"field": "bottom", "type": "quantitative"},
            "y2": {"field": "top"},
            "color": style.colour(d, grey=None, symbol="stroke"),
        },
    }


def _points(d: Drawing, up: Spec) -> list[Json]:
    """Points on short lines, hollow ones wherever there are few cases, arrows at the edge; each tells its row."""
    few = len(d.labels("x")) <= FEW_POINTS
    colour = style.colour(d, grey=d.palette.background, symbol="stroke")
    field, low = d.field(d.column("y")), f"datum.{dataset.LOW}"
    above, below = style.beyond("y", field)
    mark: Spec = {
        "type": "point", "filled": True, "opacity": 1, "size": 28 if few else 18 if d.cell >= WIDE else 9,
        "tooltip": {"content": "data"},
        "shape": {"expr": f"{above} ? 'triangle-up' : {below} ? 'triangle-down' : 'circle'"},
        "stroke": d.palette.muted, "strokeWidth": {"expr": f"{low} ? {1.2 if few or d.cell >= WIDE else 0.8} : 0"},
    }  # fmt: skip
    layer: Spec = {"mark": mark, "encoding": {"y": up, "color": colour}}
    if not few:
        layer["transform"] = [{"filter": f"datum.{dataset.LOW}"}]
    return [layer]


def _fits(d: Drawing, labels: list[str]) -> bool:
    longest = max((len(label) for label in labels), default=0)
    return longest * style.LETTER < d.cell / min(max(len(labels), 1), max(2, d.cell // 60)) * 1.2


def _days(d: Drawing, name: str) -> list[date | None]:
    return d.panel.table[name].unique().to_list()
