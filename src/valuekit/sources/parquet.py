"""Parquet files, one row group after the other.

Owns the types that the columns come in: Parquet's own, but text for nested values, doubles for decimals, and Polars'
`Enum` for texts that repeat: a batch keeps each of them once. Never reads a column that was not chosen, but for
`Batch.whole`.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from valuekit.sources.base import Batch, Choose
from valuekit.sources.opening import DamageError, naming, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO
    from pathlib import Path

    from numpy.typing import NDArray

_Arrow: TypeAlias = Any  # pyarrow has no types
_MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_BATCH_ROWS = 1 << 16
_BUFFER = 1 << 20
_REPEATING = 2.0
"""A column of texts that takes fewer bytes a value, uncompressed, has few different ones."""

_EPOCH = dt.date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = (dt.date.min - _EPOCH).days, (dt.date.max - _EPOCH).days
_PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


@dataclass(frozen=True)
class _Place:
    """Where a batch stands in its file: the row groups it is read with, its first row in them and in all, from 0."""

    groups: tuple[int, ...]
    start: int
    first: int


class Parquet:
    """Reads Parquet files."""

    name = "parquet"

    def batches(self, path: Path, choose: Choose) -> Iterator[Batch]:
        """Read the file batch by batch; see `Source.batches`. `choose` is asked once."""
        with naming(path), open_regular(path) as file, _damage_named():
            reader = _reader(file)
            names = tuple(reader.schema_arrow.names)
            if len(set(names)) < len(names):
                raise DamageError("two columns have one name")
            chosen = [name for name in dict.fromkeys(choose(names)) if name in set(names)]
            if repeating := _repeating(reader.metadata, chosen):
                reader = _opened(file, metadata=reader.metadata, read_dictionary=repeating)
            for place, rows in _read(reader, chosen):
                yield Batch(
                    member=None,
                    names=names,
                    frame=_frame(rows, chosen),
                    lines=pl.int_range(place.first + 1, place.first + rows.num_rows + 1, dtype=pl.Int64, eager=True),
                    rejected=(),
                    read_whole=partial(_whole, path, place),
                )


def _reader(file: FileIO) -> _Arrow:
    start = file.read(len(_MAGIC)) or b""
    if start == _ENCRYPTED:
        raise DamageError("an encrypted Parquet file")
    if start != _MAGIC:
        raise DamageError("not a Parquet file" if start else "an empty file")
    return _opened(file)


def _opened(file: FileIO, **settings: object) -> _Arrow:
    return pq.ParquetFile(
        file,
        buffer_size=_BUFFER,
        pre_buffer=False,
        coerce_int96_timestamp_unit="us",  # nanoseconds wrap around in 2262
        page_checksum_verification=True,
        **settings,
    )


def _repeating(metadata: _Arrow, chosen: Sequence[str]) -> list[str]:
    """Find the chosen columns of texts that repeat; none in a file of many small row groups.

    Arrow never lets dictionaries reach over row groups: batches would be as small as these.
    """
    groups = range(metadata.num_row_groups)
    if len(list(_windows(metadata))) < len(groups):
        return []
    found = []
    for index in range(metadata.num_columns):
        column = metadata.schema.column(index)
        if column.path not in chosen or column.max_repetition_level or column.logical_type.type != "STRING":
            continue
        chunks = [metadata.row_group(at).column(index) for at in groups]
        size, values = (
            sum(getattr(chunk, name) for chunk in chunks) for name in ("total_uncompressed_size", "num_values")
        )
        if size < _REPEATING * values:
            found.append(column.path)
    return found


def _read(reader: _Arrow, columns: list[str]) -> Iterator[tuple[_Place, _Arrow]]:
    first = 0
    for groups in _windows(reader.metadata):
        start = 0
        for rows in reader.iter_batches(_BATCH_ROWS, row_groups=list(groups), columns=columns):
            yield _Place(groups, start, first), rows
            start += rows.num_rows
            first += rows.num_rows
    if not first:
        yield _Place((), 0, 0), reader.schema_arrow.empty_table().select(columns)


def _windows(metadata: _Arrow) -> Iterator[tuple[int, ...]]:
    """Put row groups in order together until they fill a batch."""
    heights = [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
    window: list[int] = []
    for at, height in enumerate(heights):
        if window and height + sum(heights[other] for other in window) > _BATCH_ROWS:
            yield tuple(window)
            window = []
        window.append(at)
    if window:
        yield tuple(window)


def _whole(path: Path, place: _Place, positions: Sequence[int]) -> pl.DataFrame:
    with naming(path), open_regular(path) as file, _damage_named():
        reader = _reader(file)
        names = list(reader.schema_arrow.names)
        rows = _rows_at(reader, place, np.asarray(positions, dtype=np.int64))
        frame = _frame(rows, names)
        return frame.select(_printed(name, kind) for name, kind in frame.schema.items())


def _rows_at(reader: _Arrow, place: _Place, positions: NDArray[np.int64]) -> _Arrow:
    """Read some rows of a batch with all their columns; batches of all columns may begin elsewhere."""
    wanted = positions + place.start
    kept: list[_Arrow] = []
    start = first = 0
    for rows in reader.iter_batches(_BATCH_ROWS, row_groups=list(place.groups)):
        end = start + rows.num_rows
        if len(wanted) and end > wanted.min() and start <= wanted.max():
            first = first if kept else start
            kept.append(rows)
        start = end
    table = pa.Table.from_batches(kept) if kept else reader.schema_arrow.empty_table()
    return table.take(pa.array(wanted - first)).combine_chunks()


def _printed(name: str, kind: pl.DataType) -> pl.Expr:
    """Return a column as text; times outside the years 1 to 9999, and durations, as the integers they are stored as.

    Polars cannot print every time that it can hold: it panics.
    """
    column = pl.col(name)
    stored = column.to_physical()
    if isinstance(kind, pl.Duration):
        return stored.cast(pl.String)
    if not isinstance(kind, pl.Date | pl.Datetime):
        return column.cast(pl.String)
    day = stored // _PER_DAY[kind.time_unit] if isinstance(kind, pl.Datetime) else stored
    printable = pl.when(day.is_between(_FIRST_DAY, _LAST_DAY)).then(column)
    return pl.coalesce(printable.cast(pl.String), stored.cast(pl.String)).alias(name)


def _frame(rows: _Arrow, columns: Sequence[str]) -> pl.DataFrame:
    if not columns:
        return pl.DataFrame(height=rows.num_rows)
    return pl.DataFrame([_series(rows.column(name)).alias(name) for name in columns])


def _series(column: _Arrow) -> pl.Series:
    codes = column.indices if isinstance(column, pa.DictionaryArray) else None
    if codes is not None and _is_text(column.type.value_type):
        texts = _simple(column.dictionary)
        if not texts.null_count and len(texts.unique()) == len(texts):
            kind = pl.Enum(pl.Series(texts))
            return pl.Series(codes.cast(_narrowest(len(texts)))).cat.to(kind)
    return pl.Series(_simple(column))


def _narrowest(texts: int) -> _Arrow:
    """The type in which Polars keeps the codes of so many texts."""
    return pa.uint8() if texts < 2**8 else pa.uint16() if texts < 2**16 else pa.uint32()


def _simple(column: _Arrow) -> _Arrow:
    """Return an Arrow column in a type that every later stage understands."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return _simple(column.cast(kind.storage_type))
    if pa.types.is_dictionary(kind):
        return _simple(column.cast(kind.value_type))
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return column.cast(pa.float64())
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_nested(kind):
        return pa.array([None if value is None else _json(value) for value in _nested(column)], pa.large_string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _text(column)
    if _is_text(kind):
        column.validate(full=True)
    return column


def _is_text(kind: _Arrow) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _nested(column: _Arrow) -> list[object]:
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError) as error:
        raise DamageError("a list or struct holds a time that Python cannot express") from error


def _text(column: _Arrow) -> _Arrow:
    """Read bytes as UTF-8, as writers mean them that know no text; all of a column as hexadecimal where one is not."""
    values = column.to_pylist()
    try:
        texts = [None if value is None else value.decode() for value in values]
    except UnicodeDecodeError:
        texts = [None if value is None else value.hex() for value in values]
    return pa.array(texts, pa.large_string())


def _json(value: object) -> str:
    return json.dumps(value, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise DamageError(_damage(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise DamageError(_damage(error)) from error


def _damage(error: Exception) -> str:
    sentence = str(error).strip().partition("\n")[0].partition(". ")[0].rstrip(".")
    return f"a damaged Parquet file: {sentence[:150]}" if sentence else "a damaged Parquet file"
