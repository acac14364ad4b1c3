"""From a table of purchases to one row a customer, and one row for each customer of a group.

Owns the SQL, which sorts and numbers, and the sweep over its sorted rows. The table has a row for each customer,
combination of dimensions and date. A customer is one whatever the dimensions say; at a grain, a customer is in every
group in which purchases were made, with the purchases made there: so sums over groups add up, and counts of customers
do not.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit import sql
from valuekit.stats.customers import Customers, Members, Purchases

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from valuekit.config.expressions import Expression

    Whole = NDArray[np.int64]

_BATCH = 1_000_000
"""So many purchases are swept at a time."""

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Window:
    """The days whose purchases count.

    Attributes:
        end: the last one: the end of observation.
        after: the day before the first one; None where all count.
    """

    end: date
    after: date | None = None

    @classmethod
    def until(cls, end: date, years: float | None) -> Window:
        """Keep the purchases of so many years before a day: whole months by the calendar, the rest in days."""
        if years is None:
            return cls(end)
        months, part = divmod(years * 12.0, 1.0)
        place = end.year * 12 + end.month - 1 - int(min(months, 120_000.0))
        if place < 12:
            return cls(end)
        year, month = divmod(place, 12)
        day = min(end.day, calendar.monthrange(year, month + 1)[1])
        start = date(year, month + 1, day).toordinal() - round(part * 30.4375)
        return cls(end, date.fromordinal(start) if start >= 1 else None)

    @property
    def last(self) -> int:
        """The last day, in days since 1970."""
        return (self.end - _EPOCH).days


@dataclass(frozen=True)
class Extent:
    """What a table of purchases holds, whatever the window.

    Attributes:
        first: the earliest date; None where there is no purchase.
        last: the latest one.
        purchases: how many rows there are.
    """

    first: date | None
    last: date | None
    purchases: int


@dataclass(frozen=True)
class Buyers:
    """All customers, sorted by their ids.

    Attributes:
        ids: who they are; None where nobody asked.
        all: one row a customer, of all purchases in the window.
        members: the customers of the groups asked for, with the purchases made there.
        keys: the dimensions of each group, sorted, nulls first.
        latest: for each customer the group of the latest purchase, of those that were picked; -1 where none was.
    """

    ids: pl.Series | None
    all: Customers
    members: Members
    keys: pl.DataFrame
    latest: Whole


class PurchaseTable:
    """A table with `customer`, dimensions, `date`, `value`, `orders` and `recurring`.

    Args:
        connection: where it is.
        name: what it is called.
    """

    def __init__(self, connection: DuckDBPyConnection, name: str) -> None:
        self._connection = connection
        self._name = sql.name(name)

    def extent(self) -> Extent:
        """Measure the table."""
        query = f"SELECT min(date), max(date), count(*) FROM {self._name}"
        return Extent(*self._connection.execute(query).fetchall()[0])

    def read(
        self, window: Window, by: Sequence[str] = (), where: Expression | None = None, *, ids: bool = False
    ) -> Buyers:
        """Sum up the purchases of every customer, and of the customers of every group.

        Args:
            window: the days that count.
            by: the dimensions of the grain; empty for the total.
            where: picks the purchases that groups are made of, by their dimensions; customers are made of all.
            ids: whether to give the customers' ids, too.
        """
        picked = where.sql if where else "TRUE"
        source = f"SELECT *, {picked} AS _picked FROM {self._name} WHERE {_kept(window)}"
        keys = self._keys(source, by)
        whole = not by and where is None
        parts = [_sweep(batch, whole=whole) for batch in self._batches(source, by, whole=whole)]
        offsets = np.cumsum([0, *(part.all.size for part in parts)])
        everyone = Customers.joined(part.all for part in parts)
        if whole:
            numbers = np.arange(everyone.size)
            members = Members(numbers, np.zeros_like(numbers), 1, everyone)
        else:
            members = Members(
                _joined(part.customer + offset for part, offset in zip(parts, offsets[:-1], strict=True)),
                _joined(part.group for part in parts),
                keys.height,
                Customers.joined(part.groups for part in parts),
            )
        names = pl.concat([pl.Series(values=part.ids) for part in parts]) if ids and parts else None
        if ids and names is None:
            names = pl.Series([], dtype=pl.String)
        return Buyers(names, everyone, members, keys, _joined(part.latest for part in parts))

    def _keys(self, source: str, by: Sequence[str]) -> pl.DataFrame:
        """The groups, in order; the total is a group even of nothing."""
        if not by:
            return pl.DataFrame(height=1)
        names, order = sql.names(by), _order(by)
        query = f"SELECT DISTINCT {names} FROM ({source}) WHERE _picked ORDER BY {order}"
        return pl.DataFrame(self._connection.sql(query).to_arrow_table())

    def _batches(self, source: str, by: Sequence[str], *, whole: bool) -> Iterator[pa.Table]:
        """The purchases in order, some at a time, never one customer's in two batches."""
        columns, join = "customer, date, value, orders, recurring", ""
        if by:
            numbered = f"SELECT *, row_number() OVER (ORDER BY {_order(by)}) - 1 AS _number FROM (SELECT DISTINCT "
            numbered += f"{sql.names(by)} FROM purchases WHERE _picked)"
            same = " AND ".join(f"purchases.{sql.name(name)} IS NOT DISTINCT FROM g.{sql.name(name)}" for name in by)
            columns += ", CASE WHEN _picked THEN _number ELSE -1 END AS _group"
            join = f"LEFT JOIN ({numbered}) AS g ON {same}"
        elif not whole:
            columns += ", CASE WHEN _picked THEN 0 ELSE -1 END AS _group"
        query = f"WITH purchases AS ({source}) SELECT {columns} FROM purchases {join} ORDER BY customer, date"
        left: pa.Table | None = None
        for batch in self._connection.sql(query).to_arrow_reader(_BATCH):
            table = pa.Table.from_batches([batch])
            table = table if left is None else pa.concat_tables([left, table])
            cut = _last_start(table["customer"])
            if cut:
                yield table.slice(0, cut)
            left = table.slice(cut)
        if left is not None and left.num_rows:
            yield left


@dataclass(frozen=True)
class _Swept:
    """What one batch gives; see `Buyers` and `Members`."""

    ids: pa.Array
    all: Customers
    customer: Whole
    group: Whole
    groups: Customers
    latest: Whole


def _sweep(batch: pa.Table, *, whole: bool) -> _Swept:
    """Sum up one batch."""
    new = _new(batch["customer"])
    owner = np.cumsum(new) - 1
    ids = batch["customer"].combine_chunks().take(pa.array(np.flatnonzero(new)))
    purchases = Purchases(
        owner,
        batch["date"].cast(pa.int32()).to_numpy().astype(np.int64),
        _amounts(batch["value"]),
        batch["orders"].to_numpy().astype(np.int64),
        _amounts(batch["recurring"]),
    )
    group = owner * 0 if whole else batch["_group"].to_numpy().astype(np.int64)
    rows = _order_of_ties(purchases, group)
    if rows is not None:
        purchases, group = purchases.taken(rows), group[rows]
    everyone = Customers.of(purchases)
    if whole:
        return _Swept(ids, everyone, group[:0], group[:0], everyone, np.zeros(everyone.size, dtype=np.int64))
    latest = np.full(everyone.size, -1, dtype=np.int64)
    rows = np.flatnonzero(group >= 0)
    latest[owner[rows]] = group[rows]
    if np.any((np.diff(group[rows]) < 0) & (np.diff(owner[rows]) == 0)):
        rows = rows[np.lexsort((group[rows], owner[rows]))]
    there = purchases.taken(rows)
    new = np.ones(rows.size, dtype=bool)
    new[1:] = (np.diff(there.owner) != 0) | (np.diff(group[rows]) != 0)
    groups = Customers.of(replace(there, owner=np.cumsum(new) - 1))
    return _Swept(ids, everyone, there.owner[new], group[rows][new], groups, latest)


def _order_of_ties(purchases: Purchases, group: Whole) -> Whole | None:
    """The order of rows in which those of one customer and day are sorted, too; None where there are no such rows."""
    again = (np.diff(purchases.owner) == 0) & (np.diff(purchases.date) == 0)
    if not again.any():
        return None
    day = np.cumsum(np.append(0, ~again))
    tied = np.flatnonzero(np.append(False, again) | np.append(again, False))  # flags of an array
    keys = (group, purchases.orders, purchases.recurring, purchases.value, day)
    order = np.arange(day.size)
    order[tied] = tied[np.lexsort([key[tied] for key in keys])]
    return order


def _amounts(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Amounts as numbers; one that is missing or not finite counts as 0: the purchase was made."""
    values = column.to_numpy()
    return np.where(np.isfinite(values), values, 0.0)


def _new(customers: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows begin a customer."""
    import pyarrow.compute as pc

    array = customers.combine_chunks()
    new = np.ones(len(array), dtype=bool)
    if len(array) > 1:
        new[1:] = pc.not_equal(array[1:], array[:-1]).to_numpy(zero_copy_only=False)
    return new


def _last_start(customers: pa.ChunkedArray) -> int:
    """Where the last customer begins."""
    return int(np.flatnonzero(_new(customers))[-1]) if len(customers) else 0


def _kept(window: Window) -> str:
    after = f" AND date > DATE '{window.after}'" if window.after else ""
    return f"date <= DATE '{window.end}'{after}"


def _order(by: Sequence[str]) -> str:
    return ", ".join(f"{sql.name(name)} NULLS FIRST" for name in by)


def _joined(parts: Iterator[Whole]) -> Whole:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
