"""From Polars text to a checked tree.

Owns the translation of Python's syntax: constants, operators, chains of calls. Only what is listed here and in the
tables of `polars_methods` and `polars_times` becomes a node; nothing is ever executed.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from valuekit.config.expressions import tree
from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.expressions.limits import MAX_DEPTH, within_limits
from valuekit.config.expressions.polars_arguments import constant
from valuekit.config.expressions.polars_calls import alias_of, chain, column, first_column
from valuekit.config.expressions.polars_operators import arithmetic, compare, negate
from valuekit.config.expressions.polars_source import Source
from valuekit.config.expressions.polars_values import Duration, refuse_duration, require_condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def parse_polars(text: str) -> tree.Node:
    """Read one Polars expression.

    Args:
        text: not blank.

    Returns:
        The checked tree; its positions are character offsets in `text`.

    Raises:
        ExpressionError: it is not Python, or holds anything that is not on the list.
    """
    source = Source(text)
    if isinstance(source.body, ast.List | ast.Tuple):
        raise source.error("one expression is needed here, not a list", source.body)
    _, body = alias_of(source, source.body)
    return _whole(source, body)


def parse_polars_columns(text: str) -> tuple[tuple[str, tree.Node], ...]:
    """Read a list of Polars expressions, each named by `.alias("Name")`, else, as in Polars, by its first column.

    Raises:
        ExpressionError: as `parse_polars`, or one has no name.
    """
    return tuple(_columns(Source(text)))


def _columns(source: Source) -> Iterator[tuple[str, tree.Node]]:
    body = source.body
    for item in body.elts if isinstance(body, ast.List | ast.Tuple) else [body]:
        if isinstance(item, ast.List | ast.Tuple):
            raise source.error("a list within a list is not allowed", item)
        name, inner = alias_of(source, item)
        node = _whole(source, inner)
        name = name or first_column(inner)
        if name is None:
            raise ExpressionError('this column has no name: add .alias("Name")', source.at(item))
        yield name, node


def _whole(source: Source, body: ast.expr) -> tree.Node:
    try:
        return Reader(source).value(body)
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply", source.at(body)) from None


_REFUSED: Mapping[type[ast.expr], str] = {
    ast.BoolOp: "and, or are not allowed: write & and |, with brackets around each comparison",
    ast.IfExp: "if … else is not allowed: write pl.when(…).then(…).otherwise(…)",
    ast.Lambda: "a lambda is not allowed",
    ast.NamedExpr: "an assignment (:=) is not allowed",
    ast.JoinedStr: "an f-string is not allowed: write a plain text",
    ast.ListComp: "a comprehension is not allowed",
    ast.SetComp: "a comprehension is not allowed",
    ast.DictComp: "a comprehension is not allowed",
    ast.GeneratorExp: "a comprehension is not allowed",
    ast.Subscript: "an index is not allowed",
    ast.Starred: "* is not allowed here",
    ast.Attribute: "only functions and methods that are called are allowed here",
    ast.Name: "a name is not allowed here: a column is pl.col(…), a text stands in quotes",
    ast.List: "a list is not allowed here",
    ast.Tuple: "a tuple is not allowed here",
    ast.Set: "a set is not allowed here",
    ast.Dict: "a dictionary is not allowed here",
}


class Reader:
    """Translates the syntax tree of one text.

    Args:
        source: the text; positions and refusals go through it.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._depth = 0

    def value(self, node: ast.expr) -> tree.Node:
        """Translate what must be a value: anything but a duration on its own.

        Raises:
            ExpressionError: it is not on the list.
        """
        return refuse_duration(self.part(node))

    def column_or_value(self, node: ast.expr) -> tree.Node:
        """Translate an argument for which Polars takes a plain text for the name of a column.

        Raises:
            ExpressionError: it is not on the list.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return column(self.source, node)
        return self.value(node)

    def part(self, node: ast.expr) -> tree.Node | Duration:
        """Translate what may be a duration, too.

        Raises:
            ExpressionError: it is not on the list, or nested too deeply.
        """
        if self._depth >= MAX_DEPTH:
            raise self.source.error(f"the expression is nested more than {MAX_DEPTH} levels deep", node)
        self._depth += 1
        try:
            made = self._translate(node)
        finally:
            self._depth -= 1
        return made if isinstance(made, Duration) else within_limits(made)

    def _translate(self, node: ast.expr) -> tree.Node | Duration:
        match node:
            case ast.Constant():
                return tree.Constant(self.source.at(node), constant(self.source, node))
            case ast.Call():
                return chain(self, node)
            case ast.Compare():
                return compare(self, node)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
                return self._logic(node)
            case ast.BinOp():
                return arithmetic(self, node)
            case ast.UnaryOp():
                return negate(self, node)
            case _:
                kind = type(node)
                raise self.source.error(_REFUSED.get(kind, f"{kind.__name__} is not allowed in an expression"), node)

    def _logic(self, node: ast.BinOp) -> tree.Node:
        """`a & b & c` at once: Python nests them to the left, as deep as there are operands."""
        kind = type(node.op)
        operands: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, kind):
            operands.append(left.right)
            left = left.left
        parts = [self.value(part) for part in reversed([*operands, left])]
        for part in parts:
            require_condition(part)
        return tree.logic(self.source.at(node), "AND" if kind is ast.BitAnd else "OR", tuple(parts))
