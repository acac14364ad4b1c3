"""From answered rows to a panel: which columns are dimensions, units, intervals, and what goes where on the picture.

Owns what all kinds of reports share there. Never knows a kind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.metrics.base import Kind
from valuekit.reports.kinds.subject import UnanswerableError
from valuekit.reports.low_counts import OUTCOMES, SHARE
from valuekit.reports.report import Column, Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import polars as pl

    from valuekit.config.models import ReportConfig
    from valuekit.metrics.base import Catalogue, Score
    from valuekit.metrics.notes import Absence
    from valuekit.reports.kinds.subject import Answered, Ask
    from valuekit.reports.report import Channel, Mark

COUNT = "Count"
FEW = 25
"""With fewer values on the horizontal axis than this, bars are drawn instead of a line."""

_COMPARED = frozenset({"change", "z", "probability"})
"""The units of scores that compare two arms."""

_OF_OUTCOMES = _COMPARED | {"rate", "ratio"}
"""The units of scores that positives and negatives decide, with those of models and of whole experiments."""

_ENDS = (("_CI_Low", "_CI_High"), ("_ci_low", "_ci_high"))
_SPREAD: Mapping[str, Channel] = {
    "color": "color",
    "facet_row": "facet_row",
    "facet_column": "facet_column",
    "animation_frame": "frame",
    "animation_group": "frame_group",
}


def interval_of(catalogue: Catalogue, score: str) -> tuple[str, str] | None:
    """The scores at the ends of a score's 95 % interval; None where it has none."""
    stem = score.removesuffix("_stat")
    for low, high in _ENDS:
        if catalogue.score(stem + low) is not None:
            return stem + low, stem + high
    return None


def with_intervals(catalogue: Catalogue, scores: Iterable[str]) -> tuple[str, ...]:
    """Scores, each with the ends of its interval behind it, without Count."""
    names: list[str] = []
    for score in scores:
        names += [score, *(interval_of(catalogue, score) or ())]
    return tuple(name for name in dict.fromkeys(names) if name != COUNT)


def with_outcomes(catalogue: Catalogue, scores: tuple[str, ...]) -> tuple[str, ...]:
    """Scores, and the positives and negatives behind a comparison of arms: without a rate, nothing else tells them."""
    found = [score for name in scores if (score := catalogue.score(name)) is not None]
    known = all(catalogue.score(name) is not None for name in OUTCOMES)
    if _tells(catalogue, scores) or not known or all(score.unit not in _COMPARED for score in found):
        return scores
    return tuple(dict.fromkeys((*scores, *OUTCOMES)))


def _tells(catalogue: Catalogue, scores: Iterable[str]) -> bool:
    """Whether there is a rate with an interval among scores: with Count it gives positives and negatives."""
    found = [score for name in scores if (score := catalogue.score(name)) is not None]
    return any(score.unit == "rate" and interval_of(catalogue, score.name) is not None for score in found)


def with_grounds(catalogue: Catalogue, ask: Ask) -> Ask:
    """Ask also for how many positives and negatives scores rest on, where no score asked for tells; not to be shown."""
    resting = [
        score for name in ask.scores if (score := catalogue.score(name)) is not None and _rests(catalogue, score)
    ]
    if not resting or _tells(catalogue, ask.scores):
        return ask
    known = SHARE if all(catalogue.score(name) is not None for name in SHARE) else OUTCOMES
    behind = tuple(name for name in known if name not in ask.scores and catalogue.score(name) is not None)
    return replace(ask, scores=(*ask.scores, *behind), behind=behind)


def _rests(catalogue: Catalogue, score: Score) -> bool:
    """Whether a score is worth little with few positives or negatives: rates, rankings, comparisons of arms."""
    if score.kind is Kind.HOLISTIC:
        return False
    return score.unit in _OF_OUTCOMES or interval_of(catalogue, score.name) is not None


def columns_of(frame: pl.DataFrame, keys: Collection[str], catalogue: Catalogue) -> tuple[Column, ...]:
    """Describe the columns of a table.

    Args:
        frame: the table.
        keys: its dimensions and row keys.
        catalogue: knows the scores among the others.
    """
    return tuple(_column(name, frame, keys, catalogue) for name in frame.columns)


def _column(name: str, frame: pl.DataFrame, keys: Collection[str], catalogue: Catalogue) -> Column:
    if name in keys:
        return Column(name, "dimension", "time" if name in TIME_DIMENSIONS or _is_time(frame, name) else "text")
    score = catalogue.score(name)
    low, high = interval_of(catalogue, name) or (None, None)
    if low not in frame.columns or high not in frame.columns:
        low = high = None
    return Column(name, "number", score.unit if score else "number", low, high, score)


def _is_time(frame: pl.DataFrame, name: str) -> bool:
    return frame.schema[name].is_temporal()


def spread(report: ReportConfig, *fields: str) -> dict[Channel, str]:
    """The channels of the fields that spread rows over a picture: colour, facets, frames; those that are set."""
    named = ((_SPREAD[name], getattr(report, name)) for name in fields or _SPREAD)
    return {channel: name for channel, name in named if name is not None}


def panel(
    answered: Answered,
    catalogue: Catalogue,
    keys: Sequence[str],
    picture: Picture | None,
    *,
    name: str = "",
    title: str = "",
    behind: Collection[str] = (),
) -> Panel:
    """Put a panel together.

    Args:
        answered: the rows.
        catalogue: knows the scores.
        keys: the columns that tell rows apart.
        picture: what is drawn.
        name: of the panel.
        title: of the panel.
        behind: the columns that are not shown.
    """
    shown = answered.rows.drop(behind)
    notes = of_scores(answered.notes, shown.columns)
    hidden = answered.rows.select(*keys, *behind) if behind else None
    return Panel(name, title, shown, columns_of(shown, keys, catalogue), picture, notes, tuple(keys), hidden)


def refuse_taken(dimensions: Iterable[str], added: Collection[str]) -> None:
    """Refuse dimensions called like a column that a report adds.

    Raises:
        UnanswerableError: names the dimension and the remedy.
    """
    for name in dimensions:
        if name in added:
            said = f'the dimension "{name}" has the name of a column that the report adds'
            raise UnanswerableError(f"{said}; give the column another name")


def of_scores(notes: Iterable[Absence], names: Collection[str]) -> tuple[Absence, ...]:
    """The notes about columns that there are."""
    return tuple(note for note in notes if note.score in names)


def bars_or_line(frame: pl.DataFrame, x: str) -> Mark:
    """Bars for few values on the horizontal axis, a line for many."""
    return "bars" if frame.get_column(x).n_unique() < FEW else "line"


def keys_of(frame: pl.DataFrame, by: Iterable[str], row_keys: Iterable[str] = ()) -> tuple[str, ...]:
    """The dimensions, then the row keys that the table has."""
    return tuple(name for name in dict.fromkeys((*by, *row_keys)) if name in frame.columns)
