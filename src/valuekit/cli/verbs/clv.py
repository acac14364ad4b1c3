"""`valuekit clv`: tables of customers, what they will do, and how well that would have been foretold."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from valuekit.cli import answering, values
from valuekit.cli.complete import metric_names
from valuekit.cli.session import Session
from valuekit.cli.verbs.compute import IngestFlag, LayoutFlag, LimitFlag, OutputFlag, SortFlag
from valuekit.cli.verbs.ingest import LockTimeoutFlag, OnErrorFlag
from valuekit.config.nearest import unknown
from valuekit.errors import UsageError

if TYPE_CHECKING:
    from valuekit.metrics.predictions import Outlook
    from valuekit.pipeline.asking import Question
    from valuekit.pipeline.desk import Desk
    from valuekit.pipeline.results import MetricResult

SEGMENTS_EXAMPLE = "valuekit clv segments -o customers.parquet"
PREDICT_EXAMPLE = "valuekit clv predict --by rfm_segment --horizon-months 6 --format json"
BACKTEST_EXAMPLE = "valuekit clv backtest --horizon-months 6"

SHOWN = 100
"""So many customers a table shows where --limit does not say."""

MetricArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="METRIC",
        help="A clv metric of the config; none: the only one.",
        show_default=False,
        autocompletion=metric_names,
    ),
]
ByFlag = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="DIM,...", help="Dimensions, or rfm_segment; repeatable. None: a row a customer."),
]
WhereFlag = Annotated[
    str | None,
    typer.Option(
        "--where", metavar="EXPR", help="Only customers with a purchase that meets an expression over dimensions."
    ),
]
EndFlag = Annotated[
    str | None,
    typer.Option(
        "--observation-end",
        metavar="DATE",
        help="The last day that counts; default: the config's, else the last purchase date.",
    ),
]
MonthsFlag = Annotated[
    int, typer.Option("--horizon-months", min=1, max=1200, metavar="N", help="How far to predict: months of 30 days.")
]
HoldoutFlag = Annotated[
    int,
    typer.Option(
        "--horizon-months", min=1, max=1200, metavar="N", help="How long the holdout is: the last months of 30 days."
    ),
]
ModelFlag = Annotated[
    Literal["bg_nbd", "pareto_nbd"], typer.Option("--model", help="The model of how often customers buy.")
]
BackendFlag = Annotated[
    Literal["valuekit", "lifetimes"],
    typer.Option("--backend", help="Whose code fits the models; lifetimes is an extra."),
]


def segments(
    session: Session,
    metric: MetricArgument = None,
    *,
    where: WhereFlag = None,
    observation_end: EndFlag = None,
    sort: SortFlag = None,
    limit: LimitFlag = None,
    layout: LayoutFlag = None,
    output: OutputFlag = None,
    ingest: IngestFlag = None,
    on_error: OnErrorFlag = "skip",
    lock_timeout: LockTimeoutFlag = "0",
) -> None:
    """List every customer with recency, frequency, value, quartiles and segment.

    Dimensions are those of the latest purchase. Quartiles compare all customers of the metric, whatever --where picks.
    """
    from valuekit.metrics.predictions import Outlook
    from valuekit.pipeline import clv

    flags = _Flags(metric, observation_end, layout, output, ingest, on_error, lock_timeout)
    asked = _Asked((), where, values.split(sort), limit, SHOWN)
    _answer(session, flags, asked, Outlook(), clv.segments)


def predict(
    session: Session,
    metric: MetricArgument = None,
    *,
    by: ByFlag = None,
    where: WhereFlag = None,
    horizon_months: MonthsFlag = 12,
    observation_end: EndFlag = None,
    model: ModelFlag = "bg_nbd",
    backend: BackendFlag = "valuekit",
    sort: SortFlag = None,
    limit: LimitFlag = None,
    layout: LayoutFlag = None,
    output: OutputFlag = None,
    ingest: IngestFlag = None,
    on_error: OnErrorFlag = "skip",
    lock_timeout: LockTimeoutFlag = "0",
) -> None:
    """Predict purchases and their discounted value, for each customer or for groups with 95 % intervals.

    Models are fitted to all customers of the metric, whatever is asked for. The intervals are of the fits; what will
    happen scatters around besides. --format json carries the parameters, other formats say them on stderr.
    """
    from valuekit.metrics.predictions import Outlook
    from valuekit.pipeline import clv

    flags = _Flags(metric, observation_end, layout, output, ingest, on_error, lock_timeout)
    asked = _Asked(values.split(by), where, values.split(sort), limit, None if by else SHOWN)
    outlook = Outlook(horizon_months, model=model, backend=backend)
    _answer(session, flags, asked, outlook, clv.predict if by else clv.predict_customers)


def backtest(
    session: Session,
    metric: MetricArgument = None,
    *,
    horizon_months: HoldoutFlag = 6,
    observation_end: EndFlag = None,
    model: ModelFlag = "bg_nbd",
    backend: BackendFlag = "valuekit",
    layout: LayoutFlag = None,
    output: OutputFlag = None,
    ingest: IngestFlag = None,
    on_error: OnErrorFlag = "skip",
    lock_timeout: LockTimeoutFlag = "0",
) -> None:
    """Fit models to the purchases before a holdout, and compare what they expect of it with what happened.

    A row for each number of repeat purchases before the holdout, and one for all customers; customers who first bought
    in the holdout are in none.
    """
    from valuekit.metrics.predictions import Outlook
    from valuekit.pipeline import clv

    flags = _Flags(metric, observation_end, layout, output, ingest, on_error, lock_timeout)
    outlook = Outlook(horizon_months, model=model, backend=backend)
    _answer(session, flags, _Asked((), None, (), None, None), outlook, clv.backtest)


class _Flags(NamedTuple):
    """The flags that every verb here takes."""

    metric: str | None
    observation_end: str | None
    layout: answering.Layout | None
    output: str | None
    ingest: bool | None
    on_error: Literal["skip", "fail"]
    lock_timeout: str


class _Asked(NamedTuple):
    """What is asked, and how many rows a table shows where no flag says."""

    by: tuple[str, ...]
    where: str | None
    sort: tuple[str, ...]
    limit: int | None
    shown: int | None


def _answer(
    session: Session,
    flags: _Flags,
    asked: _Asked,
    outlook: "Outlook",
    compute: "Callable[[Desk, Question], MetricResult]",
) -> None:
    """Check, land, compute and write."""
    from valuekit.metrics.names import SEGMENT
    from valuekit.pipeline.asking import Question, each_known, parsed_where
    from valuekit.pipeline.results import Computed

    workspace = session.workspace
    name = _name(session, flags.metric)
    metric = workspace.customer_metrics[name]
    wait = values.duration(flags.lock_timeout, "--lock-timeout").total_seconds()
    end = values.day(flags.observation_end, "--observation-end")
    each_known("dimension", asked.by, (*metric.dimensions, SEGMENT), name)
    parsed_where(asked.where, name, metric.dimensions)
    file = answering.file_of(flags.output)
    layout = answering.layout(session, flags.layout, file, 1)
    if file is not None:
        workspace.refuse_output(Path(file))
    limit = asked.shown if asked.limit is None and layout == "table" else asked.limit
    run = None if flags.ingest is False else answering.land(session, flags.on_error, wait, must=flags.ingest is True)
    with workspace.desk(name, outlook, end) as desk:
        result = compute(desk, Question(asked.by, asked.where, None, asked.sort, limit))
        data = desk.data
    if layout != "json":
        _say_fits(session, result)
    answering.give(session, Computed((result,), data, run, warnings=result.warnings), layout, file, limit=limit)


def _name(session: Session, asked: str | None) -> str:
    """The clv metric that is meant."""
    known = list(session.workspace.customer_metrics)
    if not known:
        raise UsageError(
            "the config has no clv metric: 'valuekit clv' shows what [metrics.clv] defines over [holdings]"
        )
    if asked is None:
        if len(known) > 1:
            raise UsageError(f"the config has {len(known)} clv metrics: name one of {', '.join(known)}")
        return known[0]
    if asked not in known:
        raise unknown("clv metric", asked, known)
    return asked


def _say_fits(session: Session, result: "MetricResult") -> None:
    """Say what the models found, where the format has no room for it."""
    fits = result.details.get("fits")
    for fit in fits if isinstance(fits, list) else ():
        if "reason" in fit:
            session.narrator.warn(f"{fit['model']} cannot be fitted: {fit['reason']}", event="fit")
            continue
        params = ", ".join(f"{name} {value:.6g}" for name, value in fit["params"].items())
        said = f"{fit['model']}: {params}; log-likelihood {fit['log_likelihood']:,.2f}; {fit['customers']:,} customers"
        correlation = fit.get("frequency_value_correlation")
        if correlation is not None:
            said += f"; correlation of frequency and value {correlation:.3f}"
        session.narrator.say(said, event="fit")
