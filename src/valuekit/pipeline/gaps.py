"""Days that a metric lacks, because their facts are not there to build it from.

Owns the words for it. Never fills a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from valuekit.cache.connect import first_row
from valuekit.wording import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.pipeline.plans import Plans


def gaps(connection: DuckDBPyConnection, plans: Plans, names: Sequence[str]) -> Iterator[str]:
    """Say which metrics lack the states of sealed partitions: they changed since, or were not imported.

    Args:
        connection: the snapshot.
        plans: what the config asks for.
        names: the metrics to look at.
    """
    for name in names:
        fingerprint = plans.cells[name].fingerprint
        first = first_row(connection, "SELECT min(partition) FROM built WHERE fingerprint = ?", [fingerprint])
        rows = connection.execute(
            """
            WITH mine AS (SELECT partition FROM built WHERE fingerprint = ?)
            SELECT version = 0 AS imported, count(*), max(partition)
            FROM partitions ANTI JOIN mine USING (partition) WHERE sealed GROUP BY imported ORDER BY imported
            """,
            [fingerprint],
        ).fetchall()
        for imported, lacking, latest in rows:
            if imported:
                days = "1 day that was" if lacking == 1 else f"{lacking:,} days that were"
                yield f"metric {name} lacks {days} imported without it, up to {latest}"
            elif first is None or first[0] is None:
                yield f"metric {name} is empty: it changed after all facts had expired (keep_facts)"
            elif latest < first[0]:
                yield f"metric {name} starts at {first[0]}: it changed after older facts had expired (keep_facts)"
            else:
                yield (
                    f"metric {name} lacks {counted(lacking, 'day')} up to {latest}: "
                    "it was defined otherwise when their facts expired (keep_facts)"
                )
