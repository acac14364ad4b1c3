"""What a metric is: key columns, states and scores, declared and never computed here.

Owns the vocabulary of metrics. Never touches a database, a file or a stream: an engine builds and merges the states,
and `Metric.evaluate` turns a merged table into scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from valuekit.config.models import MetricConfig
    from valuekit.metrics.clv import Population
    from valuekit.metrics.curves import Curve
    from valuekit.metrics.predictions import Outlook
    from valuekit.states.base import State
    from valuekit.states.plan import Sum
    from valuekit.stats.customers import Customers, Members


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
        stored: the stored columns it is computed from, or where it comes from instead.
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


@dataclass(frozen=True)
class Evaluation:
    """Scores, and why some have no value.

    Attributes:
        rows: the dimensions asked for, the metric's row keys, then the scores wanted, in the catalogue's order; counts
            as Int64, other numbers as Float64 without NaN or infinity.
        reasons: for each score that can lack a value a text series of the height of `rows`, null where there is one.
    """

    rows: pl.DataFrame
    reasons: Mapping[str, pl.Series]


class Holistic(Protocol):
    """Scores that no state can hold: computed from all rows of a group at once."""

    @property
    def scores(self) -> tuple[str, ...]:
        """The scores that it gives."""

    @property
    def source(self) -> Literal["offers", "positive rows"]:
        """What it goes over: the counted offers, or all positive rows of these, with their offer's dimensions."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that it needs of each, in order."""

    def compute(
        self, gids: NDArray[np.int64], size: int, columns: Sequence[NDArray[np.int64]]
    ) -> Mapping[str, NDArray[np.float64]]:
        """Compute every score for every group.

        Args:
            gids: the group of each row, 0 to size - 1.
            size: the number of groups.
            columns: the columns of `reads`, each value as a whole number that stands for it; -1 where it is missing.

        Returns:
            By score `size` numbers, NaN where undefined. Equal rows in any order give equal bits.
        """

    def reason(self, score: str) -> str:
        """Why a score is undefined where it is."""

    def left_out(self, columns: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.bool_], str] | None:
        """Which rows take no part although they count elsewhere, and what is said of them; None where all do."""


class Metric(Protocol):
    """A metric of a config, ready to be built and scored."""

    @property
    def config(self) -> MetricConfig:
        """The config section it comes from: name, family, group_by, filter."""

    @property
    def labels(self) -> Labels | None:
        """How rows become offers; None where every row counts by itself."""

    @property
    def sums(self) -> tuple[Sum, ...]:
        """What is summed over the positive rows of an offer."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns of a cell's key, in order, without those that derive from Day."""

    @property
    def always_by(self) -> tuple[str, ...]:
        """Dimensions by which cells are merged whatever is asked for: those that become row keys."""

    @property
    def row_keys(self) -> tuple[str, ...]:
        """The columns that tell rows of one group apart, such as `Property`."""

    @property
    def states(self) -> tuple[State, ...]:
        """What is kept for each cell."""

    @property
    def exact(self) -> tuple[State, ...]:
        """States that are too large to keep: built from facts at the grain asked for (`use_t_digest = false`)."""

    @property
    def holistic(self) -> tuple[Holistic, ...]:
        """What computes the scores that no state can hold."""

    def needs(self, wanted: Collection[str]) -> tuple[State, ...]:
        """The states, of `states` and `exact`, that these scores are computed from."""

    def evaluate(self, merged: pl.DataFrame, by: Sequence[str], wanted: Collection[str]) -> Evaluation:
        """Compute scores.

        Args:
            merged: one row a group: the dimensions of `by`, those of `always_by`, then the stored columns of
                `needs(wanted)`.
            by: the dimensions asked for.
            wanted: the scores to compute; those of `holistic` are left out.
        """


@runtime_checkable
class HasCurves(Protocol):
    """A metric with curves."""

    @property
    def curved(self) -> tuple[str, ...]:
        """The scores whose states the curves need."""

    def curves(self, merged: pl.DataFrame, by: Sequence[str]) -> Sequence[Curve]:
        """Compute the curves of every group; see `Metric.evaluate` for the arguments."""


@runtime_checkable
class HasProperties(Protocol):
    """A metric with a result row for each of several columns."""

    @property
    def properties(self) -> tuple[str, ...]:
        """The columns."""

    def only(self, properties: Collection[str]) -> Metric:
        """The same metric with some of its columns: nothing is merged or computed for the others."""


@dataclass(frozen=True)
class Histogram:
    """How the values of a column are spread, by group, over bins that all groups share.

    Attributes:
        keys: the dimensions of each group.
        edges: of the bins; a bin holds its lower edge, the last one its upper edge, too. One edge, and no bin, where
            there is no value.
        counts: (groups, bins), estimated where the column has many values; a row adds up to the group's values.
    """

    keys: pl.DataFrame
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


@runtime_checkable
class HasHistograms(Protocol):
    """A metric with histograms."""

    def binned(self, column: str) -> tuple[State, ...]:
        """The states that the histogram of a column needs; none where the column holds no numbers."""

    def histogram(self, merged: pl.DataFrame, by: Sequence[str], column: str) -> Histogram:
        """Bin the values of a column.

        Args:
            merged: one row a group: the dimensions, then the stored columns of `binned(column)`.
            by: the dimensions asked for.
            column: a column of numbers.
        """


class Catalogue(Protocol):
    """The scores of a kind of metric, whatever they are computed from."""

    @property
    def name(self) -> str:
        """The prefix by which a config names it."""

    @property
    def catalogue(self) -> Sequence[Score]:
        """Every score, in output order."""

    def score(self, name: str) -> Score | None:
        """The score of a name, one of a pattern such as p99 too; None where there is none."""


class Listed:
    """A family whose scores are those of its catalogue, by their names."""

    catalogue: Sequence[Score]

    def score(self, name: str) -> Score | None:
        """The score of a name."""
        return next((score for score in self.catalogue if score.name == name), None)


class Family(Catalogue, Protocol):
    """A kind of metric over offers or rows of Interaction History: one file, one registry line."""

    def declare(self, config: MetricConfig, global_filters: Sequence[str], types: Callable[[str], str]) -> Metric:
        """Turn a config section into a metric.

        Args:
            config: the section.
            global_filters: dimensions that every metric keeps.
            types: gives the DuckDB type of a column of facts.
        """


class CustomerMetric(Protocol):
    """A metric over the purchases of customers, ready to be scored. Nothing is kept of it but the purchases."""

    @property
    def config(self) -> MetricConfig:
        """The config section it comes from."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions of a purchase, in order."""

    def population(self, customers: Customers, end: int, outlook: Outlook) -> Population:
        """All customers at an end of observation: what each one is ranked and predicted among."""

    def evaluate(
        self,
        population: Population,
        members: Members,
        keys: pl.DataFrame,
        wanted: Collection[str],
        predicted: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> Evaluation:
        """Compute scores of groups.

        Args:
            population: all customers.
            members: those of each group, with what they bought there.
            keys: the dimensions of each group, one row each.
            wanted: the scores to compute.
            predicted: the sums of predictions by group, where they are known already.
        """


class CustomerFamily(Catalogue, Protocol):
    """A kind of metric over purchases: one file, one registry line."""

    @property
    def columns(self) -> Sequence[str]:
        """Every column of its tables, the dimensions aside."""

    def declare(self, config: MetricConfig, dimensions: Sequence[str]) -> CustomerMetric:
        """Turn a config section into a metric.

        Args:
            config: the section.
            dimensions: of a purchase.
        """
