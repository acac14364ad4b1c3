"""What is kept of product holdings for one clv metric: its purchases, said without naming the metric.

Owns the seam between the config and the engine, and the fingerprint under which purchases are stored. Everything that a
question may change (observation end, lifespan, horizon) is applied when purchases are read, and is no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from valuekit.states.plan import fingerprint

if TYPE_CHECKING:
    from valuekit.config.expressions import Expression

PURCHASES_FORMAT = 2
"""Raised when the same definition would be stored otherwise."""

COLUMNS = ("customer", "date", "value", "orders", "recurring")
"""The columns of purchases besides the dimensions."""


@dataclass(frozen=True)
class PurchasePlan:
    """The purchases of one metric: one row a customer, dimensions and date.

    Attributes:
        name: the metric's name, for messages.
        customer: the column of the customer.
        date: SQL of the date of a purchase, over prepared rows.
        landed_date: whether it is that of a landed time, and so within the bounds of those.
        value: the column of the value of an order.
        order: the column of the order's id; None where every row is an order of its own.
        recurring: the columns of a contract's cost per period and of its periods; None for no contracts.
        filter: the row filter of the metric.
        dimensions: by name, SQL over prepared rows.
        reads: the columns of the facts view that it needs.
        view: everything in the config that the values of these columns depend on.
        family: its family.
    """

    name: str
    customer: str
    date: str
    landed_date: bool
    value: str
    order: str | None
    recurring: tuple[str, str] | None
    filter: Expression | None
    dimensions: Mapping[str, str]
    reads: frozenset[str]
    view: Mapping[str, object]
    family: str = "clv"

    @cached_property
    def definition(self) -> str:
        """Everything that defines the purchases, as canonical JSON."""
        parts = {
            "format": PURCHASES_FORMAT,
            "columns": [self.customer, self.date, self.value, self.order, self.recurring],
            "filter": self.filter.sql if self.filter else None,
            "group_by": sorted(self.dimensions.items()),
            "facts": self.view,
        }
        return json.dumps(parts, sort_keys=True, ensure_ascii=False)

    @cached_property
    def fingerprint(self) -> str:
        """The first 128 bits of the SHA-256 of the definition, in hexadecimal."""
        return fingerprint(self.definition)


@dataclass(frozen=True)
class Stored:
    """The tables that hold the purchases of one metric.

    Attributes:
        purchases: `_customer`, `_group`, `date`, `value`, `orders`, `recurring`: one row for each customer, group and
            date, sorted by customer and date.
        customers: `_customer` and `customer`, the id: numbered from 0.
        groups: `_group` and the dimensions: numbered from 0.
    """

    purchases: str
    customers: str
    groups: str

    @classmethod
    def under(cls, name: str) -> Stored:
        """The tables that go with a name."""
        return cls(name, f"customers_of_{name}", f"groups_of_{name}")

    @property
    def names(self) -> tuple[str, str, str]:
        """All of them."""
        return self.purchases, self.customers, self.groups

    @property
    def joined(self) -> str:
        """SQL of `customer`, the dimensions, `date`, `value`, `orders`, `recurring`."""
        return f"""
            SELECT customer, groups.* EXCLUDE (_group), purchases.* EXCLUDE (_customer, _group)
            FROM {self.purchases} AS purchases JOIN {self.customers} AS customers USING (_customer)
            JOIN {self.groups} AS groups USING (_group)
        """
