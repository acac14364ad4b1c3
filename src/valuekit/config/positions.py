"""Where every key and value of a TOML document stands.

Owns a scanner that walks a document which `tomllib` has already accepted, and remembers the span of each key and
value. Never interprets values and never judges the document: `tomllib` does both.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass

from valuekit.config.findings import KeyPath, Position

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_COMMENT = re.compile(r"#[^\n]*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]*")
_BASIC = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""[^"\\]*(?:(?:\\[\s\S]|"{1,2}(?!"))[^"\\]*)*"{3,5}')
_LONG_LITERAL = re.compile(r"'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}")
_STRINGS = {'"': (_LONG_BASIC, _BASIC), "'": (_LONG_LITERAL, _LITERAL)}
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[^\s])")
_FOLD = re.compile(r"\\[ \t]*\n[ \t\n]*")


@dataclass(frozen=True)
class Span:
    """A half-open range of character offsets."""

    start: int
    end: int


@dataclass(frozen=True)
class Located:
    """Where a key and its value stand; an array element has no key of its own, and a table's value is its header."""

    key: Span
    value: Span


class Positions:
    """The position of every key path of one document.

    Args:
        text: a document that `tomllib.loads` accepts; line ends may be LF or CR LF.

    Attributes:
        text: the document, with line ends of LF.
        located: the span of every key path, in the text with line ends of LF.
        comments: the span of every comment in it.
    """

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self._line_starts = [0] + [match.end() for match in re.finditer("\n", self.text)]
        scanner = _scanned(self.text)
        self.located = scanner.located
        self.comments = tuple(scanner.comments)

    def line(self, offset: int) -> int:
        """Find the line of a character of the text with line ends of LF."""
        return self._position(offset).line

    def of_comment(self, comment: Span) -> tuple[Position, str]:
        """Give where a comment starts, and its text from the number sign on."""
        return self._position(comment.start), self.text[comment.start : comment.end]

    def key(self, path: KeyPath) -> Position:
        """Find where the key of `path` starts; of the nearest table around it where the document lacks the key."""
        return self._position(self._nearest(path).key.start)

    def value(self, path: KeyPath) -> Position:
        """Find where the value of `path` starts; falls back as `key` does."""
        return self._position(self._nearest(path).value.start)

    def inside(self, path: KeyPath, offset: int) -> Position:
        """Find where one character of a string value stands in the file.

        Args:
            path: a key path that holds a string.
            offset: 0-based, in characters of the string's value, after escapes; an offset at or behind the end
                stands for the end of the string.
        """
        span = self._nearest(path).value
        places = string_offsets(self.text, span)
        return self._position(places[min(max(offset, 0), len(places) - 1)])

    def _nearest(self, path: KeyPath) -> Located:
        while path and path not in self.located:
            path = path[:-1]
        return self.located[path] if path else Located(Span(0, 0), Span(0, 0))

    def _position(self, offset: int) -> Position:
        line = bisect.bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)


def scan(text: str) -> dict[KeyPath, Located]:
    """Locate every key path of a valid document whose line ends are LF.

    Returns:
        For each table, key and array element, in the order of the document, its place. A table that is only implied
        (`a` in `[a.b]`) is located where its name first stands.
    """
    return _scanned(text).located


def _scanned(text: str) -> _Scanner:
    scanner = _Scanner(text)
    scanner.document()
    return scanner


def string_offsets(text: str, span: Span) -> list[int]:
    """Locate each character of the string value that `span` covers, and behind them the string's end.

    Returns:
        The offset in `text` of every character of the value, then one of the closing quote; a value that is not a
        string has only the latter, at its start.
    """
    quote = text[span.start : span.start + 1]
    if quote not in _STRINGS or not quote:
        return [span.start]
    long = text.startswith(quote * 3, span.start) and span.end - span.start >= 6
    at = span.start + (3 if long else 1)
    end = span.end - (3 if long else 1)
    if long and text.startswith("\n", at):
        at += 1
    places: list[int] = []
    while at < end:
        escape = None
        if quote == '"' and text[at] == "\\":
            fold = _FOLD.match(text, at, end)
            if fold:
                at = fold.end()
                continue
            escape = _ESCAPE.match(text, at, end)
        places.append(at)
        at = escape.end() if escape else at + 1
    return [*places, end]


class _Scanner:
    """One pass over a valid document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.base: KeyPath = ()
        self.array_lengths: dict[KeyPath, int] = {}
        self.located: dict[KeyPath, Located] = {}
        self.comments: list[Span] = []

    def document(self) -> None:
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                self.header()
            else:
                self.pair(self.base)
            self.skip(_BLANK)

    def header(self) -> None:
        start = self.at
        is_array = self.text.startswith("[[", start)
        self.at += 2 if is_array else 1
        *parents, (name, last) = self.keys()
        self.at += 2 if is_array else 1
        whole = Span(start, self.at)
        path: KeyPath = ()
        for parent, span in parents:
            path = (*path, parent)
            self.located.setdefault(path, Located(span, span))
            if path in self.array_lengths:
                path = (*path, self.array_lengths[path] - 1)
        path = (*path, name)
        if is_array:
            self.located.setdefault(path, Located(last, whole))
            index = self.array_lengths.get(path, 0)
            self.array_lengths[path] = index + 1
            path = (*path, index)
        self.located[path] = Located(last, whole)
        self.base = path

    def pair(self, base: KeyPath) -> None:
        *parents, (name, key) = self.keys()
        path = base
        for parent, span in parents:
            path = (*path, parent)
            self.located.setdefault(path, Located(span, span))
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value((*path, name), key)

    def keys(self) -> list[tuple[str, Span]]:
        found: list[tuple[str, Span]] = []
        while True:
            self.skip(_SPACE)
            start = self.at
            quote = self.text[start]
            self.skip(_STRINGS[quote][1] if quote in _STRINGS else _BARE_KEY)
            span = Span(start, self.at)
            found.append((_key_name(self.text, span), span))
            self.skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return found
            self.at += 1

    def value(self, path: KeyPath, key: Span | None) -> None:
        start = self.at
        first = self.text[start]
        self.located[path] = Located(Span(start, start), Span(start, start))  # keeps the document's order
        if first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        elif first in _STRINGS:
            long, short = _STRINGS[first]
            self.skip(long if self.text.startswith(first * 3, start) else short)
        else:
            self.skip(_BARE_VALUE)
        end = start + len(self.text[start : self.at].rstrip(" \t"))
        self.located[path] = Located(key or Span(start, end), Span(start, end))

    def array(self, path: KeyPath) -> None:
        self.at += 1
        index = 0
        self.skip(_BLANK)
        while self.text[self.at] != "]":
            self.value((*path, index), None)
            index += 1
            self.next_item()
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_BLANK)
        while self.text[self.at] != "}":
            self.pair(path)
            self.next_item()
        self.at += 1

    def next_item(self) -> None:
        self.skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self.skip(_BLANK)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"not the TOML that tomllib accepts, at offset {self.at}")
        if pattern is _BLANK:
            found = _COMMENT.finditer(self.text, self.at, match.end())
            self.comments += [Span(comment.start(), comment.end()) for comment in found]
        self.at = match.end()


def _key_name(text: str, span: Span) -> str:
    raw = text[span.start : span.end]
    if raw.startswith('"'):
        return _unescaped(raw[1:-1])
    return raw[1:-1] if raw.startswith("'") else raw


_SHORT_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def _unescaped(raw: str) -> str:
    def replace(match: re.Match[str]) -> str:
        kind, digits = match.group()[1], match.group()[2:]
        return chr(int(digits, 16)) if digits else _SHORT_ESCAPES.get(kind, kind)

    return _ESCAPE.sub(replace, raw)
