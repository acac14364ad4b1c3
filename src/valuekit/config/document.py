"""The config file as TOML: bytes become text, text becomes a tree.

Owns the VK1xx findings. Never knows what a section means.
"""

from __future__ import annotations

import ast
import codecs
import re
import tomllib
from typing import TYPE_CHECKING

from valuekit.config.collect import Collector, Place
from valuekit.config.findings import Position, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LARGEST = 1_000_000
_DEEPEST = 100
_MARK = "\ufeff"
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}|' + r"'''(?:[^']|'{1,2}(?!'))*'{3,5}|"
    r'"(?:[^"\\\n]|\\.)*"|' + r"'[^'\n]*'|#[^\n]*|[\[\]{}]"
)
_ENDLESS_NUMBER = re.compile(r"(?<![^\s=,\[])(?P<it>[+-]?[0-9_]{4000})")
_LONG_KEY = re.compile(rf"^[ \t]*\[*[ \t]*(?P<it>[^\s=#.](?:[^\n=#.]*\.){{{_DEEPEST // 2},}})", re.MULTILINE)
_OF_TABLES = (
    (re.compile(r"Cannot declare (\(.*\)) twice", re.DOTALL), "[{}] is there twice"),
    (
        re.compile(r"Cannot mutate immutable namespace (\(.*\))", re.DOTALL),
        "{} is complete: nothing can be added to it",
    ),
)
_TWICE_KEY = "Cannot overwrite a value"
_HEADER = re.compile(r"[ \t]*\[+[ \t]*")
_LINE_KEY = re.compile(r"[ \t]*(?P<it>[\w.-]+)[ \t]*=")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_document(path: Path | None, text: str | bytes | None, collector: Collector) -> Mapping[str, object] | None:
    """Read a config into a tree.

    Args:
        path: the file; not opened when `text` is given.
        text: what is in it, or its bytes.
        collector: where findings go; its `text` is set for positions.

    Returns:
        The tree, or None where nothing can be read; a finding says why.
    """
    if not isinstance(text, str):
        data = _bytes(path, collector) if text is None else _small(text, collector)
        text = None if data is None else _decoded(data, collector)
    if text is None:
        return None
    if text.startswith(_MARK):
        collector.add("VK105", "the file starts with a byte order mark; it is skipped", Position(1, 1))
        text = text[1:]
    collector.text = text
    tree = _parsed(text, collector)
    if tree is None:
        return None
    if not tree:
        collector.add("VK104", "the config is empty; valuekit init writes one to start from", None)
        return None
    _check_nul(tree, Place(collector))
    return tree


def _bytes(path: Path | None, collector: Collector) -> bytes | None:
    if path is None:
        raise ValueError("a path or a text is needed")
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        collector.add("VK101", "there is no such file; valuekit init writes a config to start from", None)
    except IsADirectoryError:
        collector.add("VK101", "this is a folder; name the config in it", None)
    except (OSError, ValueError) as error:
        collector.add("VK101", f"the file cannot be read: {getattr(error, 'strerror', None) or error}", None)
    else:
        return _small(data, collector)
    return None


def _small(data: bytes, collector: Collector) -> bytes | None:
    if len(data) <= _LARGEST:
        return data
    collector.add("VK106", "the file is larger than one megabyte: hardly a config", None)
    return None


def _decoded(data: bytes, collector: Collector) -> str | None:
    if data.startswith(_UTF_16):
        collector.add("VK103", "the file is UTF-16; save it as UTF-8", Position(1, 1))
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line_start = before.rfind("\n") + 1
        position = Position(before.count("\n") + 1, len(before.lstrip(_MARK)) - line_start + 1)
        collector.add("VK103", f"the byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8", position)
        return None


def _parsed(text: str, collector: Collector) -> dict[str, object] | None:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        position = _syntax_position(text, at)
        said, position = _in_toml_terms(str(error)[: at.start()] if at else str(error), position, text)
        collector.add("VK102", f"not valid TOML: {said}", position)
    except ValueError as error:  # an integer of thousands of digits
        collector.add("VK102", f"not valid TOML: {error}", _found(_ENDLESS_NUMBER, text))
    except RecursionError:
        collector.add("VK102", f"more than {_DEEPEST} levels deep", _too_deep(text))
    else:
        if _depth(tree) <= _DEEPEST:
            return tree
        collector.add("VK102", f"more than {_DEEPEST} levels deep", _too_deep(text))
    return None


def _in_toml_terms(message: str, position: Position | None, text: str) -> tuple[str, Position | None]:
    """What the parser says of something that is there twice, in the words of the file, and at its key."""
    line = "" if position is None else text.split("\n")[position.line - 1]
    for pattern, said in _OF_TABLES:
        table = pattern.fullmatch(message)
        if table is not None:
            header = _HEADER.match(line)
            at = position if header is None or position is None else Position(position.line, header.end() + 1)
            return said.format(dotted(ast.literal_eval(table[1]))), at
    if message == _TWICE_KEY and position is not None:
        key = _LINE_KEY.match(line)
        if key is not None and _is_toml(line.rstrip("\r")):
            return f"the key {key['it']} is there twice", Position(position.line, key.start("it") + 1)
        return "a key is there twice", position
    return message, position


def _is_toml(line: str) -> bool:
    """Whether a line is a whole statement, and not the end of a text of several lines."""
    try:
        tomllib.loads(line)
    except ValueError:
        return False
    return True


def _found(pattern: re.Pattern[str], text: str) -> Position:
    """Where a pattern first stands; the start of the text where it does not."""
    match = pattern.search(text)
    before = text[: match.start("it")] if match else ""
    return Position(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _too_deep(text: str) -> Position:
    """Where brackets first nest too deep, else where a key first has too many parts."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > _DEEPEST:
            before = text[: token.start()]
            return Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
    return _found(_LONG_KEY, text)


def _syntax_position(text: str, at: re.Match[str] | None) -> Position | None:
    if at is None:
        return None
    if at[1]:
        return Position(int(at[1]), int(at[2]))
    lines = text.split("\n")
    return Position(len(lines), len(lines[-1]) + 1)


def _depth(tree: object) -> int:
    depth = 0
    level = [tree]
    while level:
        depth += 1
        level = [child for node in level for _, child in _children(node)]
    return depth


def _children(node: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def _check_nul(node: object, place: Place) -> None:
    """Report VK208 for every key and text with a NUL character; no later check can meet one in a name it uses."""
    if isinstance(node, str) and "\0" in node:
        place.report_inside("VK208", f"{place.key} holds a NUL character", node.index("\0"))
    for part, child in _children(node):
        if isinstance(part, str) and "\0" in part:
            (place / part).report_key("VK208", "a key holds a NUL character")
        _check_nul(child, place / part)
