"""Snapshots: what readers see, published whole and never changed.

Owns the snapshot files and the pointer that names the current one. Readers hold no lock and never wait; the last two
snapshots are kept, so that a reader that has just read the pointer still finds its file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache import schema
from valuekit.cache.cells import table
from valuekit.cache.connect import connect
from valuekit.errors import CacheError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.store import Store

POINTER = "current.json"
KEPT = 2


def publish(store: Store, run_id: int) -> Path | None:
    """Copy what readers see into a new snapshot and point to it; do nothing where the current one is up to date.

    Args:
        store: the cache, held for writing; nothing in it may be dirty.
        run_id: names the snapshot.
    """
    generation = store.generation()
    pointer = read_pointer(store.folder)
    if pointer is not None and pointer["generation"] == generation:
        return None
    file = store.folder / f"snapshot-{run_id}.duckdb"
    draft = store.folder / f"snapshot-{run_id}.draft"
    for leftover in store.folder.glob("snapshot-*.draft*"):
        leftover.unlink()
    _copy(store.connection, draft)
    draft.replace(file)
    pointer_draft = store.folder / f"{POINTER}.draft"
    pointer_draft.write_text(json.dumps({"snapshot": file.name, "generation": generation}), encoding="utf-8")
    pointer_draft.replace(store.folder / POINTER)
    _prune(store.folder, file)
    return file


def _copy(connection: DuckDBPyConnection, file: Path) -> None:
    connection.execute(f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS snapshot")
    try:
        connection.execute("BEGIN")
        rows = connection.execute("SELECT fingerprint FROM metrics ORDER BY name").fetchall()
        for name in (*schema.READER_TABLES, *(table(fingerprint) for (fingerprint,) in rows)):
            connection.execute(f"CREATE TABLE snapshot.{name} AS SELECT * FROM {name}")
        connection.execute("COMMIT")
    finally:
        connection.execute("DETACH snapshot")


def _prune(folder: Path, newest: Path) -> None:
    old = sorted(
        (path for path in folder.glob("snapshot-*.duckdb") if path != newest), key=lambda path: path.stat().st_mtime_ns
    )
    for path in old[: max(0, len(old) - (KEPT - 1))]:
        path.unlink()


def read_pointer(folder: Path) -> dict[str, object] | None:
    """Return the pointer's content, or None where nothing has been published."""
    try:
        pointer = json.loads((folder / POINTER).read_text(encoding="utf-8"))
        return {"snapshot": str(pointer["snapshot"]), "generation": int(pointer["generation"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CacheError(f"{folder / POINTER} is damaged; run `valuekit ingest` after removing it") from error


@contextmanager
def reading(
    folder: Path, *, memory_limit: str | None = None, threads: int | None = None
) -> Iterator[DuckDBPyConnection]:
    """Open the current snapshot for reading.

    Raises:
        CacheError: nothing has been published yet, or the snapshot is of another format.
    """
    pointer = read_pointer(folder)
    if pointer is None:
        raise CacheError(f"the cache {folder} has no published numbers yet; run `valuekit ingest`")
    file = folder / str(pointer["snapshot"])
    connection = connect(file, memory_limit=memory_limit, threads=threads, read_only=True)
    try:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        schema.check_format(connection, tables, file)
        yield connection
    finally:
        connection.close()
