"""The arguments of a Polars call, by name.

Owns the matching of positions and keywords to parameters, and the reading of plain constants. Never translates one.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.expressions.limits import check_constant, check_integer
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.expressions.polars_source import Source
    from valuekit.config.expressions.tree import Value


@dataclass(frozen=True)
class Signature:
    """What a function of Polars may be given.

    Attributes:
        positional: parameters in order, which may be given by name, too.
        required: how many of them must be given.
        keywords: parameters that can only be given by name.
        fixed: parameters that may be named, but only with these values.
    """

    positional: tuple[str, ...] = ()
    required: int = 0
    keywords: tuple[str, ...] = ()
    fixed: tuple[tuple[str, tuple[Value, ...]], ...] = ()


def arguments(source: Source, call: ast.Call, name: str, signature: Signature) -> Mapping[str, ast.expr]:
    """Match a call's arguments with a signature; what is fixed is checked and left out.

    Raises:
        ExpressionError: one is missing, unknown, given twice or starred, or a fixed one has another value.
    """
    if len(call.args) > len(signature.positional):
        at = call.args[len(signature.positional)]
        raise source.error(f"{name}() takes {_counted(len(signature.positional))} here", at)
    found = dict(zip(signature.positional, call.args, strict=False))
    for given in call.args:
        if isinstance(given, ast.Starred):
            raise source.error("an argument cannot be unpacked with *", given)
    fixed = dict(signature.fixed)
    allowed = (*signature.positional, *signature.keywords, *fixed)
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in found:
            raise source.error(f"{name}() is given {keyword.arg or '**'} in a way that is not allowed", keyword.value)
        if keyword.arg not in allowed:
            raise source.error(
                f"{name}() does not take {keyword.arg} here", keyword.value, nearest(keyword.arg, allowed)
            )
        found[keyword.arg] = keyword.value
    for missing in signature.positional[: signature.required]:
        if missing not in found:
            raise source.error(f"{name}() needs {missing}", call)
    for parameter, values in fixed.items():
        if parameter in found and constant(source, found.pop(parameter)) not in values:
            raise source.error(f"{name}() allows only {parameter}={' or '.join(map(repr, values))}", call)
    return found


def _counted(number: int) -> str:
    return "no argument" if number == 0 else "one argument" if number == 1 else f"at most {number} arguments"


def constant(source: Source, node: ast.expr) -> Value:
    """Read a plain constant: a text, a number, True, False or None, a number also with a sign.

    Raises:
        ExpressionError: it is anything else, or too large.
    """
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = constant(source, node.operand)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Constant):
        match node.value:
            case str():
                return check_constant(node.value, source.at(node))
            case bool() | None:
                return node.value
            case int():
                return check_integer(node.value, source.at(node))
            case float() if math.isfinite(node.value):
                return node.value
    raise source.error("a plain constant is needed here: a text, a finite number, True, False or None", node)


def text(source: Source, node: ast.expr, what: str) -> str:
    """Read a plain text.

    Raises:
        ExpressionError: it is anything else.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return check_constant(node.value, source.at(node))
    raise source.error(f"{what} must be a plain text in quotes", node)


def whole_number(source: Source, node: ast.expr, what: str) -> int:
    """Read a plain whole number.

    Raises:
        ExpressionError: it is anything else.
    """
    value = constant(source, node)
    if isinstance(value, bool) or not isinstance(value, int):
        raise source.error(f"{what} must be a plain whole number", node)
    return value


def switch(source: Source, found: Mapping[str, ast.expr], name: str, *, default: bool) -> bool:
    """Read a plain True or False.

    Raises:
        ExpressionError: it is anything else.
    """
    if name not in found:
        return default
    value = constant(source, found[name])
    if not isinstance(value, bool):
        raise source.error(f"{name} must be True or False", found[name])
    return value
