"""The colours of reports, for light and dark, the same in pictures, pages and print.

Owns which colours there are. The categorical ones stay apart for people with protanopia, deuteranopia and tritanopia,
and stand out from the background by at least 3:1 (WCAG 2.2, 1.4.11). Never decides what is drawn in a colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Theme: TypeAlias = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, each as `#rrggbb`.

    Attributes:
        background: of pages and pictures.
        surface: of cards and boxes on the background.
        text: what is read first.
        muted: labels, subtitles, notes; readable as text (4.5:1).
        grid: lines that guide the eye.
        border: around boxes and between rows.
        accent: links, focus, the only series of a picture.
        faint: cells of low n.
        better: a change for the better, and `worse` its opposite; never the only sign of it.
        worse: a change for the worse.
        categorical: for the values of a dimension, in this order.
        sequential: from little to much.
        diverging: from far below a middle to far above it.
    """

    background: str
    surface: str
    text: str
    muted: str
    grid: str
    border: str
    accent: str
    faint: str
    better: str
    worse: str
    categorical: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]


LIGHT = Palette(
    background="#ffffff",
    surface="#f6f8fa",
    text="#18222d",
    muted="#566270",
    grid="#e4e9ee",
    border="#ced6de",
    accent="#1b6fb6",
    faint="#b9c2cb",
    better="#0b6e62",
    worse="#a8321c",
    categorical=(
        "#1b6fb6", "#bb8b07", "#a04973", "#0da3bb", "#89120c", "#6e7101", "#9676fe", "#622c74", "#e95e87", "#1635b0",
    ),
    sequential=("#e8f1f8", "#bcd8ec", "#86b9dd", "#4b93c8", "#1f6cac", "#0c437a", "#06264b"),
    diverging=("#8a3b06", "#cf7a2c", "#f0bd87", "#f1f1ef", "#94c1e2", "#3a83be", "#0b4577"),
)  # fmt: skip

DARK = Palette(
    background="#12171e",
    surface="#1a212a",
    text="#e8edf2",
    muted="#a3b0bd",
    grid="#2a333e",
    border="#3a4552",
    accent="#58abf2",
    faint="#505c69",
    better="#4fc9b4",
    worse="#f58f78",
    categorical=(
        "#58abf2", "#f7af96", "#a7a325", "#f76ab1", "#14865f", "#d0e425", "#8071f4", "#d23803", "#13f4f9", "#b33fae",
    ),
    sequential=("#1d2a38", "#1d4467", "#1f6298", "#2f84c4", "#5ba6de", "#9bcbf0", "#dcedfb"),
    diverging=("#f7b377", "#d07b33", "#7d4a20", "#2c333b", "#25557f", "#3f8fcf", "#a3d3fa"),
)  # fmt: skip

PALETTES: Mapping[Theme, Palette] = {"light": LIGHT, "dark": DARK}
"""The palette of each theme."""
