"""One report as a value: titled tables, the picture drawn of each, and where the numbers come from.

Owns the shapes that every renderer lays out, so that terminal, text and HTML agree cell for cell. Never computes a
number and never formats one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import polars as pl

    from valuekit.metrics.base import Score
    from valuekit.metrics.notes import Absence

Mark: TypeAlias = Literal[
    "line", "bars", "z_bars", "forest", "gauge", "treemap", "heatmap", "scatter", "polar", "boxplot", "histogram",
    "funnel", "exposure", "curve",
]  # fmt: skip
"""How a table is drawn."""

Channel: TypeAlias = Literal[
    "x", "y", "color", "size", "r", "theta", "value", "low", "high", "reference", "path", "facet_row", "facet_column",
    "frame", "frame_group", "x_end", "q1", "median", "q3",
]  # fmt: skip
"""Where on a picture a column of the table goes."""


@dataclass(frozen=True)
class Column:
    """One column of a report's table.

    Attributes:
        name: as in the table, in CSV and in JSON.
        role: a dimension (or row key, such as `Property`), or a number.
        unit: of a number, as `Score.unit` has it; `time` of a dimension of time, else `text`.
        low: the column with the lower end of its 95 % interval; None where it has none.
        high: the column with the upper end.
        score: what it is computed as; None for dimensions and for what a picture adds, such as the edges of bins.
    """

    name: str
    role: Literal["dimension", "number"]
    unit: str
    low: str | None = None
    high: str | None = None
    score: Score | None = None


@dataclass(frozen=True)
class Picture:
    """What is drawn of a table.

    Attributes:
        mark: how.
        channels: which column goes where; `path` holds several, outermost first.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is logarithmic.
        legend: whether there is a legend; None leaves it to the picture.
        diagonal: whether a line from corner to corner says what chance, or a perfect score, would give.
    """

    mark: Mark
    channels: Mapping[Channel, str | tuple[str, ...]]
    log_x: bool = False
    log_y: bool = False
    legend: bool | None = None
    diagonal: bool = False

    def column(self, channel: Channel) -> str | None:
        """The one column of a channel; None where the picture does not use it."""
        found = self.channels.get(channel)
        return found if found is None or isinstance(found, str) else found[0]


@dataclass(frozen=True)
class Panel:
    """One table and its picture.

    Attributes:
        name: tells the panels of a report apart, and is part of file names; empty for the first.
        title: in words; empty for the first, which has the report's.
        table: sorted as it is shown: dimensions and row keys, `Count`, then scores, with their intervals.
        columns: of the table, in its order.
        picture: what is drawn; None where there is nothing to draw.
        notes: why values are missing.
        key: the columns that tell rows apart.
        behind: what is not shown and tells which rows rest on few cases: the key, then numbers, at least for each row
            of the table; None where the table itself tells.
    """

    name: str
    title: str
    table: pl.DataFrame
    columns: tuple[Column, ...]
    picture: Picture | None
    notes: tuple[Absence, ...] = ()
    key: tuple[str, ...] = ()
    behind: pl.DataFrame | None = None

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Provenance:
    """Where the numbers of a document come from.

    Attributes:
        config: the config file, by name; None where it was a text.
        fingerprint: of the config's text, as runs record it.
        version: of valuekit.
        first: the first day of the offers counted; None without data.
        last: the last day.
        files: how many were landed.
        facts: rows that count, once each.
        rejected: rows set aside.
        run: the last run that published numbers, not one after it that found nothing new; None where nobody knows.
        finished: when it was over, in UTC.
    """

    config: str | None
    fingerprint: str
    version: str
    first: date | None
    last: date | None
    files: int
    facts: int
    rejected: int
    run: int | None
    finished: datetime | None


@dataclass(frozen=True)
class Report:
    """A configured report with its numbers.

    Attributes:
        name: of its section.
        title: its description without the category, or its name.
        category: the leading `[TAG]` of its description; empty without one.
        type: as configured.
        metric: the metric's name.
        family: the metric's family.
        by: the grain of the first panel.
        panels: the first is what the report is about; more follow for curves and models. Empty where it failed.
        warnings: what its reader should know, a sentence each.
        failure: why there is nothing to show; None where there is.
    """

    name: str
    title: str
    category: str
    type: str
    metric: str
    family: str
    by: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None

    @property
    def main(self) -> Panel:
        """The panel that the report is about."""
        return self.panels[0]


@dataclass(frozen=True)
class Card:
    """One key number.

    Attributes:
        metric: the metric's name.
        family: the metric's family.
        score: which score of the total.
        property: the described column or the score's, where the metric has rows for several; else None.
        unit: as `Score.unit`.
        value: the number; None where it is undefined.
        low: the lower end of its 95 % interval.
        high: the upper end.
        count: what it is made of: offers, rows or customers.
        trend: by day, oldest first: the day and the value.
        reason: why there is no value.
        beside: further numbers on the same card, such as lift and its p-value with CTR.
    """

    metric: str
    family: str
    score: str
    unit: str
    value: float | int | None
    count: int | None = None
    property: str | None = None
    low: float | None = None
    high: float | None = None
    trend: tuple[tuple[date, float | None], ...] = ()
    reason: str | None = None
    beside: tuple[Card, ...] = ()


@dataclass(frozen=True)
class Document:
    """All reports of a config, with the key numbers.

    Attributes:
        title: from the config: its variant, its copyright, or its file's name.
        cards: the key numbers, families in one order.
        reports: those asked for, in the order of the config.
        provenance: where the numbers come from.
    """

    title: str
    cards: tuple[Card, ...]
    reports: tuple[Report, ...]
    provenance: Provenance
    warnings: tuple[str, ...] = field(default=())
