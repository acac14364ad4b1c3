"""From SQL text to a checked tree.

Owns the wall: DuckDB's own parser reads `SELECT <text>`, and only what is listed here and in `lists` becomes a node.
Every key of the parser's answer is either read, or must be empty. Never runs anything, and nothing of the user's text
reaches the tree but names, constants and positions.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from valuekit.config.expressions.expression import ExpressionError
from valuekit.config.expressions.limits import shortened, within_limits
from valuekit.config.expressions.sql_arguments import check_growth
from valuekit.config.expressions.sql_nodes import NodeReader, must_be_empty
from valuekit.config.expressions.sql_scan import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.expressions import tree

_HEAD = "SELECT "
_LONGEST_MESSAGE = 200
_BRACKETED_HEAD = "SELECT ("

_CLAUSES = {
    "from_table": ("FROM is not allowed: an expression reads the columns of its own row", ("FROM",)),
    "where_clause": ("WHERE is not allowed: give the condition alone", ("WHERE",)),
    "modifiers": (
        "LIMIT, OFFSET, ORDER BY and DISTINCT are not allowed in an expression",
        ("LIMIT", "OFFSET", "FETCH", "ORDER", "DISTINCT"),
    ),
    "group_expressions": ("GROUP BY is not allowed in an expression", ("GROUP",)),
    "group_sets": ("GROUP BY is not allowed in an expression", ("GROUP",)),
    "having": ("HAVING is not allowed in an expression", ("HAVING",)),
    "qualify": ("QUALIFY is not allowed in an expression", ("QUALIFY",)),
    "sample": ("SAMPLE is not allowed in an expression", ("USING", "SAMPLE", "TABLESAMPLE")),
    "cte_map": ("WITH is not allowed in an expression", ("WITH",)),
}
_DEFAULTS: Mapping[str, object] = {
    "type": "SELECT_NODE",
    "aggregate_handling": "STANDARD_HANDLING",
    "cte_map": {"map": []},
}
_EMPTY_TABLE = {"type": "EMPTY", "alias": "", "sample": None}
_COLUMN_WORDS = ("GROUP", "ORDER", "COLUMN", "TABLE")
"""Reserved words that a column may well be named; Pega's own Group is one."""

_SET_OPERATORS = ("UNION", "EXCEPT", "INTERSECT")


def parse_sql(text: str) -> tree.Node:
    """Read one SQL expression.

    Args:
        text: not blank.

    Returns:
        The checked tree; its positions are character offsets in `text`.

    Raises:
        ExpressionError: it is not SQL, not one plain expression, or holds something that is not allowed.
    """
    looked_at = scan(text)
    try:
        raw = _only_item(_statement(looked_at, _HEAD, ""), looked_at)
        _statement(
            looked_at, _BRACKETED_HEAD, "\n)"
        )  # WINDOW and ALL leave no trace in the tree, but fit into no brackets
        node = NodeReader(text, len(_HEAD)).read(raw)
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply", 0) from None
    check_growth(node)
    return within_limits(node)


def _statement(looked_at: Scan, head: str, tail: str) -> Mapping[str, Any]:
    """The one statement that the parser finds in the text between head and tail."""
    from valuekit.config.expressions import locked

    try:
        answer = locked.serialize(f"{head}{looked_at.text}{tail}")
    except locked.DuckDBRefusal as error:
        raise ExpressionError(_said(str(error)), 0) from error
    if answer["error"]:
        offset = _position(answer, looked_at.text, len(head))
        raise _bare_word(looked_at, offset) or ExpressionError(_said(answer["error_message"]), offset)
    if len(answer["statements"]) != 1:
        raise ExpressionError("an expression is one value, not several statements", 0)
    statement = answer["statements"][0]
    must_be_empty(statement, {"node"}, 0)
    node: Mapping[str, Any] = statement["node"]
    return node


def _said(message: str) -> str:
    if message.startswith("Max expression depth"):
        return "the expression is nested too deeply"
    return f"this is not an SQL expression: {shortened(message, _LONGEST_MESSAGE)}"


def _bare_word(looked_at: Scan, offset: int) -> ExpressionError | None:
    """The error at a column that is a word of SQL without quotes; the parser stumbles there or right behind it."""
    for (word, at), (follower, _) in pairwise((*looked_at.words, ("", 0))):
        is_here = at <= offset and not looked_at.text[at + len(word) : offset].strip()
        if word in _COLUMN_WORDS and follower != "BY" and is_here:
            name = word.capitalize()
            return ExpressionError(_said(f'{name} is a word of SQL: write "{name}" in double quotes'), at)
    return None


def _position(answer: Mapping[str, Any], text: str, head: int) -> int:
    """The parser counts bytes of UTF-8 from the start of the statement."""
    at = int(answer.get("position", head)) - head
    return min(len(text.encode()[: max(at, 0)].decode(errors="ignore")), len(text) - 1)


def _only_item(node: Mapping[str, Any], looked_at: Scan) -> Mapping[str, Any]:
    """The one item of a SELECT that has nothing else."""
    if node["type"] != "SELECT_NODE":
        raise ExpressionError("an expression is one value, not a query", looked_at.offset_of(*_SET_OPERATORS))
    for key, value in node.items():
        if key == "select_list" or value == _DEFAULTS.get(key):
            continue
        if key == "from_table" and {name: value.get(name) for name in _EMPTY_TABLE} == _EMPTY_TABLE:
            continue
        if value:
            message, words = _CLAUSES.get(key, (f"{key} is not allowed in an expression", ()))
            raise ExpressionError(message, looked_at.offset_of(*words))
    items = node["select_list"]
    if len(items) != 1:
        second = NodeReader(looked_at.text, len(_HEAD)).offset(items[1], 0)
        raise ExpressionError("an expression is one value: a comma has no place here", second)
    item: Mapping[str, Any] = items[0]
    return item
