r"""Regular expressions as Polars understands them (Rust's regex crate), written so that RE2 means the same.

Owns the translation: `\d`, `\w` and `\s` mean Unicode in Rust and ASCII in RE2, so they are written out; what the two
(or Java) read differently is refused. Sources: docs.rs/regex "Syntax", the RE2 wiki "Syntax".
"""

from __future__ import annotations

import re

_DIGIT = r"\p{Nd}"
_WORD = r"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}"
_SPACE = r"\t\n\x0B\f\r\x{85}\p{Z}"
_OUTSIDE = {
    "d": _DIGIT,
    "D": r"\P{Nd}",
    "w": f"[{_WORD}]",
    "W": f"[^{_WORD}]",
    "s": f"[{_SPACE}]",
    "S": f"[^{_SPACE}]",
}
_INSIDE = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_PLAIN_ESCAPES = {"t", "n", "r"}
_GROUP = re.compile(r"\(\?(?::|[ims]+[:)])")
_COUNT = re.compile(r"\{(\d{1,4})(?:,(\d{0,4}))?\}")
_SET_OPERATORS = ("&&", "--", "~~")
_MAX_COUNT = 1_000


LEADING_SPACE = f"^[{_SPACE}]+"
TRAILING_SPACE = f"[{_SPACE}]+$"


class PatternError(Exception):
    """A pattern, or a place in it, that the engines read differently."""


def quote(text: str) -> str:
    """A pattern that matches exactly this text."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def is_plain(pattern: str) -> bool:
    """Whether a pattern matches just itself, character by character."""
    return quote(pattern) == pattern


def portable(pattern: str) -> str:
    r"""Translate a pattern.

    Raises:
        PatternError: it holds something that Rust's regex, RE2 and Java do not all read alike: `\b`, look-around,
            back references, named groups, sets within sets, counts above 1000.
    """
    written: list[str] = []
    at = groups = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "[":
            piece, at = _set(pattern, at)
        elif character == "{":
            piece, at = _count(pattern, at)
        elif character == "\\":
            piece, at = _escape(pattern, at, _OUTSIDE), at + 2
        elif character == "(":
            piece, at = _group(pattern, at)
            groups += not piece.endswith(")")
        else:
            groups -= character == ")"
            piece, at = quote(character) if character in "]}" else character, at + 1
        if groups < 0:
            break
        written.append(piece)
    if groups:
        raise PatternError("the brackets of the pattern do not match")
    return "".join(written)


def _escape(pattern: str, at: int, classes: dict[str, str]) -> str:
    letter = pattern[at + 1 : at + 2]
    if letter in classes:
        return classes[letter]
    if letter in _PLAIN_ESCAPES or (letter.isascii() and letter.isprintable() and not letter.isalnum() and letter):
        return f"\\{letter}"
    raise PatternError(f"\\{letter} is not allowed in a pattern")


def _group(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at + 1 : at + 2] != "?":
        return "(", at + 1
    match = _GROUP.match(pattern, at)
    if match is None:
        raise PatternError(f"{pattern[at : at + 3]} is not allowed in a pattern: only (, (?: and flags such as (?i)")
    return match[0], match.end()


def _count(pattern: str, at: int) -> tuple[str, int]:
    match = _COUNT.match(pattern, at)
    if match is None:
        raise PatternError(r"a brace in a pattern is a count, {2} or {2,5}; the character itself is \{")
    if max(int(match[1]), int(match[2] or 0)) > _MAX_COUNT:
        raise PatternError(f"a count in a pattern is at most {_MAX_COUNT}")
    return match[0], match.end()


def _set(pattern: str, at: int) -> tuple[str, int]:
    start = at
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    written = [pattern[start:at]]
    first = True
    while at < len(pattern):
        character = pattern[at]
        if character == "]" and not first:
            return "".join([*written, "]"]), at + 1
        if character in "[]" or pattern[at : at + 2] in _SET_OPERATORS:
            raise PatternError(f"{pattern[at : at + 2]} within [...] is not allowed: write a bracket as \\[ or \\]")
        piece = _escape(pattern, at, _INSIDE) if character == "\\" else character
        written.append(piece)
        at += 2 if character == "\\" else 1
        first = False
    raise PatternError("a [ in the pattern is never closed")
