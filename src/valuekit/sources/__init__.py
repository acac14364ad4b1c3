"""Sources: read one kind of file into batches of rows with the file's own column names.

Owns the reading of files: archives, damage, encodings, formats. Never knows canonical names, types, facts or the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.sources.base import Batch, Choose, Rejected, Source
from valuekit.sources.files import find_files

if TYPE_CHECKING:
    from valuekit.sources.registry import open_source

__all__ = ["Batch", "Choose", "Rejected", "Source", "find_files", "open_source"]


def __getattr__(name: str) -> object:
    if name == "open_source":
        from valuekit.sources.registry import open_source

        return open_source
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
