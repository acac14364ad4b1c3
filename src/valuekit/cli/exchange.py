"""Scores for programs: csv, tsv, jsonl, and the JSON document of `compute`.

Owns these layouts, each as lines of text. Never opens a file or a stream.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from valuekit.cli.figures import exact, exact_text
from valuekit.cli.findings import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import polars as pl

    from valuekit.metrics.curves import Curve
    from valuekit.metrics.notes import Absence
    from valuekit.pipeline.results import Computed, DataWindow, IngestReport, MetricResult

_ROWS = 10_000
"""So many rows are held as text at a time."""

_BREAK = "\r\n"
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def csv_lines(frame: pl.DataFrame) -> Iterator[str]:
    """Lay out rows as RFC 4180, with line feeds; null is empty."""
    writer = csv.writer(_Echo(), lineterminator=_BREAK)
    for row in _text_rows(frame):
        yield writer.writerow(row)


def tsv_lines(frame: pl.DataFrame) -> Iterator[str]:
    r"""Lay out rows with tabs between values, and `\t`, `\n`, `\r`, `\\` for such characters in them; null is empty."""
    for row in _text_rows(frame):
        yield "\t".join(value.translate(_TSV_ESCAPES) for value in row) + "\n"


def json_lines(frame: pl.DataFrame) -> Iterator[str]:
    """Lay out each row as one JSON object on a line."""
    for row in _objects(frame):
        yield _dump(row) + "\n"


def json_document(computed: Computed, *, curves: bool = False) -> Iterator[str]:
    """Lay out everything as the one document that CLI.md describes, on one line.

    Args:
        computed: the results.
        curves: whether each result has an entry for its curves, of which there may be none.
    """
    yield (
        _dump(
            {
                "schema": SCHEMA,
                "results": [_result(result, curves=curves) for result in computed.results],
                "data": _data(computed.data),
                "run": None if computed.run is None else _run(computed.run),
            }
        )
        + "\n"
    )


class _Echo:
    """Gives back the line that a csv writer writes, with a line feed alone.

    The writer itself is told that lines end in both characters: it quotes only values that hold one of these.
    """

    def write(self, line: str) -> str:
        return line.removesuffix(_BREAK) + "\n"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _text_rows(frame: pl.DataFrame) -> Iterator[Sequence[str]]:
    """The header, then the rows."""
    yield frame.columns
    for part in frame.iter_slices(_ROWS):
        yield from zip(*map(_texts, part.get_columns()), strict=True)


def _texts(column: pl.Series) -> Sequence[str]:
    """The values of a column, each as `exact_text` gives it."""
    import polars as pl

    if column.dtype == pl.String or column.dtype.is_integer():
        return column.cast(pl.String).fill_null("").to_list()
    return [exact_text(value) for value in column.to_list()]


def _objects(frame: pl.DataFrame) -> Iterator[Mapping[str, object]]:
    for row in frame.iter_rows(named=True):
        yield _exact_mapping(row)


def _exact_mapping(mapping: Mapping[str, object]) -> Mapping[str, object]:
    return {name: exact(value) for name, value in mapping.items()}


def _result(result: MetricResult, *, curves: bool) -> Mapping[str, object]:
    entry = {
        "metric": result.metric,
        "family": result.family,
        "by": list(result.by),
        "where": result.where,
        "rows": list(_objects(result.rows)),
        "notes": list(_notes(result.notes)),
        **{name: _nested(value) for name, value in result.details.items()},
    }
    return {**entry, "curves": [_curve(curve) for curve in result.curves]} if curves else entry


def _nested(value: object) -> object:
    """A detail, its numbers as exact as all others."""
    if isinstance(value, Mapping):
        return {key: _nested(part) for key, part in value.items()}
    return [_nested(part) for part in value] if isinstance(value, list | tuple) else exact(value)


def _curve(curve: Curve) -> Mapping[str, object]:
    entry = {
        "group": _exact_mapping(curve.group),
        "property": curve.property,
        "kind": curve.kind,
        "x": [exact(float(value)) for value in curve.x],
        "y": [exact(float(value)) for value in curve.y],
    }
    return entry if curve.n is None else {**entry, "n": list(curve.n)}


def _notes(notes: Iterable[Absence]) -> Iterator[Mapping[str, object]]:
    for note in notes:
        groups = [_exact_mapping(group) for group in note.groups]
        yield {"score": note.score, "reason": note.reason, "count": note.count, "groups": groups}


def _data(data: DataWindow) -> Mapping[str, object]:
    return {"files": data.files, "facts": data.facts, "from": exact(data.first), "to": exact(data.last)}


def _run(run: IngestReport) -> Mapping[str, object]:
    return {
        "files_landed": run.files_landed,
        "rows_landed": run.total("rows_landed"),
        "rows_rejected": run.total("rows_rejected"),
        "duplicates": run.total("duplicates"),
        "conflicts": run.total("conflicts"),
        "partitions_restated": run.partitions_restated,
    }
