"""Delimited text with a header line, plain or in archives.

Owns the delimiter, quoting (RFC 4180), and which rows fit the header. All values are text; an empty field is "".
"""

from __future__ import annotations

import csv
import io
from contextlib import closing
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING

import polars as pl

from valuekit.sources.ahead import read_ahead
from valuekit.sources.base import Batch, Choose, Rejected
from valuekit.sources.lines import Chunk, chunks
from valuekit.sources.opening import DamageError, naming, open_regular
from valuekit.sources.plain import is_even, plain_frame, plain_lines
from valuekit.sources.streams import HEAD
from valuekit.sources.text import texts

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from io import FileIO
    from pathlib import Path

DELIMITERS = ",;\t|"
_CHUNK = 4 << 20
_SAMPLE_ROWS = 20
_BATCH_CELLS = 1 << 19
_BATCH_REJECTED = 1 << 14
_WRONG = (
    ("field limit", f"a quote that is never closed, or a field longer than {csv.field_size_limit():,} characters"),
    ("unexpected end", "a quote that is never closed"),
    ("expected after", "text behind a closing quote"),
    ("new-line", "a carriage return outside quotes"),
)


class DelimitedText:
    """Reads `.csv` and its relatives, also inside `.zip`, `.gz`, `.tar` and `.tgz`."""

    name = "csv"

    def batches(self, path: Path, choose: Choose) -> Iterator[Batch]:
        """Read the file batch by batch; see `Source.batches`."""
        with naming(path), open_regular(path) as file, closing(read_ahead(_chunks(file))) as ready:
            for (_, member, delimiter), pieces in groupby(ready, key=lambda piece: piece[:3]):
                table = _Table(member, delimiter, (chunk for *_, chunk in pieces))
                yield from table.batches(choose) if delimiter else table.refusals(choose)


def _chunks(file: FileIO) -> Generator[tuple[int, str | None, str, Chunk], None, None]:
    for place, text in enumerate(texts(file, "delimited text", _not_delimited)):
        if text.refused:
            reason = f"the whole member is set aside: {text.refused}"
            yield place, text.member, "", Chunk(b"", rejected=(Rejected(1, reason),))
            continue
        delimiter = sniffed_delimiter(text.stream.head)
        for chunk in chunks(text.stream, _CHUNK):
            yield place, text.member, delimiter, chunk


def _not_delimited(head: bytes) -> str | None:
    if head.lstrip().startswith((b"{", b"[{")):
        return 'it is JSON (file_type "pega_ds_export")'
    return "it is binary data" if b"\0" in head else None


def sniffed_delimiter(head: bytes) -> str:
    """Return the delimiter under which the most of the first rows have the header's width, and the widest such header.

    Args:
        head: the text's first bytes.
    """
    whole = head if len(head) < HEAD else head[: head.rfind(b"\n") + 1]
    lines = whole.decode("utf-8", "replace").split("\n")

    def fit(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_ROWS) if row]
        except csv.Error:
            return 0, 0
        return (widths.count(widths[0]), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


class _Table:
    """One delimited text, read record by record."""

    def __init__(self, member: str | None, delimiter: str, pieces: Iterable[Chunk]) -> None:
        self._member = member
        self._delimiter = delimiter
        self._pieces = iter(pieces)
        self._rejected: list[Rejected] = []
        self._all_utf8 = True

    def batches(self, choose: Choose) -> Iterator[Batch]:
        """Read what is plain many lines at once, up to the first chunk that is not; the rest record by record."""
        names: tuple[str, ...] = ()
        for piece in self._pieces:
            data = plain_lines(piece.data) if piece.given is None and not piece.rejected else None
            first = piece.first
            if data is not None and not names:
                header, _, data = data.partition(b"\n")
                fields = header.decode().split(self._delimiter)
                names, first = distinct_names(fields) if len(fields) > 1 and any(fields) else (), first + 1
            if data is None or not names or (data and not is_even(data, self._delimiter, len(names))):
                self._pieces = chain([piece], self._pieces)
                names = names if piece.first > 1 else ()
                yield from self._slow_batches(names, piece.first - 1, choose)
                return
            yield self._plain_batch(names, data, first, choose)

    def _plain_batch(self, names: tuple[str, ...], data: bytes, first: int, choose: Choose) -> Batch:
        chosen = [name for name in dict.fromkeys(choose(names)) if name in names]
        height = data.count(b"\n") + bool(data and not data.endswith(b"\n"))
        if not chosen:
            frame = pl.DataFrame(height=height)
        elif not height:
            frame = pl.DataFrame(schema=dict.fromkeys(chosen, pl.String))
        else:
            frame = plain_frame(data, self._delimiter, names, chosen)
        return Batch(
            member=self._member,
            names=names,
            frame=frame,
            lines=pl.int_range(first, first + height, dtype=pl.Int64, eager=True).alias("line"),
            rejected=(),
            read_whole=lambda positions: plain_frame(data, self._delimiter, names, names)[list(positions)],
        )

    def _slow_batches(self, names: tuple[str, ...], before: int, choose: Choose) -> Iterator[Batch]:
        """Read record by record.

        Args:
            names: those of the header; empty where it has not been read.
            before: how many lines have been read.
            choose: see `Source.batches`.
        """
        records = self._records(before)
        if not names:
            names = self._header(records)
        limit = max(1, _BATCH_CELLS // len(names))
        lines, rows, given = list[int](), list[list[str]](), False
        for line, row in records:
            if len(row) == len(names):
                lines.append(line)
                rows.append(row)
            elif len(row) > 1 or row[0].strip():
                fields = f"{len(row)} field{'s' * (len(row) != 1)}"
                self._rejected.append(Rejected(line, f"{fields} where the header has {len(names)}"))
            if len(rows) >= limit or len(self._rejected) >= _BATCH_REJECTED:
                yield self._batch(names, lines, rows, choose)
                lines, rows, given = [], [], True
        if rows or self._rejected or not given:
            yield self._batch(names, lines, rows, choose)

    def _header(self, records: Iterator[tuple[int, list[str]]]) -> tuple[str, ...]:
        header = next(records, None)
        if header is None or self._rejected or not any(header[1]):
            wrong = f": {self._rejected[0].reason}" if self._rejected else ""
            raise DamageError(f"its header line cannot be read{wrong}")
        return distinct_names(header[1])

    def refusals(self, choose: Choose) -> Iterator[Batch]:
        for piece in self._pieces:
            self._rejected += piece.rejected
            yield self._batch((), [], [], choose)

    def _batch(self, names: tuple[str, ...], lines: list[int], rows: list[list[str]], choose: Choose) -> Batch:
        rejected, self._rejected = self._rejected, []
        places = {name: at for at, name in enumerate(names)}
        chosen = [name for name in dict.fromkeys(choose(names)) if name in places]
        return Batch(
            member=self._member,
            names=names,
            frame=_frame({name: places[name] for name in chosen}, rows),
            lines=pl.Series("line", lines, pl.Int64),
            rejected=tuple(sorted(rejected, key=lambda one: one.line)),
            read_whole=lambda positions: _frame(places, [rows[at] for at in positions]),
        )

    def _records(self, before: int) -> Iterator[tuple[int, list[str]]]:
        """Give each record that is no blank line, and the line it begins in."""
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        while True:
            line = before + reader.line_num + 1
            try:
                row = next(reader, None)
                if row is None:
                    return
                if not self._all_utf8:
                    "".join(row).encode()
            except csv.Error as error:
                last = before + reader.line_num
                until = f" (up to line {last:,})" if last > line else ""
                self._rejected.append(Rejected(line, _wrong(error) + until))
            except UnicodeEncodeError:
                self._rejected.append(Rejected(line, "not UTF-8"))
            else:
                if row:
                    yield line, row

    def _lines(self) -> Iterator[str]:
        for piece in self._pieces:
            self._rejected += piece.rejected
            try:
                text = piece.data.decode()
            except UnicodeDecodeError:
                self._all_utf8 = False
                text = piece.data.decode("utf-8", "surrogateescape")
            yield from io.StringIO(text, newline="\n")


def _wrong(error: csv.Error) -> str:
    return next((words for part, words in _WRONG if part in str(error)), str(error))


def _frame(places: dict[str, int], rows: Sequence[list[str]]) -> pl.DataFrame:
    if not places:
        return pl.DataFrame(height=len(rows))
    columns = {name: [row[at] for row in rows] for name, at in places.items()}
    return pl.DataFrame(columns, dict.fromkeys(places, pl.String), height=len(rows))


def distinct_names(header: Sequence[str]) -> tuple[str, ...]:
    """Return the header's names, each once: a second `a` is `a_2`, a name that is missing is `column_3`."""
    names: list[str] = []
    for at, field in enumerate(header, 1):
        name = plain = field.strip() or f"column_{at}"
        count = 1
        while name in names:
            count += 1
            name = f"{plain}_{count}"
        names.append(name)
    return tuple(names)
