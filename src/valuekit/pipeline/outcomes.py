"""Which outcome labels occur, and which of them metrics count.

Owns the audit of labels and the wording of what it finds: labels that never occur would otherwise show as a rate of 0
or 100 %. Never changes a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from valuekit import sql
from valuekit.cache.cells import table
from valuekit.cache.connect import first_row
from valuekit.config.nearest import nearest
from valuekit.metrics.notes import EVERY_SCORE, Absence

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.facts.view import FactsView
    from valuekit.metrics.base import Labels
    from valuekit.pipeline.plans import Plans
    from valuekit.pipeline.results import MetricResult

Side = Literal["positive", "negative"]

SHOWN = 5
"""At most so many labels in one sentence."""

_COUNTS: Mapping[Side, str] = {"positive": "Positives", "negative": "Negatives"}
"""The stored columns that tell whether a metric has any offer of a side."""


@dataclass(frozen=True)
class Occurrence:
    """One label in the data.

    Attributes:
        label: the outcome; None for rows without one.
        rows: rows of facts that have it.
        share: of all rows, 0 to 1.
    """

    label: str | None
    rows: int
    share: float


@dataclass(frozen=True)
class Unseen:
    """One label of a metric that no row has.

    Attributes:
        label: as the config says it.
        side: what the metric would count it as.
        nearest: the label that was probably meant: one that occurs, rather one that the metric does not count.
        suspect: whether the metric does not count `nearest`, so that rows are probably lost.
    """

    label: str
    side: Side
    nearest: str | None
    suspect: bool


@dataclass(frozen=True)
class Lack:
    """One side of which a metric has no row.

    Attributes:
        side: which.
        occurs: whether one of its labels is in the data, so that the rows are left out; None where some days were
            imported without their labels.
        shadowed: whether they may also be negative rows of offers that are positive.
    """

    side: Side
    occurs: bool | None
    shadowed: bool

    @property
    def effect(self) -> str:
        """What comes of it."""
        return "no offer counts as positive" if self.side == "positive" else "every offer that counts is positive"


@dataclass(frozen=True)
class MetricOutcomes:
    """What the labels of one metric find in the data.

    Attributes:
        metric: its name.
        labels: what it counts as positive and as negative.
        unseen: its labels that never occur.
        uncounted: labels that occur and that it does not count.
        lacking: the sides without a single row.
    """

    metric: str
    labels: Labels
    unseen: tuple[Unseen, ...]
    uncounted: tuple[Occurrence, ...]
    lacking: tuple[Lack, ...]

    def role(self, label: str | None) -> Side | None:
        """What the metric counts a label as."""
        return "positive" if label in self.labels.positive else "negative" if label in self.labels.negative else None

    def why(self, lack: Lack, whose: str = "its") -> str:
        """Say why there is no row of a side."""
        meant = {item.label: f': did you mean "{item.nearest}"?' for item in self.unseen if item.suspect}
        labels = self.labels.positive if lack.side == "positive" else self.labels.negative
        listed = ", ".join(label + meant.get(label, "") for label in labels)
        if lack.occurs is None:
            return f"no offer has one of {whose} {lack.side} labels ({listed})"
        if not lack.occurs:
            return f"none of {whose} {lack.side} labels ({listed}) occurs in the data"
        also = ", or belongs to an offer that is positive" if lack.shadowed else ""
        return f"each row with one of {whose} {lack.side} labels ({listed}) is left out by a filter{also}"


@dataclass(frozen=True)
class OutcomeAudit:
    """Labels in the data against labels in the config. Metrics that count every row have no part in it.

    Attributes:
        seen: the labels that occur, the most frequent first.
        metrics: in the order of the config.
    """

    seen: tuple[Occurrence, ...]
    metrics: tuple[MetricOutcomes, ...]

    @property
    def nowhere(self) -> tuple[Occurrence, ...]:
        """Labels that occur and that no metric counts."""
        return tuple(one for one in self.seen if self.metrics and all(one in item.uncounted for item in self.metrics))


def audit_outcomes(connection: DuckDBPyConnection, plans: Plans, names: Iterable[str] | None = None) -> OutcomeAudit:
    """Compare the labels of metrics with those in a cache or a snapshot.

    Args:
        connection: the cache or the snapshot.
        plans: what the config asks for.
        names: the metrics to audit; None for all.
    """
    seen, complete = _seen(connection, plans.view), _is_complete(connection)
    audited = []
    for name in plans.metrics if names is None else names:
        labels = plans.metrics[name].labels
        if labels is not None:
            offers = _offers(connection, plans, name)
            audited.append(_audit_metric(name, labels, seen, offers, complete=complete))
    return OutcomeAudit(seen, tuple(audited))


def label_table(audit: OutcomeAudit) -> pl.DataFrame:
    """List the labels that occur, the most frequent first, then those that only the config knows.

    Returns:
        `Outcome`, `Rows`, `Share` of all rows, `Nearest` (for a label that never occurs one that does and that was
        probably meant), then for each metric a column with what it counts the label as: `positive`, `negative` or null.
    """
    unseen = {item.label: item.nearest for metric in audit.metrics for item in metric.unseen}
    rows = [
        *((one.label, one.rows, one.share, None) for one in audit.seen),
        *((label, 0, 0.0, near) for label, near in unseen.items()),
    ]
    schema = {"Outcome": pl.String, "Rows": pl.Int64, "Share": pl.Float64, "Nearest": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(
        pl.Series(metric.metric, [metric.role(label) for label in frame["Outcome"]], pl.String)
        for metric in audit.metrics
    )


def warnings_of(audit: OutcomeAudit) -> Iterator[str]:
    """Say what makes numbers wrong: a side without a row, and a label that was probably misspelt."""
    sides: dict[tuple[str, str, str], list[str]] = {}
    for metric in audit.metrics:
        for lack in metric.lacking:
            there = f"; there are {shown(audit.seen)}" if lack.occurs is False else ""
            key = (metric.why(lack), metric.why(lack, "their"), f"{lack.effect}{there}")
            sides.setdefault(key, []).append(metric.metric)
    for (its, their, effect), names in sides.items():
        why = its if len(names) == 1 else their
        yield f"{_metrics(names)}: {why}, so {effect}: see `valuekit list outcomes`"
    suspects: dict[Unseen, list[str]] = {}
    for metric, item in _unseen(audit):
        if item.suspect:
            suspects.setdefault(item, []).append(metric.metric)
    for item, names in suspects.items():
        yield f'{_metrics(names)}: the {item.side} label "{item.label}" never occurs; did you mean "{item.nearest}"?'


def remarks_of(audit: OutcomeAudit) -> Iterator[str]:
    """Say what may be as it should be: labels that never occur, and labels that no metric counts."""
    idle: dict[tuple[str, Side], list[str]] = {}
    for metric, item in _unseen(audit):
        if not item.suspect:
            near = f' (did you mean "{item.nearest}"?)' if item.nearest else ""
            idle.setdefault((metric.metric, item.side), []).append(f'"{item.label}"{near}')
    alike: dict[tuple[Side, tuple[str, ...]], list[str]] = {}
    for (name, side), labels in idle.items():
        alike.setdefault((side, tuple(labels)), []).append(name)
    for (side, labels_alike), names in alike.items():
        more = f" and {len(labels_alike) - SHOWN} more" if len(labels_alike) > SHOWN else ""
        what, verb = ("label", "occurs") if len(labels_alike) == 1 else ("labels", "occur")
        yield f"{_metrics(names)}: the {side} {what} {', '.join(labels_alike[:SHOWN])}{more} never {verb}"
    if audit.nowhere:
        yield f"no metric counts the outcome{'' if len(audit.nowhere) == 1 else 's'} {shown(audit.nowhere)}"


def noted(result: MetricResult, audit: OutcomeAudit) -> MetricResult:
    """Add to the notes of a result that a side of its metric has no row: it concerns every score."""
    added = [
        Absence(EVERY_SCORE, f"{metric.why(lack)}, so {lack.effect}", result.total_rows, ())
        for metric in audit.metrics
        for lack in metric.lacking
        if metric.metric == result.metric and result.total_rows
    ]
    return replace(result, notes=(*added, *result.notes))


def _seen(connection: DuckDBPyConnection, view: FactsView) -> tuple[Occurrence, ...]:
    """The labels as metrics read them: with the config's default, or its own expression where that reads nothing else.

    A text that is missing and one that is empty are counted as one, and take the default if there is one.
    """
    text = view.text_sql("Outcome", "outcome")
    if "Outcome" in view.source.default_values:
        default = view.text_sql("Outcome", "CAST(NULL AS VARCHAR)")
        text = f"coalesce(outcome, {default})"
    own = {item.name: item.expression for item in view.source.derived}.get("Outcome")
    value = own.sql if own is not None and own.columns <= {"Outcome"} else sql.name("Outcome")
    rows = connection.execute(
        f"""
        SELECT CAST({value} AS VARCHAR) AS label, CAST(sum(rows) AS BIGINT) AS count, sum(rows) / sum(sum(rows)) OVER ()
        FROM (SELECT {text} AS "Outcome", rows FROM outcomes)
        GROUP BY label ORDER BY count DESC, label NULLS FIRST
        """
    ).fetchall()
    return tuple(Occurrence(label, count, share) for label, count, share in rows)


def _is_complete(connection: DuckDBPyConnection) -> bool:
    """Whether the labels of every partition are known: days can be imported without them."""
    lacking = "SELECT 1 FROM built ANTI JOIN outcomes USING (partition) LIMIT 1"
    return first_row(connection, lacking) is None


def _offers(connection: DuckDBPyConnection, plans: Plans, name: str) -> Mapping[Side, int] | None:
    """How many offers of each side a metric has in all; None where its cells are not there, or do not say so."""
    plan = plans.cells[name]
    if not {*_COUNTS.values()} <= {column.name for column in plan.stored}:
        return None
    cells = table(plan.fingerprint)
    if first_row(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [cells]) is None:
        return None
    sums = ", ".join(f"coalesce(sum({sql.name(column)}), 0)" for column in _COUNTS.values())
    counts = first_row(connection, f"SELECT {sums} FROM {cells}")
    return None if counts is None else dict(zip(_COUNTS, map(int, counts), strict=True))


def _audit_metric(
    name: str, labels: Labels, seen: Sequence[Occurrence], offers: Mapping[Side, int] | None, *, complete: bool
) -> MetricOutcomes:
    sides: Mapping[Side, tuple[str, ...]] = {"positive": labels.positive, "negative": labels.negative}
    there = [one.label for one in seen if one.label is not None]
    counted = {*labels.positive, *labels.negative}
    free = [label for label in there if label not in counted]
    unseen = [
        Unseen(label, side, _meant(label, free) or _meant(label, there), _meant(label, free) is not None)
        for side, own in sides.items()
        for label in dict.fromkeys(own)
        if seen and complete and label not in there
    ]
    uncounted = tuple(one for one in seen if one.label not in counted)
    any_row = any(offers.values()) if offers is not None and not complete else bool(seen)
    found = [_lack(side, own, there if complete else None, offers) for side, own in sides.items() if any_row]
    lacking = tuple(lack for lack in found if lack is not None)
    return MetricOutcomes(name, labels, tuple(unseen), uncounted, lacking)


def _meant(label: str, labels: Sequence[str]) -> str | None:
    """The label that was misspelt; more like it than other names must be, for "Declined" is no misspelt "Clicked"."""
    return nearest(label, labels, likeness=0.75)


def _lack(
    side: Side, own: Sequence[str], there: Sequence[str] | None, offers: Mapping[Side, int] | None
) -> Lack | None:
    """What a metric lacks on a side, if anything. Cells know better than labels: they are made of rows that count.

    Args:
        side: the side.
        own: its labels.
        there: the labels that occur; None where they are not all known.
        offers: how many offers of each side there are, if that is known.
    """
    if offers is None:
        return None if there is None or not set(own).isdisjoint(there) else Lack(side, occurs=False, shadowed=False)
    if offers[side] > 0:
        return None
    if there is None:
        return Lack(side, occurs=None, shadowed=False)
    occurs = not set(own).isdisjoint(there)
    shadowed = side == "negative" and occurs and offers["positive"] > 0
    return Lack(side, occurs, shadowed)


def _unseen(audit: OutcomeAudit) -> Iterator[tuple[MetricOutcomes, Unseen]]:
    """The labels that never occur, but for those of a side without a row, where each of them is named anyway."""
    for metric in audit.metrics:
        lacking = {lack.side for lack in metric.lacking if not lack.occurs}
        yield from ((metric, item) for item in metric.unseen if item.side not in lacking)


def _metrics(names: Sequence[str]) -> str:
    return f"metric{'' if len(names) == 1 else 's'} {', '.join(names)}"


def shown(seen: Sequence[Occurrence]) -> str:
    """Name the first labels with their share."""
    first = ", ".join(f"{one.label or 'none'} ({one.share:.1%})" for one in seen[:SHOWN])
    return first + (f" and {len(seen) - SHOWN} more" if len(seen) > SHOWN else "")
