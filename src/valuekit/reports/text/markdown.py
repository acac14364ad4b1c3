"""Reports as Markdown: a heading a report and a table a panel, with the exact values.

Owns the escapes that keep text from data text: a cell that is read back by a Markdown reader is the cell of the table.
Never opens a file or a stream.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from valuekit.reports.reasons import made_of, sentences
from valuekit.reports.text.rows import text_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuekit.reports.report import Document, Panel, Report

_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "`": "&#96;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
}
"""What could open HTML, code or a further cell. An entity never does, whatever stands beside it."""

_ESCAPED = "\\*[]~$!{}"
_JOINERS = "\u200c\u200d"
"""They steer no terminal, and emoji and scripts need them."""

_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_LINK = re.compile(r"(?i)(https?|ftp|mailto|xmpp)(?=:)|\bwww(?=\.)")
_BLOCK = re.compile(r"^(?:[#+=-]|\d+[.)])")


def markdown_lines(document: Document) -> Iterator[str]:
    """Lay out a document: its title, what it is made of, then each report."""
    yield f"# {block(document.title)}\n\n"
    source = document.provenance
    yield f"{block(made_of(source.facts, source.files, source.first, source.last))}\n"
    yield from (f"\n> {block(warning)}\n" for warning in document.warnings)
    for report in document.reports:
        yield "\n"
        yield from report_lines(report)


def report_lines(report: Report) -> Iterator[str]:
    """Lay out one report: its title, its metric and grain, and its tables with why values are missing."""
    by = f" by {', '.join(report.by)}" if report.by else ""
    category = f" [{report.category}]" if report.category else ""
    yield f"## {block(report.title)}\n\n{block(report.name + ': ' + report.metric + by + category)}\n"
    yield from (f"\n> {block(warning)}\n" for warning in report.warnings)
    if report.failure is not None:
        yield f"\n> failed: {block(report.failure)}\n"
    for panel in report.panels:
        if panel.title:
            yield f"\n### {block(panel.title)}\n"
        yield "\n"
        yield from _table(panel)
        reasons = [f"- {block(sentence)}\n" for sentence in sentences(panel.notes)]
        yield from ["\n", *reasons] if reasons else []


def cell(value: str) -> str:
    """Write any text so that a Markdown reader gives it back and sees nothing else in it; blanks at its ends stay."""
    inner = value.strip()
    at = value.index(inner)
    spelt = "".join(_written(inner, place) for place in range(len(inner)))
    ends = (value[:at], value[at + len(inner) :])
    before, after = ("".join(_blank(character) for character in end) for end in ends)
    return before + _LINK.sub(_unlinked, spelt) + after


def block(value: str) -> str:
    """The same at the start of a line, where more characters mean something."""
    return _BLOCK.sub(_unblocked, cell(value))


def _table(panel: Panel) -> Iterator[str]:
    numeric = [column.role == "number" for column in panel.columns]
    rows = text_rows(panel.table)
    yield _row([cell(name) for name in next(rows)])
    yield _row(["---:" if right else "---" for right in numeric])
    for row in rows:
        yield _row([cell(value) for value in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _written(text: str, at: int) -> str:
    """One character of a text; an underscore between letters is no emphasis, and stays legible."""
    character = text[at]
    if character in _ENTITIES:
        return _ENTITIES[character]
    if character in _ESCAPED:
        return "\\" + character
    if character == "_" and not (0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()):
        return "\\_"
    if unicodedata.category(character) in _HIDDEN and character not in _JOINERS:
        return "\\" + character.encode("unicode_escape").decode("ascii")
    return character


def _blank(character: str) -> str:
    """A blank at an end of a cell, which Markdown would drop; one that would steer a terminal is spelt out."""
    steers = unicodedata.category(character) in _HIDDEN and character not in _ENTITIES
    return _written(character, 0) if steers else f"&#{ord(character)};"


def _unlinked(found: re.Match[str]) -> str:
    """The start of an address without what makes it one: its last letter is an entity."""
    word = found[0]
    return f"{word[:-1]}&#{ord(word[-1])};"


def _unblocked(found: re.Match[str]) -> str:
    mark = found[0]
    return f"{mark[:-1]}\\{mark[-1]}"
