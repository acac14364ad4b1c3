"""What an engine is asked to build: the cells of one metric, said without naming the metric.

Owns the seam between metrics and engines, and the fingerprint under which cells are stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from valuekit.config.expressions import Expression
    from valuekit.states.base import State, Stored

STATE_FORMAT = 1
"""Raised when the same definition would be stored otherwise."""


@dataclass(frozen=True)
class Resolution:
    """How rows become offers: which rows take part, and which outcomes decide.

    Attributes:
        positive: outcomes that make an offer positive.
        negative: outcomes that make it negative, unless another makes it positive.
        filter: the row filter of the metric.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    filter: Expression | None

    @property
    def reads(self) -> frozenset[str]:
        """The columns that it needs."""
        return frozenset({"Outcome"}) | (self.filter.columns if self.filter else frozenset())


@dataclass(frozen=True)
class CellPlan:
    """The cells of one metric.

    Attributes:
        name: the metric's name, for messages.
        family: its family.
        resolution: how rows become offers.
        dimensions: the key of a cell.
        states: what a cell holds.
        view: everything in the config that the values of the columns read depend on.
    """

    name: str
    family: str
    resolution: Resolution
    dimensions: tuple[str, ...]
    states: tuple[State, ...]
    view: Mapping[str, object]

    @property
    def reads(self) -> frozenset[str]:
        """The columns of the facts view that it needs."""
        return self.resolution.reads.union(self.dimensions, *(state.reads for state in self.states))

    @property
    def stored(self) -> tuple[Stored, ...]:
        """The columns of a cell besides its key."""
        return tuple(column for state in self.states for column in state.stored)

    @cached_property
    def definition(self) -> str:
        """Everything that defines the cells, as canonical JSON."""
        resolution = self.resolution
        parts = {
            "format": STATE_FORMAT,
            "labels": [sorted(resolution.positive), sorted(resolution.negative)],
            "filter": resolution.filter.sql if resolution.filter else None,
            "group_by": self.dimensions,
            "states": {column.name: column.build for column in self.stored},
            "facts": self.view,
        }
        return json.dumps(parts, sort_keys=True, ensure_ascii=False)

    @cached_property
    def fingerprint(self) -> str:
        """The first 128 bits of the SHA-256 of the definition, in hexadecimal."""
        return hashlib.sha256(self.definition.encode()).hexdigest()[:32]


def difference(old: str, new: str) -> str:
    """Say which parts of two definitions differ: the reason why cells are rebuilt."""
    before, after = json.loads(old), json.loads(new)
    changed = [key for key in after if before.get(key) != after[key]]
    words = {"facts": "the preparation of facts", "format": "the state format", "states": "what is stored"}
    return "changed: " + ", ".join(words.get(key, key) for key in changed)
