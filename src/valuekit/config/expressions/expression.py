"""What a checked expression is, and what is said when a text is not one.

Owns the result types of this package. Never parses anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from valuekit.config.expressions.tree import Node  # noqa: TC001  pydantic resolves the annotation at run time
from valuekit.errors import ConfigError

Dialect = Literal["sql", "polars"]


class ExpressionError(ConfigError):
    """A text that is not an allowed expression, or that does not fit the columns.

    Attributes:
        message: one plain sentence, without the position.
        offset: 0-based character offset in the text that was given (of a list of strings: joined by
            commas).
        nearest: the valid name closest to the one that is wrong, where there is one.
        part: the name of the entry that is wrong, where a mapping was given.
    """

    error_id = "expression"

    def __init__(
        self, message: str, offset: int | None = None, nearest: str | None = None, part: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.nearest = nearest
        self.part = part


@dataclass(frozen=True)
class Expression:
    """One value per row, checked and rebuilt.

    Attributes:
        text: as written by the user.
        dialect: the language of `text`.
        sql: DuckDB SQL rebuilt from the checked tree; this is what runs. Every column is quoted, every part bracketed.
        columns: the names of the columns that it reads.
        tree: the checked tree, for positions in `text`; equal expressions may differ in it.
    """

    text: str
    dialect: Dialect
    sql: str
    columns: frozenset[str]
    tree: Node | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Derived:
    """A column that the config computes: its name and its value."""

    name: str
    expression: Expression
