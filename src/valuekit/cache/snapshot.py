"""Snapshots: what readers see, published whole and never changed.

Owns the snapshot files and the pointer that names the current one. Readers hold no lock and never wait; the last two
snapshots are kept, so that a reader that has just read the pointer still finds its file. What is damaged here is
published again from the database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.cache import schema
from valuekit.cache.cells import table
from valuekit.cache.connect import connect, plain_errors, undo
from valuekit.errors import CacheError

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from valuekit.cache.store import Store

POINTER = "current.json"
KEPT = 2
BY_METRIC = ("metrics", "built")
"""The tables of which readers see only what the config defines now."""

_NAME = re.compile(r"snapshot-(\d+)\.duckdb")


@dataclass(frozen=True)
class Pointer:
    """What is published.

    Attributes:
        snapshot: the name of the file.
        cache: the id of the database that it was copied from.
        generation: the generation of that database.
    """

    snapshot: str
    cache: str
    generation: int

    @property
    def run(self) -> int:
        """The run that published it."""
        return int(self.snapshot.removeprefix("snapshot-").removesuffix(".duckdb"))


@dataclass(frozen=True)
class Extra:
    """Tables that a snapshot holds besides those of the cache.

    Attributes:
        names: what they are called.
        make: makes them, each with its name; it may leave some out.
    """

    names: Collection[str]
    make: Callable[[], Iterable[tuple[str, pa.Table]]]


@dataclass(frozen=True)
class Failure:
    """A metric that could not be built, so that readers learn why instead of seeing half of it."""

    metric: str
    fingerprint: str
    reason: str


def publish(
    store: Store,
    run_id: int,
    current: Collection[str],
    failures: Collection[Failure] = (),
    extra: Extra | None = None,
    *,
    tables: Callable[[str], Iterable[str]] = lambda fingerprint: (table(fingerprint),),
) -> Path | None:
    """Copy what readers see into a new snapshot and point to it; do nothing where the current one is up to date.

    Args:
        store: the cache, held for writing; nothing in it may be dirty but what is in `failures`.
        run_id: names the snapshot, unless an existing one has that number or a higher one.
        current: the fingerprints of the metrics that the config defines.
        failures: the metrics that could not be built.
        extra: further tables.
        tables: what is copied of a metric, by its fingerprint.
    """
    rows = store.connection.execute("SELECT fingerprint FROM metrics ORDER BY name, fingerprint").fetchall()
    shown = [fingerprint for (fingerprint,) in rows if fingerprint in current]
    pointer = Pointer("", store.cache_id(), store.generation())
    if _is_published(store.folder, pointer, shown, extra.names if extra else ()):
        return None
    taken = [int(found[1]) for path in store.folder.iterdir() if (found := _NAME.fullmatch(path.name))]
    file = store.folder / f"snapshot-{max([run_id, *(number + 1 for number in taken)])}.duckdb"
    draft = file.with_suffix(".draft")
    for leftover in store.folder.glob("snapshot-*.draft*"):
        leftover.unlink()
    _copy(store.connection, draft, {fingerprint: tables(fingerprint) for fingerprint in shown}, failures, extra)
    draft.replace(file)
    pointer_draft = store.folder / f"{POINTER}.draft"
    pointer_draft.write_text(json.dumps({**asdict(pointer), "snapshot": file.name}), encoding="utf-8")
    pointer_draft.replace(store.folder / POINTER)
    _prune(store.folder, file)
    return file


def _is_published(folder: Path, wanted: Pointer, shown: Collection[str], extra: Collection[str]) -> bool:
    """Tell whether readers see this state of this database, in a file that can be opened."""
    try:
        pointer = read_pointer(folder)
        if pointer is None or (pointer.cache, pointer.generation) != (wanted.cache, wanted.generation):
            return False
        with _opened(folder / pointer.snapshot) as connection:
            rows = connection.execute("SELECT fingerprint FROM metrics").fetchall()
            tried = connection.execute("SELECT name FROM extra").fetchall()
    except CacheError:
        return False
    return {fingerprint for (fingerprint,) in rows} == set(shown) and {name for (name,) in tried} == set(extra)


def _copy(
    connection: DuckDBPyConnection,
    file: Path,
    shown: Mapping[str, Iterable[str]],
    failures: Collection[Failure],
    extra: Extra | None,
) -> None:
    connection.execute(f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS snapshot (RECOVERY_MODE no_wal_writes)")
    try:
        connection.execute("BEGIN")
        for name in (*schema.READER_TABLES, *chain.from_iterable(shown.values())):
            connection.execute(f"CREATE TABLE snapshot.{name} AS SELECT * FROM {name}")
        for name in BY_METRIC:
            connection.execute(
                f"DELETE FROM snapshot.{name} WHERE NOT list_contains(CAST(? AS VARCHAR[]), fingerprint)",
                [list(shown)],
            )
        connection.execute("CREATE TABLE snapshot.failures (metric VARCHAR, fingerprint VARCHAR, reason VARCHAR)")
        for failure in failures:
            values = [failure.metric, failure.fingerprint, failure.reason]
            connection.execute("INSERT INTO snapshot.failures VALUES (?, ?, ?)", values)
        _add(connection, extra or Extra((), lambda: ()))
        connection.execute("COMMIT")
    except BaseException as error:
        undo(connection, "ROLLBACK", error)
        undo(connection, "DETACH snapshot", error)
        raise
    connection.execute("CHECKPOINT snapshot")
    connection.execute("DETACH snapshot")


def _add(connection: DuckDBPyConnection, extra: Extra) -> None:
    """Write further tables into the snapshot, and which were to be there."""
    connection.execute("CREATE TABLE snapshot.extra (name VARCHAR)")
    for name in sorted(extra.names):
        connection.execute("INSERT INTO snapshot.extra VALUES (?)", [name])
    for name, table_ in extra.make():
        connection.register("further", table_)
        connection.execute(f"CREATE TABLE snapshot.{sql.name(name)} AS SELECT * FROM further")
        connection.unregister("further")


def _prune(folder: Path, newest: Path) -> None:
    old = sorted(
        (path for path in folder.glob("snapshot-*.duckdb") if path != newest), key=lambda path: path.stat().st_mtime_ns
    )
    for path in old[: max(0, len(old) - (KEPT - 1))]:
        path.unlink()


def read_pointer(folder: Path) -> Pointer | None:
    """Return what is published, or None where nothing has been.

    Raises:
        CacheError: the pointer is damaged.
    """
    try:
        parts = json.loads((folder / POINTER).read_text(encoding="utf-8"))
        pointer = Pointer(str(parts["snapshot"]), str(parts["cache"]), int(parts["generation"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CacheError(f"{folder / POINTER} is damaged; run `valuekit ingest`") from error
    if not _NAME.fullmatch(pointer.snapshot):
        raise CacheError(f"{folder / POINTER} is damaged; run `valuekit ingest`")
    return pointer


def is_of(folder: Path, connection: DuckDBPyConnection) -> bool:
    """Tell whether the current snapshot shows the latest state of an open database."""
    pointer = read_pointer(folder)
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    return pointer is not None and (pointer.cache, str(pointer.generation)) == (meta["id"], meta["generation"])


@contextmanager
def reading(
    folder: Path, *, memory_limit: str | None = None, threads: int | None = None
) -> Iterator[DuckDBPyConnection]:
    """Open the current snapshot for reading.

    Raises:
        CacheError: nothing has been published yet, or the snapshot is gone, damaged or of another format.
        DataError: the memory is short.
    """
    pointer = read_pointer(folder)
    if pointer is None:
        raise CacheError(f"the cache {folder} has no published numbers yet; run `valuekit ingest`")
    with _opened(folder / pointer.snapshot, memory_limit, threads) as connection:
        yield connection


@contextmanager
def _opened(file: Path, memory_limit: str | None = None, threads: int | None = None) -> Iterator[DuckDBPyConnection]:
    remedy = "run `valuekit ingest`"
    if not file.is_file():
        raise CacheError(f"{file} is gone; {remedy}")
    connection = connect(file, memory_limit=memory_limit, threads=threads, read_only=True, remedy=remedy)
    try:
        with plain_errors(file, f"remove it, then {remedy}"):
            tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            schema.check_format(connection, tables, file)
            if not tables.issuperset((*schema.READER_TABLES, "failures", "extra")):
                raise CacheError(f"{file} is incomplete; {remedy}")
            yield connection
    finally:
        connection.close()
