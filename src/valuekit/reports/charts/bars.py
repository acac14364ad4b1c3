"""Bars: of a score by name or time, and of z scores.

Owns `bars` and `z_bars`. Names go down the left, where there is room to read them; times go across.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, style, units
from valuekit.reports.charts.reach import Z
from valuekit.reports.charts.shapes import is_ordered

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.report import Channel

VALUES_BESIDE = 40
"""With at most so many bars in a cell their numbers are written beside them."""


def bars(d: Drawing) -> Spec:
    """A bar for each value of the dimension and colour, with whiskers."""
    return _columns(d) if is_ordered(d.column("x"), d.panel) else across(d, "x", "y")


def across(d: Drawing, names: Channel, score: Channel) -> Spec:
    """Horizontal bars with whiskers, the numbers beside them where there are not too many."""
    column, labels = d.column(score), d.labels(names)
    each = d.beside(names)
    value, offset = d.field(column), style.offset(d, "yOffset", each)
    layers: list[Json] = [{"mark": _bar("x"), "encoding": {
        "x": style.number(d, column, zero=True, log=d.picture.log_y), "color": style.colour(d), **offset}}]  # fmt: skip
    if column.low and column.high:
        layers.append({"mark": _whisker(d), "encoding": {
            "x": {"field": d.field(column.low), "type": "quantitative"}, "x2": {"field": d.field(column.high)},
            **offset}})  # fmt: skip
    if len(labels) * each <= VALUES_BESIDE and d.cell >= 200:
        layers.append(_number_beside(d, value, column.unit, d.field(column.high) if column.high else None, offset))
    layers.append(style.arrow(d, "x", value, low=True, **offset))
    step = 26 if each == 1 else 15 * each + 8
    return {"encoding": {"y": style.names(d, names)}, "layer": layers, "height": len(labels) * step}


def z_bars(d: Drawing) -> Spec:
    """Bars of z scores around nought, on the band in which chance alone would put 95 % of them."""
    column, labels = d.column("x"), d.labels("y")
    each = d.beside("y")
    offset = style.offset(d, "yOffset", each)
    band: Spec = {
        "data": {"values": [{}]},
        "mark": {"type": "rect", "color": d.palette.muted, "opacity": 0.16},
        "encoding": {"x": {"datum": -Z}, "x2": {"datum": Z}},
    }
    nought: Spec = {
        "data": {"values": [{}]}, "mark": {"type": "rule", "color": d.palette.muted}, "encoding": {"x": {"datum": 0}},
    }  # fmt: skip
    x, names = style.number(d, column, zero=True), style.names(d, "y")
    drawn: Spec = {"mark": _bar("x"), "encoding": {"x": x, "y": names, "color": style.colour(d), **offset}}
    layers: list[Json] = [band, drawn, nought]
    if len(labels) * each <= VALUES_BESIDE and d.cell >= 200:
        for side, test in (("left", ">= 0"), ("right", "< 0")):
            beside = _number_beside(d, d.field(column), column.unit, None, offset)
            beside["transform"] = [{"filter": f"datum.{d.field(column)} {test}"}]
            beside["mark"]["align"] = side  # type: ignore[index, call-overload]
            beside["mark"]["dx"] = 5 if side == "left" else -5  # type: ignore[index, call-overload]
            beside["encoding"]["y"] = style.names(d, "y")  # type: ignore[index, call-overload]
            layers.append(beside)
    return {"layer": layers, "height": len(labels) * (28 if each == 1 else 17 * each + 10)}


def _columns(d: Drawing) -> Spec:
    """Upright bars over time, or another order."""
    column = d.column("y")
    offset = style.offset(d, "xOffset", d.beside("x"))
    layers: list[Json] = [{"mark": _bar("y"), "encoding": {
        "y": style.number(d, column, zero=True, log=d.picture.log_y, along="y"), "color": style.colour(d),
        **offset}}]  # fmt: skip
    if column.low and column.high:
        layers.append({"mark": _whisker(d), "encoding": {
            "y": {"field": d.field(column.low), "type": "quantitative"}, "y2": {"field": d.field(column.high)},
            **offset}})  # fmt: skip
    layers.append(style.arrow(d, "y", d.field(column), low=True, **offset))
    return {"encoding": {"x": style.order(d)}, "layer": layers, "height": style.height(d)}


def _bar(along: str) -> Spec:
    end = "cornerRadiusEnd"
    return {
        "type": "bar",
        end: 2,
        "orient": "horizontal" if along == "x" else "vertical",
        "tooltip": {"content": "data"},
    }


def _whisker(d: Drawing) -> Spec:
    ink: Spec = {"expr": f"datum.{dataset.LOW} ? '{d.palette.faint}' : '{d.palette.text}'"}
    return {"type": "rule", "color": ink, "opacity": 0.75, "strokeWidth": 1.2}


def _number_beside(d: Drawing, value: str, unit: str, high: str | None, offset: Spec) -> Spec:
    """The number of a bar, to the right of its whisker; a dash where there is none."""
    end = f"max(datum.{value}, isValid(datum.{high}) ? datum.{high} : datum.{value})" if high else f"datum.{value}"
    return {
        "transform": [{"calculate": f"isValid(datum.{value}) ? {end} : 0", "as": "end"}],
        "mark": {
            "type": "text", "align": "left", "dx": 6, "fontSize": 10, "text": {"expr": units.written(value, unit)},
            "color": {"expr": f"datum.{dataset.LOW} ? '{d.palette.muted}' : '{d.palette.text}'"},
        },
        "encoding": {"x": {"field": "end" if high else value, "type": "quantitative"}, **offset},
    }  # fmt: skip
