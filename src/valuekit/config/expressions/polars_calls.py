"""Calls in Polars text: a root such as `pl.col("x")`, then methods one after another.

Owns the roots (`_ROOTS`) and the way along a chain. Never calls anything.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from valuekit.config.expressions import tree
from valuekit.config.expressions.limits import check_constant, shortened, within_limits
from valuekit.config.expressions.polars_arguments import Signature, arguments, constant, text
from valuekit.config.expressions.polars_methods import METHODS
from valuekit.config.expressions.polars_times import TIME_METHODS, date, datetime, duration
from valuekit.config.expressions.polars_values import Duration, refuse_duration, require_condition
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from valuekit.config.expressions.polars_source import Source
    from valuekit.config.expressions.polars_text import Reader

_MODULE = "pl"
_NAMESPACES = ("str", "dt")
_ALL_METHODS = {**METHODS, **TIME_METHODS}

Step = tuple[str, ast.Call]


def alias_of(source: Source, node: ast.expr) -> tuple[str | None, ast.expr]:
    """Take a closing `.alias("Name")` off an expression.

    Returns:
        The name, if there is one, and the expression without it.
    """
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "alias"):
        return None, node
    if _is_module(node.func.value):
        return None, node
    name = text(source, arguments(source, node, "alias", Signature(("name",), 1))["name"], "a name")
    if not name.strip():
        raise source.error("a name cannot be empty", node)
    return name, node.func.value


def first_column(node: ast.expr) -> str | None:
    """The name that Polars gives an expression without an alias: that of its leftmost column, if it has one.

    Args:
        node: an expression that has been read.
    """
    if isinstance(node, ast.BinOp | ast.Compare):
        return first_column(node.left)
    if isinstance(node, ast.UnaryOp):
        return first_column(node.operand)
    if isinstance(node, ast.Attribute):
        return first_column(node.value)
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    if node.func.attr == "then" or (node.func.attr == "col" and _is_module(node.func.value)):
        first = node.args[0] if node.args else next((keyword.value for keyword in node.keywords), None)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return first.value
        return None if first is None else first_column(first)
    return first_column(node.func.value)


def chain(reader: Reader, call: ast.Call) -> tree.Node | Duration:
    """Translate a root and all methods behind it."""
    root, steps = _unrolled(call)
    made: tree.Node | Duration
    if isinstance(root, ast.Call):
        made, steps = _root(reader, root, steps)
    elif isinstance(root, ast.Constant | ast.List | ast.Tuple | ast.Set | ast.Dict | ast.JoinedStr):
        raise reader.source.error("a method of a plain Python value is not allowed: write pl.lit(…)", root)
    else:
        made = reader.part(root)
    for name, step in steps:
        made = within_limits(_method(reader, name, refuse_duration(made), step))
    return made


def _unrolled(call: ast.Call) -> tuple[ast.expr, list[Step]]:
    """The root of a chain of method calls, and its methods in the order in which they apply."""
    steps: list[Step] = []
    node: ast.expr = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner, name = node.func.value, node.func.attr
        if _is_module(owner):
            break
        if isinstance(owner, ast.Attribute) and owner.attr in _NAMESPACES and not _is_module(owner.value):
            name = f"{owner.attr}.{name}"
            owner = owner.value
        steps.append((name, node))
        node = owner
    return node, steps[::-1]


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == _MODULE


def _root(reader: Reader, call: ast.Call, steps: list[Step]) -> tuple[tree.Node | Duration, list[Step]]:
    function = call.func
    if not (isinstance(function, ast.Attribute) and _is_module(function.value)):
        what = f", not {shortened(function.id)}()" if isinstance(function, ast.Name) else ""
        raise reader.source.error(f"only functions of Polars (pl.…) may be called{what}", call)
    name = function.attr
    if name == "when":
        return _when(reader, call, steps)
    root = _ROOTS.get(name)
    if root is None:
        close = nearest(name, [*_ROOTS, "when"])
        raise reader.source.error(f"pl.{shortened(name)}() is not on the list of allowed functions", call, close)
    return root(reader, call), steps


def _method(reader: Reader, name: str, target: tree.Node, call: ast.Call) -> tree.Node:
    method = _ALL_METHODS.get(name)
    if method is None:
        hint = ": it belongs to the end of a column" if name == "alias" else ""
        message = f".{shortened(name)}() is not on the list of allowed methods{hint}"
        raise reader.source.error(message, call, nearest(name, _ALL_METHODS))
    return method(reader, target, call)


def column(source: Source, node: ast.expr) -> tree.Node:
    """Read a column's name; patterns that stand for several columns are refused."""
    name = text(source, node, "a column's name")
    if not name or name == "*" or (name.startswith("^") and name.endswith("$")):
        raise source.error(f"{shortened(name)!r} does not name one column: patterns and * are not allowed", node)
    return tree.Column(source.at(node), check_constant(name, source.at(node)))


def _col(reader: Reader, call: ast.Call) -> tree.Node:
    if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], ast.Constant):
        raise reader.source.error("pl.col() takes the name of one column", call)
    return column(reader.source, call.args[0])


def _lit(reader: Reader, call: ast.Call) -> tree.Node:
    found = arguments(reader.source, call, "pl.lit", Signature(("value",), 1))
    return tree.Constant(reader.source.at(call), constant(reader.source, found["value"]))


def _when(reader: Reader, call: ast.Call, steps: list[Step]) -> tuple[tree.Node, list[Step]]:
    """`pl.when(c).then(v)`, any number of `.when(c).then(v)`, perhaps `.otherwise(v)`; the methods that are left."""
    source, at = reader.source, reader.source.at(call)
    checks: list[tuple[tree.Node, tree.Node]] = []
    asked: ast.Call | None = call
    left = list(steps)
    while asked is not None:
        condition = _condition(reader, asked)
        if not left or left[0][0] != "then":
            raise source.error("pl.when(…) needs .then(…)", asked)
        checks.append((condition, _outcome(reader, "then", left.pop(0)[1])))
        asked = left.pop(0)[1] if left and left[0][0] == "when" else None
    otherwise = _outcome(reader, "otherwise", left.pop(0)[1]) if left and left[0][0] == "otherwise" else None
    return tree.case(at, tuple(checks), otherwise), left


def _condition(reader: Reader, call: ast.Call) -> tree.Node:
    if not call.args or call.keywords:
        raise reader.source.error("when() takes conditions", call)
    conditions = tuple([reader.column_or_value(argument) for argument in call.args])
    for condition in conditions:
        require_condition(condition)
    return tree.logic(reader.source.at(call), "AND", conditions)


def _outcome(reader: Reader, name: str, call: ast.Call) -> tree.Node:
    found = arguments(reader.source, call, name, Signature(("statement",), 1))
    return reader.column_or_value(found["statement"])


_ROOTS: Mapping[str, Callable[[Reader, ast.Call], tree.Node | Duration]] = {
    "col": _col,
    "lit": _lit,
    "date": date,
    "datetime": datetime,
    "duration": duration,
}
