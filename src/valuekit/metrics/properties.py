"""One result row for each property of a group: a score column of a model, or a described column.

Owns which columns are numbers, and how the evaluations of several properties become one. Never computes a score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.names import PROPERTY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.metrics.base import Evaluation

__all__ = ["PROPERTY", "interleaved", "is_number"]

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def is_number(sql_type: str) -> bool:
    """Tell whether a column of a DuckDB type holds numbers."""
    return sql_type.split("(", maxsplit=1)[0].removeprefix("U") in _NUMBERS


def interleaved(found: Mapping[str, Evaluation], by: Sequence[str]) -> Evaluation:
    """Put the properties of each group one below the other.

    Args:
        found: by property its evaluation, all of the same groups in the same order; at least one.
        by: the dimensions, the first columns of each.

    Returns:
        The groups in their order, in each the properties in theirs; the key `Property` comes after the dimensions.
    """
    import numpy as np
    import polars as pl

    from valuekit.metrics.base import Evaluation

    evaluations = list(found.values())
    height = evaluations[0].rows.height
    order = np.arange(len(evaluations) * height).reshape(len(evaluations), height).T.ravel()
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    frames = [
        one.rows.insert_column(len(by), pl.Series(PROPERTY, [name]).new_from_index(0, height))
        for name, one in found.items()
    ]
    reasons = {
        score: pl.concat([one.reasons.get(score, nothing).alias(score) for one in evaluations])[order]
        for score in dict.fromkeys(score for one in evaluations for score in one.reasons)
    }
    return Evaluation(pl.concat(frames)[order], reasons)
