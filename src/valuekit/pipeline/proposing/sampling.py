"""A bounded look at exports: which files there are, what kind they are, and some of their rows.

Owns the choice of what is read and its bounds. Never judges a column, and changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from valuekit.config.models import SourceConfig
from valuekit.errors import DataError, UnreadableFileError, UsageError
from valuekit.facts.kinds import INTERACTIONS
from valuekit.facts.names import resolve
from valuekit.facts.times import time_texts
from valuekit.pipeline.discover import shown, source_files
from valuekit.pipeline.proposing.roles import roles_of, signs_of_offers
from valuekit.pipeline.sampling import spread
from valuekit.sources import open_source
from valuekit.sources.hive import hive_columns

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from valuekit.sources.base import Batch

Kind = Literal["ih", "holdings"]

MOST_ROWS = 100_000
"""Rows that are read of each kind, at most, about."""

MOST_FILES = 24
"""Files that are opened, at most."""

_PER_GROUP = 4
_TYPES = ("parquet", "xlsx", "pega_ds_export", "csv")
_BY_SUFFIX = {".parquet": "parquet", ".xlsx": "xlsx", ".csv": "csv", ".tsv": "csv", ".txt": "csv"}
_PEGA = (".zip", ".json", ".ndjson", ".jsonl", ".gz", ".tgz", ".tar")
_SUFFIXES = frozenset({*_BY_SUFFIX, *_PEGA})


@dataclass(frozen=True)
class Opened:
    """Some rows of one file.

    Attributes:
        path: the file.
        kind: what it is; None for neither.
        file_type: how it is read.
        frame: its rows under canonical names, all texts; a column without a value in a batch is null there.
        nested: columns whose values are no texts, numbers or times.
        doubled: sentences about columns that claim one name.
        whole: whether these are all its rows.
    """

    path: Path
    kind: Kind | None
    file_type: str
    frame: pl.DataFrame
    nested: tuple[str, ...]
    doubled: tuple[str, ...]
    whole: bool


@dataclass(frozen=True)
class Sample:
    """Some rows of all the files of one kind.

    Attributes:
        kind: what they are.
        folder: the folder that holds them all.
        pattern: which files below it they are.
        file_type: how they are read.
        hive: whether folder names are columns.
        files: those that were opened.
        others: how many files the pattern also matches.
        strays: opened files that the pattern matches, or that lie beside them, and that are something else.
    """

    kind: Kind
    folder: Path
    pattern: str
    file_type: str
    hive: bool
    files: tuple[Opened, ...]
    others: int
    strays: tuple[Path, ...]

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(one.frame.height for one in self.files)

    @property
    def whole(self) -> bool:
        """Whether this is all that the pattern matches."""
        return not self.others and all(one.whole for one in self.files)


def take(path: Path) -> tuple[Sample, ...]:
    """Look at a file, or at the files in a folder.

    Args:
        path: an export, or a folder of exports of either kind or both.

    Returns:
        For each kind that was found a sample, Interaction History first.

    Raises:
        UsageError: the path is a dash.
        DataError: there is no such path, no readable file, no row, or neither kind.
    """
    if str(path) == "-":
        raise UsageError("--from takes a file or a folder: a config cannot name what comes from stdin")
    if not path.exists():
        raise DataError(f"{path} does not exist")
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
    if not path.is_dir():
        opened = _open(path, MOST_ROWS, None)
        _check_rows([opened], path)
        return (_of_one_file(opened, _required(opened)),)
    return _of_folder(path)


def _of_one_file(opened: Opened, kind: Kind) -> Sample:
    """Take the files beside it with the same ending into the pattern if those looked at are of its kind, too."""
    folder, suffix = opened.path.parent, opened.path.suffix
    beside = [file for file in _files(folder, "*" + escaped(suffix)) if suffix and file != opened.path]
    alike = all(_kind_or_none(file, opened.file_type) == kind for file in spread(beside, _PER_GROUP))
    pattern = "*" + escaped(suffix) if suffix and alike else escaped(opened.path.name)
    others = len(beside) if alike else 0
    return Sample(kind, folder, pattern, opened.file_type, hive=False, files=(opened,), others=others, strays=())


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files below a folder that a config in it would read."""
    return source_files(SourceConfig(kind="ih", path=folder, file_pattern=pattern), folder / ".valuekit", ())


def _kind_or_none(file: Path, file_type: str) -> Kind | None:
    try:
        found = _read(file, file_type, 1, None)
    except UnreadableFileError:
        return None
    return None if found is None else found.kind


def _of_folder(folder: Path) -> tuple[Sample, ...]:
    there = [file for file in _files(folder, "**/*") if file.suffix.lower() in _SUFFIXES and file.is_file()]
    if not there:
        raise DataError(f"{shown(folder)} holds no file that ends in {', '.join(sorted(_SUFFIXES))}")
    groups: dict[tuple[str, str], list[Path]] = {}
    for file in there:
        groups.setdefault((file.relative_to(folder).parts[0] if file.parent != folder else "", file.suffix), []).append(
            file
        )
    picked = [file for files in groups.values() for file in spread(files, _PER_GROUP)]
    hive = all(hive_columns(folder, file) for file in there)
    opened: list[Opened] = []
    refused: list[UnreadableFileError] = []
    picked = spread(picked, MOST_FILES)
    for file in picked:
        try:
            opened.append(_open(file, max(1, MOST_ROWS // len(picked)), folder if hive else None))
        except UnreadableFileError as error:
            refused.append(error)
    if not opened:
        raise DataError("; ".join(map(str, refused[:3])) + (", ..." if len(refused) > 3 else ""))
    _check_rows(opened, folder)
    samples = [_of_kind(kind, folder, there, opened, hive=hive) for kind in ("ih", "holdings") if _has(opened, kind)]
    if not samples:
        first = next((one for one in opened if signs_of_offers(one.frame)), opened[0])
        raise DataError(f"{_neither(first)}. No other file looked at in {shown(folder)} is an export of either kind")
    return tuple(samples)


def _has(opened: Iterable[Opened], kind: Kind) -> bool:
    return any(one.kind == kind and one.frame.height for one in opened)


def _of_kind(kind: Kind, root: Path, there: Sequence[Path], opened: Sequence[Opened], *, hive: bool) -> Sample:
    """Find the folder and the pattern of the files of one kind; the ending that most of them have counts."""
    own = [one for one in opened if one.kind == kind and one.frame.height]
    ways = [(one.path.suffix, one.file_type) for one in own]
    suffix, file_type = max(ways, key=lambda way: (ways.count(way), way[1] == "pega_ds_export"))
    used = [one for one in own if (one.path.suffix, one.file_type) == (suffix, file_type)]
    tops = {_top(root, one.path) for one in used}
    files = [file for file in there if file.suffix == suffix and _top(root, file) in tops]
    folder = root if hive else Path(os.path.commonpath([file.parent for file in files]))
    strangers = {one.path for one in opened if one.kind not in {None, kind}} & set(files)
    if len(used) == 1 and strangers:
        files = [used[0].path]
        folder, pattern = (folder if hive else files[0].parent), escaped(files[0].name)
        pattern = f"**/{pattern}" if hive else pattern
    else:
        deep = any(file.parent != folder for file in files)
        pattern = ("**/*" if deep else "*") + escaped(suffix)
    strays = tuple(
        one.path for one in opened if one not in used and (one.path in files or (one.kind == kind and one.frame.height))
    )
    return Sample(kind, folder, pattern, file_type, hive, tuple(used), len(files) - len(used), strays)


def _top(root: Path, file: Path) -> Path:
    parts = file.relative_to(root).parts
    return root / parts[0] if len(parts) > 1 else root


def _check_rows(opened: Sequence[Opened], path: Path) -> None:
    if not any(one.frame.height for one in opened):
        raise DataError(f"{shown(path)} has no rows to go by")


def _required(opened: Opened) -> Kind:
    if opened.kind is None:
        raise DataError(_neither(opened))
    if opened.kind == "ih" and opened.file_type == "xlsx":
        raise DataError(
            f"{shown(opened.path)} is Interaction History in a workbook: save it as csv, as parquet or as JSON"
        )
    return opened.kind


def _neither(opened: Opened) -> str:
    signs = signs_of_offers(opened.frame)
    if signs:
        lacking = [name for name in INTERACTIONS.required if name not in opened.frame.columns]
        return (
            f"{shown(opened.path)} is Interaction History by its columns {', '.join(signs[:4])}, but has no column "
            f"{' and no column '.join(lacking)}: nothing can be counted without, so export "
            f"{'it' if len(lacking) == 1 else 'them'}, too, or give the column that holds it this name"
        )
    seen = ", ".join(map(repr, opened.frame.columns[:6])) + (", ..." if opened.frame.width > 6 else "")
    return (
        f"{shown(opened.path)} is neither Interaction History (columns {' and '.join(INTERACTIONS.required)}) nor "
        f"product holdings (a customer's id, a date and an amount): it has {seen or 'no columns'}"
    )


def _open(path: Path, rows: int, hive_root: Path | None) -> Opened:
    """Read the beginning of a file as the type that it is, told by content.

    Raises:
        UnreadableFileError: it is of no type, or damaged; the reason is that of the type that its name promises.
    """
    expected = _BY_SUFFIX.get(path.suffix.lower(), "pega_ds_export")
    refusals: dict[str, UnreadableFileError] = {}
    for file_type in _TYPES:
        try:
            found = _read(path, file_type, rows, hive_root)
        except UnreadableFileError as error:
            refusals[file_type] = error
            continue
        if found is not None:
            return found
    if expected in refusals:
        raise UnreadableFileError(shown(path), refusals[expected].reason)
    return Opened(path, None, expected, pl.DataFrame(), (), (), whole=True)


def _read(path: Path, file_type: str, rows: int, hive_root: Path | None) -> Opened | None:
    """Read up to so many rows of a file as one type; None where it has none.

    Raises:
        UnreadableFileError: it cannot be read as this type.
    """
    frames: list[pl.DataFrame] = []
    source = open_source(file_type, path, hive_root=hive_root)
    batches: Generator[Batch, None, None] = source.batches(path, lambda names: names)  # type: ignore[assignment]
    height, whole = 0, True
    with closing(batches) as opened:
        for batch in opened:
            frames.append(batch.frame.head(rows - height))
            height += frames[-1].height
            if height >= rows:
                whole = frames[-1].height == batch.frame.height and next(opened, None) is None
                break
    if not any(frame.width for frame in frames):
        return None
    return _named(Opened(path, None, file_type, pl.DataFrame(), (), (), whole), frames)


def _named(opened: Opened, frames: Sequence[pl.DataFrame]) -> Opened:
    """Give the columns their canonical names, all values as texts, and tell the kind."""
    texts = pl.concat([_as_texts(frame) for frame in frames], how="diagonal")
    resolved = resolve(texts.columns, {})
    columns = []
    for name in resolved.sources:
        sources = [source for source in resolved.claim(name).sources if source in texts.columns]
        values = pl.coalesce(pl.col(source) for source in sources) if resolved.claim(name).place == 0 else None
        if values is not None and "\0" not in name:
            columns.append(values.alias(name))
    frame = texts.select(columns)
    if "CustomerID" not in frame.columns and "SubjectID" in frame.columns:
        frame = frame.with_columns(CustomerID="SubjectID")
    nested = {name for one in frames for name, kind in one.schema.items() if not _has_texts(kind)}
    kind: Kind | None = None
    if set(INTERACTIONS.required) <= set(frame.columns):
        kind = "ih"
    elif not signs_of_offers(frame) and roles_of(frame) is not None:
        kind = "holdings"
    return replace(opened, kind=kind, frame=frame, nested=tuple(sorted(nested)), doubled=resolved.collisions)


def _as_texts(frame: pl.DataFrame) -> pl.DataFrame:
    columns = []
    for column in frame:
        if isinstance(column.dtype, pl.Date | pl.Datetime):
            columns.append(time_texts(column).alias(column.name))
        elif _has_texts(column.dtype):
            columns.append(column.cast(pl.String))
    return pl.DataFrame(columns)


def _has_texts(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind in (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Date, pl.Datetime)


def escaped(text: str) -> str:
    """Write a text so that a file pattern matches exactly it."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
