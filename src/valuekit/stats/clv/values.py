"""What customers will buy over months to come, what that is worth today, and how well the total is known.

Owns discounting, totals and their intervals. Knows a model only as functions of its parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from valuekit.stats.clv import bg_nbd, pareto_nbd
from valuekit.stats.means import Estimate
from valuekit.stats.proportions import critical_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from valuekit.stats.clv.fitting import Fit
    from valuekit.stats.clv.histories import Array, Histories

MONTH = 30.0
"""Days of a month."""

_STEP = 1e-4
"""The step, in the logarithm of a parameter, of a central difference: its error is about 1e-8 of the derivative."""


class PurchaseModel(NamedTuple):
    """A model of how often customers buy.

    Attributes:
        name: for people.
        fit: from histories to parameters.
        p_alive: from parameters and histories to the probability that a customer still buys.
        expected_purchases: from parameters, histories and spans of time to purchases, one column a span.
        expected_sum: from the same and a factor for each span to the sum of purchases times factors.
    """

    name: str
    fit: Callable[[Histories], Fit]
    p_alive: Callable[[Array, Histories], Array]
    expected_purchases: Callable[[Array, Histories, Array], Array]
    expected_sum: Callable[[Array, Histories, Array, Array], Array]


PURCHASE_MODELS: Mapping[str, PurchaseModel] = MappingProxyType(
    {
        name: PurchaseModel(model.NAME, model.fit, model.p_alive, model.expected_purchases, model.expected_sum)
        for name, model in (("bg_nbd", bg_nbd), ("pareto_nbd", pareto_nbd))
    }
)


class Factor(NamedTuple):
    """A number of each history that depends on the parameters of one fit.

    Attributes:
        fit: where the parameters and their covariance come from.
        of: from parameters to one number a history.
    """

    fit: Fit
    of: Callable[[Array], Array]


def discounted_purchases(
    model: PurchaseModel, parameters: Array, histories: Histories, months: int, discount_rate: float
) -> Array:
    """Compute Σ over months m of the purchases expected in month m, over (1 + discount_rate)^m.

    Time is in days; a month has 30 of them, and its purchases are discounted as if they came at its end. Times the
    value expected of a purchase this is the discounted value. The convention is that of the package lifetimes.

    Args:
        model: of how often customers buy.
        parameters: its parameters.
        histories: of customers, in days; weights do not matter.
        months: how many months from the end of observation, at least 1.
        discount_rate: per month, above -1; 0 gives the plain number of purchases.

    Raises:
        ValueError: `months` or `discount_rate` is out of range.
    """
    if months < 1 or not discount_rate > -1.0:
        raise ValueError("months must be at least 1 and discount_rate above -1")
    month = np.arange(1.0, months + 1.0)
    discount = (1.0 + discount_rate) ** -month
    # Σ (E_m - E_{m-1})·d_m = Σ E_m·(d_m - d_{m+1}) + E_M·d_M
    factors = discount - np.append(discount[1:], 0.0)
    return model.expected_sum(parameters, histories, MONTH * month, factors)


def totals(
    factors: Sequence[Factor],
    weight: Array,
    group: NDArray[np.int64],
    size: int,
    confidence: float = 0.95,
) -> Estimate:
    """Add up, by group, weight times the product of factors, and say how well the fits know the sum.

    The interval is the delta method's for the logarithm of the sum, so it never reaches below 0: sum·exp(±z·error/sum).
    It speaks of the parameters alone, taken as independent between fits: what will happen scatters around the expected
    number besides. A group without histories has the sum 0, and an interval from 0 to 0.

    Args:
        factors: each at least 0, such as expected purchases, and the value expected of one.
        weight: how many customers each history stands for.
        group: the group of each history, 0 to size - 1.
        size: how many groups there are.
        confidence: the coverage, between 0 and 1.

    Returns:
        One value a group; NaN where a factor is.
    """
    values = [factor.of(factor.fit.parameters) for factor in factors]
    total = np.bincount(group, weight * np.prod(values, axis=0), size).astype(np.float64)
    variance = np.zeros(size)
    for index, factor in enumerate(factors):
        others = weight * np.prod([*values[:index], *values[index + 1 :]], axis=0)
        slopes = np.stack([np.bincount(group, others * slope, size) for slope in _slopes(factor)])
        variance += np.einsum("ig,ij,jg->g", slopes, factor.fit.covariance, slopes)
    relative = np.sqrt(variance) / np.where(total == 0.0, 1.0, total)
    spread = np.exp(critical_value(confidence) * relative)
    return Estimate(total, total / spread, total * spread)


def _slopes(factor: Factor) -> list[Array]:
    """Derivatives of a factor by the logarithm of each parameter."""
    steps = _STEP * np.eye(factor.fit.parameters.size)
    up, down = ([factor.of(factor.fit.parameters * np.exp(sign * step)) for step in steps] for sign in (1.0, -1.0))
    return [(high - low) / (2.0 * _STEP) for high, low in zip(up, down, strict=True)]
