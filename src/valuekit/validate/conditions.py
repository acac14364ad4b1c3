"""What a filter lets through, as far as its text tells: everything, nothing, or some rows.

Owns the logic of conditions on one value against constants. Never sees data, and says nothing where it is not sure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from valuekit.config.expressions import tree
from valuekit.config.expressions.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Comparable = str | float | datetime
Verdict = Literal["always", "never"]

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True)
class Judged:
    """What is known of a condition.

    Attributes:
        verdict: whether it is true for every row (at least where no value is missing), or for none.
        at: where in the text that shows.
    """

    verdict: Verdict
    at: int


@dataclass(frozen=True)
class _Atom:
    """One comparison of a value with constants.

    Attributes:
        subject: SQL of the value.
        operator: `=`, `<>`, `<`, `<=`, `>`, `>=`, `IN`, `NOT IN`, `NULL` or `NOT NULL`.
        constants: what it is compared with.
        at: where it stands.
    """

    subject: str
    operator: str
    constants: tuple[Comparable, ...]
    at: int


@dataclass
class _Room:
    """The values that a subject may still have."""

    allowed: set[Comparable] | None = None
    excluded: set[Comparable] = field(default_factory=set)
    low: tuple[Comparable, bool] | None = None
    high: tuple[Comparable, bool] | None = None
    null: bool | None = None
    kinds: set[type] = field(default_factory=set)

    def narrow(self, atom: _Atom) -> None:
        """Apply one more comparison.

        Raises:
            TypeError: the constants are of several kinds, so that how they compare is not known here.
        """
        self.kinds |= set(map(type, atom.constants))
        if len(self.kinds) > 1:
            raise TypeError(atom.subject)
        if atom.operator == "NULL":
            self.null = self.null is not False and not self.is_compared
            if not self.null:
                self.allowed = set()
            return
        if self.null:
            self.allowed = set()
            return
        self.null = False
        if atom.operator in ("=", "IN"):
            own = set(atom.constants)
            self.allowed = own if self.allowed is None else self.allowed & own
        elif atom.operator in ("<>", "NOT IN"):
            self.excluded |= set(atom.constants)
        elif atom.operator in (">", ">="):
            bound = (atom.constants[0], atom.operator == ">")
            self.low = bound if self.low is None else max(self.low, bound)
        elif atom.operator in ("<", "<="):
            bound = (atom.constants[0], atom.operator == "<")
            self.high = bound if self.high is None else min(self.high, (bound[0], bound[1]), key=_tightness)

    @property
    def is_compared(self) -> bool:
        """Whether a comparison has asked for a value that is there."""
        return self.allowed is not None or bool(self.excluded) or self.low is not None or self.high is not None

    @property
    def is_empty(self) -> bool:
        """Whether no value is left."""
        if self.allowed is not None:
            return not any(self._fits(value) for value in self.allowed)
        if self.low is None or self.high is None:
            return False
        (low, above), (high, below) = self.low, self.high
        return low > high or (low == high and (above or below))  # type: ignore[operator]  # of one kind

    def _fits(self, value: Comparable) -> bool:
        if value in self.excluded:
            return False
        if self.low is not None and (value < self.low[0] or (value == self.low[0] and self.low[1])):  # type: ignore[operator]
            return False
        return self.high is None or not (
            value > self.high[0] or (value == self.high[0] and self.high[1])  # type: ignore[operator]
        )


def _tightness(bound: tuple[Comparable, bool]) -> tuple[Comparable, bool]:
    return bound[0], not bound[1]


def judge(node: tree.Node, never_empty: frozenset[str] = frozenset()) -> Judged | None:
    """Judge a condition; None where it depends on the row, or cannot be told.

    Args:
        node: the condition.
        never_empty: columns that are missing rather than an empty text.
    """
    match node:
        case tree.Constant(value=value):
            is_condition = value is None or isinstance(value, bool)
            return Judged("always" if value is True else "never", node.at) if is_condition else None
        case tree.Logic(operator="AND"):
            return _judge_all(node.operands, never_empty)
        case tree.Logic():
            return _judge_any(node, never_empty)
        case tree.Unary(operator="NOT"):
            return _judge_not(node, never_empty)
        case tree.Binary(left=tree.Constant(), right=tree.Constant()):
            return _judge_constants(node)
        case tree.Binary(operator=operator) if operator in _OPPOSITE:
            if _is_null(node.left) or _is_null(node.right):
                return Judged("never", node.at)
            if node.left == node.right:
                return Judged("always" if operator in ("=", "<=", ">=") else "never", node.at)
            if operator == "=" and _column(node.left) in never_empty and _value(node.right) == "":
                return Judged("never", node.right.at)
        case _:
            pass
    return _judge_all((node,), never_empty, alone=True)


def _judge_all(operands: Sequence[tree.Node], never_empty: frozenset[str], *, alone: bool = False) -> Judged | None:
    """Judge conditions that must all hold."""
    found = [] if alone else [judge(operand, never_empty) for operand in operands]
    never = next((one for one in found if one is not None and one.verdict == "never"), None)
    if never is not None:
        return never
    if found and all(one is not None for one in found):
        return replace(found[0] or Judged("always", 0), at=min(operand.at for operand in operands))
    rooms: dict[str, _Room] = {}
    for atom in (atom for operand in operands for atom in _atoms(operand)):
        try:
            room = rooms.setdefault(atom.subject, _Room())
            room.narrow(atom)
            if room.is_empty:
                return Judged("never", atom.at)
        except TypeError:  # a text beside a number
            return None
    return None


def _judge_any(node: tree.Logic, never_empty: frozenset[str]) -> Judged | None:
    """Judge conditions of which one must hold."""
    found = [judge(operand, never_empty) for operand in node.operands]
    always = next((one for one in found if one is not None and one.verdict == "always"), None)
    if always is not None:
        return always
    if all(one is not None for one in found):
        return Judged("never", min(operand.at for operand in node.operands))
    opposites = [_opposite(operand) for operand in node.operands]
    if any(atom is None for atom in opposites):
        return None
    rooms: dict[str, _Room] = {}
    for atom in opposites:
        if atom is not None:
            try:
                room = rooms.setdefault(atom.subject, _Room())
                room.narrow(atom)
                if room.is_empty:
                    return Judged("always", atom.at)
            except TypeError:
                return None
    return None


def _judge_not(node: tree.Unary, never_empty: frozenset[str]) -> Judged | None:
    inner = judge(node.operand, never_empty)
    if inner is None:
        return None
    if inner.verdict == "always":
        return Judged("never", node.at)
    is_sure = isinstance(node.operand, tree.Constant) and node.operand.value is False
    return Judged("always", node.at) if is_sure else None


def _judge_constants(node: tree.Binary) -> Judged | None:
    left, right = _value(node.left), _value(node.right)
    if _is_null(node.left) or _is_null(node.right):
        return Judged("never", node.at) if node.operator in _OPPOSITE else None
    if left is None or right is None or node.operator not in _MIRRORED:
        return None
    room = _Room()
    try:
        for operator, value in (("=", left), (node.operator, right)):
            room.narrow(_Atom("", operator, (value,), node.at))
    except TypeError:
        return None
    return Judged("never" if room.is_empty else "always", node.at)


def _atoms(node: tree.Node) -> Iterator[_Atom]:
    """The comparisons that all hold where a condition holds; what cannot be told is left out."""
    match node:
        case tree.Logic(operator="AND"):
            for operand in node.operands:
                yield from _atoms(operand)
        case tree.Unary(operator="NOT"):
            atom = _opposite(node.operand)
            if atom is not None:
                yield atom
        case tree.Between():
            low, high = _value(node.low), _value(node.high)
            for operator, value, at in ((">=", low, node.low.at), ("<=", high, node.high.at)):
                if value is not None:
                    yield _Atom(render(node.operand), operator, (value,), at)
        case _:
            atom = _atom(node)
            if atom is not None:
                yield atom


def _atom(node: tree.Node) -> _Atom | None:
    match node:
        case tree.IsNull():
            return _Atom(render(node.operand), "NOT NULL" if node.negated else "NULL", (), node.at)
        case tree.In():
            values = [_value(item) for item in node.items]
            known = tuple(value for value in values if value is not None)
            return _Atom(render(node.operand), "IN", known, node.at) if len(known) == len(values) else None
        case tree.Binary(operator=operator) if operator in _MIRRORED:
            left, right = _value(node.left), _value(node.right)
            if right is not None and left is None:
                return _Atom(render(node.left), operator, (right,), node.at)
            if left is not None and right is None:
                return _Atom(render(node.right), _MIRRORED[operator], (left,), node.at)
        case _:
            pass
    return None


def _opposite(node: tree.Node) -> _Atom | None:
    """What holds where a comparison does not, missing values aside."""
    if isinstance(node, tree.Unary) and node.operator == "NOT":
        return _atom(node.operand)
    atom = _atom(node)
    if atom is None:
        return None
    operators = {**_OPPOSITE, "IN": "NOT IN", "NULL": "NOT NULL", "NOT NULL": "NULL"}
    return replace(atom, operator=operators[atom.operator])


def _value(node: tree.Node) -> Comparable | None:
    """A constant as Python compares it; None for anything else."""
    if isinstance(node, tree.Constant):
        value = node.value
        if value is None or isinstance(value, bool):
            return None
        return value if isinstance(value, str) else float(value)
    if isinstance(node, tree.Cast) and node.target in ("DATE", "TIMESTAMP"):
        inner = node.operand
        if isinstance(inner, tree.Constant) and isinstance(inner.value, str):
            try:
                moment = datetime.fromisoformat(inner.value.strip())
            except ValueError:
                return None
            return moment.replace(tzinfo=None)
    return None


def _is_null(node: tree.Node) -> bool:
    return isinstance(node, tree.Constant) and node.value is None


def _column(node: tree.Node) -> str | None:
    return node.name if isinstance(node, tree.Column) else None


def excludes(conditions: Iterable[tree.Node], column: str, values: Sequence[str]) -> bool:
    """Tell whether conditions that all hold leave none of these values to a column."""
    nodes = list(conditions)
    wanted = tree.In(0, tree.Column(0, column), tuple(tree.Constant(0, value) for value in values))
    if any(_verdict_of(node) == "never" for node in nodes):
        return False
    found = judge(tree.logic(0, "AND", (*nodes, wanted)))
    return found is not None and found.verdict == "never"


def _verdict_of(node: tree.Node) -> Verdict | None:
    found = judge(node)
    return None if found is None else found.verdict
