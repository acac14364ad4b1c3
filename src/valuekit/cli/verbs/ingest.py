"""`valuekit ingest`: land new and changed files, bring states up to date, publish."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from valuekit.cli import landing, listing, values
from valuekit.cli.session import Session
from valuekit.errors import UsageError

OnError = Literal["skip", "fail"]
Kind = Literal["ih", "holdings"]

OnErrorFlag = Annotated[
    OnError,
    typer.Option(
        "--on-error", envvar="VALUEKIT_ON_ERROR", help="What to do at an unreadable file: set it aside, or stop."
    ),
]
LockTimeoutFlag = Annotated[
    str,
    typer.Option(
        "--lock-timeout",
        metavar="DURATION",
        envvar="VALUEKIT_LOCK_TIMEOUT",
        help="How long to wait for another run to finish, for example 30s or 5m.",
    ),
]

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH", help="Files or folders; none: those the config's patterns match.", show_default=False
    ),
]
SourceFlag = Annotated[
    Kind | None,
    typer.Option(
        "--as",
        help="Land this source only. Default: all; a path belongs to the source whose pattern it matches, else to the "
        "one whose columns it has.",
        show_default=False,
    ),
]
DryRunFlag = Annotated[bool, typer.Option("--dry-run", help="Name the files that would land, but change nothing.")]
FullRefreshFlag = Annotated[
    bool, typer.Option("--full-refresh", help="Forget all facts and states first, and land everything again.")
]
SinceFlag = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Rebuild the states from this date on, changed or not; YYYY-MM-DD."),
]
UntilFlag = Annotated[
    str | None,
    typer.Option("--until", metavar="DATE", help="Rebuild the states up to this date, changed or not; YYYY-MM-DD."),
]
LayoutFlag = Annotated[
    Literal["text", "json"],
    typer.Option("--format", help="text: a summary on stderr; json: also one document on stdout."),
]

EXAMPLE = "valuekit ingest exports/2026-01-07.zip"


def ingest(
    session: Session,
    paths: PathsArgument = None,
    *,
    source: SourceFlag = None,
    dry_run: DryRunFlag = False,
    on_error: OnErrorFlag = "skip",
    full_refresh: FullRefreshFlag = False,
    since: SinceFlag = None,
    until: UntilFlag = None,
    lock_timeout: LockTimeoutFlag = "0",
    layout: LayoutFlag = "text",
) -> None:
    """Land new and changed files, bring states up to date and publish them.

    A file is known by its content: what has landed before costs nothing. A broken line never fails its file, it is set
    aside and counted. Exit code 4: some files could not be read; 3: none could; 75: another run holds the cache.
    """
    first, last = values.day(since, "--since"), values.day(until, "--until")
    if first and last and first > last:
        raise UsageError(f"--since {since} is after --until {until}")
    if dry_run and (full_refresh or first or last):
        raise UsageError("--dry-run names the files that would land; it goes with no flag that rebuilds")
    wait = values.duration(lock_timeout, "--lock-timeout").total_seconds()
    named = _files(paths or ())
    if dry_run:
        report = session.workspace.preview(named, source)
    else:
        with session.progress() as progress:
            report = session.workspace.ingest(
                named,
                kind=source,
                on_error=on_error,
                full_refresh=full_refresh,
                since=first,
                until=last,
                lock_timeout=wait,
                progress=progress,
            )
    landing.narrate(report, session.narrator, dry_run=dry_run)
    if layout == "json":
        session.out.write(listing.document(landing.body(report)))
    if report.exit_code:
        session.out.flush()
        raise typer.Exit(report.exit_code)


def _files(paths: Sequence[str]) -> list[Path]:
    """Take the paths as named.

    Raises:
        UsageError: a path is standard input.
    """
    if "-" in paths:
        raise UsageError("ingest lands files, not standard input: a changed config has them read again")
    return [Path(path) for path in paths]
