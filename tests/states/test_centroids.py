"""Centroids against plain Python: collapsing, compressing, storing, and putting cells together."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.states.centroids import Centroids, Ranked
from valuekit.states.ordering import group_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

Row = tuple[float, int, int, bool]

numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 0.1, 1.0, 5e-324, -1.5e308]),
)


def cell(centroids: Centroids, group: int) -> list[Row]:
    """The centroids of a group as (mean, weight, positives, atom)."""
    rows = []
    for i in range(int(centroids.starts[group]), int(centroids.starts[group + 1])):
        positives = 0 if centroids.positives is None else int(centroids.positives[i])
        mean, weight = float(centroids.means[i]), int(centroids.weights[i])
        rows.append((mean, weight, positives, bool(centroids.atoms[i])))
    return rows


def bits(centroids: Centroids) -> list[bytes]:
    """Everything that centroids hold."""
    parts: list[NDArray[np.generic] | None] = [
        centroids.starts,
        centroids.means,
        centroids.weights,
        centroids.positives,
        centroids.atoms,
    ]
    return [b"" if part is None else part.tobytes() for part in parts]


def of_rows(rows: Sequence[tuple[int, float, bool]], size: int) -> Centroids:
    """Centroids of (group, value, positive)."""
    gids = np.array([row[0] for row in rows], dtype=np.int64)
    values = np.array([row[1] for row in rows], dtype=np.float64)
    return Centroids.of_rows(gids, size, values, np.array([row[2] for row in rows], dtype=np.bool_))


def plainly_compressed(rows: list[Row], delta: float, protected: int) -> list[Row]:
    """The relational t-digest of one group, one centroid after the other."""
    total = sum(weight for _, weight, _, _ in rows)
    if len(rows) <= max(50, delta / 2):
        return rows
    buckets: dict[tuple[str, int], list[Row]] = defaultdict(list)
    running = 0
    for place, row in enumerate(rows):
        running += row[1]
        q = (running - row[1] / 2) / total
        k = math.floor(delta / (2 * math.pi) * math.asin(2 * q - 1))
        buckets[("alone", place) if total - running < protected else ("k", k)].append(row)
    merged = []
    for bucket in buckets.values():
        weight = sum(row[1] for row in bucket)
        mean = math.fsum(row[0] * row[1] for row in bucket) / weight if len(bucket) > 1 else bucket[0][0]
        atom = len(bucket) == 1 and bucket[0][3]
        merged.append((mean, weight, sum(row[2] for row in bucket), atom))
    return sorted(merged)


@given(st.lists(st.tuples(st.integers(0, 5), numbers, st.booleans()), max_size=60))
@settings(max_examples=60)
def test_rows_collapse_to_their_distinct_values(rows: list[tuple[int, float, bool]]) -> None:
    centroids = of_rows(rows, 6)
    for group in range(6):
        counted = Counter(value for g, value, _ in rows if g == group)
        positive = Counter(value for g, value, flag in rows if g == group and flag)
        assert cell(centroids, group) == [(v, counted[v], positive[v], True) for v in sorted(counted)]
    assert not np.signbit(centroids.means[centroids.means == 0]).any()
    assert centroids.totals.tolist() == [sum(g == group for g, _, _ in rows) for group in range(6)]
    assert centroids.gids.tolist() == [g for g in range(6) for _ in cell(centroids, g)]


@pytest.mark.parametrize("groups", [1, 3, 40_000])
def test_rows_are_ordered_as_a_stable_sort_orders_them(groups: int) -> None:
    """Values that need more bits than a word has, crowded where the leading bits are equal."""
    rng = np.random.default_rng(groups)
    crowded = 1 + rng.integers(0, 5000, 30_000) * 2.0**-52
    wide = rng.choice([-1.0, 1.0], 10_000) * 10.0 ** rng.uniform(-320, 308, 10_000)
    values = rng.permutation(np.concatenate((crowded, wide, np.zeros(500))))
    gids = rng.integers(0, groups, len(values))
    expected = np.lexsort((values, gids))
    assert (group_order(gids, groups, values) == expected).all()
    assert (group_order(gids[expected], groups, values[expected]) == np.arange(len(values))).all()
    assert (group_order(gids, 2**60, values) == expected).all()


def test_the_order_of_rows_and_other_groups_change_no_bit() -> None:
    rng = np.random.default_rng(3)
    gids, values = rng.integers(0, 4, 9000), rng.beta(1, 30, 9000)
    positive = rng.random(9000) < values
    shuffled = rng.permutation(9000)
    one = Centroids.of_rows(gids, 4, values, positive).compressed(100, 20)
    two = Centroids.of_rows(gids[shuffled], 4, values[shuffled], positive[shuffled]).compressed(100, 20)
    assert bits(one) == bits(two)
    only = gids == 2
    alone = Centroids.of_rows(np.zeros(only.sum(), dtype=np.int64), 1, values[only], positive[only])
    assert cell(alone.compressed(100, 20), 0) == cell(one, 2)


@pytest.mark.parametrize(("delta", "protected"), [(500.0, 200), (100.0, 0), (20.0, 7)])
def test_compression_is_the_relational_rule(delta: float, protected: int) -> None:
    rng = np.random.default_rng(5)
    sizes = [0, 1, 40, 60, 700, 4000]
    gids = np.repeat(np.arange(len(sizes)), sizes)
    values = np.where(rng.random(len(gids)) < 0.2, 0.1, rng.normal(size=len(gids)))
    rows = Centroids.of_rows(gids, len(sizes), values, rng.random(len(gids)) < 0.3)
    compressed = rows.compressed(delta, protected)
    assert compressed.totals.tolist() == sizes
    for group in range(len(sizes)):
        found, expected = cell(compressed, group), plainly_compressed(cell(rows, group), delta, protected)
        assert [row[1:] for row in found] == [row[1:] for row in expected]
        assert [row[0] for row in found] == pytest.approx([row[0] for row in expected], rel=1e-12, abs=1e-12)
        assert {row[0] for row in found if row[3]} == {row[0] for row in expected if row[3]}


def test_a_spike_stays_an_atom_bit_for_bit() -> None:
    """Three times 0.1 over 3 is not 0.1."""
    values = np.concatenate((np.full(3000, 0.1), np.linspace(1, 2, 3000)))
    compressed = Centroids.of_rows(np.zeros(6000, dtype=np.int64), 1, values).compressed(100)
    assert cell(compressed, 0)[0] == (0.1, 3000, 0, True)
    assert not compressed.atoms[1:].all()


def test_the_highest_rows_are_merged_with_nothing() -> None:
    values = np.linspace(0, 1, 5000)
    rows = Centroids.of_rows(np.zeros(5000, dtype=np.int64), 1, values, values > 0.5)
    top = rows.compressed(500, 200)
    assert (top.means[-200:] == values[-200:]).all()
    assert top.atoms[-200:].all()
    assert not rows.compressed(500).atoms[-10:].all()


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e308])
@pytest.mark.parametrize("kind", ["neighbours", "both signs"])
def test_a_mean_lies_among_its_values_however_close_or_large(scale: float, kind: str) -> None:
    """Neighbouring doubles, whose mean may round past both; and sums that would overflow."""
    rng = np.random.default_rng(17)
    near = 1 + np.arange(120) * 2.0**-52
    chosen = near if kind == "neighbours" else rng.uniform(-1.7, 1.7, 120)
    values = np.repeat(scale * chosen, rng.integers(1, 50, 120))
    rows = Centroids.of_rows(np.zeros(len(values), dtype=np.int64), 1, values)
    compressed = rows.compressed(100)
    assert len(compressed.means) < 60
    ends, ordered = np.cumsum(compressed.weights), np.sort(values)
    assert (compressed.means >= ordered[ends - compressed.weights]).all()
    assert (compressed.means <= ordered[ends - 1]).all()
    assert compressed.totals.tolist() == [len(values)]


def test_fifty_values_stay_exact_through_merges() -> None:
    rng = np.random.default_rng(11)
    values = rng.choice(rng.normal(size=50), 20_000)
    merged = Centroids.of_rows(rng.integers(0, 300, 20_000), 300, values).compressed(20)
    for size in (40, 7, 1):
        merged = Centroids.of_cells(np.arange(merged.size) % size, size, merged.column()).compressed(20)
    counted = Counter(values.tolist())
    assert cell(merged, 0) == [(v, counted[v], 0, True) for v in sorted(counted)]


def stored() -> tuple[Centroids, pa.Array]:
    rng = np.random.default_rng(13)
    gids = rng.integers(0, 5, 2000)
    gids[gids == 3] = 4
    centroids = Centroids.of_rows(gids, 5, rng.normal(size=2000), rng.random(2000) < 0.5).compressed(100)
    return centroids, centroids.column()


def test_stored_cells_are_read_back_from_any_list() -> None:
    centroids, column = stored()
    large = column.cast(pa.large_list(column.type.value_type))
    padded = pa.concat_arrays([column, column])[2:][3:]
    chunked = pa.chunked_array([column[:2], column[2:2], column[2:]])
    for form in (column, large, padded, chunked):
        assert bits(Centroids.of_column(form)) == bits(centroids)
    fields = [(field.name, str(field.type)) for field in column.type.value_type]
    assert fields == [("mean", "double"), ("atom", "bool"), ("weight", "int64"), ("positives", "int64")]


def test_a_null_cell_is_empty() -> None:
    centroids, column = stored()
    cells = pa.concat_arrays([column[:1], pa.nulls(1, column.type), column[1:2]])
    read = Centroids.of_column(cells)
    assert [cell(read, group) for group in range(3)] == [cell(centroids, 0), [], cell(centroids, 1)]
    nothing = Centroids.of_cells(np.zeros(0, dtype=np.int64), 2, column[:0])
    assert nothing.totals.tolist() == [0, 0]
    assert nothing.compressed(20).column().to_pylist() == [[], []]


def test_equal_means_of_cells_become_one() -> None:
    """Atom and atom stay an atom; a mixed centroid of the same mean stays apart, before it."""
    kind = pa.list_(pa.struct({"mean": pa.float64(), "weight": pa.int64(), "atom": pa.bool_()}))
    one = [{"mean": 0.5, "weight": 2, "atom": True}, {"mean": 0.7, "weight": 3, "atom": True}]
    two = [{"mean": 0.5, "weight": 4, "atom": False}, {"mean": 0.7, "weight": 1, "atom": True}]
    merged = Centroids.of_cells(np.zeros(2, dtype=np.int64), 1, pa.array([one, two], kind))
    assert cell(merged, 0) == [(0.5, 4, 0, False), (0.5, 2, 0, True), (0.7, 4, 0, True)]
    assert merged.positives is None


def test_cells_of_equal_means_are_read_as_one_centroid() -> None:
    kind = pa.list_(pa.struct({"mean": pa.float64(), "atom": pa.bool_(), "weight": pa.int64()}))
    twice = [{"mean": mean, "atom": True, "weight": 2} for mean in (0.25, 0.25, -1.0)]
    read = Centroids.of_column(pa.array([twice, [], twice[:1]], kind))
    assert [cell(read, group) for group in range(3)] == [
        [(-1.0, 2, 0, True), (0.25, 4, 0, True)],
        [],
        [(0.25, 2, 0, True)],
    ]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 11), numbers, st.booleans()), max_size=60), st.randoms(use_true_random=False))
def test_cells_ranked_once_serve_every_grouping(rows: list[tuple[int, float, bool]], luck: random.Random) -> None:
    cells = of_rows(rows, 12).compressed(4)
    ranked = Ranked.of(cells.column())
    for size in (1, 3, 12, 20):
        groups = [luck.randrange(size) for _ in range(12)]
        merged = ranked.merged(np.array(groups, dtype=np.int64), size)
        for group in range(size):
            expected: defaultdict[tuple[float, bool], list[int]] = defaultdict(lambda: [0, 0])
            for one in (row for at, owner in enumerate(groups) if owner == group for row in cell(cells, at)):
                mean, weight, positives, atom = one
                expected[mean, atom][0] += weight
                expected[mean, atom][1] += positives
            assert cell(merged, group) == [(*key[:1], *expected[key], key[1]) for key in sorted(expected)]
