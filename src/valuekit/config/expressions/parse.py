"""Which language a text is in, and what becomes of it.

Owns the entry points for filters and columns. Never binds: `bind` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from valuekit.config.expressions import tree
from valuekit.config.expressions.expression import Derived, Dialect, Expression, ExpressionError
from valuekit.config.expressions.limits import MAX_TEXT, check_characters
from valuekit.config.expressions.polars_text import parse_polars, parse_polars_columns
from valuekit.config.expressions.render import render
from valuekit.config.expressions.sql_guard import parse_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*(?:'|\\?\Z)|"(?:[^"\\]|\\.)*(?:"|\\?\Z)""", re.DOTALL)
_POLARS = re.compile(r"(?<![\w.])pl\s*\.")
_MAX_NAME = 128
_NEEDS_NAMES = 'columns in SQL need names: columns = { Name = "…" }'


def dialect_of(text: str) -> Dialect:
    """The language that a text looks like: Polars where it is a list or says `pl.` outside of quotes, else SQL."""
    if text.lstrip().startswith("[") or _POLARS.search(_QUOTED.sub("''", text[:MAX_TEXT])):
        return "polars"
    return "sql"


def parse_filter(text: str) -> Expression | None:
    """Read a filter, in SQL or as Polars text.

    Returns:
        The checked expression; None for a blank text.

    Raises:
        ExpressionError: it is not an allowed expression; the message is about the language that it looks like.
    """
    if not text.strip():
        return None
    check_characters(text)
    dialect = dialect_of(text)
    return _expression(text, dialect, parse_polars(text) if dialect == "polars" else parse_sql(text))


def parse_where(text: str) -> Expression | None:
    """Read a condition of the command line; the same languages and the same checks as a filter.

    Raises:
        ExpressionError: as `parse_filter`.
    """
    return parse_filter(text)


def parse_columns(given: str | Sequence[str] | Mapping[str, str]) -> tuple[Derived, ...]:
    """Read derived columns.

    Args:
        given: Polars text with a name in each item; a sequence of texts that is one list when joined by commas; or
            names with an SQL or Polars text each.

    Returns:
        The columns in order; none for a blank text.

    Raises:
        ExpressionError: one is not an allowed expression or has no name, or two have one name. For a sequence the
            offset is one in the joined text, and `locate` tells the part; for a mapping `part` is the name.
    """
    if isinstance(given, Mapping):
        return _distinct([_named(name, text) for name, text in given.items()])
    text = given if isinstance(given, str) else ",".join(given)
    if not text.strip(" \t\r\n,"):
        return ()
    check_characters(text)
    if dialect_of(text) == "sql":
        raise ExpressionError(_NEEDS_NAMES, 0)
    items = parse_polars_columns(text)
    return _distinct([Derived(_name(name, node.at), _expression(text, "polars", node)) for name, node in items])


def locate(parts: Sequence[str], offset: int) -> tuple[int, int]:
    """Find an offset in joined parts.

    Args:
        parts: what was given to `parse_columns`.
        offset: the offset in them, joined by commas.

    Returns:
        The index of the part, and the offset in it.
    """
    for index, part in enumerate(parts):
        if offset <= len(part):
            return index, offset
        offset -= len(part) + 1
    return len(parts) - 1, len(parts[-1])


def _expression(text: str, dialect: Dialect, node: tree.Node) -> Expression:
    return Expression(text, dialect, render(node), tree.columns(node), node)


def _named(name: str, text: str) -> Derived:
    try:
        expression = parse_filter(text)
        checked = _name(name, 0)
    except ExpressionError as error:
        raise ExpressionError(error.message, error.offset, error.nearest, part=name) from None
    if expression is None:
        raise ExpressionError(f"the column {name} has no expression", 0, part=name)
    return Derived(checked, expression)


def _name(name: str, at: int) -> str:
    if not name.strip() or len(name) > _MAX_NAME or not name.isprintable():
        raise ExpressionError(f"a column's name has 1 to {_MAX_NAME} printable characters", at)
    return name


def _distinct(derived: Iterable[Derived]) -> tuple[Derived, ...]:
    """DuckDB does not tell names apart by case, so two columns cannot differ in it alone."""
    found: dict[str, Derived] = {}
    for one in derived:
        other = found.get(one.name.casefold())
        if other is not None:
            at = one.expression.tree.at if one.expression.tree else None
            raise ExpressionError(f"two columns are named {one.name}", at, part=one.name)
        found[one.name.casefold()] = one
    return tuple(found.values())
