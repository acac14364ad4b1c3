"""From the flags of a verb that prints scores to rows on a stream: landing first, the format, and what is said of it.

Owns the choice of the format, and the narration of what the numbers are made of and what is missing. Never computes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import typer

from valuekit.cli import landing
from valuekit.errors import LockedError
from valuekit.wording import counted

if TYPE_CHECKING:
    from valuekit.cli.session import Session
    from valuekit.pipeline.results import Computed, IngestReport

Layout: TypeAlias = Literal["table", "csv", "tsv", "json", "jsonl", "parquet"]

_BY_SUFFIX: dict[str, Layout] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


def file_of(output: str | None) -> str | None:
    """The file that is asked for; None for stdout."""
    return None if output in (None, "-") else output


def layout(session: Session, asked: Layout | None, file: str | None, metrics: int, *, curves: bool = False) -> Layout:
    """Choose the format: the flag, else the file's suffix, else what stdout is.

    Raises:
        UsageError: the format cannot carry so many metrics, or cannot go there.
    """
    from valuekit.cli.output import check_destination

    chosen = asked
    if chosen is None and file is not None:
        chosen = _BY_SUFFIX.get(Path(file).suffix.lower(), "tsv")
    if chosen is None and curves:
        chosen = "json"
    if chosen is None:
        chosen = "table" if session.on_terminal else "tsv"
        if chosen == "tsv" and metrics > 1:
            session.narrator.say("several metrics: written as json, because tsv carries one; --format says otherwise")
            chosen = "json"
    check_destination(chosen, file, metrics=metrics, stream=session.out)
    return chosen


def land(
    session: Session, on_error: Literal["skip", "fail"], wait: float, *, must: bool, verb: str = "compute"
) -> IngestReport | None:
    """Land new files; None where another run holds the cache and the snapshot has to do."""
    try:
        with session.progress() as progress:
            report = session.workspace.ingest(verb=verb, on_error=on_error, lock_timeout=wait, progress=progress)
    except LockedError as error:
        if must:
            raise
        session.narrator.warn(f"{error}. These numbers are from the last published snapshot", event="snapshot")
        return None
    if landing.is_news(report):
        landing.narrate(report, session.narrator, warn_of_labels=False)
    return report


def give(
    session: Session, computed: Computed, layout: Layout, file: str | None, *, limit: int | None, curves: bool = False
) -> None:
    """Write results, say what there is to say of them, and end the verb with another exit code where something failed.

    Raises:
        typer.Exit: 3 where there are no data, 4 where something is missing.
    """
    if computed.run is not None and computed.run.exit_code == 3 and not computed.data.facts:
        raise typer.Exit(3)
    _write(session, computed, layout, file, curves=curves)
    _narrate(session, computed, limit)
    if layout not in ("table", "json"):
        _say_why_missing(session, computed)
    _finish(computed)


def _write(session: Session, computed: Computed, layout: Layout, file: str | None, *, curves: bool) -> None:
    from valuekit.cli.output import write

    written = write(
        computed,
        format=layout,
        output=file,
        stream=session.out,
        color=session.color,
        width=session.width,
        curves=curves,
    )
    for path in written:
        session.workspace.wrote(path)
        session.narrator.say(f"wrote {path}", event="wrote")


def _narrate(session: Session, computed: Computed, limit: int | None) -> None:
    """Say what the numbers are made of, and what is missing."""
    narrator, data = session.narrator, computed.data
    for warning in computed.warnings:
        narrator.warn(warning)
    for metric, reason in computed.failures:
        narrator.error(f"{metric} failed: {reason}", "metric")
    if data.facts == 0 and data.first is None:
        narrator.warn(
            "no data: nothing has landed. Look at [ih] path and file_pattern, or run 'valuekit ingest FILE'",
            event="empty",
        )
    for result in computed.results:
        if result.from_facts:
            names, verb = ", ".join(result.from_facts), "is" if len(result.from_facts) == 1 else "are"
            said = f"{result.metric}: {names} {verb} not in its group_by, so this is computed from the facts"
            narrator.say(said, event="from facts", metric=result.metric)
        if result.total_rows > result.rows.height:
            narrator.warn(
                f"{result.metric}: {result.rows.height:,} of {counted(result.total_rows, 'row')} shown; "
                f"--limit {limit} cuts",
                event="truncated",
                metric=result.metric,
            )
        elif result.total_rows == 0 and data.facts:
            why = "meets --where" if result.where else "passes the filters"
            narrator.warn(f"{result.metric}: no rows, nothing {why}", event="empty", metric=result.metric)
    if data.facts:
        made_of = f"{counted(data.facts, 'fact')} of {counted(data.files, 'file')}"
        narrator.detail(f"from {made_of}, {data.first} to {data.last}", event="data")


def _say_why_missing(session: Session, computed: Computed) -> None:
    """Say why scores have no value, where the format has no room for it."""
    from valuekit.metrics.notes import EVERY_SCORE

    for result in computed.results:
        scores: dict[tuple[str, int], list[str]] = {}
        for note in result.notes:
            if note.score == EVERY_SCORE:
                continue  # a warning has said it
            scores.setdefault((note.reason, note.count), []).append(note.score)
        for (reason, count), names in scores.items():
            where = f" in {count:,} of {counted(result.total_rows, 'row')}" if result.by else ""
            said = f"{result.metric}: no value for {', '.join(names)}{where}: {reason}"
            session.narrator.say(said, event="no value", metric=result.metric, scores=names, reason=reason, count=count)


def _finish(computed: Computed) -> None:
    codes = [4] if computed.failures else []
    if computed.run is not None:
        codes.append(computed.run.exit_code)
    if any(codes):
        raise typer.Exit(3 if 3 in codes else 4)
