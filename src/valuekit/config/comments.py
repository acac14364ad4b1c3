"""What the comments of a TOML document belong to.

Owns the choice: what ends on the comment's line, else what comes next, else what stands right above it. Never moves a
comment: `valuekit.config.canonical` does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.config.findings import KeyPath
    from valuekit.config.positions import Positions, Span

_BLANK_LINE = re.compile(r"[ \t]*\n[ \t]*\n")


@dataclass
class Comments:
    """The comments of a document by what they belong to.

    Attributes:
        above: lines before a key, header or element; an empty one for an empty line.
        beside: behind a key's value, a header or an element.
        below: lines right under a key or header that are not about what comes next.
        within: behind the last element of an array.
        end: behind everything.
    """

    above: dict[KeyPath, list[str]] = field(default_factory=lambda: defaultdict(list))
    beside: dict[KeyPath, list[str]] = field(default_factory=lambda: defaultdict(list))
    below: dict[KeyPath, list[str]] = field(default_factory=lambda: defaultdict(list))
    within: dict[KeyPath, list[str]] = field(default_factory=lambda: defaultdict(list))
    end: list[str] = field(default_factory=list)

    def inside(self, path: KeyPath) -> bool:
        """Whether a comment stands inside the array at `path`."""
        inner = (*self.above, *self.beside, *self.within)
        return bool(self.within.get(path)) or any(len(one) > len(path) and one[: len(path)] == path for one in inner)


def comments_of(positions: Positions) -> Comments:
    """Find what every comment of a document belongs to."""
    return _Reader(positions).read()


class _Reader:
    """Finds what every comment of a document belongs to."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.text = positions.text
        self.found = Comments()
        located = positions.located
        self.starts = sorted((place.key.start, len(path), path) for path, place in located.items())
        self.ends = sorted((place.value.end, -len(path), path) for path, place in located.items())

    def read(self) -> Comments:
        comments = self.positions.comments
        run: list[Span] = []
        for number, comment in enumerate(comments):
            holder = _array_around(self.positions, comment)
            line_start = self.text.rfind("\n", 0, comment.start) + 1
            if self.text[line_start : comment.start].strip():
                self._behind(comment, line_start, holder)
            elif holder is not None:
                self._inside(comment, holder)
            else:
                run.append(comment)
            following = comments[number + 1] if number + 1 < len(comments) else None
            if run and (following is None or self.text[run[-1].end : following.start].strip() or run[-1] != comment):
                self._on_lines_of_their_own(run)
                run = []
        return self.found

    def _behind(self, comment: Span, line_start: int, holder: KeyPath | None) -> None:
        owner = _ending_before(self.positions, comment, line_start, holder)
        if owner is not None:
            self.found.beside[owner].append(self._written(comment))
        elif holder is not None:
            self._inside(comment, holder)

    def _inside(self, comment: Span, holder: KeyPath) -> None:
        path = self._next(comment.start)
        if path is not None and path[: len(holder)] == holder and len(path) > len(holder):
            self.found.above[path].append(self._written(comment))
        else:
            self.found.within[holder].append(self._written(comment))

    def _on_lines_of_their_own(self, run: Sequence[Span]) -> None:
        """Comments between two statements: those right under the first, if a blank line follows; then the others."""
        following = self._next(run[-1].start)
        lines = self._lines(run)
        before = [path for end, _, path in self.ends if end <= run[0].start]
        if before and not self._is_blank_before(run[0]):
            size = lines.index("") if "" in lines else len(lines)
            if size < len(lines) or following is None or self._is_blank_after(run[-1]):
                self.found.below[before[-1]] += [*lines[:size], ""]
                lines = lines[size + 1 :]
        if following is None:
            self.found.end += lines
        elif lines:
            first = [""] if self._is_blank_before(run[0]) else []
            last = [""] if self._is_blank_after(run[-1]) else []
            self.found.above[following] += [*first, *lines, *last]

    def _lines(self, run: Sequence[Span]) -> list[str]:
        """Comments, and an empty line for each group of empty lines between them."""
        lines: list[str] = []
        for number, comment in enumerate(run):
            lines += [""] if number and self._is_blank_before(comment) else []
            lines.append(self._written(comment))
        return lines

    def _next(self, offset: int) -> KeyPath | None:
        return next((path for start, _, path in self.starts if start > offset), None)

    def _is_blank_before(self, comment: Span) -> bool:
        lines = self.text[: comment.start].split("\n")
        return len(lines) > 1 and not lines[-2].strip()

    def _is_blank_after(self, comment: Span) -> bool:
        return _BLANK_LINE.match(self.text, comment.end) is not None

    def _written(self, comment: Span) -> str:
        return self.text[comment.start : comment.end].rstrip()


def _array_around(positions: Positions, comment: Span) -> KeyPath | None:
    """The innermost value that a comment stands inside of; None between statements."""
    around = [
        path
        for path, place in positions.located.items()
        if place.value.start < comment.start < place.value.end and positions.text[place.value.start] in "[{"
    ]
    return max(around, key=len, default=None)


def _ending_before(positions: Positions, comment: Span, line_start: int, holder: KeyPath | None) -> KeyPath | None:
    """The outermost key, header or element within `holder` that ends on the comment's line before it."""
    depth = 0 if holder is None else len(holder)
    ending = [
        (place.value.end, -len(path), path)
        for path, place in positions.located.items()
        if line_start < place.value.end <= comment.start and path[:depth] == (holder or ()) and len(path) > depth
    ]
    if not ending:
        return None
    _, _, path = max(ending, key=lambda one: (one[0], one[1]))
    return path
