"""Engagement against raw offers: counted by hand, scored by scipy and direct formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats
from scipy.stats.contingency import relative_risk

from merged_tables import build_and_merge
from valuekit.config.models import MetricConfig
from valuekit.metrics.base import Kind, Labels
from valuekit.metrics.engagement import EngagementFamily

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Evaluation, Family

FAMILY: Family = EngagementFamily()
SCORES = [
    "Count",
    "Positives",
    "Negatives",
    "CTR",
    "StdErr",
    "CTR_CI_Low",
    "CTR_CI_High",
    "Lift",
    "Lift_CI_Low",
    "Lift_CI_High",
    "Lift_Z_Score",
    "Lift_P_Val",
]
STORED = ["Positives", "Negatives", "Positives_Test", "Negatives_Test", "Positives_Control", "Negatives_Control"]

Counted = tuple[int | None, ...]


def section(**changes: object) -> MetricConfig:
    given_keys = {"name": "engagement", "family": "engagement", "group_by": ("Channel",), **changes}
    return MetricConfig.model_validate({"positive": ("Clicked",), "negative": ("Impression",), **given_keys})


def no_types(column: str) -> str:
    raise AssertionError(column)


METRIC = FAMILY.declare(section(), (), no_types)


def merged(*rows: Counted) -> pl.DataFrame:
    """A merged table without dimensions."""
    return pl.DataFrame(rows, schema=dict.fromkeys(STORED, pl.Int64), orient="row")


def counted(overall: tuple[int, int], test: tuple[int, int], control: tuple[int, int]) -> Counted:
    """The row of a group whose offers are those of both arms and `overall` in none."""
    return (overall[0] + test[0] + control[0], overall[1] + test[1] + control[1], *test, *control)


def evaluated(table: pl.DataFrame, by: Sequence[str] = ()) -> Evaluation:
    return METRIC.evaluate(table, by, SCORES)


OFFERS = st.lists(
    st.tuples(
        st.sampled_from(["2026-01-01", "2026-01-02"]),
        st.sampled_from(["Web", "Mobile", None]),
        st.sampled_from(["Test", "Control", "control", "", None]),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(OFFERS, st.sampled_from([(), ("Channel",), ("Day", "Channel")]))
def test_scores_equal_scipy_on_raw_offers(
    raw: list[tuple[str, str | None, str | None, bool]], by: Sequence[str]
) -> None:
    schema = {"Day": pl.String, "Channel": pl.String, "ModelControlGroup": pl.String, "_positive": pl.Boolean}
    scored = evaluated(build_and_merge(METRIC, pl.DataFrame(raw, schema=schema, orient="row"), by), by).rows
    places = [("Day", "Channel").index(name) for name in by]
    groups: dict[tuple[str | None, ...], list[tuple[str | None, bool]]] = {} if by else {(): []}
    for offer in raw:
        groups.setdefault(tuple(offer[at] for at in places), []).append((offer[2], offer[3]))  # type: ignore[misc]  # only text columns are keys
    assert scored.columns == [*by, *SCORES]
    assert {row[: len(by)] for row in scored.iter_rows()} == set(groups)
    for row in scored.iter_rows(named=True):
        expected = oracle(groups[tuple(row[name] for name in by)])
        found = {name: row[name] for name in SCORES if row[name] is not None}
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def oracle(offers: list[tuple[str | None, bool]]) -> dict[str, float]:
    """METRICS.md §2, from the offers of one group as (arm, positive); what is undefined is not in it."""
    n, p = len(offers), sum(positive for _, positive in offers)
    test, control = ([positive for arm, positive in offers if arm == label] for label in ("Test", "Control"))
    found: dict[str, float] = {"Count": n, "Positives": p, "Negatives": n - p}
    if n:
        wilson = stats.binomtest(p, n).proportion_ci(0.95, method="wilson")
        found |= {"CTR": p / n, "StdErr": math.sqrt(p / n * (1 - p / n) / n)}
        found |= {"CTR_CI_Low": wilson.low, "CTR_CI_High": wilson.high}
    if test and sum(control):
        found["Lift"] = (sum(test) / len(test)) / (sum(control) / len(control)) - 1
    if sum(test) and sum(control):
        interval = relative_risk(sum(test), len(test), sum(control), len(control)).confidence_interval(0.95)
        found |= {"Lift_CI_Low": interval.low - 1, "Lift_CI_High": interval.high - 1}
    if test and control and 0 < sum(test) + sum(control) < len(test) + len(control):
        table = [[sum(arm), len(arm) - sum(arm)] for arm in (test, control)]
        chi2 = stats.chi2_contingency(table, correction=False)
        sign = 1 if sum(test) * len(control) >= sum(control) * len(test) else -1
        found |= {"Lift_Z_Score": sign * math.sqrt(chi2.statistic), "Lift_P_Val": chi2.pvalue}
    return found


PAIR = st.tuples(st.integers(0, 50) | st.just(0), st.integers(0, 50) | st.just(0))
ZEROS = st.sampled_from([(0, 0), (0, 7), (7, 0), (7, 7)])


@given(st.lists(st.tuples(ZEROS | PAIR, ZEROS | PAIR, ZEROS | PAIR), max_size=8))
def test_a_score_is_null_exactly_where_a_reason_says_why(rows: list[tuple[tuple[int, int], ...]]) -> None:
    table = merged(*(counted(*row) for row in rows))
    evaluation = evaluated(table)
    scored, reasons = evaluation.rows, evaluation.reasons
    assert scored.height == table.height
    for name in SCORES:
        values = scored[name]
        assert values.dtype == (pl.Int64 if name in SCORES[:3] else pl.Float64)
        if values.dtype == pl.Float64:
            assert values.drop_nulls().is_finite().all()
        if name in reasons:
            assert reasons[name].dtype == pl.String
            assert values.is_null().to_list() == reasons[name].is_not_null().to_list()
        else:
            assert values.null_count() == 0


CASES = {
    "no offers": ((0, 0), (0, 0), (0, 0)),
    "no arms": ((3, 4), (0, 0), (0, 0)),
    "no control": ((0, 0), (3, 4), (0, 0)),
    "no test": ((0, 0), (0, 0), (3, 4)),
    "no positive in control": ((0, 0), (3, 4), (0, 7)),
    "no positive in test": ((0, 0), (0, 7), (3, 4)),
    "no positive": ((0, 0), (0, 7), (0, 8)),
    "no negative": ((0, 9), (7, 0), (8, 0)),
    "all there": ((0, 0), (3, 4), (5, 6)),
}
BOTH_EMPTY = "no offers in arms Test and Control"
BOTH_NEGATIVE = "no positive in arms Test and Control"
REASONS = {  # the reasons of CTR, Lift, Lift_CI_Low, Lift_P_Val
    "no offers": ("no offers", BOTH_EMPTY, BOTH_EMPTY, BOTH_EMPTY),
    "no arms": (None, BOTH_EMPTY, BOTH_EMPTY, BOTH_EMPTY),
    "no control": (None, *["no offers in arm Control"] * 3),
    "no test": (None, *["no offers in arm Test"] * 3),
    "no positive in control": (None, "no positive in arm Control", "no positive in arm Control", None),
    "no positive in test": (None, None, "no positive in arm Test", None),
    "no positive": (None, "no positive in arm Control", BOTH_NEGATIVE, BOTH_NEGATIVE),
    "no negative": (None, None, None, "no negative in arms Test and Control"),
    "all there": (None, None, None, None),
}


@pytest.mark.parametrize("case", CASES)
def test_reasons_name_what_is_missing(case: str) -> None:
    reasons = evaluated(merged(counted(*CASES[case]))).reasons
    assert tuple(reasons[name].item() for name in ("CTR", "Lift", "Lift_CI_Low", "Lift_P_Val")) == REASONS[case]
    for one, other in (("CTR", "CTR_CI_High"), ("Lift_CI_Low", "Lift_CI_High"), ("Lift_P_Val", "Lift_Z_Score")):
        assert reasons[one].to_list() == reasons[other].to_list()


def test_reasons_name_the_configured_labels() -> None:
    metric = FAMILY.declare(section(test="Champion", control="Holdout"), (), no_types)
    table = merged(counted((1, 1), (1, 1), (0, 0)), counted((1, 1), (0, 0), (0, 0)))
    reasons = metric.evaluate(table, (), ("Lift",)).reasons
    assert reasons["Lift"].to_list() == ["no offers in arm Holdout", "no offers in arms Champion and Holdout"]


def test_a_group_without_cells_has_count_zero_and_no_rate() -> None:
    """Merging no cells gives null counts; they are zeros, and undefined is null, never 0."""
    scored = evaluated(merged((None,) * 6)).rows
    assert scored.row(0) == (0, 0, 0, *[None] * 9)


def test_nothing_in_gives_nothing_out() -> None:
    table = pl.DataFrame(schema={"Channel": pl.String, **dict.fromkeys(STORED, pl.Int64)})
    evaluation = evaluated(table, ("Channel",))
    assert evaluation.rows.schema == {
        "Channel": pl.String,
        **dict.fromkeys(SCORES[:3], pl.Int64),
        **dict.fromkeys(SCORES[3:], pl.Float64),
    }
    assert evaluation.reasons
    assert all(series.is_empty() for series in evaluation.reasons.values())


def test_dimensions_come_first_and_rows_stay_in_order() -> None:
    table = pl.DataFrame({"Month": ["2026-02", "2026-01"], "Channel": ["Web", None]}).hstack(
        merged(counted((1, 2), (0, 0), (0, 0)), counted((5, 5), (0, 0), (0, 0)))
    )
    scored = evaluated(table, ("Month", "Channel")).rows
    assert scored.columns == ["Month", "Channel", *SCORES]
    assert_frame_equal(scored.select("Month", "Channel"), table.select("Month", "Channel"))
    assert scored["CTR"].to_list() == [1 / 3, 0.5]


def test_a_p_value_far_in_the_tail_is_not_zero() -> None:
    scored = evaluated(merged(counted((0, 0), (2500, 1500), (1150, 2850)))).rows
    z, p = scored.row(0, named=True)["Lift_Z_Score"], scored.row(0, named=True)["Lift_P_Val"]
    assert z > 30
    assert 0.0 < p < 1e-190


def test_the_catalogue_describes_every_score_and_no_other() -> None:
    assert [score.name for score in FAMILY.catalogue] == SCORES
    assert {score.kind for score in FAMILY.catalogue} == {Kind.DISTRIBUTIVE}
    can_be_null = {score.name for score in FAMILY.catalogue if score.null_when != "never"}
    assert can_be_null == set(evaluated(merged()).reasons)
    stored = {column.name for state in METRIC.states for column in state.stored}
    assert {name for score in FAMILY.catalogue for name in score.stored.split(", ")} == stored


@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_computed_from_what_it_needs_and_alone(name: str) -> None:
    table = merged(*(counted(*case) for case in CASES.values()))
    needed = [column.name for state in METRIC.needs([name]) for column in state.stored]
    alone, whole = METRIC.evaluate(table.select(needed), (), [name]), evaluated(table)
    assert_frame_equal(alone.rows, whole.rows.select(name), check_exact=True)
    assert dict(alone.reasons) == {} if name in SCORES[:3] else list(alone.reasons) == [name]
    for score, reason in alone.reasons.items():
        assert reason.to_list() == whole.reasons[score].to_list()


def test_scores_come_in_the_order_of_the_catalogue() -> None:
    table = merged(counted((1, 2), (0, 0), (0, 0)))
    assert METRIC.evaluate(table, (), ["Lift", "CTR", "Count"]).rows.columns == ["Count", "CTR", "Lift"]
    assert [state.name for state in METRIC.needs(["CTR"])] == ["Positives", "Negatives"]
    assert METRIC.needs(SCORES) == METRIC.states


def test_a_score_is_found_by_its_name() -> None:
    assert [FAMILY.score(name) for name in SCORES] == list(FAMILY.catalogue)
    assert FAMILY.score("ctr") is None


def test_a_section_becomes_a_metric() -> None:
    metric = FAMILY.declare(
        section(group_by=("Month", "Channel", "Day", "Issue")), ("Issue", "Year", "Group"), no_types
    )
    assert metric.dimensions == ("Day", "Channel", "Issue", "Group")
    assert metric.labels == Labels(("Clicked",), ("Impression",))
    assert metric.config.name == "engagement"
    assert [state.name for state in metric.states] == STORED
    assert {name for state in metric.states for name in state.reads} == {"ModelControlGroup"}
    assert (metric.sums, metric.always_by, metric.row_keys, metric.exact, metric.holistic) == ((), (), (), (), ())


def test_arm_columns_and_labels_are_quoted() -> None:
    metric = FAMILY.declare(section(arm_column='the "arm"', test="it's", control="' OR TRUE --"), (), no_types)
    offers = pl.DataFrame(
        {
            "Day": ["2026-01-01"] * 4,
            "Channel": ["Web"] * 4,
            'the "arm"': ["it's", "' OR TRUE --", "Test", None],
            "_positive": [True, False, True, True],
        }
    )
    row = build_and_merge(metric, offers, ()).select(STORED).row(0)
    assert row == (3, 1, 1, 0, 0, 1)
