"""The methods of a Polars expression that are allowed, and their SQL.

Owns `METHODS`: general ones and those of `.str`. Never sees a time: `polars_times` does.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from valuekit.config.expressions import lists, tree
from valuekit.config.expressions.patterns import LEADING_SPACE, TRAILING_SPACE, PatternError, is_plain, portable, quote
from valuekit.config.expressions.polars_arguments import Signature, arguments, constant, switch, text, whole_number
from valuekit.config.expressions.polars_values import is_empty_text, null_or, safe_cast
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from valuekit.config.expressions.polars_source import Source
    from valuekit.config.expressions.polars_text import Reader

    Method = Callable[[Reader, tree.Node, ast.Call], tree.Node]

_STRICT = ("strict", (True,))


def _null_test(name: str, *, negated: bool) -> Method:
    def method(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
        arguments(reader.source, call, name, Signature())
        return tree.IsNull(reader.source.at(call), target, negated)

    return method


def _is_in(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    """NULL in the list matches nothing, as in Polars; '' asks for NULL too, as `== ""` does."""
    source, at = reader.source, reader.source.at(call)
    signature = Signature(("other",), 1, fixed=(("nulls_equal", (False,)),))
    given = arguments(source, call, "is_in", signature)["other"]
    if not isinstance(given, ast.List | ast.Tuple | ast.Set):
        raise source.error("is_in() takes a list of plain constants: is_in(['a', 'b'])", given)
    items = [tree.Constant(source.at(item), constant(source, item)) for item in given.elts]
    families = {isinstance(item.value, str) for item in items if item.value is not None}
    if len(families) > 1:
        raise source.error("the list of is_in() mixes texts with other values", given)
    with_nothing = any(map(is_empty_text, items))
    listed = tuple(item for item in items if item.value is not None)
    if not listed:
        return tree.Binary(at, "<>", target, target)  # false, and NULL for NULL
    found = tree.In(at, target, listed)
    return null_or(at, target, found) if with_nothing else found


_CLOSED = {"both": (">=", "<="), "left": (">=", "<"), "right": (">", "<="), "none": (">", "<")}


def _is_between(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    """Texts that stand alone are names of columns, as in Polars."""
    source, at = reader.source, reader.source.at(call)
    found = arguments(source, call, "is_between", Signature(("lower_bound", "upper_bound", "closed"), 2))
    closed = text(source, found["closed"], "closed") if "closed" in found else "both"
    if closed not in _CLOSED:
        raise source.error(f"closed must be one of {', '.join(_CLOSED)}", found["closed"], nearest(closed, _CLOSED))
    low, high = reader.column_or_value(found["lower_bound"]), reader.column_or_value(found["upper_bound"])
    if closed == "both":
        return tree.Between(at, target, low, high)
    above, below = _CLOSED[closed]
    return tree.logic(at, "AND", (tree.Binary(at, above, target, low), tree.Binary(at, below, target, high)))


def _fill_null(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    found = arguments(reader.source, call, "fill_null", Signature(("value",), 1))
    return tree.Call(reader.source.at(call), "coalesce", (target, reader.value(found["value"])))


def data_type(source: Source, node: ast.expr) -> str:
    """Read a Polars type; a Datetime only without a zone.

    Returns:
        The DuckDB type to cast to.
    """
    if isinstance(node, ast.Call):
        signature = Signature(("time_unit", "time_zone"), fixed=(("time_unit", ("us", "ns")), ("time_zone", (None,))))
        arguments(source, node, "a type", signature)
        node = node.func
    if isinstance(node, ast.Name) and node.id in lists.PYTHON_TYPES:
        return lists.PYTHON_TYPES[node.id]
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pl":
        if node.attr in lists.POLARS_TYPES:
            return lists.POLARS_TYPES[node.attr]
        close = nearest(node.attr, lists.POLARS_TYPES)
        raise source.error(f"pl.{node.attr} is not on the list of allowed types", node, close)
    raise source.error("a type is needed here, such as pl.Int64", node)


def _cast(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    signature = Signature(("dtype",), 1, keywords=("strict",), fixed=(("wrap_numerical", (False,)),))
    found = arguments(reader.source, call, "cast", signature)
    switch(reader.source, found, "strict", default=True)
    return safe_cast(reader.source.at(call), target, data_type(reader.source, found["dtype"]))


def _plain(name: str, function: str) -> Method:
    def method(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
        arguments(reader.source, call, name, Signature())
        return tree.Call(reader.source.at(call), function, (target,))

    return method


def _with_text(name: str, parameter: str, function: str) -> Method:
    def method(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
        found = arguments(reader.source, call, name, Signature((parameter,), 1))
        return tree.Call(reader.source.at(call), function, (target, reader.value(found[parameter])))

    return method


def _pattern(source: Source, node: ast.expr) -> str:
    try:
        return portable(text(source, node, "a pattern"))
    except PatternError as error:
        raise source.error(str(error), node) from None


def _contains(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    source, at = reader.source, reader.source.at(call)
    found = arguments(source, call, "contains", Signature(("pattern",), 1, keywords=("literal",), fixed=(_STRICT,)))
    wanted = found["pattern"]
    if switch(source, found, "literal", default=False):
        return tree.Call(at, "contains", (target, reader.value(wanted)))
    pattern = text(source, wanted, "a pattern")
    if is_plain(pattern):
        return tree.Call(at, "contains", (target, tree.Constant(source.at(wanted), pattern)))
    written = tree.Constant(source.at(wanted), _pattern(source, wanted))
    return tree.Call(at, "regexp_matches", (target, written))


def _replace(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    """The first match only."""
    source, at = reader.source, reader.source.at(call)
    signature = Signature(("pattern", "value"), 2, keywords=("literal",), fixed=(("n", (1,)),))
    found = arguments(source, call, "replace", signature)
    value = text(source, found["value"], "a replacement")
    if switch(source, found, "literal", default=False):
        pattern = quote(text(source, found["pattern"], "a pattern"))
    else:
        pattern = _pattern(source, found["pattern"])
        if "$" in value:
            raise source.error("a reference to a group ($1) is not allowed in a replacement", found["value"])
    parts = (tree.Constant(source.at(found["pattern"]), pattern), value.replace("\\", "\\\\"))
    return tree.Call(at, "regexp_replace", (target, parts[0], tree.Constant(source.at(found["value"]), parts[1])))


def _strip_chars(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    """Without characters it is white space of any kind, which SQL's trim() is not."""
    source, at = reader.source, reader.source.at(call)
    found = arguments(source, call, "strip_chars", Signature(("characters",)))
    given = constant(source, found["characters"]) if "characters" in found else None
    if given is None:
        for pattern in (LEADING_SPACE, TRAILING_SPACE):
            target = tree.Call(at, "regexp_replace", (target, tree.Constant(at, pattern), tree.Constant(at, "")))
        return target
    if not isinstance(given, str):
        raise source.error("strip_chars() takes the characters as one text", call)
    return tree.Call(at, "trim", (target, tree.Constant(at, given)))


def _slice(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    """Polars counts from 0, SQL from 1; both count from the end where the offset is negative."""
    source, at = reader.source, reader.source.at(call)
    found = arguments(source, call, "slice", Signature(("offset", "length"), 1))
    offset = whole_number(source, found["offset"], "an offset")
    parts = [target, tree.Constant(at, offset if offset < 0 else offset + 1)]
    if "length" in found and constant(source, found["length"]) is not None:
        length = whole_number(source, found["length"], "a length")
        if length < 0:
            raise source.error("a length cannot be negative", found["length"])
        parts.append(tree.Constant(at, length))
    return tree.Call(at, "substr", tuple(parts))


METHODS: Mapping[str, Method] = {
    "is_null": _null_test("is_null", negated=False),
    "is_not_null": _null_test("is_not_null", negated=True),
    "is_in": _is_in,
    "is_between": _is_between,
    "fill_null": _fill_null,
    "cast": _cast,
    "str.starts_with": _with_text("starts_with", "prefix", "starts_with"),
    "str.ends_with": _with_text("ends_with", "suffix", "ends_with"),
    "str.contains": _contains,
    "str.to_lowercase": _plain("to_lowercase", "lower"),
    "str.to_uppercase": _plain("to_uppercase", "upper"),
    "str.strip_chars": _strip_chars,
    "str.replace": _replace,
    "str.slice": _slice,
    "str.len_chars": _plain("len_chars", "length"),
}
"""Every method that is allowed, but for those of time."""
