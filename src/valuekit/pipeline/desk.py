"""One clv metric with its published purchases, and the customers that they make.

Owns what is read of purchases for a question, and the end of observation. Never computes a score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl

from valuekit.cache.connect import first_row
from valuekit.engines.purchases import Buyers, Extent, PurchaseTable, Window
from valuekit.metrics.names import CUSTOMER, SEGMENT
from valuekit.pipeline.asking import fails_on_values, must_fit, parsed_where
from valuekit.pipeline.holdings import warnings_of
from valuekit.pipeline.results import DataWindow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.config.expressions import Expression
    from valuekit.metrics.base import CustomerMetric
    from valuekit.metrics.clv import Population
    from valuekit.metrics.predictions import Outlook
    from valuekit.pipeline.asking import Question
    from valuekit.pipeline.holdings import Purchases
    from valuekit.stats.customers import Members

    Whole = NDArray[np.int64]


@dataclass
class Kept:
    """What has been read of customers.

    Attributes:
        population: all of them.
        buyers: by dimensions, those of each group.
        grains: the dimensions by which they will be asked for: all customers come with those of any groups.
    """

    population: Population | None = None
    buyers: dict[tuple[str, ...], Buyers] = field(default_factory=dict)
    grains: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(frozen=True)
class Desk:
    """One clv metric with its published purchases.

    Attributes:
        metric: the metric.
        bought: its purchases.
        types: gives the DuckDB type of a dimension.
        outlook: what is asked of the future.
        end: the end of observation asked for; None for the config's, else the last purchase date.
        kept: what has been read, for further questions that pick no purchases; None to keep nothing.
    """

    metric: CustomerMetric
    bought: Purchases
    types: Callable[[str], str]
    outlook: Outlook
    end: date | None = None
    kept: Kept | None = None

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.metric.config.name

    @cached_property
    def _table(self) -> PurchaseTable:
        return PurchaseTable(self.bought.connection, self.bought.stored)

    @cached_property
    def extent(self) -> Extent:
        """What the purchases span."""
        return self._table.extent()

    @cached_property
    def observation_end(self) -> date:
        """The last day that counts; of no purchases any day will do."""
        return self.end or self.metric.config.observation_end or self.extent.last or date(1970, 1, 1)

    @property
    def data(self) -> DataWindow:
        """What the numbers are made of."""
        query = (
            "SELECT (SELECT count(DISTINCT path) FROM files), CAST(coalesce(sum(rows), 0) AS BIGINT) FROM partitions"
        )
        files, facts = first_row(self.bought.connection, query) or (0, 0)
        return DataWindow(files, facts, self.extent.first, self.extent.last)

    def warnings(self) -> Iterator[str]:
        """Say which orders are left out, and when the end of observation is odd."""
        yield from warnings_of(self.name, self.bought.left_out)
        end, extent = self.observation_end, self.extent
        if extent.first is not None and end < extent.first:
            yield f"metric {self.name}: the observation ends on {end}, before the first purchase on {extent.first}"
        by_default = self.end is None and self.metric.config.observation_end is None
        if by_default and extent.last is not None and extent.last > datetime.now(UTC).date():
            yield (
                f"metric {self.name}: the last purchase date, {extent.last}, lies in the future and ends the "
                "observation; set observation_end"
            )

    def read(self, by: Sequence[str] = (), where: Expression | None = None, *, ids: bool = False) -> Buyers:
        """Read the customers as they are at the end of observation.

        Raises:
            UsageError: `where` fails on the values that there are.
        """
        window = Window.until(self.observation_end, self.metric.config.lifespan)
        return self.read_in(window, by, where, ids=ids)

    def read_in(
        self, window: Window, by: Sequence[str] = (), where: Expression | None = None, *, ids: bool = False
    ) -> Buyers:
        """The same for any window."""
        try:
            return self._table.read(window, by, where, ids=ids)
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            if where is None:
                raise
            raise fails_on_values(error, self.name) from error

    def population(self, buyers: Buyers) -> Population:
        """All customers at the end of observation."""
        return self.metric.population(buyers.all, Window(self.observation_end).last, self.outlook)

    def picked(self, question: Question) -> Expression | None:
        """The expression that picks purchases, checked.

        Raises:
            UsageError: it cannot be meant.
        """
        where = parsed_where(question.where, self.name, self.metric.dimensions)
        must_fit(where, self.types, self.name)
        return where


def groups(desk: Desk, question: Question) -> tuple[Population, Members, pl.DataFrame]:
    """The customers of the groups asked for, among all customers."""
    population, buyers = _read(desk, question)
    members, keys = buyers.members, buyers.keys
    if SEGMENT in question.by:
        members, keys = _by_segment(population, members, keys)
    return population, members, keys.select(question.by) if question.by else keys


def _read(desk: Desk, question: Question) -> tuple[Population, Buyers]:
    """All customers, and those of the groups asked for, from what is kept where that will do."""
    own, where, kept = tuple(name for name in question.by if name != SEGMENT), desk.picked(question), desk.kept
    if kept is None or where is not None:
        buyers = desk.read(own, where)
        return desk.population(buyers), buyers
    if own not in kept.buyers:
        kept.buyers[own] = _first(desk, kept).together if own == () else desk.read(own)
    if kept.population is None:
        kept.population = desk.population(kept.buyers[own])
    return kept.population, kept.buyers[own]


def _first(desk: Desk, kept: Kept) -> Buyers:
    """All customers, in groups if such will be asked for anyway."""
    by = next((by for by in (*kept.buyers, *kept.grains) if by), ())
    if by not in kept.buyers:
        found = desk.read(by)
        if not by:
            return found
        kept.buyers[by] = found
    return kept.buyers[by]


def _by_segment(population: Population, members: Members, keys: pl.DataFrame) -> tuple[Members, pl.DataFrame]:
    """Split groups by segment; customers without one are a group of their own."""
    names = len(population.map.names)
    code = members.group * (names + 1) + population.segments[members.customer] + 1
    found, group = np.unique(code, return_inverse=True)
    name_of = pl.Series(SEGMENT, [None, *population.map.names], dtype=pl.String)
    split = pl.DataFrame([*keys[found // (names + 1)].get_columns(), name_of.gather(found % (names + 1))])
    order = split.select(pl.arg_sort_by(split.columns, nulls_last=False)).to_series().to_numpy()
    place = np.empty(found.size, dtype=np.int64)
    place[order] = np.arange(found.size)
    return replace(members, group=place[group], size=found.size), split[order]


def customers_of(desk: Desk, question: Question) -> tuple[Population, pl.DataFrame, Whole]:
    """All customers, and the ids and dimensions of those picked: dimensions are those of the latest purchase."""
    dimensions = desk.metric.dimensions
    buyers = desk.read(dimensions, desk.picked(question), ids=True)
    chosen = np.flatnonzero(buyers.latest >= 0)
    assert buyers.ids is not None  # noqa: S101 - they were asked for
    ids = buyers.ids.gather(chosen).alias(CUSTOMER)
    own = buyers.keys[buyers.latest[chosen]] if buyers.keys.height else buyers.keys
    return desk.population(buyers), pl.DataFrame([ids, *own.get_columns()]), chosen
