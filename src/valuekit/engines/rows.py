"""Rows as arrays: what the DuckDB engine fetches to number groups and to build states.

Owns which columns a query must give for it, and how a fetched column becomes keys or numbers. Labels travel as codes;
their texts are looked up once for each distinct one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit.engines.grouping import Key, Numbered, number
from valuekit.facts.columns import DERIVED, TIME_DIMENSIONS
from valuekit.facts.labels import MISSING
from valuekit.facts.view import code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.facts.view import FactsView

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

    def select(self) -> list[str]:
        """The names of the columns, in one order."""
        there = [PARTITION] if PARTITION in self.keys else []
        return [*there, *(code(name) for name in sorted(self.codes)), *sorted(self.values)]


@dataclass(frozen=True)
class Rows:
    """Fetched rows.

    Attributes:
        wanted: what was asked for.
        table: the columns of `wanted.select`, and others.
        labels: the text of every label code.
        times: gives a time dimension of days.
    """

    wanted: Wanted
    table: pa.Table
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

    def array(self, name: str) -> NDArray[Any]:
        """One column as it is, a missing number as NaN."""
        column = self.table[name]
        array: NDArray[Any] = column.to_numpy()
        return array.astype(np.float64, copy=False) if pa.types.is_floating(column.type) else array


@dataclass(frozen=True)
class Picked:
    """Some of the rows: the deciding ones of offers, or those that pass a filter.

    Attributes:
        rows: all of them.
        places: the numbers of those picked.
    """

    rows: Rows
    places: NDArray[np.int64]

    def number(self, names: Sequence[str]) -> Numbered:
        """Number the groups of those picked: those of all rows, without what is gone."""
        every = self.rows.number(names)
        if len(self.places) == len(every.gids) or not names:
            return Numbered(every.gids.take(self.places), every.keys, every.size)
        gids = every.gids.take(self.places)
        there = np.zeros(every.size, dtype=bool)
        there[gids] = True
        return Numbered((np.cumsum(there) - 1).take(gids), every.keys.filter(pl.Series(there)), int(there.sum()))

    def key(self, name: str) -> Key:
        """One column of keys; not each of its values need occur."""
        key = self.rows.key(name)
        return Key(key.ids.take(self.places), key.values)

    def array(self, name: str) -> NDArray[Any]:
        """One column as it is, a missing number as NaN."""
        return self.rows.array(name).take(self.places)


def _joined_by_slash() -> pl.Expr:
    return pl.concat_str(pl.all().fill_null(""), separator="/")
