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
    from valuekit.engines.merging import StoredCells
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
    _shared: tuple[DuckDBPyConnection, dict[str, StoredCells]] | None = field(default=None, init=False)

    @contextmanager
    def sources(self) -> Iterator[Sources]:
        """Open the snapshot, with its facts for what no state can give; these are closed when this ends."""
        with ExitStack() as stack:
            connection, kept = self._snapshot() if self._together else (stack.enter_context(self.reading()), None)
            facts = stack.enter_context(facts_on_demand(self.folder, self.settings, self.plans))
            yield Sources(connection, facts, kept)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within it every question reads the same snapshot, and has what others have read of its cells."""
        if self._together is not None:
            yield
            return
        with ExitStack() as stack:
            self._together = stack
            try:
                yield
            finally:
                self._together = self._shared = None

    def _snapshot(self) -> tuple[DuckDBPyConnection, dict[str, StoredCells]]:
        """The snapshot that is shared, opened when it is first asked, and the cells that have been read of it."""
        assert self._together is not None  # noqa: S101 - otherwise nothing is shared
        if self._shared is None:
            self._shared = self._together.enter_context(self.reading()), {}
        return self._shared
