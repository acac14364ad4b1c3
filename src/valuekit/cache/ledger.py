"""What has landed: files by content, paths by what they held, landings by their columns, and runs.

Owns the questions "has this file landed?" and "which files lack a column?". Never reads a file's rows.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.cache.connect import first_row
from valuekit.facts.columns import Column, Type

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FRESH_NS = 2_000_000_000
"""A file written this shortly before it was looked at may change again within one tick of its time stamp."""


@dataclass(frozen=True)
class LandedFile:
    """One row of the file ledger; its fields are the ledger's columns."""

    sha256: str
    path: str
    landing: int
    run_id: int
    rows_read: int
    rows_landed: int
    rows_rejected: int
    duplicates: int
    conflicts: int
    too_late: int
    values_set_aside: int
    examples: list[str]


@dataclass(frozen=True)
class Landing:
    """A set of landed columns; facts and files remember which one they were landed with.

    Attributes:
        number: counts up whenever columns are added.
        columns: in name order.
        ids: the source columns that the config names for the ids of rows and offers.
        common: the columns that every earlier landing has as well.
    """

    number: int
    columns: tuple[Column, ...]
    ids: tuple[str, ...] = ()
    common: tuple[Column, ...] = ()


class Ledger:
    """The ledgers of an open cache."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def content(self, path: Path) -> str:
        """The SHA-256 of a file, from the ledger where size and time of last change say that it is the same.

        Raises:
            OSError: the file cannot be read.
        """
        stat = path.stat()
        row = first_row(
            self._connection,
            "SELECT sha256 FROM paths WHERE path = ? AND size = ? AND mtime_ns = ? AND seen_ns - mtime_ns > ?",
            [str(path), stat.st_size, stat.st_mtime_ns, _FRESH_NS],
        )
        return str(row[0]) if row else sha256(path)

    def remember(self, path: Path, content: str) -> None:
        """Note what a path holds now."""
        stat = path.stat()
        self._connection.execute(
            "INSERT OR REPLACE INTO paths VALUES (?, ?, ?, ?, ?)",
            [str(path), stat.st_size, stat.st_mtime_ns, content, time.time_ns()],
        )

    def known_paths(self) -> dict[str, tuple[int, int]]:
        """Size and time of last change of every path whose content has landed and need not be hashed again."""
        rows = self._connection.execute(
            "SELECT paths.path, size, mtime_ns FROM paths JOIN files USING (sha256) WHERE seen_ns - mtime_ns > ?",
            [_FRESH_NS],
        ).fetchall()
        return {path: (size, mtime) for path, size, mtime in rows}

    def landed(self, content: str) -> bool:
        """Tell whether a file of this content is in the facts."""
        return first_row(self._connection, "SELECT 1 FROM files WHERE sha256 = ?", [content]) is not None

    def record(self, file: LandedFile) -> None:
        """Write down a file that has landed."""
        marks = ", ".join("?" for _ in fields(file))
        self._connection.execute(f"INSERT OR REPLACE INTO files VALUES ({marks})", list(astuple(file)))

    def landing(self, plan: Sequence[Column], ids: Sequence[str] = ()) -> Landing:
        """The landing that holds at least these columns: the latest one, or the next with what it lacks.

        Landed columns only grow, so that a config may drop a column and take it up again.
        """
        recorded = self._landings()
        latest = recorded[-1] if recorded else Landing(0, ())
        number = latest.number if recorded and set(plan) <= set(latest.columns) else latest.number + 1
        columns = {column.name: column for column in (*latest.columns, *plan)}
        merged = tuple(columns[name] for name in sorted(columns))
        common = set(merged).intersection(*(landing.columns for landing in recorded))
        return Landing(number, merged, tuple(ids), tuple(column for column in merged if column in common))

    def landed_otherwise(self, plan: Sequence[Column], ids: Sequence[str]) -> tuple[str, ...]:
        """Name what has landed under another type or from another source column than the config says now."""
        recorded = self._landings()
        landed = {column.name: column for landing in recorded for column in landing.columns}
        changed = [column.name for column in plan if landed.get(column.name, column) != column]
        other_ids = any(landing.ids != tuple(ids) for landing in recorded)
        return (*changed, *(["the ids"] if other_ids else []))

    def open_landing(self, landing: Landing) -> None:
        """Write down a landing; inside a transaction."""
        signatures = [column.signature for column in landing.columns]
        self._connection.execute(
            "INSERT OR IGNORE INTO landings VALUES (?, ?, ?)", [landing.number, signatures, list(landing.ids)]
        )

    def lacking(self, plan: Sequence[Column]) -> list[tuple[str, str]]:
        """Files, as (content, path), that were landed without some of these columns."""
        wanted = [column.signature for column in plan]
        return self._connection.execute(
            """
            SELECT sha256, path FROM files JOIN landings USING (landing)
            WHERE NOT list_has_all(columns, ?) ORDER BY path
            """,
            [wanted],
        ).fetchall()

    def has_facts_lacking(self, plan: Sequence[Column]) -> bool:
        """Tell whether there are facts that were landed without some of these columns."""
        query = """
            SELECT 1 FROM facts JOIN landings ON landings.landing = facts._landing
            WHERE NOT list_has_all(columns, ?) LIMIT 1
        """
        return first_row(self._connection, query, [[column.signature for column in plan]]) is not None

    def cover(self, contents: Iterable[str], landing: Landing) -> None:
        """Write down that every row of these files is in the facts with the columns of a landing."""
        self._connection.execute(
            "UPDATE files SET landing = ? WHERE list_contains(?, sha256)", [landing.number, list(contents)]
        )

    def paths_of(self, content: str) -> list[str]:
        """Every path that has held this content."""
        rows = self._connection.execute("SELECT path FROM paths WHERE sha256 = ? ORDER BY path", [content]).fetchall()
        return [path for (path,) in rows]

    def landed_elsewhere(self, paths: Iterable[str]) -> list[str]:
        """Landed files that still exist and whose content is at none of these paths."""
        rows = self._connection.execute(
            """
            SELECT path FROM files
            WHERE sha256 NOT IN (SELECT sha256 FROM paths WHERE list_contains(?, path)) ORDER BY path
            """,
            [list(paths)],
        ).fetchall()
        return [path for (path,) in rows if Path(path).exists()]

    def any_unreadable(self, paths: Iterable[str]) -> bool:
        """Tell whether one of these files is written down as unreadable."""
        query = "SELECT 1 FROM unreadable WHERE list_contains(?, path) LIMIT 1"
        return first_row(self._connection, query, [list(paths)]) is not None

    def set_unreadable(self, reasons: Mapping[str, str], run_id: int, looked_at: Iterable[str]) -> None:
        """Replace what is known of unreadable files among those looked at."""
        self._connection.execute("DELETE FROM unreadable WHERE list_contains(?, path)", [list(looked_at)])
        for path, reason in sorted(reasons.items()):
            self._connection.execute("INSERT INTO unreadable VALUES (?, ?, ?)", [path, reason, run_id])

    def _landings(self) -> list[Landing]:
        rows = self._connection.execute("SELECT landing, columns, ids FROM landings ORDER BY landing").fetchall()
        return [Landing(number, tuple(map(_column, signatures)), tuple(ids)) for number, signatures, ids in rows]


def _column(signature: str) -> Column:
    name, kind, source = json.loads(signature)
    return Column(name, Type(kind), source)


def sha256(path: Path) -> str:
    """Hash a file's bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
