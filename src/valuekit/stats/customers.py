"""What purchases say of each customer: how often, how lately, for how long and for how much they bought.

Owns these numbers, as METRICS.md §7 and the models define them. Never reads purchases from anywhere, and never fits a
model.

Source: P. S. Fader, B. G. S. Hardie, Creating an RFM summary using Excel (2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from valuekit.stats.clv.histories import Array

    Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Purchases:
    """Purchases, sorted by who made them, then by date, then by amounts: equal purchases in any order give equal bits.

    Attributes:
        owner: who made it, 0 and up; every number up to the last one occurs.
        date: the day, in days since any one day.
        value: what was paid.
        orders: how many orders it was.
        recurring: what the contract pays besides.
    """

    owner: Whole
    date: Whole
    value: Array
    orders: Whole
    recurring: Array

    def taken(self, rows: Whole) -> Purchases:
        """Take some of them, in this order."""
        return Purchases(*(column[rows] for column in vars(self).values()))


@dataclass(frozen=True)
class Customers:
    """The purchases of each customer, summed up: one row a customer.

    Attributes:
        first: the day of the first purchase.
        last: the day of the last one.
        dates: on how many days they bought.
        orders: how many orders they made.
        value: what they paid in all.
        repeat_value: what they paid on all days but the first.
        recurring: what their contracts pay besides.
    """

    first: Whole
    last: Whole
    dates: Whole
    orders: Whole
    value: Array
    repeat_value: Array
    recurring: Array

    @classmethod
    def of(cls, purchases: Purchases) -> Customers:
        """Sum up purchases; those of one customer on one day are one."""
        owner, date = purchases.owner, purchases.date
        if owner.size == 0:
            none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
            return cls(none, none, none, none, nothing, nothing, nothing)
        new_owner = np.append(True, owner[1:] != owner[:-1])  # a flag of an array
        day = np.flatnonzero(new_owner | np.append(True, date[1:] != date[:-1]))  # as above
        of_day = np.add.reduceat(purchases.value, day)
        start = np.flatnonzero(new_owner)
        first_day = np.flatnonzero(new_owner[day])
        end = np.append(start[1:], owner.size) - 1
        value = np.add.reduceat(of_day, first_day)
        repeated = of_day.copy()
        repeated[first_day] = 0.0
        return cls(
            first=date[start],
            last=date[end],
            dates=np.diff(np.append(first_day, day.size)),
            orders=np.add.reduceat(purchases.orders, start),
            value=value,
            repeat_value=np.add.reduceat(repeated, first_day),
            recurring=np.add.reduceat(purchases.recurring, start),
        )

    @classmethod
    def joined(cls, parts: Iterable[Customers]) -> Customers:
        """Put customers one after the other."""
        none = cls.of(Purchases(*(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, float, np.int64, float))))
        columns = zip(*(vars(part).values() for part in (none, *parts)), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def taken(self, rows: Whole) -> Customers:
        """Take some of them, in this order."""
        return Customers(*(column[rows] for column in vars(self).values()))

    @property
    def size(self) -> int:
        """How many customers there are."""
        return int(self.first.size)

    @property
    def repeat_dates(self) -> Whole:
        """On how many days they bought again: the models' x."""
        return self.dates - 1

    @property
    def repeat_orders(self) -> Whole:
        """How many orders they made after the first one."""
        return self.orders - 1

    @property
    def recency(self) -> Whole:
        """Days from the first to the last purchase: the models' t_x."""
        return self.last - self.first

    def tenure(self, end: int) -> Whole:
        """Days from the first purchase to the end of observation: the models' T."""
        return end - self.first

    def days_since_last(self, end: int) -> Whole:
        """Days from the last purchase to the end of observation."""
        return end - self.last

    @property
    def monetary_value(self) -> Array:
        """What they paid on a repeat day, on average; 0 with none."""
        again = self.repeat_dates
        return np.where(again > 0, self.repeat_value / np.maximum(again, 1), 0.0)

    def lifetime_value(self, *, contractual: bool) -> Array:
        """What they paid in all, and what their contracts pay besides where these count."""
        return self.value + self.recurring if contractual else self.value


@dataclass(frozen=True)
class Members:
    """The customers of each group, one row for a customer in a group, sorted by customer, then by group.

    Attributes:
        customer: which customer.
        group: which group, 0 to size - 1.
        size: how many groups there are.
        purchases: those that the customer made in the group.
    """

    customer: Whole
    group: Whole
    size: int
    purchases: Customers

    def added(self, values: NDArray[np.int64] | Array) -> Array:
        """Add up one number of each row, by group."""
        return np.bincount(self.group, values, self.size).astype(np.float64)

    @property
    def count(self) -> Whole:
        """How many customers each group has."""
        return np.bincount(self.group, minlength=self.size)
