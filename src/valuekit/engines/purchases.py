"""From stored purchases to one row a customer, and one row for each customer of a group.

Owns which stored groups make up those asked for, and the sweep over purchases. There is a purchase for each customer,
combination of dimensions and date. A customer is one whatever the dimensions say; at a grain, a customer is in every
group in which purchases were made, with the purchases made there: so sums over groups add up, and counts of customers
do not.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from valuekit import sql
from valuekit.stats.customers import Customers, Members, Purchases

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from valuekit.config.expressions import Expression
    from valuekit.states.purchases import Stored

    Whole = NDArray[np.int64]

_BATCH = 4_000_000
"""So many purchases are swept at a time, about."""

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
    """The purchases of a metric; see `Stored`.

    Args:
        connection: where they are.
        stored: what the tables are called.
    """

    def __init__(self, connection: DuckDBPyConnection, stored: Stored) -> None:
        self._connection = connection
        self._stored = stored

    def extent(self) -> Extent:
        """Measure the table."""
        query = f"SELECT min(date), max(date), count(*) FROM {self._stored.purchases}"
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
        whole = not by and where is None
        chosen = None if whole else self._choose(by, where)
        swept = [_sweep(rows, whole=whole) for rows in self._parts(window, chosen)]
        found = _together(swept, chosen, whole=whole)
        return found if not ids else _by_id(found, self._names(swept))

    def _choose(self, by: Sequence[str], where: Expression | None) -> _Chosen:
        """Which group asked for each stored group is part of."""
        picked = where.sql if where else "TRUE"
        columns = "".join(f", {sql.name(name)}" for name in by)
        order = f"{_order(by)}, _group" if by else "_group"
        query = (
            f"SELECT _group, coalesce({picked}, FALSE) AS _picked{columns} FROM {self._stored.groups} ORDER BY {order}"
        )
        groups = pl.DataFrame(self._connection.sql(query).to_arrow_table())
        if not by:
            number = np.zeros(groups.height, dtype=np.int64)
        else:
            new = groups.select(pl.struct(by).rle_id()).to_series()
            number = new.to_numpy().astype(np.int64)
        number[~groups["_picked"].to_numpy()] = -1
        of = np.full(groups.height, -1, dtype=np.int64)
        of[groups["_group"].to_numpy()] = number
        keys = groups.select(by).unique(maintain_order=True) if by else None
        return _Chosen(of, keys)

    def _parts(self, window: Window, chosen: _Chosen | None) -> Iterator[_Rows]:
        """The purchases in the window, sorted by customer and date, some customers at a time."""
        query = f"SELECT count(*), coalesce(max(_customer), -1) + 1 FROM {self._stored.purchases}"
        count, customers = self._connection.execute(query).fetchall()[0]
        parts = max(1, -(-count // _BATCH))
        columns = f"_customer, date - DATE '{_EPOCH}' AS day, value, orders, recurring" + (", _group" if chosen else "")
        for part in range(parts):
            first, end = (customers * number // parts for number in (part, part + 1))
            some = "" if parts == 1 else f" AND _customer >= {first} AND _customer < {end}"
            found = f"SELECT {columns} FROM {self._stored.purchases} WHERE {_kept(window)}{some}"
            table = self._connection.sql(found).to_arrow_table()
            if table.num_rows:
                yield _rows(table, chosen)

    def _names(self, swept: Sequence[_Swept]) -> pl.Series:
        """The ids of the customers that were swept, in that order."""
        query = f"SELECT customer FROM {self._stored.customers} ORDER BY _customer"
        names = pl.DataFrame(self._connection.sql(query).to_arrow_table())["customer"].cast(pl.String)
        return names.gather(_joined(part.number for part in swept))


@dataclass(frozen=True)
class _Chosen:
    """The groups asked for.

    Attributes:
        of: the group asked for, by the number of the stored one; -1 where its purchases are not picked.
        keys: the dimensions of the groups asked for; None for the total.
    """

    of: Whole
    keys: pl.DataFrame | None


def _together(swept: Sequence[_Swept], chosen: _Chosen | None, *, whole: bool) -> Buyers:
    """All customers that were swept, with the groups that any of them is in."""
    everyone = Customers.joined(part.all for part in swept)
    latest = _joined(part.latest for part in swept)
    if chosen is None or whole:
        return Buyers(None, everyone, _everyone(everyone), pl.DataFrame(height=1), latest)
    offsets = np.cumsum([0, *(part.all.size for part in swept)])
    customer = _joined(part.customer + offset for part, offset in zip(swept, offsets[:-1], strict=True))
    group = _joined(part.group for part in swept)
    groups = Customers.joined(part.groups for part in swept)
    if chosen.keys is None:
        return Buyers(None, everyone, Members(customer, group, 1, groups), pl.DataFrame(height=1), latest)
    there = np.zeros(chosen.keys.height, dtype=bool)
    there[group] = True
    number = np.cumsum(there) - 1
    latest = np.where(latest < 0, latest, number[latest])
    members = Members(customer, number[group], int(there.sum()), groups)
    return Buyers(None, everyone, members, chosen.keys.filter(pl.Series(there)), latest)


def _by_id(buyers: Buyers, ids: pl.Series) -> Buyers:
    """The same customers, sorted by their ids."""
    order = ids.arg_sort().to_numpy()
    everyone, members = buyers.all.taken(order), buyers.members
    if members.purchases is buyers.all:
        members = _everyone(everyone)
    else:
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        customer = place[members.customer]
        rows = np.argsort(customer, kind="stable")
        members = Members(customer[rows], members.group[rows], members.size, members.purchases.taken(rows))
    return Buyers(ids.gather(order), everyone, members, buyers.keys, buyers.latest[order])


def _everyone(customers: Customers) -> Members:
    """One group of all customers, with all their purchases."""
    numbers = np.arange(customers.size)
    return Members(numbers, np.zeros_like(numbers), 1, customers)


@dataclass(frozen=True)
class _Rows:
    """Some purchases, all of some customers, sorted by customer and date; groups where there are any.

    Attributes:
        number: the stored number of each customer.
        purchases: what they bought.
        group: the group asked for of each purchase, -1 for none; None where there is but one.
    """

    number: Whole
    purchases: Purchases
    group: Whole | None


def _rows(table: pa.Table, chosen: _Chosen | None) -> _Rows:
    customer, date = table["_customer"].to_numpy(), table["day"].to_numpy().astype(np.int64, copy=False)
    new = changes(customer)
    again = ~new[1:]
    order = None
    if np.any(customer[1:] < customer[:-1]) or np.any((date[1:] < date[:-1]) & again):
        order = np.lexsort((date, customer))  # several threads read it
        customer, date = customer[order], date[order]
        new = changes(customer)

    def column(values: NDArray[Any]) -> NDArray[Any]:
        return values if order is None else values[order]

    value, recurring = (column(table[name].to_numpy()) for name in ("value", "recurring"))
    orders = column(table["orders"].to_numpy()).astype(np.int64, copy=False)
    group = None if chosen is None else chosen.of[column(table["_group"].to_numpy())]
    number = customer[new].astype(np.int64)
    return _Rows(number, Purchases(np.cumsum(new) - 1, date, value, orders, recurring), group)


def changes(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values differ from the one before; the first one does."""
    found = np.ones(values.size, dtype=bool)
    np.not_equal(values[1:], values[:-1], out=found[1:])
    return found


@dataclass(frozen=True)
class _Swept:
    """What some purchases give; see `Buyers` and `Members`."""

    number: Whole
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
        return _Swept(rows.number, everyone, group[:0], group[:0], everyone, np.zeros(everyone.size, dtype=np.int64))
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
    new = changes(pair)
    same = purchases.owner.size == rows.purchases.owner.size and np.count_nonzero(new) == everyone.size
    groups = everyone if same else Customers.of(replace(purchases, owner=np.cumsum(new) - 1))
    return _Swept(rows.number, everyone, owner[new], group[new], groups, latest)


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


def _kept(window: Window) -> str:
    after = f" AND date > DATE '{window.after}'" if window.after else ""
    return f"date <= DATE '{window.end}'{after}"


def _order(by: Sequence[str]) -> str:
    return ", ".join(f"{sql.name(name)} NULLS FIRST" for name in by)


def _joined(parts: Iterator[Whole]) -> Whole:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
