"""Comparisons of groups: odds ratios with intervals, values against their references, five-number summaries.

Owns `forest`, `gauge` and `boxplot`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, reach, style, units
from valuekit.reports.charts.shapes import is_ordered

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec

DIFFERENCE = "Difference"
"""The column of a gauge's value less its reference."""


def forest(d: Drawing) -> Spec:
    """Odds ratios with their intervals on a logarithmic axis; at 1 the arms are equal."""
    column, labels = d.column("x"), d.labels("y")
    each = d.beside("y")
    names, value = style.names(d, "y"), d.field(column)
    offset = style.offset(d, "yOffset", each, 0)
    x = style.number(d, column, zero=False, log=True)
    x["scale"] = {"type": "log", "nice": False, "padding": 8}
    colour = style.colour(d)
    layers: list[Json] = [{
        "data": {"values": [{}]}, "mark": {"type": "rule", "color": d.palette.muted, "strokeDash": [4, 3]},
        "encoding": {"x": {"datum": 1}},
    }]  # fmt: skip
    if column.low and column.high:
        low, high = d.field(column.low), d.field(column.high)
        layers.append({
            "transform": [{"filter": f"datum.{low} > 0 && datum.{high} > 0"}],
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.8},
            "encoding": {"x": {"field": low, "type": "quantitative"}, "x2": {"field": high}, "y": names,
                         "color": colour, **offset},
        })  # fmt: skip
    layers.append({
        "transform": [{"filter": f"datum.{value} > 0"}],
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "tooltip": {"content": "data"}},
        "encoding": {"x": x, "y": names, "color": colour, **offset},
    })  # fmt: skip
    return {"layer": layers, "height": len(labels) * max(30, 16 * each + 10)}


def gauge(d: Drawing) -> Spec:
    """A bar for the value, a tick at the reference, and in words the value and the difference."""
    column = d.column("value")
    value, marks = d.field(column), len(d.panel.table)
    reference = d.field(d.column("reference")) if d.has("reference") else None
    gap = next((d.field(one) for one in d.panel.columns if one.name == DIFFERENCE), None)
    label = " + ' \N{MIDDLE DOT} ' + ".join(f"datum.{d.field(one)}" for one in d.path()) or "''"
    transform: list[Json] = [
        {"calculate": label, "as": "label"},
        {"window": [{"op": "row_number", "as": "at"}]},
    ]
    y: Spec = {"field": "at", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0}}
    tone = d.palette.accent
    layers: list[Json] = [
        {"mark": {"type": "bar", "height": 12, "yOffset": 8, "cornerRadiusEnd": 2, "tooltip": {"content": "data"}},
         "encoding": {"x": style.number(d, column, zero=True, title=style.title(column)),
                      "color": {"condition": {"test": f"datum.{dataset.LOW}", "value": d.palette.faint},
                                "value": tone}}},
        _words("left", {"expr": "datum.label"}, d.palette.text, limit=int(d.cell * 0.6)),
    ]  # fmt: skip
    words = units.written(value, column.unit)
    if reference is not None:
        layers.insert(1, {
            "mark": {"type": "tick", "orient": "vertical", "size": 22, "thickness": 2.5, "yOffset": 8,
                     "color": d.palette.text},
            "encoding": {"x": {"field": reference, "type": "quantitative"}},
        })  # fmt: skip
        against = units.written(reference, d.column("reference").unit)
        if gap is not None:
            change = units.signed(gap, column.unit)
            words = f"({words}) + (isValid(datum.{reference}) ? ' (' + ({change}) + ')' : '')"
        elif not d.narrow:
            words = f"({words}) + (isValid(datum.{reference}) ? ' of ' + ({against}) : '')"
    tint = _better(d, gap) if gap is not None else d.palette.text
    layers.append(_words("right", {"expr": words}, tint, limit=int(d.cell * 0.5)))
    return {"transform": transform, "encoding": {"y": y}, "layer": layers, "height": max(marks, 1) * 46}


def boxplot(d: Drawing) -> Spec:
    """A box from the lower to the upper quartile, its median, and whiskers to the least and the greatest value.

    Names go down the left, times and other orders go across.
    """
    upright = is_ordered(d.column("x"), d.panel)
    along, end, side = ("y", "y2", "xOffset") if upright else ("x", "x2", "yOffset")
    labels = d.labels("x")
    each = d.beside("x")
    offset = style.offset(d, side, each, 0.15)
    low, q1, median, q3, high = (d.field(d.column(name)) for name in ("low", "q1", "median", "q3", "high"))
    scale: Spec = (
        {"type": "log", "nice": True} if d.picture.log_y or reach.spans_decades(d) else {"zero": False, "nice": True}
    )
    axis = style.number_axis(d, d.column("median"), title=_described(d))
    if upright:
        axis["tickCount"] = style.steps_up(d)
    if "type" in scale:
        axis |= units.log_format(d.column("median").unit, along, style.height(d) if upright else d.cell)
    room = max(int(d.cell / max(len(labels), 1) / each * 0.7), 1)
    thick = min(room, 18) if upright else (18 if each == 1 else 13)
    ink = f"datum.{dataset.LOW} ? '{d.palette.faint}' : '{d.palette.muted}'"
    layers: list[Json] = [
        {"mark": {"type": "rule", "color": {"expr": ink}},
         "encoding": {along: {"field": low, "type": "quantitative", "axis": axis, "scale": scale},
                      end: {"field": high}, **offset}},
        {"mark": {"type": "bar", "cornerRadius": min(2, thick // 4), "tooltip": {"content": "data"},
                  "width" if upright else "height": thick},
         "encoding": {along: {"field": q1, "type": "quantitative"}, end: {"field": q3}, "color": style.colour(d),
                      **offset}},
        {"mark": {"type": "tick", "orient": "horizontal" if upright else "vertical", "size": thick,
                  "thickness": 2.5 if thick > 6 else 1.5, "color": d.palette.text},
         "encoding": {along: {"field": median, "type": "quantitative"}, **offset}},
    ]  # fmt: skip
    layers += [style.arrow(d, along, extreme, low=False, **offset) for extreme in (low, high)]
    if upright:
        return {"encoding": {"x": style.order(d)}, "layer": layers, "height": style.height(d)}
    return {"encoding": {"y": style.names(d, "x")}, "layer": layers, "height": len(labels) * (18 * each + 14)}


def _described(d: Drawing) -> str:
    """What the numbers are of, where all rows are of one thing."""
    if "Property" not in d.panel.table.columns:
        return "value"
    values = d.panel.table["Property"].unique().to_list()
    return dataset.label(values[0]) if len(values) == 1 else "value"


def _words(side: str, text: Json, colour: Json, limit: int) -> Spec:
    """A line of text above a gauge's bar, at one side of the picture."""
    return {
        "mark": {"type": "text", "align": side, "baseline": "bottom", "dy": -3, "text": text, "color": colour,
                 "limit": limit, "fontWeight": "bold" if side == "right" else "normal"},
        "encoding": {"x": {"value": 0 if side == "left" else "width"}},
    }  # fmt: skip


def _better(d: Drawing, gap: str) -> Spec:
    up, down, level = d.palette.better, d.palette.worse, d.palette.text
    return {"expr": f"datum.{gap} > 0 ? '{up}' : datum.{gap} < 0 ? '{down}' : '{level}'"}
