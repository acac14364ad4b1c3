"""Columns that stand in the names of folders: `.../Channel=Web/day=2025-01-01/part-0.parquet`.

Owns the reading of such names. Works with any source; never opens a file.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from valuekit.sources.base import Batch, Choose, Source

_NULL = "__HIVE_DEFAULT_PARTITION__"


def hive_columns(root: Path, path: Path) -> dict[str, str | None]:
    """Return the columns in the names of the folders between a root and a file.

    Args:
        root: the folder that the table is in.
        path: a file; where it is not below the root, all the folders above it count.
    """
    inside = Path(os.path.abspath(path.parent))  # noqa: PTH100 -- resolve() would follow links
    below = Path(os.path.abspath(root))  # noqa: PTH100 -- as above
    folders = inside.relative_to(below).parts if inside.is_relative_to(below) else inside.parts
    pairs = (folder.partition("=") for folder in folders)
    found = {unquote(name): unquote(value) for name, equals, value in pairs if equals and name}
    return {name: None if value == _NULL else value for name, value in found.items()}


class HivePartitioned:
    """A source whose batches also have the columns of the folder names, as text; the file's own columns win."""

    def __init__(self, source: Source, root: Path) -> None:
        self._source = source
        self._root = root

    @property
    def name(self) -> str:
        """The file type as the config spells it."""
        return self._source.name

    def batches(self, path: Path, choose: Choose) -> Iterator[Batch]:
        """Read the file batch by batch; see `Source.batches`."""
        values = hive_columns(self._root, path)
        chosen: Sequence[str] = ()

        def choose_all(names: Sequence[str]) -> Sequence[str]:
            nonlocal chosen
            chosen = choose((*names, *(name for name in values if name not in names)))
            return chosen

        for batch in self._source.batches(path, choose_all):
            yield _widened(batch, values, chosen)


def _widened(batch: Batch, values: dict[str, str | None], chosen: Sequence[str]) -> Batch:
    added = {name: value for name, value in values.items() if name not in batch.names}

    def whole(positions: Sequence[int]) -> pl.DataFrame:
        return _with_literals(batch.whole(positions), added, len(positions))

    wanted = {name: value for name, value in added.items() if name in chosen}
    return replace(
        batch,
        names=(*batch.names, *added),
        frame=_with_literals(batch.frame, wanted, len(batch.lines)),
        read_whole=whole,
    )


def _with_literals(frame: pl.DataFrame, values: dict[str, str | None], height: int) -> pl.DataFrame:
    columns = [pl.Series(name, [value], pl.String).new_from_index(0, height) for name, value in values.items()]
    return frame.with_columns(columns) if frame.columns else pl.DataFrame(columns or None, height=height)
