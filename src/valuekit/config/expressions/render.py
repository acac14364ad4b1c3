"""Write a checked tree as SQL.

Owns the only SQL of an expression that ever runs. Never sees the user's text: names and constants are quoted by
`valuekit.sql`, everything else comes from our own lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.config.expressions import tree

if TYPE_CHECKING:
    from collections.abc import Iterable


def render(node: tree.Node) -> str:
    """Write a node as DuckDB SQL; whatever has an operator is in brackets, so the text may stand anywhere."""
    match node:
        case tree.Column():
            return sql.name(node.name)
        case tree.Constant():
            return sql.literal(node.value)
        case tree.Interval():
            return f"INTERVAL '{node.count}' {node.unit}"
        case tree.Unary():
            return f"({node.operator} {render(node.operand)})"  # the space: two hyphens would begin a comment
        case tree.Binary():
            return f"({render(node.left)} {node.operator} {render(node.right)})"
        case tree.Logic():
            return f"({f' {node.operator} '.join(map(render, node.operands))})"
        case tree.IsNull():
            return f"({render(node.operand)} IS {'NOT ' if node.negated else ''}NULL)"
        case tree.In():
            return f"({render(node.operand)} IN ({_listed(node.items)}))"
        case tree.Between():
            return f"({render(node.operand)} BETWEEN {render(node.low)} AND {render(node.high)})"
        case _:
            return _longer(node)


def _longer(node: tree.Node) -> str:
    match node:
        case tree.Like():
            escape = "" if node.escape is None else f" ESCAPE {render(node.escape)}"
            return f"({render(node.operand)} {node.operator} {render(node.pattern)}{escape})"
        case tree.Case():
            checks = " ".join(f"WHEN {render(condition)} THEN {render(value)}" for condition, value in node.checks)
            otherwise = "" if node.otherwise is None else f" ELSE {render(node.otherwise)}"
            return f"CASE {checks}{otherwise} END"
        case tree.Cast():
            return f"{'TRY_CAST' if node.safe else 'CAST'}({render(node.operand)} AS {node.target})"
        case tree.Call():
            return f"{node.function}({_listed(node.arguments)})"
        case _:
            raise TypeError(f"no SQL for {type(node).__name__}")


def _listed(nodes: Iterable[tree.Node]) -> str:
    return ", ".join(map(render, nodes))
