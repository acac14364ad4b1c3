"""Labels: texts of few distinct values, stored as codes, as SQL.

Owns how a code becomes its text again. Code 0 is the empty text; a missing value has no code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.facts.columns import Type

if TYPE_CHECKING:
    from valuekit.facts.columns import Column

EMPTY = 0
MISSING = -1
"""Stands for no code, where codes are handed on."""


def code_sql(column: str, name: str) -> str:
    """SQL of the code of a label column, under a name."""
    return f"coalesce({column}, {MISSING}) AS {sql.name(name)}"


def text_of(column: str) -> str:
    """SQL of the text of a label column, given the joins of `joins`."""
    return f"{sql.name('label ' + column)}.label"


def joins(columns: Iterable[Column], table: str) -> str:
    """SQL that joins the texts of every label among the columns of a table."""
    return "".join(
        f"\n    LEFT JOIN labels AS {sql.name('label ' + column.name)} "
        f"ON {sql.name('label ' + column.name)}.code = {table}.{sql.name(column.name)}"
        for column in columns
        if column.type is Type.LABEL
    )


def values(columns: Iterable[Column], table: str) -> str:
    """SQL that lists the columns of a table under their names, labels as texts."""
    return ", ".join(
        f"{text_of(column.name) if column.type is Type.LABEL else f'{table}.{sql.name(column.name)}'} "
        f"AS {sql.name(column.name)}"
        for column in columns
    )
