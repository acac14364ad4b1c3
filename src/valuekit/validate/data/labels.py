"""Judgements about labels: of outcomes, of the arms, of experiments. VK606, VK607, VK613 to VK616.

Owns which share of rows without an arm is worth a word. Never gathers anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.config.nearest import nearest
from valuekit.validate.asked import compares_arms
from valuekit.validate.uses import at
from valuekit.wording import counted

if TYPE_CHECKING:
    from valuekit.config.collect import Place
    from valuekit.config.models import Config, MetricConfig, SourceConfig
    from valuekit.validate.data.profile import Shares, SourceProfile

LIKENESS = 0.75
"""Labels are more alike than other names must be: Declined is no misspelt Clicked."""
_MISSING = 0.05
_SHOWN = 5


def judge_labels(config: Config, source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    """Attach the findings about the labels that the metrics of a source name."""
    for section in config.metrics.values():
        family = FAMILIES[section.family]
        if family.source != source.kind or not family.needs_labels or not profile.labels:
            continue
        _judge_outcomes(section, root, profile)
        if section.name in profile.arms and compares_arms(config, section, root):
            _judge_arms(section, root, profile.arms[section.name])
        if section.name in profile.experiments:
            _judge_experiments(section, root, profile)


def _judge_outcomes(section: MetricConfig, root: Place, profile: SourceProfile) -> None:
    there = [label for label, _ in profile.labels if label is not None]
    counted_labels = {*section.positive, *section.negative}
    free = [label for label in there if label not in counted_labels]
    mine = profile.counted.get(section.name, ())
    passing = {label for label, _ in mine}
    for key, labels in (
        ("positive_model_response", section.positive),
        ("negative_model_response", section.negative),
    ):
        place = at(root, ("metrics", section.name, key))
        for index, label in enumerate(labels):
            if label not in there:
                near = nearest(label, free, LIKENESS) or nearest(label, there, LIKENESS)
                there_are = "" if near else f"; there are {shown(profile.labels)}"
                (place / index).report("VK606", f"the label {quoted(label)} never occurs{there_are}", near)
            elif mine and label not in passing:
                (place / index).report("VK606", f"a filter leaves out each row with the label {quoted(label)}")
    others = tuple((label, rows) for label, rows in mine if label not in counted_labels)
    if others:
        rows = sum(count for _, count in mine)
        place = at(root, ("metrics", section.name))
        place.report_key("VK607", f"these outcomes count neither way: {shown(others, rows)}")


def shown(labels: Shares, rows: int | None = None) -> str:
    """Name the first labels with their share."""
    whole = rows or sum(count for _, count in labels)
    first = ", ".join(
        f"{'none' if label is None else quoted(label, 30)} ({count / whole:.1%})" for label, count in labels[:_SHOWN]
    )
    return first + (f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else "")


def _judge_arms(section: MetricConfig, root: Place, arms: Shares) -> None:
    rows = sum(count for _, count in arms)
    there = [label for label, _ in arms if label is not None]
    place = at(root, ("metrics", section.name))
    if not rows:
        return
    missing = sum(count for label, count in arms if label is None)
    if missing / rows > _MISSING:
        said = f"{missing / rows:.1%} of the rows have no {section.arm_column}, and are in no arm"
        _report(place, "arm_column", "VK613", f"{said}; there are {shown(arms)}")
    for key, label in (("control", section.control), ("test", section.test)):
        if there and label not in there:
            near = nearest(label, there, LIKENESS)
            said = f"no row is in the arm {quoted(label)} of {section.arm_column}"
            _report(place, key, "VK614", said if near else f"{said}; there are {shown(arms)}", near)
    others = tuple((label, count) for label, count in arms if label not in (None, section.control, section.test))
    if others:
        said = f"these labels of {section.arm_column} are in neither arm: {shown(others, rows)}"
        _report(place, "arm_column", "VK615", said)


def _judge_experiments(section: MetricConfig, root: Place, profile: SourceProfile) -> None:
    seen = profile.experiments[section.name]
    place = at(root, ("metrics", section.name))
    groups = [label for label, _ in seen.groups if label is not None]
    if not seen.rows:
        return
    if not seen.named:
        said = f"{section.experiment_name} has no value in {counted(seen.rows, 'row')}: there is no experiment"
        _report(place, "experiment_name", "VK616", said)
    elif len(groups) < 2:
        said = f"{section.experiment_group} has {counted(len(groups), 'arm')}: there is nothing to compare"
        _report(place, "experiment_group", "VK616", said)
    control = section.control_group
    if control is not None and groups and control not in groups:
        near = nearest(control, groups, LIKENESS)
        said = f"no row is in the arm {quoted(control)}"
        (place / "control_group").report("VK614", said if near else f"{said}; there are {shown(seen.groups)}", near)


def _report(place: Place, key: str, rule: str, message: str, near: str | None = None) -> None:
    """Report at a key of the metric, or at its title where the key has its default."""
    if (place / key).exists():
        (place / key).report(rule, message, near)
    else:
        place.report_key(rule, message, near)
