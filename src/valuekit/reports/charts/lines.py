"""Lines over time or another order, and curves of a score.

Owns `line` and `curve`. A line has a band for its interval, and points where there are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, style
from valuekit.reports.charts.reach import BANDS

if TYPE_CHECKING:
    from datetime import date

    from valuekit.reports.charts.shapes import Drawing, Json, Spec

MOST_LABELS = 60
"""At most so many names of an axis are written, evenly apart; `page/interface/fitting.js` thins those of a filter."""

FEW_POINTS = 40
"""With at most so many points a line each is marked."""


def line(d: Drawing) -> Spec:
    """A line for each colour, with its 95 % band."""
    x, transform = position(d)
    y = d.column("y")
    up = style.number(d, y, zero=False, log=d.picture.log_y)
    layers: list[Json] = []
    if y.low and y.high and has_bands(d):
        layers.append(_band(d, y.low, y.high))
    colour = style.colour(d, grey=None, symbol="stroke")
    layers.append({
        "mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round", "interpolate": "linear"},
        "encoding": {"y": up, "color": colour},
    })  # fmt: skip
    layers += _points(d, up)
    return {"transform": transform, "encoding": {"x": x}, "layer": layers, "height": 220 if d.cell >= 260 else 140}


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
    up = style.number(d, y, zero=True, log=d.picture.log_y, format="~%")
    for encoding, column in ((across, x), (up, y)):
        shares = _shares(d, column.name)
        encoding["axis"] = style.number_axis(d, column) if not shares else {
            **style.number_axis(d, column), "format": "~%", "labelExpr": "datum.label"}  # fmt: skip
        if shares:
            encoding["scale"] = {"domain": [0, 1]}
    layers: list[Json] = []
    if d.picture.diagonal:
        layers.append({
            "data": {"values": [{"from": 0, "to": 1}]},
            "mark": {"type": "rule", "strokeDash": [4, 4], "color": d.palette.muted},
            "encoding": {"x": {"datum": 0}, "y": {"datum": 0}, "x2": {"datum": 1}, "y2": {"datum": 1}},
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


def _band(d: Drawing, low: str, high: str) -> Spec:
    colour = style.colour(d, grey=None, symbol="stroke")
    return {
        "mark": {"type": "area", "opacity": 0.16},
        "encoding": {
            "y": {"field": d.field(low), "type": "quantitative"},
            "y2": {"field": d.field(high)},
            "color": colour,
        },
    }


def _points(d: Drawing, up: Spec) -> list[Json]:
    """Points on short lines, hollow ones wherever there are few cases, arrows at the edge; each tells its row."""
    few = len(d.labels("x")) <= FEW_POINTS
    colour = style.colour(d, grey=d.palette.background, symbol="stroke")
    field, low = d.field(d.column("y")), f"datum.{dataset.LOW}"
    above, below = style.beyond("y", field)
    mark: Spec = {
        "type": "point", "filled": True, "opacity": 1, "size": 28 if few else 18, "tooltip": {"content": "data"},
        "shape": {"expr": f"{above} ? 'triangle-up' : {below} ? 'triangle-down' : 'circle'"},
        "stroke": d.palette.muted, "strokeWidth": {"expr": f"{low} ? 1.2 : 0"},
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


def _shares(d: Drawing, name: str) -> bool:
    """Whether all numbers of a column are between 0 and 1."""
    column = d.panel.table[name].drop_nulls()
    return column.len() > 0 and bool(((column >= 0) & (column <= 1)).all())
