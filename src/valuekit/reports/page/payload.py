"""A document as the JSON that the page lays out.

Owns the names in that JSON, which the page's script reads. Never formats a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from valuekit.reports.low_counts import behind
from valuekit.reports.page.drawings import drawing
from valuekit.reports.page.packing import kind_of, packed
from valuekit.reports.text import rows
from valuekit.reports.values import exact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.report import Card, Column, Document, Panel, Provenance, Report

Json: TypeAlias = "Mapping[str, Any]"


def payload(document: Document) -> Json:
    """All that the page shows, tables packed."""
    return {
        "title": document.title,
        "warnings": document.warnings,
        "provenance": _provenance(document.provenance),
        "cards": [_card(card) for card in document.cards],
        "reports": [_report(report) for report in document.reports],
    }


def _provenance(provenance: Provenance) -> Json:
    names = ("config", "fingerprint", "version", "first", "last", "files", "facts", "rejected", "run", "finished")
    return {name: exact(getattr(provenance, name)) for name in names}


def _card(card: Card) -> Json:
    names = ("metric", "family", "score", "property", "unit", "value", "low", "high", "count", "reason")
    plain: dict[str, Any] = {name: exact(getattr(card, name)) for name in names}
    trend = [(exact(day), exact(value)) for day, value in card.trend]
    return plain | {"trend": trend, "beside": [_card(other) for other in card.beside]}


def _report(report: Report) -> Json:
    names = ("name", "title", "category", "type", "metric", "family", "by", "warnings", "failure")
    plain: dict[str, Any] = {name: getattr(report, name) for name in names}
    return plain | {"panels": [_panel(panel) for panel in report.panels]}


def _panel(panel: Panel) -> Json:
    hidden = behind(panel)
    shown = panel.table.select(column.name for column in panel.columns)
    return {
        "name": panel.name,
        "title": panel.title,
        "mark": panel.picture.mark if panel.picture else None,
        "columns": [_column(panel, column) for column in panel.columns],
        "behind": [] if hidden is None else hidden.columns,
        "data": packed(shown if hidden is None else shown.hstack(hidden)),
        "key": panel.key,
        "notes": list(rows.notes(panel.notes)),
        "chart": drawing(panel) if panel.picture else None,
    }


def _column(panel: Panel, column: Column) -> Json:
    return {
        "name": column.name,
        "role": column.role,
        "unit": column.unit,
        "kind": kind_of(panel.table[column.name]),
        "low": column.low,
        "high": column.high,
        "formula": column.score.formula if column.score else None,
        "nullWhen": column.score.null_when if column.score else "",
    }
