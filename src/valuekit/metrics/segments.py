"""The segments of customers: which quartiles make them, and what they are called in an industry.

Owns the built-in maps. Never ranks a customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit.stats.rfm import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.models import MetricConfig

_INDUSTRIES: Mapping[str, tuple[str, ...]] = {
    "retail_banking": (
        *("Wealth Champions", "Premier Clients", "Growth Investors", "At-Risk Clients", "Dormant Accounts"),
    ),
    "telco": (
        *("Platinum Subscribers", "Engaged Subscribers", "Potential Upsell Group", "Churn Risk", "Dormant Lines"),
    ),
    "e-commerce": (*("Champions", "Repeat Buyers", "High-Potential Buyers", "At-Risk Shoppers", "Inactive Shoppers"),),
}
"""Names from best to worst, in the order of `_rank`."""


@dataclass(frozen=True)
class SegmentMap:
    """Segments by name.

    Attributes:
        names: from best to worst.
        of_code: for each of `valuekit.stats.rfm.CODES` the number of its segment, -1 for none.
    """

    names: tuple[str, ...]
    of_code: tuple[int, ...]

    @classmethod
    def of(cls, config: MetricConfig) -> SegmentMap:
        """The map that a metric's section asks for: its own one, else that of an industry."""
        if config.rfm_segments is None:
            return cls(_INDUSTRIES[config.rfm_segment_config], tuple(_rank(*map(int, code)) for code in CODES))
        number = {code: at for at, codes in enumerate(config.rfm_segments.values()) for code in codes}
        return cls(tuple(config.rfm_segments), tuple(number.get(code, -1) for code in CODES))


def _rank(r: int, f: int, m: int) -> int:
    """The first of METRICS.md's rules that quartiles fit, 0 the best."""
    if min(r, f, m) >= 4:
        return 0
    if r >= 2 and f >= 3 and m >= 2:
        return 1
    if r >= 3 and f >= 2 and m >= 2:
        return 2
    if r <= 2 and f >= 2 and m >= 2:
        return 3
    return 4
