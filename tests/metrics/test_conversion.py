"""Conversion against raw rows: counted by hand, scored by NumPy and scipy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy import stats

from merged_tables import build_and_merge
from valuekit.config.families import FAMILIES
from valuekit.config.models import MetricConfig
from valuekit.metrics.base import Kind, Labels
from valuekit.metrics.conversion import AverageTouchpoints, ConversionFamily
from valuekit.metrics.dimensions import refuse_clashes
from valuekit.metrics.engagement import EngagementFamily
from valuekit.states.groups import Groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Evaluation, Family

FAMILY: Family = ConversionFamily()
SCORES = FAMILIES["conversion"].scores
KEPT = tuple(name for name in SCORES if name != "AvgTouchpoints")
MONEY = ("Revenue", "RevenuePerOffer", "RevenuePerOffer_StdErr")
INCREMENTAL = ("IncrementalRevenue", "IncrementalRevenue_CI_Low", "IncrementalRevenue_CI_High")
WHOLE = ("Count", "Positives", "Negatives", "Touchpoints")

Row = tuple[bool, float | None, str | None]  # positive, Revenue, ConversionEventID
Offer = tuple[str | None, str | None, list[Row]]  # Channel, arm, rows


def no_types(column: str) -> str:
    raise AssertionError(column)


def section(**changes: object) -> MetricConfig:
    given_keys = {"name": "conversion", "family": "conversion", "group_by": ("Channel",), **changes}
    return MetricConfig.model_validate({"positive": ("Conversion",), "negative": ("Impression",), **given_keys})


METRIC = FAMILY.declare(section(), (), no_types)
STORED = [column.name for state in METRIC.states for column in state.stored]
ROWS_SCHEMA = {
    "offer": pl.Int64,
    **dict.fromkeys(("Day", "Channel", "ModelControlGroup"), pl.String),
    "positive": pl.Boolean,
    "Revenue": pl.Float64,
    "ConversionEventID": pl.String,
}


def offers_of(offers: Sequence[Offer]) -> pl.DataFrame:
    """Resolve rows to offers, with the sums that the metric declares."""
    rows = [
        (number, f"2026-01-0{number % 2 + 1}", channel, arm, *row)
        for number, (channel, arm, its_rows) in enumerate(offers)
        for row in its_rows
    ]
    sums = ", ".join(
        f"CAST(coalesce(sum({item.value}) FILTER (positive), 0) AS {item.sql_type}) AS {item.name}"
        for item in METRIC.sums
    )
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("raw_rows", pl.DataFrame(rows, schema=ROWS_SCHEMA, orient="row").to_arrow())
        columns = '"Day", "Channel", "ModelControlGroup"'
        query = f"SELECT {columns}, bool_or(positive) AS _positive, {sums} FROM raw_rows GROUP BY offer, {columns}"
        resolved: pl.DataFrame = connection.sql(query).pl()
    return resolved


def evaluated(offers: Sequence[Offer], by: Sequence[str] = ()) -> Evaluation:
    return METRIC.evaluate(build_and_merge(METRIC, offers_of(offers), by), by, SCORES)


def earned(rows: Sequence[Row]) -> float:
    return sum(revenue or 0.0 for positive, revenue, _ in rows if positive)


def oracle(offers: Sequence[Offer]) -> dict[str, float]:
    """METRICS.md §3 without the rates, from raw rows; what is undefined is not in it."""
    everyone = [earned(rows) for _, _, rows in offers]
    test, control = ([earned(rows) for _, arm, rows in offers if arm == label] for label in ("Test", "Control"))
    found = {
        "Revenue": sum(everyone),
        "Touchpoints": sum(positive and event is not None for _, _, rows in offers for positive, _, event in rows),
    }
    if everyone:
        found["RevenuePerOffer"] = float(np.mean(everyone))
    if len(everyone) > 1:
        found["RevenuePerOffer_StdErr"] = stats.sem(everyone)
    if min(len(test), len(control)) > 1:
        value = float(np.mean(test) - np.mean(control)) * len(test)
        error = len(test) * math.sqrt(stats.sem(test) ** 2 + stats.sem(control) ** 2)
        ends = (value - stats.norm.ppf(0.975) * error, value + stats.norm.ppf(0.975) * error)
        found |= dict(zip(INCREMENTAL, (value, *ends), strict=True))
    return found


ROW = st.tuples(
    st.booleans(),
    st.none() | st.floats(-1000, 1000, allow_subnormal=False) | st.just(9.99),
    st.sampled_from(["e1", "e2", None]),
)
OFFERS = st.lists(
    st.tuples(
        st.sampled_from(["Web", "Mobile", None]),
        st.sampled_from(["Test", "Test", "Control", "Control", "", None]),
        st.lists(ROW, min_size=1, max_size=3),
    ),
    max_size=30,
)


@settings(max_examples=30, deadline=None)
@given(OFFERS, st.sampled_from([(), ("Channel",)]))
def test_scores_equal_scipy_on_raw_rows(offers: list[Offer], by: Sequence[str]) -> None:
    groups: dict[tuple[str | None, ...], list[Offer]] = {} if by else {(): []}
    for offer in offers:
        groups.setdefault((offer[0],) if by else (), []).append(offer)
    evaluation = evaluated(offers, by)
    rows = evaluation.rows
    assert rows.columns == [*by, *KEPT]
    assert rows.height == len(groups)
    for row in rows.iter_rows(named=True):
        group = groups[tuple(row[name] for name in by)]
        found = {name: row[name] for name in (*MONEY, *INCREMENTAL, "Touchpoints") if row[name] is not None}
        assert found == pytest.approx(oracle(group), rel=1e-9, abs=1e-7)
        assert row["Count"] == len(group)
    for name in KEPT:
        missing = rows[name].is_null()
        assert rows[name].dtype == (pl.Int64 if name in WHOLE else pl.Float64)
        assert not missing.any() or missing.to_list() == evaluation.reasons[name].is_not_null().to_list()


def sale(*amounts: float | None, arm: str | None = None, event: str | None = "e") -> Offer:
    return "Web", arm, [(True, amount, event) for amount in amounts]


def seen(arm: str | None = None, revenue: float | None = None) -> Offer:
    return "Web", arm, [(False, revenue, None)]


def row_of(*offers: Offer) -> dict[str, float | None]:
    return evaluated(offers).rows.row(0, named=True)


def test_two_purchases_in_one_interaction_are_two_amounts() -> None:
    row = row_of(sale(30.0, 12.5), seen(), ("Web", None, [(False, 99.0, "x"), (True, 7.5, None)]))
    assert (row["Count"], row["Positives"], row["ConversionRate"]) == (3, 2, 2 / 3)
    assert (row["Revenue"], row["Touchpoints"]) == (50.0, 2)
    assert row["RevenuePerOffer"] == pytest.approx(50 / 3)
    assert row["RevenuePerOffer_StdErr"] == pytest.approx(stats.sem([42.5, 0, 7.5]))


def test_revenue_on_a_negative_row_does_not_count() -> None:
    row = row_of(seen(revenue=100.0), seen(revenue=1.0))
    assert [row[name] for name in (*MONEY, "Touchpoints", "ConversionRate")] == [0, 0, 0, 0, 0]


def test_a_refund_takes_from_revenue() -> None:
    row = row_of(sale(-20.0, 5.0), sale(None), sale(10.0))
    assert row["Revenue"] == -5.0
    assert row["RevenuePerOffer"] == pytest.approx(-5 / 3)


def test_incremental_revenue_by_hand() -> None:
    offers = [sale(60.0, arm="Test"), seen("Test"), seen("Test"), sale(10.0, arm="Control"), seen("Control")]
    row = row_of(*offers, sale(1000.0, arm="Holdout"), sale(500.0))
    error = 3 * math.sqrt(1200 / 3 + 50 / 2)
    assert row["IncrementalRevenue"] == pytest.approx((20 - 5) * 3)
    assert row["IncrementalRevenue_CI_Low"] == pytest.approx(45 - 1.959964 * error, abs=1e-4)
    assert row["IncrementalRevenue_CI_High"] == pytest.approx(45 + 1.959964 * error, abs=1e-4)


def test_the_variance_survives_a_large_mean() -> None:
    """The naive sum of squares is off by more than the variance itself here."""
    amounts = [1e9 + shift for shift in (0.0, 0.1, 0.2, 0.3)]
    assert row_of(*(sale(amount) for amount in amounts))["RevenuePerOffer_StdErr"] == pytest.approx(
        stats.sem(amounts), rel=1e-6
    )


FEW = "fewer than two offers"
REASONS = {
    "no offers": ([], "no offers", "no offers", f"{FEW} in arms Test and Control"),
    "one offer": ([sale(5.0)], None, FEW, f"{FEW} in arms Test and Control"),
    "one in control": ([seen("Test"), sale(1.0, arm="Test"), seen("Control")], None, None, f"{FEW} in arm Control"),
    "one in test": ([seen("Control"), seen("Control"), sale(1.0, arm="Test")], None, None, f"{FEW} in arm Test"),
    "no positive": ([seen("Control"), seen("Control"), seen("Test"), seen("Test")], None, None, None),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_score_without_value_says_why(case: str) -> None:
    offers, *expected = REASONS[case]
    evaluation = evaluated(offers)
    for names, reason in zip((MONEY[1:2], MONEY[2:3], INCREMENTAL), expected, strict=True):
        for name in names:
            assert evaluation.reasons[name].to_list() == [reason]
            assert (evaluation.rows[name].item() is None) == (reason is not None)
    assert evaluation.rows["Revenue"].item() is not None
    assert "Revenue" not in evaluation.reasons


def test_a_number_too_large_has_a_reason_too() -> None:
    evaluation = evaluated([sale(1e200), sale(-1e200), seen()])
    assert evaluation.rows.row(0, named=True)["RevenuePerOffer_StdErr"] is None
    assert evaluation.reasons["RevenuePerOffer_StdErr"].to_list() == ["the numbers are too large"]


def test_a_group_without_cells_is_one_without_offers() -> None:
    table = pl.DataFrame([(None,) * len(STORED)], schema=dict.fromkeys(STORED, pl.Int64), orient="row")
    row = METRIC.evaluate(table, (), SCORES).rows.row(0, named=True)
    assert {name for name, value in row.items() if value == 0} == {*WHOLE, "Revenue"}
    assert {name for name, value in row.items() if value is None} == set(KEPT) - {*WHOLE, "Revenue"}


def test_thousands_of_groups_at_once() -> None:
    rng = np.random.default_rng(3)
    count, size = 60_000, 5000
    channels = rng.integers(0, size, count)
    arms = np.array(["Test", "Control", "Other"])[rng.integers(0, 3, count)]
    positive = rng.random(count) < 0.3
    revenue = np.where(positive, rng.lognormal(3, 1, count).round(2), 0.0)
    values = {"_positive": positive, "NOT _positive": ~positive, '"_touchpoints"': positive.astype(np.int64)}
    member = {arm: arms == arm for arm in ("Test", "Control")}
    for state in METRIC.states:
        for asked in state.inputs:
            arm = next((name for name in member if f"= '{name}'" in asked.sql), None)
            chosen = np.ones(count, dtype=bool) if arm is None else member[arm]
            if asked.kind == "number":
                values[asked.sql] = np.where(chosen, revenue, np.nan)
            elif asked.kind == "flag" and arm is not None:
                values[asked.sql] = (~positive if asked.sql.startswith("NOT") else positive) & chosen
    groups = Groups(channels, size, values)
    built = {
        column.name: array
        for state in METRIC.states
        for column, array in zip(state.stored, state.build(groups), strict=True)
    }
    names = ("Count", "Revenue", "RevenuePerOffer_StdErr", "IncrementalRevenue")
    found = METRIC.evaluate(pl.DataFrame(built), (), names).rows
    money, arm_column = pl.col("revenue"), pl.col("arm")
    test, control = (money.filter(arm_column == arm) for arm in ("Test", "Control"))
    both = (test.len() > 1) & (control.len() > 1)
    expected = (
        pl.DataFrame({"channel": channels, "arm": arms, "revenue": revenue})
        .group_by("channel")
        .agg(
            money.len().cast(pl.Int64).alias("Count"),
            money.sum().alias("Revenue"),
            (money.std() / money.len().sqrt()).alias("RevenuePerOffer_StdErr"),
            pl.when(both).then((test.mean() - control.mean()) * test.len()).alias("IncrementalRevenue"),
        )
        .sort("channel")
    )
    assert expected.height == size
    assert_frame_equal(found, expected.drop("channel"), rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("name", KEPT)
def test_a_score_is_computed_from_what_it_needs_and_alone(name: str) -> None:
    offers = [sale(60.0, arm="Test"), seen("Test"), sale(10.0, arm="Control"), seen("Control"), seen()]
    table = build_and_merge(METRIC, offers_of(offers), ())
    needed = [column.name for state in METRIC.needs([name]) for column in state.stored]
    assert 0 < len(needed) < len(table.columns)
    alone = METRIC.evaluate(table.select(needed), (), [name])
    assert_frame_equal(alone.rows, METRIC.evaluate(table, (), SCORES).rows.select(name), check_exact=True)
    assert set(alone.reasons) <= {name}


def test_rates_are_those_of_engagement_under_another_name() -> None:
    offers = [sale(60.0, arm="Test"), seen("Test"), sale(10.0, arm="Control"), seen("Control"), seen()]
    table = build_and_merge(METRIC, offers_of(offers), ())
    engagement = EngagementFamily()
    names = [score.name for score in engagement.catalogue]
    theirs = engagement.declare(section(), (), no_types).evaluate(table, (), names).rows
    ours = METRIC.evaluate(table, (), SCORES).rows.select(SCORES[: len(names)])
    assert ours.rows() == theirs.rows()
    assert [name.replace("ConversionRate", "CTR") for name in ours.columns] == names


EVENT = st.sampled_from([-1, 0, 1, 2, 2**62])


@given(st.lists(st.tuples(st.integers(0, 3), EVENT, EVENT), max_size=40), st.randoms(use_true_random=False))
def test_average_touchpoints_equal_a_set(rows: list[tuple[int, int, int]], random: object) -> None:
    holistic = AverageTouchpoints()
    expected = []
    for group in range(4):
        events = [(customer, event) for gid, customer, event in rows if gid == group and event != -1]
        expected.append(len(events) / len(set(events)) if events else math.nan)
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    for order in (rows, shuffled):
        table = np.array(order, dtype=np.int64).reshape(-1, 3)
        found = holistic.compute(table[:, 0], 4, [table[:, 1], table[:, 2]])["AvgTouchpoints"]
        assert np.array_equal(found, np.array(expected), equal_nan=True)


def test_average_touchpoints_are_left_to_the_facts() -> None:
    (holistic,) = METRIC.holistic
    assert (holistic.scores, holistic.source) == (("AvgTouchpoints",), "positive rows")
    assert holistic.reads == ("CustomerID", "ConversionEventID")
    assert holistic.reason("AvgTouchpoints") == "no conversion event"
    assert METRIC.needs(["AvgTouchpoints"]) == ()
    evaluation = METRIC.evaluate(pl.DataFrame({"Channel": ["Web", None]}), ("Channel",), ["AvgTouchpoints"])
    assert evaluation.rows.rows() == [("Web",), (None,)]
    assert not evaluation.reasons


def test_the_catalogue_describes_every_score_and_no_other() -> None:
    assert tuple(score.name for score in FAMILY.catalogue) == SCORES
    assert [FAMILY.score(name) for name in SCORES] == list(FAMILY.catalogue)
    assert FAMILY.score("CTR") is None
    kinds = {score.name: score.kind for score in FAMILY.catalogue}
    assert {name for name, kind in kinds.items() if kind is Kind.ALGEBRAIC} == {*MONEY[1:], *INCREMENTAL}
    assert [name for name, kind in kinds.items() if kind is Kind.HOLISTIC] == ["AvgTouchpoints"]
    can_be_null = {score.name for score in FAMILY.catalogue if score.null_when != "never"}
    assert can_be_null == {*evaluated([sale(1.0), seen()]).reasons, "AvgTouchpoints"}
    read = {name for score in FAMILY.catalogue for name in score.stored.split(", ")}
    assert read - {"the facts"} <= set(STORED)


def test_a_section_becomes_a_metric() -> None:
    metric = FAMILY.declare(section(group_by=("Month", "Channel")), ("Issue",), no_types)
    assert metric.dimensions == ("Day", "Channel", "Issue")
    assert metric.labels == Labels(("Conversion",), ("Impression",))
    assert {name for state in metric.states for name in state.reads} == {"ModelControlGroup"}
    assert {name for item in metric.sums for name in item.reads} == {"Revenue", "ConversionEventID"}
    assert (metric.always_by, metric.row_keys, metric.exact) == ((), (), ())
    assert len(set(STORED)) == len(STORED)
    refuse_clashes("conversion", ("Day", "Channel", "ConversionEventID", "CustomerID"), (*STORED, *SCORES))


def test_arm_columns_and_labels_are_quoted() -> None:
    metric = FAMILY.declare(section(arm_column='the "arm"', test="it's", control="' OR TRUE --"), (), no_types)
    offers = pl.DataFrame(
        {
            "Day": ["2026-01-01"] * 4,
            "Channel": ["Web"] * 4,
            'the "arm"': ["it's", "' OR TRUE --", "Test", None],
            "_positive": [True] * 4,
            "_revenue": [1.0, 2.0, 4.0, 8.0],
            "_touchpoints": [1] * 4,
        }
    )
    row = build_and_merge(metric, offers, ()).row(0, named=True)
    assert [row[f"Revenue_{of}_sum"] for of in ("All", "Test", "Control")] == [15.0, 1.0, 2.0]
