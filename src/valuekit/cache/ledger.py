"""What has landed: files by content, paths by what they held, landings by their columns, and runs.

Owns the questions "has this file landed?" and "which files lack a column?". Never reads a file's rows.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache.connect import first_row
from valuekit.facts.columns import Column, LandingPlan, Type

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_FRESH_NS = 2_000_000_000
"""A file written this shortly before it was looked at may change again within one tick of its time stamp."""


@dataclass(frozen=True)
class Stamp:
    """What tells, without reading it, that a file is still the same.

    Attributes:
        size: in bytes.
        mtime_ns: time of last change, in nanoseconds.
        inode: the file itself, whatever path leads to it.
        seen_ns: when this was looked at; two stamps of one file are equal whenever they were taken.
    """

    size: int
    mtime_ns: int
    inode: int
    seen_ns: int = field(compare=False)

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Look at a file.

        Raises:
            OSError: it is not there, or may not be looked at.
        """
        seen = time.time_ns()
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino, seen)


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


_FIELDS = fields(LandedFile)


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

    def remember(self, files: Sequence[tuple[str, Stamp, str]]) -> None:
        """Note what paths hold, in one statement.

        Args:
            files: path, stamp from before it was hashed, and SHA-256.
        """
        rows = [(path, stamp.size, stamp.mtime_ns, content, stamp.seen_ns) for path, stamp, content in files]
        if rows:
            self._connection.execute(
                "INSERT OR REPLACE INTO paths SELECT unnest(?), unnest(?), unnest(?), unnest(?), unnest(?)",
                [list(column) for column in zip(*rows, strict=True)],
            )

    def known_paths(self) -> dict[str, tuple[int, int, str]]:
        """Size, time of last change and SHA-256 of every path whose content has landed and need not be hashed again."""
        rows = self._connection.execute(
            """
            SELECT paths.path, size, mtime_ns, sha256 FROM paths JOIN files USING (sha256)
            WHERE seen_ns - mtime_ns > ?
            """,
            [_FRESH_NS],
        ).fetchall()
        return {path: (size, mtime, content) for path, size, mtime, content in rows}

    def landed(self) -> set[str]:
        """The content of every file in the facts."""
        return {content for (content,) in self._connection.execute("SELECT sha256 FROM files").fetchall()}

    def record(self, files: Sequence[LandedFile]) -> None:
        """Write down files that have landed, in one statement."""
        marks = ", ".join(
            "unnest(CAST(? AS VARCHAR[][]))" if one.name == "examples" else "unnest(?)" for one in _FIELDS
        )
        columns = [[getattr(file, one.name) for file in files] for one in _FIELDS]
        self._connection.execute(f"INSERT OR REPLACE INTO files SELECT {marks}", columns)

    def landing(self, plan: LandingPlan) -> Landing:
        """The landing that holds at least these columns: the latest one, or the next with what it lacks.

        Landed columns only grow, so that a config may drop a column and take it up again.
        """
        recorded = self._landings()
        latest = recorded[-1] if recorded else Landing(0, ())
        known = recorded and set(plan.columns) <= set(latest.columns)
        number = latest.number if known else latest.number + 1
        columns = {column.name: column for column in (*latest.columns, *plan.columns)}
        merged = tuple(columns[name] for name in sorted(columns))
        common = set(merged).intersection(*(landing.columns for landing in recorded))
        return Landing(number, merged, plan.ids, tuple(column for column in merged if column in common))

    def landed_otherwise(self, plan: LandingPlan) -> tuple[str, ...]:
        """Name what has landed under another type or from another source column than the config says now."""
        recorded = self._landings()
        landed = {column.name: column for landing in recorded for column in landing.columns}
        changed = [column.name for column in plan.columns if landed.get(column.name, column) != column]
        return (*changed, *(["the ids"] if any(landing.ids != plan.ids for landing in recorded) else []))

    def open_landing(self, landing: Landing) -> None:
        """Write down a landing; inside a transaction."""
        signatures = [column.signature for column in landing.columns]
        self._connection.execute(
            "INSERT OR IGNORE INTO landings VALUES (?, ?, ?)", [landing.number, signatures, list(landing.ids)]
        )

    def lacking(self, plan: LandingPlan) -> list[tuple[str, str]]:
        """Files, as (content, path), that were landed without some of these columns, or with other ids."""
        return self._connection.execute(
            """
            SELECT sha256, path FROM files JOIN landings USING (landing)
            WHERE NOT list_has_all(columns, ?) OR ids IS DISTINCT FROM ? ORDER BY path
            """,
            [plan.signatures, list(plan.ids)],
        ).fetchall()

    def has_facts_lacking(self, plan: LandingPlan) -> bool:
        """Tell whether there are facts that were landed without some of these columns."""
        query = """
            SELECT 1 FROM facts JOIN landings ON landings.landing = facts._landing
            WHERE NOT list_has_all(columns, ?) LIMIT 1
        """
        return first_row(self._connection, query, [plan.signatures]) is not None

    def cover(self, contents: Iterable[str], landing: Landing) -> None:
        """Write down that every row of these files is in the facts with the columns of a landing."""
        self._connection.execute(
            "UPDATE files SET landing = ? WHERE list_contains(?, sha256)", [landing.number, list(contents)]
        )

    def paths_of(self, content: str) -> list[str]:
        """Every path that has held this content."""
        rows = self._connection.execute("SELECT path FROM paths WHERE sha256 = ? ORDER BY path", [content]).fetchall()
        return [path for (path,) in rows]

    def remember_columns(self, names: Iterable[str]) -> None:
        """Note columns that some landed file has."""
        self._connection.execute("INSERT OR IGNORE INTO seen SELECT unnest(?)", [list(names)])

    def columns(self) -> list[str]:
        """Every column that some landed file has."""
        return [name for (name,) in self._connection.execute("SELECT name FROM seen ORDER BY name").fetchall()]

    def remember_named(self, paths: Iterable[str]) -> None:
        """Note files that the user named, wherever the config looks for files."""
        self._connection.execute("INSERT OR IGNORE INTO named SELECT unnest(?)", [list(paths)])

    def landed_elsewhere(self, paths: Iterable[str]) -> list[str]:
        """Landed files that still exist, are at none of these paths, and were not named by the user."""
        rows = self._connection.execute(
            """
            SELECT path FROM files
            WHERE sha256 NOT IN (SELECT sha256 FROM paths WHERE list_contains($listed, path))
              AND NOT list_contains($listed, path) AND path NOT IN (SELECT path FROM named)
            ORDER BY path
            """,
            {"listed": list(paths)},
        ).fetchall()
        return [path for (path,) in rows if Path(path).exists()]

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
