"""Whether an expression works on the columns that are really there.

Owns the last check before a run. Never changes an expression, and never sees data.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from valuekit.config.expressions.expression import Expression, ExpressionError
from valuekit.config.expressions.fit import Fit, check_columns
from valuekit.config.expressions.kinds import Kind, kind, kind_of_type
from valuekit.config.expressions.render import render
from valuekit.config.expressions.sql_guard import parse_sql
from valuekit.config.expressions.tree import Between, Binary, Cast, Constant, In, Node, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST = 500


def bind(expression: Expression, schema: Mapping[str, str], expects: Literal["boolean", "any"] = "any") -> str:
    """Bind an expression against real columns.

    Args:
        expression: a checked expression.
        schema: DuckDB types by column name; names count with their case.
        expects: "boolean" for a filter, "any" for a column.

    Returns:
        The DuckDB type of its value.

    Raises:
        ExpressionError: an unknown column (with the nearest name), values of kinds that do not go together (with the
            cast that would help), a constant that does not convert, or a filter that is no condition.
    """
    if expression.tree is None:
        try:
            return _bound(expression, parse_sql(expression.sql), schema, expects)
        except ExpressionError as error:
            raise ExpressionError(error.message, None, error.nearest) from error
    return _bound(expression, expression.tree, schema, expects)


def _bound(expression: Expression, node: Node, schema: Mapping[str, str], expects: str) -> str:
    from valuekit.config.expressions.locked import DuckDBRefusal, type_of

    check_columns(node, schema)
    columns = {name: schema[name] for name in sorted(expression.columns)}
    kinds = {name: kind_of_type(found) for name, found in columns.items()}
    Fit(kinds, expression.dialect).check(node)
    for part in (*_converting(node, kinds), node):
        try:
            found = type_of(render(part), columns)
        except DuckDBRefusal as error:
            raise ExpressionError(f"this does not work on these columns: {error}", part.at) from error
    if expects == "boolean" and found != "BOOLEAN":
        raise ExpressionError(f"a filter must be true or false for each row, and this gives {found}", node.at)
    return found


def _converting(node: Node, kinds: Mapping[str, Kind | None]) -> Iterator[Node]:
    """The parts in which a constant text is converted, innermost first; within a CASE nobody else would try them."""
    for part in reversed(list(islice(walk(node), _MOST))):
        if not isinstance(part, Cast | Binary | In | Between):
            continue
        if not any(isinstance(child, Constant) and isinstance(child.value, str) for child in part.children):
            continue
        others = {kind(child, kinds) for child in part.children}
        if isinstance(part, Cast) or others != {Kind.TEXT}:
            yield part
