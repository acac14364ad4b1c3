"""Bars around a circle.

Owns `polar`, as Vega. Its sizes are signals, so that a page can set `width`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, legends, style, units

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.report import Column

FEW_DIRECTIONS = 8
"""With more of them, only names right above and below a circle are centred."""


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
        "legends": [legends.coloured(d, labels)] if groups and d.picture.legend is not False else [],
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
    pairs = d.panel.table.select({around, groups}).unique()
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
    return [
        legends.text(rings, {**update, **paper}),
        legends.text(rings, {**update, "fill": {"value": d.palette.text}}),
    ]


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
