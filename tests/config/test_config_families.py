"""Families: the longest name wins, and the table of scores is that of the metrics themselves."""

from __future__ import annotations

import pytest

from valuekit.config.families import FAMILIES, family_of
from valuekit.metrics.registry import CATALOGUES as COMPUTED


@pytest.mark.parametrize(
    ("metric", "family"),
    [
        ("engagement", "engagement"),
        ("engagement_web", "engagement"),
        ("model_ml_scores_daily", "model_ml_scores"),
        ("clv2", "clv"),
        ("Engagement", None),
        ("my_engagement", None),
        ("engagemen", None),
        ("", None),
    ],
)
def test_a_metric_belongs_to_the_family_whose_name_starts_its_own(metric: str, family: str | None) -> None:
    assert family_of(metric) == family


def test_every_family_is_computed() -> None:
    assert set(FAMILIES) == set(COMPUTED)


@pytest.mark.parametrize("family", COMPUTED)
def test_a_config_may_ask_for_the_scores_that_the_family_computes(family: str) -> None:
    assert FAMILIES[family].scores == tuple(score.name for score in COMPUTED[family].catalogue)


@pytest.mark.parametrize(
    ("family", "score", "known"),
    [
        ("descriptive", "p10", True),
        ("descriptive", "p5", True),
        ("descriptive", "p100", False),
        ("descriptive", "p1.5", False),
        ("engagement", "p10", False),
        ("experiment", "g_odds_ratio_ci_high", True),
        ("model_ml_scores", "CTR", False),
    ],
)
def test_only_descriptive_metrics_have_percentiles(family: str, score: str, known: bool) -> None:  # noqa: FBT001  # a table
    assert FAMILIES[family].has_score(score) is known
