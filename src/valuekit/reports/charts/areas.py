"""Pictures that Vega-Lite has no words for: nested rectangles, and bars around a circle.

Owns `treemap` and `polar`, as Vega. Sizes of both are signals, so that a page can set `width`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, style, units

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.report import Column

TITLE_ROOM = 18
"""Pixels above the rectangles of a group, for its name."""


FEW_DIRECTIONS = 8
"""With more of them, only names right above and below a circle are centred."""


def treemap(d: Drawing) -> Spec:
    """Rectangles in rectangles: as large as the count, coloured by the score."""
    path = [d.field(column) for column in d.path()]
    size = d.field(d.column("size"))
    column = d.column("color") if d.has("color") else None
    score = column if column and column.role == "number" else None
    kind = column if column and column.role == "dimension" else None
    nested = len(path) > 1
    transform: list[Json] = [
        {"type": "filter", "expr": f"datum.{size} > 0"},
        {"type": "nest", "keys": [*path[:-1]], "generate": True},
        {
            "type": "treemap", "field": size, "sort": {"field": "value", "order": "descending"}, "round": True,
            "method": "squarify", "ratio": 1.3, "paddingInner": 2, "paddingTop": {"signal": "titleRoom"},
            "size": [{"signal": "width - 2"}, {"signal": f"height + {TITLE_ROOM if nested else 0}"}],
        },
    ]  # fmt: skip
    inner: Spec = {"name": "inner", "source": "table", "transform": transform}
    return {
        "signals": [{"name": "titleRoom", "value": TITLE_ROOM if nested else 0}],
        "height": 420 if d.narrow else 360,
        "data": [
            {"name": "table", "values": []},
            inner,
            {"name": "groups", "source": "inner", "transform": [
                {"type": "filter", "expr": "datum.children && datum.depth > 0"}]},
            {"name": "leaves", "source": "inner", "transform": [{"type": "filter", "expr": "!datum.children"}]},
            _roomy("groups", 30, 16), _roomy("leaves", 34, 17), _roomy("leaves", 44, 34, "large"),
        ],
        "scales": [_ramp(d, score)] if score else [_kinds(d)] if kind else [],
        "legends": _treemap_legends(d, score),
        "marks": [_rectangles(d, column), *_names(d, path[-1], column, nested=nested)],
    }  # fmt: skip


def _roomy(source: str, wide: int, tall: int, name: str = "named") -> Spec:
    """The rectangles with room for words."""
    expression = f"datum.x1 - datum.x0 > {wide} && datum.y1 - datum.y0 > {tall}"
    return {"name": f"{name} {source}", "source": source, "transform": [{"type": "filter", "expr": expression}]}


def _kinds(d: Drawing) -> Spec:
    labels, range_ = style.colours(d)
    return {"name": "color", "type": "ordinal", "domain": [*labels], "range": [*range_]}


def _treemap_legends(d: Drawing, score: Column | None) -> list[Json]:
    if d.picture.legend is False:
        return []
    if score:
        return [_gradient(d, score)]
    is_path = d.has("color") and d.column("color") in d.path()
    return [_colours(d, d.labels("color"))] if d.has("color") and not is_path else []


def polar(d: Drawing) -> Spec:
    """Bars around a circle, those of one direction side by side; as long as the score."""
    score, around = d.column("r"), d.column("theta")
    value, direction = d.field(score), d.field(around)
    groups = d.field(d.column("color")) if d.has("color") else None
    labels, range_ = style.colours(d) if groups else ([], [])
    beside = groups is not None and _several(d)
    least = float(min(0.0, _extreme(d, score, low=True)))
    scales: list[Json] = [
        {"name": "theta", "type": "band", "domain": [*d.labels("theta")], "range": [0, {"signal": "2 * PI"}],
         "paddingInner": 0.12},
        {"name": "radius", "type": "linear", "domain": {"data": "table", "field": value}, "nice": 4, "domainMin": least,
         "zero": True, "range": [{"signal": "outer * 0.12"}, {"signal": "outer"}]},
    ]  # fmt: skip
    if groups:
        scales += [
            {"name": "inside", "type": "band", "domain": [*labels], "range": [0, {"signal": "bandwidth('theta')"}],
             "paddingInner": 0.06},
            {"name": "color", "type": "ordinal", "domain": [*labels], "range": [*range_]},
        ]  # fmt: skip
    start = f"scale('theta', datum.{direction})" + (f" + scale('inside', datum.{groups})" if beside else "")
    end = f"{start} + bandwidth('{'inside' if beside else 'theta'}')"
    room = min(int(max((len(label) for label in d.labels("theta")), default=0) * style.LETTER), 70 if d.narrow else 110)
    return {
        "height": 2 * max(40, min(d.width // 2 - 10 - room - 12, 174)) + 52,
        "signals": [
            {"name": "outer", "update": f"max(40, min(width / 2 - {room + 12}, height / 2 - 26))"},
            {"name": "middle", "update": "width / 2"},
        ],
        "data": [
            {"name": "table", "values": []},
            {"name": "rings", "transform": [
                {"type": "sequence", "start": 1, "stop": 5, "as": "at"},
                {"type": "formula", "as": "value", "expr": "domain('radius')[1] * datum.at / 4"}]},
            {"name": "inner rings", "source": "rings", "transform": [{"type": "filter", "expr": "datum.at < 4"}]},
            {"name": "directions", "values": [{"data": name} for name in d.labels("theta")]},
        ],
        "scales": scales,
        "legends": [_colours(d, labels)] if groups and d.picture.legend is not False else [],
        "marks": [
            *_rings(d),
            _arcs(d, value, (start, end), groups),
            *_scale_labels(d, score),
            *_directions(d, room),
        ],
    }  # fmt: skip


def _extreme(d: Drawing, column: Column, *, low: bool) -> float:
    series = d.panel.table[column.name].drop_nulls()
    found = (series.min() if low else series.max()) if series.len() else 0
    return float(found) if isinstance(found, int | float) else 0.0


def _several(d: Drawing) -> bool:
    """Whether a direction has bars of several colours."""
    around, groups = d.column("theta").name, d.column("color").name
    pairs = d.panel.table.select(around, groups).unique()
    return pairs.height > pairs[around].n_unique()


def _arcs(d: Drawing, value: str, ends: tuple[str, str], groups: str | None) -> Spec:
    fill: list[Json] = [{"test": f"datum.{dataset.LOW}", "value": d.palette.faint}]
    fill.append({"scale": "color", "field": groups} if groups else {"value": d.palette.accent})
    return {
        "type": "arc", "from": {"data": "table"}, "aria": False,
        "encode": {"update": {
            "x": {"signal": "middle"}, "y": {"signal": "height / 2"},
            "startAngle": {"signal": ends[0]}, "endAngle": {"signal": ends[1]},
            "innerRadius": {"signal": "scale('radius', 0)"},
            "outerRadius": {"signal": f"isValid(datum.{value}) ? scale('radius', datum.{value}) : scale('radius', 0)"},
            "fill": fill, "cornerRadius": {"value": 1.5}, "tooltip": {"signal": "datum"},
        }},
    }  # fmt: skip


def _rings(d: Drawing) -> list[Json]:
    """Circles at round values."""
    return [{
        "type": "arc", "aria": False, "from": {"data": "rings"},
        "encode": {"update": {
            "x": {"signal": "middle"}, "y": {"signal": "height / 2"}, "startAngle": {"value": 0},
            "endAngle": {"signal": "2 * PI"}, "innerRadius": {"scale": "radius", "field": "value"},
            "outerRadius": {"scale": "radius", "field": "value"}, "stroke": {"value": d.palette.grid},
            "strokeWidth": {"value": 1},
        }},
    }]  # fmt: skip


def _scale_labels(d: Drawing, score: Column) -> list[Json]:
    """What the rings stand for, on the line that goes up; on paper of its own where a bar lies below."""
    update: Spec = {
        "x": {"signal": "middle"}, "y": {"signal": "height / 2 - scale('radius', datum.value)"},
        "text": {"signal": units.written("value", score.unit)}, "fontSize": {"value": 9}, "dx": {"value": -3},
        "align": {"value": "right"}, "baseline": {"value": "middle"},
    }  # fmt: skip
    paper: Spec = {
        "stroke": {"value": d.palette.background},
        "strokeWidth": {"value": 3},
        "strokeOpacity": {"value": 0.85},
    }
    rings = "rings" if len(d.labels("theta")) <= FEW_DIRECTIONS else "inner rings"
    return [_text(rings, {**update, **paper}), _text(rings, {**update, "fill": {"value": d.palette.text}})]


def _directions(d: Drawing, room: int) -> list[Json]:
    """The names of the directions, outside the circle."""
    angle = "scale('theta', datum.data) + bandwidth('theta') / 2"
    side = 0.2 if len(d.labels("theta")) <= FEW_DIRECTIONS else 0.04
    return [{
        "type": "text", "aria": False, "from": {"data": "directions"},
        "encode": {"update": {
            "x": {"signal": f"middle + (outer + 8) * sin({angle})"},
            "y": {"signal": f"height / 2 - (outer + 8) * cos({angle})"},
            "text": {"field": "data"}, "limit": {"value": room + 4}, "fill": {"value": d.palette.text},
            "fontSize": {"value": style.SIZE},
            "align": {"signal": f"abs(sin({angle})) < {side} ? 'center' : sin({angle}) > 0 ? 'left' : 'right'"},
            "baseline": {"signal": f"abs(sin({angle})) >= {side} ? 'middle' : cos({angle}) > 0 ? 'bottom' : 'top'"},
        }},
    }]  # fmt: skip


def _colours(d: Drawing, labels: list[str]) -> Spec:
    look = style.legend(d, labels, "square") or {}
    return {**look, "fill": "color"}


def _rectangles(d: Drawing, column: Column | None) -> Spec:
    fill: list[Json] = [{"test": f"datum.{dataset.LOW}", "value": d.palette.faint}]
    if column:
        field = d.field(column)
        fill += [
            {"test": f"!isValid(datum.{field})", "value": d.palette.surface},
            {"scale": "color", "field": field},
        ]
    else:
        fill.append({"value": d.palette.accent})
    shift = TITLE_ROOM if len(d.path()) > 1 else 0
    return {
        "type": "rect", "aria": False, "from": {"data": "leaves"},
        "encode": {"update": {
            "x": {"field": "x0"}, "x2": {"field": "x1"}, "y": {"field": "y0", "offset": -shift},
            "y2": {"field": "y1", "offset": -shift}, "fill": fill, "cornerRadius": {"value": 1.5},
            "stroke": {"value": d.palette.border}, "strokeWidth": {"value": 0.5}, "tooltip": {"signal": "datum"},
        }},
    }  # fmt: skip


def _names(d: Drawing, leaf: str, column: Column | None, *, nested: bool) -> list[Json]:
    """Names where they fit: of groups above them, of rectangles inside, with the score where there is room for it."""
    shift = TITLE_ROOM if nested else 0
    ink: Json = {"signal": f"datum.{dataset.LOW} ? '{d.palette.text}' : {style.on_fixed(d.palette.accent)}"}
    shown = d.column("size")
    if column:
        field = d.field(column)
        quiet = f"datum.{dataset.LOW} || !isValid(datum.{field})"
        ink = {"signal": f"{quiet} ? '{d.palette.text}' : {style.on_colour('color', field)}"}
        shown = column if column.role == "number" else shown
    common: Spec = {
        "x": {"field": "x0", "offset": 5}, "limit": {"signal": "datum.x1 - datum.x0 - 9"}, "baseline": {"value": "top"},
    }  # fmt: skip
    marks: list[Json] = []
    if nested:
        marks.append(_text("named groups", {
            **common, "x": {"field": "x0", "offset": 1}, "y": {"field": "y0", "offset": 4 - shift},
            "text": {"field": "key"}, "fill": {"value": d.palette.text},
            "fontWeight": {"signal": "datum.depth == 1 ? 'bold' : 'normal'"},
            "fontSize": {"signal": "datum.depth == 1 ? 12 : 11"},
        }))  # fmt: skip
    marks.append(_text("named leaves", {
        **common, "y": {"field": "y0", "offset": 5 - shift}, "text": {"field": leaf}, "fill": ink,
        "fontSize": {"value": style.SIZE},
    }))  # fmt: skip
    marks.append(_text("large leaves", {
        **common, "y": {"field": "y0", "offset": 20 - shift}, "fill": ink, "fontSize": {"value": 10},
        "text": {"signal": units.written(d.field(shown), shown.unit)}, "opacity": {"value": 0.9},
    }))  # fmt: skip
    return marks


def _text(data: str, update: Spec) -> Spec:
    return {"type": "text", "aria": False, "interactive": False, "from": {"data": data}, "encode": {"update": update}}


def _ramp(d: Drawing, score: Column) -> Spec:
    found = style.score_ramp(d, score)
    kind = {"type": "linear", "interpolate": "lab", "range": found["range"]}
    domain: Spec = {"domain": {"data": "table", "field": d.field(score)}, "zero": False}
    if score.unit in style.DIVERGING:
        domain["domainMid"] = 0
    return {"name": "color", **kind, **domain}


def _gradient(d: Drawing, score: Column) -> Spec:
    return {
        "fill": "color", "type": "gradient", "orient": "top", "direction": "horizontal", "title": style.title(score),
        "gradientThickness": 8, "gradientLength": min(220, d.width - 140), "tickCount": 4,
        **units.gradient_format(score.unit),
    }  # fmt: skip
