"""Purchases become numbers of customers: scores of groups, a table of customers, predictions.

Owns what each of these tables holds. Everything is computed from the published purchases when it is asked for, so that
nothing here waits for a writer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit.engines.purchases import Buyers, Window
from valuekit.errors import DataError
from valuekit.metrics.backtest import CLASS, Holdout, compare
from valuekit.metrics.clv import NAME, Population
from valuekit.metrics.names import CUSTOMER, PREDICTED, QUARTILES, SEGMENT
from valuekit.metrics.notes import absences
from valuekit.metrics.registry import CUSTOMER_FAMILIES
from valuekit.pipeline.asking import (
    Question,
    each_known,
    in_order,
    parsed_where,
    sort_keys_known,
)
from valuekit.pipeline.desk import Desk, customers_of, groups
from valuekit.pipeline.results import MetricResult
from valuekit.stats.clv.fitting import Fit, FitError
from valuekit.stats.clv.values import MONTH
from valuekit.stats.customers import Members
from valuekit.wording import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.metrics.base import CustomerMetric, Evaluation
    from valuekit.metrics.predictions import Forecast
    from valuekit.stats.means import Estimate

    Whole = NDArray[np.int64]


def check(metric: CustomerMetric, question: Question) -> tuple[str, ...]:
    """Check what is asked of a metric's groups; see `valuekit.pipeline.compute.check`."""
    name = metric.config.name
    each_known("dimension", question.by, (*metric.dimensions, SEGMENT), name)
    known = [score.name for score in CUSTOMER_FAMILIES[NAME].catalogue]
    wanted = question.scores or metric.config.scores or tuple(known)
    each_known("score", wanted, known, name)
    scores = tuple(dict.fromkeys(("Count", *wanted)))
    sort_keys_known(question, (*question.by, *scores), name)
    parsed_where(question.where, name, metric.dimensions)
    return scores


def answer(desk: Desk, question: Question) -> MetricResult:
    """Compute the scores of groups.

    Raises:
        UsageError: a dimension, score or expression that the metric does not have.
    """
    scores = check(desk.metric, question)
    population, members, keys = groups(desk, question)
    evaluation = desk.metric.evaluate(population, members, keys, scores)
    return _result(desk, question, evaluation, scores, _remarks(population, scores))


def predict(desk: Desk, question: Question) -> MetricResult:
    """Predict for each group what its customers will do, with 95 % intervals of the sums."""
    each_known("dimension", question.by, (*desk.metric.dimensions, SEGMENT), desk.name)
    scores = ("Count", *PREDICTED)
    population, members, keys = groups(desk, question)
    estimates = population.forecast.totals(members, population.share(members))
    sums = {name: estimate.value for name, estimate in estimates.items()}
    evaluation = desk.metric.evaluate(population, members, keys, scores, sums)
    rows = _with_intervals(evaluation.rows, estimates)
    sort_keys_known(question, rows.columns, desk.name)
    found = _result(desk, question, replace(evaluation, rows=rows), rows.columns[len(question.by) :], {})
    return replace(found, details=_details(desk, population))


def predict_customers(desk: Desk, question: Question) -> MetricResult:
    """Predict for each customer; with the totals over all of them, and their intervals."""
    population, rows, chosen = customers_of(desk, question)
    forecast = population.forecast
    customers = population.customers.taken(chosen)
    rows = rows.with_columns(
        frequency=pl.Series(customers.repeat_dates),
        recency=pl.Series(customers.recency),
        tenure=pl.Series(customers.tenure(population.end)),
        monetary_value=pl.Series(customers.monetary_value),
        **{name: pl.Series(getattr(forecast, name)[chosen]).fill_nan(None) for name in PREDICTED},
        **{SEGMENT: _segments(population, chosen)},
    )
    sort_keys_known(question, rows.columns, desk.name)
    reasons = {name: _why_not(population, rows[name]) for name in PREDICTED}
    details = _details(desk, population)
    members = Members(chosen, np.zeros_like(chosen), 1, customers)
    found = forecast.totals(members, np.ones(chosen.size))
    details["totals"] = {name: _interval(estimate) for name, estimate in found.items()}
    notes = absences(rows, [CUSTOMER], reasons, PREDICTED)
    return replace(_table_result(desk, question, rows), notes=notes, details=details)


def segments(desk: Desk, question: Question) -> MetricResult:
    """List every customer with numbers, quartiles and segment, sorted by id."""
    population, rows, chosen = customers_of(desk, question)
    customers, quartiles = population.customers.taken(chosen), population.quartiles
    ranks = zip(QUARTILES, (quartiles.r, quartiles.f, quartiles.m), strict=True)
    rows = rows.with_columns(
        **{name: pl.Series(values) for name, values in population.numbers(customers).items()},
        monetary_value=pl.Series(customers.monetary_value),
        lifetime_value=pl.Series(population.lifetime_value(customers)),
        **{name: pl.Series(values[chosen]) for name, values in ranks},
        rfm_score=pl.Series(quartiles.score[chosen]),
        **{SEGMENT: _segments(population, chosen)},
    )
    sort_keys_known(question, rows.columns, desk.name)
    details = {"observation_end": desk.observation_end.isoformat()}
    return replace(_table_result(desk, question, rows), details=details)


def _segments(population: Population, chosen: Whole) -> pl.Series:
    names = pl.Series([None, *population.map.names], dtype=pl.String)
    return names.gather(population.segments[chosen] + 1)


def _result(
    desk: Desk, question: Question, evaluation: Evaluation, scores: Sequence[str], remarks: Mapping[str, str]
) -> MetricResult:
    rows = evaluation.rows
    notes = absences(rows, question.by, evaluation.reasons, scores)
    rows = rows.select(*question.by, *scores)
    found = _table_result(desk, question, rows)
    return replace(found, by=question.by, notes=notes, warnings=(*desk.warnings(), *remarks.values()))


def _table_result(desk: Desk, question: Question, rows: pl.DataFrame) -> MetricResult:
    rows = in_order(rows, question.sort)
    return MetricResult(
        metric=desk.name,
        family=NAME,
        by=(),
        where=question.where,
        rows=rows if question.limit is None else rows.head(question.limit),
        notes=(),
        total_rows=rows.height,
        warnings=tuple(desk.warnings()),
    )


def _remarks(population: Population, scores: Sequence[str]) -> Mapping[str, str]:
    """What a sum leaves out."""
    if "predicted_value" not in scores or not population.forecast.unvalued.any():
        return {}
    many = counted(int(population.forecast.unvalued.sum()), "customer")
    said = f"metric {population.config.name}: predicted_value leaves out {many} whose repeat purchases are not worth "
    return {"predicted_value": said + "more than 0"}


def _why_not(population: Population, values: pl.Series) -> pl.Series:
    """Why customers lack a prediction, null where they have one."""
    no_fit = population.forecast.why_not(values.name)
    reason = no_fit or "the repeat purchases are not worth more than 0, or the expected value is infinite"
    return pl.select(pl.when(values.is_null()).then(pl.lit(reason))).to_series()


def _with_intervals(rows: pl.DataFrame, estimates: Mapping[str, Estimate]) -> pl.DataFrame:
    """Put the ends of its interval behind each sum."""
    columns: list[pl.Series] = []
    for column in rows.get_columns():
        columns.append(column)
        if column.name in estimates:
            for end in ("low", "high"):
                values = pl.Series(f"{column.name}_ci_{end}", getattr(estimates[column.name], end)).fill_nan(None)
                columns.append(pl.select(pl.when(column.is_not_null()).then(values)).to_series().alias(values.name))
    return pl.DataFrame(columns)


def _details(desk: Desk, population: Population) -> dict[str, object]:
    """What is said of predictions besides the rows."""
    outlook = desk.outlook
    return {
        "observation_end": desk.observation_end.isoformat(),
        "horizon_months": outlook.months,
        "discount_rate": outlook.discount_rate,
        "backend": outlook.backend,
        "fits": _fits(population.forecast),
    }


def _fits(forecast: Forecast) -> list[Mapping[str, object]]:
    """The fitted models, or why they do not fit."""
    value = _fit(forecast.values)
    return [_fit(forecast.purchases), {**value, "frequency_value_correlation": forecast.correlation}]


def _fit(fit: Fit | FitError) -> dict[str, object]:
    if isinstance(fit, FitError):
        return {"model": fit.model, "reason": fit.reason}
    ends = zip(fit.names, fit.intervals().tolist(), strict=True)
    return {
        "model": fit.model,
        "params": dict(zip(fit.names, map(float, fit.parameters), strict=True)),
        "intervals": {name: {"low": low, "high": high} for name, (low, high) in ends},
        "log_likelihood": float(fit.log_likelihood),
        "customers": round(fit.customers),
    }


def _interval(estimate: Estimate) -> dict[str, float | None]:
    ends = {"value": estimate.value[0], "low": estimate.low[0], "high": estimate.high[0]}
    return {name: float(end) if np.isfinite(end) else None for name, end in ends.items()}


def backtest(desk: Desk, question: Question) -> MetricResult:
    """Fit to the purchases before the last months, and compare what these models expect of them with what happened.

    Raises:
        DataError: the models cannot be fitted to the calibration.
    """
    end = desk.observation_end
    calibration_end = end - timedelta(days=round(MONTH) * desk.outlook.months)
    past = replace(desk, end=calibration_end, outlook=replace(desk.outlook, discount_rate=0.0))
    buyers = past.read(ids=True)
    later = desk.read_in(Window(end, calibration_end), ids=True)
    population = past.population(buyers)
    if isinstance(population.forecast.purchases, FitError):
        fit = population.forecast.purchases
        raise DataError(f"{fit}, for the calibration ends on {calibration_end}; see --horizon-months")
    rows = compare(population.forecast, _holdout(buyers, later))
    sort_keys_known(question, rows.columns, desk.name)
    details = {"calibration_end": calibration_end.isoformat(), **_details(past, population)}
    details["observation_end"] = end.isoformat()
    absent = {} if isinstance(population.forecast.values, Fit) else {"expected_value": population.forecast.values}
    reasons = {name: pl.repeat(str(error), rows.height, eager=True) for name, error in absent.items()}
    notes = absences(rows, [CLASS], reasons)
    return replace(_table_result(desk, question, rows), by=(CLASS,), notes=notes, details=details)


def _holdout(buyers: Buyers, later: Buyers) -> Holdout:
    """What the customers did afterwards; those who came only then are nobody's forecast."""
    assert buyers.ids is not None  # noqa: S101 - they were asked for
    assert later.ids is not None  # noqa: S101 - as above
    numbers = {"purchases": pl.Series(later.all.dates), "value": pl.Series(later.all.value)}
    found = pl.DataFrame({"id": buyers.ids}).join(
        pl.DataFrame({"id": later.ids, **numbers}), on="id", how="left", maintain_order="left"
    )
    return Holdout(
        buyers.all.repeat_dates,
        found["purchases"].fill_null(0).to_numpy(),
        found["value"].fill_null(0.0).to_numpy(),
    )
