"""Which source reads which file type: one function for each, which loads what it needs.

Owns the choice. Never opens a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.errors import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from valuekit.sources.base import Source


def _pega_export() -> Source:
    from valuekit.sources.pega import PegaExport

    return PegaExport()


def _parquet() -> Source:
    from valuekit.sources.parquet import Parquet

    return Parquet()


def _text() -> Source:
    from valuekit.sources.delimited import DelimitedText

    return DelimitedText()


def _workbook() -> Source:
    from valuekit.sources.xlsx import Workbook

    return Workbook()


SOURCES: Mapping[str, Callable[[], Source]] = {
    "pega_ds_export": _pega_export,
    "parquet": _parquet,
    "csv": _text,
    "xlsx": _workbook,
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
    if hive_root is None:
        return source
    from valuekit.sources.hive import HivePartitioned

    return HivePartitioned(source, hive_root)
