"""From staged rows to facts: identity, duplicates, offers and partitions, in one transaction.

Owns how a batch of typed rows becomes facts. No row ever moves: a row joins the partition where its offer already is.
The rows of a file are staged, then judged together with the facts of the same identity; the winner does not depend on
the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa

from valuekit import sql
from valuekit.facts import identity, labels
from valuekit.facts.columns import UNREADABLE_INTEGER, Type
from valuekit.facts.kinds import INTERACTIONS, FactKind
from valuekit.facts.prepare import ROW_COLUMNS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.labels import Labels
    from valuekit.cache.ledger import Landing
    from valuekit.facts.columns import Column

BUFFER_ROWS = 120_000
SORTED_DAYS = 64
"""The rows of up to so many partitions are inserted one partition after the other, which costs less than sorting."""

_HARDLY_REPEATED = frozenset({"CustomerID"})
"""Texts that are written as they are: looking for repetition costs twice their writing, and finds little."""

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
        landing: what to land; facts of an older landing lack columns.
        labels: the codes of texts.
        kind: the kind of facts.
    """

    def __init__(
        self, connection: DuckDBPyConnection, landing: Landing, labels: Labels, kind: FactKind = INTERACTIONS
    ) -> None:
        self.connection = connection
        self._kind = kind
        self._labels = labels
        self.columns = landing.columns
        self.common = landing.common
        self.landing = landing.number
        self.rows = 0
        self._buffer: list[tuple[int, pa.Table]] = []
        self._buffered = 0
        self._spent_ids = [name for name in _ID_TYPES if name not in kind.kept_ids]
        fields = [f"{name} {_ID_TYPES[name]}" for name in kind.kept_ids]
        fields += [f"{sql.name(column.name)} {column.type.value}" for column in landing.columns]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged (_file INTEGER, {self._places}_row UHUGEINT, {', '.join(fields)})"
        )

    @property
    def _places(self) -> str:
        """The columns of staged rows that say where they belong, as SQL that ends with a comma."""
        return "_own DATE, _offer UHUGEINT, "

    def add(self, file: int, frame: pl.DataFrame) -> None:
        """Stage the typed rows of one batch of a file."""
        codes = [self._labels.encode(frame[column.name]) for column in self.columns if column.type is Type.LABEL]
        numbered = self._identified(frame).with_columns(pl.lit(file, pl.Int32).alias("_file"), *codes)
        # A compact copy: the views of the frame would keep the whole text of the source in memory.
        self._buffer.append((file, numbered.to_arrow(compat_level=pl.CompatLevel.oldest())))
        self._buffered += frame.height
        self.rows += frame.height
        if self._buffered >= BUFFER_ROWS:
            self._flush()

    def _identified(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Typed rows with what `_keyed` needs."""
        return frame

    def discard(self, file: int) -> None:
        """Forget the rows of a file that turned out unreadable."""
        self._buffer = [(number, batch) for number, batch in self._buffer if number != file]
        self._run(f"DELETE FROM staged WHERE _file = {file:d}")

    def _flush(self) -> None:
        """Hand the buffered batches to DuckDB in one statement: many small ones cost more than the rows."""
        if not self._buffer:
            return
        self.connection.register("batches", pa.concat_tables([batch for _, batch in self._buffer]))
        self._run(f"INSERT INTO staged BY NAME {self._keyed()}")
        self.connection.unregister("batches")
        self._buffer, self._buffered = [], 0

    def _keyed(self) -> str:
        """SQL of the buffered batches as they are staged."""
        return f"""
            SELECT {self._kind.own_partition} AS _own, {self._kind.row_key} AS _row,
                   * EXCLUDE ({", ".join(self._spent_ids)})
            FROM (SELECT {identity.OFFER_KEY} AS _offer, * FROM batches)
        """

    def land(self) -> dict[int, Landed]:
        """Turn the staged rows into facts; the caller has begun a transaction and commits it.

        Nothing can be staged afterwards.

        Returns:
            What became of the rows, by file.
        """
        self._flush()
        self._labels.save()
        self._add_missing_columns()
        staged = self._by_file("SELECT _file, count(*) FROM staged GROUP BY _file")
        self._place_offers()
        late = self._drop_late()
        self._find_contests()
        self._insert()
        duplicates = self._by_file("SELECT _file, count(*) FROM fate WHERE _repeats GROUP BY _file")
        conflicts = self._by_file("SELECT _file, count(*) FROM fate WHERE _conflicts GROUP BY _file")
        self._run("DROP TABLE staged")  # or DuckDB compresses it when the facts are committed
        return {
            file: Landed(
                landed=rows - late.get(file, 0) - duplicates.get(file, 0),
                duplicates=duplicates.get(file, 0),
                conflicts=conflicts.get(file, 0),
                too_late=late.get(file, 0),
            )
            for file, rows in staged.items()
        }

    def _add_missing_columns(self) -> None:
        rows = self._all("SELECT column_name FROM duckdb_columns() WHERE table_name = 'facts'")
        there = {name for (name,) in rows}
        for column in self.columns:
            if column.name not in there:
                written = " USING COMPRESSION uncompressed" if column.name in _HARDLY_REPEATED else ""
                self._run(f"ALTER TABLE facts ADD COLUMN {sql.name(column.name)} {column.type.value}{written}")

    def _place_offers(self) -> None:
        """Find the partition of offers that have facts, or several staged rows: table `placed`.

        Any other offer, nearly every one, is placed by its only row.
        """
        with self._recurring("_offer"):
            self._run(f"""
                CREATE OR REPLACE TEMP TABLE placed AS
                WITH known AS (
                    SELECT _offer, min(_partition) AS _partition
                    FROM (SELECT _offer, _partition FROM facts UNION ALL SELECT _offer, _partition FROM sealed_rows)
                    SEMI JOIN staged USING (_offer) GROUP BY _offer
                ),
                several AS (
                    SELECT _offer, {identity.PARTITION} AS _partition
                    FROM staged WHERE hash(_offer) IN (SELECT hash FROM again) GROUP BY _offer
                )
                SELECT * FROM known UNION ALL SELECT * FROM several ANTI JOIN known USING (_offer)
            """)

    def _drop_late(self) -> dict[int, int]:
        """Take out the rows of sealed partitions, and rows that repeat one of theirs; count them by file."""
        if not self._all("SELECT 1 FROM partitions WHERE sealed LIMIT 1"):
            return {}
        self._run("""
            CREATE OR REPLACE TEMP TABLE late AS
            SELECT staged.rowid AS _id, _file FROM staged LEFT JOIN placed ON staged._offer = placed._offer
            WHERE coalesce(placed._partition, _own) IN (SELECT partition FROM partitions WHERE sealed)
               OR _row IN (SELECT _row FROM sealed_rows)
        """)
        self._run("DELETE FROM staged WHERE rowid IN (SELECT _id FROM late)")
        return self._by_file("SELECT _file, count(*) FROM late GROUP BY _file")

    def _find_contests(self) -> None:
        """Judge identities that occur more than once: table `fate` with every staged contender.

        The row with the latest time of its kind wins, then the greatest by all columns in name order (a value beats a
        missing one). A fact that was landed without some of the columns is compared by those it has, and gives way to
        a row that equals it there: that row is the same one, read again.
        """
        self._find_repeated()
        self._run("""
            CREATE OR REPLACE TEMP TABLE contested AS
            SELECT _row FROM repeated
            UNION
            SELECT facts._row FROM facts SEMI JOIN staged ON facts._row = staged._row
        """)
        by_common = [f"CASE WHEN _mixed THEN {_comparable(column)} END" for column in self.common]
        order = [*by_common, "CASE WHEN _mixed THEN _fresh END", *map(_comparable, self.columns)]
        codes = sql.names(column.name for column in self.columns)
        ordered = ", ".join(f"{expression} DESC NULLS LAST" for expression in order)
        self._run(f"""
            CREATE OR REPLACE TEMP TABLE contest AS
            WITH contenders AS MATERIALIZED (
                SELECT rowid AS _id, _file, _row, TRUE AS _fresh, {codes}
                FROM staged WHERE _row IN (SELECT _row FROM contested)
                UNION ALL
                SELECT NULL, NULL, _row, _landing >= {self.landing}, {codes}
                FROM facts WHERE _row IN (SELECT _row FROM contested)
            ),
            texts AS (
                SELECT _id, _file, _row, _fresh, {labels.values(self.columns, "contenders")}
                FROM contenders{labels.joins(self.columns, "contenders")}
            ),
            mixed AS (SELECT *, NOT bool_and(_fresh) OVER (PARTITION BY _row) AS _mixed FROM texts)
            SELECT *, row_number() OVER (
                PARTITION BY _row ORDER BY {self._kind.latest_first}{ordered}, _file NULLS FIRST, _id
            ) AS _place
            FROM mixed AS contenders
        """)
        differs = " OR ".join(
            f"{_comparable(column, 'mine')} IS DISTINCT FROM {_comparable(column, 'winner')}" for column in self.columns
        )
        self._run(f"""
            CREATE OR REPLACE TEMP TABLE fate AS
            WITH known AS (SELECT _row FROM contest WHERE _id IS NULL AND _fresh),
            repeats AS (
                SELECT mine._id, mine._file, mine._row, mine._place,
                       mine._place > 1 OR mine._row IN (SELECT _row FROM known) AS _repeats, {differs} AS _differs
                FROM contest AS mine JOIN contest AS winner ON mine._row = winner._row AND winner._place = 1
                WHERE mine._id IS NOT NULL
            )
            SELECT _id, _file, _row, _place = 1 AS _wins, _repeats,
                   _repeats AND (_place = 1 OR _differs) AS _conflicts
            FROM repeats
        """)

    def _find_repeated(self) -> None:
        """Find identities that are staged more than once: table `repeated`."""
        with self._recurring("_row"):
            self._run("""
                CREATE OR REPLACE TEMP TABLE repeated AS
                SELECT _row FROM staged WHERE hash(_row) IN (SELECT hash FROM again)
                GROUP BY _row HAVING count(*) > 1
            """)

    @contextmanager
    def _recurring(self, key: str) -> Iterator[None]:
        """Have a table `again` of the hashes that staged keys share.

        Sorting hashes in NumPy costs a fifth of grouping by 128 bits; only keys whose hashes recur need be grouped.
        """
        hashes = np.sort(self.connection.execute(f"SELECT hash({key}) AS hash FROM staged").fetchnumpy()["hash"])
        again = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
        self.connection.register("again", pa.table({"hash": again}))
        try:
            yield
        finally:
            self.connection.unregister("again")

    def _insert(self) -> None:
        """Insert the winners, drop the facts that they displace, and mark every partition touched."""
        loses = "SELECT _id FROM fate WHERE NOT _wins"
        wins = f"staged.rowid NOT IN ({loses})" if self._all(f"{loses} LIMIT 1") else "TRUE"
        self._run(f"CREATE OR REPLACE TEMP TABLE touched AS {self._touched(wins)}")
        self._run("DELETE FROM facts WHERE _row IN (SELECT _row FROM fate WHERE _wins)")
        self._insert_winners(wins)
        self._run("""
            INSERT INTO partitions SELECT _partition, 1, 0, FALSE FROM touched
            ON CONFLICT (partition) DO UPDATE SET version = version + 1
        """)
        self._run("""
            UPDATE partitions SET rows = counted.rows
            FROM (
                SELECT touched._partition, count(facts._partition) AS rows
                FROM touched LEFT JOIN facts ON facts._partition = touched._partition GROUP BY touched._partition
            ) AS counted
            WHERE counted._partition = partitions.partition
        """)

    def _touched(self, wins: str) -> str:
        """SQL of the partitions that get or lose rows."""
        return f"""
            SELECT DISTINCT _partition FROM facts WHERE _row IN (SELECT _row FROM fate WHERE _wins)
            UNION
            SELECT DISTINCT placed._partition FROM staged JOIN placed ON staged._offer = placed._offer WHERE {wins}
            UNION
            SELECT DISTINCT _own FROM staged ANTI JOIN placed USING (_offer) WHERE {wins}
        """

    def _insert_winners(self, wins: str) -> None:
        """Insert rows so that those of a partition lie together: what is read of few partitions costs little then."""
        kept = "".join(f"{name}, " for name in self._kind.kept_ids)
        columns = sql.names(column.name for column in self.columns)
        values = f"staged._offer, _row, {kept}{self.landing} AS _landing, {columns} FROM staged"
        insert = "INSERT INTO facts BY NAME SELECT"
        alone = f"{insert} _own AS _partition, {values} ANTI JOIN placed USING (_offer) WHERE {wins}"
        days = [day for (day,) in self._all("SELECT DISTINCT _own FROM staged ORDER BY ALL")]
        if len(days) > SORTED_DAYS:
            self._run(f"{alone} ORDER BY _own")
        else:
            for day in days:
                self._run(f"{alone} AND _own = DATE '{day.isoformat()}'")
        join = "JOIN placed ON staged._offer = placed._offer"
        self._run(f"{insert} placed._partition, {values} {join} WHERE {wins} ORDER BY placed._partition")

    def _by_file(self, query: str) -> dict[int, int]:
        return dict(self._all(query))

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
    if column.type is Type.INTEGER:
        return f"CASE WHEN {name} > {UNREADABLE_INTEGER} THEN {name} END"
    return name
