"""What the columns of product holdings are: whose, when, how much, which order.

Owns the names by which they are known, and the proof by values: a date reads as one, an amount as a number. Never
decides what to compute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from valuekit.facts.columns import INTERACTION_TYPES, Type
from valuekit.facts.times import read_times

READABLE = 0.9
"""The share of its values that must read as a time or a number for a column to be one."""

_KEY = r"(id|ids|number|nr|no|key|code|ref|identifier)"
_CUSTOMER = re.compile(rf"^(customer|client|subject|account|party|member|subscriber|user|buyer|shopper|person){_KEY}?$")
_ORDER = re.compile(rf"^(holding|order|purchase|transaction|invoice|contract|policy|booking|sale|receipt){_KEY}$")
_AMOUNT = re.compile(r"(onetimecost|amount|revenue|price|total|value|cost|spend|paid|turnover)")
_DATE = re.compile(r"(date|time|day|timestamp)")
_BUYING = re.compile(r"(purchase|order|buy|bought|sale|sold|transaction|invoice|start|booking)")
_OF_PURCHASES = ("PurchasedDate", "PurchasedDateTime", "HoldingID", "OneTimeCost")
_OF_OFFERS = (
    *("Outcome", "OutcomeTime", "InteractionID", "DecisionTime", "Propensity", "FinalPropensity", "Rank", "FactID"),
    *("ModelControlGroup", "Treatment", "PlacementType", "PropensitySource", "Priority"),
)
_ENOUGH = 3
"""So many columns of offers, and none of purchases, make rows offers."""

_CONTRACT = ("RecurringCost", "RecurringPeriod")
_HEAD = 2_000


@dataclass(frozen=True)
class Roles:
    """The columns of holdings by what they say.

    Attributes:
        customer: whose.
        date: when it was bought.
        amount: what was paid.
        order: what tells orders apart; None where no column does.
        cost: the cost per period of a contract; None where there are no contracts.
        periods: its number of periods.
    """

    customer: str
    date: str
    amount: str
    order: str | None
    cost: str | None
    periods: str | None

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        parts = (self.customer, self.date, self.amount, self.order, self.cost, self.periods)
        return frozenset(name for name in parts if name is not None)


def roles_of(frame: pl.DataFrame) -> Roles | None:
    """Find the columns of holdings.

    Args:
        frame: rows under canonical names, all texts.

    Returns:
        None where the customer, the date or the amount cannot be told.
    """
    head = frame.head(_HEAD)
    names = [name for name in frame.columns if filled(head[name]).len()]
    customer = _first(names, ("CustomerID", "SubjectID"), _CUSTOMER.match)
    dates = [name for name in names if name != customer and is_time(head[name])]
    numbers = [name for name in names if name != customer and name not in dates and is_number(head[name])]
    amounts = [name for name in numbers if name not in _CONTRACT and not _ORDER.match(_plain(name))]
    date = _first(dates, ("PurchasedDate", "PurchasedDateTime"), lambda key: _BUYING.search(key) and _DATE.search(key))
    date = date or _first(dates, (), _DATE.search)
    amount = _first(amounts, ("OneTimeCost",), _AMOUNT.search)
    if customer is None or date is None or amount is None:
        return None
    order = _first([name for name in names if name != customer], ("HoldingID",), _ORDER.match)
    cost, periods = _CONTRACT if set(_CONTRACT) <= set(numbers) else (None, None)
    return Roles(customer, date, amount, order, cost, periods)


def signs_of_offers(frame: pl.DataFrame) -> list[str]:
    """Find the columns by which rows are plainly offers and no purchases; none where they may be either.

    Args:
        frame: rows under canonical names.
    """
    if any(name in frame.columns for name in _OF_PURCHASES):
        return []
    found = [name for name in _OF_OFFERS if name in frame.columns]
    return found if len(found) >= _ENOUGH else []


def _first(names: Iterable[str], known: Iterable[str], fits: Callable[[str], object]) -> str | None:
    """The first known name that is there, else the first that fits."""
    there = list(names)
    found = next((name for name in known if name in there), None)
    return found or next((name for name in there if fits(_plain(name))), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def filled(values: pl.Series) -> pl.Series:
    """The texts of a column that are not missing."""
    return values.filter((values != "").fill_null(value=False))


def is_time(values: pl.Series) -> bool:
    """Tell whether the texts of a column are times."""
    texts = filled(values).head(_HEAD)
    return bool(len(texts)) and int(read_times(texts).is_not_null().sum()) >= READABLE * len(texts)


def is_number(values: pl.Series) -> bool:
    """Tell whether the texts of a column are finite numbers."""
    texts = filled(values).str.strip_chars()
    numbers = texts.cast(pl.Float64, strict=False)
    fine = int(numbers.is_finite().fill_null(value=False).sum())
    return bool(len(texts)) and fine >= READABLE * len(texts)


def meaning(name: str) -> Type | None:
    """The type that a name of Interaction History stands for; None for a text, or a column of one's own."""
    return INTERACTION_TYPES.get(name)
