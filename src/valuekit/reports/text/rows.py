"""The rows of a table as text: csv, tsv, and JSON objects.

Owns quoting and escapes. Never opens a file or a stream. Values are exact: every layout gives the same cells.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from valuekit.reports.values import exact, exact_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from valuekit.metrics.notes import Absence

_ROWS = 10_000
"""So many rows are held as text at a time."""

_BREAK = "\r\n"
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def csv_lines(frame: pl.DataFrame) -> Iterator[str]:
    """Lay out rows as RFC 4180, with line feeds; null is empty."""
    writer = csv.writer(_Echo(), lineterminator=_BREAK)
    for row in text_rows(frame):
        yield writer.writerow(row)


def tsv_lines(frame: pl.DataFrame) -> Iterator[str]:
    r"""Lay out rows with tabs between values, and `\t`, `\n`, `\r`, `\\` for such characters in them; null is empty."""
    for row in text_rows(frame):
        yield "\t".join(value.translate(_TSV_ESCAPES) for value in row) + "\n"


def json_lines(frame: pl.DataFrame) -> Iterator[str]:
    """Lay out each row as one JSON object on a line."""
    for row in objects(frame):
        yield dumped(row) + "\n"


def text_rows(frame: pl.DataFrame) -> Iterator[Sequence[str]]:
    """The header, then the rows, each value as `exact_text` gives it."""
    yield frame.columns
    for part in frame.iter_slices(_ROWS):
        yield from zip(*map(_texts, part.get_columns()), strict=True)


def objects(frame: pl.DataFrame) -> Iterator[Mapping[str, object]]:
    """Each row as what a JSON object holds."""
    for row in frame.iter_rows(named=True):
        yield exact_mapping(row)


def exact_mapping(mapping: Mapping[str, object]) -> Mapping[str, object]:
    """The same names, each value exact."""
    return {name: exact(value) for name, value in mapping.items()}


def notes(absences: Iterable[Absence]) -> Iterator[Mapping[str, object]]:
    """Why values are missing, as JSON holds it."""
    for note in absences:
        groups = [exact_mapping(group) for group in note.groups]
        yield {"score": note.score, "reason": note.reason, "count": note.count, "groups": groups}


def dumped(value: object) -> str:
    """Write JSON on one line; any text stays as it is."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


class _Echo:
    """Gives back the line that a csv writer writes, with a line feed alone.

    The writer itself is told that lines end in both characters: it quotes only values that hold one of these.
    """

    def write(self, line: str) -> str:
        return line.removesuffix(_BREAK) + "\n"


def _texts(column: pl.Series) -> Sequence[str]:
    """The values of a column, each as `exact_text` gives it."""
    import polars as pl

    if column.dtype == pl.String or column.dtype.is_integer():
        return column.cast(pl.String).fill_null("").to_list()
    return [exact_text(value) for value in column.to_list()]
