"""Tables, JSON and scripts as compressed text, for the page to unpack when it needs them.

Owns the packed form. Never rounds otherwise than every text format does: 12 significant digits.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, TypeAlias

from valuekit.reports.values import exact

if TYPE_CHECKING:
    import polars as pl

Packed: TypeAlias = "dict[str, list[object]]"


def packed(table: pl.DataFrame) -> str:
    """A table as base64 of zlib of JSON: its height, and each column's values.

    A text column is its distinct values and, for each row, the place of its value among them; -1 where there is none.
    """
    columns = [_packed(column) for column in table.get_columns()]
    return packed_json({"height": table.height, "columns": columns})


def packed_json(value: object) -> str:
    """JSON as base64 of zlib."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return packed_text(text)


def packed_text(text: str) -> str:
    """Text as base64 of zlib; equal texts give equal ones."""
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def kind_of(column: pl.Series) -> str:
    """What a column holds, as far as its texts differ: `float`, `moment` (a date or a time), or `other`."""
    if column.dtype.is_float():
        return "float"
    return "moment" if column.dtype.is_temporal() else "other"


def _packed(column: pl.Series) -> Packed:
    if column.dtype.is_numeric() or column.dtype.base_type().__name__ in ("Boolean", "Null"):
        return {"values": [exact(value) for value in column.to_list()]}
    values = column.unique(maintain_order=True).drop_nulls().to_list()
    places = {value: place for place, value in enumerate(values)}
    codes: list[object] = [places.get(value, -1) for value in column.to_list()]
    return {"values": [exact(value) for value in values], "codes": codes}
