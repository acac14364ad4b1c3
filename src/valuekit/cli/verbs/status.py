"""`valuekit status` and `valuekit runs`: how fresh the cache is, and what the last runs did."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from valuekit.cli import audit, listing, values
from valuekit.cli.listing import ListFormat, Row
from valuekit.cli.session import Session
from valuekit.errors import CacheError
from valuekit.wording import counted

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
    """Show how fresh the cache is: last run, facts, days, metrics, unreadable files, and if labels fit the data."""
    oldest = values.duration(max_age, "--max-age") if max_age is not None else None
    try:
        found = session.workspace.status()
    except CacheError as error:
        if oldest is None:
            raise
        session.narrator.warn(f"stale: {error}", event="stale")
        raise typer.Exit(1) from error
    if layout == "json":
        session.out.write(listing.document({"status": _record(session, found)}))
    else:
        listing.write_rows(session, "status", ("name", "value"), _lines(session, found), layout)
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
    rows = [{**row, **{name: _moment(row[name]) for name in ("started", "finished")}} for row in frame.to_dicts()]
    for row in rows:
        row["seconds"] = {stage: taken for stage, taken in (row["seconds"] or {}).items() if taken is not None}
    listing.write_rows(session, "runs", frame.columns, rows, layout)
    if frame.is_empty():
        session.narrator.warn("no run yet: 'valuekit ingest' makes the first", event="empty")


def _record(session: Session, found: "Status") -> dict[str, object]:
    from valuekit.cache.configs import fingerprint

    data = found.data
    return {
        "config": None if found.config is None else str(found.config),
        "fingerprint": fingerprint(session.workspace.config.text),
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
        "outcomes": audit.body(found.audit),
    }


def _lines(session: Session, found: "Status") -> list[Row]:
    """The same for people: a line a metric, an unreadable file, and a finding about outcome labels."""
    from valuekit.pipeline.outcomes import remarks_of, shown, warnings_of

    record = _record(session, found)
    del record["unreadable"], record["metrics"], record["outcomes"]
    for metric in found.metrics:
        said = (
            counted(metric.cells, "purchase" if metric.family == "clv" else "cell")
            if metric.current
            else "changed or new: run 'valuekit ingest'"
        )
        record[f"metric {metric.name}"] = said
    for file in found.unreadable:
        record[f"unreadable {file.path}"] = file.reason
    if found.audit.seen:
        record["outcomes"] = shown(found.audit.seen)
    lines = list(record.items())
    lines += [("outcomes: warning", said) for said in warnings_of(found.audit)]
    lines += [("outcomes: remark", said) for said in remarks_of(found.audit)]
    return [{"name": name, "value": value} for name, value in lines]


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
