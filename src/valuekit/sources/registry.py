"""Which source reads which file type: one line for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.errors import UnreadableFileError
from valuekit.sources.delimited import DelimitedText
from valuekit.sources.hive import HivePartitioned
from valuekit.sources.parquet import Parquet
from valuekit.sources.pega import PegaExport
from valuekit.sources.xlsx import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from valuekit.sources.base import Source

SOURCES: Mapping[str, Callable[[], Source]] = {
    "pega_ds_export": PegaExport,
    "parquet": Parquet,
    "csv": DelimitedText,
    "xlsx": Workbook,
}


def open_source(file_type: str, path: Path, *, hive_root: Path | None = None) -> Source:
    """Return the source that reads a file.

    Args:
        file_type: as the config spells it. What the file holds is told by its content, never by its name.
        path: the file.
        hive_root: the folder below which folder names such as `Channel=Web` are columns; None for no such columns.

    Raises:
        UnreadableFileError: no source reads this file type.
    """
    if file_type not in SOURCES:
        raise UnreadableFileError(str(path), f"file_type {file_type!r} is none of {', '.join(sorted(SOURCES))}")
    source = SOURCES[file_type]()
    return source if hive_root is None else HivePartitioned(source, hive_root)
