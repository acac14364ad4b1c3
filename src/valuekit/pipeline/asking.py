"""What the user wants to know, checked against what a metric has.

Owns the question, and the words for what it cannot mean. Never answers it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.expressions import ExpressionError, bind, parse_where
from valuekit.config.nearest import unknown
from valuekit.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from valuekit.config.expressions import Expression


@dataclass(frozen=True)
class Question:
    """What the user wants to know.

    Attributes:
        by: the dimensions of the grain; empty for the total.
        where: an expression over dimensions, as written.
        scores: the scores to give; None for those that the config lists.
        sort: names of dimensions or scores, descending where a minus precedes; the dimensions where empty.
        limit: at most so many rows.
        curves: also give the curves of metrics that have any.
        properties: of metrics with a row for each of several columns, those that are wanted; None for all.
    """

    by: tuple[str, ...] = ()
    where: str | None = None
    scores: tuple[str, ...] | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    curves: bool = False
    properties: tuple[str, ...] | None = None


def each_known(what: str, names: Iterable[str], known: Collection[str], metric: str) -> None:
    """Refuse a name that a metric does not have.

    Raises:
        UsageError: says which, with the nearest one that it has.
    """
    for name in names:
        if name not in known:
            raise unknown(f"{what} of metric {metric}", name, list(known))


def sort_keys_known(question: Question, sortable: Collection[str], metric: str) -> None:
    """Refuse a column in --sort that the rows will not have; raises as `each_known` does."""
    each_known("column in --sort", (key.removeprefix("-") for key in question.sort), sortable, metric)


def parsed_where(text: str | None, metric: str, dimensions: Collection[str]) -> Expression | None:
    """Read the expression that picks rows.

    Raises:
        UsageError: it cannot be read, or is about something else than dimensions.
    """
    try:
        where = None if text is None else parse_where(text)
    except ExpressionError as error:
        raise _not_an_answer(metric, error) from error
    each_known("dimension in --where", sorted(where.columns) if where else (), dimensions, metric)
    return where


def must_fit(where: Expression | None, types: Callable[[str], str], metric: str) -> None:
    """Check that the expression fits the types of the dimensions.

    Raises:
        UsageError: it does not.
    """
    if where is None:
        return
    try:
        bind(where, {column: types(column) for column in where.columns}, "boolean")
    except ExpressionError as error:
        raise _not_an_answer(metric, error) from error


def fails_on_values(error: Exception, metric: str) -> UsageError:
    """What is said of an expression that fits the types and fails on the values."""
    reason = str(error).partition("\n")[0]
    return UsageError(f"--where, metric {metric}: fails on the values that there are: {reason}")


def in_order(rows: pl.DataFrame, sort: Sequence[str]) -> pl.DataFrame:
    """Order rows as asked, missing values last; ties keep the order of the dimensions."""
    if not sort:
        return rows
    keys = [key.removeprefix("-") for key in sort]
    return rows.sort(keys, descending=[key.startswith("-") for key in sort], nulls_last=True, maintain_order=True)


def _not_an_answer(metric: str, error: ExpressionError) -> UsageError:
    position = "" if error.offset is None else f" (at character {error.offset + 1})"
    return UsageError(f"--where, metric {metric}{position}: {error}")
