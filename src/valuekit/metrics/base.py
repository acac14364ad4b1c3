"""What a metric is: key columns, states and scores, declared and never computed here.

Owns the vocabulary of metrics. Never touches a database, a file or a stream: an engine builds and merges the states,
and `Metric.scores` turns a merged table into numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from valuekit.config.models import MetricConfig
    from valuekit.states.base import State


class Kind(StrEnum):
    """How a score may be rolled up (Gray et al., Data Cube, 1997)."""

    DISTRIBUTIVE = "distributive"
    ALGEBRAIC = "algebraic"
    HOLISTIC = "holistic"


@dataclass(frozen=True)
class Score:
    """One number that a family computes.

    Attributes:
        name: its name in every output.
        kind: how it rolls up.
        formula: what it is, in words and symbols, with the source where one exists.
        null_when: when it has no value.
        stored: the states it is computed from.
        unit: `count`, `rate`, `change` (relative), `money`, `z`, `probability`, `ratio` or the like: for formatting.
    """

    name: str
    kind: Kind
    formula: str
    null_when: str
    stored: str
    unit: str


@dataclass(frozen=True)
class Labels:
    """Which outcomes make an offer positive, and which negative."""

    positive: tuple[str, ...]
    negative: tuple[str, ...]


class Metric(Protocol):
    """A metric of a config, ready to be built and scored."""

    @property
    def config(self) -> MetricConfig:
        """The config section it comes from: name, family, group_by, filter."""

    @property
    def labels(self) -> Labels:
        """How an offer is resolved."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of a cell's key, in order, without those that derive from Day."""

    @property
    def states(self) -> tuple[State, ...]:
        """What is kept for each cell."""

    def scores(self, merged: pl.DataFrame) -> pl.DataFrame:
        """Compute every score of the family.

        Args:
            merged: one row a group: its dimensions, then the stored columns of `states`.

        Returns:
            The dimensions, then one column a score, in the family's order, row by row as in `merged`.
        """

    def reasons(self, merged: pl.DataFrame) -> Mapping[str, pl.Series]:
        """Say why a score has no value: for each score that can be null a text series, null where there is a value."""


class Family(Protocol):
    """A kind of metric: one file, one registry line."""

    @property
    def name(self) -> str:
        """The prefix by which a config names it."""

    @property
    def catalogue(self) -> Sequence[Score]:
        """Every score, in output order."""

    def declare(self, config: MetricConfig, global_filters: Sequence[str]) -> Metric:
        """Turn a config section into a metric."""
