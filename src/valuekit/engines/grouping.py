"""Numbers for groups: rows with equal keys get one number, in the order of the keys.

Owns the way from columns of keys to group numbers. Each column is first reduced to small whole numbers, so that texts
are compared once for each distinct one, not for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDEST = 2**62
_DENSE = 8
"""A table of all possible keys may be so many times as long as there are rows."""


@dataclass(frozen=True)
class Key:
    """One column of keys.

    Attributes:
        ids: for each row which of the values it has.
        values: the distinct values; one of them may be null.
    """

    ids: NDArray[np.int32]
    values: pl.Series

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Key:
        """Find the distinct values of a column; it may be dictionary-encoded already."""
        if len(column) == 0:
            kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
            return cls(np.zeros(0, dtype=np.int32), pl.Series(values=pa.array([], type=kind)))
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        encoded = column.unify_dictionaries().combine_chunks()
        values = pl.Series(values=encoded.dictionary)
        if values.has_nulls():
            values, encoded = values.drop_nulls(), encoded.dictionary_decode().dictionary_encode()
        if encoded.null_count == 0:
            return cls(encoded.indices.to_numpy().astype(np.int32, copy=False), values)
        ids = encoded.indices.fill_null(len(values)).to_numpy().astype(np.int32, copy=False)
        return cls(ids, values.extend(pl.Series([None], dtype=values.dtype)))

    @classmethod
    def of_values(cls, values: pl.Series) -> Key:
        """Find the distinct ones of some values."""
        return cls.of(pa.chunked_array([values.to_arrow()]))

    @classmethod
    def coded(cls, column: pa.ChunkedArray, texts: Sequence[str | None], least: int) -> Key:
        """Find the distinct texts of a column of codes.

        Args:
            column: the codes, whole numbers from `least` on without null.
            texts: what each code stands for; several may stand for one text.
            least: the code of the first text.
        """
        codes = column.combine_chunks().to_numpy() if column.num_chunks != 1 else column.chunk(0).to_numpy()
        there = np.zeros(len(texts), dtype=bool)
        there[codes - least] = True
        places: dict[str | None, int] = {}
        ids = np.zeros(len(texts), dtype=np.int32)
        for at in np.flatnonzero(there):
            ids[at] = places.setdefault(texts[int(at)], len(places))
        return cls(ids.take(codes - least), pl.Series(list(places), dtype=pl.String))

    @property
    def codes(self) -> NDArray[np.int64]:
        """The ids, with -1 for null."""
        codes = np.arange(len(self.values), dtype=np.int64)
        codes[self.values.is_null().to_numpy()] = -1
        return codes.take(self.ids)

    def replaced(self, replace: Callable[[pl.Series], pl.Series]) -> Key:
        """Put other values in the place of the distinct ones; those that become equal become one."""
        there = Key.of_values(replace(self.values))
        return Key(there.ids.take(self.ids), there.values)

    @classmethod
    def joined(cls, parts: Sequence[Key], join: Callable[[pl.DataFrame], pl.Series]) -> Key:
        """Make one column of keys of several: their distinct combinations become values."""
        combined = number({str(at): part for at, part in enumerate(parts)}, len(parts[0].ids))
        return cls(combined.gids.astype(np.int32), join(combined.keys)).replaced(lambda values: values)


@dataclass(frozen=True)
class Numbered:
    """Groups.

    Attributes:
        gids: the group of each row.
        keys: the keys of each group, sorted, nulls first.
        size: the number of groups.
    """

    gids: NDArray[np.int64]
    keys: pl.DataFrame
    size: int


def number(columns: Mapping[str, Key], rows: int) -> Numbered:
    """Number the distinct combinations of keys.

    Args:
        columns: by name, in the order that sorts groups; without any there is one group, even of no rows.
        rows: how many rows there are.
    """
    if not columns:
        return Numbered(np.zeros(rows, dtype=np.int64), pl.DataFrame(), 1)
    gids, size = _combined(list(columns.values()), rows)
    example = np.zeros(size, dtype=np.int64)
    example[gids] = np.arange(rows)
    keys = pl.DataFrame([key.values.gather(key.ids[example]).alias(name) for name, key in columns.items()])
    order = keys.select(pl.arg_sort_by(keys.columns, nulls_last=False)).to_series().to_numpy()
    place = np.empty(size, dtype=np.int64)
    place[order] = np.arange(size)
    return Numbered(place.take(gids), keys[order], size)


def _combined(columns: Sequence[Key], rows: int) -> tuple[NDArray[np.int64], int]:
    """One number for each row from the ids of its keys, without gaps, and how many there are."""
    key, span = np.zeros(rows, dtype=np.int64), 1
    for column in columns:
        width = max(1, len(column.values))
        if span * width >= _WIDEST:
            key, span = _without_gaps(key, span)
        key *= width
        key += column.ids
        span *= width
    return _without_gaps(key, span)


def _without_gaps(key: NDArray[np.int64], span: int) -> tuple[NDArray[np.int64], int]:
    if span > _DENSE * len(key) + 1024:
        found, place = np.unique(key, return_inverse=True)
        return place.astype(np.int64), len(found)
    there = np.zeros(span, dtype=bool)
    there[key] = True
    return (np.cumsum(there) - 1).take(key), int(there.sum())
