"""From orders to the stored purchases of a metric: customers and groups numbered, purchases sorted and summed by day.

Owns the numbers and the order. Equal orders give equal bits, whatever their order: customers are numbered in that of a
hash of their ids, and amounts of one day are added from the lowest. Never decides which orders count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit import sql
from valuekit.engines.purchases import changes

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from valuekit.states.purchases import Stored

    Whole = NDArray[np.int64]
    Part = NDArray[np.int32]

_BATCH = 4_000_000
"""So many orders are sorted at a time, about."""


@dataclass(frozen=True)
class LeftOut:
    """Orders that are landed and no purchase of a metric, or one without a value.

    Attributes:
        no_customer: orders without a customer.
        no_date: orders without a readable purchase date.
        no_value: orders without a readable value: they count as purchases of 0.
    """

    no_customer: int = 0
    no_date: int = 0
    no_value: int = 0

    def __add__(self, other: LeftOut) -> LeftOut:
        """Both together."""
        return LeftOut(
            self.no_customer + other.no_customer, self.no_date + other.no_date, self.no_value + other.no_value
        )


@dataclass(frozen=True)
class Orders:
    """Orders as SQL.

    Attributes:
        source: SQL of `customer`, the dimensions, `date`, `value` (null where it is unknown) and the optional columns.
        dimensions: the names of the dimensions.
        optional: which of these it has: `recurring`, else 0; `orders`, else 1; `_blank`, the number of orders without
            a value.
        texts: given the name of a table, SQL of it with the dimensions as they are to be stored.
        count: how many rows there are, at most.
    """

    source: str
    dimensions: Sequence[str]
    optional: frozenset[str]
    texts: Callable[[str], str]
    count: int


def store(connection: DuckDBPyConnection, orders: Orders, stored: Stored) -> LeftOut:
    """Make the tables of the purchases that orders are, temporary ones; return what is not among them.

    Args:
        connection: where the orders are.
        orders: what was bought.
        stored: what the tables are called.
    """
    names = sql.names(orders.dimensions)
    number = "CAST(row_number() OVER () - 1 AS INTEGER) AS _group"
    if not names:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {stored.groups} AS SELECT CAST(0 AS INTEGER) AS _group")
    else:
        found = f"SELECT DISTINCT {names} FROM ({orders.source})"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {_GROUPS} AS SELECT {number}, * FROM ({found})")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {stored.groups} AS {orders.texts(_GROUPS)}")
    left_out, customers = LeftOut(), 0
    parts = max(1, -(-orders.count // _BATCH))
    for part in range(parts):
        some = "" if parts == 1 else f" WHERE hash(customer) % {parts} = {part}"
        usable, missing = _usable(connection.sql(_query(orders) + some).to_arrow_table())
        left_out += missing
        rows, ids = _numbered([usable], customers)
        customers += ids.num_rows
        del usable
        columns = "*" if "recurring" in rows.column_names else "*, CAST(0 AS DOUBLE) AS recurring"
        for name, fresh in ((stored.purchases, rows), (stored.customers, ids)):
            connection.register("fresh", fresh)
            made = f"CREATE OR REPLACE TEMP TABLE {name} AS" if part == 0 else f"INSERT INTO {name}"
            connection.execute(f"{made} SELECT {'*' if fresh is ids else columns} FROM fresh")
            connection.unregister("fresh")
    return left_out


_GROUPS = "groups_of_orders"


def _query(orders: Orders) -> str:
    """SQL of orders, with hashes of the customer and the number of the group."""
    who = "hash(customer) AS _who, CAST(hash('.' || customer) & 4294967295 AS UINTEGER) AS _also"
    columns = sql.names(("customer", "date", "value", *sorted(orders.optional)))
    if not orders.dimensions:
        return f"SELECT {who}, {columns} FROM ({orders.source}) AS p"
    same = " AND ".join(f"p.{sql.name(name)} IS NOT DISTINCT FROM g.{sql.name(name)}" for name in orders.dimensions)
    return f"SELECT {who}, {columns}, _group FROM ({orders.source}) AS p JOIN {_GROUPS} AS g ON {same}"


def _usable(table: pa.Table) -> tuple[pa.Table, LeftOut]:
    """The rows with a customer and a date, and how many orders that leaves out."""
    value = table["value"]
    whole = not table["customer"].null_count and not table["date"].null_count
    if whole and not value.null_count:
        return table, LeftOut()
    customer, date = (table[name].is_valid().to_numpy() for name in ("customer", "date"))
    if "orders" in table.column_names:
        orders, blank = table["orders"].to_numpy(), table["_blank"].to_numpy()
    else:
        orders, blank = np.ones(table.num_rows, dtype=np.int64), value.is_null().to_numpy()
    usable = customer & date
    missing = LeftOut(int(orders[~customer & date].sum()), int(orders[~date].sum()), int(blank[usable].sum()))
    return (table if whole else table.filter(pa.array(usable))), missing


def _numbered(tables: list[pa.Table], before: int) -> tuple[pa.Table, pa.Table]:
    """Number the customers and sum up what one bought in a group on a day; the ids of the customers come second.

    Args:
        tables: the orders, one table; it is taken out of the list, so that its columns are not kept longer than needed.
        before: how many customers have numbers.
    """
    table = tables.pop()
    owner, date, order = _owners(table)
    new = changes(owner)
    count = np.count_nonzero(new)
    names = table["customer"].combine_chunks().take(pa.array(order[new]))
    ids = pa.table({"_customer": np.arange(before, before + count, dtype=np.int32), "customer": names})
    table = table.drop_columns(["_who", "_also", "customer"])
    rows: dict[str, NDArray[Any]] = {"_customer": owner, "date": date}
    for name in table.column_names:
        if name in {"value", "recurring"}:
            rows[name] = _amounts(table[name].to_numpy()[order])
        elif name in {"orders", "_group"}:
            rows[name] = table[name].to_numpy()[order].astype(np.int32, copy=False)
    rows.setdefault("orders", np.ones(order.size, dtype=np.int32))
    rows.setdefault("_group", np.zeros(order.size, dtype=np.int32))
    rows = _summed(rows)
    rows["_customer"] += np.int32(before)
    return pa.table(rows | {"date": pa.array(rows["date"]).cast(pa.date32())}), ids


def _owners(table: pa.Table) -> tuple[Part, Part, Whole]:
    """The numbers of the customers in order, the dates, and that order: by the customer's hash, then by date.

    Both are sorted as one number; the lowest bits of the hash give way to the date.
    """
    date = table["date"].cast(pa.int32()).to_numpy()
    first = date.min(initial=0)
    day = (date - first).astype(np.uint64)
    bits = np.uint64(int(day.max(initial=0)).bit_length())
    found, order = _in_order(table["_who"].to_numpy() >> bits, bits, day)
    new, also = changes(found >> bits), table["_also"].to_numpy()
    if np.any(changes(also[order]) & ~new):  # two customers share a hash
        ranks = pl.Series(values=table["customer"], dtype=pl.String).rank("dense").to_numpy().astype(np.uint64)
        found, order = _in_order(ranks, bits, day)
        new = changes(found >> bits)
    owner: Part = np.cumsum(new, dtype=np.int32)
    owner -= 1
    found &= (np.uint64(1) << bits) - np.uint64(1)
    return owner, found.astype(np.int32) + first, order


def _in_order(who: NDArray[np.uint64], bits: np.uint64, day: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], Whole]:
    """Numbers of customer and day, sorted, and their order."""
    both = who << bits
    both |= day
    order: Whole = np.argsort(both)
    return both[order], order


def _summed(rows: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """One row for each customer, date and group; amounts are added from the lowest."""
    owner, date = rows["_customer"], rows["date"]
    again = ~(changes(owner) | changes(date))
    if not again.any():
        return rows
    tied = np.flatnonzero(again | np.append(again[1:], False))  # a flag of an array
    some = {name: values[tied] for name, values in rows.items()}
    some["day"] = np.cumsum(~again[tied])
    order = np.lexsort([some[name] for name in ("orders", "recurring", "value", "_group", "day") if name in some])
    some = {name: values[order] for name, values in some.items()}
    start = np.flatnonzero(changes(some["day"]) | changes(some["_group"]))
    keep = np.ones(owner.size, dtype=bool)
    keep[tied] = False
    keep[tied[start]] = True
    for name, values in rows.items():
        if name in {"value", "recurring", "orders"}:
            values[tied[start]] = np.add.reduceat(some[name], start)
        elif name == "_group":
            values[tied[start]] = some[name][start]
    return {name: rows.pop(name)[keep] for name in list(rows)}


def _amounts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amounts that add up; one that is not finite counts as 0: the purchase was made."""
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, 0.0)
