"""Which outcome labels occur, and which of them metrics count.

Owns the warning that a metric has only one side: labels that never occur would otherwise show as a rate of 0 or 100 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.metrics.base import Metric

SHOWN = 5


def label_table(connection: DuckDBPyConnection, metrics: Iterable[Metric]) -> pl.DataFrame:
    """List the labels of a snapshot, the most frequent first.

    Returns:
        `Outcome`, `Rows`, `Share` of all rows, then for each metric a column with what it counts the label as:
        `positive`, `negative` or null.
    """
    frame: pl.DataFrame = connection.sql(
        """
        SELECT outcome AS "Outcome", CAST(sum(rows) AS BIGINT) AS "Rows",
               sum(rows) / sum(sum(rows)) OVER () AS "Share"
        FROM outcomes GROUP BY outcome ORDER BY "Rows" DESC, outcome NULLS FIRST
        """
    ).pl()
    roles = {
        metric.config.name: {
            **dict.fromkeys(metric.labels.negative, "negative"),
            **dict.fromkeys(metric.labels.positive, "positive"),
        }
        for metric in metrics
    }
    return frame.with_columns(
        pl.Series(name, [role.get(label) for label in frame["Outcome"]], pl.String) for name, role in roles.items()
    )


def one_sided(connection: DuckDBPyConnection, metrics: Iterable[Metric]) -> Iterator[str]:
    """Say which metrics have positive or negative labels of which none occurs in the data."""
    wanted = list(metrics)
    table = label_table(connection, wanted)
    if table.is_empty():
        return
    seen = [f"{label or 'none'} ({share:.1%})" for label, share in table.select("Outcome", "Share").head(SHOWN).rows()]
    more = f" and {table.height - SHOWN} more" if table.height > SHOWN else ""
    for metric in wanted:
        for side, labels in (("positive", metric.labels.positive), ("negative", metric.labels.negative)):
            if side not in table[metric.config.name]:
                yield (
                    f"metric {metric.config.name}: none of its {side} labels ({', '.join(labels)}) occurs in the data; "
                    f"there are {', '.join(seen)}{more}: see `valuekit list outcomes`"
                )
