"""Findings as they are made: each at a place in one document.

Owns the way from a key path to a finding with line and column. Never decides what is wrong.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from valuekit.config.findings import Finding, KeyPath, Position, dotted
from valuekit.config.positions import Positions
from valuekit.config.rules import RULES


@dataclass
class Collector:
    """The findings of one document, in the order they were made.

    Attributes:
        file: the config as the user would name it.
        text: the document; its keys are located only when a finding needs it.
    """

    file: str
    text: str = ""
    made: list[Finding] = field(default_factory=list)

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The document; `text` must be valid TOML by then."""
        return tomllib.loads(self.text)

    @cached_property
    def positions(self) -> Positions:
        """Where everything stands; `text` must be valid TOML by then."""
        return Positions(self.text)

    def add(
        self, rule: str, message: str, position: Position | None, path: KeyPath = (), nearest: str | None = None
    ) -> None:
        """Record one finding; its severity is the rule's."""
        line, column = (None, None) if position is None else (position.line, position.column)
        key = dotted(path) or None
        self.made.append(Finding(rule, RULES[rule].severity, message, self.file, line, column, key, nearest))

    def in_order(self) -> tuple[Finding, ...]:
        """List the findings, each once, as a reader of the file meets them; those about the whole file come first."""
        each = dict.fromkeys(self.made)
        return tuple(sorted(each, key=lambda one: (one.line or 0, one.column or 0, one.rule, one.message)))


@dataclass(frozen=True)
class Place:
    """One key path of a document, to which findings can be attached."""

    collector: Collector
    path: KeyPath = ()

    def __truediv__(self, part: str | int) -> Place:
        """Go to a key of this table, or an element of this array."""
        return Place(self.collector, (*self.path, part))

    @property
    def key(self) -> str:
        """The innermost key's name, without array indexes: what a message calls this place."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), "the config")

    def value(self) -> object:
        """Read what the document has here; the document is valid TOML, and has this key."""
        value: Any = self.collector.tree
        for part in self.path:
            value = value[part]
        return value

    def exists(self) -> bool:
        """Tell whether the document has this key or element."""
        try:
            self.value()
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def report(self, rule: str, message: str, nearest: str | None = None) -> None:
        """Find fault with the value here."""
        self.collector.add(rule, message, self.collector.positions.value(self.path), self.path, nearest)

    def report_key(self, rule: str, message: str, nearest: str | None = None) -> None:
        """Find fault with the key itself: it is unknown, unused, or its table lacks something."""
        self.collector.add(rule, message, self.collector.positions.key(self.path), self.path, nearest)

    def report_inside(self, rule: str, message: str, offset: int, nearest: str | None = None) -> None:
        """Find fault with one character of the text here; `offset` counts from 0, after escapes."""
        self.collector.add(rule, message, self.collector.positions.inside(self.path, offset), self.path, nearest)
