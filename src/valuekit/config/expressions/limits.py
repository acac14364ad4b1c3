"""How large a text and its tree may be, and which characters a text may hold at all.

Owns the limits that hold for both languages. Never looks at what a text means.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from valuekit.config.expressions.expression import ExpressionError

if TYPE_CHECKING:
    from valuekit.config.expressions.tree import Node

MAX_TEXT = 20_000
"""Characters that one text may have."""

MAX_DEPTH = 64
"""Levels of brackets in a text, and of nodes in a tree."""

MAX_SIZE = 200_000
"""Characters, about, of the SQL that a tree is written out to."""

MAX_INTEGER = 2**63 - 1
"""The largest whole number of either sign."""

_SHORT = 60

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def named_character(character: str) -> str:
    """Say which character it is, without printing it."""
    return f"U+{ord(character):04X} ({unicodedata.name(character, 'a control character')})"


def shortened(text: str, most: int = _SHORT) -> str:
    """The beginning of a text on one line, for a message."""
    line = "".join(character if character.isprintable() else " " for character in text[: most + 1])
    return line if len(line) <= most else f"{line[:most]}…"


def check_characters(text: str) -> None:
    """Refuse a text that is too long, or that holds control, direction or surrogate characters anywhere.

    Raises:
        ExpressionError: at the first such character.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(
            f"the expression has {len(text):,} characters, at most {MAX_TEXT:,} are allowed", MAX_TEXT
        )
    if match := _CONTROL.search(text):
        raise ExpressionError(f"the character {named_character(match[0])} is not allowed here", match.start())


def check_constant(value: str, at: int) -> str:
    """The same text constant; refused where an escape sequence made it hold what `check_characters` refuses.

    Raises:
        ExpressionError: at the constant.
    """
    if match := _CONTROL.search(value):
        raise ExpressionError(f"a text cannot hold the character {named_character(match[0])}", at)
    return value


def check_integer(value: int, at: int) -> int:
    """The same number.

    Raises:
        ExpressionError: it does not fit 64 bits.
    """
    if abs(value) > MAX_INTEGER:
        raise ExpressionError("a whole number must fit 64 bits", at)
    return value


def within_limits(node: Node) -> Node:
    """The same node.

    Raises:
        ExpressionError: it is nested too deeply, or the SQL of it would be too long.
    """
    if node.depth > MAX_DEPTH:
        raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} levels deep", node.at)
    if node.size > MAX_SIZE:
        raise ExpressionError("the expression is too large once it is written out", node.at)
    return node
