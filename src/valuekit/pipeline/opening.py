"""The published snapshot of Interaction History, opened for one question, or once for several.

Owns that questions asked together read one snapshot, whatever is published meanwhile. Never answers one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from valuekit.pipeline.compute import Sources
from valuekit.pipeline.from_facts import facts_on_demand

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from valuekit.config.models import CacheConfig
    from valuekit.pipeline.plans import Plans


@dataclass
class Opening:
    """Opens what is published.

    Attributes:
        folder: the cache folder.
        settings: how it is read.
        plans: what the config asks for.
        reading: opens the snapshot.
    """

    folder: Path
    settings: CacheConfig
    plans: Plans
    reading: Callable[[], AbstractContextManager[DuckDBPyConnection]]
    _together: ExitStack | None = field(default=None, init=False)
    _shared: Sources | None = field(default=None, init=False)

    @contextmanager
    def sources(self) -> Iterator[Sources]:
        """Open the snapshot, with its facts for what no state can give; within `together` it is opened once."""
        if self._together is None:
            with self._opened() as sources:
                yield sources
            return
        if self._shared is None:
            self._shared = self._together.enter_context(self._opened()).keeping()
        yield self._shared

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within it every question reads the same snapshot, and has what others have read of it."""
        if self._together is not None:
            yield
            return
        with ExitStack() as stack:
            self._together = stack
            try:
                yield
            finally:
                self._together = self._shared = None

    @contextmanager
    def _opened(self) -> Iterator[Sources]:
        with self.reading() as connection, facts_on_demand(self.folder, self.settings, self.plans) as facts:
            yield Sources(connection, facts)
