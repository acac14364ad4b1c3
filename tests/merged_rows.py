"""From raw rows to what a metric evaluates: cells built by the NumPy forms from parts of the rows, then merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl

from valuekit.states.groups import POSITIVE, Groups

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from valuekit.states.base import Input, State

_MISSING = {"flag": "FALSE", "integer": "0", "number": "CAST('NaN' AS DOUBLE)"}
_TYPES = {"flag": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE"}


def merged_rows(states: Iterable[State], rows: pl.DataFrame, by: Sequence[str], parts: int = 3) -> pl.DataFrame:
    """Build and merge.

    Args:
        states: what is kept.
        rows: the columns that they read, those of `by`, and `_positive` where rows are offers.
        by: the dimensions; without any there is one group, whatever the rows.
        parts: over how many cells the rows of a group are spread.

    Returns:
        The groups in the order in which they come up: the dimensions, then the stored columns.
    """
    states = tuple(states)
    groups = rows.select(by).unique(maintain_order=True)
    size = groups.height if by else 1
    gids = np.zeros(rows.height, dtype=np.int64)
    if by:
        numbered = groups.with_row_index("_group")
        joined = rows.select(by).join(numbered, on=by, how="left", nulls_equal=True, maintain_order="left")
        gids = joined["_group"].cast(pl.Int64).to_numpy()
    values = _evaluated({item for state in states for item in state.inputs}, rows)
    cells = Groups(gids * parts + np.arange(rows.height) % parts, size * parts, values)
    owners = np.repeat(np.arange(size), parts)
    columns = {
        stored.name: pl.Series(stored.name, array)
        for state in states
        for stored, array in zip(state.stored, state.merge(owners, size, state.build(cells)), strict=True)
    }
    return pl.DataFrame([*groups.get_columns(), *columns.values()])


def _evaluated(inputs: Iterable[Input], rows: pl.DataFrame) -> Mapping[str, NDArray[Any]]:
    """The inputs of states over rows, as an engine gives them."""
    listed = sorted(inputs, key=lambda item: item.sql)
    values: dict[str, NDArray[Any]] = {}
    if POSITIVE in rows.columns:
        values[POSITIVE] = rows[POSITIVE].to_numpy()
    if not listed:
        return values
    selected = ", ".join(
        f"coalesce(CAST({item.sql} AS {_TYPES[item.kind]}), {_MISSING[item.kind]}) AS i{at}"
        for at, item in enumerate(listed)
    )
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("offers", rows.to_arrow())
        found = connection.sql(f"SELECT {selected} FROM offers").fetchnumpy()
    return values | {item.sql: np.asarray(found[f"i{at}"]) for at, item in enumerate(listed)}
