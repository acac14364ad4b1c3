"""The colours of the page as style rules, for light and dark.

Owns the names by which the page's looks call the colours. Never chooses a colour: `valuekit.reports.palette` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.palette import DARK, LIGHT

if TYPE_CHECKING:
    from valuekit.reports.palette import Palette

_NAMES = ("background", "surface", "text", "muted", "grid", "border", "accent", "faint", "better", "worse")


def color_rules() -> str:
    """Style rules that set `--background` and the like."""
    light, dark = _declared(LIGHT), _declared(DARK)
    return f":root{{{light}}}\n:root[data-theme=dark]{{{dark};color-scheme:dark}}\n"


def _declared(palette: Palette) -> str:
    return ";".join(f"--{name}:{getattr(palette, name)}" for name in _NAMES)
