"""Key numbers of customers: how many, what they paid, and what one paid on average last year and this year.

Owns the years, which end with the observation. Never fits a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from valuekit.engines.purchases import Window
from valuekit.reports.kinds.subject import Ask
from valuekit.reports.report import Card

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from valuekit.pipeline.desk import Desk
    from valuekit.pipeline.reporting.room import Room

DAYS = 366
"""A trend shows so many days at most: the last ones."""

_DIGITS = 6
"""Amounts are added as decimals of so many digits, so that the order of the purchases has no effect."""


@dataclass(frozen=True)
class _Spent:
    """What was paid.

    Attributes:
        days: one row a day: `day`, `customers` who bought, `value`; the last days, and all of the last two years.
        years: the same by calendar year, `year`; the last two of them are whole.
        end: the end of observation.
    """

    days: pl.DataFrame
    years: pl.DataFrame
    end: date


def customer_cards(room: Room, metric: str) -> list[Card]:
    """The cards of a clv metric."""
    ask = Ask((), ("customers_count", "lifetime_value"))
    total = room.answer(metric, ask).rows.row(0, named=True)
    spent = _spent(room.desk(metric))
    days, customers, value = (spent.days[name].to_list() for name in ("day", "customers", "value"))
    many = total["customers_count"]

    def card(score: str, unit: str, value: float | None, count: int, trend: Sequence[tuple[date, float]]) -> Card:
        reason = None if value is not None else "nobody bought in this year"
        return Card(metric, "clv", score, unit, value, count, trend=tuple(trend[-DAYS:]), reason=reason)

    cards = [
        card("customers_count", "count", many, many, list(zip(days, customers, strict=True))),
        card("lifetime_value", "money", total["lifetime_value"], many, list(zip(days, value, strict=True))),
    ]
    for year, when in ((spent.end.year - 1, "last"), (spent.end.year, "this")):
        found = spent.years.filter(year=year).to_dicts()
        bought, paid = (found[0]["customers"], found[0]["value"]) if found else (0, 0.0)
        daily = [
            (day, paid_then / many_then)
            for day, many_then, paid_then in zip(days, customers, value, strict=True)
            if day.year == year
        ]
        average = paid / bought if bought else None
        cards.append(card(f"average_value_{when}_year", "money", average, bought, daily))
    return cards


def _spent(desk: Desk) -> _Spent:
    """Add up the latest purchases by day and by year, within the window of the metric."""
    window = Window.until(desk.observation_end, desk.metric.config.lifespan)
    kept = f"date <= DATE '{window.end}'" + (f" AND date > DATE '{window.after}'" if window.after else "")
    amount = f"coalesce(TRY_CAST(value AS DECIMAL(38, {_DIGITS})), 0)"
    if desk.metric.config.model == "contractual":
        amount += f" + coalesce(TRY_CAST(recurring AS DECIMAL(38, {_DIGITS})), 0)"
    connection, table = desk.bought.connection, desk.bought.stored.purchases
    found = connection.sql(f"SELECT DISTINCT date FROM {table} WHERE {kept} ORDER BY date DESC LIMIT {DAYS}").pl()
    start = date(max(desk.observation_end.year - 1, 1), 1, 1)
    start = min([start, *found["date"].tail(1)])
    source = f"FROM {table} WHERE {kept} AND date >= DATE '{start}'"
    numbers = f"count(DISTINCT _customer) AS customers, CAST(sum({amount}) AS DOUBLE) AS value"
    days = connection.sql(f"SELECT date AS day, {numbers} {source} GROUP BY 1 ORDER BY 1").pl()
    years = connection.sql(f"SELECT year(date) AS year, {numbers} {source} GROUP BY 1 ORDER BY 1").pl()
    return _Spent(days, years, desk.observation_end)
