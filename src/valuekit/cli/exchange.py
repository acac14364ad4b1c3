"""The JSON document of `compute`.

Owns its layout. Never opens a file or a stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from valuekit.reports.text.rows import dumped, exact_mapping, notes, objects
from valuekit.reports.values import exact
from valuekit.wording import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.metrics.curves import Curve
    from valuekit.pipeline.results import Computed, DataWindow, IngestReport, MetricResult


def json_document(computed: Computed, *, curves: bool = False) -> Iterator[str]:
    """Lay out everything as one document, on one line.

    Args:
        computed: the results.
        curves: whether each result has an entry for its curves, of which there may be none.
    """
    yield (
        dumped(
            {
                "schema": SCHEMA,
                "results": [_result(result, curves=curves) for result in computed.results],
                "data": _data(computed.data),
                "run": None if computed.run is None else ingest_body(computed.run),
            }
        )
        + "\n"
    )


def _result(result: MetricResult, *, curves: bool) -> Mapping[str, object]:
    entry = {
        "metric": result.metric,
        "family": result.family,
        "by": list(result.by),
        "where": result.where,
        "rows": list(objects(result.rows)),
        "notes": list(notes(result.notes)),
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
        "group": exact_mapping(curve.group),
        "property": curve.property,
        "kind": curve.kind,
        "x": [exact(float(value)) for value in curve.x],
        "y": [exact(float(value)) for value in curve.y],
    }
    return entry if curve.n is None else {**entry, "n": list(curve.n)}


def _data(data: DataWindow) -> Mapping[str, object]:
    return {"files": data.files, "facts": data.facts, "from": exact(data.first), "to": exact(data.last)}


def ingest_body(run: IngestReport) -> Mapping[str, object]:
    """What JSON says of the ingest before an answer."""
    return {
        "files_landed": run.files_landed,
        "rows_landed": run.total("rows_landed"),
        "rows_rejected": run.total("rows_rejected"),
        "duplicates": run.total("duplicates"),
        "conflicts": run.total("conflicts"),
        "partitions_restated": run.partitions_restated,
    }
