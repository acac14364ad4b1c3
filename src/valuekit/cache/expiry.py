"""Facts that expire: `keep_facts` drops old facts and seals their partitions, whose states stay.

Owns which partitions are too old. Later rows for a sealed partition are counted as too late.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from valuekit.cache.connect import first_row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def expired(connection: DuckDBPyConnection, keep: timedelta) -> list[date]:
    """Find the partitions to seal: those older than `keep` before the newest partition that is not in the future."""
    today = datetime.now(UTC).date()
    row = first_row(connection, "SELECT max(partition) FROM partitions WHERE partition <= ?", [today])
    if row is None or row[0] is None:
        return []
    rows = connection.execute(
        "SELECT partition FROM partitions WHERE NOT sealed AND partition < ? ORDER BY partition", [row[0] - keep]
    ).fetchall()
    return [partition for (partition,) in rows]


def seal(connection: DuckDBPyConnection, partitions: list[date]) -> None:
    """Drop the facts of partitions whose states are up to date; inside a transaction.

    The keys of rows and offers stay, so that a later row is known to be too late whatever its own times say.
    """
    connection.execute(
        "INSERT INTO sealed_rows SELECT _row, _offer, _partition FROM facts WHERE list_contains(?, _partition)",
        [partitions],
    )
    connection.execute("DELETE FROM facts WHERE list_contains(?, _partition)", [partitions])
    connection.execute("UPDATE partitions SET sealed = TRUE WHERE list_contains(?, partition)", [partitions])
