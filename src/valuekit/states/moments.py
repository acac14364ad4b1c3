"""Moments of a number: how many, their sum, their mean, and the second and third power of the distance from it.

Owns variance and skewness that merge without losing digits. Never divides by n - 1: a score does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from valuekit import sql
from valuekit.states.base import Input, Stored
from valuekit.states.numbers import ZERO, add_cells, add_runs, add_whole, finite_sql, of_column, whole_of_column

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from valuekit.states.base import Gids
    from valuekit.states.groups import Groups


_PARTS = ("_n", "_sum", "_mean", "_rest", "_m2", "_m3")


@dataclass(frozen=True)
class Moments:
    """Count, sum, mean and the central sums M2 = Σ(x - mean)², M3 = Σ(x - mean)³ of a number.

    The cell of no rows is n = 0, sum = rest = M2 = M3 = 0 and mean NULL: sums of nothing are 0, a mean of nothing is
    undefined. Equal values give M2 = M3 = 0 exactly. Where a power is beyond the range of a float, the sum of it is
    infinite or NaN. `rest` is what the mean has beyond the precision of a float: without it M2 of values that are large
    and alike would depend on how they were split.

    Merging is the pairwise formula of Chan, Golub & LeVeque (1983) for all cells of a group in one step, with δ the
    distance of a cell's mean from the common one: M2 = ΣM2ᵢ + Σnᵢδᵢ², M3 = ΣM3ᵢ + 3ΣδᵢM2ᵢ + Σnᵢδᵢ³. Distances are taken
    from a mean of the group itself, so nothing large cancels. A row is a cell with n = 1 and rest = M2 = M3 = 0.

    Attributes:
        name: the state's name; its columns are this and `_n`, `_sum`, `_mean`, `_rest`, `_m2`, `_m3`.
        value: SQL of the number over a row's columns.
        reads: the columns that it needs.
    """

    name: str
    value: str
    reads: frozenset[str] = field(default_factory=frozenset)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The number."""
        return (Input(self.value, "number"),)

    @property
    def stored(self) -> tuple[Stored, ...]:
        """The count and five DOUBLE columns."""
        doubles = (Stored(f"{self.name}{part}", "DOUBLE") for part in _PARTS[1:])
        return (Stored(f"{self.name}{_PARTS[0]}", "BIGINT"), *doubles)

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that takes each row as a cell of one."""
        listed = sql.names(keys)
        numbers = f"SELECT {listed}, {finite_sql(self.value)} AS _x FROM {rows}"
        cells = (
            f"SELECT {listed}, CASE WHEN _x IS NULL THEN 0 ELSE 1 END AS _n, _x AS _sum, _x AS _mean, "
            f"{ZERO} AS _rest, {ZERO} AS _m2, {ZERO} AS _m3 FROM ({numbers}) AS numbers"
        )
        return self._combine_sql(cells, listed)

    def merge_sql(self, cells: str, keys: Sequence[str]) -> str:
        """SQL query that merges cells."""
        listed = sql.names(keys)
        parts = ", ".join(
            f"{sql.name(column.name)} AS {inner}" for column, inner in zip(self.stored, _PARTS, strict=True)
        )
        return self._combine_sql(f"SELECT {listed}, {parts} FROM {cells}", listed)

    def _combine_sql(self, cells: str, listed: str) -> str:
        group = f"OVER (PARTITION BY {listed})"
        distance = "(_off - _centre)"
        total = "NULLIF(CAST(_n AS DOUBLE), 0)"
        three, two = sql.literal(3.0), sql.literal(2.0)
        placed = f"SELECT {listed}, _n, _sum, _mean, _rest, _m2, _m3, min(_mean) {group} AS _at FROM ({cells}) AS cells"
        offset = f"SELECT {listed}, _n, _sum, _m2, _m3, _at, (_mean - _at) + _rest AS _off FROM ({placed}) AS placed"
        centred = (
            f"SELECT {listed}, _n, _sum, _m2, _m3, _at, _off, sum(_n * _off) {group} "
            f"/ NULLIF(CAST(sum(_n) {group} AS DOUBLE), 0) AS _centre FROM ({offset}) AS offsets"
        )
        summed = (
            f"SELECT {listed}, CAST(sum(_n) AS BIGINT) AS _n, coalesce(sum(_sum), {ZERO}) AS _sum, "
            f"min(_at) AS _at, min(_centre) AS _centre, sum(_n * {distance}) AS _first, "
            f"sum(_m2 + _n * {distance} * {distance}) AS _second, "
            f"sum(_m3 + {three} * {distance} * _m2 + _n * {distance} * {distance} * {distance}) AS _third "
            f"FROM ({centred}) AS centred GROUP BY {listed}"
        )
        beyond = f"(_centre + _first / {total})"
        mean = f"(_at + {beyond})"
        values = (
            "_n",
            "_sum",
            mean,
            f"coalesce((_at - ({mean} - {beyond})) + ({beyond} - ({mean} - ({mean} - {beyond}))), {ZERO})",
            f"coalesce(greatest(_second - _first * _first / {total}, {ZERO}), {ZERO})",
            (
                f"coalesce(_third - {three} * _first * _second / {total} "
                f"+ {two} * _first * _first * _first / ({total} * {total}), {ZERO})"
            ),
        )
        named = ", ".join(
            f"{value} AS {sql.name(column.name)}" for value, column in zip(values, self.stored, strict=True)
        )
        return f"SELECT {listed}, {named} FROM ({summed}) AS summed"

    def build(self, groups: Groups) -> list[pa.Array]:
        """Sum over the sorted, distinct values of each group."""
        sorted_ = groups.sorted(self.value)
        x, n, none = sorted_.means, sorted_.weights, np.zeros(len(sorted_.means))

        def add(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
            return add_runs(sorted_.starts, numbers)

        with np.errstate(over="ignore"):
            sums = add(n * x)
        return _columns(sorted_.totals, sums, _central(add, sorted_.gids, sorted_.totals, n, (x, none, none, none)))

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        """Merge all cells of a group in one step, in their order."""
        n, (sums, *powers) = whole_of_column(cells[0]), (of_column(column) for column in cells[1:])
        some = n > 0
        gids, n = gids[some], n[some]

        def add(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
            return add_cells(gids, size, numbers)

        totals = add_whole(gids, size, n)
        return _columns(totals, add(sums[some]), _central(add, gids, totals, n, [power[some] for power in powers]))


def _central(
    add: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    gids: Gids,
    totals: NDArray[np.int64],
    n: NDArray[np.int64],
    powers: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], ...]:
    """Merge the mean, its rest, M2 and M3 of cells that have rows.

    Args:
        add: sums by group.
        gids: the group of each cell.
        totals: the rows of each group.
        n: the rows of each cell.
        powers: mean, rest, M2 and M3 of each cell.
    """
    means, rest, m2, m3 = powers
    at = np.zeros(len(totals))
    at[gids] = means
    with np.errstate(over="ignore", invalid="ignore"):
        some = np.maximum(totals, 1)
        offsets = (means - at.take(gids)) + rest
        centre = add(n * offsets) / some
        distance = offsets - centre.take(gids)
        first = add(n * distance)
        second = add(m2 + n * distance**2)
        third = add(m3 + 3 * distance * m2 + n * distance**3)
        shift = first / some  # what rounding left of the first power
        mean, beyond = _two_sum(at, centre + shift)
        return mean, beyond, np.maximum(second - first * shift, 0), third - 3 * shift * second + 2 * first * shift**2


def _two_sum(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A sum, and exactly what rounding took from it (Knuth, The Art of Computer Programming 2, 4.2.2)."""
    total = a + b
    part = total - b
    return total, (a - part) + (b - (total - part))


def _columns(n: NDArray[np.int64], sums: NDArray[np.float64], powers: Sequence[NDArray[np.float64]]) -> list[pa.Array]:
    import pyarrow as pa

    mean, *others = powers
    return [pa.array(n), pa.array(sums), pa.array(mean, mask=n == 0), *map(pa.array, others)]
