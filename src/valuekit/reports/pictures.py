"""Pictures as files: SVG and PNG of a panel with its title, its grain and where its numbers come from.

Owns what stands above a picture and how a specification becomes bytes. Nothing is requested: the chart library and its
font are part of an installed package. Never decides how a mark looks: `valuekit.reports.charts` does.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from valuekit.reports import charts
from valuekit.reports.charts import style
from valuekit.reports.palette import PALETTES, Theme
from valuekit.reports.plain import plain
from valuekit.reports.reasons import made_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.reports.charts.shapes import Spec
    from valuekit.reports.report import Panel, Provenance, Report

WIDTH = 800
"""Pixels of a picture at scale 1."""

VEGA_LITE = "6.4"
"""The release that pictures are written for; vl-convert carries it."""

_TITLE = 16
_WIDEST = 0xFFFF
_PRIVATE = range(0xE000, 0xF900)


def svg(
    report: Report, panel: Panel, theme: Theme = "light", *, width: int = WIDTH, provenance: Provenance | None = None
) -> str:
    """Draw a panel as SVG, the same text for the same panel.

    Args:
        report: whose title stands above.
        panel: one of its panels, with a picture.
        theme: which colours.
        width: of the whole, in pixels.
        provenance: where the numbers come from, for the line below the title; left out where it is not told.

    Raises:
        ValueError: the panel has no picture.
    """
    spec = charts.spec(panel, theme=theme, width=width)
    name = f"{report.title} \N{EN DASH} {panel.title}" if panel.title else report.title
    spec["title"] = _heading(name, [grain(report, panel), *source(provenance), *_remarks(spec)], theme, width)
    return drawn(spec)


def png(
    report: Report,
    panel: Panel,
    theme: Theme = "light",
    scale: float = 2,
    *,
    width: int = WIDTH,
    provenance: Provenance | None = None,
) -> bytes:
    """As `svg`, in pixels: `scale` of them for each of the picture's."""
    import vl_convert

    found = svg(report, panel, theme, width=width, provenance=provenance)
    return bytes(vl_convert.svg_to_png(found, scale=scale))


def drawn(spec: Spec) -> str:
    """Draw a specification as SVG; equal ones give equal text."""
    import vl_convert

    text = json.dumps(spec, ensure_ascii=False, allow_nan=False)
    away, back = _stand_ins(text)
    text = text.translate(away)
    if charts.engine_of(spec) == "vega-lite":
        found = vl_convert.vegalite_to_svg(text, vl_version=VEGA_LITE, allowed_base_urls=[])
    else:
        found = vl_convert.vega_to_svg(text, allowed_base_urls=[])
    return _renumbered(found).translate(back)


def _stand_ins(text: str) -> tuple[Mapping[int, str], Mapping[int, str]]:
    """Characters that stand for those beyond 16 bits while a picture is drawn, there and back.

    The library shortens labels by 16-bit units, and fails on half a character. A stand-in is followed by a filler, as
    those are about twice as wide as what it takes for an unknown character.
    """
    used = set(text)
    free = (chr(code) for code in _PRIVATE if chr(code) not in used)
    filler = next(free, "")
    pairs = [(wide, next(free, "\N{REPLACEMENT CHARACTER}")) for wide in sorted(used) if ord(wide) > _WIDEST]
    back = {ord(short): wide for wide, short in pairs if ord(short) in _PRIVATE}
    away = {ord(wide): short + filler for wide, short in pairs}
    return away, {**back, **({ord(filler): ""} if filler else {})}


def _renumbered(text: str) -> str:
    """Number the parts that a picture refers to from 0: the library counts through all pictures of a process."""
    if "<defs>" not in text:
        return text
    numbers: dict[str, str] = {}
    for name in re.findall(r'<(?:clipPath|linearGradient|radialGradient|pattern) id="([\w-]+)"', text):
        numbers.setdefault(name, f"part{len(numbers)}")
    referred = re.compile(r'(id="|url\(#)([\w-]+)(?=["\)])')
    return referred.sub(lambda found: found[1] + numbers.get(found[2], found[2]), text)


def _heading(name: str, lines: Sequence[str], theme: Theme, width: int) -> Spec:
    """The title, and lines in small type below it."""
    room = width - 40
    return {
        **style.title_look(PALETTES[theme]),
        "text": [*style.lines([name], room, _TITLE)],
        "subtitle": [*style.lines(lines, room)],
    }


def _remarks(spec: Spec) -> list[str]:
    """What a specification says of what it leaves out and what its marks mean."""
    said = spec["usermeta"]
    found = said["remarks"] if isinstance(said, dict) else None
    return [str(remark) for remark in found] if isinstance(found, list) else []


def grain(report: Report, panel: Panel) -> str:
    """Which metric, by which dimensions."""
    by = ", ".join(panel.key or report.by)
    return plain(f"{report.metric} by {by}" if by else report.metric)


def source(provenance: Provenance | None) -> list[str]:
    """How many rows of which days the numbers are made of, as one sentence; none where nobody tells."""
    if provenance is None:
        return []
    return [made_of(provenance.facts, provenance.files, provenance.first, provenance.last)]
