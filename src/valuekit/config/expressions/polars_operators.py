"""Python's operators in Polars text.

Owns their translation. Never sees a call.
"""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING

from valuekit.config.expressions import tree
from valuekit.config.expressions.kinds import Kind
from valuekit.config.expressions.limits import check_integer
from valuekit.config.expressions.polars_values import (
    Duration,
    add_numbers_or_text,
    difference,
    floor_divide,
    is_empty_text,
    known_kind,
    modulo,
    null_or,
    refuse_duration,
    require_condition,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from valuekit.config.expressions.polars_text import Reader

_MAX_EXPONENT = 16

_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_REFUSED: Mapping[type[ast.cmpop], str] = {
    ast.In: "in is not allowed: write .is_in([…])",
    ast.NotIn: "not in is not allowed: write ~….is_in([…])",
    ast.Is: "is is not allowed: write == or .is_null()",
    ast.IsNot: "is not is not allowed: write != or .is_not_null()",
}
_FOLDED: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_PLAIN = {ast.Mult: "*", ast.Div: "/"}


def compare(reader: Reader, node: ast.Compare) -> tree.Node:
    """One comparison; with '' it asks for NULL too, because empty texts have become NULL."""
    source = reader.source
    if len(node.ops) > 1:
        raise source.error("comparisons cannot be chained: write (a < b) & (b < c), each in its own brackets", node)
    kind = type(node.ops[0])
    if kind in _REFUSED:
        raise source.error(_REFUSED[kind], node)
    at, symbol = source.at(node), _COMPARISONS[kind]
    left, right = reader.part(node.left), reader.part(node.comparators[0])
    if isinstance(left, Duration) or isinstance(right, Duration):
        left, right = _as_microseconds(left, right), _as_microseconds(right, left)
    elif symbol in ("=", "<>") and is_empty_text(left) != is_empty_text(right):
        return _with_nothing(at, symbol, *((right, left) if is_empty_text(left) else (left, right)))
    return tree.Binary(at, symbol, left, right)


def _with_nothing(at: int, symbol: str, node: tree.Node, empty: tree.Node) -> tree.Node:
    compared = tree.Binary(at, symbol, node, empty)
    if symbol == "=":
        return null_or(at, node, compared)
    return tree.logic(at, "AND", (tree.IsNull(at, node, negated=True), compared))


def _as_microseconds(part: tree.Node | Duration, other: tree.Node | Duration) -> tree.Node:
    """One side of a comparison with a duration: the duration itself, or the difference of two times."""
    if isinstance(part, Duration):
        refuse_duration(part if isinstance(other, Duration) else other)
        return tree.Constant(part.at, check_integer(part.microseconds, part.at))
    return difference(part) or refuse_duration(other)


def negate(reader: Reader, node: ast.UnaryOp) -> tree.Node | Duration:
    """`~x`, `-x`, `+x`."""
    source, at = reader.source, reader.source.at(node)
    match node.op:
        case ast.Not():
            raise source.error("not is not allowed: write ~ before a condition in brackets", node)
        case ast.Invert():
            if isinstance(node.operand, ast.Constant):
                raise source.error("~ of a plain constant is a number in Python: write pl.lit(…)", node)
            condition = reader.value(node.operand)
            require_condition(condition)
            return tree.Unary(at, "NOT", condition)
    operand = reader.part(node.operand)
    sign = -1 if isinstance(node.op, ast.USub) else 1
    if isinstance(operand, Duration):
        return Duration(at, sign * operand.microseconds)
    number = _number(operand)
    if number is not None:
        return tree.Constant(at, sign * number)
    if known_kind(operand) in (Kind.TEXT, Kind.BOOLEAN):
        raise source.error("a sign needs a number", node)
    return tree.Unary(at, "-", operand) if sign < 0 else operand


def arithmetic(reader: Reader, node: ast.BinOp) -> tree.Node:
    """`+ - * / // % **`; of two plain numbers the result is computed here."""
    source, at = reader.source, reader.source.at(node)
    kind = type(node.op)
    if kind is ast.Pow:
        return _power(reader, node)
    if kind not in _FOLDED:
        raise source.error(f"the operator {kind.__name__} is not allowed", node)
    left, right = reader.part(node.left), reader.part(node.right)
    if isinstance(left, Duration) or isinstance(right, Duration):
        return _moved(reader, node, left, right)
    first, second = _number(left), _number(right)
    if first is not None and second is not None:
        return _folded(reader, node, first, second)
    if kind is ast.Add:
        return add_numbers_or_text(at, left, right)
    for operand in (left, right):
        if known_kind(operand) in (Kind.TEXT, Kind.BOOLEAN):
            raise source.error(f"arithmetic needs numbers, and this is {known_kind(operand)}", node)
    if kind is ast.FloorDiv:
        return floor_divide(at, left, right)
    if kind is ast.Mod:
        return modulo(at, left, right)
    return tree.Binary(at, "-" if kind is ast.Sub else _PLAIN[kind], left, right)


def _number(node: tree.Node) -> int | float | None:
    """The value of a plain number."""
    value = node.value if isinstance(node, tree.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _folded(reader: Reader, node: ast.BinOp, left: float, right: float) -> tree.Node:
    at = reader.source.at(node)
    try:
        value = _FOLDED[type(node.op)](left, right)
    except ZeroDivisionError:
        raise reader.source.error("division by zero", node) from None
    if isinstance(value, int):
        return tree.Constant(at, check_integer(value, at))
    if not math.isfinite(value):
        raise reader.source.error("this number is too large", node)
    return tree.Constant(at, value)


def _moved(reader: Reader, node: ast.BinOp, left: tree.Node | Duration, right: tree.Node | Duration) -> tree.Node:
    """A time plus or minus a duration; a date stays a date, as in Polars."""
    at = reader.source.at(node)
    if isinstance(node.op, ast.Add) and isinstance(left, Duration):
        left, right = right, left
    time = refuse_duration(left)
    if not isinstance(node.op, ast.Add | ast.Sub) or not isinstance(right, Duration):
        raise reader.source.error("a duration can only be added to a time, or taken from it", node)
    moved = tree.Binary(at, "+" if isinstance(node.op, ast.Add) else "-", time, right.interval())
    return tree.Cast(at, moved, "DATE", safe=False) if known_kind(time) == Kind.DATE else moved


def _power(reader: Reader, node: ast.BinOp) -> tree.Node:
    base, exponent = reader.value(node.left), reader.value(node.right)
    value = exponent.value if isinstance(exponent, tree.Constant) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_EXPONENT:
        raise reader.source.error(
            f"the exponent of ** must be a plain whole number from 0 to {_MAX_EXPONENT}", node.right
        )
    if known_kind(base) in (Kind.TEXT, Kind.BOOLEAN):
        raise reader.source.error("** needs a number", node)
    return tree.Call(reader.source.at(node), "power", (base, exponent))
