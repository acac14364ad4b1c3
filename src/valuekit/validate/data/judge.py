"""The order of the judgements of one source, and those about its files, rows and filters.

Owns VK601, VK602, VK610 to VK612 and VK617 to VK620. Never gathers anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.derive import report_part
from valuekit.config.expressions import ExpressionError
from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.validate.data.columns import judge_columns
from valuekit.validate.data.labels import judge_labels
from valuekit.validate.data.reports import judge_reports
from valuekit.validate.uses import at
from valuekit.wording import counted

if TYPE_CHECKING:
    from valuekit.config.collect import Place
    from valuekit.config.models import Config, SourceConfig
    from valuekit.validate.data.profile import SourceProfile

_NAMED = 3


def judge(config: Config, root: Place, profile: SourceProfile) -> None:
    """Attach a finding for everything in which the data of a source is not what the config says.

    Args:
        config: a config without errors.
        root: the top of its document.
        profile: what was seen.
    """
    source = config.ih if profile.kind == "ih" else config.holdings
    if source is None:
        return
    _judge_files(source, root, profile)
    if not profile.sample.rows:
        return
    judge_columns(config, source, root, profile)
    _judge_rows(source, root, profile)
    _judge_expressions(source, root, profile)
    _judge_filters(config, source, root, profile)
    judge_labels(config, source, root, profile)
    judge_reports(config, root, profile)


def _judge_files(source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    place = first_of(root, (source.kind, "file_pattern"), (source.kind, "path"), (source.kind,))
    sample = profile.sample
    if not sample.all_files and not sample.from_cache:
        looked_in = " or ".join(quoted(path, 200) for path in profile.places or (str(source.path),))
        place.report("VK601", f"no file in {looked_in} matches {quoted(source.file_pattern)}")
    elif not sample.rows:
        place.report("VK601", f"not one row can be read of {counted(sample.all_files, 'file')}")
    for path, reason in profile.unreadable[:_NAMED]:
        place.report("VK602", f"{quoted(path, 200)} cannot be read: {reason}")
    if len(profile.unreadable) > _NAMED:
        place.report("VK602", f"{counted(len(profile.unreadable) - _NAMED, 'more file')} cannot be read")


def _judge_rows(source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    kind = source.kind
    section = first_of(root, (kind, "path"), (kind,))
    if profile.no_time is not None:
        place = first_of(root, (kind, "columns", "OutcomeTime"), (kind, "path"), (kind,))
        rows = counted(profile.no_time.count, "row")
        place.report("VK610", f"{rows} without a readable time, such as {profile.no_time.example}")
    if profile.broken is not None:
        rows = counted(profile.broken.count, "row")
        section.report("VK611", f"{rows} cannot be read, such as {profile.broken.example}")
    if profile.future is not None:
        count, latest = profile.future
        place = first_of(root, (kind, "columns", "OutcomeTime"), (kind, "timezone"), (kind, "path"), (kind,))
        place.report("VK612", f"{counted(count, 'row')} in the future, up to {latest:%Y-%m-%d %H:%M}")


def _judge_expressions(source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    for (path, name), why in profile.failing.items():
        offset = _start(source, name)
        report_part("VK618", ExpressionError(f"this fails on the data: {why}", offset), at(root, path), name)
    for item in source.derived:
        seen = profile.values.get(item.name)
        if seen is not None and profile.rows and not seen.filled:
            offset = _start(source, item.name)
            place = at(root, (source.kind, "extensions", "columns"))
            subject = "this" if isinstance(place.value(), dict) else item.name
            said = f"{subject} has no value in any of {counted(profile.rows, 'row')}"
            report_part("VK617", ExpressionError(said, offset), place, item.name)


def _start(source: SourceConfig, name: str | None) -> int:
    """Where the expression of a computed column starts in its text."""
    trees = [item.expression.tree for item in source.derived if item.name == name]
    return min(trees[0].at, len(source.derived[0].expression.text)) if trees and trees[0] is not None else 0


def _judge_filters(config: Config, source: SourceConfig, root: Place, profile: SourceProfile) -> None:
    if source.filter is not None:
        _judge_filter(at(root, (source.kind, "extensions", "filter")), profile.kept, profile.rows)
    for name, passing in profile.passing.items():
        section = config.metrics[name]
        if FAMILIES[section.family].source == source.kind and profile.kept:
            _judge_filter(at(root, ("metrics", name, "filter")), passing, profile.kept)


def _judge_filter(place: Place, passing: int, rows: int) -> None:
    if not rows:
        return
    if not passing:
        place.report("VK619", f"this filter lets none of {counted(rows, 'row')} through")
    elif passing == rows:
        place.report("VK620", f"this filter lets each of {counted(rows, 'row')} through")


def first_of(root: Place, *paths: tuple[str, ...]) -> Place:
    """The first of several places that the document has; the last one if it has none."""
    places = [at(root, path) for path in paths]
    return next((place for place in places if place.exists()), places[-1])
