"""A first look at an SQL text, before DuckDB's parser sees it.

Owns what a tree cannot show: comments, semicolons, odd quotes and characters, and shapes on which a parser spends
memory or time out of proportion. Never decides what an expression means: `sql_guard` does, on the parsed tree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.expressions.limits import MAX_DEPTH, check_characters, named_character

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<word>[^\W\d]\w*)
    | (?P<number>\d[\w.]*|\.\d[\w.]*)
    | (?P<text>'[^']*(?:''[^']*)*')
    | (?P<name>"[^"]*(?:""[^"]*)*")
    | (?P<comment>--|/\*)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<dollar>\$\w*\$)
    | (?P<semicolon>;)
    | (?P<operator>[!#$%&*+,\-./:<=>?@^|~])
    """,
    re.VERBOSE,
)
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_PREFIXES = {"E", "X", "B", "N", "U"}
_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u0060\u00b4"
_OPERAND_TOKENS = 20


@dataclass
class _Case:
    at: int
    tokens: int = 0
    in_operand: bool = True


@dataclass
class Scan:
    """What a text consists of.

    Attributes:
        text: the text that was looked at.
        words: upper-case bare words with their offsets, in order.
    """

    text: str
    words: list[tuple[str, int]] = field(default_factory=list)
    _brackets: list[tuple[str, int]] = field(default_factory=list)
    _cases: list[_Case] = field(default_factory=list)

    def offset_of(self, *words: str) -> int:
        """Where the first of some words stands; 0 where none does."""
        return next((at for word, at in self.words if word in words), 0)

    def token(self, kind: str, value: str, at: int) -> None:
        """Take note of one token, or refuse it."""
        if kind in ("comment", "dollar", "semicolon"):
            raise ExpressionError(_REFUSED[kind], at)
        if kind == "open":
            self._brackets.append((value, at))
            if len(self._brackets) > MAX_DEPTH:
                raise ExpressionError(f"brackets are nested more than {MAX_DEPTH} levels deep", at)
        elif kind == "close" and (not self._brackets or _CLOSES[self._brackets.pop()[0]] != value):
            raise ExpressionError(f"this {value} closes nothing", at)
        elif kind == "word":
            self._word(value.upper(), at)
        if kind != "space" and self._cases and self._cases[-1].in_operand:
            self._cases[-1].tokens += 1

    def _word(self, word: str, at: int) -> None:
        self.words.append((word, at))
        if word in _PREFIXES and self.text[at + 1 : at + 2] == "'":
            raise ExpressionError(f"{self.text[at : at + 2]}…' is not allowed: write a plain text in single quotes", at)
        if word == "CASE":
            if self._cases and self._cases[-1].in_operand:
                raise ExpressionError("a CASE cannot be what another CASE compares: name it in a column of its own", at)
            self._cases.append(_Case(at))
        elif word == "WHEN" and self._cases:
            case = self._cases[-1]
            if case.in_operand and case.tokens > _OPERAND_TOKENS:
                raise ExpressionError("what this CASE compares is too long: write CASE WHEN … = … THEN", case.at)
            case.in_operand = False
        elif word == "END" and self._cases:
            self._cases.pop()

    def finish(self) -> None:
        """Refuse a text that ends within brackets."""
        if self._brackets:
            bracket, at = self._brackets[-1]
            raise ExpressionError(f"this {bracket} is never closed", at)


_REFUSED = {
    "comment": "a comment is not allowed in an expression",
    "dollar": "dollar quotes are not allowed: write a text in single quotes",
    "semicolon": "a semicolon is not allowed: an expression is one value, not a statement",
}


def scan(text: str) -> Scan:
    """Look at an SQL text token by token.

    Raises:
        ExpressionError: at the first thing that no allowed expression can hold.
    """
    check_characters(text)
    found = Scan(text)
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(_unreadable(text[at]), at)
        found.token(str(match.lastgroup), match[0], at)
        at = match.end()
    found.finish()
    return found


def _unreadable(character: str) -> str:
    if character == "'":
        return "the text that begins here is never closed"
    if character == '"':
        return "the name that begins here is never closed"
    if character in _QUOTES:
        return f"{named_character(character)} is no quote in SQL: texts stand in ' and names in \""
    return f"the character {named_character(character)} is not allowed outside of quotes"
