"""Days whose states came from elsewhere, without facts: what the cache knows of them, and how they enter it.

Owns what an imported partition is: sealed, as its facts are not here, and of version 0, as none of them ever was. Never
touches a partition that has, or had, facts of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.cache.cells import table
from valuekit.cache.connect import first_row

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.states.plan import CellPlan

PARTITION = "_partition"


@dataclass(frozen=True)
class Day:
    """A partition without its cells.

    Attributes:
        partition: the day.
        rows: how many facts its states stand for.
        outcomes: how many rows have each outcome label; none where that is not known.
        version: how often its facts had changed where it was built.
        sealed: whether its facts were gone there, too.
    """

    partition: date
    rows: int
    outcomes: tuple[tuple[str | None, int], ...] = ()
    version: int = 0
    sealed: bool = True


def days(connection: DuckDBPyConnection) -> list[Day]:
    """Every partition of a cache or a snapshot, in order."""
    counted: dict[date, list[tuple[str | None, int]]] = {}
    query = "SELECT partition, outcome, rows FROM outcomes ORDER BY partition, outcome NULLS FIRST"
    for partition, outcome, rows in connection.execute(query).fetchall():
        counted.setdefault(partition, []).append((outcome, rows))
    rows = connection.execute("SELECT partition, rows, version, sealed FROM partitions ORDER BY partition").fetchall()
    return [
        Day(partition, count, tuple(counted.get(partition, ())), version, sealed)
        for partition, count, version, sealed in rows
    ]


def held(connection: DuckDBPyConnection) -> dict[date, bool]:
    """The partitions that the cache has, each with whether it was imported."""
    return dict(connection.execute("SELECT partition, version = 0 FROM partitions").fetchall())


def any_imported(connection: DuckDBPyConnection) -> bool:
    """Tell whether some partition was imported."""
    return first_row(connection, "SELECT 1 FROM partitions WHERE version = 0 LIMIT 1") is not None


def count(connection: DuckDBPyConnection) -> int:
    """How many partitions were imported."""
    return sum(held(connection).values())


def why_no_facts(connection: DuckDBPyConnection) -> str | None:
    """Say why the facts of some days are not there, or return None where all are."""
    row = first_row(
        connection,
        "SELECT max(partition) FILTER (version = 0), max(partition) FILTER (version > 0) FROM partitions WHERE sealed",
    )
    imported, expired = row or (None, None)
    if imported:
        return f"days up to {imported} were imported, as states without facts"
    return f"the facts of days up to {expired} have expired (keep_facts)" if expired else None


def forget(connection: DuckDBPyConnection, partitions: Sequence[date]) -> None:
    """Forget imported partitions and their cells; inside a transaction."""
    gone = [list(partitions)]
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND starts_with(table_name, 'cells_')"
    ).fetchall()
    for (name,) in tables:
        connection.execute(f"DELETE FROM {name} WHERE list_contains(?, _partition)", gone)
    for name in ("built", "outcomes", "partitions"):
        connection.execute(f"DELETE FROM {name} WHERE list_contains(?, partition)", gone)


def add_days(connection: DuckDBPyConnection, added: Iterable[Day]) -> None:
    """Enter partitions that the cache does not have; inside a transaction."""
    for day in added:
        connection.execute("INSERT INTO partitions VALUES (?, 0, ?, TRUE)", [day.partition, day.rows])
        for outcome, rows in day.outcomes:
            connection.execute("INSERT INTO outcomes VALUES (?, ?, ?)", [day.partition, outcome, rows])


def enter(connection: DuckDBPyConnection, plan: CellPlan, run_id: int, partitions: Sequence[date]) -> None:
    """Note that a metric has its cells of some days; inside a transaction, after the days themselves.

    Args:
        connection: the cache.
        plan: the metric.
        run_id: the run.
        partitions: the days; one of which no cells come has no offers.
    """
    connection.execute(
        "INSERT OR IGNORE INTO metrics VALUES (?, ?, ?, ?, ?)",
        [plan.fingerprint, plan.name, plan.family, plan.definition, run_id],
    )
    connection.execute("INSERT INTO built SELECT ?, unnest(?), 0", [plan.fingerprint, list(partitions)])


def add_cells(
    connection: DuckDBPyConnection, plan: CellPlan, columns: Sequence[tuple[str, str]], batches: Iterable[pa.Table]
) -> int:
    """Enter the cells of a metric; inside a transaction.

    Args:
        connection: the cache.
        plan: the metric.
        columns: the columns of a cell with their DuckDB types, `_partition` first.
        batches: the cells, in order.

    Returns:
        How many cells there were.
    """
    name, count = table(plan.fingerprint), 0
    defined = ", ".join(f"{sql.name(column)} {kind}" for column, kind in columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({defined})")
    for batch in batches:
        connection.register("fresh", batch)
        connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM fresh")
        connection.unregister("fresh")
        count += batch.num_rows
    return count


def described(connection: DuckDBPyConnection, schema: pa.Schema) -> list[tuple[str, str]]:
    """The columns of Arrow data with the DuckDB types that they become."""
    connection.register("fresh", schema.empty_table())
    rows = connection.execute("DESCRIBE SELECT * FROM fresh").fetchall()
    connection.unregister("fresh")
    return [(row[0], row[1]) for row in rows]
