"""Experiments against raw offers: counted in plain Python, tested by scipy."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, TypeAlias

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats
from scipy.stats.contingency import association, odds_ratio, relative_risk

from valuekit.config.families import FAMILIES
from valuekit.config.models import MetricConfig
from valuekit.errors import ConfigError
from valuekit.metrics.base import Kind, Labels
from valuekit.metrics.experiment import ExperimentFamily
from valuekit.metrics.scoring import TOO_LARGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Family, Metric

FAMILY: Family = ExperimentFamily()
SCORES = FAMILIES["experiment"].scores
COUNTS = ("Count", "Positives", "Negatives")
WHOLE = ("chi2_stat", "chi2_dof", "chi2_p_val", "g_stat", "g_dof", "g_p_val", "cramers_v")


def section(**changes: object) -> MetricConfig:
    given_keys = {"name": "experiment", "family": "experiment", "group_by": ("Channel",), **changes}
    return MetricConfig.model_validate({"positive": ("Clicked",), "negative": ("Impression",), **given_keys})


def declared(filters: Sequence[str] = (), **changes: object) -> Metric:
    return FAMILY.declare(section(**changes), filters, lambda _: "VARCHAR")


def table(rows: Sequence[tuple[str | None, str | None, int | None, int | None]]) -> pl.DataFrame:
    schema = {"ExperimentName": pl.String, "ExperimentGroup": pl.String, "Positives": pl.Int64, "Negatives": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


Offer: TypeAlias = "tuple[str, str | None, str | None, str | None, bool]"
OFFERS = st.lists(
    st.tuples(
        st.sampled_from(["2026-01-01", "2026-01-02"]),
        st.sampled_from(["Web", "Mobile", None]),
        st.sampled_from(["Banner", "Price", None]),
        st.sampled_from(["Control", "B", "C", None]),
        st.booleans(),
    ),
    max_size=120,
)
BY = st.sampled_from([(), ("Channel",), ("Day", "Channel"), ("ExperimentName",), ("Channel", "ExperimentGroup")])


@settings(max_examples=60, deadline=None)
@given(OFFERS, BY)
def test_scores_equal_scipy_on_raw_offers(raw: list[Offer], by: tuple[str, ...]) -> None:
    metric = declared()
    columns = ("Day", "Channel", *metric.always_by)
    schema = {**dict.fromkeys(columns, pl.String), "positive": pl.Boolean}
    keys = tuple(dict.fromkeys((*by, *metric.always_by)))
    merged = (
        pl.DataFrame(raw, schema=schema, orient="row")
        .group_by(keys)
        .agg(
            pl.col("positive").sum().cast(pl.Int64).alias("Positives"),
            pl.col("positive").not_().sum().cast(pl.Int64).alias("Negatives"),
        )
    )
    rows = metric.evaluate(merged, by, SCORES).rows
    assert rows.columns == [*by, "experiment_name", "experiment_group", "control_group", *SCORES]
    assert rows.height == merged.height
    for row in rows.iter_rows(named=True):
        place = {**row, "ExperimentName": row["experiment_name"]}
        group = [name for name in dict.fromkeys((*by, "ExperimentName")) if name != "ExperimentGroup"]
        trial = [offer for offer in raw if all(offer[columns.index(name)] == place[name] for name in group)]
        found = {name: row[name] for name in SCORES if row[name] is not None}
        expected = oracle(trial, row["experiment_name"], row["experiment_group"], row["control_group"])
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def oracle(trial: Sequence[Offer], name: str | None, arm: str | None, control: str | None) -> dict[str, float]:
    """METRICS.md §4 from the offers of one group and experiment; what is undefined is not in it."""
    counted: dict[str | None, list[int]] = {}
    for *_, group, positive in trial:
        counted.setdefault(group, [0, 0])[0 if positive else 1] += 1
    own = counted.get(arm, [0, 0])
    found: dict[str, float] = {"Count": sum(own), "Positives": own[0], "Negatives": own[1], "CTR": own[0] / sum(own)}
    if name is None or arm is None:
        return found
    arms = [pair for group, pair in counted.items() if group is not None]
    if len(arms) > 1 and all(map(sum, zip(*arms, strict=True))):
        chi2 = stats.chi2_contingency(np.array(arms), correction=False)
        g = stats.chi2_contingency(np.array(arms), correction=False, lambda_=0.0)
        found |= {"chi2_stat": chi2.statistic, "chi2_dof": chi2.dof, "chi2_p_val": chi2.pvalue}
        found |= {"g_stat": g.statistic, "g_dof": g.dof, "g_p_val": g.pvalue}
        found["cramers_v"] = float(association(np.array(arms), method="cramer"))
    if arm != control and control in counted:
        found |= pair_oracle(own, counted[control])
    return found


def pair_oracle(own: list[int], control: list[int]) -> dict[str, float]:
    """An arm against control; both have offers."""
    found: dict[str, float] = {}
    pair = np.array([own, control])
    if pair.sum(axis=0).all():
        chi2 = stats.chi2_contingency(pair, correction=False)
        sign = 1 if own[0] * sum(control) >= control[0] * sum(own) else -1
        found |= {"z_score": sign * math.sqrt(chi2.statistic), "z_p_val": chi2.pvalue}
        if (chi2.expected_freq < 5 - 1e-9).any():
            found["fisher_p_val"] = stats.fisher_exact(pair).pvalue
    if pair.all():
        interval = odds_ratio(pair, kind="sample").confidence_interval(0.95)
        for test in ("chi2", "g"):
            found[f"{test}_odds_ratio_stat"] = own[0] * control[1] / (own[1] * control[0])
            found |= {f"{test}_odds_ratio_ci_low": interval.low, f"{test}_odds_ratio_ci_high": interval.high}
    if control[0]:
        found["Lift"] = (own[0] / sum(own)) / (control[0] / sum(control)) - 1
        if own[0]:
            interval = relative_risk(own[0], sum(own), control[0], sum(control)).confidence_interval(0.95)
            found |= {"Lift_CI_Low": interval.low - 1, "Lift_CI_High": interval.high - 1}
    return found


PAIR = st.sampled_from([(0, 0), (0, 7), (7, 0), (7, 7), (0, 90), (50, 50)]) | st.tuples(
    st.integers(0, 60), st.integers(0, 60)
)
LABEL = st.sampled_from(["A", "B", "Control", "", None])


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from(["X", "Y", "", None]), LABEL), PAIR, max_size=16),
    st.sampled_from([None, "B", "Holdout"]),
)
@example({}, None)
def test_a_score_is_null_exactly_where_a_reason_says_why(
    cells: dict[tuple[str | None, str | None], tuple[int, int]], control: str | None
) -> None:
    metric = declared(control_group=control)
    found = metric.evaluate(table([(*key, *counts) for key, counts in cells.items()]), (), SCORES)
    assert found.rows.height == len(cells)
    assert set(found.reasons) == set(SCORES) - set(COUNTS)
    for name in SCORES:
        values = found.rows[name]
        assert values.dtype == (pl.Int64 if name in COUNTS else pl.Float64)
        assert values.drop_nulls().cast(pl.Float64).is_finite().all()
        if name in found.reasons:
            assert found.reasons[name].dtype == pl.String
            assert TOO_LARGE not in found.reasons[name]
            assert values.is_null().to_list() == found.reasons[name].is_not_null().to_list()
        else:
            assert values.null_count() == 0


def test_rows_are_sorted_with_missing_ones_first_whatever_their_order() -> None:
    merged = pl.DataFrame(
        {
            "Channel": ["Web", None, "Web", "Web", None],
            "ExperimentName": ["B", "A", None, "A", "A"],
            "ExperimentGroup": ["x", "y", "z", "y", None],
            "Positives": [1, 2, 3, 4, 5],
            "Negatives": [1] * 5,
        }
    )
    found = declared().evaluate(merged, ("Channel",), SCORES).rows
    assert found.select("Channel", "experiment_name", "experiment_group").rows() == [
        (None, "A", None),
        (None, "A", "y"),
        ("Web", None, "z"),
        ("Web", "A", "y"),
        ("Web", "B", "x"),
    ]
    assert found["Positives"].to_list() == [5, 2, 3, 4, 1]
    assert_frame_equal(declared().evaluate(merged.reverse(), ("Channel",), SCORES).rows, found, check_exact=True)


def test_source_columns_may_have_any_name_and_type() -> None:
    metric = declared(experiment_name="Test number", experiment_group="Arm", control_group="2")
    merged = pl.DataFrame({"Arm": [10, 2, 1], "Test number": [7, 7, 7], "Positives": [1, 2, 3], "Negatives": [9, 9, 9]})
    found = metric.evaluate(merged, ("Arm",), SCORES)
    assert metric.always_by == ("Test number", "Arm")
    assert found.rows.select(pl.nth(range(4))).rows() == [(1, 7, 1, "2"), (2, 7, 2, "2"), (10, 7, 10, "2")]
    assert found.rows["chi2_dof"].to_list() == [2.0] * 3
    assert found.reasons["Lift"].to_list() == [None, "this is the control arm", None]


def test_a_source_column_called_as_the_row_key_comes_once() -> None:
    metric = declared(experiment_name="experiment_name", experiment_group="experiment_group")
    merged = pl.DataFrame(
        {"experiment_name": ["X", "X"], "experiment_group": ["A", "B"], "Positives": [1, 2], "Negatives": [9, 9]}
    )
    found = metric.evaluate(merged, ("experiment_name",), ("Lift",))
    assert found.rows.columns == ["experiment_name", "experiment_group", "control_group", "Lift"]
    assert found.rows["Lift"].to_list() == [None, pytest.approx((2 / 11) / (1 / 10) - 1)]


@pytest.mark.parametrize("wanted", [(), ("Count",), ("fisher_p_val", "CTR"), ("g_odds_ratio_ci_high",), WHOLE])
def test_only_what_is_wanted_is_given_in_the_catalogues_order(wanted: tuple[str, ...]) -> None:
    merged = table([("Banner", "A", 1, 20), ("Banner", "B", 3, 20), (None, None, 1, 1)])
    metric = declared()
    found, everything = metric.evaluate(merged, (), wanted), metric.evaluate(merged, (), SCORES)
    scores = [name for name in SCORES if name in wanted]
    assert_frame_equal(found.rows, everything.rows.select(*found.rows.columns[:3], *scores), check_exact=True)
    assert {name: list(texts) for name, texts in found.reasons.items()} == {
        name: list(everything.reasons[name]) for name in scores if name not in COUNTS
    }
    assert {column.name for state in metric.needs(wanted) for column in state.stored} == {"Positives", "Negatives"}


def test_nothing_in_gives_nothing_out() -> None:
    found = declared().evaluate(table([]), (), SCORES)
    assert found.rows.schema == {
        **dict.fromkeys(("experiment_name", "experiment_group", "control_group"), pl.String),
        **dict.fromkeys(COUNTS, pl.Int64),
        **dict.fromkeys(SCORES[3:], pl.Float64),
    }
    assert all(series.is_empty() for series in found.reasons.values())


def test_thousands_of_groups_at_once_equal_one_at_a_time() -> None:
    """20,000 groups of three arms take far less than one by one would; each is as if it were alone, to the bit."""
    random, groups = np.random.default_rng(11), 20_000
    merged = pl.DataFrame(
        {
            "Channel": np.repeat(np.arange(groups), 3),
            "ExperimentName": ["Banner"] * (3 * groups),
            "ExperimentGroup": ["Control", "B", "C"] * groups,
            "Positives": random.poisson(random.choice([0.5, 5, 400], 3 * groups)),
            "Negatives": random.poisson(random.choice([5, 100, 10_000], 3 * groups)),
        }
    )
    metric = declared()
    started = time.process_time()
    found = metric.evaluate(merged, ("Channel",), SCORES)
    assert time.process_time() - started < 10.0
    assert found.rows.height == 3 * groups
    assert found.rows["fisher_p_val"].drop_nulls().len() > 10_000
    for channel in range(0, groups, 997):
        alone = metric.evaluate(merged.filter(pl.col("Channel") == channel), ("Channel",), SCORES)
        assert_frame_equal(alone.rows, found.rows.filter(pl.col("Channel") == channel), check_exact=True)


def test_states_count_offers_and_add_up() -> None:
    metric = declared()
    offers = pl.DataFrame({"Arm": ["A", "A", "B", None], "_positive": [True, False, False, True]})
    cells = []
    for state in metric.states:
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            connection.register("offers", offers.to_arrow())
            cells.append(connection.sql(state.build_sql("offers", ["Arm"]) + " ORDER BY ALL NULLS FIRST").fetchall())
    assert cells == [[(None, 1), ("A", 1), ("B", 0)], [(None, 0), ("A", 1), ("B", 1)]]


def test_the_catalogue_is_the_configs_and_describes_every_score() -> None:
    assert tuple(score.name for score in FAMILY.catalogue) == SCORES
    assert {score.kind for score in FAMILY.catalogue} == {Kind.DISTRIBUTIVE}
    assert {score.name for score in FAMILY.catalogue if score.null_when == "never"} == set(COUNTS)
    assert all(FAMILY.score(score.name) is score for score in FAMILY.catalogue)
    assert FAMILY.score("Revenue") is None
    stored = {column.name for state in declared().states for column in state.stored}
    assert {name for score in FAMILY.catalogue for name in score.stored.split(", ")} == stored


def test_a_section_becomes_a_metric() -> None:
    metric = declared(("Issue", "Year", "ExperimentGroup"), group_by=("Month", "ExperimentName", "Channel"))
    assert metric.dimensions == ("Day", "ExperimentName", "Channel", "ExperimentGroup", "Issue")
    assert metric.always_by == ("ExperimentName", "ExperimentGroup")
    assert metric.row_keys == ("experiment_name", "experiment_group")
    assert metric.labels == Labels(("Clicked",), ("Impression",))
    assert [len(metric.sums), len(metric.exact), len(metric.holistic)] == [0, 0, 0]


def test_a_dimension_called_as_the_control_column_is_refused() -> None:
    with pytest.raises(ConfigError, match='"Control_Group"'):
        declared(group_by=("Control_Group",))


def test_one_column_cannot_be_both_experiment_and_arm() -> None:
    with pytest.raises(ConfigError, match=r"\[metrics.experiment\].*both"):
        declared(experiment_name="Trial", experiment_group="trial")
