"""Tables of purchases as the cache publishes them, and a plain reading of METRICS.md §7, for tests of any room."""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from random import Random
from typing import Any, NamedTuple

import duckdb
import polars as pl

from valuekit.engines.storing import Orders, store
from valuekit.states.purchases import Stored

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("customer", "channel", "country"), pl.String),
    "date": pl.Date,
    "value": pl.Float64,
    "orders": pl.Int64,
    "recurring": pl.Float64,
}


class Purchase(NamedTuple):
    """One row of the table."""

    customer: str
    channel: str | None
    country: str | None
    date: date
    value: float
    orders: int = 1
    recurring: float = 0.0


def some_purchases(seed: int, count: int = 500, customers: int = 60) -> list[Purchase]:
    """Purchases of customers who buy in several channels, some on one day, a few worth less than nothing."""
    random = Random(seed)  # noqa: S311 - test data
    rows: dict[tuple[object, ...], Purchase] = {}
    for _ in range(count):
        day = date.fromordinal(date(2024, 1, 1).toordinal() + int(random.betavariate(1, 2) * 90))
        key = (f"C{random.randrange(customers)}", random.choice(["Web", "Store", None]), random.choice("AB"), day)
        value = round(random.gauss(40, 25), 2)
        rows[key] = Purchase(*key, value, random.choice([1, 1, 1, 2]), random.choice([0.0, 12.5]))
    return list(rows.values())


def table_of(rows: Iterable[Purchase]) -> duckdb.DuckDBPyConnection:
    """A connection with the table `purchases`."""
    connection = duckdb.connect()
    connection.execute(
        """
        CREATE TABLE purchases (customer VARCHAR, "Channel" VARCHAR, "Country" VARCHAR, date DATE, value DOUBLE,
                                orders BIGINT, recurring DOUBLE)
        """
    )
    fresh = pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
    connection.register("fresh", fresh)
    connection.execute("INSERT INTO purchases SELECT * FROM fresh")
    connection.unregister("fresh")
    return connection


def stored(connection: duckdb.DuckDBPyConnection, dimensions: Iterable[str] = ("Channel", "Country")) -> Stored:
    """The table `purchases` of a connection as the cache stores it."""
    columns = "customer, date, value, orders, recurring, CAST(value IS NULL AS BIGINT) AS _blank"
    names = tuple(dimensions)
    source = f"SELECT {columns}{''.join(f', {name}' for name in names)} FROM purchases"
    ((count,),) = connection.execute("SELECT count(*) FROM purchases").fetchall()
    found = Stored.under("stored")
    optional = frozenset({"orders", "recurring", "_blank"})
    store(connection, Orders(source, names, optional, lambda table: f"SELECT * FROM {table}", count), found)
    return found


def plain(rows: Iterable[Purchase], end: date, *, orders: bool = False) -> Mapping[str, Any]:
    """What the law says of one customer's purchases."""
    days: defaultdict[date, list[float]] = defaultdict(list)
    kept = list(rows)
    for row in kept:
        days[row.date].append(row.value)
    dates = sorted(days)
    repeats = [sum(sorted(days[day])) for day in dates[1:]]
    count = sum(row.orders for row in kept)
    return {
        "frequency": count - 1 if orders else len(dates) - 1,
        "recency": (dates[-1] - dates[0]).days,
        "tenure": (end - dates[0]).days,
        "days_since_last": (end - dates[-1]).days,
        "monetary_value": statistics.fmean(repeats) if repeats else 0.0,
        "lifetime_value": sum(row.value for row in kept),
        "orders": count,
        "repeat": bool(repeats),
    }


def by_customer(rows: Iterable[Purchase]) -> dict[str, list[Purchase]]:
    """Purchases of each customer, customers in order."""
    ordered = sorted(rows, key=lambda row: row.customer)
    return {name: list(own) for name, own in itertools.groupby(ordered, key=lambda row: row.customer)}


def modelled_purchases(seed: int, customers: int = 400, days: int = 400) -> list[Purchase]:
    """Purchases of customers who buy as BG/NBD and Gamma-Gamma say, in two channels and a country of their own."""
    random = Random(seed)  # noqa: S311 - test data
    rows: dict[tuple[object, ...], Purchase] = {}
    for customer in range(customers):
        rate, leaving = random.gammavariate(0.8, 1 / 40), random.betavariate(0.9, 2.5)
        worth, day = 60 / random.gammavariate(4, 1), random.random() * days * 0.6
        repeat = False
        while day < days:
            when = date.fromordinal(date(2023, 1, 1).toordinal() + int(day))
            channel, value = random.choice(["Web", "Store"]), round(random.gammavariate(6, worth / 6), 2) + 0.01
            key = (f"C{customer}", channel, "AB"[customer % 2], when)
            rows.setdefault(key, Purchase(*key, value))
            day += random.expovariate(rate)
            if repeat and random.random() < leaving:
                break
            repeat = True
    return list(rows.values())
