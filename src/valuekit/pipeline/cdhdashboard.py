"""CDH Value Dashboard's pre-aggregated data as cells: the counting families, as it counted them. See docs/interop.md.

Owns how its file is read and which of its numbers say what ours say. Never guesses a number that it does not hold: such
a column of a cell stays null, and the scores that need it have no value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from valuekit.cache.imported import PARTITION
from valuekit.errors import DataError
from valuekit.metrics.conversion import Conversion
from valuekit.metrics.engagement import Engagement
from valuekit.metrics.experiment import Experiment
from valuekit.states.moments import Moments
from valuekit.wording import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from valuekit.metrics.arms import Arms
    from valuekit.metrics.base import Metric
    from valuekit.pipeline.plans import Plans

AS_COUNTED = (
    "the numbers are as cdhdashboard counted them, with the filter and labels it had: an offer with two negative "
    "outcomes may be two, and late outcomes and repeated rows across files may count again; see docs/interop.md"
)
_COUNTS = ("Positives", "Negatives")
_TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "VARCHAR": pl.String,
    "DOUBLE": pl.Float64,
    "BIGINT": pl.Int64,
    "INTEGER": pl.Int32,
    "BOOLEAN": pl.Boolean,
    "DATE": pl.Date,
    "TIMESTAMP": pl.Datetime("us"),
}
_ARMS = ("Test", "Control")


@dataclass(frozen=True)
class Found:
    """What a file holds for a config.

    Attributes:
        cells: by metric, its cells.
        days: every day of them, in order.
        left_out: why a metric of the file is not among them.
        warnings: what is not known of the numbers.
    """

    cells: Mapping[str, pa.Table]
    days: tuple[date, ...]
    left_out: Mapping[str, str]
    warnings: tuple[str, ...]


class _NotTakenError(Exception):
    """A metric of the file cannot become cells; the message says why."""


def read(file: Path, plans: Plans) -> Found:
    """Read a file of pre-aggregated data.

    Raises:
        DataError: it is none, or damaged.
    """
    frames, left_out, warnings = {}, {}, []
    for name, values in _metrics(file).items():
        try:
            metric = _metric(plans, name)
            frame = _frame(file, name, values)
            dayless = _dayless(frame)
            frames[name] = _cells(frame, metric, plans)
        except _NotTakenError as error:
            left_out[name] = str(error)
            continue
        if dayless:
            warnings.append(f"metric {name}: {counted(dayless, 'offer')} without a Day left out")
        if isinstance(metric, Conversion):
            warnings.append(_unknown_of_conversion(metric, frame))
    days = {day for cells in frames.values() for day in cells[PARTITION].unique().to_list()}
    cells = {name: frame.to_arrow(compat_level=pl.CompatLevel.oldest()) for name, frame in frames.items()}
    return Found(cells, tuple(sorted(days)), left_out, (AS_COUNTED, *warnings) if cells else ())


def _metrics(file: Path) -> Mapping[str, Sequence[int]]:
    """The bytes of each metric's frame."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{file} is no JSON: {error}") from error
    if not isinstance(found, dict) or not found or not all(isinstance(values, list) for values in found.values()):
        raise DataError(
            f"{file} is no pre-aggregated data of cdhdashboard 1.0.5 or later: an object that has for each metric the "
            "bytes of its frame. To import an export of valuekit, name its folder"
        )
    return found


def _frame(file: Path, name: str, values: Sequence[int]) -> pl.DataFrame:
    """Decode a frame: Polars serialises one as an Arrow stream."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(bytes(values)).read_all()
        table.validate(full=True)
        frame = pl.DataFrame(pl.from_arrow(table))
    except (pa.ArrowException, pl.exceptions.PolarsError, ValueError, TypeError, OSError) as error:
        raise DataError(f"{file}: the frame of {name} cannot be read: {error}; download it again") from error
    return frame


def _metric(plans: Plans, name: str) -> Metric:
    """The metric of the config that a frame is of."""
    if name in plans.elsewhere:
        raise _NotTakenError("of this family there are no counts that could be taken over")
    if name not in plans.metrics:
        raise _NotTakenError("the config does not define it")
    metric = plans.metrics[name]
    if type(metric) not in _STATES:
        family = plans.cells[name].family
        raise _NotTakenError(f"of family {family} there are digests or means, which are not the states of valuekit")
    return metric


def _dayless(frame: pl.DataFrame) -> int:
    """Check the counts; return how many offers have no Day."""
    missing = [name for name in ("Day", *_COUNTS) if name not in frame.columns]
    if missing:
        raise _NotTakenError(f"it has no {', '.join(missing)}; add it to group_by there, and download it again")
    counts = frame.select(_COUNTS)
    whole = all(kind.is_integer() for kind in counts.dtypes) and frame["Day"].dtype == pl.Date
    if (
        not whole
        or counts.null_count().sum_horizontal().sum()
        or (counts.height and (counts.min() < 0).sum_horizontal()[0])
    ):
        raise _NotTakenError("its counts are no whole numbers, or its Day is no date")
    return int(frame.filter(pl.col("Day").is_null()).select(pl.sum_horizontal(pl.col(_COUNTS).sum())).item())


def _cells(frame: pl.DataFrame, metric: Metric, plans: Plans) -> pl.DataFrame:
    """Add groups up to the cells of a metric; the partition of an offer is its Day."""
    dimensions = metric.dimensions
    missing = [name for name in dimensions if name not in frame.columns]
    if missing:
        raise _NotTakenError(
            f"it is not grouped by {', '.join(missing)}; add it to group_by there, and download it again"
        )
    states = _STATES[type(metric)](metric, frame)
    keys = [_typed(name, plans.types(name)) for name in dimensions]
    try:
        frame = frame.filter(pl.col("Day").is_not_null()).with_columns(keys)
        grouped = frame.group_by(dimensions, maintain_order=True).agg(states)
    except pl.exceptions.PolarsError as error:
        raise _NotTakenError(f"its columns do not fit: {error}") from error
    cells = grouped.sort(dimensions).with_columns(pl.col("Day").alias(PARTITION))
    stored = [column.name for column in plans.cells[metric.config.name].stored]
    return cells.select(PARTITION, *dimensions, *stored)


def _typed(name: str, kind: str) -> pl.Expr:
    """A dimension as a cell has it: an empty text is missing."""
    values = pl.col(name).cast(_TYPES[kind])
    return pl.when(values != "").then(values).alias(name) if kind == "VARCHAR" else values


def _total(counts: str, member: pl.Expr) -> pl.Expr:
    return pl.col(counts).filter(member).sum().cast(pl.Int64)


def _unknown(name: str, kind: type[pl.DataType]) -> pl.Expr:
    return pl.lit(None, kind).first().alias(name)


def _members(arms: Arms, frame: pl.DataFrame) -> Mapping[str, pl.Expr | None]:
    """Which rows are in each arm; None where the frame does not say."""
    labels = {"Test": arms.test, "Control": arms.control}
    column = pl.col(arms.column).cast(pl.String)
    return {arm: column == labels[arm] if arms.column in frame.columns else None for arm in _ARMS}


def _rates(arms: Arms, frame: pl.DataFrame) -> list[pl.Expr]:
    """Positives and negatives, of all offers and of each arm."""
    states = [_total(counts, pl.lit(value=True)).alias(counts) for counts in _COUNTS]
    for arm, member in _members(arms, frame).items():
        for counts in _COUNTS:
            name = f"{counts}_{arm}"
            states.append(_unknown(name, pl.Int64) if member is None else _total(counts, member).alias(name))
    return states


def _of_engagement(metric: Metric, frame: pl.DataFrame) -> list[pl.Expr]:
    assert isinstance(metric, Engagement)  # noqa: S101 - as the registry below says
    if metric.arms.column not in frame.columns:
        raise _NotTakenError(f"it is not grouped by {metric.arms.column}, the arms of the config")
    return _rates(metric.arms, frame)


def _of_conversion(metric: Metric, frame: pl.DataFrame) -> list[pl.Expr]:
    assert isinstance(metric, Conversion)  # noqa: S101 - as the registry below says
    if "Revenue" not in frame.columns or not frame["Revenue"].dtype.is_numeric():
        raise _NotTakenError("it has no Revenue")
    members = {"Revenue_All": pl.lit(value=True)} | {
        f"Revenue_{arm}": member for arm, member in _members(metric.arms, frame).items()
    }
    moments = [state for state in metric.states if isinstance(state, Moments)]
    columns = [column for state in moments for column in _moments(state, members[state.name])]
    return [*_rates(metric.arms, frame), *columns, _unknown("Touchpoints", pl.Int64)]


def _moments(state: Moments, member: pl.Expr | None) -> list[pl.Expr]:
    """The number, sum and mean are known; how amounts differ is known of one offer at most."""
    if member is None:
        types = {"BIGINT": pl.Int64, "DOUBLE": pl.Float64}
        return [_unknown(column.name, types[column.sql_type]) for column in state.stored]
    n = _total("Positives", member) + _total("Negatives", member)
    total = pl.col("Revenue").cast(pl.Float64).fill_null(0.0).filter(member).sum()
    known = {"n": n, "sum": total, "mean": pl.when(n > 0).then(total / n), "rest": pl.lit(0.0).first()}
    spread = pl.when(n <= 1).then(pl.lit(0.0))
    prefix = f"{state.name}_"
    return [known.get(column.name.removeprefix(prefix), spread).alias(column.name) for column in state.stored]


def _of_experiment(metric: Metric, frame: pl.DataFrame) -> list[pl.Expr]:  # noqa: ARG001  # two counts serve every metric
    return [_total(counts, pl.lit(value=True)).alias(counts) for counts in _COUNTS]


def _unknown_of_conversion(metric: Conversion, frame: pl.DataFrame) -> str:
    arms = "" if metric.arms.column in frame.columns else f", the arms (it is not grouped by {metric.arms.column})"
    return (
        f"metric {metric.config.name}: not known are the variance of Revenue, Touchpoints{arms}; their scores are null"
    )


_STATES: Mapping[type, Callable[[Metric, pl.DataFrame], list[pl.Expr]]] = {
    Engagement: _of_engagement,
    Conversion: _of_conversion,
    Experiment: _of_experiment,
}
