"""How pictures look: type, lines and spaces by theme, legends and axes.

Owns the Vega-Lite configuration and the pieces of encodings that every mark shares. Never chooses a mark.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Literal

from valuekit.reports.charts import dataset, units
from valuekit.reports.charts.shapes import is_ordered
from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.palette import Palette
    from valuekit.reports.report import Channel, Column

FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"
SIZE = 11
WIDE = 260
"""From this width on a plot has room in height, too."""

LETTER = 5.9
"""About so many pixels does a letter of `SIZE` take."""

DIVERGING = ("change", "z")
"""Units whose numbers have a middle: nought."""


def config(palette: Palette) -> Spec:
    """The look of all Vega-Lite pictures of a theme; marks carry no generated descriptions, the table is there."""
    axis: Spec = {
        "domainColor": palette.border, "tickColor": palette.border, "gridColor": palette.grid, "tickSize": 4,
        "labelColor": palette.muted, "titleColor": palette.muted, "labelFontSize": SIZE, "titleFontSize": SIZE,
        "titleFontWeight": "normal", "labelPadding": 4, "titlePadding": 8, "labelOverlap": True,
    }  # fmt: skip
    legend: Spec = {
        "labelColor": palette.text, "titleColor": palette.muted, "labelFontSize": SIZE, "titleFontSize": SIZE,
        "titleFontWeight": "normal", "gradientStrokeColor": palette.border,
        "columnPadding": 14, "rowPadding": 3,
    }  # fmt: skip
    return {
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisQuantitative": {"domain": False, "ticks": False},
        "axisBand": {"grid": False, "ticks": False},
        "axisPoint": {"grid": False},
        "legend": legend,
        "header": {
            "labelColor": palette.text, "labelFontSize": SIZE, "labelFontWeight": "bold", "titleColor": palette.muted,
            "titleFontSize": SIZE, "titleFontWeight": "normal", "labelPadding": 6,
        },
        "title": title_look(palette),
        "text": {"fontSize": SIZE, "color": palette.text},
        "mark": {"aria": False},
        "facet": {"spacing": 18},
        "concat": {"spacing": 18},
    }  # fmt: skip


def title_look(palette: Palette) -> Spec:
    """The look of titles and what is said below them."""
    return {
        "anchor": "start", "frame": "bounds", "color": palette.text, "subtitleColor": palette.muted, "fontSize": 16,
        "subtitleFontSize": SIZE, "fontWeight": "bold", "subtitlePadding": 5, "offset": 14, "subtitleLineHeight": 15,
        "lineHeight": 20,
    }  # fmt: skip


def lines(texts: Sequence[str], width: int, size: int = SIZE) -> list[str]:
    """Break texts into lines that fit a width."""
    letters = max(int(width / (size * LETTER / SIZE)), 12)
    return [line for text in texts for line in (textwrap.wrap(plain(text), letters) or [""])]


def title(column: Column) -> str:
    """The title of an axis or a legend."""
    return plain(column.name)


def label_room(d: Drawing, labels: Sequence[str]) -> int:
    """How many pixels the labels of an axis of names may take."""
    longest = max((len(label) for label in labels), default=0)
    return min(int(longest * LETTER) + 8, 110 if d.narrow else 190)


def height(d: Drawing) -> int:
    """The pixels of a picture with an upright axis, or of one of a grid."""
    return 220 if d.cell >= WIDE else 140


def steps_up(d: Drawing) -> int:
    """About how many numbers stand along an upright axis."""
    return height(d) // 35


def number_axis(d: Drawing, column: Column, **axis: Json) -> Spec:
    """An axis of numbers."""
    pixels = d.cell
    return {
        "title": title(column),
        "tickCount": max(2, min(8, pixels // 75)),
        **units.axis_format(column.unit),
        **axis,
    }


def number(
    d: Drawing, column: Column, *, zero: bool, log: bool = False, along: Literal["x", "y"] = "x", **axis: Json
) -> Spec:
    """A position by a number; `along` says by which axis, for the labels of a logarithmic one."""
    scale: Spec = {"type": "log", "nice": True} if log else {"zero": zero, "nice": True}
    if along == "y":
        axis = {"tickCount": steps_up(d), **axis}
    if column.name in d.domains:
        scale["domain"] = [*d.domains[column.name]]
    return {
        "field": d.field(column),
        "type": "quantitative",
        "scale": scale,
        "axis": {
            **number_axis(d, column, **axis),
            **(units.log_format(column.unit, along, d.cell if along == "x" else height(d)) if log else {}),
        },
        "stack": None,
    }


def names(d: Drawing, channel: Channel, **axis: Json) -> Spec:
    """A position by the values of a dimension, in the order of the table."""
    column, labels = d.column(channel), d.labels(channel)
    return {
        "field": d.field(column),
        "type": "nominal",
        "scale": {"domain": [*labels], "paddingInner": 0.28, "paddingOuter": 0.14},
        "sort": None,
        "axis": {
            "title": title(column),
            "labelLimit": label_room(d, labels),
            "labelColor": d.palette.text,
            **_whole(d, column),
            **axis,
        },
    }


def _whole(d: Drawing, column: Column) -> Spec:
    """Names that are numbers stand without a decimal that is nought."""
    is_float = d.panel.table.schema[column.name].is_float()
    return {"labelExpr": "replace(datum.label, regexp('[.]0$'), '')"} if is_float else {}


def order(d: Drawing) -> Spec:
    """A horizontal position by the values of `x` in their order, slanted names where they would touch."""
    labels = d.labels("x")
    room = d.cell / max(len(labels), 1)
    longest = max((len(label) for label in labels), default=0) * LETTER
    angle = 0 if longest < room * 0.95 else -45
    return {**names(d, "x", labelAngle=angle, labelLimit=90, labelOverlap=room < 12), "type": "ordinal"}


def offset(d: Drawing, channel: str, each: int, padding: float = 0.1) -> Spec:
    """Where marks of several colours stand side by side; empty where a name has one."""
    if each == 1:
        return {}
    return {channel: {"field": d.field(d.column("color")), "type": "nominal", "sort": None,
                      "scale": {"domain": [*d.labels("color")], "paddingInner": padding}}}  # fmt: skip


def ramp(palette: Palette, count: int) -> list[str]:
    """So many colours from light to dark, for values with an order; the faintest of the ramp is left out."""
    stops = palette.sequential[2:]
    if count == 1:
        return [stops[-2]]
    return [_between(stops, at * (len(stops) - 1) / (count - 1)) for at in range(count)]


def _between(stops: Sequence[str], at: float) -> str:
    first = min(int(at), len(stops) - 2)
    share = at - first
    ends = [[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops[first : first + 2]]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*ends, strict=True))


def colours(d: Drawing) -> tuple[list[str], list[str]]:
    """The values of the colour's dimension, and the colour of each."""
    labels = d.labels("color")
    if is_ordered(d.column("color"), d.panel):
        return labels, ramp(d.palette, len(labels))
    return labels, [d.palette.categorical[at % len(d.palette.categorical)] for at in range(len(labels))]


def colour(d: Drawing, *, grey: str | None = "", symbol: str = "square") -> Spec:
    """The colour of a mark: by its dimension, or the accent; of few cases grey, or another tone, or as all."""
    tone = grey or d.palette.faint
    low: Spec = {} if grey is None else {"condition": {"test": f"datum.{dataset.LOW}", "value": tone}}
    if not d.has("color"):
        return {**low, "value": d.palette.accent}
    labels, range_ = colours(d)
    return {
        **low,
        "field": d.field(d.column("color")),
        "type": "nominal",
        "sort": None,
        "scale": {"domain": [*labels], "range": [*range_]},
        "legend": legend(d, labels, symbol),
    }


def arrow(d: Drawing, along: str, field: str, *, low: bool, **position: Json) -> Spec:
    """A mark at the end of an axis for each number that lies beyond it.

    Args:
        d: the drawing.
        along: the channel of the axis, `x` or `y`.
        field: of the number.
        low: whether only rows of few cases can lie beyond.
        position: encodings of the other channels.
    """
    more, less = ("right", "left") if along == "x" else ("up", "down")
    above, below = beyond(along, field)
    found: Spec = {
        "mark": {"type": "point", "filled": True, "opacity": 1, "color": d.palette.text,
                 "shape": {"expr": f"{above} ? 'triangle-{more}' : 'triangle-{less}'"},
                 "size": {"expr": f"{above} || {below} ? 42 : 0"}},
        "encoding": {along: {"field": field, "type": "quantitative"}, **position},
    }  # fmt: skip
    return {"transform": [{"filter": f"datum.{dataset.LOW}"}], **found} if low else found


def beyond(along: str, field: str) -> tuple[str, str]:
    """Expressions that tell whether a number lies above the end of an axis, and below its beginning."""
    number = f"isValid(datum.{field}) && datum.{field}"
    return f"({number} > domain('{along}')[1])", f"({number} < domain('{along}')[0])"


def legend(d: Drawing, labels: Sequence[str], symbol: str) -> Spec | None:
    """A legend above the picture, in as many columns as fit; None where the report wants none."""
    if d.picture.legend is False:
        return None
    limit = 130 if d.narrow else 200
    longest = min(max((len(label) for label in labels), default=1) * LETTER, limit)
    columns = max(1, min(len(labels), int((d.width - 40) / (longest + 32))))
    return {
        "title": title(d.column("color")), "orient": "top", "direction": "horizontal", "columns": columns,
        "labelLimit": limit, "symbolType": symbol, "symbolSize": 160 if symbol == "stroke" else 90,
        "symbolStrokeWidth": 3 if symbol == "stroke" else 0, "symbolOpacity": 1,
    }  # fmt: skip


def score_ramp(d: Drawing, column: Column) -> Spec:
    """The scale of colours of a score: from little to much, or about nought."""
    if column.unit in DIVERGING:
        return {"range": [*d.palette.diverging], "domainMid": 0, "interpolate": "lab"}
    return {"range": [*d.palette.sequential], "zero": False, "interpolate": "lab"}


def on_colour(scale: str, field: str) -> str:
    """An expression for a text colour that is legible on the colour of a scale."""
    dark, light = ("#18222d", "#ffffff")
    return f"luminance(scale('{scale}', datum.{field})) > 0.32 ? '{dark}' : '{light}'"


def on_fixed(colour: str) -> str:
    """As `on_colour`, on one colour."""
    return f"luminance('{colour}') > 0.32 ? '#18222d' : '#ffffff'"


def vega_config(palette: Palette) -> Spec:
    """The look of all Vega pictures of a theme."""
    shared = config(palette)
    return {
        "legend": shared["legend"],
        "title": {**title_look(palette), "font": FONT, "subtitleFont": FONT},
        "style": {"guide-label": {"font": FONT}, "guide-title": {"font": FONT}},
        "text": {"font": FONT},
    }
