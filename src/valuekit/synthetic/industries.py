"""Other companies than the demo's bank: the same people and chances under other names.

Owns the names of a telephone company and of a shop. Never draws anything: what happens, and to whom, stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Industry:
    """How a company calls what the bank of `world` calls otherwise; what is not listed keeps its name.

    Attributes:
        issues: its names of the issues.
        groups: of the groups, and so of the first part of each action's name.
        channels: of the channels.
        placements: of the placements.
        outcomes: of the outcomes.
    """

    issues: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    placements: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)

    def offers(self, offers: pl.DataFrame) -> pl.DataFrame:
        """Give offers their names."""
        if not self.groups:
            return offers
        group, ours = pl.col("pyGroup"), pl.col("pyGroup").replace(self.groups)
        variant, treatment = (_behind(name, group) for name in ("pyName", "pyTreatment"))
        title = pl.when(group == "").then(pl.lit("")).otherwise(pl.concat_str(variant, pl.lit(" "), ours))
        return offers.with_columns(
            pl.col("pyIssue").replace(self.issues),
            ours,
            pl.concat_str(ours, variant).alias("pyName"),
            pl.concat_str(ours, treatment).alias("pyTreatment"),
            title.alias("pyLabel"),
            pl.col("pyChannel").replace(self.channels),
            pl.col("PlacementType").replace(self.placements),
        )

    def rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give outcomes their names."""
        return rows.with_columns(pl.col("pyOutcome").replace(self.outcomes)) if self.outcomes else rows


def _behind(name: str, group: pl.Expr) -> pl.Expr:
    """What of a name follows that of its group."""
    return pl.col(name).str.slice(group.str.len_chars())


INDUSTRIES: Mapping[str, Industry] = {
    "retail_banking": Industry(),
    "telco": Industry(
        issues={
            "Sales": "Acquire",
            "Savings": "Upgrade",
            "Retention": "Retain",
            "Service": "Service",
            "Onboarding": "Welcome",
        },
        groups={
            "CreditCards": "Phones",
            "Mortgages": "Fibre",
            "Loans": "Tablets",
            "Deposits": "DataPacks",
            "Pensions": "Roaming",
            "Funds": "Television",
            "Loyalty": "Loyalty",
            "FeeWaivers": "Discounts",
            "Winback": "Winback",
            "Alerts": "UsageAlerts",
            "Documents": "Bills",
            "Security": "SimLock",
            "FirstSteps": "FirstSteps",
            "MobileApp": "SelfCare",
            "Insurance": "PhoneCover",
        },
        channels={"Web": "Portal", "Mobile": "App", "Email": "SMS"},
        placements={"Leaderboard": "Banner", "Hero": "Start", "Tile": "List"},
        outcomes={"Impression": "NoResponse", "Clicked": "Accepted", "Conversion": "Activated"},
    ),
    "e-commerce": Industry(
        issues={
            "Sales": "Recommend",
            "Savings": "CrossSell",
            "Retention": "Winback",
            "Service": "Service",
            "Onboarding": "Welcome",
        },
        groups={
            "CreditCards": "Shoes",
            "Mortgages": "Furniture",
            "Loans": "Electronics",
            "Deposits": "Accessories",
            "Pensions": "Books",
            "Funds": "Garden",
            "Loyalty": "Points",
            "FeeWaivers": "FreeShipping",
            "Winback": "Vouchers",
            "Alerts": "BackInStock",
            "Documents": "Returns",
            "Security": "Account",
            "FirstSteps": "FirstOrder",
            "MobileApp": "ShopApp",
            "Insurance": "Warranty",
        },
        channels={"Web": "Shop", "Mobile": "App", "Email": "Newsletter"},
        placements={"Leaderboard": "Home", "Hero": "Product", "Tile": "Basket"},
        outcomes={"Conversion": "Purchased"},
    ),
}
"""By the name of their segment map."""
