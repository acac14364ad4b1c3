"""The JSON document of reports.

Owns its layout. Never opens a file or a stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.text.rows import dumped, notes, objects
from valuekit.reports.values import exact
from valuekit.wording import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from valuekit.reports.report import Card, Column, Document, Panel, Provenance, Report


def json_lines_of(document: Document, run: Mapping[str, object] | None = None) -> Iterator[str]:
    """Lay out a document as one JSON document on one line.

    Args:
        document: the reports.
        run: what is said of the ingest before them; None where there was none.
    """
    yield dumped(_body(document, run)) + "\n"


def _body(document: Document, run: Mapping[str, object] | None) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "title": document.title,
        "reports": [_report(report) for report in document.reports],
        "cards": [_card(card) for card in document.cards],
        "data": _data(document.provenance),
        "provenance": _provenance(document.provenance),
        "run": run,
        "warnings": list(document.warnings),
    }


def _report(report: Report) -> Mapping[str, object]:
    return {
        "name": report.name,
        "title": report.title,
        "category": report.category,
        "type": report.type,
        "metric": report.metric,
        "family": report.family,
        "by": list(report.by),
        "panels": [_panel(panel) for panel in report.panels],
        "failure": report.failure,
        "warnings": list(report.warnings),
    }


def _panel(panel: Panel) -> Mapping[str, object]:
    return {
        "name": panel.name,
        "title": panel.title,
        "columns": [_column(column) for column in panel.columns],
        "rows": list(objects(panel.table)),
        "notes": list(notes(panel.notes)),
    }


def _column(column: Column) -> Mapping[str, object]:
    return {"name": column.name, "role": column.role, "unit": column.unit, "low": column.low, "high": column.high}


def _card(card: Card) -> Mapping[str, object]:
    return {
        "metric": card.metric,
        "family": card.family,
        "score": card.score,
        "property": card.property,
        "unit": card.unit,
        "value": exact(card.value),
        "low": exact(card.low),
        "high": exact(card.high),
        "count": card.count,
        "reason": card.reason,
        "trend": [{"day": exact(day), "value": exact(value)} for day, value in card.trend],
        "beside": [_card(further) for further in card.beside],
    }


def _data(provenance: Provenance) -> Mapping[str, object]:
    return {
        "files": provenance.files,
        "facts": provenance.facts,
        "from": exact(provenance.first),
        "to": exact(provenance.last),
    }


def _provenance(provenance: Provenance) -> Mapping[str, object]:
    return {
        "config": provenance.config,
        "fingerprint": provenance.fingerprint,
        "version": provenance.version,
        "run": provenance.run,
        "finished": exact(provenance.finished),
        "rows_rejected": provenance.rejected,
    }
