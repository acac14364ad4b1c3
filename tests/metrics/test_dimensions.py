"""The key of a metric's cells."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.errors import ConfigError
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.metrics.dimensions import cell_dimensions, refuse_clashes

NAMES = st.lists(st.sampled_from([*TIME_DIMENSIONS, "Channel", "Issue", "Group", "Name"]))


@given(NAMES, NAMES)
def test_day_then_group_by_then_global_filters_each_once(group_by: list[str], global_filters: list[str]) -> None:
    found = cell_dimensions(group_by, global_filters)
    assert found[0] == "Day"
    assert len(set(found)) == len(found)
    assert set(found) == {"Day", *group_by, *global_filters} - set(TIME_DIMENSIONS[1:])
    asked = [name for name in [*group_by, *global_filters] if name not in TIME_DIMENSIONS]
    assert list(found[1:]) == sorted(found[1:], key=asked.index)


@pytest.mark.parametrize(
    ("dimensions", "clash"),
    [
        (("Day", "ctr"), '"ctr" has the name of a score or state (CTR)'),
        (("Day", "Channel", "channel"), '"channel" has the name of another dimension ("Channel")'),
    ],
)
def test_a_dimension_named_as_something_else_is_refused(dimensions: tuple[str, ...], clash: str) -> None:
    with pytest.raises(ConfigError) as refused:
        refuse_clashes("engagement", dimensions, ("CTR", "Lift"))
    assert clash in str(refused.value)
    assert str(refused.value).startswith("[metrics.engagement]")


def test_distinct_names_pass() -> None:
    refuse_clashes("engagement", ("Day", "Channel"), ("CTR", "Count"))
