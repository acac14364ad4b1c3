"""Text with a width and a colour: padding, folding and painting of what a terminal shows.

Owns terminal columns and escapes. Never decides what is shown.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style

Colors: TypeAlias = Literal["standard", "256", "truecolor"] | None
"""How many colours a terminal has; None for none."""

_LEFT_TO_RIGHT_MARK = "\u200e"
_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True)
class Painter:
    """Turns text and a style into what a terminal understands.

    Attributes:
        colors: how many there are.
    """

    colors: Colors
    _styles: dict[str, Style] = field(default_factory=dict, repr=False)

    def paint(self, text: str, style: str) -> str:
        """Emphasise text; without colours, or without a style, it stays as it is."""
        if self.colors is None or not style or not text:
            return text
        from rich.color import ColorSystem
        from rich.style import Style

        if style not in self._styles:
            parsed = Style.parse(style)  # shared by all painters, and a style remembers the colours it was drawn with
            self._styles[style] = Style(color=parsed.color, bgcolor=parsed.bgcolor, bold=parsed.bold, dim=parsed.dim)
        systems = {
            "standard": ColorSystem.STANDARD,
            "256": ColorSystem.EIGHT_BIT,
            "truecolor": ColorSystem.TRUECOLOR,
        }
        return self._styles[style].render(text, color_system=systems[self.colors])


def wide(text: str) -> int:
    """The terminal columns that a text takes."""
    from rich.cells import cell_len

    return cell_len(text)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Fill up with spaces, counted in terminal columns.

    Text from right to left is closed with a mark without width, so that a terminal that turns it around leaves the next
    column where it is.
    """
    space = " " * (width - wide(text))
    closed = f"{text}{_LEFT_TO_RIGHT_MARK}" if _turns(text) else text
    return space + closed if right else closed + space


def folded(text: str, width: int) -> list[str]:
    """Cut into pieces that fit a width, wherever that is."""
    from rich.cells import chop_cells

    return [text] if wide(text) <= width else chop_cells(text, max(width, 2))


def cut(text: str, width: int) -> str:
    """Shorten to a width, with an ellipsis where something is missing."""
    if wide(text) <= width:
        return text
    return folded(text, width - 1)[0] + "…" if width > 2 else "…"


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a sentence between words into lines that fit a width; longer words are cut into pieces."""
    if wide(text) <= width:
        yield text
        return
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if wide(joined) <= width:
            line = joined
            continue
        if line:
            yield line
        *whole, line = folded(word, width)
        yield from whole
    yield line


def _turns(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)
