"""The t-digest as a state: the distribution of a number, alone or with the positives among its rows.

Owns the two forms of a digest, SQL and NumPy, and how it is stored. Never reads a quantile or a curve: `stats` does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.states.base import Input, Stored
from valuekit.states.centroids import EXACT_VALUES, Centroids
from valuekit.states.numbers import finite_sql

if TYPE_CHECKING:
    import pyarrow as pa

    from valuekit.states.base import Gids
    from valuekit.states.groups import Groups

PROTECTED = 400
"""A joint digest keeps this many of the highest-scored rows apart: average precision lives there.

Of a million rows with 0.2 % positives, ranked well, the first bucket below holds up to 8 % of it in some 25 positives:
with 200, 10 of 120 such draws were off by more than 1 %; with 400, none of these, nor of 990 others.
"""


@dataclass(frozen=True)
class Digest:
    """The distribution of a number in a group, as centroids (Dunning & Ertl, 2019).

    A merge starts from stored cells. What was merged once is not merged again: its error would add up.

    Attributes:
        name: the state's name and its column.
        value: SQL of the number over a row's columns; NULL, NaN and infinite values are left out.
        reads: the columns that it needs.
        compression: the t-digest's delta; None keeps every distinct value.
        joint: also count the positive rows of each centroid; rows are offers, then.
    """

    name: str
    value: str
    reads: frozenset[str]
    compression: int | None
    joint: bool

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The number."""
        return (Input(self.value, "number"),)

    @property
    def stored(self) -> tuple[Stored, ...]:
        """One list of centroids, in order of their means."""
        positives = ", positives BIGINT" if self.joint else ""
        return (Stored(self.name, f"STRUCT(mean DOUBLE, atom BOOLEAN, weight BIGINT{positives})[]"),)

    def build(self, groups: Groups) -> list[pa.Array]:
        """Digest the rows of each group."""
        return [self.finished(groups.sorted(self.value, joint=self.joint))]

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        """Merge cells, all at once."""
        (column,) = cells
        return [self.finished(Centroids.of_cells(gids, size, column))]

    def finished(self, centroids: Centroids) -> pa.Array:
        """Compress centroids, and store them."""
        if self.compression is not None:
            centroids = centroids.compressed(self.compression, self._protected)
        return centroids.column()

    @property
    def _protected(self) -> int:
        return PROTECTED if self.joint else 0

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that digests rows."""
        positives = "CASE WHEN _positive THEN 1 ELSE 0 END AS _positives, " if self.joint else ""
        numbers = f"SELECT *, {finite_sql(self.value)} AS _mean FROM {rows}"
        return self._digest_sql(
            f"SELECT {sql.names(keys)}, _mean, CASE WHEN _mean IS NULL THEN 0 ELSE 1 END AS _weight, "
            f"{positives}TRUE AS _atom FROM ({numbers}) AS _numbers",
            keys,
        )

    def merge_sql(self, cells: str, keys: Sequence[str]) -> str:
        """SQL query that merges cells; a group of empty cells stays, by a row without a mean."""
        listed = sql.names(keys)
        positives, none = ("_one.positives AS _positives, ", "0, ") if self.joint else ("", "")
        return self._digest_sql(
            f"SELECT {listed}, _one.mean AS _mean, _one.weight AS _weight, {positives}_one.atom AS _atom "
            f"FROM (SELECT {listed}, unnest({sql.name(self.name)}) AS _one FROM {cells}) AS _unnested "
            f"UNION ALL SELECT {listed}, CAST(NULL AS DOUBLE), 0, {none}TRUE FROM {cells}",
            keys,
        )

    def _digest_sql(self, parts: str, keys: Sequence[str]) -> str:
        """The relational t-digest, from (keys, mean, weight[, positives], atom); no mean means no row."""
        listed = sql.names(keys)
        group = f"PARTITION BY {listed}"
        kept, summed, none, field = "", "", "", ""
        if self.joint:
            kept, summed = "_positives, ", "CAST(sum(_positives) AS BIGINT) AS _positives, "
            none, field = "CAST(0 AS BIGINT), ", ", 'positives': _positives"
        share = "CAST(_weight AS DOUBLE) / CAST(_total AS DOUBLE)"
        return f"""
WITH _parts AS ({parts}),
_collapsed AS (
    SELECT {listed}, _mean, CAST(sum(_weight) AS BIGINT) AS _weight, {summed}_atom
    FROM (
        SELECT {listed}, CASE WHEN _mean = 0 THEN CAST(0 AS DOUBLE) ELSE _mean END AS _mean, _weight, {kept}_atom
        FROM _parts
        WHERE _mean IS NOT NULL
    ) AS _there
    GROUP BY {listed}, _mean, _atom
),
_ordered AS (
    SELECT *,
        CAST(sum(_weight) OVER (
            {group} ORDER BY _mean, _atom ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) AS _running,
        CAST(sum(_weight) OVER ({group}) AS BIGINT) AS _total,
        row_number() OVER ({group} ORDER BY _mean, _atom) AS _place,
        count(*) OVER ({group}) AS _means
    FROM _collapsed
),
_placed AS (SELECT *, {self._alone_sql()} AS _alone FROM _ordered),
_bucketed AS (
    SELECT *, CASE WHEN _alone THEN _place ELSE 0 END AS _own,
        CASE WHEN _alone THEN CAST(0 AS DOUBLE) ELSE {self._scale_sql()} END AS _k
    FROM _placed
),
_centroids AS (
    SELECT {listed},
        CASE WHEN min(_mean) = max(_mean) THEN min(_mean)
             ELSE greatest(min(_mean), least(max(_mean), sum(_mean * ({share})) / sum({share}))) END AS _mean,
        CAST(sum(_weight) AS BIGINT) AS _weight, {summed}count(*) = 1 AND bool_and(_atom) AS _atom
    FROM _bucketed
    GROUP BY {listed}, _own, _k
    UNION ALL
    SELECT DISTINCT {listed}, CAST(NULL AS DOUBLE), CAST(0 AS BIGINT), {none}TRUE FROM _parts
),
_cells AS (
    SELECT {listed}, list({{'mean': _mean, 'atom': _atom, 'weight': _weight{field}}})
        FILTER (WHERE _mean IS NOT NULL) AS _cell
    FROM _centroids
    GROUP BY {listed}
)
SELECT {listed}, coalesce(list_sort(_cell), []) AS {sql.name(self.name)} FROM _cells""".strip()

    def _alone_sql(self) -> str:
        """Whether a centroid stays as it is: in a small group, or among the highest rows."""
        if self.compression is None:
            return "TRUE"
        few = f"_means <= {max(EXACT_VALUES, self.compression // 2)}"
        return f"{few} OR _total - _running < {self._protected}"

    def _scale_sql(self) -> str:
        """The bucket: the scale function k1 of the share of rows below the middle of a centroid, rounded down."""
        if self.compression is None:
            return "CAST(0 AS DOUBLE)"
        middle = f"CAST(_running AS DOUBLE) - {sql.literal(0.5)} * CAST(_weight AS DOUBLE)"
        sine = f"2 * (({middle}) / CAST(_total AS DOUBLE)) - 1"
        return f"floor({sql.literal(self.compression / (2 * math.pi))} * asin(greatest(-1, least(1, {sine}))))"
