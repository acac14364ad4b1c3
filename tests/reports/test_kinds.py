"""Kinds of reports by themselves: grains, panels of large and odd tables, and what is asked."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.config.models import MetricConfig, ReportConfig
from valuekit.metrics.registry import CATALOGUES
from valuekit.reports.kinds import Answered, Subject, kind_of
from valuekit.reports.kinds.curves import spaced
from valuekit.reports.kinds.described import staged
from valuekit.reports.kinds.fields import SHAPES, grain_of
from valuekit.reports.kinds.tables import interval_of, with_intervals, with_outcomes
from valuekit.reports.low_counts import low_counts
from valuekit.reports.report import Column, Panel

if TYPE_CHECKING:
    from valuekit.reports.kinds import Ask

NINE = ("Day", "Month", "Year", "Quarter", "Channel", "PlacementType", "PropensitySource", "Issue", "Group")


def metric(family: str = "engagement", **fields: Any) -> MetricConfig:
    return MetricConfig(name=family, family=family, group_by=NINE, **fields)


def report(kind: str, **fields: Any) -> ReportConfig:
    return ReportConfig(name="r", metric="m", type=kind, **fields)


@pytest.mark.parametrize(
    ("family", "configured", "grain"),
    [
        (
            "engagement",
            report("line", group_by=NINE, x="Day", y="CTR", color="Group", facet_row="Channel"),
            ("Day", "Channel", "Group"),
        ),
        ("engagement", report("line", x="Day", y="CTR", color="Group"), ("Day", "Group")),
        ("engagement", report("line", group_by=("Issue",), x="Day", y="CTR", color="Issue"), ("Issue", "Day")),
        ("engagement", report("gauge", group_by=("Channel", "Issue"), value="CTR"), ("Channel", "Issue")),
        ("engagement", report("treemap", color="CTR"), NINE[4:]),
        (
            "engagement",
            report(
                *("scatter",), group_by=("Month", "Issue", "Group"), x="Count", y="Lift", size="CTR", color="Group",
                animation_frame="Month", animation_group="Group",
            ),
            ("Month", "Group"),
        ),
        (
            "engagement",
            report("scatter", group_by=("Issue", "Group"), x="Count", y="Lift", size="CTR", color="Issue"),
            ("Issue", "Group"),
        ),
        ("engagement", report("generic"), ("Day",)),
        ("engagement", report("generic", color="Day"), ("Day", "Month")),
        ("experiment", report("line", group_by=("Channel", "ExperimentName"), x="z_score", y="ExperimentName"), ()),
        ("clv", report("model", group_by=("Channel",)), ()),
        ("engagement", report("funnel"), ()),
    ],
)  # fmt: skip
def test_the_grain_is_what_the_picture_shows(family: str, configured: ReportConfig, grain: tuple[str, ...]) -> None:
    assert grain_of(configured, metric(family)) == grain


def test_every_shape_has_a_kind_and_every_family_has_generic_reports() -> None:
    assert all(kind_of(kind, family) is not None for kind, family in SHAPES)
    assert kind_of("corr", "engagement") is None
    assert {family for kind, family in SHAPES if kind == "generic"} == set(CATALOGUES)


def test_intervals_are_found_by_name() -> None:
    assert interval_of(CATALOGUES["engagement"], "CTR") == ("CTR_CI_Low", "CTR_CI_High")
    assert interval_of(CATALOGUES["experiment"], "chi2_odds_ratio_stat") == (
        "chi2_odds_ratio_ci_low",
        "chi2_odds_ratio_ci_high",
    )
    assert interval_of(CATALOGUES["conversion"], "Revenue") is None
    assert with_intervals(CATALOGUES["engagement"], ("Count", "Lift", "CTR_CI_Low")) == (
        "Lift",
        "Lift_CI_Low",
        "Lift_CI_High",
        "CTR_CI_Low",
    )


@pytest.mark.parametrize("family", ["engagement", "conversion"])
@pytest.mark.parametrize("score", ["Lift", "Lift_Z_Score", "Lift_P_Val"])
def test_a_comparison_of_arms_tells_how_many_positives_it_rests_on(family: str, score: str) -> None:
    assert with_outcomes(CATALOGUES[family], (score, "StdErr")) == (score, "StdErr", "Positives", "Negatives")
    assert with_outcomes(CATALOGUES[family], ("Negatives", score)) == ("Negatives", score, "Positives")


def test_what_tells_its_positives_or_has_none_is_left_as_it_is() -> None:
    rate = ("CTR", "CTR_CI_Low", "CTR_CI_High")
    for family, scores in [
        ("engagement", rate),
        ("engagement", (*rate, "Lift")),
        ("conversion", ("Revenue",)),
        ("model_ml_scores", ("roc_auc",)),
    ]:
        assert with_outcomes(CATALOGUES[family], scores) == scores


class Given:
    """Answers with one table, whatever is asked."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self.rows = rows

    def table(self, _: Subject, ask: Ask) -> Answered:
        keys = [name for name in ("experiment_name", "experiment_group", "control_group") if name in self.rows.columns]
        return Answered(self.rows.select(*ask.by, *keys, "Count", *ask.scores), ())


def drawn(kind: str, rows: pl.DataFrame, family: str = "engagement", **fields: Any) -> Any:
    subject = Subject(report(kind, **fields), metric(family), CATALOGUES[family])
    found = kind_of(kind, family)
    assert found is not None
    given_rows: Any = Given(rows)
    return found.build(subject, given_rows)


def test_a_lift_of_few_positives_is_low_n() -> None:
    counts = {"Count": [50, 50, 50], "Positives": [4, 5, 46], "Negatives": [46, 45, 4]}
    bounds = {"Lift_CI_Low": [0.0] * 3, "Lift_CI_High": [1.0] * 3}
    rows = pl.DataFrame({"Channel": ["a", "b", "c"], **counts, "Lift": [0.1, 0.2, 0.3], **bounds})
    (panel,) = drawn("line", rows, x="Channel", y="Lift").panels
    assert low_counts(panel) == [True, False, True]


MODEL = {
    "Channel": ["a", "b", None, "d", "e", "f"],
    "Count": [100, 100, 100, 100, 29, 1000],
    "Scored": [100, 100, 100, 100, 29, 20],
    "pos_fraction": [0.04, 0.05, 0.95, 0.96, 0.5, 0.5],
}
FEW = [True, False, False, True, True, True]


@pytest.mark.parametrize("score", ["roc_auc", "average_precision", "brier", "log_loss", "ece"])
def test_a_model_of_few_positives_or_scores_is_low_n(score: str) -> None:
    """The table shows what was asked for, and is marked by positives, negatives and scores that it does not show."""
    rows = pl.DataFrame({**MODEL, score: [0.5] * 6})
    (panel, *_) = drawn("heatmap", rows, "model_ml_scores", x="Channel", y="Channel", color=score).panels
    assert panel.table.columns == [column.name for column in panel.columns] == ["Channel", "Count", score]
    assert low_counts(panel) == FEW
    part = panel.table.reverse().filter(pl.col("Channel").ne_missing("b"))
    assert low_counts(replace(panel, table=part)) == [True, True, True, False, True]


def test_how_varied_offers_are_does_not_rest_on_positives() -> None:
    rows = pl.DataFrame({"Channel": ["a", "b"], "Count": [29, 30], "novelty": [1.0, 2.0]})
    (panel,) = drawn("treemap", rows, "model_ml_scores", group_by=("Channel",), color="novelty").panels
    assert panel.behind is None
    assert low_counts(panel) == [True, False]


def test_an_experiment_of_few_positives_is_low_n() -> None:
    rows = pl.DataFrame(
        {
            "experiment_name": ["x"] * 4,
            "experiment_group": ["c", "d", "e", "f"],
            "control_group": ["c"] * 4,
            "Count": [500] * 4,
            "z_score": [None, 1.0, 2.0, 3.0],
            "z_p_val": [None, 0.3, 0.05, 0.01],
            "Positives": [200, 4, 5, 496],
            "Negatives": [300, 496, 495, 4],
        }
    )
    (panel,) = drawn("line", rows, "experiment", x="z_score", y="ExperimentName").panels
    assert panel.table.columns == list(rows.columns[:6])
    assert low_counts(panel) == [True, False, True]


def test_a_dimension_called_like_a_count_is_none() -> None:
    columns = (Column("Positives", "dimension", "text"), Column("Count", "number", "count"))
    rows = pl.DataFrame({"Positives": ["a"], "Negatives": ["b"], "Count": [40], "Mean": [1.0]})
    described = (*columns, Column("Negatives", "dimension", "text"), Column("Mean", "number", "number"))
    assert low_counts(Panel("", "", rows, described, None)) == [False]


def table(rows: int, categories: int) -> pl.DataFrame:
    numbers = pl.int_range(rows, eager=True)
    return pl.DataFrame(
        {
            "Month": (numbers // categories).cast(pl.String),
            "Group": (numbers % categories).cast(pl.String),
            "Count": numbers,
            **dict.fromkeys(("CTR", "CTR_CI_Low", "CTR_CI_High"), pl.Series(numbers / max(rows, 1))),
        }
    )


@pytest.mark.parametrize(("rows", "categories"), [(0, 1), (1, 1), (100_000, 20), (5_000, 5_000)])
def test_tables_of_any_size_are_drawn(rows: int, categories: int) -> None:
    frame = table(rows, categories)
    started = time.process_time()
    for kind, fields in (
        ("heatmap", {"x": "Month", "y": "Group", "color": "CTR"}),
        ("line", {"x": "Month", "y": "CTR", "color": "Group"}),
        ("gauge", {"group_by": ("Month", "Group"), "value": "CTR", "reference": {"0_1": 0.5}}),
        ("treemap", {"group_by": ("Month", "Group"), "color": "CTR"}),
    ):
        (panel,) = drawn(kind, frame, **fields).panels
        assert panel.table.height == rows
    assert time.process_time() - started < 5


def test_a_line_of_few_values_is_bars() -> None:
    few, many = table(24, 1), table(25, 1)
    assert drawn("line", few, x="Month", y="CTR").panels[0].picture.mark == "bars"
    assert drawn("line", many, x="Month", y="CTR").panels[0].picture.mark == "line"


def test_a_gauge_matches_missing_values_and_underscores() -> None:
    frame = table(4, 2).with_columns(pl.Series("Month", ["a_b", "a_b", None, None]))
    references = {"a_b_0": 0.1, "_1": 0.2}
    (panel,) = drawn("gauge", frame, group_by=("Month", "Group"), value="CTR", reference=references).panels
    assert panel.table["Reference"].to_list() == [0.1, None, None, 0.2]
    assert panel.table["Difference"].null_count() == 2


stages = st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=5, unique=True)


@given(stages, st.dictionaries(st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from("ABCDEF")), st.integers(1)))
def test_a_funnel_has_every_stage_of_every_group(order: list[str], counts: dict[tuple[str | None, str], int]) -> None:
    schema = {"Channel": pl.String, "Outcome": pl.String, "Count": pl.Int64}
    rows = [(channel, stage, count % 1000) for (channel, stage), count in counts.items()]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    found = staged(frame, ("Channel",), "Outcome", tuple(order))
    groups = list(dict.fromkeys(channel for channel, *_ in rows))
    assert found.height == len(groups) * len(order)
    known = {(channel, stage): count for channel, stage, count in rows}
    for channel in groups:
        part = found.filter(pl.col("Channel").eq_missing(pl.lit(channel)))
        numbers = [known.get((channel, stage), 0) for stage in order]
        assert part["Outcome"].to_list() == order
        assert part["Count"].to_list() == numbers
        rates = [None, *(b / a if a else None for a, b in itertools.pairwise(numbers))]
        assert part["Rate"].to_list() == rates


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 30)), max_size=300))
def test_no_point_of_a_curve_is_left_out_that_can_be_seen(points: list[tuple[float, float]]) -> None:
    points.sort()
    x, y = [one for one, _ in points], [two for _, two in points]
    kept = spaced(x, y)
    assert kept == sorted(set(kept))
    height = max([1.0, *y])
    for place in range(len(points)):
        nearest = max((one for one in kept if one <= place), default=None)
        assert nearest is not None
        assert abs(x[place] - x[nearest]) <= 0.002
        assert abs(y[place] - y[nearest]) <= 0.002 * height
    assert not points or (kept[0], kept[-1]) == (0, len(points) - 1)
