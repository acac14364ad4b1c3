"""Filters that let everything or nothing through, as far as their text tells: VK303, VK304 and VK428.

Owns which conditions of a config hold together. Never sees data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.derive import report_part
from valuekit.config.expressions import ExpressionError
from valuekit.config.expressions.tree import Node, logic
from valuekit.config.families import FAMILIES
from valuekit.config.findings import dotted
from valuekit.facts.names import STANDARD
from valuekit.validate.conditions import excludes, judge
from valuekit.validate.uses import at

if TYPE_CHECKING:
    from valuekit.config.collect import Place
    from valuekit.config.expressions import Expression
    from valuekit.config.models import Config, MetricConfig, SourceConfig


def check_filters(config: Config, root: Place) -> None:
    """Report every filter that says nothing, or that contradicts itself, the source's filter or the labels.

    Args:
        config: a config, or what is in order of one.
        root: the top of its document.
    """
    hopeless = set()
    for source in (config.ih, config.holdings):
        if source is not None and source.filter:
            place = at(root, (source.kind, "extensions", "filter"))
            if _judge(source.filter, place, _never_empty(source)) == "never":
                hopeless.add(source.kind)
    for section in config.metrics.values():
        kind = FAMILIES[section.family].source
        of_kind = config.ih if kind == "ih" else config.holdings
        if of_kind is not None and kind not in hopeless:
            _check_metric(section, of_kind, root)


def _check_metric(section: MetricConfig, source: SourceConfig, root: Place) -> None:
    place = at(root, ("metrics", section.name, "filter"))
    trees = [one.tree for one in (source.filter, section.filter) if one is not None and one.tree is not None]
    if section.filter is not None:
        if _judge(section.filter, place, _never_empty(source)) == "never":
            return
        both = judge(logic(0, "AND", tuple(trees)), _never_empty(source)) if len(trees) > 1 else None
        if both is not None and both.verdict == "never":
            where = dotted((source.kind, "extensions"))
            place.report("VK304", f"together with the filter of [{where}], this lets no row through")
            return
    if trees:
        _check_labels(section, source, trees, root)


def _check_labels(section: MetricConfig, source: SourceConfig, trees: list[Node], root: Place) -> None:
    if any(item.name == "Outcome" for item in source.derived):
        return
    for key, labels in (
        ("positive_model_response", section.positive),
        ("negative_model_response", section.negative),
    ):
        if labels and excludes(trees, "Outcome", labels):
            whose = "its filter" if section.filter else f"the filter of [{source.kind}.extensions]"
            at(root, ("metrics", section.name, key)).report(
                "VK428", f"{whose} lets no row with {_any_of(labels)} through"
            )


def _any_of(labels: tuple[str, ...]) -> str:
    from valuekit.config.findings import quoted

    few = " or ".join(quoted(label, 30) for label in labels[:3])
    return f"{few} or another of its labels" if len(labels) > 3 else few


def _judge(filter_: Expression, place: Place, never_empty: frozenset[str]) -> str | None:
    found = judge(filter_.tree, never_empty) if filter_.tree is not None else None
    if found is None:
        return None
    rule, said = ("VK303", "holds for every row") if found.verdict == "always" else ("VK304", "holds for no row")
    report_part(rule, ExpressionError(f"this condition {said}", found.at), place)
    return found.verdict


def _never_empty(source: SourceConfig) -> frozenset[str]:
    """Pega's columns that no expression computes: where they are empty they are missing."""
    return frozenset(STANDARD) - {item.name for item in source.derived}
