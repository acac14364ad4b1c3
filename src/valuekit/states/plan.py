"""What an engine is asked to build: the cells of one metric, said without naming the metric.

Owns the seam between metrics and engines, and the fingerprint under which cells are stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from valuekit.config.expressions import Expression
    from valuekit.states.base import State, Stored

STATE_FORMAT = 3
"""Raised when the same definition would be stored otherwise."""


class Defined(Protocol):
    """What is kept under a fingerprint of what defines it."""

    @property
    def name(self) -> str:
        """The metric's name."""

    @property
    def family(self) -> str:
        """Its family."""

    @property
    def definition(self) -> str:
        """Everything that defines it, as canonical JSON."""

    @property
    def fingerprint(self) -> str:
        """A hash of the definition, in hexadecimal."""


@dataclass(frozen=True)
class Resolution:
    """How rows become offers: which rows take part, and which outcomes decide.

    Attributes:
        positive: outcomes that make an offer positive.
        negative: outcomes that make it negative, unless another makes it positive. Without any outcome of either kind
            there are no offers: every row counts by itself.
        filter: the row filter of the metric.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    filter: Expression | None

    @property
    def by_row(self) -> bool:
        """Whether every row counts by itself."""
        return not self.positive and not self.negative

    @property
    def reads(self) -> frozenset[str]:
        """The columns that it needs."""
        outcome = frozenset[str]() if self.by_row else frozenset({"Outcome"})
        return outcome | (self.filter.columns if self.filter else frozenset())


@dataclass(frozen=True)
class Sum:
    """A sum over all positive rows of an offer, as a column of the offer; 0 where it has none.

    Attributes:
        name: the column's name, with a leading underscore.
        value: SQL over the columns of a row; NULL adds nothing.
        reads: the columns that it needs.
        sql_type: BIGINT or DOUBLE.
    """

    name: str
    value: str
    reads: frozenset[str]
    sql_type: str


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
        sums: what is summed over the positive rows of an offer.
        decided_by: the columns that choose among rows of an offer that time and FactID leave tied, before any other;
            all that the metric reads, so that whatever is asked of it comes from the same rows.
    """

    name: str
    family: str
    resolution: Resolution
    dimensions: tuple[str, ...]
    states: tuple[State, ...]
    view: Mapping[str, object]
    sums: tuple[Sum, ...] = ()
    decided_by: frozenset[str] = frozenset()

    @property
    def reads(self) -> frozenset[str]:
        """The columns of the facts view that it needs."""
        reads = (*(state.reads for state in self.states), *(item.reads for item in self.sums))
        return self.resolution.reads.union(self.dimensions, *reads)

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
            "states": {state.name: state.build_sql("rows", ["group"]) for state in self.states},
            "sums": {item.name: item.value for item in self.sums},
            "ties": sorted(self.decided_by),
            "facts": self.view,
        }
        return json.dumps(parts, sort_keys=True, ensure_ascii=False)

    @cached_property
    def fingerprint(self) -> str:
        """The first 128 bits of the SHA-256 of the definition, in hexadecimal."""
        return fingerprint(self.definition)


def fingerprint(definition: str) -> str:
    """The first 128 bits of the SHA-256 of a definition, in hexadecimal."""
    return hashlib.sha256(definition.encode()).hexdigest()[:32]


def difference(old: str, new: str) -> str:
    """Say which parts of two definitions differ: the reason why cells are rebuilt."""
    before, after = json.loads(old), json.loads(new)
    changed = [key for key in after if before.get(key) != after[key]]
    words = {"facts": "the preparation of facts", "format": "the state format", "states": "what is stored"}
    return "changed: " + ", ".join(words.get(key, key) for key in changed)
