"""Reports of which every number is one score of one group: lines, heatmaps, scatters, polar bars, gauges, treemaps.

Owns how their rows become panels. Never computes a score.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from valuekit.errors import CacheError
from valuekit.metrics.names import PROPERTY
from valuekit.reports.kinds.curves import CURVED, curve_panels
from valuekit.reports.kinds.fields import default_x, grain_of
from valuekit.reports.kinds.subject import Answered, Ask, Drawn, Kind, UnanswerableError
from valuekit.reports.kinds.tables import (
    COUNT,
    bars_or_line,
    columns_of,
    keys_of,
    panel,
    refuse_taken,
    spread,
    with_grounds,
    with_intervals,
    with_outcomes,
)
from valuekit.reports.numbers import DIFFERENCE as DIFFERENCE_OF
from valuekit.reports.report import Column, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from valuekit.metrics.base import Catalogue
    from valuekit.reports.kinds.subject import Answers, Subject
    from valuekit.reports.report import Channel, Panel

FIRST_PROPERTY = "Propensity"
"""The model score that a report shows unless it names another."""

REFERENCE, DIFFERENCE = "Reference", "Difference"


def property_of(subject: Subject) -> str | None:
    """The property that a report is about: of a model it is `property`, or the first; other families have none."""
    if subject.metric.family != "model_ml_scores":
        return None
    return subject.report.property or FIRST_PROPERTY


def ask_for(subject: Subject, scores: tuple[str, ...], property_: str | None = None) -> Ask:
    """Ask for scores with their intervals, and what they rest on, at the grain of the report."""
    ask = Ask(
        grain_of(subject.report, subject.metric),
        with_outcomes(subject.catalogue, with_intervals(subject.catalogue, scores)),
        property_ or property_of(subject),
    )
    return with_grounds(subject.catalogue, ask)


def group_panel(subject: Subject, answers: Answers, ask: Ask, draw: Callable[[pl.DataFrame], Picture | None]) -> Panel:
    """A panel of one table, drawn as its rows suggest."""
    answered = answers.table(subject, ask)
    keys = keys_of(answered.rows, ask.by, (PROPERTY,))
    return panel(answered, subject.catalogue, keys, draw(answered.rows), behind=ask.behind)


def _line(subject: Subject, answers: Answers) -> Drawn:
    report, ask = subject.report, _line_ask(subject)
    x, y = str(report.x), str(report.score or report.y)
    channels: dict[Channel, str] = {"x": x, "y": y, **spread(report, "color", "facet_row", "facet_column")}

    def draw(rows: pl.DataFrame) -> Picture:
        return Picture(bars_or_line(rows, x), channels, report.log_x, report.log_y, report.showlegend)

    first = group_panel(subject, answers, ask, draw)
    if subject.metric.family != "model_ml_scores" or y not in CURVED:
        return Drawn((first,))
    try:
        curves, warnings = curve_panels(subject, answers, str(ask.property))
    except (CacheError, UnanswerableError) as error:
        return Drawn((first,), (f"there are no curves: {error}",))
    return Drawn((first, *curves), warnings)


def _line_ask(subject: Subject) -> Ask:
    report = subject.report
    if subject.metric.family == "descriptive":
        return ask_for(subject, (str(report.score),), report.y)
    return ask_for(subject, (str(report.y),))


def _heatmap_ask(subject: Subject) -> Ask:
    report = subject.report
    if subject.metric.family == "descriptive":
        return ask_for(subject, (str(report.score),), report.property)
    return ask_for(subject, (str(report.color),))


def _heatmap(subject: Subject, answers: Answers) -> Drawn:
    report, ask = subject.report, _heatmap_ask(subject)
    score = report.score if subject.metric.family == "descriptive" else report.color
    channels: dict[Channel, str] = {"x": str(report.x), "y": str(report.y), "color": str(score)}
    picture = Picture("heatmap", channels | spread(report, "facet_row", "facet_column"))
    return Drawn((group_panel(subject, answers, ask, lambda _: picture),))


def _scatter_ask(subject: Subject) -> Ask:
    report = subject.report
    return ask_for(subject, tuple(str(name) for name in (report.x, report.y, report.size)))


def _scatter(subject: Subject, answers: Answers) -> Drawn:
    report = subject.report
    channels: dict[Channel, str] = {"x": str(report.x), "y": str(report.y), "size": str(report.size)}
    picture = Picture("scatter", channels | spread(report), report.log_x, report.log_y, report.showlegend)
    return Drawn((group_panel(subject, answers, _scatter_ask(subject), lambda _: picture),))


def _polar_ask(subject: Subject) -> Ask:
    return ask_for(subject, (str(subject.report.r),))


def _polar(subject: Subject, answers: Answers) -> Drawn:
    report = subject.report
    channels: dict[Channel, str] = {"r": str(report.r), "theta": str(report.theta), **spread(report, "color")}
    picture = Picture("polar", channels, legend=report.showlegend)
    return Drawn((group_panel(subject, answers, _polar_ask(subject), lambda _: picture),))


def _treemap_ask(subject: Subject) -> Ask:
    return ask_for(subject, (str(subject.report.color),))


def _treemap(subject: Subject, answers: Answers) -> Drawn:
    ask = _treemap_ask(subject)
    channels: Mapping[Channel, str | tuple[str, ...]]
    channels = {"path": ask.by, "size": COUNT, "color": str(subject.report.color)}
    picture = Picture("treemap", channels)
    return Drawn((group_panel(subject, answers, ask, lambda _: picture),))


def _gauge_ask(subject: Subject) -> Ask:
    return ask_for(subject, (str(subject.report.value),))


def _gauge(subject: Subject, answers: Answers) -> Drawn:
    """Value, reference and the difference of the two; without a reference both are missing."""
    report, ask = subject.report, _gauge_ask(subject)
    value = str(report.value)
    refuse_taken(ask.by, (REFERENCE, DIFFERENCE))
    answered = answers.table(subject, ask)
    rows = compared(answered.rows, ask.by, value, report.reference)
    channels: Mapping[Channel, str | tuple[str, ...]]
    channels = {"path": ask.by, "value": value, "reference": REFERENCE}
    picture = Picture("gauge", channels)
    found = panel(Answered(rows, answered.notes), subject.catalogue, ask.by, picture, behind=ask.behind)
    unit = found.column(value).unit
    units = {REFERENCE: unit, DIFFERENCE: f"{DIFFERENCE_OF}{unit}"}
    columns = tuple(replace(column, unit=units.get(column.name, column.unit)) for column in found.columns)
    return Drawn((replace(found, columns=columns),))


def compared(rows: pl.DataFrame, by: tuple[str, ...], value: str, reference: Mapping[str, float]) -> pl.DataFrame:
    """Add `Reference` and `Difference`, the value less the reference.

    Args:
        rows: the groups.
        by: their dimensions.
        value: the score that is compared.
        reference: by the values of the dimensions, joined by underscores; a missing value is an empty text.
    """
    import polars as pl

    names = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in by], separator="_")
    found = rows.select(names.alias("name")).to_series().to_list()
    known = pl.Series(REFERENCE, [reference.get(name) for name in found], dtype=pl.Float64)
    return rows.with_columns(known).with_columns((pl.col(value) - pl.col(REFERENCE)).alias(DIFFERENCE))


def _generic_ask(subject: Subject) -> Ask:
    """Ask for all scores that the metric lists, so that the table tells what the picture does not."""
    listed = subject.metric.scores or tuple(score.name for score in subject.catalogue.catalogue)
    chosen = subject.report.score if subject.metric.family == "descriptive" else subject.report.y
    scores = tuple(dict.fromkeys((*((chosen,) if chosen else ()), *listed)))
    return ask_for(subject, scores, _described(subject))


def _described(subject: Subject) -> str | None:
    """The column that a generic report of a descriptive metric shows: the one it names, or the first."""
    if subject.metric.family != "descriptive":
        return None
    return subject.report.property or subject.report.y or subject.metric.columns[0]


def _generic(subject: Subject, answers: Answers) -> Drawn:
    """Bars or lines over the first dimension; the first score that is no count, unless one is named."""
    report, ask = subject.report, _generic_ask(subject)
    x = report.x or next(iter(default_x(report, subject.metric)), None)
    chosen = report.score if subject.metric.family == "descriptive" else report.y

    def draw(rows: pl.DataFrame) -> Picture | None:
        y = chosen or first_rate(rows, ask.shown(), subject.catalogue)
        if x is None:
            return None
        channels: dict[Channel, str] = {"x": x, "y": y, **spread(report, "color", "facet_row", "facet_column")}
        return Picture(bars_or_line(rows, x), channels, report.log_x, report.log_y, report.showlegend)

    return Drawn((group_panel(subject, answers, ask, draw),))


def first_rate(rows: pl.DataFrame, scores: tuple[str, ...], catalogue: Catalogue) -> str:
    """The first score with a value that is no count; Count where there is none."""
    units: list[Column] = list(columns_of(rows.select(scores), (), catalogue))
    with_values = (column for column in units if rows.get_column(column.name).null_count() < rows.height)
    return next((column.name for column in with_values if column.unit != "count"), COUNT)


KINDS: Mapping[str, Kind] = {
    "line": Kind(lambda subject: (_line_ask(subject),), _line),
    "heatmap": Kind(lambda subject: (_heatmap_ask(subject),), _heatmap),
    "scatter": Kind(lambda subject: (_scatter_ask(subject),), _scatter),
    "bar_polar": Kind(lambda subject: (_polar_ask(subject),), _polar),
    "treemap": Kind(lambda subject: (_treemap_ask(subject),), _treemap),
    "gauge": Kind(lambda subject: (_gauge_ask(subject),), _gauge),
    "generic": Kind(lambda subject: (_generic_ask(subject),), _generic),
}
"""By type; of the families over offers and rows."""
