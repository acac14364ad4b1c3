"""A config in one canonical form: the TOML that tomli-w writes, with the comments of the original.

Owns where comments go, and which arrays stay on one line. Never changes a value, and never loses a comment: it reads
its own result back, and refuses to give one that has lost anything.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.comments import comments_of
from valuekit.config.positions import Positions, Span
from valuekit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from valuekit.config.comments import Comments
    from valuekit.config.findings import KeyPath

_WIDTH = 120
_TIMES = 5
"""A comment that moves may come to belong to something else, so that the form is not canonical the first time."""
_COMMENT_COLUMN = "  "


def canonical(text: str) -> str:
    """Write a config in its canonical form.

    Tables keep their order; keys of a table come before its sub-tables; inline tables become tables; an array that fits
    on a line is on one. The canonical form of the result is the result.

    Args:
        text: valid TOML.

    Raises:
        ConfigError: the result would not hold the same values and comments.
    """
    tree = tomllib.loads(text)
    result = written(tree, comments_of(Positions(text)))
    for _ in range(_TIMES):
        before, result = result, written(tomllib.loads(result), comments_of(Positions(result)))
        if before == result:
            break
    if _sorted(tomllib.loads(result)) != _sorted(tree) or not _same_comments(text, result):
        raise ConfigError("this config cannot be formatted without losing a value or a comment; nothing is written")
    return result


def written(tree: Mapping[str, object], comments: Comments) -> str:
    """Write a tree in its canonical form, with comments."""
    joined = _arrays_joined(_literal_where_plainer(_by_tomli_w(tree)), comments)
    return _with_comments(joined, comments)


def _by_tomli_w(tree: Mapping[str, object]) -> str:
    """What tomli-w makes of a tree; texts of several lines stay so where that keeps them as they are."""
    import tomli_w

    text = tomli_w.dumps(tree, multiline_strings=True)
    if _sorted(tomllib.loads(text)) == _sorted(tree):
        return text
    return tomli_w.dumps(tree)


def _sorted(tree: object) -> str:
    """A tree as a text that does not depend on the order of keys, and in which every NaN is the same."""
    if isinstance(tree, dict):
        return "{" + ",".join(f"{key!r}:{_sorted(tree[key])}" for key in sorted(tree)) + "}"
    return "[" + ",".join(map(_sorted, tree)) + "]" if isinstance(tree, list) else repr(tree)


def _literal_where_plainer(text: str) -> str:
    """Write texts with backslashes or quotation marks in single quotes, where that needs no escapes."""
    positions = Positions(text)
    edits = []
    for place in positions.located.values():
        raw = text[place.value.start : place.value.end]
        if raw.startswith('"') and "\\" in raw and (literal := _literal(raw)) is not None:
            edits.append((place.value, literal))
    return _edited(text, edits)


def _literal(raw: str) -> str | None:
    """A basic string as a literal one; None where it cannot be one."""
    value = tomllib.loads(f"v = {raw}")["v"]
    if not all(char.isprintable() or char in "\t\n" for char in value):
        return None
    if "\n" in value and "'''" not in value and not value.endswith("'"):
        return f"'''\n{value}'''"
    return None if "\n" in value or "'" in value else f"'{value}'"


def _edited(text: str, edits: Iterable[tuple[Span, str]]) -> str:
    """Replace spans, the outermost where they are nested."""
    done = len(text) + 1
    for span, new in sorted(edits, key=lambda edit: (-edit[0].end, edit[0].start)):
        if span.end <= done:
            text = text[: span.start] + new + text[span.end :]
            done = span.start
    return text


def _arrays_joined(text: str, comments: Comments) -> str:
    """Put every array that fits, and that has no comment inside, on one line."""
    positions = Positions(text)
    edits = []
    for path, place in positions.located.items():
        raw = text[place.value.start : place.value.end]
        if not raw.startswith("[\n") or comments.inside(path):
            continue
        parts = [_on_one_line(text[span.start : span.end]) for span in _elements(positions, path)]
        one_line = f"[{', '.join(parts)}]"
        line_start = text.rfind("\n", 0, place.value.start) + 1
        if "\n" not in one_line and place.value.start - line_start + len(one_line) <= _WIDTH:
            edits.append((place.value, one_line))
    return _edited(text, edits)


def _on_one_line(raw: str) -> str:
    """An array of an array, as the lines that tomli-w gives it, on one line."""
    if not raw.startswith("[\n"):
        return raw
    positions = Positions(f"v = {raw}")
    parts = (positions.text[span.start : span.end] for span in _elements(positions, ("v",)))
    return f"[{', '.join(map(_on_one_line, parts))}]"


def _elements(positions: Positions, path: KeyPath) -> Iterable[Span]:
    index = 0
    while (*path, index) in positions.located:
        yield positions.located[*path, index].value
        index += 1


def _with_comments(text: str, comments: Comments) -> str:
    """Put comments into a document; one whose place is in the middle of a line goes to what the line is about."""
    positions = Positions(text)
    above: dict[int, list[str]] = defaultdict(list)
    beside: dict[int, list[str]] = defaultdict(list)
    for path, written in comments.above.items():
        above[_line(text, _starting_a_line(positions, path))] += written
    for path, written in comments.beside.items():
        beside[_line(text, _ending_a_line(positions, path))] += written
    below: dict[int, list[str]] = defaultdict(list)
    for path, written in comments.below.items():
        below[_line(text, _ending_a_line(positions, path))] += written
    lines = text.split("\n")
    for path, written in comments.within.items():
        end = _line(text, positions.located[path].value.end)
        own_line = lines[end].strip() in {"]", "],"}
        target, number = (above, end) if own_line else (beside, _line(text, _ending_a_line(positions, path)))
        target[number] += written
    gaps = {_line(text, place.key.start) - 1 for place in positions.located.values()}
    return _assembled(lines, _Placed(above, beside, below, gaps), comments.end)


@dataclass(frozen=True)
class _Placed:
    """Comments by the number of the line that they stand above, beside or below; and the empty lines before headers."""

    above: Mapping[int, Sequence[str]]
    beside: Mapping[int, Sequence[str]]
    below: Mapping[int, Sequence[str]]
    gaps: Collection[int]


def _starting_a_line(positions: Positions, path: KeyPath) -> int:
    """Where the innermost key, header or element around `path` starts that is the first on its line."""
    for length in range(len(path), 0, -1):
        start = positions.located[path[:length]].key.start
        before = positions.text[positions.text.rfind("\n", 0, start) + 1 : start].strip()
        if not before or (before.startswith("[") and not before.endswith(("=", ","))):
            return start
    return positions.located[path[:1]].key.start


def _ending_a_line(positions: Positions, path: KeyPath) -> int:
    """Where the innermost value around `path` ends that is the last on its line."""
    for length in range(len(path), 0, -1):
        end = positions.located[path[:length]].value.end
        if not positions.text[end : positions.text.find("\n", end)].strip(" ,]"):
            return end
    return positions.located[path[:1]].value.end


def _assembled(lines: Sequence[str], placed: _Placed, end: Sequence[str]) -> str:
    """Put everything together; where two empty lines would meet, and one is of the comments, there is one."""
    out: list[str] = []
    for number, line in enumerate(lines):
        indent = line[: len(line) - len(line.lstrip())]
        inner = " " * 4 if line.strip() in {"]", "],"} else ""
        had_gap = out[-1:] == [""]
        _add(out, placed.above.get(number, ()), indent + inner)
        joined = " ".join(placed.beside.get(number, ()))
        if line or joined or not had_gap or number not in placed.gaps:
            out.append(f"{line}{_COMMENT_COLUMN}{joined}" if joined else line)
        _add(out, placed.below.get(number, ()), indent)
    body = "\n".join(out).strip("\n")
    parts = [part for part in (body, "\n".join(end)) if part]
    return "\n\n".join(parts) + "\n"


def _add(out: list[str], comments: Iterable[str], indent: str) -> None:
    for comment in comments:
        if comment:
            out.append(indent + comment)
        elif out and out[-1] and not indent:
            out.append("")


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset)


def _same_comments(old: str, new: str) -> bool:
    """Whether no comment is lost, made up or changed but for white space."""
    first, second = (
        sorted(" ".join(positions.text[one.start : one.end] for one in positions.comments).split())
        for positions in (Positions(old), Positions(new))
    )
    return first == second
