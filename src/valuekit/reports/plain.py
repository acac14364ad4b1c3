"""Text from data as text: one line that steers no terminal.

Owns which characters are spelt out. Never shortens anything.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_COLORS = range(0x1F3FB, 0x1F400)
"""The modifiers that give an emoji the colour of a skin."""

_ARROWS = "\u2194\u2195"
"""The arrows that are part of emoji."""

_EMOJI_FORM = "\ufe0f"


def plain(text: str) -> str:
    """Make one line that no terminal can misread: line breaks become spaces, other control characters are spelt out.

    The sign that joins emoji, as those of a family, stays where it does that.
    """
    text = text.rstrip()
    if _JOINER not in text:
        return "".join(_printable(character) for character in text)
    return "".join(
        character if character == _JOINER and _joins(text, at) else _printable(character)
        for at, character in enumerate(text)
    )


def _joins(text: str, at: int) -> bool:
    """Whether there is an emoji on both sides."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before and after) and _ends_emoji(before) and (_is_sign(after) or after in _ARROWS)


def _ends_emoji(character: str) -> bool:
    return character == _EMOJI_FORM or ord(character) in _COLORS or _is_sign(character)


def _is_sign(character: str) -> bool:
    return unicodedata.category(character) == "So"


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character in "\n\r\t" else character.encode("unicode_escape").decode("ascii")
