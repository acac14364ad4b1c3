"""What a report asks, what it is answered, and what it becomes.

Owns these shapes: the reports room says what it needs, and whoever holds the data answers. Never holds data itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    import polars as pl

    from valuekit.config.models import MetricConfig, ReportConfig
    from valuekit.metrics.base import Catalogue, Histogram
    from valuekit.metrics.clv import Population
    from valuekit.metrics.curves import Curve
    from valuekit.metrics.notes import Absence
    from valuekit.reports.report import Panel
    from valuekit.stats.customers import Members


class UnanswerableError(Exception):
    """A report cannot be drawn; the message says why, for its reader."""


@dataclass(frozen=True)
class Configured:
    """A report as the config has it.

    Attributes:
        report: the report's section.
        metric: the section of its metric.
    """

    report: ReportConfig
    metric: MetricConfig


@dataclass(frozen=True)
class Subject(Configured):
    """What a report is about.

    Attributes:
        catalogue: the scores of the metric's family.
    """

    catalogue: Catalogue


@dataclass(frozen=True)
class Ask:
    """A table that a report needs.

    Attributes:
        by: the dimensions of the grain.
        scores: the scores, besides Count.
        property: of which described column or model score; None for all, or where the family has none.
        predicted: predictions for groups of customers, with their intervals, instead of scores.
        behind: which of the scores are not shown: they only tell what the others rest on.
    """

    by: tuple[str, ...]
    scores: tuple[str, ...]
    property: str | None = None
    predicted: bool = False
    behind: tuple[str, ...] = ()

    def shown(self) -> tuple[str, ...]:
        """Give the scores that are shown."""
        return tuple(name for name in self.scores if name not in self.behind)


@dataclass(frozen=True)
class Answered:
    """What is answered: row keys, `Count`, then scores, sorted by the dimensions; and why values are missing."""

    rows: pl.DataFrame
    notes: tuple[Absence, ...]


@dataclass(frozen=True)
class Groups:
    """The customers of groups.

    Attributes:
        population: all customers.
        members: those of each group, with what they bought there.
        keys: the dimensions of each group, sorted, nulls first.
    """

    population: Population
    members: Members
    keys: pl.DataFrame


@dataclass(frozen=True)
class Bought:
    """What a sample of the customers bought.

    Attributes:
        rows: one row a customer, combination of dimensions and day: `customer`, a number from 0 in the order of their
            first purchases, the dimensions asked for, `date`, and `orders`.
        customers: how many there are in all.
        end: the end of observation.
    """

    rows: pl.DataFrame
    customers: int
    end: date


class Answers(Protocol):
    """Whoever holds the data."""

    def table(self, subject: Subject, ask: Ask) -> Answered:
        """Answer what was announced by `Kind.asks`."""

    def curves(self, subject: Subject, by: tuple[str, ...], name: str) -> Sequence[Curve]:
        """The curves of a model score in every group."""

    def histogram(self, subject: Subject, by: tuple[str, ...], column: str) -> Histogram:
        """How the values of a described column are spread in every group."""

    def groups(self, subject: Subject, by: tuple[str, ...]) -> Groups:
        """The customers of every group."""

    def bought(self, subject: Subject, by: tuple[str, ...], sample: int) -> Bought:
        """What some customers bought, chosen by chance; the same ones every time."""


@dataclass(frozen=True)
class Drawn:
    """A report's panels, the one that it is about first, and what their reader should know."""

    panels: tuple[Panel, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """How reports of a type are made.

    Attributes:
        asks: the tables that a report needs.
        build: makes the panels, once they are there; raises UnanswerableError.
    """

    asks: Callable[[Subject], tuple[Ask, ...]]
    build: Callable[[Subject, Answers], Drawn]


def nothing(subject: Subject) -> tuple[Ask, ...]:  # noqa: ARG001  # as all that say what a report asks
    """Ask for no table: the report needs customers, or a histogram."""
    return ()
