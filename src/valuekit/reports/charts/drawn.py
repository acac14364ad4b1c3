"""From a panel to a specification: bounds, grid, mark, look.

Owns the order of these steps and what is said in words. Never draws a mark.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from valuekit.reports.charts import (
    bars,
    bounds,
    circles,
    counts,
    dataset,
    facets,
    groups,
    lines,
    planes,
    reach,
    style,
    treemaps,
)
from valuekit.reports.charts.shapes import Drawing, Json, Spec, is_ordered
from valuekit.reports.low_counts import LOW
from valuekit.reports.palette import PALETTES, Palette, Theme
from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from valuekit.reports.report import Channel, Mark, Panel, Picture

WIDTH = 720
"""Pixels, where none are asked for."""

_SCHEMA = {
    "vega-lite": "https://vega.github.io/schema/vega-lite/v6.json",
    "vega": "https://vega.github.io/schema/vega/v6.json",
}

_MARKS: Mapping[Mark, Callable[[Drawing], Spec]] = {
    "line": lines.line,
    "curve": lines.curve,
    "bars": bars.bars,
    "z_bars": bars.z_bars,
    "forest": groups.forest,
    "gauge": groups.gauge,
    "boxplot": groups.boxplot,
    "heatmap": planes.heatmap,
    "scatter": planes.scatter,
    "histogram": counts.histogram,
    "funnel": counts.funnel,
    "exposure": counts.exposure,
    "treemap": treemaps.treemap,
    "polar": circles.polar,
}
_VEGA: tuple[Mark, ...] = ("treemap", "polar")
_NUMBERS: Mapping[Mark, tuple[Channel, ...]] = {
    "line": ("y",), "curve": ("x", "y"), "bars": ("y",), "z_bars": ("x",), "forest": ("x",), "gauge": ("value",),
    "boxplot": ("median",), "heatmap": ("color",), "scatter": ("x", "y"), "histogram": ("y",), "funnel": ("y",),
    "exposure": (), "treemap": ("size",), "polar": ("r",),
}  # fmt: skip
_INTERVALS: Mapping[Mark, str] = {
    "line": "Bands: 95 % intervals.",
    "bars": "Thin lines: 95 % intervals.",
    "forest": "Lines: 95 % intervals.",
}
_MEANINGS: Mapping[Mark, str] = {
    "z_bars": "Shaded: where chance alone puts 95 % of all z scores.",
    "forest": "Dashed: both arms alike.",
    "boxplot": "Box: from p25 to p75, with the median. Whiskers: from Min to Max.",
}
_DOWN: Mapping[Mark, Channel] = {
    "z_bars": "y", "forest": "y", "boxplot": "x", "heatmap": "y", "funnel": "x", "bars": "x",
}  # fmt: skip
"""The dimension whose names go down the left of a mark."""


def spec(
    panel: Panel,
    *,
    theme: Theme = "light",
    width: int | None = None,
    frame: object = None,
    with_rows: bool = True,
) -> Spec:
    """Describe the picture of a panel.

    Args:
        panel: with a picture.
        theme: which colours.
        width: of the whole, in pixels; `WIDTH` by default.
        frame: a value of the frame's dimension (one of `frames`): draw that frame alone, on the axes of all. By default
            there is a small picture of each.
        with_rows: whether to put the rows in, and to end axes where these want it; a page has its own rows, and is
            told in `usermeta` which axes to end.

    Returns:
        A Vega-Lite or Vega specification (`engine_of`) with its rows.

    Raises:
        ValueError: the panel has no picture.
    """
    if panel.picture is None:
        raise ValueError("the panel has no picture")
    palette, room = PALETTES[theme], width or WIDTH
    picture, shown, domains = _framed(panel, facets.once(panel.picture), frame)
    if (silence := _silence(shown, picture)) is not None:
        return _said(silence, palette, room, panel)
    shown, remarks = bounds.bounded(shown, picture)
    picture = _readable(shown, picture)
    plan = facets.grid(shown, picture, room, _beside(shown, picture, room))
    d = Drawing(shown, picture, palette, room, plan.cell, tuple(bounds.said(remarks)), domains)
    drawn = _MARKS[picture.mark](d)
    if with_rows:
        whole = panel if domains else shown
        ends = reach.found(d, whole)
        reach.applied(drawn, ends)
        d = replace(d, remarks=(*d.remarks, *reach.said(ends, whole)))
    values: list[Json] = [{**row} for row in dataset.rows(shown)] if with_rows else []
    if picture.mark in _VEGA:
        found = _vega(d, drawn, values)
    else:
        head = _head(d, "vega-lite")
        found = {**head, "data": {"name": "table", "values": values}, **facets.arranged(d, drawn, plan)}
    if not with_rows:
        found["usermeta"]["axes"] = reach.described(d)  # type: ignore[index, call-overload]
    return found


def engine_of(found: Spec) -> Literal["vega-lite", "vega"]:
    """Which library a specification is for."""
    return "vega-lite" if found["$schema"] == _SCHEMA["vega-lite"] else "vega"


def frames(panel: Panel) -> list[object]:
    """The values of the frame's dimension, in order; empty where a picture has no frames."""
    name = panel.picture.column("frame") if panel.picture else None
    return panel.table[name].unique().sort(nulls_last=False).to_list() if name else []


def _framed(panel: Panel, picture: Picture, frame: object) -> tuple[Picture, Panel, Mapping[str, tuple[float, float]]]:
    """Keep one frame, and the extent of all for its axes; or all frames, as small pictures of their own."""
    name = picture.column("frame")
    if name is None:
        return picture, panel, {}
    channels = dict(picture.channels)
    if frame is None:
        for channel in facets.FACETS:
            channels.pop(channel, None)
        return replace(picture, channels=channels), panel, {}
    channels.pop("frame")
    series = panel.table[name]
    domains = {}
    for channel, log in (("x", picture.log_x), ("y", picture.log_y), ("size", False)):
        column = picture.column(channel)
        if column is not None and (extent := _extent(panel.table[column], positive=log)) is not None:
            domains[column] = extent
    kept = panel.table.filter(series.is_in([frame], nulls_equal=True))
    return replace(picture, channels=channels), replace(panel, table=kept), domains


def _extent(numbers: pl.Series, *, positive: bool) -> tuple[float, float] | None:
    """The least and the greatest number; of positive ones where an axis is logarithmic."""
    found = [value for value in numbers.drop_nulls().to_list() if value > 0 or not positive]
    return (min(found), max(found)) if found else None


def _silence(panel: Panel, picture: Picture) -> str | None:
    """What is said in place of a picture that would be blank."""
    if panel.table.height == 0:
        return "No rows."
    for channel in _NUMBERS[picture.mark]:
        name = picture.column(channel)
        if name is not None and panel.table[name].null_count() == panel.table.height:
            return f"{plain(name)} has no value in any row."
    return None


def _readable(panel: Panel, picture: Picture) -> Picture:
    """Bars in place of a line between names that have no order."""
    x = picture.column("x")
    if picture.mark == "line" and x is not None and not is_ordered(panel.column(x), panel):
        return replace(picture, mark="bars")
    return picture


def _beside(panel: Panel, picture: Picture, width: int) -> int:
    """About how many pixels the axis at the left takes."""
    channel = _DOWN.get(picture.mark)
    name = picture.column(channel) if channel else None
    if name is None or (picture.mark in ("bars", "boxplot") and is_ordered(panel.column(name), panel)):
        return 10 if picture.mark == "gauge" else 62
    longest = max((len(dataset.label(value)) for value in panel.table[name].unique().to_list()), default=0)
    return min(int(longest * style.LETTER) + 8, 110 if width < 480 else 190) + 36


def _head(d: Drawing, engine: str) -> Spec:
    """What every specification begins with: the look, a description, and what is left out."""
    notes = [*d.remarks, *explained(d)]
    head: Spec = {
        "$schema": _SCHEMA[engine],
        "description": describe(d.panel, d.picture),
        "background": d.palette.background,
        "padding": facets.PADDING,
        "config": style.config(d.palette) if engine == "vega-lite" else style.vega_config(d.palette),
        "usermeta": {"remarks": [*notes], "fields": {**dataset.fields(d.panel)}},
    }
    if notes:
        head["title"] = _remarks(d.palette, notes, d.width)
    return head


def explained(d: Drawing) -> list[str]:
    """What the parts of a mark stand for, where its axes do not tell."""
    found = [_MEANINGS[d.picture.mark]] if d.picture.mark in _MEANINGS else []
    if d.picture.mark in _INTERVALS and d.column(_NUMBERS[d.picture.mark][0]).low:
        hidden = d.picture.mark == "line" and not lines.has_bands(d)
        found.append("95 % intervals are in the table." if hidden else _intervals(d))
    if d.picture.mark == "boxplot" and reach.spans_decades(d):
        found.append("Logarithmic axis.")
    if d.has("reference") and d.panel.table[d.column("reference").name].count():
        found.append("Tick: the reference.")
    if d.picture.mark == "treemap" and d.has("color") and not d.panel.table[d.column("color").name].count():
        found.append(f"{plain(d.column('color').name)} has no value in any row.")
    if d.few_cases():
        found.append(f"{'Hollow' if d.picture.mark == 'line' else 'Grey'}: {LOW}.")
    return found


def _intervals(d: Drawing) -> str:
    if d.picture.mark == "line" and d.has("color") and d.few_cases():
        return "Bands: 95 % intervals, but for points of low n."
    return _INTERVALS[d.picture.mark]


def _remarks(palette: Palette, notes: list[str], width: int) -> Spec:
    """Remarks in small type above a picture that has no title of its own."""
    return {
        **style.title_look(palette), "text": [*style.lines(notes, width - 30)], "fontSize": style.SIZE,
        "fontWeight": "normal", "color": palette.muted, "lineHeight": 15,
    }  # fmt: skip


def describe(panel: Panel, picture: Picture) -> str:
    """A picture in words, for those who cannot see it."""
    dimensions = [plain(column.name) for column in panel.columns if column.role == "dimension"]
    by = f" by {', '.join(dimensions)}" if dimensions else ""
    channels = _NUMBERS[picture.mark] or ("x",)
    numbers = [plain(name) for channel in channels if (name := picture.column(channel))]
    return f"{picture.mark.replace('_', ' ')}: {' and '.join(numbers)}{by}, {panel.table.height:,} rows."


def _vega(d: Drawing, drawn: Spec, values: list[Json]) -> Spec:
    """Put the rows into a Vega specification, and size it to the whole width."""
    data = drawn.pop("data")
    if not isinstance(data, list) or not isinstance(data[0], dict):
        raise TypeError("a Vega specification begins with its table")
    data[0]["values"] = values
    head = _head(d, "vega")
    return {**head, "width": d.width - 2 * facets.PADDING, "autosize": {"type": "pad"}, "data": data, **drawn}


def _said(words: str, palette: Palette, width: int, panel: Panel) -> Spec:
    """A picture that says why it is blank."""
    return {
        "$schema": _SCHEMA["vega-lite"],
        "description": words,
        "background": palette.background,
        "padding": facets.PADDING,
        "config": style.config(palette),
        "usermeta": {"remarks": [], "fields": {**dataset.fields(panel)}},
        "data": {"name": "table", "values": []},
        "width": width - 2 * facets.PADDING,
        "height": 90,
        "layer": [{
            "data": {"values": [{}]},
            "mark": {"type": "text", "text": words, "fontSize": 14, "color": palette.muted, "limit": width - 40,
                     "x": (width - 2 * facets.PADDING) / 2, "y": 45},
        }],
    }  # fmt: skip
