"""Key numbers: what a dashboard shows first, each over everything and by day.

Owns which scores of a family are key numbers, and beside which others. Never formats one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from valuekit.errors import CacheError, DataError, UsageError
from valuekit.metrics.registry import CATALOGUES
from valuekit.pipeline.reporting.customer_cards import DAYS, customer_cards
from valuekit.reports.kinds.groups import FIRST_PROPERTY
from valuekit.reports.kinds.subject import Ask, UnanswerableError
from valuekit.reports.kinds.tables import COUNT, interval_of, with_intervals
from valuekit.reports.report import Card

if TYPE_CHECKING:
    from datetime import date

    from valuekit.config.models import Config
    from valuekit.pipeline.reporting.room import Room
    from valuekit.reports.kinds.subject import Answered

_SETS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("conversion", ("ConversionRate", "Revenue")),
    ("engagement", ("CTR", "Lift", "Lift_P_Val")),
    ("conversion", ("Positives", "Touchpoints")),
    ("model_ml_scores", ("roc_auc", "average_precision")),
    ("model_ml_scores", ("personalization", "novelty")),
)
"""The cards of each family: the score that each is about, then those beside it."""


@dataclass(frozen=True)
class CardPlan:
    """One card of one metric.

    Attributes:
        metric: its name.
        family: its family.
        scores: the one that the card is about, then those beside it; none of a metric of customers.
        column: of which model score.
    """

    metric: str
    family: str
    scores: tuple[str, ...] = ()
    column: str | None = None

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The total, and each day."""
        if not self.scores:
            return (Ask((), ("customers_count", "lifetime_value")),)
        scores = with_intervals(CATALOGUES[self.family], self.scores)
        return Ask((), scores, self.column), Ask(("Day",), self.scores, self.column)


def planned_cards(config: Config) -> tuple[CardPlan, ...]:
    """The cards of all metrics of a config, families in one order."""
    found = [
        CardPlan(name, family, scores, FIRST_PROPERTY if family == "model_ml_scores" else None)
        for family, scores in _SETS
        for name, section in config.metrics.items()
        if section.family == family
    ]
    customers = [CardPlan(name, "clv") for name, section in config.metrics.items() if section.family == "clv"]
    return (*found, *customers)


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
