"""The made-up company: what it offers, where, to whom, and how people respond.

Owns every name and rate of the synthetic history. Never draws a day and never writes a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIFT = 0.25
"""How much more often, relatively, the test arm clicks than the control arm: what `Lift` should come out at."""

CONTROL_EVERY = 5
"""One customer in so many is in the control group."""

CATALOGUE = {
    "Sales": ("CreditCards", "Mortgages", "Loans"),
    "Savings": ("Deposits", "Pensions", "Funds"),
    "Retention": ("Loyalty", "FeeWaivers", "Winback"),
    "Service": ("Alerts", "Documents", "Security"),
    "Onboarding": ("FirstSteps", "MobileApp", "Insurance"),
}
VARIANTS = (
    "Basic",
    "Plus",
    "Premium",
    "Gold",
    "Family",
    "Student",
    "Senior",
    "Business",
    "Travel",
    "Green",
    "Café",
    "Zürich",
)
CHANNELS = ("Web", "Mobile", "Email")
TREATMENTS = ("_Banner", "_Push", "_Mail")
CHANNEL_SHARE = (0.45, 0.35, 0.20)
DIRECTIONS = ("Inbound", "Inbound", "Outbound")
CHANNEL_EFFECT = np.array([0.8, 1.3, 1.0])
EMAIL = 2
PLACEMENTS = ("Leaderboard", "Hero", "Tile", "")
PLACEMENT_SHARE = (0.40, 0.33, 0.25, 0.02)
PLACEMENT_EFFECT = np.array([1.0, 1.2, 0.8, 1.0])
SOURCES = ("Adaptive", "Static", "Random")
SOURCE_SHARE = (0.80, 0.12, 0.08)
EXPERIMENTS = ("", "NewBanner", "ShortCopy", "PriceFirst")
EXPERIMENT_ARMS = ("Control", "Challenger")
CHALLENGER_EFFECT = np.array([1.0, 1.15, 1.0, 0.9])
EVENTS = ("AccountOpened", "ContractSigned", "AppInstalled", "OfferRedeemed")

ALWAYS_EMPTY = (
    *("pyStage", "pyJourney", "pyStep", "pyCategory", "pyResponse", "pyCustomerSubSegment", "pyDivision", "pyUnit"),
    *("BundleName", "ChannelGroup", "ChannelSubGroup", "ControlGroupValidityStart", "ControlGroupValidityEnd"),
    *("DeviceType", "MktType", "MktValue", "URI", "UserAgent", "WorkID"),
)
CONSTANTS: dict[str, str | bool] = {
    "pySubjectType": "Bank-Data-Customer",
    "pyApplication": "NextBestAction",
    "pyApplicationVersion": "01.02.03",
    "pyOperator": "BatchDecisioning",
    "pyStrategy": "TopLevelOffers",
    "pyCustomerSegment": "",
    "pyReason": "",
    "pyBehaviour": "",
    **dict.fromkeys(ALWAYS_EMPTY, ""),
    "BundleHead": False,
}
"""Columns that hold one value in every row, many of them empty, as in real exports."""


@dataclass(frozen=True)
class World:
    """What stays the same from day to day.

    Attributes:
        offers: one row per offer of the catalogue, in Pega's columns, and a last one whose names are all empty.
        appeal: base click probability of each row of `offers`.
        share: how often each offer is made; the nameless one only where an interaction lost its labels.
        affinity: factor on the click probability of each customer.
    """

    offers: pl.DataFrame
    appeal: NDArray[np.float64]
    share: NDArray[np.float64]
    affinity: NDArray[np.float64]

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return len(self.affinity)

    @property
    def nameless(self) -> int:
        """The row of `offers` without names."""
        return self.offers.height - 1


def make_world(customers: int, seed: int) -> World:
    """Draw the catalogue's appeal and the customers' affinity."""
    rng = np.random.default_rng([seed, 0])
    names = [
        {"pyIssue": issue, "pyGroup": group, "pyName": f"{group}{variant}", "pyLabel": f"{variant} {group} for you"}
        for issue, groups in CATALOGUE.items()
        for group in groups
        for variant in VARIANTS
    ]
    share = rng.gamma(1.5, size=len(names))
    value = np.append(np.exp(rng.normal(3.0, 0.5, len(names))).round(2), 0.0)
    offers = pl.DataFrame([*names, dict.fromkeys(names[0], "")]).with_columns(pl.Series("Value", value))
    appeal = np.append(0.035 * np.exp(rng.normal(0, 0.5, len(names))), 0.03)
    affinity = np.exp(rng.normal(-0.25, 0.7, customers))
    return World(offers, appeal, share / share.sum(), affinity)
