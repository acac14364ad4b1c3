"""Where sources and the cache are, as far as their texts tell: VK227 to VK230.

Owns the signs that no file can ever be found. Never touches a disk.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from valuekit.config.findings import quoted
from valuekit.validate.uses import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place
    from valuekit.config.models import Config, SourceConfig

_SHORTEST_DAYS = 7
_PARQUET, _TEXT, _JSON, _BOOK = {".parquet", ".pq"}, {".csv", ".tsv"}, {".json", ".ndjson", ".jsonl"}, {".xlsx"}
_ARCHIVES = {".zip", ".gz", ".tgz", ".tar"}
_OTHERS: Mapping[str, set[str]] = {
    "pega_ds_export": _PARQUET | _TEXT | _BOOK,
    "parquet": _TEXT | _JSON | _BOOK | _ARCHIVES,
    "csv": _PARQUET | _JSON | _BOOK,
    "xlsx": _PARQUET | _JSON | _TEXT | _ARCHIVES,
}
"""Endings of files that a type cannot be."""


def check_places(config: Config, root: Place) -> None:
    """Report sources whose files cannot be found or read, and facts that are gone too soon."""
    for source in (config.ih, config.holdings):
        if source is not None:
            _check_pattern(source, root)
            _check_folder(config, source, root)
    kept = config.cache.keep_facts
    if kept is not None and kept.days < _SHORTEST_DAYS:
        said = f"facts of {kept.days} days are gone before late outcomes arrive"
        at(root, ("cache", "keep_facts")).report("VK227", said)


def _check_pattern(source: SourceConfig, root: Place) -> None:
    place = at(root, (source.kind, "file_pattern"))
    given = place if place.exists() else at(root, (source.kind, "file_type"))
    parts = source.file_pattern.replace("\\", "/").split("/")
    hidden = next((part for part in parts if part.startswith(".") and part.strip(".")), None)
    ending = PurePosixPath(parts[-1]).suffix.lower()
    if hidden is not None:
        place.report("VK229", f"hidden files and folders such as {quoted(hidden)} are passed over")
    elif ending == ".toml":
        place.report("VK229", "a .toml file is a config, and never read as data")
    elif ending in _OTHERS[source.file_type] and given.exists():
        default = "" if place.exists() else ", the default"
        said = f"file_type is {source.file_type}, but file_pattern is {quoted(source.file_pattern)}{default}"
        given.report("VK228", said)


def _check_folder(config: Config, source: SourceConfig, root: Place) -> None:
    stem = config.file.stem if config.file else "valuekit"
    cache = config.cache.path / stem
    if source.path == cache or cache in source.path.parents:
        place = at(root, (source.kind, "path"))
        place.report("VK230", f"{quoted(str(place.value()))} is inside the cache folder, where no source is looked for")
