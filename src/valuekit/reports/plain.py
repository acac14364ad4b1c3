"""Text from data as text: one line that steers no terminal.

Owns which characters are spelt out. Never shortens anything.
"""

from __future__ import annotations


def plain(text: str) -> str:
    """Make one line that no terminal can misread: line breaks become spaces, other control characters are spelt out."""
    return "".join(_printable(character) for character in text.rstrip())


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character in "\n\r\t" else character.encode("unicode_escape").decode("ascii")
