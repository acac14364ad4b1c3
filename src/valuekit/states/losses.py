"""How far scores are from what happened: sums of squared errors and of log losses.

Owns the exact sums behind `brier` and `log_loss`. Never divides by the number of offers: a score does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from valuekit import sql
from valuekit.states.base import Input, Stored
from valuekit.states.numbers import (
    ZERO,
    add_cells,
    add_runs,
    add_whole,
    finite_sql,
    of_column,
    whole_of_column,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from valuekit.states.base import Gids
    from valuekit.states.groups import Groups


@dataclass(frozen=True)
class Losses:
    """Sums of losses over the offers that have a score s; y is 1 for a positive and 0 for a negative.

    `_brier` is Σ(y - s)² and `_log` is -Σ(y·ln s + (1 - y)·ln(1 - s)), both over scores in [0, 1], the second where it
    is finite. `_outside` counts scores outside [0, 1]; `_certain` counts positives scored 0 and negatives scored 1,
    whose log loss is infinite. All are 0 for no offers.

    Attributes:
        name: the state's name; its columns are this and `_brier`, `_log`, `_outside`, `_certain`.
        score: SQL of the score over an offer's columns.
        reads: the columns that it needs, besides `_positive`.
    """

    name: str
    score: str
    reads: frozenset[str] = field(default_factory=frozenset)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The score."""
        return (Input(self.score, "number"),)

    @property
    def stored(self) -> tuple[Stored, ...]:
        """Two DOUBLE sums and two counts."""
        kinds = {"brier": "DOUBLE", "log": "DOUBLE", "outside": "BIGINT", "certain": "BIGINT"}
        return tuple(Stored(f"{self.name}_{part}", kind) for part, kind in kinds.items())

    def build_sql(self, rows: str, keys: Sequence[str]) -> str:
        """SQL query that sums losses.

        ln(1 - s) is exact for tiny s: Kahan's form, since no function of both engines gives it.
        """
        listed = sql.names(keys)
        one = sql.literal(1.0)
        scores = (
            f"SELECT {listed}, {finite_sql(self.score)} AS _s, CASE WHEN _positive THEN {one} ELSE {ZERO} END AS _y "
            f"FROM {rows}"
        )
        inside = f"_s >= {ZERO} AND _s <= {one}"
        certain = f"(_y = {one} AND _s = {ZERO} OR _y = {ZERO} AND _s = {one})"
        rest = f"({one} - _s)"
        log_of_rest = f"CASE WHEN {rest} = {one} THEN -_s ELSE -_s * ln({rest}) / ({rest} - {one}) END"
        log_loss = (
            f"CASE WHEN {certain} OR NOT ({inside}) THEN {ZERO} WHEN _y = {one} THEN {ZERO} - ln(_s) "
            f"ELSE {ZERO} - {log_of_rest} END"
        )
        brier = f"CASE WHEN {inside} THEN (_y - _s) * (_y - _s) END"
        return self._sum_sql(
            (
                brier,
                log_loss,
                f"CASE WHEN NOT ({inside}) THEN 1 END",
                f"CASE WHEN {certain} THEN 1 END",
            ),
            f"({scores}) AS scores",
            listed,
        )

    def merge_sql(self, cells: str, keys: Sequence[str]) -> str:
        """SQL query that adds cells up."""
        return self._sum_sql([sql.name(column.name) for column in self.stored], cells, sql.names(keys))

    def _sum_sql(self, values: Sequence[str], relation: str, listed: str) -> str:
        sums = ", ".join(
            f"CAST(coalesce(sum({value}), 0) AS {column.sql_type}) AS {sql.name(column.name)}"
            for value, column in zip(values, self.stored, strict=True)
        )
        return f"SELECT {listed}, {sums} FROM {relation} GROUP BY {listed}"

    def build(self, groups: Groups) -> list[pa.Array]:
        """Sum over the sorted, distinct scores of each group."""
        import pyarrow as pa

        sorted_ = groups.sorted(self.score, joint=True)
        if sorted_.positives is None:
            raise ValueError("losses need the positives of each score")
        s, positives, negatives = sorted_.means, sorted_.positives, sorted_.weights - sorted_.positives
        inside = (s >= 0) & (s <= 1)
        surely = np.where(inside, s, 0.5)  # any score in (0, 1) in place of those left out
        brier = np.where(inside, positives * (1 - surely) ** 2 + negatives * surely**2, 0)
        of_positives = positives * np.log(np.where(surely > 0, surely, 1))
        of_negatives = negatives * np.log1p(-np.where(surely < 1, surely, 0))
        logs = np.where(inside, 0 - (of_positives + of_negatives), 0)
        outside = np.where(inside, 0, sorted_.weights)
        certain = np.where(s == 0, positives, 0) + np.where(s == 1, negatives, 0)
        gids, size = sorted_.gids, groups.size
        return [
            *(pa.array(add_runs(sorted_.starts, sums)) for sums in (brier, logs)),
            *(pa.array(add_whole(gids, size, counts)) for counts in (outside, certain)),
        ]

    def merge(self, gids: Gids, size: int, cells: Sequence[pa.Array]) -> list[pa.Array]:
        """Add cells up, in their order."""
        import pyarrow as pa

        return [
            *(pa.array(add_cells(gids, size, of_column(sums.fill_null(0)))) for sums in cells[:2]),
            *(pa.array(add_whole(gids, size, whole_of_column(counts))) for counts in cells[2:]),
        ]
