"""The cache as its one writer sees it: transactions over facts, ledgers and states.

Owns opening, locking, and the generation that says whether readers see the latest states.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache import schema
from valuekit.cache.connect import REBUILD, check_path, connect, first_row, plain_errors, undo
from valuekit.cache.lock import writer_lock
from valuekit.errors import CacheError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DATABASE = "cache.duckdb"
_LARGE = 8 << 20


class Store:
    """An open cache, held for writing. Get one from `writing`.

    Args:
        folder: where it is.
        connection: to its database.
        is_limited: whether the user limited the memory of runs.
    """

    def __init__(self, folder: Path, connection: DuckDBPyConnection, *, is_limited: bool = False) -> None:
        self.folder = folder
        self.connection = connection
        self.is_limited = is_limited

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside together, or nothing of it; readers will want a new snapshot afterwards."""
        self.connection.execute("BEGIN")
        try:
            yield
            self.connection.execute(
                "UPDATE meta SET value = CAST(CAST(value AS BIGINT) + 1 AS VARCHAR) WHERE key = 'generation'"
            )
            self.connection.execute("COMMIT")
        except BaseException as error:
            undo(self.connection, "ROLLBACK", error)
            raise

    def generation(self) -> int:
        """Count of commits that changed what readers may see."""
        row = first_row(self.connection, "SELECT CAST(value AS BIGINT) FROM meta WHERE key = 'generation'")
        assert row is not None  # noqa: S101 - written when the tables were made
        return int(row[0])

    def cache_id(self) -> str:
        """The id that was drawn when the tables were made; generations of another database are not comparable."""
        row = first_row(self.connection, "SELECT value FROM meta WHERE key = 'id'")
        assert row is not None  # noqa: S101 - written when the tables were made
        return str(row[0])

    def forget(self) -> None:
        """Empty the cache in one transaction; readers keep the last snapshot until the next is published."""
        rows = self.connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE NOT temporary AND starts_with(table_name, 'cells_')"
        ).fetchall()
        with self.transaction():
            for (table,) in rows:
                self.connection.execute(f"DROP TABLE {table}")
            self.connection.execute(schema.FACTS)
            for table in schema.FORGETTABLE:
                self.connection.execute(f"DELETE FROM {table}")


@contextmanager
def writing(
    folder: Path, *, lock_timeout: float = 0.0, memory_limit: str | None = None, threads: int | None = None
) -> Iterator[Store]:
    """Hold the cache for writing; it is made if absent.

    Raises:
        LockedError: another run holds it.
        CacheError: the folder holds something else, another format or a damaged database.
        DataError: the disk or the memory is short.
    """
    check_path(folder / DATABASE)
    with (
        writer_lock(folder, lock_timeout),
        opened(folder, memory_limit=memory_limit, threads=threads) as store,
    ):
        yield store


@contextmanager
def opened(
    folder: Path, *, memory_limit: str | None = None, threads: int | None = None, plain_texts: bool = False
) -> Iterator[Store]:
    """Open for writing the cache in a folder that this process holds; see `writing` and `connect`."""
    if memory_limit is not None:
        _give_memory_back()
    file = folder / DATABASE
    check_path(file)
    with plain_errors(file, REBUILD):
        connection = connect(file, memory_limit=memory_limit, threads=threads, plain_texts=plain_texts)
        try:
            schema.prepare(connection, file)
            yield Store(folder, connection, is_limited=memory_limit is not None)
        finally:
            connection.close()


@contextmanager
def reading_facts(
    folder: Path, *, memory_limit: str | None = None, threads: int | None = None
) -> Iterator[DuckDBPyConnection]:
    """Open the facts for reading; nobody can write meanwhile.

    Raises:
        LockedError: a run, or another reader of facts, holds the cache.
        CacheError: there is no database, or one of another format or damaged.
        DataError: the memory is short.
    """
    file = folder / DATABASE
    with writer_lock(folder, 0), plain_errors(file, REBUILD):
        if not file.is_file():
            raise CacheError(f"{file} is gone; run `valuekit ingest`")
        connection = connect(file, memory_limit=memory_limit, threads=threads, read_only=True)
        try:
            schema.prepare(connection, file)
            yield connection
        finally:
            connection.close()


def _give_memory_back() -> None:
    """Have glibc return what is freed to the system, instead of keeping a gigabyte of it in pieces.

    Two heaps for all threads instead of one each; and whatever is large, such as a chunk of an export, is mapped by
    itself and never becomes a hole in a heap. Left alone, glibc raises that limit to the largest piece that was freed.
    Mapping costs three percent of a run, so it is done only where the memory is limited.
    """
    arena_max, mmap_threshold, trim_threshold = -8, -3, -1
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(arena_max, 2)
        libc.mallopt(mmap_threshold, _LARGE)
        libc.mallopt(trim_threshold, _LARGE)
