"""Counts: how numbers spread, how many go on to the next stage, when customers bought.

Owns `histogram`, `funnel` and `exposure`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import style, units

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec


def histogram(d: Drawing) -> Spec:
    """Bars over the bins, one colour on the other; side by side in depth where their bins differ."""
    x, end, y = d.column("x"), d.column("x_end"), d.column("y")
    stacked = _same_bins(d)
    up = style.number(d, y, zero=True, log=d.picture.log_y, along="y")
    if d.has("color") and stacked and not d.picture.log_y:
        up["stack"] = "zero"
    across: Spec = {
        "field": d.field(x), "type": "quantitative", "bin": "binned", "axis": style.number_axis(d, x, grid=False),
        "scale": {"zero": False, "nice": False},
    }  # fmt: skip
    axis = across["axis"]
    if isinstance(axis, dict):
        axis["title"] = style.title(x) if end.name == x.name else "value"
    mark: Spec = {"type": "bar", "binSpacing": 1, "opacity": 1 if stacked else 0.5, "tooltip": {"content": "data"}}
    colour = style.colour(d)
    return {
        "mark": mark,
        "encoding": {"x": across, "x2": {"field": d.field(end)}, "y": up, "color": colour},
        "height": style.height(d),
    }


def funnel(d: Drawing) -> Spec:
    """A bar for each stage, with its count and the share of the stage before."""
    stage, count = d.column("x"), d.column("y")
    labels = d.labels("x")
    each = d.beside("x")
    value = d.field(count)
    offset = style.offset(d, "yOffset", each)
    words = units.written(value, count.unit)
    if d.has("value"):
        rate = d.field(d.column("value"))
        words = (
            f"({words}) + (isValid(datum.{rate}) ? '  (' + ({units.written(rate, d.column('value').unit)}) + ')' : '')"
        )
    names = style.names(d, "x")
    names["axis"] = {**style.names(d, "x")["axis"], "title": style.title(stage)}  # type: ignore[dict-item]
    layers: list[Json] = [
        {"mark": {"type": "bar", "cornerRadiusEnd": 2, "tooltip": {"content": "data"}},
         "encoding": {"x": style.number(d, count, zero=True), "color": style.colour(d), **offset}},
        {"mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 10, "text": {"expr": words}},
         "encoding": {"x": {"field": value, "type": "quantitative"}, **offset}},
    ]  # fmt: skip
    return {"encoding": {"y": names}, "layer": layers, "height": len(labels) * (34 if each == 1 else 17 * each + 12)}


def exposure(d: Drawing) -> Spec:
    """A line for each customer, from the first purchase to the end of observation, with a tick for each purchase."""
    x, end, who = d.column("x"), d.column("x_end"), d.column("y")
    time = d.field(x)
    transform: list[Json] = [
        {"calculate": f"toDate(datum.{time})", "as": "time"},
        {"calculate": f"toDate(datum.{d.field(end)})", "as": "end"},
        {"joinaggregate": [{"op": "min", "field": "time", "as": "first"}], "groupby": [d.field(who)]},
        {"calculate": "datum.first", "as": "begin"},
    ]
    axis: Spec = {"title": style.title(x), "format": "%b %Y", "tickCount": max(2, d.cell // 110), "labelFlush": True}
    labels = d.labels("y")
    names = style.names(d, "y", labels=False, title=style.title(who))
    colour = style.colour(d)
    layers: list[Json] = [
        {"mark": {"type": "rule", "color": d.palette.border},
         "encoding": {"x": {"field": "begin", "type": "temporal", "scale": {"type": "utc"}, "axis": axis},
                      "x2": {"field": "end"}}},
        {"mark": {"type": "tick", "orient": "vertical", "thickness": 2.5, "tooltip": {"content": "data"},
                  "size": 9 if len(labels) <= 40 else 5},
         "encoding": {"x": {"field": "time", "type": "temporal", "scale": {"type": "utc"}}, "color": colour}},
    ]  # fmt: skip
    step = 12 if len(labels) <= 40 else 7
    return {"transform": transform, "encoding": {"y": names}, "layer": layers, "height": len(labels) * step}


def _same_bins(d: Drawing) -> bool:
    """Whether all colours have their bins in common, so that one can stand on the other."""
    if not d.has("color"):
        return True
    bins: dict[object, set[tuple[object, object]]] = {}
    edges = (d.panel.table[d.column(channel).name].to_list() for channel in ("x", "x_end", "color"))
    for start, end, group in zip(*edges, strict=True):
        bins.setdefault(group, set()).add((start, end))
    starts: dict[object, object] = {}
    return all(starts.setdefault(start, end) == end for group in bins.values() for start, end in group)
