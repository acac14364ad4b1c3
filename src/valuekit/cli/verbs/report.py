"""`valuekit report`: as `ingest`, then render configured reports."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from valuekit.cli import answering, values
from valuekit.cli.complete import report_names
from valuekit.cli.reporting import (
    LIMITED,
    SHOWN_BY_BROWSERS,
    Format,
    Task,
    chosen_format,
    chosen_place,
    own_name,
    render,
)
from valuekit.cli.session import Session
from valuekit.cli.verbs.compute import IngestFlag
from valuekit.cli.verbs.ingest import LockTimeoutFlag, OnErrorFlag
from valuekit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.pipeline.results import IngestReport

EXAMPLE = "valuekit report ctr_by_channel --format html -o ctr.html --open"

ReportsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="REPORT", help="Reports of the config; none: all.", show_default=False, autocompletion=report_names
    ),
]
LayoutFlag = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="How to write; default: by the file's suffix, else terminal on a terminal and tsv in a pipe.",
    ),
]
OutputFlag = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Write to a file, or a file for each report and panel into a folder; - is stdout. html and pdf go into a "
        "file named after the config, and the reports or the tag asked for, where this is absent.",
    ),
]
TagFlag = Annotated[
    str | None,
    typer.Option("--tag", metavar="TAG", help="Only reports whose description begins with this [TAG]."),
]
OpenFlag = Annotated[
    bool,
    typer.Option("--open", help="Open the html, pdf, png or svg file in the browser; html where no format is named."),
]
WatchFlag = Annotated[
    bool,
    typer.Option("--watch", help="Render again whenever the config or the published numbers change; Ctrl-C ends it."),
]
LimitFlag = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="At most N rows a table: terminal, csv, tsv, json and md only."),
]


def report(
    session: Session,
    reports: ReportsArgument = None,
    *,
    layout: LayoutFlag = None,
    output: OutputFlag = None,
    tag: TagFlag = None,
    open_: OpenFlag = False,
    watch: WatchFlag = False,
    limit: LimitFlag = None,
    ingest: IngestFlag = None,
    on_error: OnErrorFlag = "skip",
    lock_timeout: LockTimeoutFlag = "0",
) -> None:
    """Land new files, then render the reports of the config: a page, a terminal layout, tables, pictures or a PDF.

    Where a score has no value it is empty, never 0, and the notes say why. Exit code 4: files were set aside or a
    report failed, and the rest is rendered; 75: --ingest was asked for and another run holds the cache.
    """
    from valuekit.pipeline.reporting.making import chosen_reports

    wait = values.duration(lock_timeout, "--lock-timeout").total_seconds()
    names = tuple(dict.fromkeys(reports)) if reports else None
    count = len(chosen_reports(session.workspace.config, names, tag))
    if not count:
        raise UsageError("the config has no reports: [reports.NAME] sections define them")
    layout = chosen_format(session, layout, output, count, opened=open_)
    if limit is not None and layout not in LIMITED:
        raise UsageError(f"--limit goes with terminal, csv, tsv, json and md: {layout} shows every row")
    place = chosen_place(session, layout, output, count, own_name(session.workspace.config.file, names, tag))
    if open_ and (layout not in SHOWN_BY_BROWSERS or place.path is None or place.folder):
        raise UsageError(
            "--open needs one file that a browser shows: html, pdf, or one report as png or svg, with -o FILE"
        )
    task = Task(names, tag, layout, place, limit)
    run = None if ingest is False else answering.land(session, on_error, wait, must=ingest is True, verb="report")
    if watch:
        _watch(session, task, run, opened=open_)
        return
    whole, paths = render(session, task, _told(run))
    if open_:
        _open(session, paths)
    _finish(run, whole=whole)


def _finish(run: "IngestReport | None", *, whole: bool) -> None:
    """End the verb with another exit code where something failed.

    Raises:
        typer.Exit: 3 where no file could be read, 4 where something is missing.
    """
    codes = [] if whole else [4]
    if run is not None:
        codes.append(run.exit_code)
    if any(codes):
        raise typer.Exit(3 if 3 in codes else 4)


def _told(run: "IngestReport | None") -> "Mapping[str, object] | None":
    """What JSON says of the ingest before the reports."""
    from valuekit.cli.exchange import ingest_body

    return None if run is None else ingest_body(run)


def _open(session: Session, paths: "Sequence[Path]") -> None:
    """Show a file in the user's browser; where there is none, say where the file is."""
    import webbrowser

    for path in paths:
        if not webbrowser.open(path.absolute().as_uri()):
            session.narrator.warn(f"found no browser; open {path} yourself", event="open")


def _watch(session: Session, task: Task, run: "IngestReport | None", *, opened: bool) -> None:
    """Render, and render again after each change of the config or of what is published, until Ctrl-C."""
    from valuekit.cli import failures, watching
    from valuekit.errors import ValuekitError

    config = session.config_path
    if config == "-":
        raise UsageError("--watch needs a config in a file: standard input cannot change")
    watched = [Path(config), *session.workspace.published]
    current, first = session, True

    def again() -> None:
        nonlocal current, first, watched
        try:
            if not first:
                current = Session(session.options, session.out, session.err)
            workspace = current.workspace
            watched = [Path(config), *workspace.published]
            _, paths = render(current, task, _told(run if first else None))
            session.out.flush()
            if opened and first:
                _open(current, paths)
        except ValuekitError as error:
            for line, error_id in failures.told(error):
                session.narrator.error(line, error_id)
        first = False

    session.narrator.say(f"watching {config} and what is published; Ctrl-C ends it", event="watch")
    watching.watch(again, lambda: tuple(watched))
