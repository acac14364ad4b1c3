"""From a chunk of JSON lines to batches.

Owns the fast path (Polars parses the chunk as a whole), the slow path for the lines that Polars refuses, and the text
that values become. Never reads a file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from valuekit.sources.base import Batch, Choose, Rejected
from valuekit.sources.lines import Chunk, Row, joined
from valuekit.sources.opening import DamageError
from valuekit.sources.rows import LineError, encoded, names_of, plain_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


_SAMPLE = 40
_SLOW_ROWS = 1 << 16
_CHECKED_ROWS = 512
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def read_batches(member: str | None, chunk: Chunk, choose: Choose) -> Iterator[Batch]:
    """Read a chunk of JSON lines, one object in each.

    Lines that Polars refuses are examined one by one: those that are JSON after all are read, the rest are rejected.

    Args:
        member: the archive member that the lines are from.
        chunk: the lines.
        choose: names seen -> names to read.
    """
    chunk = _without_lone_surrogates(chunk)
    batch = _batch(member, chunk, choose)
    if batch is not None:
        yield batch
        return
    rejected = chunk.rejected
    for rows in chunk.parts(_SLOW_ROWS):
        batch = _batch(member, _sound(rows, rejected), choose)
        if batch is None:
            raise DamageError(f"the lines from {rows[0].number:,} on cannot be read as JSON")
        yield batch
        rejected = ()


def _batch(member: str | None, chunk: Chunk, choose: Choose) -> Batch | None:
    """Parse a chunk as a whole; None where Polars refuses a line of it."""
    names = tuple(dict.fromkeys(chain.from_iterable(map(names_of, _sample(chunk)))))
    parsed = _parsed(chunk.data, tuple(dict.fromkeys(choose(names))))
    if parsed is None:
        return None
    frame, places = parsed
    if chunk.given is None and len(places) == chunk.height:
        lines = places + chunk.first
    elif len(places) == chunk.numbers.size:
        lines = pl.Series(chunk.numbers)[places]
    else:
        return None
    frame = _with_compact_json(frame, chunk, places)
    seen = set(names)
    unseen = [name for name in frame.columns if name not in seen]
    late = [name for name in unseen if frame[name].null_count() < frame.height]
    return Batch(
        member=member,
        names=(*names, *late),
        frame=frame.drop(set(unseen).difference(late)),
        lines=lines.alias("line"),
        rejected=chunk.rejected,
        read_whole=partial(_whole, chunk, places),
    )


def _parsed(data: bytes, names: Sequence[str]) -> tuple[pl.DataFrame, pl.Series] | None:
    """Parse lines into the named columns, and the place of each row among the lines that are not blank, from 0."""
    counter = "row"
    while counter in names:
        counter += "_"
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(names or [""], pl.String)
    try:
        frame = pl.read_ndjson(data, schema=schema, row_index_name=counter)
    except pl.exceptions.PolarsError:
        return None
    return frame.drop([counter] if names else [counter, ""]), frame[counter].cast(pl.Int64)


def _sample(chunk: Chunk) -> Iterator[bytes]:
    """Give the lines in which column names are looked for: the first, the last, and some in between."""
    data, end = chunk.data, len(chunk.data)
    if chunk.height <= 3 * _SAMPLE:
        yield from data.split(b"\n")
        return
    at = 0
    for _ in range(_SAMPLE):
        stop = data.find(b"\n", at)
        yield data[at:stop]
        at = stop + 1
    for part in range(1, _SAMPLE):
        at = data.find(b"\n", end * part // _SAMPLE) + 1
        yield data[at : data.find(b"\n", at) if at else 0]
    stop = end
    for _ in range(_SAMPLE):
        at = data.rfind(b"\n", 0, stop)
        yield data[at + 1 : stop]
        stop = max(at, 0)


def _sound(rows: Iterable[Row], rejected: Iterable[Rejected]) -> Chunk:
    """Put those rows together that can be read, in a form that Polars reads."""
    rows, kept, broken = list(rows), list[Row](), list(rejected)
    for at in range(0, len(rows), _CHECKED_ROWS):
        checked = rows[at : at + _CHECKED_ROWS]
        if _parsed(b"\n".join(row.text for row in checked), ()) is not None:
            kept += checked
            continue
        for row in checked:
            try:
                kept += [Row(row.number, encoded(found)) for found in plain_rows(row.text)]
            except LineError as error:
                broken.append(Rejected(row.number, str(error)))
    return joined(kept, sorted(broken, key=lambda one: one.line))


def _with_compact_json(frame: pl.DataFrame, chunk: Chunk, places: pl.Series) -> pl.DataFrame:
    """Replace nested values by compact JSON: Polars writes large ones in no fixed order of keys."""
    nested = pl.all() >= "{"
    if b"[" in chunk.data:
        nested |= pl.all().is_between(pl.lit("["), pl.lit("\\"), closed="left")
    found = frame.select(nested.any())
    names = [name for name in frame.columns if found[name].any()]
    if not names:
        return frame
    at = frame.select(pl.any_horizontal(pl.col(names).str.contains(r"^[\[{]"))).to_series().arg_true()
    if at.is_empty():
        return frame
    exact = _plain_frame(chunk, places[at], names)
    return frame.with_columns(frame[name].scatter(at, exact[name]) for name in names)


def _whole(chunk: Chunk, places: pl.Series, positions: Sequence[int]) -> pl.DataFrame:
    return _plain_frame(chunk, places[list(positions)], None)


def _plain_frame(chunk: Chunk, places: Iterable[int], names: Sequence[str] | None) -> pl.DataFrame:
    """Read the rows at these places by way of their plain form; all their columns where no names are given."""
    rows = [plain_rows(chunk.row(place).text)[0] for place in places]
    if names is None:
        names = tuple(dict.fromkeys(chain.from_iterable(rows)))
    parsed = _parsed(b"\n".join(map(encoded, rows)), names)
    if parsed is None:
        raise DamageError("a row cannot be read a second time")
    return parsed[0]


def _without_lone_surrogates(chunk: Chunk) -> Chunk:
    """Replace escaped halves of surrogate pairs, which are no text, by the replacement character."""
    if b"\\" not in chunk.data or not _SURROGATE.search(chunk.data):
        return chunk
    data = _ESCAPE.sub(lambda match: rb"\ufffd" if match[1] else match[0], chunk.data)
    return replace(chunk, data=data)
