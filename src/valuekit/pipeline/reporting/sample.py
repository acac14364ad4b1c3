"""A sample of customers with what they bought.

Owns who is in it: chosen by chance, the same ones every time, whatever the order of the purchases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit import sql
from valuekit.engines.purchases import Window
from valuekit.reports.kinds.subject import Bought

if TYPE_CHECKING:
    from valuekit.pipeline.desk import Desk

SEED = 20_240_707


def bought(desk: Desk, by: tuple[str, ...], sample: int) -> Bought:
    """Draw customers, and read their purchases until the end of observation.

    Args:
        desk: the metric and its purchases.
        by: dimensions of the purchases to give, too.
        sample: how many customers, at most.
    """
    window = Window.until(desk.observation_end, desk.metric.config.lifespan)
    kept = f"date <= DATE '{window.end}'" + (f" AND date > DATE '{window.after}'" if window.after else "")
    source = f"SELECT * FROM {sql.name(desk.bought.table)} WHERE {kept}"
    connection = desk.bought.connection
    ids = connection.sql(f"SELECT DISTINCT customer FROM ({source}) ORDER BY customer").pl().to_series()
    generator = np.random.default_rng(SEED)
    places = np.sort(generator.choice(ids.len(), min(sample, ids.len()), replace=False))
    drawn = pl.DataFrame({"customer": ids.gather(places)})
    connection.register("drawn_customers", drawn.to_arrow())
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
    return Bought(rows.sort("customer", "date", *by, nulls_last=False), ids.len(), desk.observation_end)
