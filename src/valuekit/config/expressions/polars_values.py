"""Pieces that the translation of Polars text builds with.

Owns durations, and the SQL shapes by which SQL gives Polars' values. Never reads syntax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.config.expressions import tree
from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.expressions.kinds import NUMBERS, Kind, kind

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_COLUMNS: Mapping[str, Kind | None] = {}

MICROSECONDS = {
    "weeks": 604_800_000_000,
    "days": 86_400_000_000,
    "hours": 3_600_000_000,
    "minutes": 60_000_000,
    "seconds": 1_000_000,
    "milliseconds": 1_000,
    "microseconds": 1,
}
_LARGEST_FIRST = ("days", "hours", "minutes", "seconds", "milliseconds", "microseconds")
_MAX_COUNT = 10**15


@dataclass(frozen=True)
class Duration:
    """A `pl.duration(...)`; it is no value of its own, but may be added to a time, or compared with a difference."""

    at: int
    microseconds: int

    def interval(self) -> tree.Interval:
        """The same span in the largest unit of which it is a whole number.

        Raises:
            ExpressionError: it is too long to be meant.
        """
        for unit in _LARGEST_FIRST:
            count, rest = divmod(self.microseconds, MICROSECONDS[unit])
            if rest == 0 and abs(count) < _MAX_COUNT:
                return tree.Interval(self.at, count, unit.removesuffix("s").upper())
        raise ExpressionError("this duration is too long", self.at)


def refuse_duration(part: tree.Node | Duration) -> tree.Node:
    """The same node.

    Raises:
        ExpressionError: it is a duration.
    """
    if isinstance(part, Duration):
        raise ExpressionError("a duration can only be added to a time, or compared with a difference", part.at)
    return part


def known_kind(node: tree.Node) -> Kind | None:
    """The kind of a node where it does not depend on a column's type."""
    return kind(node, _NO_COLUMNS)


def require_condition(node: tree.Node) -> None:
    """Refuse what is known not to be true or false.

    Raises:
        ExpressionError: at the node.
    """
    found = known_kind(node)
    if found not in (None, Kind.BOOLEAN):
        raise ExpressionError(
            f"&, | and ~ need conditions, and this is {found}: put brackets around each comparison", node.at
        )


def is_empty_text(node: tree.Node) -> bool:
    """Whether a node is the constant ''."""
    return isinstance(node, tree.Constant) and node.value == ""


def null_or(at: int, node: tree.Node, condition: tree.Node) -> tree.Node:
    """`x IS NULL OR condition`."""
    return tree.logic(at, "OR", (tree.IsNull(at, node, negated=False), condition))


def safe_cast(at: int, node: tree.Node, target: str) -> tree.Node:
    """Cast as Polars does, with NULL where Polars would stop.

    To whole numbers Polars cuts off the fraction and DuckDB rounds. Of a column of unknown type (a text of many digits
    must stay exact) only a value that has a fraction is cut.
    """
    if target in ("INTEGER", "BIGINT"):
        found = known_kind(node)
        cut = tree.Call(at, "trunc", (tree.Cast(at, node, "DOUBLE", safe=True),))
        if found == Kind.FLOAT:
            return tree.Cast(at, cut, target, safe=True)
        if found is None and not isinstance(node, tree.Constant):
            has_fraction = tree.Binary(at, "<>", tree.Cast(at, node, "DOUBLE", safe=True), cut)
            whole = tree.Cast(at, node, target, safe=True)
            return tree.Case(at, ((has_fraction, tree.Cast(at, cut, target, safe=True)),), whole)
    if target == "VARCHAR" and known_kind(node) == Kind.TIMESTAMP:
        return tree.Call(at, "strftime", (node, tree.Constant(at, "%Y-%m-%d %H:%M:%S.%f")))
    return tree.Cast(at, node, target, safe=True)


def floor_divide(at: int, left: tree.Node, right: tree.Node) -> tree.Node:
    """`//` as in Polars: rounded down, NULL where the divisor is 0; whole unless a float is known to be in it."""
    quotient = tree.Call(at, "floor", (tree.Binary(at, "/", left, _not_zero(right)),))
    if Kind.FLOAT in (known_kind(left), known_kind(right)):
        return quotient
    return tree.Cast(at, quotient, "BIGINT", safe=True)


def modulo(at: int, left: tree.Node, right: tree.Node) -> tree.Node:
    """`%` as in Polars: the remainder has the divisor's sign, and is NULL where the divisor is 0."""
    divisor = _not_zero(right)
    remainder = tree.Binary(at, "%", left, divisor)
    return tree.Binary(at, "%", tree.Binary(at, "+", remainder, right), divisor)


def _not_zero(node: tree.Node) -> tree.Node:
    if isinstance(node, tree.Constant) and isinstance(node.value, int | float) and node.value:
        return node
    return tree.Call(node.at, "nullif", (node, tree.Constant(node.at, 0)))


def difference(node: tree.Node) -> tree.Node | None:
    """The microseconds of `a - b` for two times; None for any other node."""
    if not (isinstance(node, tree.Binary) and node.operator == "-"):
        return None
    unit = tree.Constant(node.at, "microsecond")
    return tree.Call(node.at, "date_diff", (unit, node.right, node.left))


def add_numbers_or_text(at: int, left: tree.Node, right: tree.Node) -> tree.Node:
    """`+`: texts are joined, everything else is added."""
    kinds = {known_kind(left), known_kind(right)}
    if Kind.TEXT not in kinds:
        return tree.Binary(at, "+", left, right)
    if kinds & {*NUMBERS, Kind.BOOLEAN}:
        raise ExpressionError("a text and a number cannot be added: add .cast(pl.String)", at)
    return tree.Binary(at, "||", left, right)
