"""The tree between the two languages and the SQL that runs: small, closed, and the only thing that is rendered.

Owns the node types. Never reads text and never writes SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Node:
    """One value.

    Attributes:
        at: where it stands in the user's text, in characters; trees that differ only in it are equal.
        size: about how many characters its SQL has.
        depth: how many levels of nodes it has.
    """

    at: int = field(compare=False)
    size: int = field(init=False, repr=False, compare=False)
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        children = self.children
        object.__setattr__(self, "size", self.own_size + sum(child.size for child in children))
        object.__setattr__(self, "depth", 1 + max((child.depth for child in children), default=0))

    @property
    def children(self) -> tuple[Node, ...]:
        """The nodes directly below, in the order in which they are rendered."""
        return ()

    @property
    def own_size(self) -> int:
        """The part of `size` that is not in a child."""
        return 10


@dataclass(frozen=True)
class Column(Node):
    """A column by its exact name."""

    name: str

    @property
    def own_size(self) -> int:
        """The length of the quoted name."""
        return len(self.name) + 4


@dataclass(frozen=True)
class Constant(Node):
    """A constant; None is SQL's NULL."""

    value: Value

    @property
    def own_size(self) -> int:
        """The length of the literal."""
        return len(str(self.value)) + 4


@dataclass(frozen=True)
class Interval(Node):
    """A fixed span of time: a whole number of one unit (upper case, as in `INTERVAL '3' DAY`)."""

    count: int
    unit: str


@dataclass(frozen=True)
class Unary(Node):
    """`NOT x` or `-x`."""

    operator: str
    operand: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)


@dataclass(frozen=True)
class Binary(Node):
    """Arithmetic, `||`, or a comparison."""

    operator: str
    left: Node
    right: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """Left and right."""
        return (self.left, self.right)


@dataclass(frozen=True)
class Logic(Node):
    """AND or OR of two or more conditions."""

    operator: str
    operands: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The conditions."""
        return self.operands


@dataclass(frozen=True)
class IsNull(Node):
    """`x IS NULL`, or with `negated` `x IS NOT NULL`."""

    operand: Node
    negated: bool

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)


@dataclass(frozen=True)
class In(Node):
    """`x IN (a, b)`, with at least one item."""

    operand: Node
    items: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand, then the items."""
        return (self.operand, *self.items)


@dataclass(frozen=True)
class Between(Node):
    """`x BETWEEN low AND high`, both included."""

    operand: Node
    low: Node
    high: Node

    @property
    def children(self) -> tuple[Node, ...]:
        """Operand, low, high."""
        return (self.operand, self.low, self.high)


@dataclass(frozen=True)
class Like(Node):
    """`x LIKE pattern`, and its relatives `NOT LIKE`, `ILIKE`, `NOT ILIKE`, with or without an escape character."""

    operator: str
    operand: Node
    pattern: Node
    escape: Node | None

    @property
    def children(self) -> tuple[Node, ...]:
        """Operand, pattern, and the escape character if there is one."""
        return (self.operand, self.pattern) if self.escape is None else (self.operand, self.pattern, self.escape)


@dataclass(frozen=True)
class Case(Node):
    """`CASE WHEN condition THEN value ... ELSE otherwise END`; without `otherwise` it is NULL."""

    checks: tuple[tuple[Node, Node], ...]
    otherwise: Node | None

    @property
    def children(self) -> tuple[Node, ...]:
        """Conditions and values in turn, then the last resort."""
        pairs = tuple(node for check in self.checks for node in check)
        return pairs if self.otherwise is None else (*pairs, self.otherwise)


@dataclass(frozen=True)
class Cast(Node):
    """`CAST(x AS target)`, or with `safe` `TRY_CAST`."""

    operand: Node
    target: str
    safe: bool

    @property
    def children(self) -> tuple[Node, ...]:
        """The operand."""
        return (self.operand,)


@dataclass(frozen=True)
class Call(Node):
    """A call of one of the functions of `lists.FUNCTIONS`."""

    function: str
    arguments: tuple[Node, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        """The arguments."""
        return self.arguments


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, from the top, left to right."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.children))


def columns(node: Node) -> frozenset[str]:
    """The names of all columns of a tree."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Column))


def case(at: int, checks: tuple[tuple[Node, Node], ...], otherwise: Node | None) -> Case:
    """CASE; an ELSE NULL is left out."""
    is_null = isinstance(otherwise, Constant) and otherwise.value is None
    return Case(at, checks, None if is_null else otherwise)


def logic(at: int, operator: str, operands: tuple[Node, ...]) -> Node:
    """AND or OR, with operands of the same kind taken apart, as DuckDB's parser does."""
    flat: list[Node] = []
    for operand in operands:
        flat.extend(operand.operands if isinstance(operand, Logic) and operand.operator == operator else (operand,))
    return flat[0] if len(flat) == 1 else Logic(at, operator, tuple(flat))
