"""What is read of every offer at once, for scores that no state can hold, in as little memory as can be.

Owns the numbers that stand for dimensions and values while batches are put together: twelve bytes an offer and a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit.engines.grouping import Key, Numbered, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class Gathered:
    """Dimensions and values of offers, batch by batch.

    Args:
        dimensions: the names of the dimensions.
        reads: the names of the values.
    """

    def __init__(self, dimensions: Sequence[str], reads: Sequence[str]) -> None:
        self._dimensions = tuple(dimensions)
        self._places: dict[tuple[Any, ...], int] = {}
        self._ids: list[NDArray[np.int32]] = []
        self._schema: dict[str, pl.DataType] = {}
        self._values: dict[str, list[pa.DictionaryArray]] = {name: [] for name in reads}

    def add(self, groups: Numbered, values: Mapping[str, Key]) -> None:
        """Add a batch.

        Args:
            groups: the dimensions of each offer.
            values: what is read of it, in the same order.
        """
        rows = groups.keys.rows() if self._dimensions else [()]
        places = [self._places.setdefault(row, len(self._places)) for row in rows]
        self._ids.append(np.array(places, dtype=np.int32)[groups.gids])
        self._schema = dict(groups.keys.schema)
        for name, chunks in self._values.items():
            chunks.append(pa.DictionaryArray.from_arrays(pa.array(values[name].ids), values[name].values.to_arrow()))

    def number(self, by: Sequence[str]) -> Numbered:
        """Number the groups of some of the dimensions."""
        if not by:
            return Numbered(np.zeros(sum(map(len, self._ids)), dtype=np.int64), pl.DataFrame(), 1)
        distinct = pl.DataFrame(list(self._places), schema=self._schema, orient="row")
        keys = {name: Key.of_values(distinct[name]) for name in by}
        groups = number(keys, distinct.height)
        return Numbered(groups.gids[np.concatenate(self._ids)], groups.keys, groups.size)

    def codes(self, name: str) -> NDArray[np.int64]:
        """A number for each value, -1 where it is missing."""
        return Key.of(pa.chunked_array(self._values[name])).codes
