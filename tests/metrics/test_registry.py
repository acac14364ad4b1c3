"""The way from a config section to its metric."""

from __future__ import annotations

import pytest

from valuekit.config.models import MetricConfig
from valuekit.errors import ConfigError
from valuekit.metrics.registry import FAMILIES, declare


def section(**changes: object) -> MetricConfig:
    return MetricConfig.model_validate(
        {"name": "engagement_web", "family": "engagement", "group_by": ("Issue",), **changes}
    )


def text(column: str) -> str:
    """Every column is a text."""
    assert column
    return "VARCHAR"


def test_families_are_registered_under_their_name() -> None:
    assert "engagement" in FAMILIES
    assert [family.name for family in FAMILIES.values()] == list(FAMILIES)


def test_a_section_is_declared_by_its_family() -> None:
    metric = declare(section(), ("Channel",), text)
    assert metric.config.name == "engagement_web"
    assert metric.dimensions == ("Day", "Issue", "Channel")


def test_an_unknown_family_is_named_with_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r'\[metrics.engagement_web\] no metric family "tea"; there are: .*engagement'
    ):
        declare(section(family="tea"), (), text)


@pytest.mark.parametrize("name", ["CTR", "count", "Positives_Test"])
def test_a_dimension_that_a_score_state_or_flag_is_called_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f'"{name}"'):
        declare(section(group_by=("Channel", name)), (), text)
