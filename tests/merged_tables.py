"""What a metric is given to evaluate, from offers: its states built and merged by their own SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Metric


def build_and_merge(metric: Metric, offers: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Cells by day and channel, then merged to the grain of `by`, sorted; the total is always one row."""
    keys = list(by) or ["total"]
    tables = []
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("offers", offers.with_columns(total=pl.lit("all")).to_arrow())
        for state in metric.states:
            cells = state.build_sql("offers", ["total", "Day", "Channel"])
            tables.append(connection.sql(state.merge_sql(f"({cells}) AS cells", keys)).pl())
    merged = tables[0].select(by).sort(by) if by else pl.DataFrame({"total": ["all"]})
    for table in tables:
        merged = merged.join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return merged.drop("total", strict=False)
