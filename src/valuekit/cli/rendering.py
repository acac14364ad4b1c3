"""The bytes of reports in each format, from the renderers.

Owns which renderer a format has, and which of its parts go together. Never chooses a place and never narrates what was
computed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from valuekit.cli.reporting import PICTURES, TABLES, file_stem, with_panels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from valuekit.cli.reporting import Task
    from valuekit.cli.session import Session
    from valuekit.reports.report import Document, Panel, Report
    from valuekit.reports.terminal.paint import Colors

Run: TypeAlias = "Mapping[str, object] | None"

WIDTH = 80
"""The columns of a terminal layout where there is no terminal: in a pipe without COLUMNS, and in a file."""


def whole(session: Session, document: Document, task: Task, run: Run) -> Iterator[Iterable[bytes]]:
    """Give the one document, table or picture that a stream or a file holds; none where there is nothing to write."""
    layout = task.layout
    if layout in TABLES or layout in PICTURES:
        yield from _first(session, document, task)
    elif layout == "terminal":
        yield _encoded(_terminal(session, document, task))
    elif layout == "html":
        yield [_page(session, document).encode()]
    elif layout == "pdf":
        from valuekit.reports import pdf

        yield [pdf.render(document)]
    else:
        yield _document(document, task, run)


def parts(session: Session, document: Document, task: Task, run: Run) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Give what each file of a folder holds, with its name before the suffix."""
    if task.layout not in TABLES and task.layout not in PICTURES:
        for report in document.reports:
            yield report.name, _document(replace(document, reports=(report,), cards=()), task, run)
        return
    for report, panel in with_panels(document.reports):
        if task.layout in TABLES:
            yield file_stem(report, panel), _table(panel, task)
        elif panel.picture is not None:
            yield file_stem(report, panel), [_picture(report, panel, document, task)]
        else:
            session.narrator.say(f"{file_stem(report, panel)} has no picture", event="no picture", report=report.name)


def _first(session: Session, document: Document, task: Task) -> Iterator[Iterable[bytes]]:
    """The first panel of the only report; what else there is is said."""
    panels = list(with_panels(document.reports))
    if not panels:
        return
    report, panel = panels[0]
    if len(panels) > 1:
        others = ", ".join(other.title or other.name for _, other in panels[1:])
        session.narrator.warn(
            f"{report.name} has further panels ({others}): -o DIR writes each into a file of its own",
            event="panels",
            report=report.name,
        )
    if task.layout in TABLES:
        yield _table(panel, task)
    elif panel.picture is not None:
        yield [_picture(report, panel, document, task)]
    else:
        session.narrator.warn(f"{report.name} has no picture", event="no picture", report=report.name)


def _table(panel: Panel, task: Task) -> Iterable[bytes]:
    from valuekit.reports.text.rows import csv_lines, tsv_lines

    lines = csv_lines if task.layout == "csv" else tsv_lines
    return _encoded(lines(panel.table))


def _document(document: Document, task: Task, run: Run) -> Iterable[bytes]:
    if task.layout == "json":
        from valuekit.reports.text.documents import json_lines_of

        return _encoded(json_lines_of(document, run))
    from valuekit.reports.text.markdown import markdown_lines

    return _encoded(markdown_lines(document))


def _terminal(session: Session, document: Document, task: Task) -> Iterator[str]:
    from valuekit.reports.terminal.layout import Layout, document_text

    to_stream = task.place.path is None
    layout = Layout(
        width=(session.width if to_stream else None) or WIDTH,
        colors=_colors(session) if to_stream else None,
        limit=task.limit,
        cards=task.names is None,
    )
    return document_text(document, layout)


def _colors(session: Session) -> Colors:
    """How many colours stdout has."""
    if not session.color:
        return None
    system = session.console(session.out).color_system
    return "truecolor" if system == "truecolor" else "256" if system == "256" else "standard"


def _page(session: Session, document: Document) -> str:
    from valuekit.pipeline.embedding import embed
    from valuekit.reports import page

    sheet = page.laid_out(document, session.workspace.folder)
    return sheet.page(embed(session.workspace, document, budget=sheet.room))


def _picture(report: Report, panel: Panel, document: Document, task: Task) -> bytes:
    from valuekit.reports import pictures

    if task.layout == "svg":
        return pictures.svg(report, panel, "light", provenance=document.provenance).encode()
    return pictures.png(report, panel, "light", provenance=document.provenance)


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    return (line.encode("utf-8", "backslashreplace") for line in lines)
