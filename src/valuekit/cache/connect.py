"""DuckDB connections that cannot leave the cache folder.

Owns how a connection is opened, and what a failing disk, memory or file is called. Every connection is confined to its
folder and then locked, so that no SQL text, whatever its origin, can read another file, reach the network or change a
setting.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from valuekit.errors import CacheError, DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


REBUILD = "the cache can be rebuilt from the files: run `valuekit cache clear`, then `valuekit ingest`"
"""What to do about a damaged database."""

_SHARE = 0.6
_opening = threading.Lock()


def connect(
    file: Path,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    read_only: bool = False,
    plain_texts: bool = False,
    remedy: str = REBUILD,
) -> DuckDBPyConnection:
    """Open a DuckDB file, confined to its folder.

    Within a process all connections to a file share one instance of DuckDB, and the settings of the first.

    Args:
        file: the database.
        memory_limit: of the whole run, as DuckDB writes it, for example `1GB`; DuckDB gets a part of it. Default a
            quarter of the machine's memory, for DuckDB alone.
        threads: default half of the processors this process may use: batches are small, and more threads spend more
            on each other than they gain.
        read_only: open for reading beside other readers.
        plain_texts: write texts as they are. Where most of them are distinct, looking for repetition costs half of the
            time of writing, and finds little.
        remedy: what to do when the file is damaged, for the message.

    Raises:
        CacheError: the file is no database of this DuckDB, or its path cannot be opened.
        DataError: it cannot be read, for example because another process holds it.
    """
    check_path(file)
    with plain_errors(file, remedy), _opening:
        connection = duckdb.connect(str(file), read_only=read_only)
        try:
            _confine(
                connection,
                file.parent.resolve(),
                _part(memory_limit) if memory_limit else "25%",
                threads or max(1, available_processors() // 2),
                plain_texts=plain_texts,
            )
        except BaseException:
            connection.close()
            raise
    return connection


def _part(memory_limit: str) -> str:
    """DuckDB's part of an amount; the rest is for the arrays of states and for reading files."""
    amount = re.fullmatch(r"\s*([0-9.]+)(.*)", memory_limit, re.DOTALL)
    return f"{float(amount[1]) * _SHARE:g}{amount[2]}" if amount else memory_limit


def check_path(file: Path) -> None:
    """Refuse a path that DuckDB cannot open.

    Raises:
        CacheError: it has a question mark, behind which DuckDB looks for parameters.
    """
    if "?" in str(file):
        raise CacheError(f"{file.parent} has a '?' in it, which DuckDB cannot open; name another folder with --cache")


def _confine(
    connection: DuckDBPyConnection, folder: Path, memory_limit: str, threads: int, *, plain_texts: bool
) -> None:
    """Set what a connection may do and lock it, or check that its instance, already in use, is confined likewise."""
    scratch = folder / "tmp"
    allowed = [f"{folder}{os.sep}", f"{scratch}{os.sep}"]
    settings = "current_setting('enable_external_access'), current_setting('allowed_directories')"
    if first_row(connection, "SELECT current_setting('lock_configuration')") == (True,):
        external, directories = first_row(connection, f"SELECT {settings}") or (True, [])
        if external or not set(directories) <= set(allowed):
            raise CacheError(f"{folder} is open in this process with other settings; close that connection first")
        return
    connection.execute("SET allowed_directories = ?", [allowed])
    connection.execute("SET memory_limit = ?", [memory_limit])
    connection.execute("SET threads = ?", [threads])
    connection.execute("SET temp_directory = ?", [str(scratch)])
    connection.execute("SET preserve_insertion_order = false")
    if plain_texts:
        connection.execute("SET disabled_compression_methods = 'fsst,dict_fsst'")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def plain_errors(file: Path, remedy: str) -> Iterator[None]:
    """Say in a plain sentence what DuckDB could not do with a file, when it is not the fault of the query.

    Args:
        file: the database.
        remedy: what to do when it is damaged.

    Raises:
        CacheError: the file is damaged.
        DataError: the disk or the memory is short, or the file cannot be read or written.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DataError(
            f"out of memory while working on {file}: {_first_line(error)}; "
            "set [cache] memory_limit, or free some disk space for what does not fit"
        ) from error
    except duckdb.Error as error:
        if _is_damage(error):
            raise CacheError(f"{file} is damaged or no database: {_first_line(error)}; {remedy}") from error
        if isinstance(error, _DISK_ERRORS):
            raise DataError(
                f"{file} cannot be read or written: {_first_line(error)}; see that the disk has space and the folder "
                "is writable, then run again: nothing that has landed is lost"
            ) from error
        raise


_DISK_ERRORS = (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException)
"""A commit that cannot be written is a failure of the transaction; the writes after it fail for good."""

_SIGNS_OF_DAMAGE = ("not a valid DuckDB database", "Could not read enough bytes", "Corrupt database", "checksum")


def _is_damage(error: duckdb.Error) -> bool:
    return isinstance(error, duckdb.SerializationException) or any(sign in str(error) for sign in _SIGNS_OF_DAMAGE)


def undo(connection: DuckDBPyConnection, statement: str, error: BaseException) -> None:
    """Clean up after an error, which stays the one that is told: what fails now is only added to it."""
    try:
        connection.execute(statement)
    except duckdb.Error as second:
        error.add_note(f"{statement} failed too: {_first_line(second)}")


def first_row(connection: DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...] | None:
    """Run a query to its end and return its first row; a result that is not read to its end locks the connection."""
    rows: list[tuple[Any, ...]] = connection.execute(query, list(parameters)).fetchall()
    return rows[0] if rows else None


def available_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
