"""Key numbers: what a dashboard shows first, each over everything and by day.

Owns how they are made of answers. Never formats one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from valuekit.errors import CacheError, DataError, UsageError
from valuekit.metrics.registry import CATALOGUES
from valuekit.pipeline.reporting.customer_cards import DAYS, customer_cards
from valuekit.reports.kinds.subject import UnanswerableError
from valuekit.reports.kinds.tables import COUNT, interval_of
from valuekit.reports.report import Card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from valuekit.pipeline.reporting.room import Room
    from valuekit.reports.kinds.key_numbers import CardPlan
    from valuekit.reports.kinds.subject import Answered


def key_numbers(room: Room, plans: Sequence[CardPlan]) -> tuple[tuple[Card, ...], tuple[str, ...]]:
    """Make the cards, and say which could not be made."""
    cards: list[Card] = []
    failures: dict[str, None] = {}
    for plan in plans:
        try:
            cards += customer_cards(room, plan.metric) if plan.family == "clv" else [_card(room, plan)]
        except (CacheError, DataError, UsageError, UnanswerableError) as error:
            said = str(error)
            failures[said if plan.metric in said else f"metric {plan.metric}: {said}"] = None
    return tuple(cards), tuple(failures)


def _card(room: Room, plan: CardPlan) -> Card:
    total, daily = (room.answer(plan.metric, ask) for ask in plan.asks)
    first, *beside = (_number(plan, score, total, daily) for score in plan.scores)
    return replace(first, beside=tuple(beside))


def _number(plan: CardPlan, score: str, total: Answered, daily: Answered) -> Card:
    """One number of a card; of the total there is one row."""
    row = total.rows.row(0, named=True)
    catalogue = CATALOGUES[plan.family]
    described = catalogue.score(score)
    assert described is not None  # noqa: S101 - the names are those of catalogues
    low, high = interval_of(catalogue, score) or (None, None)
    return Card(
        metric=plan.metric,
        family=plan.family,
        score=score,
        property=plan.column,
        unit=described.unit,
        value=row[score],
        low=row[low] if low else None,
        high=row[high] if high else None,
        count=row[COUNT],
        trend=trend(daily.rows["Day"].to_list(), daily.rows[score].to_list()),
        reason=next((note.reason for note in total.notes if note.score == score), None) if row[score] is None else None,
    )


def trend(days: Sequence[date | None], values: Sequence[float | None]) -> tuple[tuple[date, float | None], ...]:
    """The last days with their values, oldest first; what has no day is in no trend."""
    pairs = [(day, value) for day, value in zip(days, values, strict=True) if day is not None]
    return tuple(pairs[-DAYS:])
