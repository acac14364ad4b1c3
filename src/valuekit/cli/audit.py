"""Says what the audit of outcome labels found: lines on stderr, and its part of JSON documents.

Owns how much of it is said. Never looks at data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.values import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from valuekit.cli.narrate import Narrator
    from valuekit.pipeline.outcomes import MetricOutcomes, Occurrence, OutcomeAudit

MOST = 3
"""So many remarks are said at most."""


def narrate(audit: OutcomeAudit, narrator: Narrator, *, warn: bool = True, remark: bool = True) -> None:
    """Say a line a finding: what makes numbers wrong as warnings, all else as remarks, of which the first few.

    Args:
        audit: what was found.
        narrator: who says it.
        warn: whether to say the warnings.
        remark: whether to say the remarks.
    """
    from valuekit.pipeline.outcomes import remarks_of, warnings_of

    for line in warnings_of(audit) if warn else ():
        narrator.warn(line, event="outcomes")
    remarks = list(remarks_of(audit)) if remark else []
    for line in remarks[:MOST]:
        narrator.say(line, event="outcomes")
    more = len(remarks) - MOST
    if more > 0:
        narrator.say(f"… and {more:,} more about outcomes: valuekit list outcomes", event="outcomes", more=more)


def body(audit: OutcomeAudit) -> Mapping[str, object]:
    """What JSON documents hold of it."""
    from valuekit.pipeline.outcomes import warnings_of

    return {
        "labels": list(_occurrences(audit.seen)),
        "count_nowhere": list(_occurrences(audit.nowhere)),
        "metrics": [_metric_body(metric) for metric in audit.metrics],
        "warnings": list(warnings_of(audit)),
    }


def _metric_body(metric: MetricOutcomes) -> Mapping[str, object]:
    return {
        "metric": metric.metric,
        "positive": list(metric.labels.positive),
        "negative": list(metric.labels.negative),
        "never_occur": [{"label": item.label, "side": item.side, "nearest": item.nearest} for item in metric.unseen],
        "not_counted": list(_occurrences(metric.uncounted)),
        "without_rows": [{"side": lack.side, "reason": metric.why(lack)} for lack in metric.lacking],
    }


def _occurrences(found: Iterable[Occurrence]) -> Iterable[Mapping[str, object]]:
    for one in found:
        yield {"label": one.label, "rows": one.rows, "share": exact(one.share)}
