"""Quoting for the rare places where SQL text cannot be a bound parameter: names, and literals of checked expressions.

Owns how a name or a value becomes SQL text. Never executes anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def name(identifier: str) -> str:
    """Quote a column or table name."""
    if "\x00" in identifier:
        raise ValueError("a name cannot hold a NUL character")
    return '"' + identifier.replace('"', '""') + '"'


def names(identifiers: Iterable[str]) -> str:
    """Quote several names, joined by commas."""
    return ", ".join(name(identifier) for identifier in identifiers)


def literal(value: str | float | None) -> str:
    """Write a constant as SQL text, of the same type on DuckDB and Spark: a float is a DOUBLE, never a DECIMAL.

    Args:
        value: a text, a number, a boolean, or None for NULL.

    Raises:
        ValueError: not finite, or a text with a NUL character.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number must be finite")
        return f"CAST({value!r} AS DOUBLE)"
    if "\x00" in value:
        raise ValueError("a text cannot hold a NUL character")
    return "'" + value.replace("'", "''") + "'"
