"""What rows, cells and customers call their columns, besides the scores that a config may ask for.

Owns these names, so that a config can be checked without anything that computes. Never computes anything itself: tests
compare the names with what the families keep and give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROPERTY = "Property"
"""The row key that names the property: a score column of a model, or a described column."""

PROPERTIES = ("Propensity", "FinalPropensity")
"""The columns that hold scores of models; each has a result row."""

EXPERIMENT, ARM, CONTROL_ARM = "experiment_name", "experiment_group", "control_group"
"""The row keys of experiments, whatever the columns of the source are called."""

Z_SCORE = "z_score"
ODDS_RATIOS = ("chi2_odds_ratio_stat", "g_odds_ratio_stat")
EFFECTS = (Z_SCORE, *ODDS_RATIOS)
"""The scores that put an arm against control."""

CUSTOMER, SEGMENT = "CustomerID", "rfm_segment"
QUARTILES = ("r_quartile", "f_quartile", "m_quartile")
MEANS = ("frequency", "recency", "tenure", "days_since_last")
PREDICTED = ("expected_purchases", "p_alive", "predicted_value")
CUSTOMER_NUMBERS = (*MEANS, "monetary_value", "lifetime_value", "rfm_score", *PREDICTED)
"""The numbers that every customer has: what a histogram or a correlation of customers can be of."""

CUSTOMER_COLUMNS = (
    *QUARTILES,
    *("expected_purchases_ci_low", "expected_purchases_ci_high", "predicted_value_ci_low", "predicted_value_ci_high"),
    *("actual_purchases", "error", "mean_absolute_error", "root_mean_squared_error", "actual_value", "expected_value"),
    *(CUSTOMER, SEGMENT),
)
"""The columns of the tables of `valuekit clv` that are no scores of a metric."""

HOLISTIC: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "conversion": {"AvgTouchpoints": ("CustomerID", "ConversionEventID")},
    "model_ml_scores": dict.fromkeys(("personalization", "novelty"), ("CustomerID", "ActionID")),
}
"""By family the scores that no state can hold, and the columns of facts that each is computed from."""
