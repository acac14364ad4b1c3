"""A config as a value, and its TOML with the reasons as comments.

Owns the layout, and that no text can leave the place it is put in: a value stays a value and a comment stays one line
of comment. Never knows what a section means, and never looks at data.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from valuekit.config.findings import dotted, quoted

WIDTH = 118
"""Characters of a line of comment."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MARKER = re.compile(r"valuekit(\s*):", re.IGNORECASE)


@dataclass(frozen=True)
class Noted:
    """A text in a list, with a word about it at the end of its line."""

    value: str
    note: str


Value = str | int | float | bool | tuple[str, ...] | tuple[Noted, ...]


@dataclass(frozen=True)
class Entry:
    """One key of a section.

    Attributes:
        key: as it is meant, not quoted.
        value: a tuple is a list.
        why: goes above the key; empty for nothing to say.
        active: False for a suggestion, which is written as a comment.
    """

    key: str
    value: Value
    why: str = ""
    active: bool = True


@dataclass(frozen=True)
class Section:
    """One table.

    Attributes:
        path: its keys.
        entries: in order.
        why: paragraphs above it.
        active: False for a table that is written as a comment.
    """

    path: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    why: tuple[str, ...] = ()
    active: bool = True

    def value(self, key: str) -> Value | None:
        """The value of an active key; None where it has none."""
        return next((entry.value for entry in self.entries if entry.key == key and entry.active), None)


@dataclass(frozen=True)
class Proposal:
    """A whole config.

    Attributes:
        head: paragraphs at the top.
        sections: in order.
    """

    head: tuple[str, ...]
    sections: tuple[Section, ...]

    def section(self, *path: str) -> Section | None:
        """The active section of a path; None where there is none."""
        return next((one for one in self.sections if one.path == path and one.active), None)


def written(proposal: Proposal) -> str:
    """Write a proposal as TOML."""
    lines = [line for paragraph in proposal.head for line in commented(paragraph)]
    for section in proposal.sections:
        if not _goes_without_saying(section, proposal.sections):
            lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def _goes_without_saying(section: Section, sections: Sequence[Section]) -> bool:
    """Whether a header would stand there for nothing: it has no keys, and tables below it."""
    size = len(section.path)
    below = any(one.active and len(one.path) > size and one.path[:size] == section.path for one in sections)
    return below and not section.entries and not section.why


def _section(section: Section) -> Iterator[str]:
    for paragraph in section.why:
        yield from commented(paragraph)
    off = "" if section.active else "# "
    yield f"{off}[{'.'.join(map(_key, section.path))}]"
    for entry in section.entries:
        if entry.why:
            yield from commented(entry.why)
        for line in _entry(entry):
            yield (off if section.active and entry.active else "# ") + line


def _entry(entry: Entry) -> Iterator[str]:
    key, value = _key(entry.key), entry.value
    if not isinstance(value, tuple):
        yield f"{key} = {literal(value)}"
        return
    plain = [one for one in value if isinstance(one, str)]
    line = f"{key} = [{', '.join(map(literal, plain))}]"
    if len(plain) == len(value) and len(line) <= WIDTH:
        yield line
        return
    yield f"{key} = ["
    for one in value:
        text, note = (one, "") if isinstance(one, str) else (one.value, one.note)
        yield f"    {literal(text)},  # {harmless(note)}" if note else f"    {literal(text)},"
    yield "]"


def literal(value: str | float) -> str:
    """Write one value on one line, as tomli-w quotes it; what cannot be seen is written as its number."""
    import tomli_w

    text = tomli_w.dumps({"v": value}).removeprefix("v = ").removesuffix("\n")
    return "".join(character if character.isprintable() else f"\\U{ord(character):08X}" for character in text)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else literal(name)


def commented(paragraph: str) -> list[str]:
    """Lay a paragraph out as lines of comment; its own line breaks are kept as such between its lines."""
    lines: list[str] = []
    for part in paragraph.split("\n"):
        indent = "# " + " " * (len(part) - len(part.lstrip(" ")))
        lines += textwrap.wrap(
            harmless(part.strip()),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or ["#"]
    return lines


def harmless(text: str) -> str:
    """Make a text that stays within its comment: one line, nothing invisible, and no instruction to valuekit itself."""
    line = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return _MARKER.sub(r"valuekit\1\\x3a", line)


def cited(text: str | None, limit: int = 40) -> str:
    """Quote a text of the data for a comment; None is a missing one."""
    return "(missing)" if text is None else quoted(text, limit)


def listed(texts: Sequence[str], most: int = 12) -> str:
    """Join texts for a comment, the first of many; those that are no plain words in quotes."""
    shown = [text if _BARE.fullmatch(text) else quoted(text, 40) for text in texts[:most]]
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(shown) + more


def named(section: Section) -> str:
    """The header of a section, as a comment would name it."""
    return f"[{dotted(section.path)}]"
