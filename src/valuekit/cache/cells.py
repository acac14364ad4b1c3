"""The cells of every metric, stored under the fingerprint of what defines them.

Owns which partitions of which metric are up to date. A partition's cells are replaced, never added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from valuekit.cache.connect import first_row
from valuekit.states.plan import difference

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.states.plan import CellPlan, Defined


def table(fingerprint: str) -> str:
    """The name of the table that holds the cells of a metric."""
    return f"cells_{fingerprint}"


class Cells:
    """The states of an open cache."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def why_rebuilt(self, plan: Defined) -> str | None:
        """Say why a metric must be built from the start, or return None when its cells are there, under any name."""
        if self.are_there(plan):
            return None
        rows = self._connection.execute(
            "SELECT definition FROM metrics WHERE name = ? ORDER BY run_id", [plan.name]
        ).fetchall()
        return difference(rows[-1][0], plan.definition) if rows else "new"

    def are_there(self, plan: Defined) -> bool:
        """Tell whether there are cells of a metric, if only of no facts."""
        query = "SELECT 1 FROM metrics WHERE fingerprint = ?"
        return first_row(self._connection, query, [plan.fingerprint]) is not None

    def dirty(self, plans: Iterable[Defined]) -> dict[date, frozenset[str]]:
        """Find the partitions whose cells are missing or older than their facts.

        Returns:
            Partition -> fingerprints of the metrics to rebuild there, in order of partition. Sealed partitions have no
            facts any more and are never dirty.
        """
        rows = self._connection.execute(
            """
            SELECT partitions.partition, wanted.fingerprint
            FROM partitions CROSS JOIN (SELECT unnest(?) AS fingerprint) AS wanted
            LEFT JOIN built ON built.partition = partitions.partition AND built.fingerprint = wanted.fingerprint
            WHERE NOT partitions.sealed AND partitions.version IS DISTINCT FROM built.version
            """,
            [sorted({plan.fingerprint for plan in plans})],
        ).fetchall()
        found: dict[date, set[str]] = {}
        for partition, fingerprint in sorted(rows):
            found.setdefault(partition, set()).add(fingerprint)
        return {partition: frozenset(fingerprints) for partition, fingerprints in found.items()}

    def sizes(self) -> dict[date, int]:
        """The number of facts in each partition."""
        return dict(self._connection.execute("SELECT partition, rows FROM partitions").fetchall())

    def touch(self, since: date | None, until: date | None) -> None:
        """Mark a range of partitions dirty, both ends included."""
        self._connection.execute(
            """
            UPDATE partitions SET version = version + 1
            WHERE partition >= coalesce(?, partition) AND partition <= coalesce(?, partition) AND NOT sealed
            """,
            [since, until],
        )

    def replace(self, plan: CellPlan, cells: pa.Table, partitions: Sequence[date], run_id: int) -> None:
        """Replace the cells of whole partitions, which come sorted by their keys; inside a transaction."""
        name = table(plan.fingerprint)
        self._connection.register("fresh", cells)
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM fresh LIMIT 0")
        self._connection.execute(f"DELETE FROM {name} WHERE list_contains(?, _partition)", [list(partitions)])
        self._connection.execute(f"INSERT INTO {name} SELECT * FROM fresh")
        self._connection.unregister("fresh")
        self.note_built(plan, partitions, run_id)

    def note_built(self, plan: Defined, partitions: Iterable[date], run_id: int) -> None:
        """Write down that what is kept of a metric is up to date in some partitions; inside a transaction."""
        self._connection.execute(
            "INSERT OR IGNORE INTO metrics VALUES (?, ?, ?, ?, ?)",
            [plan.fingerprint, plan.name, plan.family, plan.definition, run_id],
        )
        self._connection.execute(
            """
            INSERT OR REPLACE INTO built
            SELECT ?, partition, version FROM partitions WHERE list_contains(?, partition)
            """,
            [plan.fingerprint, list(partitions)],
        )

    def count_outcomes(self, partitions: Sequence[date]) -> None:
        """Count the rows of every outcome label in whole partitions; inside a transaction."""
        days = list(partitions)
        self._connection.execute("DELETE FROM outcomes WHERE list_contains(?, partition)", [days])
        self._connection.execute(
            """
            INSERT INTO outcomes
            SELECT _partition, nullif(label, ''), count(*) FROM facts LEFT JOIN labels ON code = "Outcome"
            WHERE list_contains(?, _partition) GROUP BY ALL ORDER BY ALL
            """,
            [days],
        )

    def adopt(self, plans: Iterable[Defined]) -> None:
        """Give cells whose metric was renamed its new name; nothing of what readers see changes."""
        names = {plan.name: plan.fingerprint for plan in plans}
        for name, fingerprint in names.items():
            self._connection.execute(
                "UPDATE metrics SET name = ? WHERE fingerprint = ? AND NOT list_contains(?, name)",
                [name, fingerprint, list(names)],
            )

    def obsolete(self, plans: Iterable[Defined]) -> list[str]:
        """Find cells to forget, by fingerprint.

        The cells of a metric that was edited stay as long as some are of sealed partitions: these could not be built
        again if the edit were taken back.
        """
        names = {plan.name: plan.fingerprint for plan in plans}
        rows = self._connection.execute(
            """
            SELECT fingerprint FROM metrics
            WHERE NOT list_contains(?, fingerprint) AND NOT (
                list_contains(?, name)
                AND fingerprint IN (SELECT fingerprint FROM built JOIN partitions USING (partition) WHERE sealed)
            )
            """,
            [list(names.values()), list(names)],
        ).fetchall()
        return [fingerprint for (fingerprint,) in rows]

    def drop(self, fingerprints: Iterable[str]) -> None:
        """Forget cells; inside a transaction."""
        for fingerprint in fingerprints:
            self._connection.execute(f"DROP TABLE IF EXISTS {table(fingerprint)}")
            self._connection.execute("DELETE FROM built WHERE fingerprint = ?", [fingerprint])
            self._connection.execute("DELETE FROM metrics WHERE fingerprint = ?", [fingerprint])

    def drop_outdated(self) -> None:
        """Forget cells of sealed partitions that are older than their last facts; inside a transaction.

        Only metrics as they were before an edit have such cells.
        """
        rows = self._connection.execute(
            """
            SELECT fingerprint, partition FROM built JOIN partitions USING (partition)
            WHERE sealed AND built.version <> partitions.version
            """
        ).fetchall()
        for fingerprint, partition in rows:
            self._connection.execute(f"DELETE FROM {table(fingerprint)} WHERE _partition = ?", [partition])
            self._connection.execute(
                "DELETE FROM built WHERE fingerprint = ? AND partition = ?", [fingerprint, partition]
            )
