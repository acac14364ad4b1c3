"""`valuekit compute`: as `ingest`, then print scores."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from valuekit.cli import answering, values
from valuekit.cli.answering import Layout
from valuekit.cli.complete import dimension_names, metric_names
from valuekit.cli.session import Session
from valuekit.cli.verbs.ingest import LockTimeoutFlag, OnErrorFlag
from valuekit.errors import UsageError

EXAMPLE = "valuekit compute engagement --by Channel,Month --where \"Issue = 'Sales'\" --format json"

MetricsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="METRIC", help="Metrics of the config; none: all.", show_default=False, autocompletion=metric_names
    ),
]
ByFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        metavar="DIM,...",
        help="Dimensions of the grain; repeatable. None: the total.",
        autocompletion=dimension_names,
    ),
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
    from valuekit.pipeline.asking import Question

    wait = values.duration(lock_timeout, "--lock-timeout").total_seconds()
    question = Question(values.split(by), where, values.split(scores) or None, values.split(sort), limit, curves)
    names = session.workspace.check(metrics or (), question)
    file = answering.file_of(output)
    layout = answering.layout(session, layout, file, len(names), curves=curves)
    if curves:
        _check_curves(session, layout, names, named=bool(metrics))
    if file is not None:
        session.workspace.refuse_output(Path(file))
    report = None if ingest is False else answering.land(session, on_error, wait, must=ingest is True)
    computed = replace(session.workspace.answer(metrics or (), question), run=report)
    answering.give(session, computed, layout, file, limit=limit, curves=curves)


def _check_curves(session: Session, layout: Layout, names: Sequence[str], *, named: bool) -> None:
    """Refuse to leave curves out that were asked for.

    Raises:
        UsageError: the format has no room for them, or a metric that was named, or every metric, has none.
    """
    from valuekit.metrics.base import HasCurves

    if layout != "json":
        raise UsageError(f"--curves goes with --format json only: {layout} has no room for curves")
    defined = session.workspace.plans.metrics
    without = [name for name in names if not isinstance(defined.get(name), HasCurves)]
    if without and (named or len(without) == len(names)):
        raise UsageError(f"--curves: {', '.join(without)}: no curves; metrics of the family model_ml_scores have them")
