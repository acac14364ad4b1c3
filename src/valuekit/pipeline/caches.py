"""The caches of a config: that of Interaction History in its folder, that of holdings in a sub-folder.

Owns how they are opened, and that a cache of another config is not. Never looks into them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from valuekit.cache import owner, snapshot
from valuekit.cache.owner import Owner
from valuekit.cache.store import opened
from valuekit.pipeline.holdings import folder_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.store import Store
    from valuekit.config.models import Config, SourceConfig

Kind: TypeAlias = Literal["ih", "holdings"]


@dataclass(frozen=True)
class Caches:
    """The caches of one config.

    Attributes:
        config: the config.
        home: its cache folder, whose lock guards both caches.
        ih: the section of Interaction History.
        holdings: that of holdings; None where there is none.
    """

    config: Config
    home: Path
    ih: SourceConfig
    holdings: SourceConfig | None

    @contextmanager
    def writing(self, kind: Kind) -> Iterator[Store]:
        """Open a cache for writing; the caller holds the lock."""
        settings, folder = self.config.cache, self._folder(kind)
        folder.mkdir(parents=True, exist_ok=True)
        with opened(
            folder,
            memory_limit=settings.memory_limit,
            threads=settings.threads,
            plain_texts=kind == "holdings",
        ) as store:
            if asking := self._owner(kind):
                owner.claim(store.connection, asking)
            yield store

    @contextmanager
    def reading(self, kind: Kind) -> Iterator[DuckDBPyConnection]:
        """Open what is published of a source.

        Raises:
            CacheError: nothing has been published yet, it cannot be read, or it belongs to another config.
        """
        settings = self.config.cache
        with snapshot.reading(
            self._folder(kind), memory_limit=settings.memory_limit, threads=settings.threads
        ) as connection:
            if asking := self._owner(kind):
                owner.check(connection, asking)
            yield connection

    def is_published(self, kind: Kind) -> bool:
        """Tell whether anything has been published of a source."""
        return snapshot.read_pointer(self._folder(kind)) is not None

    @property
    def pointers(self) -> tuple[Path, ...]:
        """The files that change whenever something is published."""
        kinds: tuple[Kind, ...] = ("ih", "holdings") if self.holdings is not None else ("ih",)
        return tuple(self._folder(kind) / snapshot.POINTER for kind in kinds)

    def _folder(self, kind: Kind) -> Path:
        return self.home if kind == "ih" else folder_of(self.home)

    def _owner(self, kind: Kind) -> Owner | None:
        """What a cache remembers of the config; nothing of one that is no file."""
        source = self.ih if kind == "ih" else self.holdings
        if self.config.file is None or source is None:
            return None
        definition = json.dumps([str(source.path), source.file_pattern])
        return Owner(self.config.file.absolute(), definition, self._folder(kind))
