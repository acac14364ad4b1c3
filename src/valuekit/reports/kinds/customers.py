"""Reports of customers: how their numbers are spread and go together, their segments, and what they will do.

Owns how customers become panels: counted, binned or correlated over arrays, never listed. Never reads a purchase.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from valuekit.metrics.base import Histogram
from valuekit.metrics.names import PREDICTED, QUARTILES, SEGMENT
from valuekit.reports.kinds.correlations import correlation
from valuekit.reports.kinds.customer_numbers import number_of
from valuekit.reports.kinds.described import histogram_panel
from valuekit.reports.kinds.exposure import exposure
from valuekit.reports.kinds.fields import grain_of
from valuekit.reports.kinds.subject import Answered, Ask, Drawn, Kind, nothing
from valuekit.reports.kinds.tables import COUNT, bars_or_line, columns_of, panel, refuse_taken, spread
from valuekit.reports.report import Column, Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.kinds.subject import Answers, Groups, Subject
    from valuekit.reports.report import Channel

SHARE = "Share"
_OF_SEGMENTS = ("lifetime_value", "monetary_value", "frequency", "days_since_last", "rfm_score")


def _histogram(subject: Subject, answers: Answers) -> Drawn:
    """Customers by bin of one of their numbers."""
    from valuekit.stats.edges import counted, round_edges

    by = grain_of(subject.report, subject.metric)
    groups = answers.groups(subject, by)
    values, missing = number_of(groups, str(subject.report.x))
    there = ~np.isnan(values)
    some = values[there]
    whole = bool((some == np.floor(some)).all())
    edges = round_edges(float(some.min()), float(some.max()), whole=whole) if some.size else np.zeros(1)
    counts = counted(some, groups.members.group[there], groups.members.size, edges)
    left_out = int((~there).sum())
    said = (f"{left_out:,} customers have no {subject.report.x}: {missing}",) if left_out else ()
    return Drawn((histogram_panel(subject, Histogram(groups.keys, edges, counts), by),), said)


def _segments_by(subject: Subject) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*grain_of(subject.report, subject.metric), SEGMENT)))


def _treemap_ask(subject: Subject) -> Ask:
    return Ask(_segments_by(subject), _OF_SEGMENTS)


def _treemap(subject: Subject, answers: Answers) -> Drawn:
    """Segments in the groups of the report, by customers."""
    ask = _treemap_ask(subject)
    channels: Mapping[Channel, str | tuple[str, ...]] = {"path": ask.by, "size": COUNT, "color": SEGMENT}
    picture = Picture("treemap", channels, legend=subject.report.showlegend)
    return Drawn((panel(answers.table(subject, ask), subject.catalogue, ask.by, picture),))


def _model_ask(subject: Subject) -> Ask:
    return Ask(_segments_by(subject), PREDICTED, predicted=True)


def _model(subject: Subject, answers: Answers) -> Drawn:
    """What the customers of each segment will buy, and what it will be worth, with the intervals of the fits."""
    ask, report = _model_ask(subject), subject.report
    answered = answers.table(subject, ask)
    panels = []
    for score, title in (("predicted_value", ""), ("expected_purchases", "Expected purchases")):
        channels: dict[Channel, str] = {"x": SEGMENT, "y": score, **spread(report, "color")}
        ends = (f"{score}_ci_low", f"{score}_ci_high")
        rows = answered.rows.select(*ask.by, COUNT, score, *ends, "p_alive")
        picture = Picture("bars", channels, legend=report.showlegend)
        name = "" if not title else score
        panels.append(panel(Answered(rows, answered.notes), subject.catalogue, ask.by, picture, name=name, title=title))
    return Drawn(tuple(panels))


def _rfm_density(subject: Subject, answers: Answers) -> Drawn:
    """Customers by the quartiles of recency, frequency and value; then by the first two alone."""
    by = grain_of(subject.report, subject.metric)
    refuse_taken(by, (COUNT, SHARE))
    groups = answers.groups(subject, by)
    r, f, m = QUARTILES
    facets: dict[Channel, str] = {"facet_row": by[0]} if by else {}
    axes: dict[Channel, str] = {"x": r, "y": f, "color": COUNT, **facets}
    deep = _density(subject, groups, QUARTILES, axes | {"facet_column": m})
    flat = _density(subject, groups, (r, f), axes)
    return Drawn((deep, replace(flat, name="by_recency_and_frequency", title="Recency and frequency")))


def _density(subject: Subject, groups: Groups, quartiles: tuple[str, ...], channels: Mapping[Channel, str]) -> Panel:
    """Count the customers of each group by some of their quartiles; 4 is the best."""
    import polars as pl

    by = tuple(groups.keys.columns)
    members, size = groups.members, groups.members.size
    ranks = groups.population.quartiles
    found = dict(zip(QUARTILES, (ranks.r, ranks.f, ranks.m), strict=True))
    place = members.group.copy()
    for name in quartiles:
        place = place * 4 + found[name][members.customer] - 1
    cells = 4 ** len(quartiles)
    counts = np.bincount(place, minlength=size * cells)
    numbers = np.indices((size, *(4,) * len(quartiles))).reshape(1 + len(quartiles), -1)
    keys = groups.keys[numbers[0]].get_columns() if by else []
    ranked = [
        pl.Series(name, (column + 1).astype(str), dtype=pl.String)
        for name, column in zip(quartiles, numbers[1:], strict=True)
    ]
    totals = np.maximum(members.count, 1)[numbers[0]]
    frame = pl.DataFrame([*keys, *ranked, pl.Series(COUNT, counts), pl.Series(SHARE, counts / totals)])
    columns = columns_of(frame, (*by, *quartiles), subject.catalogue)
    columns = tuple(Column(SHARE, "number", "rate") if one.name == SHARE else one for one in columns)
    return Panel("", "", frame, columns, Picture("heatmap", channels), (), (*by, *quartiles))


def _generic_ask(subject: Subject) -> Ask:
    """Ask for the scores that the metric lists; predictions only where it lists them."""
    report, listed = subject.report, subject.metric.scores
    known = (score.name for score in subject.catalogue.catalogue if score.name not in PREDICTED)
    chosen = (report.y,) if report.y else ()
    return Ask(_generic_by(subject), tuple(dict.fromkeys((*chosen, *(listed or known)))))


def _generic_by(subject: Subject) -> tuple[str, ...]:
    return grain_of(subject.report, subject.metric) or (SEGMENT,)


def _generic(subject: Subject, answers: Answers) -> Drawn:
    """Bars over the first dimension, or over segments."""
    from valuekit.reports.kinds.groups import first_rate

    report, ask = subject.report, _generic_ask(subject)
    answered = answers.table(subject, ask)
    x = report.x or next(name for name in ask.by if name not in {report.color, report.facet_row, report.facet_column})
    y = report.y or first_rate(answered.rows, ask.scores, subject.catalogue)
    channels: dict[Channel, str] = {"x": x, "y": y, **spread(report, "color", "facet_row", "facet_column")}
    mark = bars_or_line(answered.rows, x)
    picture = Picture(mark, channels, report.log_x, report.log_y, report.showlegend)
    return Drawn((panel(answered, subject.catalogue, ask.by, picture),))


KINDS: Mapping[str, Kind] = {
    "histogram": Kind(nothing, _histogram),
    "treemap": Kind(lambda subject: (_treemap_ask(subject),), _treemap),
    "exposure": Kind(nothing, exposure),
    "corr": Kind(nothing, correlation),
    "model": Kind(lambda subject: (_model_ask(subject),), _model),
    "rfm_density": Kind(nothing, _rfm_density),
    "generic": Kind(lambda subject: (_generic_ask(subject),), _generic),
}
"""By type; of the family `clv`."""
