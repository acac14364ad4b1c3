"""The families of metrics as a config sees them: their names, and the scores and keys each knows.

Owns the table of names. Never computes a score: a family's own module does, and a test compares the two tables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNTS = ("Count", "Positives", "Negatives")
_LIFT = ("Lift", "Lift_CI_Low", "Lift_CI_High", "Lift_Z_Score", "Lift_P_Val")
_LABEL_KEYS = ("positive_model_response", "negative_model_response")
_ARM_KEYS = ("arm_column", "control", "test")
_DIGEST_KEYS = ("use_t_digest", "compression")
_PERCENTILE = re.compile(r"p[0-9]{1,2}")


@dataclass(frozen=True)
class FamilyNames:
    """What a config may say about a metric of one family.

    Attributes:
        scores: the names that `scores` may list.
        keys: the keys it takes besides those that every metric takes.
        percentiles: whether any `pNN` is a score, too.
        source: the section it reads.
    """

    scores: tuple[str, ...]
    keys: tuple[str, ...]
    percentiles: bool = False
    source: str = "ih"

    @property
    def needs_labels(self) -> bool:
        """Whether its offers are resolved into positive and negative ones."""
        return _LABEL_KEYS[0] in self.keys

    def has_score(self, name: str) -> bool:
        """Whether `name` is one of its scores."""
        return name in self.scores or (self.percentiles and _PERCENTILE.fullmatch(name) is not None)


FAMILIES: Mapping[str, FamilyNames] = {
    "engagement": FamilyNames(
        scores=(*_COUNTS, "CTR", "StdErr", "CTR_CI_Low", "CTR_CI_High", *_LIFT),
        keys=(*_LABEL_KEYS, *_ARM_KEYS),
    ),
    "conversion": FamilyNames(
        scores=(
            *(*_COUNTS, "ConversionRate", "StdErr", "ConversionRate_CI_Low", "ConversionRate_CI_High", *_LIFT),
            *("Revenue", "RevenuePerOffer", "RevenuePerOffer_StdErr", "IncrementalRevenue"),
            *("IncrementalRevenue_CI_Low", "IncrementalRevenue_CI_High", "Touchpoints", "AvgTouchpoints"),
        ),
        keys=(*_LABEL_KEYS, *_ARM_KEYS),
    ),
    "experiment": FamilyNames(
        scores=(
            *(*_COUNTS, "chi2_stat", "chi2_dof", "chi2_p_val", "g_stat", "g_dof", "g_p_val", "z_score", "z_p_val"),
            *("chi2_odds_ratio_stat", "chi2_odds_ratio_ci_low", "chi2_odds_ratio_ci_high"),
            *("g_odds_ratio_stat", "g_odds_ratio_ci_low", "g_odds_ratio_ci_high", "fisher_p_val", "cramers_v"),
            *("CTR", "Lift", "Lift_CI_Low", "Lift_CI_High"),
        ),
        keys=(*_LABEL_KEYS, "experiment_name", "experiment_group", "control_group"),
    ),
    "model_ml_scores": FamilyNames(
        scores=(
            *("Count", "Scored", "pos_fraction", "roc_auc", "average_precision", "ece", "brier", "log_loss"),
            *("personalization", "novelty"),
        ),
        keys=(*_LABEL_KEYS, *_DIGEST_KEYS),
    ),
    "descriptive": FamilyNames(
        scores=(
            *("Count", "Sum", "Min", "Max", "Mean", "Var", "Std", "Median", "p25", "p75", "p90", "p95"),
            *("Skew", "MomentSkew"),
        ),
        keys=("columns", *_DIGEST_KEYS),
        percentiles=True,
    ),
    "clv": FamilyNames(
        scores=(
            *("Count", "frequency", "recency", "tenure", "days_since_last", "monetary_value", "lifetime_value"),
            *("customers_count", "unique_holdings", "rfm_score", "expected_purchases", "p_alive", "predicted_value"),
        ),
        keys=(
            *("order_id_col", "customer_id_col", "monetary_value_col", "purchase_date_col", "model"),
            *("recurring_period", "recurring_cost", "lifespan", "observation_end", "frequency_of", "discount_rate"),
            *("rfm_segment_config", "rfm_segments"),
        ),
        source="holdings",
    ),
}

SEGMENT_MAPS = ("retail_banking", "telco", "e-commerce")

COMMON_KEYS = ("family", "group_by", "filter", "scores")


def family_of(metric: str) -> str | None:
    """Find the family of a metric by its name: the longest family name that starts it."""
    fitting = [family for family in FAMILIES if metric.startswith(family)]
    return max(fitting, key=len, default=None)
