"""From formulas to an evaluation: which states a score needs, and how numbers become columns.

Owns what the families share there: only what is wanted is computed, undefined becomes null, the order is the
catalogue's. Never knows a formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from valuekit.metrics.base import Evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from valuekit.metrics.base import Score
    from valuekit.states.base import State

Formulas: TypeAlias = "Mapping[tuple[str, ...], Callable[[], Sequence[NDArray[Any]]]]"
"""For scores that one formula gives together, what computes them: an array for each."""


TOO_LARGE = "the numbers are too large"


def needed(states: Iterable[State], catalogue: Iterable[Score], wanted: Collection[str]) -> tuple[State, ...]:
    """Pick the states that hold a column from which a wanted score is computed, as the catalogue says."""
    columns = {column for score in catalogue if score.name in wanted for column in score.stored.split(", ")}
    return tuple(state for state in states if any(column.name in columns for column in state.stored))


def computed(formulas: Formulas, wanted: Collection[str]) -> dict[str, pl.Series]:
    """Compute the wanted scores.

    Returns:
        Whole numbers as Int64, all others as Float64 with null for NaN and infinity.
    """
    return {
        name: _series(name, values)
        for names, formula in formulas.items()
        if any(name in wanted for name in names)
        for name, values in zip(names, formula(), strict=True)
        if name in wanted
    }


def said(merged: pl.DataFrame, reasons: Mapping[str, pl.Expr], wanted: Collection[str]) -> dict[str, pl.Series]:
    """Evaluate the reasons of the wanted scores: texts, null where there is a value."""
    return merged.select(reason.alias(name) for name, reason in reasons.items() if name in wanted).to_dict()


def evaluation(
    merged: pl.DataFrame,
    by: Sequence[str],
    catalogue: Iterable[Score],
    scores: Mapping[str, pl.Series],
    reasons: Mapping[str, pl.Series],
) -> Evaluation:
    """Put the columns of `by` and the scores side by side, the scores in the catalogue's order.

    A score that lacks both a value and a reason is too large for a floating-point number, and its reason says so.
    """
    import polars as pl

    ordered = [scores[score.name] for score in catalogue if score.name in scores]
    rows = pl.DataFrame(height=merged.height).with_columns(*(merged.get_column(name) for name in by), *ordered)
    lacking = {score.name: score for score in ordered if score.has_nulls()}
    return Evaluation(rows, {**reasons, **{name: _explained(lacking[name], reasons.get(name)) for name in lacking}})


def whole(merged: pl.DataFrame, column: str) -> NDArray[np.int64]:
    """One stored count, 0 where null, as of a group without cells."""
    import polars as pl

    return merged.get_column(column).fill_null(0).cast(pl.Int64).to_numpy()


def number(merged: pl.DataFrame, column: str) -> NDArray[np.float64]:
    """One stored number, NaN where null."""
    import polars as pl

    return merged.get_column(column).cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _explained(score: pl.Series, reason: pl.Series | None) -> pl.Series:
    """The reasons of a score, with one wherever it lacks a value."""
    import polars as pl

    known = pl.lit(None, pl.String) if reason is None else reason
    return pl.select(pl.coalesce(known, pl.when(score.is_null()).then(pl.lit(TOO_LARGE)))).to_series().alias(score.name)


def _series(name: str, values: NDArray[Any]) -> pl.Series:
    """A score as a column."""
    import polars as pl

    if values.dtype.kind == "i":
        return pl.Series(name, values, dtype=pl.Int64)
    return pl.Series(name, np.where(np.isfinite(values), values, np.nan), dtype=pl.Float64).fill_nan(None)
