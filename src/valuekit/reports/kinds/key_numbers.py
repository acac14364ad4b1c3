"""Which scores are key numbers of a metric, and beside which others.

Owns this choice, and the tables that they are taken from. Never computes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.metrics.registry import CATALOGUES
from valuekit.reports.kinds.groups import FIRST_PROPERTY
from valuekit.reports.kinds.subject import Ask
from valuekit.reports.kinds.tables import with_intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.config.models import Config

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
