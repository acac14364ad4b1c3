"""A sample of customers with what they bought.

Owns who is in it: chosen by chance, the same ones every time, whatever the order of the purchases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuekit import sql
from valuekit.engines.purchases import Window
from valuekit.reports.kinds.subject import Bought

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.pipeline.desk import Desk

SEED = 20_240_707
_HASHES = 1 << 64


def bought(desk: Desk, by: tuple[str, ...], sample: int, customers: int) -> Bought:
    """Draw customers, and read their purchases until the end of observation.

    Args:
        desk: the metric and its purchases.
        by: dimensions of the purchases to give, too.
        sample: how many customers, at most.
        customers: how many there are.
    """
    window = Window.until(desk.observation_end, desk.metric.config.lifespan)
    kept = f"date <= DATE '{window.end}'" + (f" AND date > DATE '{window.after}'" if window.after else "")
    source = f"SELECT * FROM {sql.name(desk.bought.table)} WHERE {kept}"
    connection = desk.bought.connection
    connection.register("drawn_customers", _drawn(connection, source, sample, customers))
    columns = ", ".join(["customer", *map(sql.name, by), "date"])
    rows = connection.sql(
        f"SELECT {columns}, CAST(sum(orders) AS BIGINT) AS orders FROM ({source}) "
        f"SEMI JOIN drawn_customers USING (customer) GROUP BY {columns}"
    ).pl()
    connection.unregister("drawn_customers")
    first = rows.group_by("customer").agg(pl.col("date").min().alias("first")).sort("first", "customer")
    numbers = first.select("customer", pl.int_range(pl.len(), dtype=pl.Int64).alias("number"))
    rows = rows.join(numbers, on="customer", how="left", nulls_equal=True).drop("customer")
    rows = rows.rename({"number": "customer"}).select("customer", *by, "date", "orders")
    return Bought(rows.sort("customer", "date", *by, nulls_last=False), customers, desk.observation_end)


def _drawn(connection: DuckDBPyConnection, source: str, sample: int, customers: int) -> pa.Table:
    """The customers of the lowest hashes: sought among few first, so that not all have to be told apart."""
    chance = f"hash('{SEED} ' || customer)"
    share = 4.0 * sample / max(customers, 1)
    while True:
        low = f"{chance} < {int(share * _HASHES)}" if share < 1.0 else "TRUE"
        table = connection.sql(
            f"SELECT customer FROM (SELECT DISTINCT customer FROM ({source}) WHERE {low}) "
            f"ORDER BY {chance}, customer LIMIT {sample}"
        ).to_arrow_table()
        if share >= 1.0 or table.num_rows == sample:
            return table
        share *= 8.0
