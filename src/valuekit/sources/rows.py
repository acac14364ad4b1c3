"""One line of JSON, read slowly and exactly: what is wrong with it, or its values as plain scalars.

Owns the strict check of a line and the plain form of a row: an object without nesting that every reader understands.
Never sees more than one line at a time.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64
"""Levels of nesting that are understood; a deeper value is kept as it is written, without spaces."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SPACE = re.compile(r'("(?:[^"\\]|\\.)*+")|[ \t\r\n]+', re.DOTALL)
_BLANK = re.compile(r"[ \t\r\n]*")
_CLOSES = {"]": "[", "}": "{"}
_SMALLEST, _LARGEST = -(1 << 127), (1 << 128) - 1
_LONGEST_INTEGER = 40
_LONGEST_EXPONENT = 6


class LineError(Exception):
    """What is wrong with a line, in plain words."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


PlainRow = dict[str, str]
"""Column name -> JSON text of a scalar: a string, a finite number, true, false or null."""


def plain_rows(line: bytes) -> list[PlainRow]:
    """Read the objects of one line; there is more than one where files were joined without a line end.

    A nested value becomes a string of compact JSON with sorted keys; NaN, infinities and numbers too large for a
    double or 128 bits become strings of what is written. Of a repeated key the first counts.

    Args:
        line: UTF-8 text without a line feed.

    Raises:
        LineError: the line is not UTF-8, not JSON, or not an object.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise LineError(f"not UTF-8 at byte {error.start + 1}") from error
    text = text.removeprefix("\ufeff")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        text = _flattened(text)
    return [{name: _scalar(value) for name, value in found.items()} for found in _objects(text)]


def encoded(row: PlainRow) -> bytes:
    """Return a plain row as one line of JSON.

    Args:
        row: the row.
    """
    return ("{" + ",".join(f"{_quoted(name)}:{value}" for name, value in row.items()) + "}").encode()


def names_of(line: bytes) -> tuple[str, ...]:
    """Return the keys of a line, none where it is not an object; much cheaper than `plain_rows`.

    Args:
        line: one line of JSON.
    """
    try:
        found = json.loads(line)
    except ValueError:
        return ()
    except RecursionError:
        found = _deep_object(line)
    return tuple(found) if isinstance(found, dict) else ()


def _deep_object(line: bytes) -> PlainRow:
    try:
        return plain_rows(line)[0]
    except LineError:
        return {}


def _objects(text: str) -> Iterator[dict[str, object]]:
    at = _skip(text, 0)
    while at < len(text):
        try:
            found, at = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            wrong = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
            raise LineError(f"not valid JSON: {wrong} at column {error.colno}") from error
        if not isinstance(found, dict):
            raise LineError("not a JSON object")
        yield found
        at = _skip(text, at)
        if at < len(text) and text[at] != "{":
            raise LineError(f"not valid JSON: more text behind the object at column {at + 1}")


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _first_wins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        found = dict(reversed(pairs))
        found = {name: found[name] for name, _ in pairs}
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_first_wins, parse_float=_Number, parse_int=_Number, parse_constant=_Number
)


def _scalar(value: object) -> str:
    if isinstance(value, _Number):
        return _number(value)
    if isinstance(value, dict | list):
        return _quoted(_compact(value))
    return _compact(value)


def _number(number: str) -> str:
    if number.removeprefix("-").isdigit():
        fits = len(number) <= _LONGEST_INTEGER and _SMALLEST <= int(number) <= _LARGEST
        return number if fits else _quoted(number)
    if not math.isfinite(float(number)):
        return _quoted(number)
    exponent = number.lower().partition("e")[2]
    return number if len(exponent) <= _LONGEST_EXPONENT else repr(float(number))


def _compact(value: object) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{_quoted(str(name))}:{_compact(value[name])}" for name in sorted(value)) + "}"
        case list():
            return "[" + ",".join(map(_compact, value)) + "]"
        case _Number():
            whole = value.removeprefix("-").isdigit() or not math.isfinite(float(value))
            return value if whole else repr(float(value))
        case str():
            return _quoted(value)
        case _:
            return json.dumps(value)


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _flattened(text: str) -> str:
    """Turn every value that nests deeper than `MAX_DEPTH` into a string of what is written, without spaces."""
    pieces, done, start, deepest = [], 0, 0, 0
    opened: list[str] = []
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            opened.append(mark)
            deepest = max(deepest, len(opened))
            if len(opened) == 2:
                start, deepest = token.start(), 2
        elif mark in "]}":
            if not opened or opened.pop() != _CLOSES[mark]:
                raise LineError(f"not valid JSON: a bracket that closes nothing at column {token.start() + 1}")
            if len(opened) == 1 and deepest > MAX_DEPTH:
                pieces += [text[done:start], _quoted(_SPACE.sub(r"\1", text[start : token.end()]))]
                done = token.end()
    if opened:
        raise LineError("not valid JSON: a bracket that is never closed")
    return "".join(pieces) + text[done:]
