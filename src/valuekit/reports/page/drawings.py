"""The pictures of the page: specifications without rows, by theme and width, for the page's script to draw.

Owns what of a specification is embedded, and which rows it shows. Never draws, and never describes a picture:
`valuekit.reports.charts` does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from valuekit.reports import charts
from valuekit.reports.charts import bounds
from valuekit.reports.low_counts import COUNT
from valuekit.reports.page.packing import packed_json
from valuekit.reports.palette import PALETTES
from valuekit.reports.values import exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.charts.shapes import Spec
    from valuekit.reports.report import Channel, Panel, Picture

Json: TypeAlias = "dict[str, Any]"
Size: TypeAlias = Literal["wide", "narrow"]

WIDTHS: Mapping[Size, int] = {"wide": 860, "narrow": 330}
"""For how many pixels a picture is laid out; the page stretches it to what it has."""

_NUMBERS: tuple[Channel, ...] = ("x", "y", "value", "median", "color", "size", "r")
_OPTIONAL: frozenset[tuple[str, Channel]] = frozenset({("treemap", "color"), ("scatter", "size")})
"""Without these a picture still shows something."""

_GROUPS: tuple[Channel, ...] = ("color", "facet_row", "facet_column")
_ROW = "row of the table"


def drawing(panel: Panel) -> Json | None:
    """What the page needs to draw a panel's picture of any rows; None where it has none.

    A picture has bounds: `drawn` are the rows that it shows, by number, and `keys` tell them apart under a filter.
    """
    if panel.picture is None:
        return None
    numbered = replace(panel, table=panel.table.with_row_index(_ROW))
    shown, remarks = _framed(numbered, panel.picture)
    bare = replace(panel, table=shown.table.drop(_ROW), picture=_still(panel.picture))
    is_whole = bare.table.height == panel.table.height
    keys = None if is_whole else [list(map(exact, key)) for key in bare.table.select(panel.key).rows()]
    drawn = None if is_whole else shown.table[_ROW].to_list()
    whole = {
        theme: {size: charts.spec(bare, theme=theme, width=WIDTHS[size], with_rows=False) for size in WIDTHS}
        for theme in PALETTES
    }
    specs = {theme: {size: _bare(spec) for size, spec in sizes.items()} for theme, sizes in whole.items()}
    frame = panel.picture.column("frame")
    return {
        "engine": charts.engine_of(specs["light"]["wide"]),
        "frame": charts.fields(panel)[frame] if frame else None,
        "frameName": frame,
        "rows": bare.table.height,
        "remarks": [*bounds.said(remarks), *_told(whole["light"]["wide"])],
        "axes": _axes(whole["light"]["wide"]),
        "uses": _numbers(panel, panel.picture),
        "needs": _numbers(panel, panel.picture, without=_OPTIONAL),
        "packed": packed_json({"specs": specs, "drawn": drawn, "keys": keys}),
    }


def _framed(panel: Panel, picture: Picture) -> tuple[Panel, list[str]]:
    """The rows that are drawn; of a picture with frames those of each frame, in the same colours."""
    import polars as pl

    frame = picture.column("frame")
    if frame is None or panel.table.height == 0:
        return bounds.bounded(panel, picture)
    still, remarks = _still(picture), dict[str, None]()
    groups = {channel: name for channel in _GROUPS if (name := picture.column(channel))}
    table = panel.table
    if groups:
        cases = pl.col(COUNT).sum() if COUNT in table.columns else pl.len().alias(COUNT)
        names = list(dict.fromkeys(groups.values()))
        totals = table.group_by(names, maintain_order=True).agg(cases)
        kept, said = bounds.bounded(replace(panel, table=totals), replace(still, channels=groups))
        remarks |= dict.fromkeys(said)
        table = table.join(kept.table, on=names, how="semi", nulls_equal=True)
    parts = []
    for part in table.partition_by(frame, maintain_order=True):
        one, said = bounds.bounded(replace(panel, table=part), still)
        parts.append(one.table)
        remarks |= dict.fromkeys(said)
    return replace(panel, table=pl.concat(parts).sort(_ROW)), list(remarks)


def _still(picture: Picture) -> Picture:
    """The picture of one frame, whichever."""
    return replace(picture, channels={name: of for name, of in picture.channels.items() if name != "frame"})


def _told(spec: Spec) -> list[str]:
    """What a specification says of its marks; which rows it shows was said before, of all frames."""
    own = spec.get("usermeta")
    remarks = own["remarks"] if isinstance(own, dict) else []
    texts = [str(remark) for remark in remarks] if isinstance(remarks, list) else []
    return [text for text in texts if not text.startswith(bounds.DRAWN)]


def _axes(spec: Spec) -> object:
    """Which scales the page ends by its rows."""
    own = spec.get("usermeta")
    return own.get("axes", []) if isinstance(own, dict) else []


def _bare(spec: Json) -> Json:
    """A specification without rows, and without what the page says itself."""
    found: Json = {**spec}
    for name in ("usermeta", "title", "description"):
        found.pop(name, None)
    if isinstance(found["data"], dict):
        found["data"] = {"name": "table"}
    else:
        found["data"][0]["values"] = []
    return found


def _numbers(panel: Panel, picture: Picture, *, without: frozenset[tuple[str, Channel]] = frozenset()) -> list[str]:
    """The numbers that a picture shows, by name."""
    channels = (channel for channel in _NUMBERS if (picture.mark, channel) not in without)
    names = dict.fromkeys(name for channel in channels if (name := picture.column(channel)))
    return [name for name in names if panel.column(name).role == "number"]
