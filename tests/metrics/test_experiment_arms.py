"""Experiments case by case: who is control, which arm lacks what, and the words for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats

from valuekit.config.families import FAMILIES
from valuekit.config.models import MetricConfig
from valuekit.metrics.experiment import ExperimentFamily

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.metrics.base import Evaluation, Metric

SCORES = FAMILIES["experiment"].scores
WHOLE = ("chi2_stat", "chi2_dof", "chi2_p_val", "g_stat", "g_dof", "g_p_val", "cramers_v")
Z = ("z_score", "z_p_val")
ODDS = tuple(f"{test}_odds_ratio_{end}" for test in ("chi2", "g") for end in ("stat", "ci_low", "ci_high"))
LIFT = ("Lift", "Lift_CI_Low", "Lift_CI_High")
PAIRWISE = (*Z, *ODDS, "fisher_p_val", *LIFT)

Arms: TypeAlias = "Mapping[str, tuple[int, int]]"


def declared(control: str | None = None) -> Metric:
    config = MetricConfig(name="experiment", family="experiment", group_by=("Channel",), control_group=control)
    return ExperimentFamily().declare(config, (), lambda _: "VARCHAR")


def evaluated(arms: Arms, control: str | None = None) -> Evaluation:
    """One experiment without dimensions: the positives and negatives of each arm."""
    return declared(control).evaluate(table([("Banner", arm, *counts) for arm, counts in arms.items()]), (), SCORES)


def table(rows: Sequence[tuple[str | None, str | None, int | None, int | None]]) -> pl.DataFrame:
    schema = {"ExperimentName": pl.String, "ExperimentGroup": pl.String, "Positives": pl.Int64, "Negatives": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def of_arm(evaluation: Evaluation, arm: str | None) -> dict[str, object]:
    return evaluation.rows.row(by_predicate=pl.col("experiment_group").eq_missing(arm), named=True)


def why(evaluation: Evaluation, arm: str | None, *scores: str) -> set[str | None]:
    """The reasons that an arm's scores share."""
    (row,) = (at for at, label in enumerate(evaluation.rows["experiment_group"]) if label == arm)
    return {evaluation.reasons[score][row] for score in scores}


def test_three_arms_each_against_control_and_all_together() -> None:
    arms = {"Control": (20, 180), "B": (35, 165), "C": (0, 150)}
    found = evaluated(arms)
    chi2 = stats.chi2_contingency(np.array(list(arms.values())), correction=False)
    for arm in arms:
        row = of_arm(found, arm)
        assert row["control_group"] == "Control"
        assert (row["chi2_dof"], row["g_dof"]) == (2.0, 2.0)
        assert (row["chi2_stat"], row["chi2_p_val"]) == pytest.approx((chi2.statistic, chi2.pvalue), rel=1e-12)
    assert of_arm(found, "B")["chi2_odds_ratio_stat"] == of_arm(found, "B")["g_odds_ratio_stat"]
    assert of_arm(found, "B")["chi2_odds_ratio_stat"] == pytest.approx(35 * 180 / (165 * 20), rel=1e-15)
    assert why(found, "Control", *PAIRWISE) == {"this is the control arm"}
    assert why(found, "Control", *WHOLE, "CTR") == {None}


def test_an_arm_without_a_positive_stays_and_is_tested() -> None:
    found = evaluated({"Control": (20, 180), "C": (0, 150)})
    row = of_arm(found, "C")
    assert (row["Count"], row["CTR"], row["Lift"]) == (150, 0.0, -1.0)
    assert row["z_score"] == pytest.approx(-math.sqrt(15.90909090909091), rel=1e-9)
    assert row["chi2_stat"] == pytest.approx(15.90909090909091, rel=1e-12)
    assert why(found, "C", *ODDS, "Lift_CI_Low", "Lift_CI_High") == {"no positive in arm C"}
    assert why(found, "C", "fisher_p_val") == {"every expected count of arms C and Control is at least 5"}


def test_a_group_without_a_positive_has_counts_and_nothing_to_test() -> None:
    found = evaluated({"Control": (0, 180), "B": (0, 150)})
    assert found.rows["CTR"].to_list() == [0.0, 0.0]
    assert all(found.rows[name].null_count() == 2 for name in (*WHOLE, *PAIRWISE))
    assert why(found, "B", *WHOLE) == {"no positive in any arm"}
    assert why(found, "B", *Z, *ODDS, "fisher_p_val") == {"no positive in arms B and Control"}
    assert why(found, "B", "Lift") == {"no positive in arm Control"}
    assert why(found, "B", "Lift_CI_Low") == {"no positive in arms B and Control"}


def test_a_group_without_a_negative_has_nothing_to_test_but_a_lift() -> None:
    found = evaluated({"Control": (180, 0), "B": (150, 0)})
    assert why(found, "B", *WHOLE) == {"no negative in any arm"}
    assert why(found, "B", *Z, *ODDS, "fisher_p_val") == {"no negative in arms B and Control"}
    assert of_arm(found, "B")["Lift"] == 0.0


def test_one_arm_has_nobody_to_be_compared_with() -> None:
    found = evaluated({"B": (3, 7)})
    row = of_arm(found, "B")
    assert (row["CTR"], row["control_group"]) == (0.3, "B")
    assert why(found, "B", *WHOLE) == {"no offers in any arm but B"}
    assert why(found, "B", *PAIRWISE) == {"this is the control arm"}


def test_an_arm_without_offers_counts_in_no_test() -> None:
    """Merging no cells gives null counts; they are zeros."""
    rows = [
        ("Banner", "Control", 20, 180),
        ("Banner", "B", 35, 165),
        ("Banner", "C", 0, 0),
        ("Banner", "D", None, None),
    ]
    found = declared().evaluate(table(rows), (), SCORES)
    assert of_arm(found, "B")["chi2_dof"] == 1.0
    for arm in ("C", "D"):
        row = of_arm(found, arm)
        assert (row["Count"], row["CTR"]) == (0, None)
        assert row["chi2_stat"] == of_arm(found, "B")["chi2_stat"]
        assert why(found, arm, "CTR") == {"no offers"}
        assert why(found, arm, *PAIRWISE) == {f"no offers in arm {arm}"}
    empty = declared().evaluate(table([("Banner", "Control", 0, 0), ("Banner", "B", None, 0)]), (), SCORES)
    assert why(empty, "B", *WHOLE) == {"no offers in any arm"}
    assert why(empty, "B", *PAIRWISE) == {"no offers in arms B and Control"}


@pytest.mark.parametrize(
    ("declared_control", "arms", "control"),
    [
        (None, ["Test", "Control", "A"], "Control"),
        (None, ["Test", "cONTROL", "A"], "cONTROL"),
        (None, ["Test", "Control group", "B"], "B"),
        (None, ["Test", "B"], "B"),
        ("Test", ["Test", "Control", "A"], "Test"),
        ("control", ["Test", "Control", "A"], "control"),
        ("Holdout", ["Test", "A"], "Holdout"),
    ],
)
def test_the_control_arm(declared_control: str | None, arms: list[str], control: str) -> None:
    found = evaluated(dict.fromkeys(arms, (4, 8)), declared_control)
    assert found.rows["control_group"].to_list() == [control] * len(arms)
    for arm in arms:
        reason = (
            "this is the control arm" if arm == control else None if control in arms else f"no offers in arm {control}"
        )
        assert why(found, arm, *Z, *ODDS, *LIFT) == {reason}
        assert why(found, arm, *WHOLE) == {None}


def test_each_experiment_has_one_control_arm_in_all_groups() -> None:
    """Where it is missing, another does not take its place."""
    merged = pl.DataFrame(
        {
            "Channel": ["Web", "Web", "Mobile", "Mobile", "Web", "Web"],
            "ExperimentName": ["Banner"] * 4 + ["Price"] * 2,
            "ExperimentGroup": ["A", "B", "C", "B", "C", "B"],
            "Positives": [1, 2, 3, 4, 5, 6],
            "Negatives": [10] * 6,
        }
    )
    found = declared().evaluate(merged, ("Channel",), SCORES)
    columns = ["Channel", "experiment_name", "experiment_group", "control_group"]
    assert found.rows.select(columns).rows() == [
        ("Mobile", "Banner", "B", "A"),
        ("Mobile", "Banner", "C", "A"),
        ("Web", "Banner", "A", "A"),
        ("Web", "Banner", "B", "A"),
        ("Web", "Price", "B", "B"),
        ("Web", "Price", "C", "B"),
    ]
    missing = "no offers in arm A"
    assert found.reasons["z_score"].to_list() == [missing, missing, *["this is the control arm", None] * 2]
    assert found.reasons["chi2_stat"].null_count() == 6


@pytest.mark.parametrize("missing", [None, ""])
def test_a_row_without_a_label_is_in_no_arm_and_stays(missing: str | None) -> None:
    rows = [
        ("Banner", "Control", 20, 180),
        ("Banner", "B", 35, 165),
        ("Banner", missing, 1, 3),
        (missing, "B", 2, 3),
        (missing, missing, 3, 3),
    ]
    found = declared().evaluate(table(rows), (), SCORES)
    assert found.rows["Count"].to_list() == [6, 5, 4, 200, 200]
    assert found.rows["CTR"].to_list() == [0.5, 0.4, 0.25, 0.175, 0.1]
    assert found.rows["control_group"].to_list() == [None, None, "Control", "Control", "Control"]
    assert found.rows["chi2_dof"].to_list() == [None, None, None, 1.0, 1.0]
    for name in (*WHOLE, *PAIRWISE):
        assert found.rows[name].head(3).null_count() == 3
        assert found.reasons[name].head(3).to_list() == [
            "in no arm: no ExperimentName and no ExperimentGroup",
            "in no arm: no ExperimentName",
            "in no arm: no ExperimentGroup",
        ]
    alone = declared().evaluate(table(rows[:2]), (), SCORES)
    assert_frame_equal(found.rows.tail(2), alone.rows, check_exact=True)


def test_a_p_value_far_in_the_tail_is_not_zero() -> None:
    rows = evaluated({"Control": (1150, 2850), "B": (2500, 1500)}).rows
    for name in ("chi2_p_val", "g_p_val", "z_p_val"):
        assert rows[name].drop_nulls().is_between(0.0, 1e-190, closed="right").all()
        assert rows[name][0] > 0.0
