"""From staged rows to facts: identity, duplicates, offers and partitions, in one transaction.

Owns how a batch of typed rows becomes facts. No row ever moves: a row joins the partition where its offer already is.
The rows of a file are staged, then judged together with the facts of the same identity; the winner does not depend on
the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from valuekit import sql
from valuekit.facts import identity, labels
from valuekit.facts.columns import Column, Type
from valuekit.facts.prepare import ROW_COLUMNS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.labels import Labels

BUFFER_ROWS = 120_000

_ID_TYPES = dict(zip(ROW_COLUMNS, ("BIGINT", "VARCHAR", "VARCHAR", "VARCHAR"), strict=True))


@dataclass(frozen=True)
class Landed:
    """What became of the staged rows of one file."""

    landed: int
    duplicates: int
    conflicts: int
    too_late: int


class Staging:
    """Rows of a few files on their way into the facts.

    Args:
        connection: the cache's, which spills to disk when the rows outgrow its memory limit.
        plan: the columns of this landing, in name order.
        landing: its number; facts of an older landing lack columns, and give way to the same row read again.
        labels: the codes of texts.
    """

    def __init__(self, connection: DuckDBPyConnection, plan: Sequence[Column], landing: int, labels: Labels) -> None:
        self.connection = connection
        self._labels = labels
        self.columns = tuple(plan)
        self.landing = landing
        self.rows = 0
        self._buffer: list[tuple[int, pa.Table]] = []
        self._buffered = 0
        fields = [f"{name} {kind}" for name, kind in _ID_TYPES.items()]
        fields += [f"{sql.name(column.name)} {column.type.value}" for column in plan]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged (_file INTEGER, _offer UHUGEINT, _row UHUGEINT, {', '.join(fields)})"
        )

    def add(self, file: int, frame: pl.DataFrame) -> None:
        """Stage the typed rows of one batch of a file."""
        codes = [self._labels.encode(frame[column.name]) for column in self.columns if column.type is Type.LABEL]
        numbered = frame.with_columns(pl.lit(file, pl.Int32).alias("_file"), *codes)
        # A compact copy: the views of the frame would keep the whole text of the source in memory.
        self._buffer.append((file, numbered.to_arrow(compat_level=pl.CompatLevel.oldest())))
        self._buffered += frame.height
        self.rows += frame.height
        if self._buffered >= BUFFER_ROWS:
            self._flush()

    def discard(self, file: int) -> None:
        """Forget the rows of a file that turned out unreadable."""
        self._buffer = [(number, batch) for number, batch in self._buffer if number != file]
        self._run(f"DELETE FROM staged WHERE _file = {file:d}")

    def _flush(self) -> None:
        """Hand the buffered batches to DuckDB in one statement: many small ones cost more than the rows."""
        if not self._buffer:
            return
        self.connection.register("batches", pa.concat_tables([batch for _, batch in self._buffer]))
        self._run(f"""
            INSERT INTO staged BY NAME
            SELECT {identity.ROW_KEY} AS _row, * FROM (SELECT {identity.OFFER_KEY} AS _offer, * FROM batches)
        """)
        self.connection.unregister("batches")
        self._buffer, self._buffered = [], 0

    def land(self) -> dict[int, Landed]:
        """Turn the staged rows into facts; the caller has begun a transaction and commits it.

        Returns:
            What became of the rows, by file.
        """
        self._flush()
        self._labels.save()
        self._add_missing_columns()
        self._find_contests()
        self._place_offers()
        self._insert()
        return self._account()

    def _add_missing_columns(self) -> None:
        there = {name for (name,) in self._all("SELECT column_name FROM duckdb_columns() WHERE table_name = 'facts'")}
        for column in self.columns:
            if column.name not in there:
                self._run(f"ALTER TABLE facts ADD COLUMN {sql.name(column.name)} {column.type.value}")

    def _find_contests(self) -> None:
        """Judge identities that occur more than once: table `contest` with the place of every contender.

        The row with the latest OutcomeTime wins, then the greatest by all columns in name order (a value beats a
        missing one). Facts of an older landing lose to any row read again.
        """
        order = ", ".join(f"{_comparable(column)} DESC NULLS LAST" for column in self.columns)
        self._run("""
            CREATE OR REPLACE TEMP TABLE contested AS
            SELECT _row FROM staged GROUP BY _row HAVING count(*) > 1
            UNION
            SELECT facts._row FROM facts SEMI JOIN staged ON facts._row = staged._row
        """)
        self._run(f"""
            CREATE OR REPLACE TEMP TABLE contest AS
            WITH contenders AS (
                SELECT staged.rowid AS staged_id, _file, _row, TRUE AS fresh, {labels.values(self.columns, "staged")}
                FROM staged{labels.joins(self.columns, "staged")}
                WHERE _row IN (SELECT _row FROM contested)
                UNION ALL
                SELECT NULL, NULL, _row, _landing >= {self.landing}, {labels.values(self.columns, "facts")}
                FROM facts{labels.joins(self.columns, "facts")}
                WHERE _row IN (SELECT _row FROM contested)
            )
            SELECT *, row_number() OVER (
                PARTITION BY _row ORDER BY fresh DESC, "OutcomeTime" DESC, {order}, _file NULLS FIRST, staged_id
            ) AS place
            FROM contenders
        """)

    def _place_offers(self) -> None:
        """Give every staged offer its partition: table `placed`."""
        self._run(f"""
            CREATE OR REPLACE TEMP TABLE placed AS
            WITH known AS (
                SELECT facts._offer, min(facts._partition) AS _partition
                FROM facts SEMI JOIN staged ON facts._offer = staged._offer GROUP BY facts._offer
            ),
            offers AS (SELECT _offer, {identity.PARTITION} AS _partition FROM staged GROUP BY _offer)
            SELECT offers._offer, coalesce(known._partition, offers._partition) AS _partition
            FROM offers LEFT JOIN known ON offers._offer = known._offer
        """)

    def _insert(self) -> None:
        """Insert the winners, drop the facts that they displace, and mark every partition touched."""
        columns = sql.names(column.name for column in self.columns)
        self._run("""
            CREATE OR REPLACE TEMP TABLE losing AS
            SELECT staged_id AS id FROM contest WHERE staged_id IS NOT NULL AND place > 1
            UNION ALL
            SELECT staged.rowid FROM staged JOIN placed ON staged._offer = placed._offer
            JOIN partitions ON partitions.partition = placed._partition AND partitions.sealed
        """)
        self._run("""
            CREATE OR REPLACE TEMP TABLE displaced AS
            SELECT loser._row FROM contest AS loser JOIN contest AS winner USING (_row)
            WHERE loser.staged_id IS NULL AND winner.place = 1 AND winner.staged_id IS NOT NULL
              AND winner.staged_id NOT IN (SELECT id FROM losing)
        """)
        self._run("""
            CREATE OR REPLACE TEMP TABLE touched AS
            SELECT DISTINCT _partition FROM facts WHERE _row IN (SELECT _row FROM displaced)
        """)
        self._run("DELETE FROM facts WHERE _row IN (SELECT _row FROM displaced)")
        self._run(f"""
            INSERT INTO facts BY NAME
            SELECT placed._partition, staged._offer, _row, _fact, _fact_text, {self.landing} AS _landing, {columns}
            FROM staged JOIN placed ON staged._offer = placed._offer
            WHERE staged.rowid NOT IN (SELECT id FROM losing)
            ORDER BY placed._partition
        """)
        self._run("""
            INSERT INTO partitions
            SELECT _partition, 1, 0, FALSE FROM (
                SELECT _partition FROM touched
                UNION
                SELECT placed._partition FROM staged JOIN placed ON staged._offer = placed._offer
                WHERE staged.rowid NOT IN (SELECT id FROM losing)
            )
            ON CONFLICT (partition) DO UPDATE SET version = version + 1
        """)
        self._run("""
            UPDATE partitions SET rows = counted.rows
            FROM (
                SELECT partition, count(facts._partition) AS rows
                FROM partitions LEFT JOIN facts ON facts._partition = partition GROUP BY partition
            ) AS counted
            WHERE counted.partition = partitions.partition AND NOT partitions.sealed
        """)

    def _account(self) -> dict[int, Landed]:
        """Count, by file, rows that are new identities, repetitions, and repetitions that differ."""
        differs = " OR ".join(
            f"{_comparable(column, 'mine')} IS DISTINCT FROM {_comparable(column, 'winner')}" for column in self.columns
        )
        rows = self._all(f"""
            WITH known AS (SELECT DISTINCT _row FROM contest WHERE staged_id IS NULL AND fresh),
            late AS (
                SELECT staged.rowid AS id FROM staged JOIN placed ON staged._offer = placed._offer
                JOIN partitions ON partitions.partition = placed._partition AND partitions.sealed
            ),
            repeated AS (
                SELECT mine.staged_id AS id, mine.place = 1 OR ({differs}) AS conflict
                FROM contest AS mine JOIN contest AS winner ON mine._row = winner._row AND winner.place = 1
                WHERE mine.staged_id IS NOT NULL AND (mine.place > 1 OR mine._row IN (SELECT _row FROM known))
            )
            SELECT _file, count(*), count(late.id), count(repeated.id) FILTER (late.id IS NULL),
                   count(*) FILTER (repeated.conflict AND late.id IS NULL)
            FROM staged LEFT JOIN late ON late.id = staged.rowid LEFT JOIN repeated ON repeated.id = staged.rowid
            GROUP BY _file
        """)
        return {
            file: Landed(total - late - repeated, repeated, conflicts, late)
            for file, total, late, repeated, conflicts in rows
        }

    def _run(self, statement: str) -> None:
        self.connection.execute(statement)

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


def _comparable(column: Column, table: str = "contenders") -> str:
    """A value as it is compared: an empty text, an empty number and an unreadable one are missing."""
    name = f"{table}.{sql.name(column.name)}"
    if column.type in {Type.TEXT, Type.LABEL}:
        return f"nullif({name}, '')"
    if column.type is Type.NUMBER:
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    return name
