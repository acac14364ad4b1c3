"""What the arguments of listed functions must be: units, patterns and formats are constants, and nothing explodes.

Owns these checks for both languages. Never looks at columns or types: `fit` does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from valuekit.config.expressions import lists, tree
from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_GROWTH = 1_000
"""How many times longer than its input nested replace() calls may make a text."""

MAX_FORMAT = 200
_REPLACEMENT = re.compile(r"(?:[^\\]|\\\\)*")
_TIME_CODE = re.compile(r"%-?(.?)")


def check_arguments(call: tree.Call) -> None:
    """Refuse a call with a wrong number of arguments, or with one that must be a constant of a certain form.

    Raises:
        ExpressionError: at the argument, or at the call.
    """
    function = lists.FUNCTIONS[call.function]
    least = len(function.parameters) - function.optional
    most = None if function.variadic else len(function.parameters)
    given = len(call.arguments)
    if given < least or (most is not None and given > most):
        takes = f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
        raise ExpressionError(f"{call.function}() takes {takes} arguments, not {given}", call.at)
    for parameter, argument in zip(function.parameters, call.arguments, strict=False):
        check = _CHECKS.get(parameter)
        if check is not None:
            if not (isinstance(argument, tree.Constant) and isinstance(argument.value, str)):
                raise ExpressionError(f"{call.function}() needs a constant text here", argument.at)
            check(argument.value, argument.at)


def check_growth(node: tree.Node) -> None:
    """Refuse nested replace() calls that multiply the length of a text without bound.

    Raises:
        ExpressionError: at the outermost call.
    """
    if _growth(node) > MAX_GROWTH:
        raise ExpressionError(f"replace() makes the text more than {MAX_GROWTH:,} times longer", node.at)


def _growth(node: tree.Node) -> int:
    below = max(map(_growth, node.children), default=1)
    if isinstance(node, tree.Call) and node.function == "replace":
        pattern, replacement = (str(part.value) for part in node.arguments[1:] if isinstance(part, tree.Constant))
        return below * max(1, -(-len(replacement) // max(1, len(pattern))))
    return below


def _anything(_value: str, _at: int) -> None:
    return


def _one_of(names: frozenset[str], what: str) -> Callable[[str, int], None]:
    def check(value: str, at: int) -> None:
        if value not in names:
            raise ExpressionError(
                f"{value!r} is no {what}; there are {', '.join(sorted(names))}", at, nearest(value, names)
            )

    return check


def _replacement(value: str, at: int) -> None:
    if not _REPLACEMENT.fullmatch(value):
        raise ExpressionError(r"a reference to a group (\1) is not allowed in a replacement", at)


def _time_format(value: str, at: int) -> None:
    if len(value) > MAX_FORMAT:
        raise ExpressionError(f"a time format has at most {MAX_FORMAT} characters", at)
    for match in _TIME_CODE.finditer(value):
        if match[1] not in lists.TIME_CODES:
            raise ExpressionError(f"{match[0]} is not an allowed code of a time format", at)


_CHECKS: Mapping[str, Callable[[str, int], None]] = {
    lists.CONSTANT: _anything,
    lists.PATTERN: _anything,
    lists.REPLACEMENT: _replacement,
    lists.UNIT: _one_of(lists.UNITS, "unit of time"),
    lists.PART: _one_of(lists.PARTS, "part of a time"),
    lists.FORMAT: _time_format,
}
