"""All reports of a config as one document.

Owns the choice of reports, their order, and that one which fails leaves the others alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from valuekit.config.nearest import unknown
from valuekit.errors import CacheError, DataError, UsageError
from valuekit.metrics.registry import CATALOGUES
from valuekit.pipeline.gaps import gaps
from valuekit.pipeline.outcomes import audit_outcomes, warnings_of
from valuekit.pipeline.plans import available_dimensions
from valuekit.pipeline.reporting.cards import key_numbers
from valuekit.pipeline.reporting.origin import provenance, title_of
from valuekit.pipeline.reporting.room import Room, opened
from valuekit.reports.kinds import Subject, kind_of
from valuekit.reports.kinds.faults import Known, faults
from valuekit.reports.kinds.fields import grain_of
from valuekit.reports.kinds.key_numbers import planned_cards
from valuekit.reports.kinds.subject import UnanswerableError
from valuekit.reports.report import Document, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from valuekit.config.models import Config, ReportConfig
    from valuekit.pipeline.workspace import Workspace
    from valuekit.reports.kinds import Ask, Drawn
    from valuekit.reports.kinds.faults import Fault

_TAGGED = re.compile(r"\s*\[([^\]]*)\]\s*(.*)", re.DOTALL)


def make(
    workspace: Workspace, *, names: Sequence[str] | None = None, tag: str | None = None, cards: bool = True
) -> Document:
    """Make configured reports from the published snapshot.

    Args:
        workspace: the config and its cache.
        names: the reports wanted, in this order; None for all.
        tag: only reports of this category, with or without its brackets, in any case.
        cards: whether to compute the key numbers.

    Returns:
        The document. A report that cannot be made says why in `failure`.

    Raises:
        UsageError: there is no such report.
        ConfigError: an expression of the config does not fit.
        CacheError: nothing is published yet.
    """
    chosen = chosen_reports(workspace.config, names, tag)
    with opened(workspace) as room:
        origin = provenance(room)
        if room.nothing_is_there():
            raise room.missing[0]
        subjects = [subject_of(workspace.config, report) for report in chosen]
        plans = planned_cards(workspace.config) if cards else ()
        for metric, asks in (*(_asked(room, one) for one in subjects), *((plan.metric, plan.asks) for plan in plans)):
            room.announce(metric, asks)
        for one in subjects:
            if not _stopping(room, one):
                room.expect(one)
        reports = tuple(_report(room, subject) for subject in subjects)
        keys, failures = key_numbers(room, plans)
        names = (*(subject.metric.name for subject in subjects), *(plan.metric for plan in plans))
        warnings = (*_warnings(room, names), *failures)
        return Document(title_of(workspace.config), keys, reports, origin, warnings)


def chosen_reports(config: Config, names: Sequence[str] | None = None, tag: str | None = None) -> list[ReportConfig]:
    """The reports asked for, in the order asked for, or that of the config.

    Raises:
        UsageError: there is no report of a name, or none of the category.
    """
    for name in names or ():
        if name not in config.reports:
            raise unknown("report", name, list(config.reports))
    chosen = [config.reports[name] for name in dict.fromkeys(config.reports if names is None else names)]
    if tag is None:
        return chosen
    wanted = tag.strip().removeprefix("[").removesuffix("]").strip().casefold()
    found = [report for report in chosen if titled(report)[0].casefold() == wanted]
    if not found:
        raise unknown("category", tag, sorted({titled(report)[0] for report in chosen if titled(report)[0]}))
    return found


def titled(report: ReportConfig) -> tuple[str, str]:
    """The category and the title of a report."""
    text = report.description or ""
    tagged = _TAGGED.fullmatch(text)
    category, title = (tagged[1].strip(), tagged[2].strip()) if tagged else ("", text.strip())
    return category, title or report.name


def subject_of(config: Config, report: ReportConfig) -> Subject:
    """What a report is about."""
    metric = config.metrics[report.metric]
    return Subject(report, metric, CATALOGUES[metric.family])


def _asked(room: Room, subject: Subject) -> tuple[str, tuple[Ask, ...]]:
    """The metric of a report, and the tables that it needs."""
    kind = kind_of(subject.report.type, subject.metric.family)
    return subject.metric.name, kind.asks(subject) if kind and not _stopping(room, subject) else ()


def _report(room: Room, subject: Subject) -> Report:
    report, metric = subject.report, subject.metric
    category, title = titled(report)
    failure, drawn = None, None
    try:
        drawn = _drawn(room, subject)
    except (CacheError, DataError, UsageError, UnanswerableError) as error:
        failure = str(error)
    return Report(
        name=report.name,
        title=title,
        category=category,
        type=report.type,
        metric=metric.name,
        family=metric.family,
        by=next((ask.by for ask in _asked(room, subject)[1]), grain_of(report, metric)),
        panels=drawn.panels if drawn else (),
        warnings=drawn.warnings if drawn else (),
        failure=failure,
    )


def _drawn(room: Room, subject: Subject) -> Drawn:
    wrong = _stopping(room, subject)
    if wrong:
        raise UnanswerableError("; ".join(fault.message for fault in wrong))
    kind = kind_of(subject.report.type, subject.metric.family)
    assert kind is not None  # noqa: S101 - it would be a fault
    return kind.build(subject, room)


def _stopping(room: Room, subject: Subject) -> list[Fault]:
    """What is wrong with a report so that it cannot be drawn."""
    name, workspace = subject.metric.name, room.workspace
    if name in workspace.customer_metrics:
        known = Known(workspace.customer_metrics[name].dimensions)
    else:
        known = Known(available_dimensions(workspace.plans.cells[name]), workspace.plans.askable(name))
    return [fault for fault in faults(subject, known) if fault.stops]


def _warnings(room: Room, metrics: Iterable[str]) -> list[str]:
    """What the reader of some metrics should know."""
    names = list(dict.fromkeys(metrics))
    said: list[str] = []
    of_offers = [name for name in names if name in room.workspace.plans.metrics]
    if of_offers and room.has_offers():
        said += gaps(room.sources.snapshot, room.workspace.plans, of_offers)
        said += warnings_of(audit_outcomes(room.sources.snapshot, room.workspace.plans, of_offers))
    for name in names:
        if name in room.workspace.customer_metrics and room.has_customers(name):
            said += room.desk(name).warnings()
    return said
