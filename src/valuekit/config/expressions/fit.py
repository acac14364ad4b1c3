"""Whether the parts of an expression fit each other and the columns.

Owns the checks before binding: known columns, and values that DuckDB would convert row by row, failing at the first
row that does not convert. Never talks to DuckDB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.expressions import lists, tree
from valuekit.config.expressions.expression import Dialect, ExpressionError
from valuekit.config.expressions.kinds import NUMBERS, TIMES, Kind, kind
from valuekit.config.expressions.limits import shortened
from valuekit.config.expressions.render import render
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TARGETS = {
    Kind.TEXT: ("VARCHAR", "pl.String"),
    Kind.INTEGER: ("DOUBLE", "pl.Float64"),
    Kind.FLOAT: ("DOUBLE", "pl.Float64"),
    Kind.BOOLEAN: ("BOOLEAN", "pl.Boolean"),
    Kind.DATE: ("DATE", "pl.Date"),
    Kind.TIMESTAMP: ("TIMESTAMP", "pl.Datetime"),
}
_WANTED = {
    lists.TEXT: (frozenset({Kind.TEXT}), Kind.TEXT),
    lists.NUMBER: (NUMBERS, Kind.FLOAT),
    lists.TIME: (TIMES, Kind.TIMESTAMP),
}
_PLAIN = re.compile(r"[A-Za-z_]\w*")


def check_columns(node: tree.Node, known: Iterable[str]) -> None:
    """Refuse a column that is not there; names count with their case.

    Raises:
        ExpressionError: at the first such column, with the name that was probably meant.
    """
    names = frozenset(known)
    for part in tree.walk(node):
        if isinstance(part, tree.Column) and part.name not in names:
            close = nearest(part.name, sorted(names))
            hint = f"; did you mean {close}?" if close else ""
            raise ExpressionError(f"unknown column {shortened(part.name)}{hint}", part.at, close)


@dataclass(frozen=True)
class Fit:
    """The checks of one expression against the kinds of its columns.

    Attributes:
        columns: the kind of each column, None where expressions know nothing about its type.
        dialect: the language in which a remedy is written.
    """

    columns: Mapping[str, Kind | None]
    dialect: Dialect

    def check(self, node: tree.Node) -> None:
        """Refuse a part whose values are of the wrong kind.

        Raises:
            ExpressionError: at that part, with the remedy.
        """
        for part in tree.walk(node):
            match part:
                case tree.Binary():
                    self._binary(part)
                case tree.In():
                    self._alike(part.operand, part.items)
                case tree.Between():
                    self._alike(part.operand, (part.low, part.high))
                case tree.Logic():
                    self._conditions(part.operands)
                case tree.Unary():
                    self._unary(part)
                case tree.Case():
                    self._conditions(condition for condition, _ in part.checks)
                case tree.Like():
                    self._each(part.children, lists.TEXT, part.operator)
                case tree.Cast():
                    self._cast(part)
                case tree.Call():
                    self._call(part)
                case _:
                    pass

    def _kind(self, node: tree.Node) -> Kind | None:
        return kind(node, self.columns)

    def _binary(self, node: tree.Binary) -> None:
        if node.operator in lists.COMPARISONS:
            self._alike(node.left, (node.right,))
        elif node.operator != "||":
            for operand in node.children:
                found = self._kind(operand)
                if found in (Kind.TEXT, Kind.BOOLEAN):
                    self._refuse(operand, Kind.FLOAT, f"{node.operator} needs numbers")

    def _alike(self, operand: tree.Node, others: Iterable[tree.Node]) -> None:
        for other in others:
            self._pair(operand, other)

    def _pair(self, left: tree.Node, right: tree.Node) -> None:
        """Two values that are compared: both text, both numbers, or both times; a constant text may stand for any."""
        first, second = self._kind(left), self._kind(right)
        if first is None or second is None or _family(first) == _family(second):
            return
        if Kind.TEXT not in (first, second):
            if not {first, second} <= {Kind.BOOLEAN, Kind.INTEGER}:
                what = f"{_described(left)} is {first} and {_described(right)} is {second}"
                raise ExpressionError(f"{what}: they do not compare", left.at)
            return
        text, other, wanted = (left, right, second) if first == Kind.TEXT else (right, left, first)
        if not isinstance(text, tree.Constant):
            self._refuse(text, wanted, f"{_described(other)} is {wanted}")

    def _conditions(self, nodes: Iterable[tree.Node]) -> None:
        for node in nodes:
            found = self._kind(node)
            if found not in (None, Kind.BOOLEAN):
                raise ExpressionError(f"a condition is needed here, and {_described(node)} is {found}", node.at)

    def _unary(self, node: tree.Unary) -> None:
        if node.operator == "NOT":
            self._conditions((node.operand,))
        elif self._kind(node.operand) not in (None, Kind.INTERVAL, *NUMBERS):
            self._refuse(node.operand, Kind.FLOAT, "- needs a number")

    def _each(self, nodes: Iterable[tree.Node], parameter: str, by: str) -> None:
        for node in nodes:
            allowed, wanted = _WANTED[parameter]
            found = self._kind(node)
            if found is not None and found not in allowed:
                self._refuse(node, wanted, f"{by} needs {wanted}")

    def _call(self, node: tree.Call) -> None:
        parameters = lists.FUNCTIONS[node.function].parameters
        for parameter, argument in zip(parameters, node.arguments, strict=False):
            if parameter in _WANTED:
                self._each((argument,), parameter, f"{node.function}()")
        if parameters == (lists.ANY,) or node.function == "nullif":
            self._alike(node.arguments[0], node.arguments[1:])

    def _cast(self, node: tree.Cast) -> None:
        found, target = self._kind(node.operand), node.target
        times, numbers = {"DATE", "TIMESTAMP"}, {"BIGINT", "INTEGER", "DOUBLE", "BOOLEAN"}
        if (found in TIMES and target in numbers) or (found in (*NUMBERS, Kind.BOOLEAN) and target in times):
            raise ExpressionError(f"{_described(node.operand)} is {found}: it has no value as {target}", node.at)

    def _refuse(self, node: tree.Node, wanted: Kind, why: str) -> None:
        """Raise, with the cast that would help."""
        described, remedy = _described(node), ""
        if wanted in _TARGETS:
            sql_type, polars_type = _TARGETS[wanted]
            in_sql = f": write CAST({described} AS {sql_type})"
            remedy = in_sql if self.dialect == "sql" else f": add .cast({polars_type})"
        raise ExpressionError(f"{described} is {self._kind(node)}, but {why}{remedy}", node.at)


def _family(found: Kind) -> Kind:
    if found in NUMBERS:
        return Kind.FLOAT
    return Kind.TIMESTAMP if found in TIMES else found


def _described(node: tree.Node) -> str:
    if isinstance(node, tree.Column):
        return shortened(node.name if _PLAIN.fullmatch(node.name) else render(node))
    if isinstance(node, tree.Constant):
        return str(node.value) if isinstance(node.value, int | float) else shortened(render(node))
    return shortened(render(node))
