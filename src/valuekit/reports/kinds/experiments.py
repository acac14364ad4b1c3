"""Reports of experiments: every arm against control.

Owns which arms are shown, and where experiments and arms go on a picture. Never computes a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.names import ARM, CONTROL_ARM, EFFECTS, EXPERIMENT, Z_SCORE
from valuekit.reports.kinds.fields import default_x, grain_of
from valuekit.reports.kinds.groups import first_rate
from valuekit.reports.kinds.subject import Answered, Ask, Drawn, Kind
from valuekit.reports.kinds.tables import bars_or_line, keys_of, panel, spread, with_grounds, with_intervals
from valuekit.reports.report import Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.notes import Absence
    from valuekit.reports.kinds.subject import Answers, Subject
    from valuekit.reports.report import Channel

NAME, GROUP, CONTROL = EXPERIMENT, ARM, CONTROL_ARM

_P_VALUE = "z_p_val"
_AGAINST_CONTROL = (*EFFECTS, _P_VALUE, "fisher_p_val", "Lift", "Lift_CI_Low", "Lift_CI_High")


def row_key(metric: MetricConfig, name: str) -> str:
    """What a column is called in the rows: those of the experiment and of the arm have names of their own."""
    return {metric.experiment_name: NAME, metric.experiment_group: GROUP}.get(name, name)


def _line_ask(subject: Subject) -> Ask:
    scores = (*with_intervals(subject.catalogue, (str(subject.report.x),)), _P_VALUE)
    return with_grounds(subject.catalogue, Ask(grain_of(subject.report, subject.metric), scores))


def _line(subject: Subject, answers: Answers) -> Drawn:
    """Bars of z-scores, or a forest of odds ratios: one for every arm that is not control."""
    report, metric = subject.report, subject.metric
    effect, y = str(report.x), row_key(metric, str(report.y))
    channels: dict[Channel, str] = {"x": effect, "y": y, "color": GROUP if y == NAME else NAME}
    channels |= _named(metric, spread(report, "facet_row", "facet_column"))
    picture = Picture(
        "z_bars" if effect == Z_SCORE else "forest", channels, effect != Z_SCORE, legend=report.showlegend
    )
    return _panel(subject, answers, _line_ask(subject), picture, effect)


def _heatmap_ask(subject: Subject) -> Ask:
    scores = with_intervals(subject.catalogue, (str(subject.report.color),))
    return with_grounds(subject.catalogue, Ask(grain_of(subject.report, subject.metric), scores))


def _heatmap(subject: Subject, answers: Answers) -> Drawn:
    """Cells; experiments and arms that are on no axis are facets."""
    report, metric = subject.report, subject.metric
    score = str(report.color)
    channels: dict[Channel, str] = {
        "x": row_key(metric, str(report.x)),
        "y": row_key(metric, str(report.y)),
        "color": score,
        **_named(metric, spread(report, "facet_row", "facet_column")),
    }
    _place_keys(channels, ("facet_row", "facet_column"))
    return _panel(subject, answers, _heatmap_ask(subject), Picture("heatmap", channels), score)


def _generic_ask(subject: Subject) -> Ask:
    listed = subject.metric.scores or tuple(score.name for score in subject.catalogue.catalogue)
    chosen = (subject.report.y,) if subject.report.y else ()
    scores = with_intervals(subject.catalogue, (*chosen, *listed))
    return with_grounds(subject.catalogue, Ask(grain_of(subject.report, subject.metric), scores))


def _generic(subject: Subject, answers: Answers) -> Drawn:
    """Bars or lines over the first dimension, coloured by arm."""
    report, metric, ask = subject.report, subject.metric, _generic_ask(subject)
    x = report.x or next(iter(default_x(report, metric)), NAME)
    rows = answers.table(subject, ask).rows
    y = report.y or first_rate(rows, ask.shown(), subject.catalogue)
    channels: dict[Channel, str] = {"x": row_key(metric, x), "y": y}
    channels |= _named(metric, spread(report, "facet_row", "facet_column"))
    _place_keys(channels, ("color", "facet_row", "facet_column"))
    mark = bars_or_line(rows, channels["x"])
    return _panel(subject, answers, ask, Picture(mark, channels, report.log_x, report.log_y, report.showlegend), y)


def _named(metric: MetricConfig, channels: Mapping[Channel, str]) -> dict[Channel, str]:
    return {channel: row_key(metric, name) for channel, name in channels.items()}


def _place_keys(channels: dict[Channel, str], free: tuple[Channel, ...]) -> None:
    """Put the arm, then the experiment, where a picture has room for it: no two rows may be in one place."""
    for key in (GROUP, NAME):
        place = next((channel for channel in free if channel not in channels), None)
        if key not in channels.values() and place is not None:
            channels[place] = key


def _panel(subject: Subject, answers: Answers, ask: Ask, picture: Picture, score: str) -> Drawn:
    answered = answers.table(subject, ask)
    if score in _AGAINST_CONTROL:
        rows = without_control(answered.rows)
        answered = Answered(rows, tuple(note for note in answered.notes if _is_about(note, rows)))
    keys = keys_of(answered.rows, ask.by, (NAME, GROUP, CONTROL))
    return Drawn((panel(answered, subject.catalogue, keys, picture, behind=ask.behind),))


def without_control(rows: pl.DataFrame) -> pl.DataFrame:
    """The arms that are compared with another one: control is not."""
    import polars as pl

    return rows.filter(pl.col(GROUP).eq_missing(pl.col(CONTROL)).not_())


def _is_about(note: Absence, rows: pl.DataFrame) -> bool:
    """Whether the rows that a note gives as examples are shown: those of control have a reason of their own."""
    names = list(note.groups[0]) if note.groups else []
    there = set(rows.select(names).iter_rows()) if names else set()
    return not names or any(tuple(group.values()) in there for group in note.groups)


KINDS: Mapping[str, Kind] = {
    "line": Kind(lambda subject: (_line_ask(subject),), _line),
    "heatmap": Kind(lambda subject: (_heatmap_ask(subject),), _heatmap),
    "generic": Kind(lambda subject: (_generic_ask(subject),), _generic),
}
"""By type; of the family `experiment`."""
