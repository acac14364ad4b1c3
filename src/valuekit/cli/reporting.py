"""From the flags of `valuekit report` to files or a stream: which format, where each report goes, and what is said.

Owns these choices. Never computes and never lays anything out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from valuekit.errors import UsageError
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from valuekit.cli.session import Session
    from valuekit.reports.report import Document, Panel, Report

Format: TypeAlias = Literal["html", "terminal", "csv", "tsv", "json", "md", "png", "svg", "pdf"]

_BY_SUFFIX: dict[str, Format] = {
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".md": "md",
    ".markdown": "md",
    ".png": "png",
    ".svg": "svg",
    ".pdf": "pdf",
    ".txt": "terminal",
}
ONE_FILE: frozenset[Format] = frozenset({"html", "pdf"})
"""The formats that make one file of all reports, and go into a file where nothing says otherwise."""

HOLD_SEVERAL: frozenset[Format] = frozenset({"html", "pdf", "terminal", "json", "md"})
"""The formats that carry several reports at once; the others carry one table or one picture."""

PICTURES: frozenset[Format] = frozenset({"png", "svg"})
TABLES: frozenset[Format] = frozenset({"csv", "tsv"})
LIMITED: frozenset[Format] = frozenset({"terminal", "csv", "tsv", "json", "md"})
BINARY: frozenset[Format] = frozenset({"png", "pdf"})
_NAMED = 3
"""At most so many reports stand in the name of a file."""

SHOWN_BY_BROWSERS: frozenset[Format] = frozenset({"html", "pdf", "png", "svg"})


@dataclass(frozen=True)
class Place:
    """Where reports go.

    Attributes:
        path: the file or folder; None for stdout.
        folder: whether `path` is a folder with a file for each report and panel.
    """

    path: Path | None
    folder: bool = False


@dataclass(frozen=True)
class Task:
    """What is asked for.

    Attributes:
        names: the reports; None for all.
        tag: only those of this category.
        layout: the format.
        place: where to.
        limit: at most so many rows a table.
    """

    names: tuple[str, ...] | None
    tag: str | None
    layout: Format
    place: Place
    limit: int | None


def chosen_format(session: Session, asked: Format | None, output: str | None, reports: int, *, opened: bool) -> Format:
    """Choose the format: the flag, else the file's suffix, else what stdout is, or a page where it is to be opened."""
    if asked is not None:
        return asked
    if output not in (None, "-"):
        return _BY_SUFFIX.get(Path(str(output)).suffix.lower(), "html" if opened else "tsv")
    if opened:
        return "html"
    if session.on_terminal:
        return "terminal"
    if reports > 1:
        session.narrator.say("several reports: written as json, because tsv carries one; --format says otherwise")
        return "json"
    return "tsv"


def own_name(config: Path | None, names: Sequence[str] | None, tag: str | None) -> str:
    """What a page or PDF is called where nothing says, without its suffix: after the config, and what is on it.

    So one of some reports never replaces that of all.
    """
    from valuekit.cli.output import safe

    stem = config.stem if config else "valuekit"
    named = [*(names or ())[:_NAMED], *([f"{len(names) - _NAMED}_more"] if names and len(names) > _NAMED else [])]
    parts = [*named, *([tag.strip().strip("[]").strip()] if tag is not None else [])]
    return "_".join((stem, *map(safe, parts)))


def chosen_place(session: Session, layout: Format, output: str | None, reports: int, own: str) -> Place:
    """Choose the file, the folder or the stream, before anything is computed.

    Args:
        session: with the streams.
        layout: the format.
        output: where to, as asked for.
        reports: how many there are.
        own: what a file without a name of its own is called, without its suffix.

    Raises:
        UsageError: the format cannot go there, or cannot carry so many reports; with what to do instead.
    """
    if output == "-" or (output is None and layout not in ONE_FILE):
        _check_stream(session, layout, reports)
        return Place(None)
    default = f"{own}.{layout}"
    if output is None:
        place = Place(Path(default))
    else:
        path, is_folder = Path(output), Path(output).is_dir() or output.endswith(("/", "\\"))
        place = Place(path / default if is_folder else path)
        if layout not in ONE_FILE:
            place = Place(path, is_folder or _needs_folder(path, layout, reports))
        elif is_folder:
            _make_folder(path, layout)
    if layout == "terminal" and place.folder:
        raise UsageError(f"{output} is a folder, and terminal is one document: name a file with -o FILE")
    if place.path is not None:
        session.workspace.refuse_output(place.path)
    return place


def _make_folder(folder: Path, layout: Format) -> None:
    from valuekit.cli.output import in_folder

    in_folder(folder, (), layout)


def _check_stream(session: Session, layout: Format, reports: int) -> None:
    if layout not in HOLD_SEVERAL and reports > 1:
        raise UsageError(
            f"{layout} carries one report, and {reports} are asked for: name one, write to a folder with -o DIR, or "
            "take --format json"
        )
    if layout in BINARY and session.on_terminal:
        raise UsageError(f"{layout} is not text: write it to a file with -o FILE, or into a pipe")


def _needs_folder(path: Path, layout: Format, reports: int) -> bool:
    """Whether several reports need a folder there.

    Raises:
        UsageError: there is a file, or its name is one of a file.
    """
    if layout in HOLD_SEVERAL or reports <= 1:
        return False
    if path.exists() or path.suffix:
        raise UsageError(f"{path} is one file, and {layout} takes one for each report: name a folder with -o DIR")
    return True


def render(session: Session, task: Task, run: Mapping[str, object] | None) -> tuple[bool, tuple[Path, ...]]:
    """Make the reports, write them, and say what there is to say of them.

    Returns:
        Whether every report could be made, and the files written.
    """
    from valuekit.pipeline.reporting import make

    with session.workspace.together():
        document = make(session.workspace, names=task.names, tag=task.tag, cards=_with_cards(task))
        _narrate(session, document, task)
        document = _limited(session, document, task)
        paths = _written(session, document, task, run)
    for path in paths:
        session.workspace.wrote(path)
        session.narrator.say(f"wrote {path}", event="wrote")
    return all(report.failure is None for report in document.reports), paths


def _with_cards(task: Task) -> bool:
    """Whether key numbers are shown: a page and a PDF have them always, a terminal and JSON where all is asked for."""
    return task.layout in ONE_FILE or (task.layout in ("terminal", "json") and task.names is None)


def _written(session: Session, document: Document, task: Task, run: Mapping[str, object] | None) -> tuple[Path, ...]:
    """Write to where the task says; gives the files."""
    from valuekit.cli import rendering
    from valuekit.cli.output import in_folder, send
    from valuekit.cli.replace import replacing

    place = task.place
    if place.path is None:
        for payload in rendering.whole(session, document, task, run):
            send(payload, session.out)
        return ()
    if not place.folder:
        for payload in rendering.whole(session, document, task, run):
            with replacing(place.path) as handle:
                handle.writelines(payload)
            return (place.path,)
        return ()
    parts = list(rendering.parts(session, document, task, run))
    paths = in_folder(place.path, [name for name, _ in parts], task.layout, what="reports")
    for path in paths:
        session.workspace.refuse_output(path)
    for path, (_, payload) in zip(paths, parts, strict=True):
        with replacing(path) as handle:
            handle.writelines(payload)
    return tuple(paths)


def _limited(session: Session, document: Document, task: Task) -> Document:
    """Cut the tables of text formats, and say so; a terminal says it below each table."""
    from dataclasses import replace

    limit = task.limit
    if limit is None or task.layout == "terminal":
        return document

    def cut(report: Report) -> Report:
        return replace(report, panels=tuple(shortened(report, panel) for panel in report.panels))

    def shortened(report: Report, panel: Panel) -> Panel:
        if panel.table.height <= limit:
            return panel
        of = f"{report.name}, {panel.name}" if panel.name else report.name
        rows = counted(panel.table.height, "row")
        session.narrator.warn(
            f"{of}: {limit:,} of {rows} shown; --limit {limit} cuts", event="truncated", report=report.name
        )
        return replace(panel, table=panel.table.head(limit))

    return replace(document, reports=tuple(cut(report) for report in document.reports))


def _narrate(session: Session, document: Document, task: Task) -> None:
    """Say what failed, and what the format itself has no room for."""
    narrator, source = session.narrator, document.provenance
    told = task.layout in ("terminal", "json", "md", "html", "pdf")
    for report in document.reports:
        if report.failure is not None:
            narrator.error(f"{report.name} failed: {report.failure}", "report")
    if source.facts == 0 and source.first is None:
        narrator.warn(
            "no data: nothing has landed. Look at [ih] path and file_pattern, or run 'valuekit ingest FILE'",
            event="empty",
        )
    if not told:
        for line, name in _beside(document):
            narrator.warn(line, event="report", report=name)
        for line, name in _reasons(document.reports) if task.layout in TABLES else ():
            narrator.say(line, event="no value", report=name)
    if source.facts:
        made_of = f"{counted(source.facts, 'fact')} of {counted(source.files, 'file')}"
        narrator.detail(f"from {made_of}, {source.first} to {source.last}", event="data")


def _beside(document: Document) -> Iterator[tuple[str, str | None]]:
    """The warnings of a document and its reports, each with its report."""
    yield from ((warning, None) for warning in document.warnings)
    yield from (
        (f"{report.name}: {warning}", report.name) for report in document.reports for warning in report.warnings
    )


def _reasons(reports: Iterable[Report]) -> Iterator[tuple[str, str]]:
    from valuekit.reports.reasons import sentences

    for report in reports:
        for panel in report.panels:
            yield from ((f"{report.name}: {sentence}", report.name) for sentence in sentences(panel.notes))


def file_stem(report: Report, panel: Panel) -> str:
    """What the file of a panel is called, before its suffix."""
    return f"{report.name}_{panel.name}" if panel.name else report.name


def with_panels(reports: Sequence[Report]) -> Iterator[tuple[Report, Panel]]:
    """Every panel with its report, in order."""
    yield from ((report, panel) for report in reports for panel in report.panels)
