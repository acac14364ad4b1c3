"""Whether the expressions of a config fit the columns that they read.

Owns the one binding of all of them, for `valuekit validate` and for a run alike. Never reads data: the types of facts
are known without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from valuekit.config.expressions import ExpressionError, bind
from valuekit.config.families import FAMILIES
from valuekit.config.findings import dotted
from valuekit.facts.kinds import INTERACTIONS, FactKind, holdings
from valuekit.facts.view import FactsView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from valuekit.config.expressions import Expression
    from valuekit.config.findings import KeyPath
    from valuekit.config.models import Config, MetricConfig, SourceConfig


@dataclass(frozen=True)
class Misfit:
    """An expression that does not fit its columns.

    Attributes:
        path: the key that holds it.
        name: the column that it computes, None for a filter.
        error: what is wrong, with the offset in the text under `path`.
    """

    path: KeyPath
    name: str | None
    error: ExpressionError

    def __str__(self) -> str:
        """Write it as one line that names its key: `[metrics.engagement] filter: …`."""
        column = "" if self.name is None else f", {self.name}"
        return f"[{dotted(self.path[:-1])}] {self.path[-1]}{column}: {self.error}"


def misfits(config: Config) -> Iterator[Misfit]:
    """Bind every expression over facts to typed columns, as DuckDB will.

    An expression over a derived column that is itself a misfit is passed over: its type is not known.

    Args:
        config: a config whose expressions are checked; of a source without a section there is nothing to bind.
    """
    for source in (config.ih, config.holdings):
        if source is not None:
            yield from _misfits_of(config, source)


def _misfits_of(config: Config, source: SourceConfig) -> Iterator[Misfit]:
    view = FactsView(source, kind_of(config, source))
    types: dict[str, str | None] = {}
    for item in source.derived:
        try:
            types[item.name] = _bound(item.expression, {}, view, "any")
        except ExpressionError as error:
            types[item.name] = None
            yield Misfit((source.kind, "extensions", "columns"), item.name, error)
    for path, expression in _filters(config, source):
        try:
            _bound(expression, types, view, "boolean")
        except ExpressionError as error:
            yield Misfit(path, None, error)


def kind_of(config: Config, source: SourceConfig) -> FactKind:
    """The kind of facts that a section of a config lands."""
    if source.kind == "ih":
        return INTERACTIONS
    return holdings(source, [section for section in config.metrics.values() if _reads(section, source)])


def column_types(source: SourceConfig, kind: FactKind = INTERACTIONS) -> Callable[[str], str]:
    """Give the DuckDB type of a column of facts, those that the config computes included.

    Raises:
        ExpressionError: an expression does not fit; `misfits` names them all.
    """
    view = FactsView(source, kind)
    derived: dict[str, str | None] = {}
    for item in source.derived:
        derived[item.name] = _bound(item.expression, {}, view, "any")
    return lambda name: derived.get(name) or view.column_type(name)


def _filters(config: Config, source: SourceConfig) -> Iterator[tuple[KeyPath, Expression]]:
    """The filter of the source, and those of the metrics that read it."""
    if source.filter:
        yield (source.kind, "extensions", "filter"), source.filter
    for name, section in config.metrics.items():
        if section.filter and _reads(section, source):
            yield ("metrics", name, "filter"), section.filter


def _reads(section: MetricConfig, source: SourceConfig) -> bool:
    return FAMILIES[section.family].source == source.kind


def _bound(
    expression: Expression, types: Mapping[str, str | None], view: FactsView, expects: Literal["boolean", "any"]
) -> str | None:
    """The type of an expression, None where that of a column is not known.

    Raises:
        ExpressionError: it does not fit.
    """
    schema = {}
    for name in expression.columns:
        found = types[name] if name in types else view.column_type(name)
        if found is None:
            return None
        schema[name] = found
    return bind(expression, schema, expects)
