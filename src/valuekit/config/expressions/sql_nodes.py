"""The node classes of DuckDB's parser that an expression may hold, and what they become.

Owns that list (`_READERS`) and the checks on each node. Never parses text.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from valuekit.config.expressions import lists, tree
from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.expressions.limits import check_constant, check_integer, shortened
from valuekit.config.expressions.sql_arguments import check_arguments
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Raw = Mapping[str, Any]

_NOWHERE = 2**63
_DIGITS = 30
_LIKENESS = 0.75
"""Functions are many, and their names short: read_text is no misspelt greatest."""
_ALWAYS = {"class", "type", "query_location", "query_location_length"}
_NO_ORDER = {"type": "ORDER_MODIFIER", "orders": []}

_REFUSED = {
    "SUBQUERY": "a sub-query is not allowed",
    "WINDOW": "a window function is not allowed",
    "STAR": "* and COLUMNS are not allowed: name the column",
    "LAMBDA": "a lambda is not allowed",
    "PARAMETER": "a parameter ($1, ?) is not allowed: write the value",
    "POSITIONAL_REFERENCE": "a positional reference (#1) is not allowed: name the column",
    "COLLATE": "COLLATE is not allowed: compare lower(x)",
    "DEFAULT": "DEFAULT is not allowed",
}
_AGGREGATES = frozenset({"count", "count_star", "sum", "avg", "mean", "min", "max", "median", "first", "last"})
_POLARS_ROOTS = frozenset({"col", "lit", "when"})
_CONJUNCTIONS = {"CONJUNCTION_AND": "AND", "CONJUNCTION_OR": "OR"}
_COMPARISONS = {node_type: operator for operator, node_type in lists.COMPARISONS.items()}
_INTERVAL_TEXT = re.compile(r"\s*([+-]?\d{1,15})\s*([a-z]+?)s?\s*", re.IGNORECASE)


def must_be_empty(raw: Raw, read: set[str], at: int) -> None:
    """Refuse a node that says more than what was read of it.

    Args:
        raw: a node of the parser's answer.
        read: the keys that were read.
        at: where it stands in the user's text.
    """
    for key, value in raw.items():
        if key in read or not value or value == _NO_ORDER:
            continue
        raise ExpressionError(_MORE.get(key, f"{key.replace('_', ' ')} is not allowed here"), at)


_MORE = {
    "alias": "a name (AS …) has no place here",
    "distinct": "DISTINCT is not allowed",
    "filter": "FILTER is not allowed",
    "order_bys": "ORDER BY is not allowed",
    "schema": "a function or type has no schema here",
    "catalog": "a function or type has no catalog here",
    "children": "a type has no length or precision here",
}


class NodeReader:
    """Reads the nodes of one parsed text.

    Args:
        text: the user's text, for positions.
        head: how many ASCII characters were put before it.
    """

    def __init__(self, text: str, head: int) -> None:
        self._bytes = text.encode()
        self._head = head

    def offset(self, raw: Raw, otherwise: int) -> int:
        """Where a node begins, in characters of the user's text; the parser counts bytes and leaves some out."""
        at = raw.get("query_location", _NOWHERE)
        if not self._head <= at < self._head + len(self._bytes):
            return otherwise
        return len(self._bytes[: at - self._head].decode(errors="ignore"))

    def read(self, raw: Raw, above: int = 0) -> tree.Node:
        """Turn one node, and all below it, into ours.

        Args:
            raw: the parser's node.
            above: where the node above it stands.

        Raises:
            ExpressionError: its class, or anything it says, is not on the list.
        """
        at = self.offset(raw, above)
        reader = _READERS.get(raw["class"])
        if reader is None:
            raise ExpressionError(_REFUSED.get(raw["class"], f"{raw['type']} is not allowed"), at)
        return reader(self, raw, at)

    def _all(self, raws: list[Raw], at: int) -> tuple[tree.Node, ...]:
        return tuple([self.read(raw, at) for raw in raws])

    def column(self, raw: Raw, at: int) -> tree.Node:
        """Exactly one unqualified name."""
        must_be_empty(raw, _ALWAYS | {"column_names"}, at)
        names = raw["column_names"]
        if len(names) != 1:
            raise ExpressionError(f"{shortened('.'.join(names))}: a column is one name without dots", at)
        return tree.Column(at, check_constant(names[0], at))

    def constant(self, raw: Raw, at: int) -> tree.Node:
        """A text, a number, TRUE, FALSE or NULL; a number with a point or exponent is a double."""
        must_be_empty(raw, _ALWAYS | {"literal"}, at)
        kind, text = raw["literal"]["kind"], raw["literal"]["text"]
        match kind:
            case "STRING":
                return tree.Constant(at, check_constant(text, at))
            case "INTEGER":
                return tree.Constant(at, _whole(text, at))
            case "NUMERIC":
                return tree.Constant(at, _finite(text, at))
            case "BOOLEAN":
                return tree.Constant(at, text.lower() == "true")
            case "NULL_LITERAL":
                return tree.Constant(at, None)
            case _:
                raise ExpressionError(f"a constant of kind {kind} is not allowed", at)

    def comparison(self, raw: Raw, at: int) -> tree.Node:
        """Two values compared; IS TRUE arrives here with a cast that nobody wrote."""
        must_be_empty(raw, _ALWAYS | {"left", "right"}, at)
        operator = _COMPARISONS.get(raw["type"])
        if operator is None:
            raise ExpressionError(f"{raw['type']} is not allowed", at)
        left = raw["left"]
        if operator.startswith("IS ") and left["class"] == "CAST" and left["query_location"] >= _NOWHERE:
            left = left["child"] if left["type_expr"]["type_name"] == "BOOLEAN" else left
        return tree.Binary(at, operator, self.read(left, at), self.read(raw["right"], at))

    def conjunction(self, raw: Raw, at: int) -> tree.Node:
        """AND, OR."""
        must_be_empty(raw, _ALWAYS | {"children"}, at)
        return tree.logic(at, _CONJUNCTIONS[raw["type"]], self._all(raw["children"], at))

    def operator(self, raw: Raw, at: int) -> tree.Node:
        """NOT, IS NULL, IN, COALESCE."""
        must_be_empty(raw, _ALWAYS | {"children"}, at)
        kind = raw["type"]
        if kind not in ("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "COMPARE_IN", "OPERATOR_COALESCE"):
            name = kind.removeprefix("OPERATOR_").replace("_", " ")
            raise ExpressionError(f"{name} is not allowed in an expression", at)
        children = self._all(raw["children"], at)
        match kind:
            case "OPERATOR_NOT":
                return tree.Unary(at, "NOT", children[0])
            case "OPERATOR_COALESCE":
                return tree.Call(at, "coalesce", children)
            case "COMPARE_IN":
                return tree.In(at, children[0], children[1:])
            case _:
                return tree.IsNull(at, children[0], kind == "OPERATOR_IS_NOT_NULL")

    def between(self, raw: Raw, at: int) -> tree.Node:
        """BETWEEN."""
        must_be_empty(raw, _ALWAYS | {"input", "lower", "upper"}, at)
        return tree.Between(at, *self._all([raw["input"], raw["lower"], raw["upper"]], at))

    def case(self, raw: Raw, at: int) -> tree.Node:
        """CASE; the parser writes out `CASE x WHEN 1` as `CASE WHEN x = 1`, and a missing ELSE as ELSE NULL."""
        must_be_empty(raw, _ALWAYS | {"case_checks", "else_expr"}, at)
        checks = []
        for check in raw["case_checks"]:
            must_be_empty(check, {"when_expr", "then_expr"}, at)
            checks.append((self.read(check["when_expr"], at), self.read(check["then_expr"], at)))
        return tree.case(at, tuple(checks), self.read(raw["else_expr"], at))

    def cast(self, raw: Raw, at: int) -> tree.Node:
        """CAST and TRY_CAST to a listed type, and the constants DATE '…', TIMESTAMP '…', INTERVAL '…'."""
        must_be_empty(raw, _ALWAYS | {"child", "try_cast", "type_expr"}, at)
        wanted = raw["type_expr"]
        there = self.offset(wanted, at)
        must_be_empty(wanted, _ALWAYS | {"type_name", "qualified_name"}, there)
        name = _unqualified(wanted, wanted["type_name"], there)
        operand = self.read(raw["child"], at)
        if name.upper() == "INTERVAL" and isinstance(operand, tree.Constant):
            return _interval_of_text(operand, at)
        target = lists.CAST_TARGETS.get(name.upper())
        if target is None or wanted["class"] != "TYPE":
            allowed = sorted(set(lists.CAST_TARGETS.values()))
            raise ExpressionError(f"a cast to {shortened(name)} is not allowed, only to {', '.join(allowed)}", there)
        if target == "DOUBLE" and not raw["try_cast"] and isinstance(operand, tree.Constant):
            return operand if isinstance(operand.value, float) else tree.Cast(at, operand, target, safe=False)
        return tree.Cast(at, operand, target, bool(raw["try_cast"]))

    def function(self, raw: Raw, at: int) -> tree.Node:
        """A listed function or operator; it has neither schema nor catalog, and its arguments have no names."""
        read = {"function_name", "is_operator", "arguments", "qualified_name"}
        must_be_empty(raw, _ALWAYS | read, at)
        arguments = []
        for argument in raw["arguments"]:
            must_be_empty(argument, {"expression"}, at)
            arguments.append(argument["expression"])
        name = _unqualified(raw, raw["function_name"], at)
        if raw["is_operator"]:
            return self._operator_function(name, self._all(arguments, at), at)
        if name == "contains" and arguments and raw["query_location"] == arguments[0]["query_location"]:
            raise ExpressionError("IN needs a list in brackets: x IN ('a', 'b')", at)
        if name in lists.INTERVALS and len(arguments) == 1:
            return _interval(lists.INTERVALS[name], self._amount(arguments[0], at), at)
        return self._call(name, self._all(arguments, at), at)

    def _call(self, name: str, arguments: tuple[tree.Node, ...], at: int) -> tree.Node:
        if name == "if" and len(arguments) == 3:
            return tree.case(at, ((arguments[0], arguments[1]),), arguments[2])
        known = lists.SYNONYMS.get(name, name)
        if known not in lists.FUNCTIONS:
            raise _unknown_function(name, at)
        if arguments and lists.FUNCTIONS[known].parameters[0] in (lists.UNIT, lists.PART):
            arguments = (_lower(arguments[0]), *arguments[1:])
        call = tree.Call(at, known, arguments)
        check_arguments(call)
        return call

    def _operator_function(self, name: str, arguments: tuple[tree.Node, ...], at: int) -> tree.Node:
        if name in lists.LIKES and len(arguments) in (2, 3):
            escape = arguments[2] if arguments[2:] else None
            if escape is not None and not (isinstance(escape, tree.Constant) and len(str(escape.value)) == 1):
                raise ExpressionError("ESCAPE needs one character", escape.at)
            return tree.Like(at, lists.LIKES[name], arguments[0], arguments[1], escape)
        if name in lists.ARITHMETIC and len(arguments) == 2:
            return tree.Binary(at, name, *arguments)
        if name == "-" and len(arguments) == 1:
            return tree.Unary(at, "-", arguments[0])
        if name == "+" and len(arguments) == 1:
            return arguments[0]
        hint = ": write power(x, 2)" if name in ("**", "^") else ""
        raise ExpressionError(f"the operator {name} is not allowed{hint}", at)

    def _amount(self, raw: Raw, at: int) -> tree.Node:
        """The number of an interval, below the casts that the parser adds."""
        while raw.get("query_location", 0) >= _NOWHERE:
            inner = raw.get("child") or (raw.get("arguments") or [{}])[0].get("expression")
            if inner is None:
                break
            raw = inner
        return self.read(raw, at)


def _unqualified(raw: Raw, name: str, at: int) -> str:
    """The same name; the parser gives the whole path, too."""
    path = raw.get("qualified_name", {}).get("path", [])
    if len(path) > 1:
        raise ExpressionError(f"{shortened('.'.join(path))}: {_MORE['schema']}", at)
    return name


def _unknown_function(name: str, at: int) -> ExpressionError:
    hint = ""
    if name in _AGGREGATES:
        hint = ": an expression is one value for each row, not for many"
    elif name in _POLARS_ROOTS:
        hint = f': Polars text says pl.{name}("…")'
    close = nearest(name, [*lists.FUNCTIONS, *lists.SYNONYMS], _LIKENESS)
    return ExpressionError(f"the function {shortened(name)}() is not on the list of allowed functions{hint}", at, close)


def _lower(node: tree.Node) -> tree.Node:
    """A unit of time, as `lists` spells it."""
    if isinstance(node, tree.Constant) and isinstance(node.value, str):
        return tree.Constant(node.at, node.value.lower())
    return node


def _whole(text: str, at: int) -> int:
    digits = text.replace("_", "")
    return check_integer(int(digits) if len(digits) <= _DIGITS else 10**_DIGITS, at)


def _finite(text: str, at: int) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ExpressionError(f"{text} is not a number", at) from None
    if not math.isfinite(value):
        raise ExpressionError(f"{text} is too large for a number", at)
    return value


def _interval(unit: str, amount: tree.Node, at: int) -> tree.Node:
    value = amount.value if isinstance(amount, tree.Constant) else None
    if isinstance(value, int | str) and re.fullmatch(r"\s*[+-]?\d{1,15}\s*", str(value)):
        return tree.Interval(at, int(value), unit)
    raise ExpressionError("an interval needs a whole number of one unit: INTERVAL '3' DAY", at)


def _interval_of_text(text: tree.Constant, at: int) -> tree.Node:
    match = _INTERVAL_TEXT.fullmatch(text.value) if isinstance(text.value, str) else None
    if match is None or match[2].lower() not in lists.UNITS:
        raise ExpressionError("an interval needs a whole number of one unit: INTERVAL '3' DAY", at)
    return tree.Interval(at, int(match[1]), match[2].upper())


_READERS: Mapping[str, Callable[[NodeReader, Raw, int], tree.Node]] = {
    "COLUMN_REF": NodeReader.column,
    "CONSTANT": NodeReader.constant,
    "COMPARISON": NodeReader.comparison,
    "CONJUNCTION": NodeReader.conjunction,
    "OPERATOR": NodeReader.operator,
    "BETWEEN": NodeReader.between,
    "CASE": NodeReader.case,
    "CAST": NodeReader.cast,
    "FUNCTION": NodeReader.function,
}
