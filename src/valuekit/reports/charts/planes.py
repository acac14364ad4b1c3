"""Two numbers or two dimensions against each other.

Owns `scatter` and `heatmap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, style, units
from valuekit.reports.charts.shapes import is_ordered

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec

LABELLED = 120
"""With at most so many cells their numbers are written in them."""


def scatter(d: Drawing) -> Spec:
    """A circle for each row; its area is the third score."""
    x, y = d.column("x"), d.column("y")
    across = style.number(d, x, zero=False, log=d.picture.log_x)
    up = style.number(d, y, zero=False, log=d.picture.log_y, along="y")
    encoding: Spec = {"x": across, "y": up, "color": style.colour(d, symbol="circle")}
    if d.has("size"):
        size = d.column("size")
        encoding["size"] = {
            "field": d.field(size), "type": "quantitative",
            "scale": {"rangeMax": 700 if d.cell >= 260 else 260, "rangeMin": 12, "zero": True,
                      **({"domain": [0, d.domains[size.name][1]]} if size.name in d.domains else {})},
            "legend": None if d.picture.legend is False else {
                "title": style.title(size), "orient": "top", "direction": "horizontal", "symbolType": "circle",
                "tickCount": 3, "symbolFillColor": d.palette.muted, **units.axis_format(size.unit)},
        }  # fmt: skip
    positive = [f"datum.{d.field(one)} > 0" for one, log in ((x, d.picture.log_x), (y, d.picture.log_y)) if log]
    unit: Spec = {
        "mark": {
            "type": "circle", "opacity": 0.75, "stroke": d.palette.background, "strokeWidth": 0.8,
            "tooltip": {"content": "data"}, **({} if d.has("size") else {"size": 60}),
        },
        "encoding": encoding,
        "height": 280 if d.cell >= style.WIDE else 170,
    }  # fmt: skip
    return {"transform": [{"filter": " && ".join(positive)}], **unit} if positive else unit


def heatmap(d: Drawing) -> Spec:
    """A coloured cell for each row; what is not in the table stays blank, and a dash has no value."""
    score = d.column("color")
    across, down = d.labels("x"), d.labels("y")
    field = d.field(score)
    room = d.cell / max(len(across), 1)
    longest = max((len(label) for label in across), default=0) * style.LETTER
    angle = 0 if longest < room else -45
    ramp: Spec = {
        "type": "quantitative",
        "field": field,
        "scale": style.score_ramp(d, score),
        "legend": _ramp_legend(d),
    }
    colour: Spec = {**ramp, "condition": [
        {"test": f"!isValid(datum.{field})", "value": d.palette.surface},
        {"test": f"datum.{dataset.LOW}", "value": d.palette.faint},
    ]}  # fmt: skip
    cell: Spec = {"type": "rect", "tooltip": {"content": "data"}, "stroke": d.palette.background, "strokeWidth": 1.5}
    layers: list[Json] = [{"mark": cell, "encoding": {"color": colour}}]
    height = 30 if len(down) <= 15 else 20
    if len(across) * len(down) <= LABELLED and room >= 38:
        ink = style.on_colour("color", field)
        plain = f"!isValid(datum.{field}) || datum.{dataset.LOW}"
        layers.append({"mark": {
            "type": "text", "fontSize": 10, "text": {"expr": units.written(field, score.unit)},
            "color": {"expr": f"{plain} ? '{d.palette.text}' : {ink}"},
        }})  # fmt: skip
    if is_ordered(d.column("y"), d.panel) and d.column("y").unit != "time":
        down.reverse()
    x = style.names(d, "x", labelAngle=angle, labelLimit=110, labelOverlap=room < 12)
    for axis, labels in ((x, across), (y := style.names(d, "y"), down)):
        axis["scale"] = {"domain": [*labels], "padding": 0}
    return {"encoding": {"x": x, "y": y}, "layer": layers, "height": len(down) * height}


def _ramp_legend(d: Drawing) -> Spec | None:
    if d.picture.legend is False:
        return None
    score = d.column("color")
    return {
        "title": style.title(score), "orient": "top", "direction": "horizontal", "gradientThickness": 8,
        "gradientLength": min(220, max(d.cell - 20, 60)), "tickCount": 4, **units.axis_format(score.unit),
    }  # fmt: skip
