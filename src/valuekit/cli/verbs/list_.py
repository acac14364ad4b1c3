"""`valuekit list`: what a config and valuekit itself offer."""

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from valuekit.cli import listing
from valuekit.cli.listing import Row
from valuekit.cli.session import Session
from valuekit.cli.verbs.status import FormatFlag

What = Literal["metrics", "reports", "dimensions", "outcomes", "rules"]

EXAMPLE = "valuekit list metrics"


def list_(
    session: Session,
    what: Annotated[
        What,
        typer.Argument(
            metavar="WHAT", help="metrics, reports, dimensions (config), outcomes (data) or rules (validate)."
        ),
    ],
    *,
    layout: FormatFlag = None,
) -> None:
    """List the metrics, reports and dimensions of a config, the outcomes in its data, or the rules of validate."""
    columns, rows = _LISTS[what](session)
    listing.write_rows(session, what, columns, rows, layout)
    if not rows:
        session.narrator.warn(f"there are no {what}", event="empty")


def _metrics(session: Session) -> tuple[Sequence[str], Sequence[Row]]:
    """Each metric with the scores that the config lists; none listed means all of its family."""
    rows = [
        {
            "metric": metric.name,
            "family": metric.family,
            "group_by": metric.group_by,
            "positive": metric.positive,
            "negative": metric.negative,
            "filter": metric.filter.text if metric.filter else None,
            "scores": metric.scores,
        }
        for metric in session.config.metrics.values()
    ]
    return ("metric", "family", "group_by", "positive", "negative", "filter", "scores"), rows


def _reports(session: Session) -> tuple[Sequence[str], Sequence[Row]]:
    rows = [
        {"report": report.name, "type": report.type, "metric": report.metric, "group_by": report.group_by}
        for report in session.config.reports.values()
    ]
    return ("report", "type", "metric", "group_by"), rows


def _dimensions(session: Session) -> tuple[Sequence[str], Sequence[Row]]:
    """Each dimension with the metrics that have it."""
    owners: dict[str, list[str]] = {}
    for metric, dimensions in session.workspace.dimensions().items():
        for name in dimensions:
            owners.setdefault(name, []).append(metric)
    rows = [{"dimension": name, "metrics": metrics} for name, metrics in owners.items()]
    return ("dimension", "metrics"), rows


def _outcomes(session: Session) -> tuple[Sequence[str], Sequence[Row]]:
    """Each label with what every metric counts it as; those that never occur have 0 rows."""
    frame = session.workspace.outcomes()
    return frame.columns, frame.to_dicts()


def _rules(session: Session) -> tuple[Sequence[str], Sequence[Row]]:  # noqa: ARG001  # every list takes the session
    from valuekit.config.rules import RULES

    rows = [{"rule": rule.id, "severity": str(rule.severity), "title": rule.title} for rule in RULES.values()]
    return ("rule", "severity", "title"), rows


_LISTS = {"metrics": _metrics, "reports": _reports, "dimensions": _dimensions, "outcomes": _outcomes, "rules": _rules}
