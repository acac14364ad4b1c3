"""Why scores have no value, rolled up for people: by score and reason, with a count and a few example groups.

Owns the roll-up. Never decides what a reason says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

EXAMPLES = 20
"""At most so many example groups for one score and reason."""

EVERY_SCORE = "*"
"""Stands for every score of a metric, in a note that is about the metric: its scores have values, but odd ones."""


@dataclass(frozen=True)
class Absence:
    """One score that lacks a value for one reason.

    Attributes:
        score: its name.
        reason: why, in words.
        count: how many groups.
        groups: the first of them, each as dimension -> value; the total is the group without dimensions.
    """

    score: str
    reason: str
    count: int
    groups: tuple[Mapping[str, object], ...]


def absences(
    frame: pl.DataFrame,
    by: Sequence[str],
    reasons: Mapping[str, pl.Series],
    scores: Iterable[str] | None = None,
    examples: int = EXAMPLES,
) -> tuple[Absence, ...]:
    """Group the reasons by score and text.

    Args:
        frame: one row a group; holds the columns of `by`.
        by: the dimensions that name a group.
        reasons: for each score a text series of the frame's height, null where there is a value.
        scores: the scores to report, in this order; all of `reasons` by default. Those without reasons have none.
        examples: how many groups to list for each.

    Returns:
        In the order of `scores`; within one, in the order in which the reasons first come up in `frame`.
    """
    groups = frame.select(by)
    wanted = reasons if scores is None else scores
    return tuple(
        Absence(score, reason, len(rows), tuple(_at(groups, row) for row in rows[:examples]))
        for score in wanted
        if score in reasons
        for reason, rows in _rows_by_reason(reasons[score]).items()
    )


def _rows_by_reason(series: pl.Series) -> dict[str, list[int]]:
    """Row numbers of each reason, in row order."""
    rows: dict[str, list[int]] = {}
    for number, reason in enumerate(series):
        if reason is not None:
            rows.setdefault(reason, []).append(number)
    return rows


def _at(groups: pl.DataFrame, row: int) -> Mapping[str, object]:
    """One group as dimension -> value; empty for the total."""
    return groups.row(row, named=True) if groups.columns else {}
