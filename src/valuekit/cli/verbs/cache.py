"""`valuekit cache`: what the cache holds, forgetting it, and its cells as files that leave and enter."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from valuekit.cli import listing
from valuekit.cli.session import Session
from valuekit.cli.verbs.status import FormatFlag
from valuekit.errors import UsageError
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

INFO_EXAMPLE = "valuekit cache info"
CLEAR_EXAMPLE = "valuekit cache clear --yes"
EXPORT_EXAMPLE = "valuekit cache export cells"
IMPORT_EXAMPLE = "valuekit cache import cells"

NAMED_DAYS = 5


def info(session: Session, *, layout: FormatFlag = None) -> None:
    """Show where the cache is, its size, format and contents."""
    listing.write_record(session, "cache", session.workspace.cache_info(), layout)


def clear(
    session: Session,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")] = False,
) -> None:
    """Delete all facts, states and ledgers of the cache; the source files stay.

    The next ingest lands everything again. Facts whose files are gone are lost.
    """
    workspace = session.workspace
    folder = workspace.folder
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"cache clear deletes {folder}. Say --yes where there is no terminal to ask")
        if not typer.confirm(f"Delete all facts and states in {folder}?", err=True):
            session.narrator.say("nothing is deleted", event="kept")
            return
    workspace.clear()
    session.narrator.say(f"cleared {folder}", event="cleared")


def export(
    session: Session,
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="A new or empty folder, or an earlier export, which is replaced."),
    ],
) -> None:
    """Write the published states of every metric into a folder: a parquet file a metric, and manifest.json.

    docs/interop.md describes the files. Facts stay in the cache.
    """
    report = session.workspace.export_cells(folder)
    what = ", ".join(
        (counted(len(report.metrics), "metric"), counted(report.days, "day"), counted(report.cells, "cell"))
    )
    session.narrator.say(f"exported {what} to {folder}", event="export", cells=report.cells)
    _warn_left_out(session, report.left_out, "exported")
    raise typer.Exit(report.exit_code)


def import_(
    session: Session,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A folder that 'cache export' wrote, or a JSON file of cdhdashboard's aggregated data.",
        ),
    ],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also take days again that were imported before; never others.")
    ] = False,
) -> None:
    """Take in days of states that the cache does not have, and publish them; days that it has stay as they are.

    What needs facts has no value from then on: docs/interop.md says what that means.
    """
    report = session.workspace.import_cells(source, replace=replace)
    if report.days or not report.kept:
        what = ", ".join((counted(len(report.metrics), "metric"), counted(len(report.days), "day")))
        again = f", {counted(len(report.replaced), 'day')} of them again" if report.replaced else ""
        said = f"imported {what}, {counted(report.cells, 'cell')}{again}"
    else:
        said = "nothing imported: the cache has all these days"
    session.narrator.say(said, event="import", cells=report.cells)
    for warning in report.warnings:
        session.narrator.warn(warning, event="import")
    if report.kept:
        remedy = "" if replace else "; --replace takes those again that were imported before"
        session.narrator.warn(
            f"{counted(len(report.kept), 'day')} left as the cache has them: {_listed(report.kept)}{remedy}",
            event="kept",
        )
    _warn_left_out(session, report.left_out, "imported")
    raise typer.Exit(report.exit_code)


def _warn_left_out(session: Session, left_out: "Sequence[tuple[str, str]]", done: str) -> None:
    for metric, reason in left_out:
        session.narrator.warn(f"metric {metric} is not {done}: {reason}", event="left out", metric=metric)


def _listed(days: "Sequence[date]") -> str:
    more = f" and {len(days) - NAMED_DAYS:,} more" if len(days) > NAMED_DAYS else ""
    return ", ".join(map(str, days[:NAMED_DAYS])) + more
