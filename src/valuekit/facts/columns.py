"""The columns of facts: their types, and which of them land.

Owns the landed schema. A text column or label keeps the source's text, an empty one included; a number column marks
an empty text with NaN and an unreadable one with infinity, so that `default_values` can change without a file being
read again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from valuekit.errors import ConfigError
from valuekit.facts.names import STANDARD, canonical

if TYPE_CHECKING:
    from valuekit.config.models import SourceConfig
    from valuekit.facts.kinds import FactKind


class Type(StrEnum):
    """The type of a landed column, as DuckDB stores it.

    A label is a text of few distinct values: stored as its code in the cache's one table of labels. Eight of them for a
    million rows cost 0.1 CPU seconds to store, as text 0.9.
    """

    TEXT = "VARCHAR"
    LABEL = "INTEGER"
    NUMBER = "DOUBLE"
    INTEGER = "BIGINT"
    TIME = "TIMESTAMP"


@dataclass(frozen=True, order=True)
class Column:
    """One landed column.

    Attributes:
        name: its canonical name.
        type: how it is stored.
        source: the source column that the config names for it, else None.
    """

    name: str
    type: Type
    source: str | None = None

    @property
    def signature(self) -> str:
        """What identifies it in the ledger: landing it otherwise means reading files again."""
        return json.dumps([self.name, self.type.value, self.source], ensure_ascii=False)


EMPTY_INTEGER = -(2**63)
UNREADABLE_INTEGER = 1 - 2**63
"""What stands for an empty text and an unreadable one among whole numbers, as NaN and infinity do among others."""

KEYS = ("DecisionTime", "Group", "Issue", "Name", "Outcome", "OutcomeTime", "Rank")
REQUIRED = ("Outcome", "OutcomeTime")

INTERACTION_TYPES: Mapping[str, Type] = {
    "OutcomeTime": Type.TIME,
    "DecisionTime": Type.TIME,
    "Rank": Type.INTEGER,
    **dict.fromkeys(
        ("Propensity", "FinalPropensity", "Priority", "Value", "Weight", "OutcomeWeight", "Revenue"), Type.NUMBER
    ),
}

# Derived from landed columns by the facts view, never landed.
TIME_DIMENSIONS = ("Day", "Week", "Month", "Quarter", "Year")
DERIVED: Mapping[str, tuple[str, ...]] = {
    "ActionID": ("Issue", "Group", "Name"),
    "ResponseTime": ("OutcomeTime", "DecisionTime"),
    **dict.fromkeys(TIME_DIMENSIONS, ("OutcomeTime", "DecisionTime")),
}


def sql_type(kind: Type) -> str:
    """The DuckDB type of a column's values, as expressions see them."""
    return Type.TEXT.value if kind is Type.LABEL else kind.value


@dataclass(frozen=True)
class LandingPlan:
    """What a config needs of every file.

    Attributes:
        columns: the columns to land, in name order.
        ids: the source columns that the config names for the ids of rows and offers, each as `name=source`.
    """

    columns: tuple[Column, ...]
    ids: tuple[str, ...] = ()

    @property
    def signatures(self) -> list[str]:
        """What identifies the columns in the ledger."""
        return [column.signature for column in self.columns]


def landing_plan(kind: FactKind, source: SourceConfig, wanted: Iterable[str]) -> LandingPlan:
    """Plan the landing: the keys, `keep_columns`, and whatever `wanted` names derive from.

    Args:
        kind: the kind of facts.
        source: its section in the config.
        wanted: names that metrics use; derived ones are traced back to what they are made of.
    """
    derived = {item.name: item.expression.columns for item in source.derived}
    names: set[str] = {*kind.keys, *source.keep_columns}
    prepared = set(wanted) | (set(source.filter.columns) if source.filter else set())
    traced = {column for name in prepared for column in derived.get(name, (name,))}
    for name in traced:
        names.update(kind.derived.get(name, (name,)))
    _refuse_lookalikes(names)
    columns = (Column(name, kind.column_type(name, source), source.columns.get(name)) for name in sorted(names))
    return LandingPlan(tuple(columns), kind.id_signatures(source))


def _refuse_lookalikes(names: Iterable[str]) -> None:
    """Refuse names that only seem to be a column: SQL would take them for it, landing would not.

    Raises:
        ConfigError: another case or prefix of a canonical name, or a name of our own.
    """
    for name in sorted(names):
        wanted = canonical(name)
        if name.startswith("_") or (wanted != name and wanted in STANDARD):
            raise ConfigError(f'there is no column "{name}"' + (f': it is "{wanted}"' if wanted in STANDARD else ""))
