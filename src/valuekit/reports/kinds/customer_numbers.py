"""The numbers that every customer has.

Owns their names. Never computes one that metrics do not define.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.metrics.names import MEANS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from valuekit.reports.kinds.subject import Groups


def number_of(groups: Groups, name: str) -> tuple[NDArray[np.float64], str | None]:
    """One number of every customer of every group, as `clv segments` and `clv predict` have it.

    What customers bought is what they bought in their group; ranks and predictions are of all that they bought.

    Returns:
        A number a member, NaN where there is none; and why there may be none.
    """
    population, members = groups.population, groups.members
    purchases = members.purchases
    if name in MEANS:
        return population.numbers(purchases)[name].astype(float), None
    if name == "monetary_value":
        return purchases.monetary_value, None
    if name == "lifetime_value":
        return population.lifetime_value(purchases), None
    if name == "rfm_score":
        return population.quartiles.score[members.customer], None
    forecast = population.forecast
    missing = (
        forecast.why_not(name) or "their repeat purchases are not worth more than 0, or no finite value is expected"
    )
    values: NDArray[np.float64] = getattr(forecast, name)[members.customer]
    return values, missing
