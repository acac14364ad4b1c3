"""The tables of the cache, and the format version that guards them.

Owns the layout. A cache of another format is refused with a clear message, never misread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from valuekit.cache.connect import first_row
from valuekit.errors import CacheError
from valuekit.facts.kinds import HOLDINGS_PARTITION

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

FORMAT = 3

FACTS = """
CREATE OR REPLACE TABLE facts (
    _partition DATE NOT NULL,
    _offer UHUGEINT NOT NULL,
    _row UHUGEINT NOT NULL,
    _fact BIGINT,
    _fact_text VARCHAR,
    _landing INTEGER NOT NULL
);
"""
"""The facts before anything has landed; every landing adds the columns that it lacks."""

ORDERS = f"""
CREATE OR REPLACE TABLE facts (
    _partition DATE GENERATED ALWAYS AS (DATE '{HOLDINGS_PARTITION}') VIRTUAL,
    _offer UHUGEINT GENERATED ALWAYS AS (CAST(0 AS UHUGEINT)) VIRTUAL,
    _row UHUGEINT NOT NULL,
    _fact BIGINT GENERATED ALWAYS AS (CAST(NULL AS BIGINT)) VIRTUAL,
    _fact_text VARCHAR GENERATED ALWAYS AS (CAST(NULL AS VARCHAR)) VIRTUAL,
    _landing INTEGER NOT NULL
);
"""
"""The same for orders; what is equal for all of them is not stored."""

_TABLES = """
CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);
CREATE TABLE sealed_rows (_row UHUGEINT NOT NULL, _offer UHUGEINT NOT NULL, _partition DATE NOT NULL);
CREATE TABLE labels (code INTEGER PRIMARY KEY, label VARCHAR NOT NULL);
CREATE TABLE landings (landing INTEGER PRIMARY KEY, columns VARCHAR[] NOT NULL, ids VARCHAR[] NOT NULL);
CREATE TABLE paths (path VARCHAR PRIMARY KEY, size BIGINT, mtime_ns BIGINT, sha256 VARCHAR, seen_ns BIGINT);
CREATE TABLE files (
    sha256 VARCHAR PRIMARY KEY,
    path VARCHAR NOT NULL,
    landing INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    rows_read BIGINT NOT NULL,
    rows_landed BIGINT NOT NULL,
    rows_rejected BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    conflicts BIGINT NOT NULL,
    too_late BIGINT NOT NULL,
    values_set_aside BIGINT NOT NULL,
    examples VARCHAR[] NOT NULL
);
CREATE TABLE seen (name VARCHAR PRIMARY KEY);
CREATE TABLE named (path VARCHAR PRIMARY KEY);
CREATE TABLE unreadable (path VARCHAR PRIMARY KEY, reason VARCHAR NOT NULL, run_id INTEGER NOT NULL);
CREATE TABLE partitions (
    partition DATE PRIMARY KEY, version BIGINT NOT NULL, rows BIGINT NOT NULL, sealed BOOLEAN NOT NULL
);
CREATE TABLE outcomes (partition DATE NOT NULL, outcome VARCHAR, rows BIGINT NOT NULL);
CREATE TABLE metrics (
    fingerprint VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    definition VARCHAR NOT NULL,
    run_id INTEGER NOT NULL
);
CREATE TABLE built (
    fingerprint VARCHAR NOT NULL,
    partition DATE NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (fingerprint, partition)
);
"""

FORGETTABLE = (
    "sealed_rows",
    "labels",
    "landings",
    "paths",
    "named",
    "seen",
    "files",
    "unreadable",
    "partitions",
    "outcomes",
    "metrics",
    "built",
)
"""What a full refresh empties, besides the facts."""

READER_TABLES = ("meta", "landings", "paths", "files", "unreadable", "partitions", "outcomes", "metrics", "built")
"""What a snapshot holds, besides the cells of every current metric."""


def prepare(connection: DuckDBPyConnection, file: Path) -> None:
    """Create the tables in an empty database, or check that they are of this format.

    Raises:
        CacheError: the file holds something else, or another format.
    """
    tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        connection.execute("BEGIN")
        connection.execute(FACTS)
        connection.execute(_TABLES)
        connection.execute(
            "INSERT INTO meta VALUES ('format', ?), ('generation', '0'), ('id', ?)", [str(FORMAT), uuid4().hex]
        )
        connection.execute("COMMIT")
        return
    check_format(connection, tables, file)


def check_format(connection: DuckDBPyConnection, tables: set[str], file: Path) -> None:
    """Refuse a database that is not a cache of this format."""
    row = first_row(connection, "SELECT value FROM meta WHERE key = 'format'") if "meta" in tables else None
    if row is None:
        raise CacheError(f"{file} is not a valuekit cache; name another folder with --cache")
    if row[0] != str(FORMAT):
        raise CacheError(
            f"{file} has cache format {row[0]}, this version reads {FORMAT}; "
            "the cache can be rebuilt from the files: run `valuekit cache clear`, then `valuekit ingest`"
        )
