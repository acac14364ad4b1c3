"""DuckDB connections that cannot leave the cache folder.

Owns how a connection is opened. Every one is confined to its folder and then locked, so that no SQL text, whatever its
origin, can read another file, reach the network or change a setting.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from valuekit.errors import CacheError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def connect(
    file: Path, *, memory_limit: str | None = None, threads: int | None = None, read_only: bool = False
) -> DuckDBPyConnection:
    """Open a DuckDB file, confined to its folder.

    Args:
        file: the database.
        memory_limit: as DuckDB writes it, for example `1GB`; default a quarter of the machine's memory.
        threads: default the number of processors this process may use.
        read_only: open for reading beside other readers.

    Raises:
        CacheError: the file is no database of this DuckDB, or another process holds it.
    """
    folder = file.parent.resolve()
    try:
        connection = duckdb.connect(str(file), read_only=read_only)
    except duckdb.Error as error:
        raise CacheError(f"{file} cannot be opened as a DuckDB database: {_first_line(error)}") from error
    scratch = folder / "tmp"
    connection.execute("SET allowed_directories = [?]", [f"{folder}{os.sep}"])
    connection.execute("SET memory_limit = ?", [memory_limit or "25%"])
    connection.execute("SET threads = ?", [threads or available_processors()])
    connection.execute("SET temp_directory = ?", [str(scratch)])
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def first_row(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
    """Run a query to its end and return its first row; a result that is not read to its end locks the connection."""
    rows: list[tuple[Any, ...]] = connection.execute(query, list(parameters)).fetchall()
    return rows[0] if rows else None


def available_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
