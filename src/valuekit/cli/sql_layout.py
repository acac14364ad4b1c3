"""SQL for people: each clause on a line of its own, queries in brackets indented.

Owns line breaks only: apart from white space the SQL stays as it is. Never parses what it lays out.
"""

from __future__ import annotations

import re
from itertools import pairwise

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|\s+|.""", re.DOTALL)
_CLAUSES = frozenset({"SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "UNION", "JOIN"})
_QUERIES = frozenset({"SELECT", "WITH"})
_STEP = "  "


def laid_out(sql: str, width: int = 100) -> str:
    """Break SQL into lines: at each clause of a query, and at a comma where a clause is wider than `width`."""
    page = _Page(width)
    words = [" " if word.isspace() else word for word in _TOKEN.findall(sql.strip())]
    tight = [word for before, word in pairwise(["", *words]) if (before, word) != ("(", " ")]
    for word, following in pairwise([*tight, ""]):
        page.add(word, opens_query=word == "(" and following.upper() in _QUERIES)
    page.end_line()
    return "\n".join(page.lines)


class _Page:
    """Lines as they grow.

    Args:
        width: where a line is too wide.
    """

    def __init__(self, width: int) -> None:
        self.lines: list[str] = []
        self._width = width
        self._brackets: list[bool] = []
        self._parts = [""]

    @property
    def _in_clause(self) -> bool:
        """Whether the innermost bracket, if any, holds a query, and not an argument."""
        return not self._brackets or self._brackets[-1]

    def add(self, word: str, *, opens_query: bool) -> None:
        """Take the next word, after a line break where one is due."""
        if word == ")" and self._brackets:
            if self._brackets[-1]:
                self.end_line()
            self._brackets.pop()
        elif self._in_clause and word.upper() in _CLAUSES:
            self.end_line()
        self._parts[-1] += word
        if word == "(":
            if opens_query:
                self.end_line()
            self._brackets.append(opens_query)
        elif word == "," and self._in_clause:
            self._parts.append("")

    def end_line(self) -> None:
        """Write what there is, as several lines where it is too wide for one."""
        depth = sum(self._brackets)
        line = ""
        for part in self._parts:
            if line.strip() == "),":
                self._write(depth, line)
                line = ""
            if line and len(_STEP) * depth + len(line) + len(part.rstrip()) > self._width:
                self._write(depth, line)
                line, depth = "", sum(self._brackets) + 1
            line += part
        self._write(depth, line)
        self._parts = [""]

    def _write(self, depth: int, line: str) -> None:
        if line.strip():
            self.lines.append(_STEP * depth + line.strip())
