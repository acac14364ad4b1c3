"""Centroids of groups: the t-digest as one sort, one cumulative weight and one grouping, over all groups at once.

Owns how values become centroids, how centroids merge, and how they are stored. Never loops over groups, and never reads
a quantile: `stats` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from valuekit.states.numbers import add_whole
from valuekit.states.ordering import group_order, rank_order

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

EXACT_VALUES = 50
"""A group with at most this many distinct values is never compressed."""


@dataclass(frozen=True)
class Centroids:
    """The centroids of `size` groups, in order of group and mean; no two of a group have the same mean.

    Attributes:
        starts: of length size + 1; group g owns centroids starts[g] to starts[g + 1] - 1.
        means: the mean value of each centroid; never -0.0.
        weights: how many rows each stands for.
        positives: how many of these are positive; None unless the digest is joint.
        atoms: true where all rows of a centroid have one value, which `means` holds bit for bit.
    """

    starts: NDArray[np.int64]
    means: NDArray[np.float64]
    weights: NDArray[np.int64]
    positives: NDArray[np.int64] | None
    atoms: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """The number of groups."""
        return len(self.starts) - 1

    @cached_property
    def gids(self) -> NDArray[np.int64]:
        """The group of each centroid."""
        return np.repeat(np.arange(self.size), np.diff(self.starts))

    @cached_property
    def totals(self) -> NDArray[np.int64]:
        """The number of rows of each group."""
        return np.diff(_running(self.weights)[self.starts])

    @classmethod
    def of_rows(
        cls,
        gids: NDArray[np.int64],
        size: int,
        values: NDArray[np.float64],
        positive: NDArray[np.bool_] | None = None,
    ) -> Centroids:
        """Collapse equal values of each group: every centroid is an atom.

        Args:
            gids: the group of each row, 0 to size - 1, in any order.
            size: the number of groups.
            values: the value of each row, finite.
            positive: whether each row is positive; makes the centroids joint.
        """
        values = values + 0.0
        order = group_order(gids, size, values)
        gids, values = gids.take(order), values.take(order)
        first = _run_starts(gids, values)
        ends = np.append(first[1:], len(values))
        positives = None
        if positive is not None:
            positives = np.diff(_running(positive.take(order))[np.append(first, len(values))])
        return cls(
            starts=_starts(gids[first], size),
            means=values[first],
            weights=ends - first,
            positives=positives,
            atoms=np.ones(len(first), dtype=np.bool_),
        )

    @classmethod
    def of_cells(cls, gids: NDArray[np.int64], size: int, column: pa.Array | pa.ChunkedArray) -> Centroids:
        """Put stored cells of each group together, as `Ranked` does."""
        return Ranked.of(column).merged(gids, size)

    @classmethod
    def of_column(cls, column: pa.Array | pa.ChunkedArray) -> Centroids:
        """Read stored cells, each a group of its own."""
        lengths, fields = _flattened(column)
        means, atoms = fields["mean"] + 0.0, fields["atom"]
        starts = _running(lengths)
        rising = np.ones(len(means) + 1, dtype=np.bool_)
        rising[1:-1] = (means[1:] > means[:-1]) | ((means[1:] == means[:-1]) & (atoms[1:] > atoms[:-1]))
        rising[starts] = True
        if not rising.all():
            return cls.of_cells(np.arange(len(column)), len(column), column)
        return cls(starts, means, fields["weight"], fields.get("positives"), atoms)

    def compressed(self, delta: float, protected: int = 0) -> Centroids:
        """Group neighbours of each group by the scale function k1 (Dunning & Ertl, 2019).

        With q the share of rows below the middle of a centroid, those of equal floor(delta / 2π · asin(2q - 1)) become
        one. One that stays alone keeps its value and its flag. A group with few enough centroids stays as it is.

        Args:
            delta: the compression; about delta / 2 centroids remain.
            protected: a centroid with fewer rows than this above it stays alone.
        """
        sizes = np.diff(self.starts)
        large = sizes > max(EXACT_VALUES, delta / 2)
        if not large.any():
            return self
        bucket = np.floor(delta / (2 * np.pi) * self._angles)
        alone = np.repeat(~large, sizes) | (self._above < protected)
        begins = np.ones(len(bucket) + 1, dtype=np.bool_)
        begins[1:-1] = (bucket[1:] != bucket[:-1]) | alone[1:] | alone[:-1]
        begins[self.starts] = True
        return self._joined(np.flatnonzero(begins[:-1]))

    @cached_property
    def _above(self) -> NDArray[np.int64]:
        """How many rows of its group are above each centroid."""
        running = _running(self.weights)
        return np.repeat(running[self.starts[1:]], np.diff(self.starts)) - running[1:]

    @cached_property
    def _angles(self) -> NDArray[np.float64]:
        """The arc sine of 2q - 1 of each centroid, which is the scale function but for its factor."""
        totals = self.totals[self.gids]
        q = (totals - self._above - 0.5 * self.weights) / totals
        return np.arcsin(np.clip(2 * q - 1, -1, 1))

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        """Each mean times the share of its centroid in the rows of the group, so that no sum can overflow."""
        return self.means * (self.weights / self.totals[self.gids])

    def _joined(self, first: NDArray[np.int64]) -> Centroids:
        """Make one centroid of each run."""
        edges = np.append(first, len(self.means))
        weights = _summed(self.weights, first)
        alone = np.diff(edges) == 1
        means = np.add.reduceat(self._shares, first) / (weights / self.totals[self.gids[first]])
        means = np.clip(means, self.means[first], self.means[edges[1:] - 1]) + 0.0
        return Centroids(
            starts=np.searchsorted(first, self.starts).astype(np.int64),
            means=np.where(alone, self.means[first], means),
            weights=weights,
            positives=None if self.positives is None else _summed(self.positives, first),
            atoms=alone & self.atoms[first],
        )

    def column(self) -> pa.Array:
        """Store: one list of structs (mean, atom, weight, positives where joint) a group."""
        import pyarrow as pa

        fields = {"mean": self.means, "atom": self.atoms, "weight": self.weights}
        if self.positives is not None:
            fields["positives"] = self.positives
        arrays = [pa.array(values) for values in fields.values()]
        structs = pa.StructArray.from_arrays(arrays, names=list(fields))
        return pa.ListArray.from_arrays(pa.array(self.starts, pa.int32()), structs)


@dataclass(frozen=True)
class Ranked:
    """Stored cells in which the mean of each centroid has a rank: values are compared once, for all merges.

    Attributes:
        lengths: how many centroids each cell has.
        means: the distinct means of all cells, rising.
        ranks: for each centroid twice the place of its mean among these, plus one for an atom.
        weights: how many rows each stands for.
        positives: how many of these are positive; None unless the digest is joint.
    """

    lengths: NDArray[np.int64]
    means: NDArray[np.float64]
    ranks: NDArray[np.uint64]
    weights: NDArray[np.int64]
    positives: NDArray[np.int64] | None

    @classmethod
    def of(cls, column: pa.Array | pa.ChunkedArray) -> Ranked:
        """Read cells.

        Args:
            column: cells as `Centroids.column` gives them, in lists of any offset width, in one chunk or many; null is
                empty.
        """
        lengths, fields = _flattened(column)
        means, ranks = np.unique(fields["mean"], return_inverse=True)
        ranks *= 2
        ranks += fields["atom"]
        return cls(lengths, means + 0.0, ranks.view(np.uint64), fields["weight"], fields.get("positives"))

    def merged(self, gids: NDArray[np.int64], size: int) -> Centroids:
        """Put the cells of each group together: sorted and collapsed, not compressed.

        A centroid of several values may have the mean of an atom. It stays apart, before it: the rows of an atom have
        one value, and what is read between two centroids must not be read inside of it.

        Args:
            gids: the group of each cell, 0 to size - 1, in any order, which does not matter.
            size: the number of groups.
        """
        order = rank_order(np.repeat(gids, self.lengths), size, self.ranks)
        ranks = self.ranks.take(order)
        starts = _running(add_whole(gids, size, self.lengths))
        begins = np.ones(len(ranks) + 1, dtype=np.bool_)
        np.not_equal(ranks[1:], ranks[:-1], out=begins[1:-1])
        begins[starts] = True
        first = np.flatnonzero(begins[:-1])
        found = ranks[first]
        return Centroids(
            starts=np.searchsorted(first, starts).astype(np.int64),
            means=self.means[found >> np.uint64(1)],
            weights=_summed(self.weights.take(order), first),
            positives=None if self.positives is None else _summed(self.positives.take(order), first),
            atoms=(found & np.uint64(1)).astype(np.bool_),
        )


def _summed(parts: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum runs of whole numbers that begin at `first`."""
    return np.add.reduceat(parts, first) if len(first) else parts[:0]


def _running(counts: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Cumulative sums, with a leading 0."""
    running = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=running[1:])
    return running


def _run_starts(gids: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.int64]:
    """Where a group or a value begins, in sorted rows."""
    begins = np.ones(len(gids), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    begins[1:] |= gids[1:] != gids[:-1]
    return np.flatnonzero(begins)


def _starts(gids: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return _running(np.bincount(gids, minlength=size))


def _flattened(column: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]]]:
    """The length of each list, and the fields of all structs in one array each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    structs = column.flatten()
    names = [structs.type.field(i).name for i in range(structs.type.num_fields)]
    values = [part.to_numpy(zero_copy_only=False) for part in structs.flatten()]
    return lengths, dict(zip(names, values, strict=True))
