"""What kind of value a node has: text, number, truth value, time.

Owns the kinds of DuckDB's types and of every node. Never complains: `fit` does.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from valuekit.config.expressions import lists, tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Kind(StrEnum):
    """A family of types whose values compare with each other; the value is what a message calls it."""

    TEXT = "text"
    INTEGER = "a whole number"
    FLOAT = "a number"
    BOOLEAN = "true or false"
    DATE = "a date"
    TIMESTAMP = "a time"
    INTERVAL = "a span of time"


NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT})
TIMES = frozenset({Kind.DATE, Kind.TIMESTAMP})

_TYPES = {
    Kind.TEXT: ("VARCHAR", "ENUM", "UUID"),
    Kind.INTEGER: (
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    ),
    Kind.FLOAT: ("FLOAT", "DOUBLE", "DECIMAL"),
    Kind.BOOLEAN: ("BOOLEAN",),
    Kind.DATE: ("DATE",),
    Kind.TIMESTAMP: ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    Kind.INTERVAL: ("INTERVAL",),
}
_KIND_OF = {name: kind for kind, names in _TYPES.items() for name in names}
_PLAIN_TYPE = re.compile(r"([A-Z][A-Z_]*)(?:\((?s:.*)\))?")


def kind_of_type(duckdb_type: str) -> Kind | None:
    """The kind of a DuckDB type; None for a type that expressions cannot read."""
    match = _PLAIN_TYPE.fullmatch(duckdb_type.strip().upper())
    return _KIND_OF.get(match[1]) if match else None


def common(kinds: Iterable[Kind | None]) -> Kind | None:
    """The kind of a value that is one of several; None where one is not known, or they do not go together."""
    found = set(kinds)
    if len(found) == 1:
        return found.pop()
    if found and found <= NUMBERS:
        return Kind.FLOAT
    return Kind.TIMESTAMP if found and found <= TIMES else None


def kind(node: tree.Node, columns: Mapping[str, Kind | None]) -> Kind | None:
    """The kind of a node; None where it is not known.

    Args:
        node: the node.
        columns: the kind of each column; a column that is not there is of unknown kind.
    """
    match node:
        case tree.Column():
            return columns.get(node.name)
        case tree.Constant():
            return _of_value(node.value)
        case tree.Interval():
            return Kind.INTERVAL
        case tree.Logic() | tree.IsNull() | tree.In() | tree.Between() | tree.Like():
            return Kind.BOOLEAN
        case tree.Unary():
            return Kind.BOOLEAN if node.operator == "NOT" else kind(node.operand, columns)
        case tree.Binary():
            return _of_binary(node, columns)
        case tree.Cast():
            return kind_of_type(node.target)
        case tree.Call() if lists.FUNCTIONS[node.function].result != lists.SAME:
            return Kind[lists.FUNCTIONS[node.function].result]
        case _:
            return common(kind(value, columns) for value in _values(node))


def _values(node: tree.Node) -> tuple[tree.Node, ...]:
    """What the value of a CASE, or of a function such as coalesce(), is one of; NULL has no say in its kind."""
    values = node.children
    if isinstance(node, tree.Case):
        last = () if node.otherwise is None else (node.otherwise,)
        values = (*(value for _, value in node.checks), *last)
    return tuple(value for value in values if not (isinstance(value, tree.Constant) and value.value is None))


def _of_value(value: tree.Value) -> Kind | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int):
        return Kind.INTEGER
    return Kind.FLOAT if isinstance(value, float) else Kind.TEXT


def _of_binary(node: tree.Binary, columns: Mapping[str, Kind | None]) -> Kind | None:
    if node.operator in lists.COMPARISONS:
        return Kind.BOOLEAN
    if node.operator == "||":
        return Kind.TEXT
    if node.operator == "/":
        return Kind.FLOAT
    left, right = kind(node.left, columns), kind(node.right, columns)
    if left in TIMES or right in TIMES:
        return _of_time_arithmetic(node.operator, left, right)
    return common((left, right))


def _of_time_arithmetic(operator: str, left: Kind | None, right: Kind | None) -> Kind | None:
    """DuckDB: times minus times are spans, but dates minus dates are days; a date plus a span is a time."""
    if operator == "-" and left in TIMES and right in TIMES:
        return Kind.INTEGER if left == right == Kind.DATE else Kind.INTERVAL
    if Kind.INTERVAL in (left, right):
        return Kind.TIMESTAMP
    return Kind.DATE if {left, right} == {Kind.DATE, Kind.INTEGER} else None
