"""Reports of described columns: boxes, histograms and funnels.

Owns how quartiles, bins and stages become panels. Never reads a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.names import PROPERTY
from valuekit.metrics.notes import absences
from valuekit.reports.kinds.fields import grain_of
from valuekit.reports.kinds.groups import KINDS as GROUP_KINDS
from valuekit.reports.kinds.groups import group_panel
from valuekit.reports.kinds.subject import Answered, Ask, Drawn, Kind, nothing
from valuekit.reports.kinds.tables import COUNT, columns_of, panel, refuse_taken, spread
from valuekit.reports.report import Column, Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.metrics.base import Histogram
    from valuekit.reports.kinds.subject import Answers, Subject
    from valuekit.reports.report import Channel

BOX = ("Min", "p25", "Median", "p75", "Max")
FROM, TO, RATE = "From", "To", "Rate"
_BOX_CHANNELS: tuple[Channel, ...] = ("low", "q1", "median", "q3", "high")
_NO_STAGE_BEFORE = "the stage before it has no rows"


def _boxplot_ask(subject: Subject) -> Ask:
    return Ask(grain_of(subject.report, subject.metric), BOX, subject.report.y)


def _boxplot(subject: Subject, answers: Answers) -> Drawn:
    report = subject.report
    channels: dict[Channel, str] = {"x": str(report.x), **dict(zip(_BOX_CHANNELS, BOX, strict=True))}
    channels |= spread(report, "color", "facet_row", "facet_column")
    picture = Picture("boxplot", channels, log_y=report.log_y, legend=report.showlegend)
    return Drawn((group_panel(subject, answers, _boxplot_ask(subject), lambda _: picture),))


def _histogram(subject: Subject, answers: Answers) -> Drawn:
    """Rows by bin, the same bins in every group."""
    by = grain_of(subject.report, subject.metric)
    found = answers.histogram(subject, by, str(subject.report.x))
    return Drawn((histogram_panel(subject, found, by),))


def histogram_panel(subject: Subject, found: Histogram, by: tuple[str, ...]) -> Panel:
    """A panel of counts by group and bin."""
    report = subject.report
    refuse_taken(by, (FROM, TO, COUNT))
    channels: dict[Channel, str] = {"x": FROM, "x_end": TO, "y": COUNT}
    channels |= spread(report, "color", "facet_row", "facet_column")
    picture = Picture("histogram", channels, log_y=report.log_y, legend=report.showlegend)
    frame = binned_rows(found)
    columns = columns_of(frame, (*by, FROM, TO), subject.catalogue)
    columns = tuple(Column(one.name, "number", "number") if one.name in {FROM, TO} else one for one in columns)
    return Panel("", "", frame, columns, picture, (), (*by, FROM))


def binned_rows(found: Histogram) -> pl.DataFrame:
    """One row for each group and bin: dimensions, `From`, `To`, `Count`."""
    import numpy as np
    import polars as pl

    groups, bins = found.counts.shape
    keys = found.keys[np.repeat(np.arange(groups), bins)] if found.keys.width else found.keys
    lower, upper = found.edges[:-1], found.edges[1:]
    return pl.DataFrame(
        [
            *keys.get_columns(),
            pl.Series(FROM, np.tile(lower, groups), dtype=pl.Float64),
            pl.Series(TO, np.tile(upper, groups), dtype=pl.Float64),
            pl.Series(COUNT, found.counts.ravel(), dtype=pl.Int64),
        ]
    )


def _stage_property(subject: Subject) -> tuple[str, str | None]:
    """Of which column the values of a stage are counted, and what is said of it where that leaves some rows out."""
    report, columns = subject.report, subject.metric.columns
    if report.property is not None:
        return report.property, None
    if report.x in columns:
        return str(report.x), None
    said = f"rows are counted where {columns[0]} is there, because the metric does not describe {report.x}"
    return columns[0], said


def _funnel_ask(subject: Subject) -> Ask:
    report = subject.report
    by = grain_of(report, subject.metric)
    stage = str(report.x)
    return Ask((*(name for name in by if name != stage), stage), (), _stage_property(subject)[0])


def _funnel(subject: Subject, answers: Answers) -> Drawn:
    """Rows by stage, and each stage as a share of the one before it."""
    report, ask = subject.report, _funnel_ask(subject)
    stage = str(report.x)
    refuse_taken(ask.by, (RATE,))
    answered = answers.table(subject, ask)
    rows = staged(answered.rows.drop(PROPERTY, strict=False), ask.by[:-1], stage, report.stages)
    why = why_no_rate(rows, stage, report.stages[0])
    notes = absences(rows, ask.by, {RATE: why}, [RATE])
    channels: dict[Channel, str] = {"x": stage, "y": COUNT, "value": RATE}
    channels |= spread(report, "color", "facet_row", "facet_column")
    found = panel(
        Answered(rows, notes), subject.catalogue, ask.by, Picture("funnel", channels, legend=report.showlegend)
    )
    columns = tuple(Column(RATE, "number", "rate") if one.name == RATE else one for one in found.columns)
    warning = _stage_property(subject)[1]
    panels = (Panel("", "", rows, columns, found.picture, notes, ask.by),)
    return Drawn(panels, (warning,) if warning else ())


def staged(rows: pl.DataFrame, by: tuple[str, ...], stage: str, stages: tuple[str, ...]) -> pl.DataFrame:
    """Every stage of every group in the configured order: rows, 0 where there are none, and the rate to the last stage.

    Args:
        rows: dimensions, the stage, `Count`.
        by: the dimensions but for the stage.
        stage: the dimension that holds the stages.
        stages: which there are, in order.
    """
    import polars as pl

    order = pl.DataFrame({stage: stages, "place": range(len(stages))}, schema={stage: pl.String, "place": pl.Int64})
    groups = rows.select(by).unique(maintain_order=True) if by else pl.DataFrame(height=1)
    every = groups.join(order, how="cross") if by else order
    named = rows.with_columns(pl.col(stage).cast(pl.String))
    found = every.join(named, on=[*by, stage], how="left", nulls_equal=True, maintain_order="left")
    counts = found.select(*by, stage, pl.col(COUNT).fill_null(0))
    before = pl.col(COUNT).shift(1).over(by) if by else pl.col(COUNT).shift(1)
    return counts.with_columns(pl.when(before > 0).then(pl.col(COUNT) / before).alias(RATE))


def why_no_rate(rows: pl.DataFrame, stage: str, first: str) -> pl.Series:
    """Why a stage has no rate; the first one needs none."""
    import polars as pl

    lacking = pl.col(RATE).is_null() & (pl.col(stage) != first)
    return rows.select(pl.when(lacking).then(pl.lit(_NO_STAGE_BEFORE))).to_series()


KINDS: Mapping[str, Kind] = {
    **{name: GROUP_KINDS[name] for name in ("line", "heatmap", "generic")},
    "boxplot": Kind(lambda subject: (_boxplot_ask(subject),), _boxplot),
    "histogram": Kind(nothing, _histogram),
    "funnel": Kind(lambda subject: (_funnel_ask(subject),), _funnel),
}
"""By type; of the family `descriptive`."""
