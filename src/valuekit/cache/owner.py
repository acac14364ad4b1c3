"""Whose cache it is: two configs of one file name that share a cache folder must not mix their facts.

Owns what the cache remembers of its config. A config may move and a kept cache with it, and a cache may be copied: only
a cache in its own place, whose config is still there and lands other files, is somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import CacheError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Owner:
    """A config as a cache remembers it.

    Attributes:
        config: the file, absolute.
        source: which files it lands.
        cache: the folder of the cache, absolute.
    """

    config: Path
    source: str
    cache: Path


def check(connection: DuckDBPyConnection, asking: Owner) -> None:
    """Refuse a config whose files are others than those of the config that the cache or snapshot belongs to.

    Raises:
        CacheError: the message names that config.
    """
    owner = _remembered(connection)
    if owner is not None and owner.source != asking.source and _is_another(owner, asking):
        raise CacheError(f"this cache belongs to {owner.config}, which lands other files; give another --cache")


def claim(connection: DuckDBPyConnection, asking: Owner) -> None:
    """Check the same, and remember the config unless the one remembered is still there."""
    check(connection, asking)
    owner = _remembered(connection)
    if owner == asking or (owner is not None and _is_another(owner, asking)):
        return
    for key, value in (("config", asking.config), ("source", asking.source), ("cache", asking.cache)):
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, str(value)])


def _remembered(connection: DuckDBPyConnection) -> Owner | None:
    rows = connection.execute("SELECT key, value FROM meta WHERE key IN ('config', 'source', 'cache')").fetchall()
    found = dict(rows)
    return Owner(Path(found["config"]), found["source"], Path(found["cache"])) if len(found) == 3 else None


def _is_another(owner: Owner, asking: Owner) -> bool:
    """Tell whether the owner is still there, beside the one that asks, and the cache where it left it."""
    return (
        owner.cache.resolve() == asking.cache.resolve()
        and owner.config.is_file()
        and owner.config.resolve() != asking.config.resolve()
    )
