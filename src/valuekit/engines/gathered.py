"""What is read of every offer at once, for scores that no state can hold, in as little memory as can be.

Owns the numbers that stand for dimensions and values while batches are put together: twelve bytes an offer and a value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit.engines.grouping import Key, Numbered, number
from valuekit.engines.rows import Picked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from valuekit.engines.reading import Offers
    from valuekit.states.plan import CellPlan


@dataclass(frozen=True)
class Gathering:
    """What is to be gathered.

    Attributes:
        plan: how rows become offers.
        keys: dimensions of the offers.
        reads: what is read of each.
        positive_rows: read every positive row of the offers instead, each with its offer's dimensions.
    """

    plan: CellPlan
    keys: tuple[str, ...]
    reads: tuple[str, ...]
    positive_rows: bool

    @cached_property
    def asked(self) -> CellPlan:
        """The same, as a plan that builds nothing: what it reads are its dimensions."""
        return replace(self.plan, dimensions=tuple(dict.fromkeys((*self.keys, *self.reads))), states=(), sums=())


class Gathered:
    """Dimensions and values of offers, batch by batch.

    Args:
        gathering: which ones.
    """

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self._dimensions = tuple(sorted(set(gathering.keys)))
        self._places: dict[tuple[Any, ...], int] = {}
        self._ids: list[NDArray[np.int32]] = []
        self._schema: dict[str, pl.DataType] = {}
        self._values: dict[str, list[pa.DictionaryArray]] = {name: [] for name in gathering.reads}

    def add(self, found: Offers, where: NDArray[np.bool_] | None = None) -> None:
        """Add a batch.

        Args:
            found: offers.
            where: for each row of the batch whether it counts as the deciding row of an offer; None where all do.
        """
        rows = found.picked.rows
        own, deciding = found.positive_rows() if self.gathering.positive_rows else (found.picked.places,) * 2
        if where is not None:
            chosen = where[deciding]
            own, deciding = own[chosen], deciding[chosen]
        groups = Picked(rows, deciding).number(self._dimensions)
        self._add(groups, {name: Picked(rows, own).key(name) for name in self._values})

    def _add(self, groups: Numbered, values: Mapping[str, Key]) -> None:
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
