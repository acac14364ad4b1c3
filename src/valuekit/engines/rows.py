"""Rows as arrays: what the DuckDB engine fetches to number groups and to build states.

Owns which columns a query must give for it, and how a fetched column becomes keys or numbers. Labels travel as codes;
their texts are looked up once for each distinct one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuekit import sql
from valuekit.engines.grouping import Key, Numbered, number
from valuekit.facts.columns import DERIVED, TIME_DIMENSIONS
from valuekit.facts.labels import MISSING
from valuekit.facts.view import code
from valuekit.states.groups import POSITIVE

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from valuekit.facts.view import FactsView
    from valuekit.states.base import Input

PARTITION = "_partition"
_ACTION = "ActionID"


@dataclass(frozen=True)
class Wanted:
    """The columns that a query has to give.

    Attributes:
        view: what the rows are rows of.
        keys: names of key columns, `_partition` and derived ones among them.
    """

    view: FactsView
    keys: frozenset[str]

    @cached_property
    def codes(self) -> frozenset[str]:
        """The labels that come as codes."""
        return frozenset(name for name in self._all_parts if self.view.has_codes(name))

    @cached_property
    def values(self) -> frozenset[str]:
        """The key columns that come as they are."""
        return frozenset(name for name in self._all_parts if not self.view.has_codes(name))

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the keys, under the names that they have in offers."""
        return self.values.union(code(name) for name in self.codes)

    @cached_property
    def _all_parts(self) -> frozenset[str]:
        return frozenset(part for name in self.keys - {PARTITION} for part in self._parts(name))

    def _parts(self, name: str) -> Sequence[str]:
        """What a key is made of: an action of three labels, a week or month of its day."""
        if name in TIME_DIMENSIONS and not self.view.is_derived(name):
            return ("Day",)
        if name == _ACTION and not self.view.is_derived(name) and all(map(self.view.has_codes, DERIVED[name])):
            return DERIVED[name]
        return (name,)

    def select(self, inputs: Iterable[Input], *, positive: bool) -> str:
        """The list of a SELECT from offers or rows: keys, then inputs in order."""
        columns = [sql.name(PARTITION)] if PARTITION in self.keys else []
        columns += [sql.name(code(name)) for name in sorted(self.codes)]
        columns += [sql.name(name) for name in sorted(self.values)]
        columns += [f"{_input_sql(item)} AS {sql.name(_alias(at))}" for at, item in enumerate(inputs)]
        columns += [POSITIVE] if positive else []
        return ", ".join(columns) or "1"


def _alias(at: int) -> str:
    return f"_input {at}"


def _input_sql(item: Input) -> str:
    if item.kind == "flag":
        return f"coalesce({item.sql}, FALSE)"
    if item.kind == "integer":
        return f"coalesce(CAST({item.sql} AS BIGINT), 0)"
    return f"CAST({item.sql} AS DOUBLE)"


@dataclass(frozen=True)
class Rows:
    """Fetched rows.

    Attributes:
        wanted: what was asked for.
        table: the columns of `wanted.select`.
        inputs: the inputs asked for, in order.
        labels: the text of every label code.
        times: gives a time dimension of days.
    """

    wanted: Wanted
    table: pa.Table
    inputs: Sequence[Input]
    labels: Sequence[str]
    times: Callable[[str, pl.Series], pl.Series]
    _keys: dict[str, Key] = field(default_factory=dict)
    _numbered: dict[tuple[str, ...], Numbered] = field(default_factory=dict)

    def number(self, names: Sequence[str]) -> Numbered:
        """Number the groups of rows with equal keys."""
        found = self._numbered.get(tuple(names))
        if found is None:
            keys = {name: self.key(name) for name in names}
            found = self._numbered[tuple(names)] = number(keys, self.table.num_rows)
        return found

    def key(self, name: str) -> Key:
        """One column of keys."""
        if name not in self._keys:
            self._keys[name] = self._key(name)
        return self._keys[name]

    def _key(self, name: str) -> Key:
        view = self.wanted.view
        if name in self.wanted.codes:
            return self._decoded(name)
        if name == _ACTION and name not in self.wanted.values:
            parts = [self._decoded(part) for part in DERIVED[name]]
            return Key.joined(parts, lambda combined: combined.select(_joined_by_slash()).to_series())
        if name in TIME_DIMENSIONS[1:] and not view.is_derived(name):
            return self.key("Day").replaced(lambda days: self.times(name, days))
        return Key.of(self.table[name])

    def _decoded(self, name: str) -> Key:
        missing, texts = self.wanted.view.texts(name, self.labels)
        return Key.coded(self.table[code(name)], [missing, *texts], MISSING)

    def values(self, only: Sequence[Input] | None = None) -> dict[str, NDArray[Any]]:
        """The inputs as arrays, by their SQL; and whether an offer is positive, where that was asked for."""
        wanted = {item.sql for item in (self.inputs if only is None else only)}
        arrays = {
            item.sql: _array(self.table[_alias(at)], item) for at, item in enumerate(self.inputs) if item.sql in wanted
        }
        if POSITIVE in self.table.column_names:
            arrays[POSITIVE] = self.table[POSITIVE].to_numpy()
        return arrays


def _array(column: pa.ChunkedArray, item: Input) -> NDArray[Any]:
    array: NDArray[Any] = column.to_numpy()
    return array.astype(np.float64, copy=False) if item.kind == "number" else array


def _joined_by_slash() -> pl.Expr:
    return pl.concat_str(pl.all().fill_null(""), separator="/")
