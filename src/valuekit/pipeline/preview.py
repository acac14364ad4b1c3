"""What an ingest would land.

Owns the report of it. Goes by what the last run published, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache.ledger import Ledger
from valuekit.pipeline import discover
from valuekit.pipeline.results import FileOutcome, IngestReport

if TYPE_CHECKING:
    from valuekit.pipeline.caches import Caches
    from valuekit.pipeline.choice import Share


def would_land(shares: Iterable[Share], caches: Caches) -> IngestReport:
    """Say which files would land.

    Args:
        shares: what each source has to land.
        caches: where the sources have landed before.
    """
    files: list[FileOutcome] = []
    warnings: list[str] = []
    unchanged = 0
    for share in shares:
        plans, there = share.plans, share.files(caches.home)
        if caches.is_published(plans.kind.name):
            with caches.reading(plans.kind.name) as connection:
                found = discover.survey(there, Ledger(connection), plans.landing)
        else:
            found = discover.survey(there, None, plans.landing)
        unchanged += found.unchanged
        files += [
            FileOutcome(item.shown, "would land" if item.content else "unreadable", reason=item.reason)
            for item in found.todo
        ]
        warnings += [
            f"{discover.shown(Path(path))} landed without a column that the config needs now, and is gone"
            for path in sorted(found.gone.values())
        ]
    return IngestReport(files=tuple(files), files_unchanged=unchanged, warnings=tuple(warnings))
