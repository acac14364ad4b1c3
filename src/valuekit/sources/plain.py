"""Delimited text without quotes, many lines at once.

Owns when lines can be read that way: all of them have the header's width, and nothing in them needs a closer look. What
is said of them is what reading them record by record would say.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEWLINE = 10


def plain_lines(data: bytes) -> bytes | None:
    """Text that has no quotes, its lines ended by line feeds; None where there is more to it.

    Args:
        data: UTF-8, or something else.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if b'"' in data or b"\r" in data or b"\0" in data:
        return None
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            return None
    return data


def is_even(data: bytes, delimiter: str, width: int) -> bool:
    """Whether every line has so many fields, at least 2, and none is longer than a field may be."""
    letters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(letters == _NEWLINE)
    if not data.endswith(b"\n"):
        ends = np.append(ends, letters.size)
    found = np.flatnonzero(letters == ord(delimiter))
    if width < 2 or found.size != ends.size * (width - 1):
        return False
    places = found.reshape(ends.size, width - 1)
    fits = bool((places[:, -1] < ends).all() and (places[1:, 0] > ends[:-1]).all())
    return fits and int(np.diff(ends, prepend=-1).max()) <= csv.field_size_limit()


def plain_frame(data: bytes, delimiter: str, names: Sequence[str], chosen: Sequence[str]) -> pl.DataFrame:
    """Columns of text that is plain and even.

    Args:
        data: at least one line.
        delimiter: what divides fields.
        names: the names of the fields.
        chosen: those to give, in this order.
    """
    frame = pl.read_csv(
        data,
        has_header=False,
        separator=delimiter,
        quote_char=None,
        schema=dict.fromkeys(names, pl.String),
        columns=sorted(names.index(name) for name in chosen),
        empty_string_is_null=False,
    )
    return frame.select(chosen)
