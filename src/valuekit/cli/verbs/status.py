"""`valuekit status` and `valuekit runs`: how fresh the cache is, and what the last runs did."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from valuekit.cli import listing, values
from valuekit.cli.listing import ListFormat
from valuekit.cli.session import Session
from valuekit.errors import CacheError

if TYPE_CHECKING:
    from valuekit.pipeline.results import Status

FormatFlag = Annotated[
    ListFormat | None,
    typer.Option("--format", help="How to write; default: a table on a terminal, tsv in a pipe.", show_default=False),
]

STATUS_EXAMPLE = "valuekit status --max-age 26h || echo stale"
RUNS_EXAMPLE = "valuekit runs --limit 5 --format json"

GOOD_STATES = ("done", "partly done")
"""The states of a run after which the published numbers are up to date."""


def status(
    session: Session,
    *,
    max_age: Annotated[
        str | None,
        typer.Option(
            "--max-age", metavar="DURATION", help="Exit with 1 when the last good run is older, for example 26h."
        ),
    ] = None,
    layout: FormatFlag = None,
) -> None:
    """Show how fresh the cache is: last run, facts, days, metrics, and files that could not be read."""
    oldest = values.duration(max_age, "--max-age") if max_age is not None else None
    try:
        found = session.workspace.status()
    except CacheError as error:
        if oldest is None:
            raise
        session.narrator.warn(f"stale: {error}", event="stale")
        raise typer.Exit(1) from error
    if layout == "json":
        session.out.write(listing.document({"status": _record(found)}))
    else:
        listing.write_record(session, "status", _text_record(found), layout)
    if oldest is not None:
        good = _last_good(session)
        if good is None or datetime.now(UTC) - good > oldest:
            session.out.flush()
            when = "no run has succeeded" if good is None else f"the last good run ended {good:%Y-%m-%d %H:%M} UTC"
            session.narrator.warn(f"stale: {when}, and --max-age is {max_age}", event="stale")
            raise typer.Exit(1)


def runs(
    session: Session,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The last N runs.")] = 20,
    layout: FormatFlag = None,
) -> None:
    """Show the last runs, newest first, with what each landed and how long it took."""
    frame = session.workspace.runs(limit)
    rows = [{name: _moment(value) for name, value in row.items()} for row in frame.to_dicts()]
    listing.write_rows(session, "runs", frame.columns, rows, layout)
    if frame.is_empty():
        session.narrator.warn("no run yet: 'valuekit ingest' makes the first", event="empty")


def _record(found: "Status") -> dict[str, object]:
    data = found.data
    return {
        "config": None if found.config is None else str(found.config),
        "cache": str(found.cache),
        "last_run": found.last_run,
        "finished": _moment(found.finished),
        "state": found.state,
        "files": data.files,
        "facts": data.facts,
        "from": data.first,
        "to": data.last,
        "unreadable": [{"path": file.path, "reason": file.reason} for file in found.unreadable],
        "metrics": [
            {
                "metric": metric.name,
                "family": metric.family,
                "fingerprint": metric.fingerprint,
                "cells": metric.cells,
                "current": metric.current,
            }
            for metric in found.metrics
        ],
    }


def _text_record(found: "Status") -> dict[str, object]:
    """The same for people: a line a metric and a line an unreadable file."""
    record = _record(found)
    del record["unreadable"], record["metrics"]
    for metric in found.metrics:
        said = f"{metric.cells:,} cells" if metric.current else "changed or new: run 'valuekit ingest'"
        record[f"metric {metric.name}"] = said
    for file in found.unreadable:
        record[f"unreadable {file.path}"] = file.reason
    return record


def _last_good(session: Session) -> datetime | None:
    """When the last run ended that left nothing stale."""
    for row in session.workspace.runs(1000).iter_rows(named=True):
        if row["state"] in GOOD_STATES and isinstance(row["finished"], datetime):
            return _utc(row["finished"])
    return None


def _moment(value: object) -> object:
    """A time as ISO text in UTC, to the second; anything else as it is."""
    return f"{_utc(value):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _utc(moment: datetime) -> datetime:
    """The ledger writes UTC without saying so."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
