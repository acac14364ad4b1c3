"""From a table of purchases to one row a customer, and one row for each customer of a group.

Owns the SQL, which numbers groups, the order of purchases, and the sweep over them in that order. The table has a row
for each customer, combination of dimensions and date. A customer is one whatever the dimensions say; at a grain, a
customer is in every group in which purchases were made, with the purchases made there: so sums over groups add up, and
counts of customers do not.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

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

_BATCH = 4_000_000
"""So many purchases are swept at a time, about."""

_EPOCH = date(1970, 1, 1)
_GROUPS, _NUMBER = "groups_asked_for", "_number"


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
    """All customers, sorted by their ids where these are asked for, else in another order that is always the same.

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

    @property
    def together(self) -> Buyers:
        """The same customers as one group, with all their purchases, whatever was picked."""
        one = np.zeros(self.all.size, dtype=np.int64)
        return Buyers(self.ids, self.all, _everyone(self.all), pl.DataFrame(height=1), one)


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
        query = self._query(source, by, whole=whole)
        with self._numbered(keys, by):
            swept = self._swept(query, whole=whole, ids=ids)
        everyone = Customers.joined(part.all for part in swept)
        if whole:
            members = _everyone(everyone)
        else:
            offsets = np.cumsum([0, *(part.all.size for part in swept)])
            members = Members(
                _joined(part.customer + offset for part, offset in zip(swept, offsets[:-1], strict=True)),
                _joined(part.group for part in swept),
                keys.height,
                Customers.joined(part.groups for part in swept),
            )
        names = None
        if ids:
            found = [pl.Series(values=part.ids, dtype=pl.String) for part in swept]
            names = pl.concat(found) if found else pl.Series([], dtype=pl.String)
        return Buyers(names, everyone, members, keys, _joined(part.latest for part in swept))

    def _keys(self, source: str, by: Sequence[str]) -> pl.DataFrame:
        """The groups, in order; the total is a group even of nothing."""
        if not by:
            return pl.DataFrame(height=1)
        names, order = sql.names(by), _order(by)
        query = f"SELECT DISTINCT {names} FROM ({source}) WHERE _picked ORDER BY {order}"
        return pl.DataFrame(self._connection.sql(query).to_arrow_table())

    @contextmanager
    def _numbered(self, keys: pl.DataFrame, by: Sequence[str]) -> Iterator[None]:
        """Have the groups, with their numbers, as a table."""
        if by:
            self._connection.register(_GROUPS, keys.with_row_index(_NUMBER).to_arrow())
        try:
            yield
        finally:
            self._connection.unregister(_GROUPS)

    def _query(self, source: str, by: Sequence[str], *, whole: bool) -> str:
        """SQL of the purchases, with the number of their group unless there is but one."""
        columns, join = "customer, date, value, orders, recurring", ""
        if by:
            same = " AND ".join(f"p.{sql.name(name)} IS NOT DISTINCT FROM g.{sql.name(name)}" for name in by)
            columns += f", CASE WHEN _picked THEN CAST({_NUMBER} AS BIGINT) ELSE -1 END AS _group"
            join = f"LEFT JOIN {_GROUPS} AS g ON {same}"
        elif not whole:
            columns += ", CASE WHEN _picked THEN 0 ELSE -1 END AS _group"
        return f"SELECT {columns} FROM ({source}) AS p {join}"

    def _swept(self, query: str, *, whole: bool, ids: bool) -> list[_Swept]:
        """Sum up the purchases, some customers at a time."""
        if not ids:
            try:
                return [_sweep(rows, whole=whole) for rows in self._hashed(query)]
            except _SameHashError:
                pass
        return [_sweep(rows, whole=whole) for rows in self._sorted(query)]

    def _hashed(self, query: str) -> Iterator[_Rows]:
        """The purchases, sorted by a hash of the customer: all of one customer together, in the same order every time.

        Raises:
            _SameHashError: two customers share one; another hash tells them apart.
        """
        count = self._connection.execute(f"SELECT count(*) FROM {self._name}").fetchall()[0][0]
        parts = max(1, -(-count // _BATCH))
        who = "hash(customer) AS _who, CAST(hash('.' || customer) & 4294967295 AS UINTEGER) AS _also"
        for part in range(parts):
            some = "" if parts == 1 else f"WHERE hash(customer) % {parts} = {part}"
            found = f"SELECT {who}, * EXCLUDE (customer) FROM ({query}) {some}"
            table = self._connection.sql(found).to_arrow_table()
            if table.num_rows:
                yield _by_hash(table)

    def _sorted(self, query: str) -> Iterator[_Rows]:
        """The purchases, sorted by customer."""
        left: pa.Table | None = None
        for batch in self._connection.sql(f"{query} ORDER BY customer, date").to_arrow_reader(_BATCH):
            table = pa.Table.from_batches([batch])
            table = table if left is None else pa.concat_tables([left, table])
            new = _new(table["customer"])
            cut = int(np.flatnonzero(new)[-1]) if new.size else 0
            if cut:
                yield _by_customer(table.slice(0, cut), new[:cut])
            left = table.slice(cut)
        if left is not None and left.num_rows:
            yield _by_customer(left, _new(left["customer"]))


def _everyone(customers: Customers) -> Members:
    """One group of all customers, with all their purchases."""
    numbers = np.arange(customers.size)
    return Members(numbers, np.zeros_like(numbers), 1, customers)


class _SameHashError(Exception):
    """Two customers share a hash."""


@dataclass(frozen=True)
class _Rows:
    """Some purchases, all of some customers, sorted by customer and date; groups where there are any."""

    ids: pa.Array | None
    purchases: Purchases
    group: Whole | None


def _by_hash(table: pa.Table) -> _Rows:
    """Sort by the hash of the customer, then by date."""
    hashes = table["_who"].to_numpy()
    order = np.argsort(hashes)
    hashes, also = hashes[order], table["_also"].to_numpy()[order]
    new = _changes(hashes)
    if np.any(_changes(also) & ~new):
        raise _SameHashError
    owner = np.cumsum(new) - 1
    date = _days(table["date"])[order]
    first = int(date.min())
    span = int(date.max()) - first + 1
    place = np.argsort(owner * span + (date - first), kind="stable")  # it is nearly in order
    return _rows(table, owner, date[place], order[place])


def _by_customer(table: pa.Table, new: NDArray[np.bool_]) -> _Rows:
    """Take what is sorted already."""
    ids = table["customer"].combine_chunks().take(pa.array(np.flatnonzero(new)))
    return replace(_rows(table, np.cumsum(new) - 1, _days(table["date"]), None), ids=ids)


def _rows(table: pa.Table, owner: Whole, date: Whole, order: Whole | None) -> _Rows:
    def column(values: NDArray[Any]) -> NDArray[Any]:
        constant = values.size > 0 and bool((values == values[0]).all())
        return values if order is None or constant else values[order]

    amounts = {name: _amounts(column(table[name].to_numpy())) for name in ("value", "recurring")}
    orders = column(table["orders"].to_numpy()).astype(np.int64, copy=False)
    group = column(table["_group"].to_numpy()).astype(np.int64) if "_group" in table.column_names else None
    return _Rows(None, Purchases(owner, date, amounts["value"], orders, amounts["recurring"]), group)


def _changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values differ from the one before; the first one does."""
    found = np.ones(values.size, dtype=bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


@dataclass(frozen=True)
class _Swept:
    """What some purchases give; see `Buyers` and `Members`."""

    ids: pa.Array | None
    all: Customers
    customer: Whole
    group: Whole
    groups: Customers
    latest: Whole


def _sweep(rows: _Rows, *, whole: bool) -> _Swept:
    """Sum up some purchases."""
    purchases = rows.purchases
    group = rows.group if rows.group is not None else np.zeros_like(purchases.owner)
    tied = _order_of_ties(purchases, group)
    if tied is not None:
        purchases, group = purchases.taken(tied), group[tied]
    everyone = Customers.of(purchases)
    if whole:
        return _Swept(rows.ids, everyone, group[:0], group[:0], everyone, np.zeros(everyone.size, dtype=np.int64))
    owner = purchases.owner
    latest = np.full(everyone.size, -1, dtype=np.int64)
    if (group < 0).any():
        picked = np.flatnonzero(group >= 0)
        purchases, owner, group = purchases.taken(picked), owner[picked], group[picked]
    latest[owner] = group
    pair = owner * (int(group.max(initial=0)) + 1) + group
    if np.any(pair[1:] < pair[:-1]):
        order = np.argsort(pair, kind="stable")  # it is nearly in order
        purchases, pair = purchases.taken(order), pair[order]
        owner, group = purchases.owner, group[order]
    new = _changes(pair)
    groups = Customers.of(replace(purchases, owner=np.cumsum(new) - 1))
    return _Swept(rows.ids, everyone, owner[new], group[new], groups, latest)


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


def _amounts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amounts that add up; one that is not finite counts as 0: the purchase was made."""
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, 0.0)


def _new(customers: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows begin a customer."""
    import pyarrow.compute as pc

    array = customers.combine_chunks()
    new = np.ones(len(array), dtype=bool)
    if len(array) > 1:
        new[1:] = pc.not_equal(array[1:], array[:-1]).to_numpy(zero_copy_only=False)
    return new


def _days(dates: pa.ChunkedArray) -> Whole:
    """Days since 1970."""
    days: Whole = dates.cast(pa.int32()).to_numpy().astype(np.int64)
    return days


def _kept(window: Window) -> str:
    after = f" AND date > DATE '{window.after}'" if window.after else ""
    return f"date <= DATE '{window.end}'{after}"


def _order(by: Sequence[str]) -> str:
    return ", ".join(f"{sql.name(name)} NULLS FIRST" for name in by)


def _joined(parts: Iterator[Whole]) -> Whole:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
