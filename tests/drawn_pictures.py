"""What a specification looks like once drawn: the marks and texts of the chart library's own scene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import vl_convert

from valuekit.reports import charts
from valuekit.reports.pictures import VEGA_LITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.reports.charts.shapes import Spec


def items(spec: Spec, kind: str) -> list[dict[str, Any]]:
    """The drawn marks of a kind, such as `rect` or `text`."""
    if charts.engine_of(spec) == "vega-lite":
        scene = vl_convert.vegalite_to_scenegraph(spec, vl_version=VEGA_LITE, show_warnings=True, allowed_base_urls=[])
    else:
        scene = vl_convert.vega_to_scenegraph(spec, allowed_base_urls=[])
    return [item for mark in _marks(scene["scenegraph"]) if mark["marktype"] == kind for item in mark["items"]]


def texts(spec: Spec) -> list[str]:
    """All that is written, lines of one text joined by blanks, a minus as people type it."""
    found = (item.get("text", "") for item in items(spec, "text"))
    joined = (" ".join(text) if isinstance(text, list) else str(text) for text in found)
    return [text.replace("\N{MINUS SIGN}", "-") for text in joined]


def _marks(scene: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All marks, those inside groups too."""
    yield scene
    for item in scene.get("items", ()):
        if scene["marktype"] == "group":
            for inner in item.get("items", ()):
                yield from _marks(inner)
