"""The rows that a picture is drawn from, under field names that no text of the data can break.

Owns the dataset `table`: field `c0` is the first column, `c1` the second, and so on; `low` says whether the row rests
on few cases. Dimensions are text as people read it, moments of a time axis ISO dates, numbers raw. Never bounds them.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from valuekit.reports.low_counts import low_counts
from valuekit.reports.numbers import shown_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.reports.report import Column, Panel

Cell: TypeAlias = "str | int | float | bool | None"

LOW = "low"
"""The field that marks a row of few cases."""


def fields(panel: Panel) -> dict[str, str]:
    """The field of a picture's rows that holds each column of a table, by the column's name."""
    return {column.name: f"c{at}" for at, column in enumerate(panel.columns)}


def rows(panel: Panel) -> list[dict[str, Cell]]:
    """All rows of a table as pictures take them, in its order; what a page replaces when a filter changes."""
    columns = [_cells(column, panel.table) for column in panel.columns]
    names = [*fields(panel).values(), LOW]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, low_counts(panel), strict=True)]


def is_moment(column: Column, table: pl.DataFrame) -> bool:
    """Whether a dimension holds dates or times, so that an axis of time can have it."""
    import polars as pl

    return column.unit == "time" and table.schema[column.name] in (pl.Date, pl.Datetime)


def label(value: object) -> str:
    """A dimension's value as a picture shows it."""
    return shown_key(value)


def _cells(column: Column, table: pl.DataFrame) -> list[Cell]:
    values = table[column.name].to_list()
    if column.role == "number":
        return [_number(value) for value in values]
    if is_moment(column, table):
        return [value.isoformat() if isinstance(value, date | datetime) else None for value in values]
    known: Mapping[object, str] = {value: label(value) for value in set(values)}
    return [known[value] for value in values]


def _number(value: object) -> Cell:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    return label(value)
