"""`valuekit compute`: as `ingest`, then print scores."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from valuekit.cli import landing, values
from valuekit.cli.complete import metric_names
from valuekit.cli.session import Session
from valuekit.cli.verbs.ingest import LockTimeoutFlag, OnErrorFlag
from valuekit.errors import LockedError, UsageError
from valuekit.wording import counted

if TYPE_CHECKING:
    from valuekit.pipeline.results import Computed, IngestReport

Layout = Literal["table", "csv", "tsv", "json", "jsonl", "parquet"]

EXAMPLE = "valuekit compute engagement --by Channel,Month --where \"Issue = 'Sales'\" --format json"

_BY_SUFFIX: dict[str, Layout] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}


MetricsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="METRIC", help="Metrics of the config; none: all.", show_default=False, autocompletion=metric_names
    ),
]
ByFlag = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="DIM,...", help="Dimensions of the grain; repeatable. None: the total."),
]
WhereFlag = Annotated[
    str | None,
    typer.Option(
        "--where", metavar="EXPR", help="Only offers that meet an expression over dimensions, in SQL or Polars text."
    ),
]
ScoresFlag = Annotated[
    list[str] | None, typer.Option("--scores", metavar="SCORE,...", help="Only these scores; repeatable.")
]
SortFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--sort", metavar="COLUMN,...", help="Sort by these columns; -COLUMN sorts downwards. Default: the dimensions."
    ),
]
LimitFlag = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most N rows a metric.")]
CurvesFlag = Annotated[
    bool, typer.Option("--curves", help="Also ROC, precision-recall, gain, lift and calibration curves; json only.")
]
LayoutFlag = Annotated[
    Layout | None,
    typer.Option(
        "--format", help="How to write; default: by the file's suffix, else a table on a terminal and tsv in a pipe."
    ),
]
OutputFlag = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write to a file, or several metrics to a folder; - is stdout."
    ),
]
IngestFlag = Annotated[
    bool | None,
    typer.Option(
        "--ingest/--no-ingest",
        help="Land new files first, or never; default: land them unless another run holds the cache.",
        show_default=False,
    ),
]


def compute(
    session: Session,
    metrics: MetricsArgument = None,
    *,
    by: ByFlag = None,
    where: WhereFlag = None,
    scores: ScoresFlag = None,
    sort: SortFlag = None,
    limit: LimitFlag = None,
    curves: CurvesFlag = False,
    layout: LayoutFlag = None,
    output: OutputFlag = None,
    ingest: IngestFlag = None,
    on_error: OnErrorFlag = "skip",
    lock_timeout: LockTimeoutFlag = "0",
) -> None:
    """Land new files, then print the scores of metrics at the grain asked for.

    Where a score has no value it is empty, never 0, and the notes say why. Exit code 4: files were set aside or a
    metric failed, and the rest is printed; 75: --ingest was asked for and another run holds the cache.
    """
    from valuekit.pipeline.compute import Question

    wait = values.duration(lock_timeout, "--lock-timeout").total_seconds()
    question = Question(values.split(by), where, values.split(scores) or None, values.split(sort), limit, curves)
    names = session.workspace.check(metrics or (), question)
    file = None if output in (None, "-") else output
    layout = _layout(session, layout, file, len(names), curves=curves)
    if curves:
        _check_curves(session, layout, names, named=bool(metrics))
    if file is not None:
        session.workspace.refuse_output(Path(file))
    report = None if ingest is False else _land(session, on_error, wait, must=ingest is True)
    computed = replace(session.workspace.answer(metrics or (), question), run=report)
    if report is not None and report.exit_code == 3 and not computed.data.facts:
        raise typer.Exit(3)
    _write(session, computed, layout, file, curves=curves)
    _narrate(session, computed, limit)
    if layout not in ("table", "json"):
        _say_why_missing(session, computed)
    _finish(computed)


def _layout(session: Session, asked: Layout | None, file: str | None, metrics: int, *, curves: bool) -> Layout:
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


def _check_curves(session: Session, layout: Layout, names: Sequence[str], *, named: bool) -> None:
    """Refuse to leave curves out that were asked for.

    Raises:
        UsageError: the format has no room for them, or a metric that was named, or every metric, has none.
    """
    from valuekit.metrics.base import HasCurves

    if layout != "json":
        raise UsageError(f"--curves goes with --format json only: {layout} has no room for curves")
    defined = session.workspace.plans.metrics
    without = [name for name in names if not isinstance(defined[name], HasCurves)]
    if without and (named or len(without) == len(names)):
        raise UsageError(f"--curves: {', '.join(without)}: no curves; metrics of the family model_ml_scores have them")


def _land(session: Session, on_error: Literal["skip", "fail"], wait: float, *, must: bool) -> "IngestReport | None":
    """Land new files; None where another run holds the cache and the snapshot has to do."""
    try:
        with session.progress() as progress:
            report = session.workspace.ingest(verb="compute", on_error=on_error, lock_timeout=wait, progress=progress)
    except LockedError as error:
        if must:
            raise
        session.narrator.warn(f"{error}. These numbers are from the last published snapshot", event="snapshot")
        return None
    if landing.is_news(report):
        landing.narrate(report, session.narrator, warn_of_labels=False)
    return report


def _write(session: Session, computed: "Computed", layout: Layout, file: str | None, *, curves: bool) -> None:
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


def _narrate(session: Session, computed: "Computed", limit: int | None) -> None:
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


def _say_why_missing(session: Session, computed: "Computed") -> None:
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


def _finish(computed: "Computed") -> None:
    codes = [4] if computed.failures else []
    if computed.run is not None:
        codes.append(computed.run.exit_code)
    if any(codes):
        raise typer.Exit(3 if 3 in codes else 4)
