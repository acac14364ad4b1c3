"""What a PDF says: a document as plain JSON of finished texts and pictures, for the layout to place.

Owns the words beside numbers, the order of reports and how much of a table is printed. Never computes a number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from valuekit.reports import charts
from valuekit.reports.charts.style import FONT
from valuekit.reports.numbers import NO_VALUE, shown, shown_interval
from valuekit.reports.palette import LIGHT
from valuekit.reports.pdf.printed import Json, table_of
from valuekit.reports.pictures import drawn, grain
from valuekit.reports.plain import plain
from valuekit.reports.reasons import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from valuekit.reports.report import Card, Document, Panel, Provenance, Report

Part: TypeAlias = "dict[str, Json]"

PRINT_FONT = "Libertinus Serif"
"""The typesetter's own; a little narrower than the one that pictures are measured with."""

PICTURE_WIDTH = 720
"""Pixels of a picture as wide as the page."""

HIGHEST = 1.2
"""A picture is at most so high, in widths of the page's text."""

_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')
_SQUARE: Mapping[str, int] = {"curve": 400, "polar": 560}
"""Those of pictures as high as they are wide."""

_COLORS = ("text", "muted", "border", "surface", "accent", "faint", "worse")
_UNCATEGORISED = "Reports"


def contents(document: Document) -> Part:
    """All that the layout places, in its order."""
    source = document.provenance
    return {
        "title": plain(document.title),
        "period": _period(source),
        "colors": {name: getattr(LIGHT, name) for name in _COLORS},
        "provenance": [[label, value] for label, value in _provenance(source)],
        "warnings": [plain(warning) for warning in document.warnings],
        "cards": [_card(card) for card in document.cards],
        "categories": [
            {"name": plain(name or _UNCATEGORISED), "reports": [_report(report) for report in reports]}
            for name, reports in by_category(document.reports)
        ],
    }


def by_category(reports: Sequence[Report]) -> list[tuple[str, list[Report]]]:
    """Reports by category, in the order of their first ones."""
    found: dict[str, list[Report]] = {}
    for report in reports:
        found.setdefault(report.category, []).append(report)
    return list(found.items())


def _period(source: Provenance) -> str:
    if source.first is None or source.last is None:
        return "No data"
    return f"{shown(source.first)} to {shown(source.last)}"


def _provenance(source: Provenance) -> Iterator[tuple[str, str]]:
    yield "Period", _period(source)
    yield "Filters", "none"
    yield "Rows", f"{source.facts:,} counted, {source.rejected:,} rejected"
    yield "Files", f"{source.files:,}"
    if source.finished is not None:
        run = f", run {source.run}" if source.run is not None else ""
        yield "Numbers of", f"{source.finished:%Y-%m-%d %H:%M} UTC{run}"
    if source.config is not None:
        yield "Config", plain(source.config)
    yield "Fingerprint", plain(source.fingerprint)
    yield "Version", plain(f"valuekit {source.version}")


def _card(card: Card) -> Part:
    count = f"n = {shown(card.count, 'count')}" if card.count is not None else ""
    return {
        "name": _card_name(card),
        "metric": plain(card.metric),
        "value": shown(card.value, card.unit),
        "interval": _card_interval(card),
        "count": count,
        "reason": plain(card.reason) if card.value is None and card.reason else "",
        "trend": _trend([value for _, value in card.trend]),
        "days": [shown(card.trend[0][0]), shown(card.trend[-1][0])] if card.trend else [],
        "beside": [f"{_card_name(other)} {shown(other.value, other.unit)}" for other in card.beside],
    }


def _card_name(card: Card) -> str:
    return plain(f"{card.score} of {card.property}" if card.property is not None else card.score)


def _card_interval(card: Card) -> str:
    found = shown_interval(card.low, card.high, card.unit)
    return "" if found == NO_VALUE else f"95 % CI {found}"


def _trend(values: Sequence[float | None]) -> list[Json]:
    """Numbers from 0 to 1 for a line; a gap where there is none."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return []
    least, most = min(known), max(known)
    spread = most - least
    return [None if value is None else round((value - least) / spread, 4) if spread else 0.5 for value in values]


def _report(report: Report) -> Part:
    of = grain(report, report.main) if report.panels else plain(report.metric)
    return {
        "title": plain(report.title),
        "about": f"{plain(report.name)}: {of}, {plain(report.type)}",
        "failure": plain(report.failure) if report.failure is not None else "",
        "warnings": [plain(warning) for warning in report.warnings],
        "panels": [_panel(report, panel) for panel in report.panels],
        "formulas": _formulas(report),
    }  # fmt: skip


def _panel(report: Report, panel: Panel) -> Part:
    picture = _picture(panel)
    return {
        "title": plain(panel.title),
        "picture": picture,
        "width": round(min(_width(panel) / PICTURE_WIDTH, HIGHEST * _shape(picture)), 4),
        "description": charts.describe(panel, panel.picture) if panel.picture is not None else "",
        "table": table_of(report, panel),
        "notes": [*sentences(panel.notes)],
    }


def _picture(panel: Panel) -> str:
    """SVG in the font of print, without the white that it has around it on screens; empty where there is none."""
    if panel.picture is None:
        return ""
    spec = charts.spec(panel, theme="light", width=_width(panel))
    spec["padding"] = 2
    return drawn(spec).replace(f'font-family="{FONT}"', f'font-family="{PRINT_FONT}"')


def _width(panel: Panel) -> int:
    return _SQUARE.get(panel.picture.mark, PICTURE_WIDTH) if panel.picture is not None else PICTURE_WIDTH


def _shape(picture: str) -> float:
    """The width of a picture in heights; 1 where there is none."""
    found = _SIZE.search(picture)
    return float(found[1]) / float(found[2]) if found else 1.0


def _formulas(report: Report) -> list[Json]:
    """The scores of a report, each once, with how they are computed."""
    found: dict[str, str] = {}
    for panel in report.panels:
        for column in panel.columns:
            if column.score is not None:
                found.setdefault(plain(column.name), plain(column.score.formula))
    return [[name, formula] for name, formula in found.items()]
