"""Where a config names columns, each with the place in the file.

Owns the list of keys and expressions that name a column. Never judges a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from valuekit.config.derive import report_part
from valuekit.config.expressions import ExpressionError
from valuekit.config.expressions.tree import Column, walk
from valuekit.config.families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuekit.config.collect import Place
    from valuekit.config.expressions import Expression
    from valuekit.config.findings import KeyPath
    from valuekit.config.models import Config, MetricConfig, SourceConfig

Role = Literal["reads", "keeps", "renames", "defaults"]
"""What a key does with a column: takes its values, lands it for later, says what files call it, or fills it."""

SINGLE_KEYS = (
    *("arm_column", "experiment_name", "experiment_group", "order_id_col", "customer_id_col", "monetary_value_col"),
    *("purchase_date_col", "recurring_period", "recurring_cost"),
)
"""The keys of a metric that name one column."""


@dataclass(frozen=True)
class Use:
    """One place where a config names a column.

    Attributes:
        name: the column.
        source: the section whose column it is.
        role: what for.
        path: the key, or the element of a list.
        offset: where in the text of an expression; None where the key's value, or the key, is the name.
        computes: the derived column in whose expression it stands, if any.
    """

    name: str
    source: Literal["ih", "holdings"]
    role: Role
    path: KeyPath
    offset: int | None = None
    computes: str | None = None

    def report(self, root: Place, rule: str, message: str, nearest: str | None = None) -> None:
        """Find fault with the name at this place."""
        place = at(root, self.path)
        if self.offset is not None:
            report_part(rule, ExpressionError(message, self.offset, nearest), place, self.computes)
        elif self.role in ("renames", "defaults"):
            place.report_key(rule, message, nearest)
        else:
            place.report(rule, message, nearest)


def at(root: Place, path: KeyPath) -> Place:
    """Go down a path."""
    for part in path:
        root /= part
    return root


def uses(config: Config, root: Place) -> Iterator[Use]:
    """List every place where a config names a column, in no particular order.

    Args:
        config: a config, or what is in order of one.
        root: the top of its document.
    """
    for source in (config.ih, config.holdings):
        if source is not None:
            yield from _of_source(source, root)
    for section in config.metrics.values():
        yield from _of_metric(section, root)
    kinds = {FAMILIES[section.family].source for section in config.metrics.values()}
    kind: Literal["ih", "holdings"] = "holdings" if kinds == {"holdings"} else "ih"
    path = ("metrics", "global_filters")
    for name, where in _elements(root, path, config.global_filters):
        yield Use(name, kind, "reads", where)


def _of_source(source: SourceConfig, root: Place) -> Iterator[Use]:
    kind = source.kind
    for name, path in _elements(root, (kind, "keep_columns"), source.keep_columns):
        yield Use(name, kind, "keeps", path)
    for name in source.columns:
        yield Use(name, kind, "renames", (kind, "columns", name))
    for name in source.default_values:
        yield Use(name, kind, "defaults", (kind, "extensions", "default_values", name))
    for item in source.derived:
        for name, offset in _read_by(item.expression):
            yield Use(name, kind, "reads", (kind, "extensions", "columns"), offset, item.name)
    if source.filter:
        for name, offset in _read_by(source.filter):
            yield Use(name, kind, "reads", (kind, "extensions", "filter"), offset)


def _of_metric(section: MetricConfig, root: Place) -> Iterator[Use]:
    family = FAMILIES[section.family]
    kind: Literal["ih", "holdings"] = "holdings" if family.source == "holdings" else "ih"
    path = ("metrics", section.name)
    for key in ("group_by", "columns") if "columns" in family.keys else ("group_by",):
        for name, where in _elements(root, (*path, key), getattr(section, key)):
            yield Use(name, kind, "reads", where)
    written = given(root, path)
    for key in SINGLE_KEYS:
        name = getattr(section, key)
        if key in family.keys and isinstance(written, dict) and name is not None and written.get(key) == name:
            yield Use(name, kind, "reads", (*path, key))
    if section.filter:
        for name, offset in _read_by(section.filter):
            yield Use(name, kind, "reads", (*path, "filter"), offset)


def _read_by(expression: Expression) -> Iterator[tuple[str, int]]:
    """The columns of an expression, each where it stands first."""
    seen = set()
    for node in walk(expression.tree) if expression.tree else ():
        if isinstance(node, Column) and node.name not in seen:
            seen.add(node.name)
            yield node.name, node.at


def _elements(root: Place, path: KeyPath, names: Sequence[str]) -> Iterator[tuple[str, KeyPath]]:
    """Names of a list, each with the path of the element that says it first."""
    written = given(root, path)
    for name in names:
        if isinstance(written, list) and name in written:
            yield name, (*path, written.index(name))


def given(root: Place, path: KeyPath) -> object:
    """What the document has at a path; None where it has nothing there."""
    place = at(root, path)
    return place.value() if place.exists() else None
