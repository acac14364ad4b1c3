"""Rectangles in rectangles, sized by a count and coloured by a score or a kind.

Owns `treemap`, as Vega. Its width is a signal, so that a page can set it. Names stand only where they have room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.charts import dataset, legends, style, units

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.report import Column

TITLE_ROOM = 18
"""Pixels above the rectangles of a group, for its name."""

GROUP_ROOM, INNER_ROOM = 5_400, 12_000
"""Groups of fewer pixels than these, on average, have no title: it would take the place of what they hold. Those in
other groups need more."""

LEAF_ROOM = 1_500
"""A picture of many rectangles is higher, so that each has about so many pixels."""

TALLEST = 640
WIDE = 0.58
"""About so many times the size of its letters does a letter take in width."""

FEWEST_LETTERS, MOST_OF_NAME, MANY_LETTERS = 6, 0.75, 12
"""A name is cut only where so many letters of it and so much of it are left, or many: beginnings are often alike."""

SMALLEST, LARGEST = 10, 13
"""Sizes of the names of rectangles."""


def treemap(d: Drawing) -> Spec:
    """Rectangles in rectangles: as large as the count, coloured by the score."""
    path = [d.field(column) for column in d.path()]
    size = d.field(d.column("size"))
    column = d.column("color") if d.has("color") else None
    score = column if column and column.role == "number" else None
    kind = column if column and column.role == "dimension" else None
    height = max(420 if d.narrow else 360, min(TALLEST, d.panel.table.height * LEAF_ROOM // d.width))
    titled = _titled(d, height)
    shift = TITLE_ROOM if titled else 0
    transform: list[Json] = [
        {"type": "filter", "expr": f"datum.{size} > 0"},
        {"type": "nest", "keys": [*path[:titled]], "generate": True},
        {
            "type": "treemap", "field": size, "sort": {"field": "value", "order": "descending"}, "round": True,
            "method": "squarify", "ratio": 1.3, "paddingInner": 2, "paddingTop": shift,
            "size": [{"signal": "width - 2"}, {"signal": f"height + {shift}"}],
        },
    ]  # fmt: skip
    return {
        "height": height,
        "data": [
            {"name": "table", "values": []},
            {"name": "inner", "source": "table", "transform": transform},
            _named_groups(),
            *_leaves(path[titled:], column if score else d.column("size"), d),
        ],
        "scales": [_ramp(d, score)] if score else [_kinds(d)] if kind else [],
        "legends": _treemap_legends(d, score),
        "marks": [_rectangles(d, column, shift), *_names(d, column, shift)],
    }  # fmt: skip


def _titled(d: Drawing, height: int) -> int:
    """How many levels have groups with titles: those whose groups have room for them, the outermost first."""
    names = [column.name for column in d.path()]
    for level in range(1, len(names)):
        groups = d.panel.table.select(names[:level]).unique().height
        if groups * (GROUP_ROOM if level == 1 else INNER_ROOM) > d.width * height:
            return level - 1
    return len(names) - 1


def _named_groups() -> Spec:
    """The groups with room for their name, or for enough of it."""
    letters = _least_letters("toString(datum.key)")
    roomy = f"datum.x1 - datum.x0 > {letters} * {WIDE * 12:.2f} + 4 && datum.y1 - datum.y0 > {TITLE_ROOM}"
    return {"name": "named groups", "source": "inner", "transform": [
        {"type": "filter", "expr": f"datum.children && datum.depth > 0 && {roomy}"}]}  # fmt: skip


def _least_letters(name: str) -> str:
    return f"min(length({name}), clamp({MOST_OF_NAME} * length({name}), {FEWEST_LETTERS}, {MANY_LETTERS}))"


def _leaves(path: list[str], shown: Column | None, d: Drawing) -> list[Json]:
    """The rectangles; those with room for their name, and for their number below it."""
    name = " + ' \N{MIDDLE DOT} ' + ".join(f"datum.{field}" for field in reversed(path))
    room, tall = "(datum.x1 - datum.x0 - 9)", "(datum.y1 - datum.y0)"
    size = f"clamp(floor(min({room} / (length(datum.name) * {WIDE}), {tall} / 2.2)), {SMALLEST}, {LARGEST})"
    needed = f"{_least_letters(f'datum.{path[-1]}')} * datum.letters * {WIDE}"
    words = units.written(d.field(shown), shown.unit) if shown else "''"
    made: list[Json] = [
        {"type": "filter", "expr": "!datum.children"},
        {"type": "formula", "expr": name, "as": "name"},
        {"type": "formula", "expr": words, "as": "words"},
        {"type": "formula", "expr": size, "as": "letters"},
    ]
    has_name = f"{room} >= {needed} && {tall} >= datum.letters + 7"
    has_number = f"{tall} >= datum.letters + 22 && {room} >= length(datum.words) * {SMALLEST * WIDE:.2f}"
    return [
        {"name": "leaves", "source": "inner", "transform": made},
        {"name": "named leaves", "source": "leaves", "transform": [{"type": "filter", "expr": has_name}]},
        {"name": "large leaves", "source": "named leaves", "transform": [{"type": "filter", "expr": has_number}]},
    ]


def _kinds(d: Drawing) -> Spec:
    labels, range_ = style.colours(d)
    return {"name": "color", "type": "ordinal", "domain": [*labels], "range": [*range_]}


def _treemap_legends(d: Drawing, score: Column | None) -> list[Json]:
    if d.picture.legend is False or (score and not d.panel.table[score.name].count()):
        return []
    if score:
        return [_gradient(d, score)]
    is_path = d.has("color") and d.column("color") in d.path()
    return [legends.coloured(d, d.labels("color"))] if d.has("color") and not is_path else []


def _rectangles(d: Drawing, column: Column | None, shift: int) -> Spec:
    fill: list[Json] = [{"test": f"datum.{dataset.LOW}", "value": d.palette.faint}]
    if column:
        field = d.field(column)
        fill += [
            {"test": f"!isValid(datum.{field})", "value": d.palette.surface},
            {"scale": "color", "field": field},
        ]
    else:
        fill.append({"value": d.palette.accent})
    return {
        "type": "rect", "aria": False, "from": {"data": "leaves"},
        "encode": {"update": {
            "x": {"field": "x0"}, "x2": {"field": "x1"}, "y": {"field": "y0", "offset": -shift},
            "y2": {"field": "y1", "offset": -shift}, "fill": fill, "cornerRadius": {"value": 1.5},
            "stroke": {"value": d.palette.border}, "strokeWidth": {"value": 0.5}, "tooltip": {"signal": "datum"},
        }},
    }  # fmt: skip


def _names(d: Drawing, column: Column | None, shift: int) -> list[Json]:
    """Names where they fit: of groups above them, of rectangles inside, with the number below."""
    ink: Json = {"signal": f"datum.{dataset.LOW} ? '{d.palette.text}' : {style.on_fixed(d.palette.accent)}"}
    if column:
        field = d.field(column)
        quiet = f"datum.{dataset.LOW} || !isValid(datum.{field})"
        ink = {"signal": f"{quiet} ? '{d.palette.text}' : {style.on_colour('color', field)}"}
    common: Spec = {
        "x": {"field": "x0", "offset": 5}, "limit": {"signal": "datum.x1 - datum.x0 - 9"}, "baseline": {"value": "top"},
    }  # fmt: skip
    title: Spec = {
        **common, "x": {"field": "x0", "offset": 1}, "y": {"field": "y0", "offset": 4 - shift},
        "limit": {"signal": "datum.x1 - datum.x0 - 4"}, "text": {"field": "key"}, "fill": {"value": d.palette.text},
        "fontWeight": {"signal": "datum.depth == 1 ? 'bold' : 'normal'"},
        "fontSize": {"signal": "datum.depth == 1 ? 12 : 11"},
    }  # fmt: skip
    name: Spec = {
        **common, "y": {"field": "y0", "offset": 5 - shift}, "text": {"field": "name"}, "fill": ink,
        "fontSize": {"field": "letters"},
    }  # fmt: skip
    number: Spec = {
        **common, "y": {"signal": f"datum.y0 + datum.letters + {9 - shift}"}, "text": {"field": "words"}, "fill": ink,
        "fontSize": {"value": SMALLEST}, "opacity": {"value": 0.9},
    }  # fmt: skip
    titles: list[Json] = [legends.text("named groups", title)] if shift else []
    return [*titles, legends.text("named leaves", name), legends.text("large leaves", number)]


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
