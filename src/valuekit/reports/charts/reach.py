"""How far axes reach: what rests on few cases, or lies far off, must not flatten all the rest.

Owns which numbers set a scale, where it ends, and how that is said; `page/interface/reach.js` does the same for the
rows under a filter. What lies beyond is drawn at the edge, and stays in the table. Never draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from valuekit.reports.charts.shapes import is_ordered
from valuekit.reports.low_counts import low_counts
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import polars as pl

    from valuekit.reports.charts.shapes import Drawing, Json, Spec
    from valuekit.reports.report import Channel, Panel

Z = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""

STEPS = 10
"""Ends of an axis are rounded to about a part of so many of it."""

FENCE = 3.0
"""Numbers further from a box than so many times its length are far off (Tukey's outer fences)."""

FLAT = 2.0
"""Far-off numbers are left beyond the axis where they would make it so many times as long."""

SLIVER = 0.03
"""So much of an axis is the least that boxes must as a rule take, lest they be slivers."""

DECADES = 1000.0
"""Boxes that differ by more than this factor are drawn on a logarithmic axis."""

FEWEST_SURE = 0.05
"""Rows that rest on enough cases set a scale where they are at least such a share of all."""

START = 0.02
"""A lift by share of offers rests on few of them up to here."""

TINY = 1e-9
"""What rounding may be off."""

BANDS = 4
"""With more lines than these, their bands would hide them."""

FIVE: tuple[Channel, ...] = ("low", "q1", "median", "q3", "high")
"""The numbers of a box, least first."""

Ends: TypeAlias = "tuple[float, float]"


@dataclass(frozen=True)
class Axis:
    """What sets the ends of a scale.

    Attributes:
        scale: its channel, or its name in a Vega specification.
        columns: whose numbers it must show; of boxes the five of a summary, least first.
        of: the columns of which a row can lie beyond; none where nothing is said of it, as of colours.
        also: what it shows whatever the rows are.
        always: whose numbers it must show of all rows.
        log: whether it is logarithmic.
        kind: `round` ends, `exact` ones, those of `boxes`, whose far-off numbers do not count, or of a `lift`, whose
            first ones do not.
        name: in words.
        alone: the columns that set it where hardly a row rests on enough cases; none for `columns`.
    """

    scale: str
    columns: tuple[str, ...]
    of: tuple[str, ...]
    also: tuple[float, ...] = ()
    always: tuple[str, ...] = ()
    log: bool = False
    kind: Literal["round", "exact", "boxes", "lift"] = "round"
    name: str = "axis"
    alone: tuple[str, ...] = ()


def axes(d: Drawing) -> list[Axis]:
    """The scales of a picture that rows of few cases must not set; of counts all rows do, however small."""
    return [axis for axis in _axes(d) if d.panel.column(axis.columns[0]).unit != "count"]


def _axes(d: Drawing) -> list[Axis]:
    mark, picture = d.picture.mark, d.picture
    nought = (0.0,)
    if mark in ("line", "bars"):
        up = mark == "line" or is_ordered(d.column("x"), d.panel)
        shown = mark == "bars" or not d.has("color") or len(d.labels("color")) <= BANDS
        always = nought if mark == "bars" and not picture.log_y else ()
        axis = _axis(d, "y" if up else "x", "y", also=always, log=picture.log_y, interval=shown)
        return [replace(axis, alone=axis.of) if mark == "line" and d.has("color") else axis]
    if mark == "curve":
        rises = (
            not picture.log_y and not is_share(d.panel, d.column("y").name) and is_share(d.panel, d.column("x").name)
        )
        names = (d.column("y").name, d.column("x").name)
        return [Axis("y", names, names[:1], nought, kind="lift")] if rises else []
    if mark == "z_bars":
        return [_axis(d, "x", "x", also=(-Z, 0.0, Z))]
    if mark == "forest":
        return [_axis(d, "x", "x", also=(1.0,), log=True, interval=True)]
    if mark == "gauge":
        value, goal = d.column("value").name, (d.column("reference").name,) if d.has("reference") else ()
        return [Axis("x", (value,), (value,), nought, always=goal)]
    if mark == "scatter":
        found = [_axis(d, "x", "x", log=picture.log_x), _axis(d, "y", "y", log=picture.log_y)]
        return [*found, _axis(d, "size", "size", also=nought, name="sizes")] if d.has("size") else found
    if mark == "polar":
        return [_axis(d, "radius", "r", also=nought)]
    if mark in ("heatmap", "treemap"):
        scored = d.has("color") and d.column("color").role == "number"
        return [Axis("color", (d.column("color").name,), (), kind="exact")] if scored else []
    if mark == "boxplot":
        five = tuple(d.column(channel).name for channel in FIVE)
        side = "y" if is_ordered(d.column("x"), d.panel) else "x"
        log = picture.log_y or spans_decades(d)
        return [Axis(side, five, (five[0], five[-1]), log=log, kind="round" if log else "boxes")]
    return []


def _axis(
    d: Drawing,
    scale: str,
    channel: Channel,
    *,
    also: tuple[float, ...] = (),
    log: bool = False,
    interval: bool = False,
    name: str = "axis",
) -> Axis:
    column = d.column(channel)
    ends = (column.low, column.high) if interval and column.low and column.high else ()
    return Axis(scale, (column.name, *ends), (column.name,), also, log=log, name=name)


def spans_decades(d: Drawing) -> bool:
    """Whether boxes, of positive numbers alone, differ so much that only a logarithm shows them all.

    So do boxes that would as a rule be slivers, even on an axis that far-off numbers do not set.
    """
    low, q1, q3 = (d.panel.table[d.column(channel).name] for channel in ("low", "q1", "q3"))
    least, first, last = (_number(end) for end in (low.min(), q1.min(), q3.max()))
    if least is None or first is None or last is None:
        return False
    if least <= 0:
        return False
    table, five = d.panel.table, tuple(d.column(channel).name for channel in FIVE)
    axis = Axis("", five, (), kind="boxes")
    start, end = _boxes(axis, table) or _extent(axis, table) or (0.0, 0.0)
    typical = _number((q3 - q1).median()) or 0.0
    return last / first > DECADES or 0 < typical < SLIVER * (end - start)


def is_share(panel: Panel, name: str) -> bool:
    """Whether all numbers of a column are between 0 and 1."""
    column = panel.table[name].drop_nulls()
    return column.len() > 0 and bool(((column >= 0) & (column <= 1)).all())


def found(d: Drawing, panel: Panel) -> list[tuple[Axis, Ends]]:
    """The scales that must be told where they end, by the rows of a panel: of all that is drawn on them."""
    sure = _sure(panel)
    return [(axis, ends) for axis in axes(d) if (ends := _ends(axis, panel.table, sure)) is not None]


def _sure(panel: Panel) -> pl.DataFrame | None:
    """The rows that rest on enough cases; None where these are hardly any."""
    low = low_counts(panel)
    sure = len(low) - sum(low)
    if sure == len(low):
        return panel.table
    return panel.table.filter([not is_low for is_low in low]) if sure and sure >= FEWEST_SURE * len(low) else None


def said(found: Sequence[tuple[Axis, Ends]], panel: Panel) -> list[str]:
    """What of a panel lies beyond its axes, in words."""
    told = [(axis, ends) for axis, ends in found if axis.of]
    if not told:
        return []
    beyond: set[int] = set()
    for axis, (least, most) in told:
        for name in axis.of:
            values = enumerate(panel.table[name].to_list())
            beyond |= {at for at, value in values if _number(value) is not None and not least <= value <= most}
    lie = f"{counted(len(beyond), 'row')} {'lies' if len(beyond) == 1 else 'lie'} beyond"
    if any(axis.kind == "boxes" for axis, _ in told):
        return [f"Arrows: Min or Max of {lie} the axis; the table has them."] if beyond else []
    if any(axis.kind == "lift" for axis, _ in told):
        return [f"Axis scaled without the first {START:.0%} of offers: {lie}.".replace("%", " %")] if beyond else []
    names = " and ".join(dict.fromkeys(axis.name for axis, _ in told)).capitalize()
    if _sure(panel) is None:
        return [f"{names} scaled without intervals: hardly any row is of enough cases."]
    return [f"{names} scaled without low n{f': {lie}' if beyond else ''}."]


def described(d: Drawing) -> list[Json]:
    """The scales that rows of few cases must not set, for a page to find their ends: columns by their fields."""
    return [
        {
            "scale": axis.scale, "columns": [d.field(name) for name in axis.columns],
            "of": [d.field(name) for name in axis.of], "also": [*axis.also],
            "always": [d.field(name) for name in axis.always], "log": axis.log, "kind": axis.kind, "name": axis.name,
            "alone": [d.field(name) for name in axis.alone],
        }
        for axis in axes(d)
    ]  # fmt: skip


def applied(drawn: Spec, found: Sequence[tuple[Axis, Ends]]) -> None:
    """Set the ends of scales in what is drawn."""
    for axis, ends in found:
        for scale in _scales(drawn, axis.scale):
            scale |= {"domainMin": ends[0], "domainMax": ends[1], "clamp": True}
            if axis.kind != "exact" and axis.scale != "size":
                scale["nice"] = False


def _scales(drawn: Spec, name: str) -> Iterator[Spec]:
    """The scales of a name: of a Vega specification, or of the encodings of layers."""
    scales, encoding, layers = drawn.get("scales"), drawn.get("encoding"), drawn.get("layer")
    if isinstance(scales, list):
        yield from (scale for scale in scales if isinstance(scale, dict) and scale.get("name") == name)
    position = encoding.get(name) if isinstance(encoding, dict) else None
    if isinstance(position, dict) and position.get("type") == "quantitative":
        scale = position.get("scale")
        if isinstance(scale, dict):
            yield scale
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict):
            yield from _scales(layer, name)


def _ends(axis: Axis, table: pl.DataFrame, sure: pl.DataFrame | None) -> Ends | None:
    """Where a scale ends; None where it need not be told, as all its numbers agree."""
    if axis.kind == "lift":
        return _settled(axis, table)
    always = _extent(axis, table, axis.always) or ()
    chosen = axis.alone if sure is None and axis.alone else axis.columns
    those = table if sure is None else sure
    whole, ends = _extent(axis, table, also=always), _boxes(axis, those) or _extent(axis, those, chosen, also=always)
    if whole is None or ends is None:
        return None
    if axis.kind != "exact":
        ends = _rounded(ends, log=axis.log)
    return None if ends[0] <= whole[0] and whole[1] <= ends[1] else ends


def _extent(
    axis: Axis, table: pl.DataFrame, names: tuple[str, ...] | None = None, *, also: tuple[float, ...] = ()
) -> Ends | None:
    """The least and the greatest number of columns, those of the axis by default, with what it shows anyway."""
    chosen = axis.columns if names is None else names
    columns = [table[name] for name in chosen if table.schema[name].is_numeric()]
    if axis.log:
        columns = [column.filter(column > 0) for column in columns]
    ends = [_number(end) for column in columns for end in (column.min(), column.max())]
    known = [end for end in ends if end is not None]
    return (min(*known, *axis.also, *also), max(*known, *axis.also, *also)) if known else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _boxes(axis: Axis, table: pl.DataFrame) -> Ends | None:
    """The ends of whiskers as far as the fences; None where far-off numbers do no harm, and for other kinds."""
    import polars as pl

    table = table.drop_nulls(axis.columns) if axis.kind == "boxes" else table
    whole = _extent(axis, table)
    if axis.kind != "boxes" or whole is None or not all(table.schema[name].is_numeric() for name in axis.columns):
        return None
    least, first, _, third, most = (pl.col(name) for name in axis.columns)
    fence = FENCE * (third - first)
    start = table.select(pl.max_horizontal(least, first - fence).min()).item()
    end = table.select(pl.min_horizontal(most, third + fence).max()).item()
    if start is None or end is None or whole[1] - whole[0] <= FLAT * (end - start) or start == end:
        return None
    return float(start), float(end)


def _settled(axis: Axis, table: pl.DataFrame) -> Ends | None:
    """The ends of a lift after its start; None where its start does no harm."""
    lift, share = axis.columns
    whole, ends = (_extent(axis, rows, (lift,)) for rows in (table, table.filter(table[share] >= START)))
    return None if whole is None or ends is None or whole[1] <= FLAT * ends[1] else _rounded(ends, log=False)


def _rounded(ends: Ends, *, log: bool) -> Ends:
    """Ends at round numbers: parts of the axis, or one, two or five times a power of ten on a logarithmic one."""
    least, most = ends
    if log:
        return _round(least, up=False), _round(most, up=True)
    if least == most:
        half = abs(least) / 2 or 1.0
        least, most = least - half, most + half
    step = _round((most - least) / STEPS, up=True)
    return _clean(math.floor(least / step + TINY) * step), _clean(math.ceil(most / step - TINY) * step)


def _round(value: float, *, up: bool) -> float:
    """The next one, two or five times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = [_clean(times * power) for times in (1, 2, 5, 10)]
    if up:
        return next((step for step in steps if step >= value * (1 - TINY)), steps[-1])
    return next((step for step in reversed(steps) if step <= value * (1 + TINY)), steps[0])


def rounded_up(value: float) -> float:
    """The next end of an axis that begins at nought."""
    return _rounded((0.0, value), log=False)[1]


def _clean(value: float) -> float:
    """Without the noise of binary fractions."""
    return float(f"{value:.12g}")
