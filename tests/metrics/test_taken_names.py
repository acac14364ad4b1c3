"""The names that a config is checked against are those of the states, scores and rows themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.config.families import FAMILIES as NAMES
from valuekit.config.models import MetricConfig
from valuekit.errors import ConfigError
from valuekit.metrics.clv import ClvFamily
from valuekit.metrics.dimensions import purchase_dimensions
from valuekit.metrics.names import CUSTOMER_COLUMNS, HOLISTIC
from valuekit.metrics.registry import FAMILIES, declare, declare_customers
from valuekit.metrics.taken import refuse_taken_names, stored_names

COLUMNS = ("Priority", "Outcome", "Response.Time", "Revenue")
COMMON = (
    *("Count", "positives", "Positives_Test", "Negatives_Control", "Lift", "CTR", "revenue_all_n", "Revenue_Test_rest"),
    *("Touchpoints", "touchpoints", "Property", "property", "experiment_name", "experiment_group", "Control_Group"),
    *("ExperimentName", "experimentname", "Propensity.digest", "propensity.losses_log", "Propensity.scored"),
    *("Priority.moments_m3", "Priority.count", "Outcome.count", "Outcome.digest", "Response.Time.extrema_max", "Day"),
    *("CustomerID", "customerid", "RFM_segment", "r_quartile", "actual_value", "p99", "P99", "Channel", "channel"),
    *("Week", "z_score", "brier", "Median", "roc_auc", "lifetime_value", "error", "_positive", "Revenue_All"),
)


def types(column: str) -> str:
    return "VARCHAR" if column == "Outcome" else "DOUBLE"


def section(family: str, **fields: object) -> MetricConfig:
    columns = COLUMNS if family == "descriptive" else ()
    return MetricConfig.model_validate({"name": family, "family": family, "group_by": (), "columns": columns, **fields})


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_stored_names_are_those_of_the_states(family: str, *, exact: bool) -> None:
    config = section(family, use_t_digest=not exact)
    metric = declare(config, (), types)
    stored = [column.name for state in (*metric.states, *metric.exact) for column in state.stored]
    assert sorted(stored_names(config, types)) == sorted(stored)


def test_the_columns_of_customers_are_those_of_their_tables() -> None:
    assert sorted((*NAMES["clv"].scores, *CUSTOMER_COLUMNS)) == sorted(ClvFamily().columns)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_scores_that_need_facts_are_those_of_the_metric(family: str) -> None:
    metric = declare(section(family), (), types)
    found = {score: one.reads for one in metric.holistic for score in one.scores}
    assert found == dict(HOLISTIC.get(family, {}))


@given(
    family=st.sampled_from([*FAMILIES, "clv"]),
    group_by=st.lists(st.sampled_from(COMMON), max_size=3, unique=True).map(tuple),
    filters=st.lists(st.sampled_from(COMMON), max_size=2, unique=True).map(tuple),
    arm=st.sampled_from(["ExperimentGroup", "experiment_group", "experiment_name", "CTR", "control_group"]),
    scores=st.sampled_from([None, ("p99",), ("Count",)]),
)
@settings(max_examples=300, deadline=None)
def test_a_config_is_told_what_a_run_would_say(
    family: str, group_by: tuple[str, ...], filters: tuple[str, ...], arm: str, scores: tuple[str, ...] | None
) -> None:
    config = section(family, group_by=group_by, experiment_group=arm, scores=scores)

    def run() -> None:
        if family == "clv":
            declare_customers(config, purchase_dimensions(config, filters))
        else:
            declare(config, filters, types)

    assert _refusal(lambda: refuse_taken_names(config, filters, types)) == _refusal(run)


def _refusal(check: object) -> str | None:
    try:
        check()  # type: ignore[operator]
    except ConfigError as error:
        return str(error)
    return None
