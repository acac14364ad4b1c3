"""What customers will do: models fitted to all of them, and what these expect of each and of groups.

Owns which customers a model sees, what the horizon means, and why there is no prediction. The formulas are in
`valuekit.stats.clv`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from valuekit.states.ordering import rank_order
from valuekit.stats.clv import gamma_gamma
from valuekit.stats.clv.fitting import Fit, FitError
from valuekit.stats.clv.histories import Histories, Spending
from valuekit.stats.clv.values import MONTH, PURCHASE_MODELS, Factor, discounted_purchases, totals
from valuekit.stats.means import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.stats.clv.histories import Array
    from valuekit.stats.clv.values import PurchaseModel
    from valuekit.stats.customers import Customers, Members

    Whole = NDArray[np.int64]

ModelName: TypeAlias = Literal["bg_nbd", "pareto_nbd"]
Backend: TypeAlias = Literal["valuekit", "lifetimes"]

HORIZON_MONTHS = 12
"""How far predictions go where nobody says: months of 30 days."""


@dataclass(frozen=True)
class Outlook:
    """What is asked of the future.

    Attributes:
        months: how many months of 30 days it reaches.
        discount_rate: per month, for values.
        model: of how often customers buy.
        backend: whose code fits.
    """

    months: int = HORIZON_MONTHS
    discount_rate: float = 0.01
    model: ModelName = "bg_nbd"
    backend: Backend = "valuekit"

    @property
    def purchase_model(self) -> PurchaseModel:
        """The model of how often customers buy, with the fit of the backend."""
        model = PURCHASE_MODELS[self.model]
        if self.backend == "valuekit":
            return model
        from valuekit.stats.clv import with_lifetimes

        return model._replace(fit=with_lifetimes.PURCHASE_FITS[self.model])

    @property
    def value_fit(self) -> Callable[[Spending], Fit]:
        """The fit of the Gamma-Gamma model."""
        if self.backend == "valuekit":
            return gamma_gamma.fit
        from valuekit.stats.clv import with_lifetimes

        return with_lifetimes.fit_gamma_gamma


class Forecast:
    """Models of all customers; each is fitted when it is first needed.

    Args:
        customers: all of them, whatever is asked later: one row each.
        end: the end of observation, a day as in `customers`.
        outlook: what is asked.
    """

    def __init__(self, customers: Customers, end: int, outlook: Outlook) -> None:
        self._customers = customers
        self.outlook = outlook
        self._frequency = customers.repeat_dates.astype(np.float64)
        self._value = customers.monetary_value
        self._tenure = customers.tenure(end)
        self.repeat = self._frequency > 0.0
        self.spending = self.repeat & (self._value > 0.0)
        self.unvalued = self.repeat & ~self.spending

    @cached_property
    def _history_of(self) -> tuple[Whole, Whole]:
        """The first customer of each history, and the history of each customer: equal ones share one.

        They are in the order of frequency and tenure, on which most of what is expected depends.
        """
        _, kind = _numbered(self._customers.repeat_dates, self._tenure)
        return _numbered(kind, self._customers.recency)

    @cached_property
    def histories(self) -> Histories:
        """The distinct histories of all customers."""
        first, row = self._history_of
        recency = self._customers.recency.astype(np.float64)
        weight = np.bincount(row, minlength=first.size).astype(np.float64)
        return Histories(self._frequency[first], recency[first], self._tenure[first].astype(np.float64), weight)

    @cached_property
    def purchases(self) -> Fit | FitError:
        """The fit of how often customers buy, or why there is none."""
        try:
            return self.outlook.purchase_model.fit(self.histories)
        except FitError as error:
            return error

    @cached_property
    def values(self) -> Fit | FitError:
        """The fit of what a purchase is worth, to repeat customers whose value is above 0, or why there is none."""
        try:
            some = self.spending
            return self.outlook.value_fit(Spending.of_customers(self._frequency[some], self._value[some]))
        except FitError as error:
            return error

    @cached_property
    def correlation(self) -> float | None:
        """Pearson's correlation of frequency and value over the customers of the second fit; the model assumes 0."""
        frequency, value = self._frequency[self.spending], self._value[self.spending]
        if frequency.size < 2 or np.ptp(frequency) == 0.0 or np.ptp(value) == 0.0:
            return None
        found = float(np.corrcoef(frequency, value)[0, 1])
        return found if np.isfinite(found) else None

    def why_not(self, score: str) -> str | None:
        """Why no customer has a prediction; None where the models fit."""
        fits = (self.purchases, self.values) if score == "predicted_value" else (self.purchases,)
        return next((str(fit) for fit in fits if isinstance(fit, FitError)), None)

    @cached_property
    def p_alive(self) -> Array:
        """For each customer the probability of still being one; NaN without a fit."""
        if isinstance(self.purchases, FitError):
            return self._nothing
        found = self.outlook.purchase_model.p_alive(self.purchases.parameters, self.histories)
        return found[self._history_of[1]]

    @cached_property
    def expected_purchases(self) -> Array:
        """For each customer the purchases expected over the horizon; NaN without a fit."""
        if isinstance(self.purchases, FitError):
            return self._nothing
        return self._expected(self.histories, 0.0)(self.purchases.parameters)[self._history_of[1]]

    @cached_property
    def predicted_value(self) -> Array:
        """For each customer the discounted value expected over the horizon; NaN where there is none."""
        if isinstance(self.purchases, FitError) or isinstance(self.values, FitError):
            return self._nothing
        times = self._expected(self.histories, self.outlook.discount_rate)(self.purchases.parameters)
        return times[self._history_of[1]] * self._worth(self._frequency, self._value)(self.values.parameters)

    def totals(self, members: Members, share: Array) -> dict[str, Estimate]:
        """Add up predictions over the customers of each group, with 95 % intervals of the fits.

        Args:
            members: the customers of each group.
            share: how much of each belongs to the group.

        Returns:
            `expected_purchases`, and `predicted_value` without the customers that have none; NaN without a fit.
        """
        found = {"expected_purchases": _none(members.size), "predicted_value": _none(members.size)}
        if isinstance(self.purchases, FitError):
            return found
        everyone = np.ones(members.customer.size, dtype=bool)
        rows, weight, group, _ = self._compressed(members, share, everyone)
        often = Factor(self.purchases, self._expected(rows, 0.0))
        found["expected_purchases"] = totals([often], weight, group, members.size)
        if isinstance(self.values, Fit):
            valued = ~self.unvalued[members.customer]
            rows, weight, group, value = self._compressed(members, share, valued)
            often = Factor(self.purchases, self._expected(rows, self.outlook.discount_rate))
            worth = Factor(self.values, self._worth(rows.frequency, value))
            found["predicted_value"] = totals([often, worth], weight, group, members.size)
        return found

    def _compressed(
        self, members: Members, share: Array, chosen: NDArray[np.bool_]
    ) -> tuple[Histories, Array, Whole, Array]:
        """Some members as one row for each history in a group: history, shares added up, group, mean value.

        The value expected of a purchase is linear in the mean value, so that the mean of it is all that is needed.
        """
        customer, group, part = members.customer[chosen], members.group[chosen], share[chosen]
        first, row = _numbered(self._history_of[1][customer], group)
        weight = np.bincount(row, part, first.size).astype(np.float64)
        value = np.bincount(row, part * self._value[customer], first.size) / np.where(weight > 0.0, weight, 1.0)
        kinds = self._history_of[1][customer[first]]
        found = self.histories
        rows = Histories(found.frequency[kinds], found.recency[kinds], found.tenure[kinds], np.ones(first.size))
        return rows, weight, group[first], np.asarray(value)

    def _expected(self, histories: Histories, discount_rate: float) -> Callable[[Array], Array]:
        """From parameters to the purchases expected over the horizon, discounted."""
        model, months = self.outlook.purchase_model, self.outlook.months
        if discount_rate == 0.0:
            span = np.array([MONTH * months])
            return lambda parameters: model.expected_purchases(parameters, histories, span)[:, 0]
        return lambda parameters: discounted_purchases(model, parameters, histories, months, discount_rate)

    def _worth(self, frequency: Array, value: Array) -> Callable[[Array], Array]:
        return lambda parameters: gamma_gamma.expected_value(parameters, frequency, value)

    @property
    def _nothing(self) -> Array:
        return np.full(self._customers.size, np.nan)


def _none(size: int) -> Estimate:
    nothing = np.full(size, np.nan)
    return Estimate(nothing, nothing, nothing)


def _numbered(first: Whole, second: Whole) -> tuple[Whole, Whole]:
    """Number distinct pairs of whole numbers of at least 0: where each comes up first, and each row's number."""
    if first.size == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    order = rank_order(first, int(first.max()) + 1, second.astype(np.uint64))
    one, other = first[order], second[order]
    begins = np.ones(first.size, dtype=bool)
    begins[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    row = np.empty(first.size, dtype=np.int64)
    row[order] = np.cumsum(begins) - 1
    return order[begins], row
