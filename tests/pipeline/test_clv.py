"""Tables of customers, from published purchases: rows, totals, the backtest, and the Python API."""

from __future__ import annotations

import random
import statistics
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

import valuekit as vk
from purchase_tables import Purchase, by_customer, modelled_purchases, plain, some_purchases, stored, table_of
from sample_holdings import holdings_config, make_orders, write_orders
from valuekit.config.models import MetricConfig
from valuekit.engines.storing import LeftOut
from valuekit.errors import DataError, UsageError
from valuekit.metrics.predictions import Outlook
from valuekit.metrics.registry import declare_customers
from valuekit.pipeline import clv
from valuekit.pipeline.asking import Question
from valuekit.pipeline.desk import Desk
from valuekit.pipeline.holdings import Purchases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIMENSIONS = ("Channel", "Country")


@contextmanager
def desk(
    rows: list[Purchase], end: date | None = None, outlook: Outlook | None = None, **changes: object
) -> Iterator[Desk]:
    section = {"name": "clv", "family": "clv", "group_by": DIMENSIONS, **changes}
    metric = declare_customers(MetricConfig.model_validate(section), DIMENSIONS)
    with table_of(rows) as connection:
        bought = Purchases(connection, stored(connection), "purchases", DIMENSIONS, LeftOut())
        yield Desk(metric, bought, lambda _: "VARCHAR", outlook or Outlook(), end)


def test_one_row_a_customer_as_the_law_says() -> None:
    rows = some_purchases(1)
    end = max(row.date for row in rows)
    with desk(rows) as open_desk:
        found = clv.segments(open_desk, Question())
    assert found.rows.columns == [
        *("CustomerID", "Channel", "Country", "frequency", "recency", "tenure", "days_since_last", "monetary_value"),
        *("lifetime_value", "r_quartile", "f_quartile", "m_quartile", "rfm_score", "rfm_segment"),
    ]
    customers = by_customer(rows)
    assert found.rows["CustomerID"].to_list() == list(customers)
    for line, own in zip(found.rows.to_dicts(), customers.values(), strict=True):
        expected = plain(own, end)
        for name in ("frequency", "recency", "tenure", "days_since_last"):
            assert line[name] == expected[name]
        for name in ("monetary_value", "lifetime_value"):
            assert line[name] == pytest.approx(expected[name], rel=1e-12, abs=1e-12)
        quartiles = [line[name] for name in ("r_quartile", "f_quartile", "m_quartile")]
        assert line["rfm_score"] == pytest.approx(statistics.fmean(quartiles))
        last = max(row.date for row in own)
        assert (line["Channel"], line["Country"]) in {(row.channel, row.country) for row in own if row.date == last}


def test_groups_by_segment_are_the_rows_of_the_table() -> None:
    rows = some_purchases(2, count=900)
    with desk(rows) as open_desk:
        table = clv.segments(open_desk, Question()).rows
        groups = clv.answer(open_desk, Question(by=("rfm_segment",), scores=("lifetime_value", "rfm_score"))).rows
    for line in groups.to_dicts():
        own = table.filter(table["rfm_segment"] == line["rfm_segment"])
        assert line["Count"] == own.height
        assert line["lifetime_value"] == pytest.approx(own["lifetime_value"].sum(), rel=1e-12)
        assert line["rfm_score"] == pytest.approx(own["rfm_score"].mean(), rel=1e-12)
    assert groups["Count"].sum() == table.height
    assert groups["rfm_segment"].to_list() == sorted(groups["rfm_segment"].to_list())


def test_where_picks_customers_and_leaves_their_ranks_alone() -> None:
    rows = some_purchases(3)
    with desk(rows) as open_desk:
        whole = clv.segments(open_desk, Question()).rows
        some = clv.segments(open_desk, Question(where="Channel = 'Web'")).rows
    there = {row.customer for row in rows if row.channel == "Web"}
    assert some["CustomerID"].to_list() == sorted(there)
    columns = [name for name in whole.columns if name not in DIMENSIONS]
    assert some.select(columns).equals(whole.filter(whole["CustomerID"].is_in(list(there))).select(columns))
    assert set(some["Channel"]) == {"Web"}


def test_groups_of_segment_and_dimension_keep_sums() -> None:
    rows = some_purchases(4)
    with desk(rows) as open_desk:
        asked = Question(by=("Country", "rfm_segment"), scores=("lifetime_value",))
        found = clv.answer(open_desk, asked).rows
    assert found.columns == ["Country", "rfm_segment", "Count", "lifetime_value"]
    assert found.equals(found.sort("Country", "rfm_segment"))
    assert found["lifetime_value"].sum() == pytest.approx(sum(row.value for row in rows), rel=1e-12)


def test_a_segment_map_with_gaps_leaves_customers_without_segment() -> None:
    with desk(
        some_purchases(5), rfm_segments={"Best": tuple(f"4{f}{m}" for f in range(1, 5) for m in range(1, 5))}
    ) as open_desk:
        table = clv.segments(open_desk, Question()).rows
        groups = clv.answer(open_desk, Question(by=("rfm_segment",), scores=("Count",))).rows
    assert set(table["rfm_segment"]) == {"Best", None}
    assert groups["rfm_segment"].to_list() == [None, "Best"]


def test_totals_are_the_sums_of_customers_and_of_groups() -> None:
    with desk(modelled_purchases(6)) as open_desk:
        customers = clv.predict_customers(open_desk, Question())
        groups = clv.predict(open_desk, Question(by=("Country", "Channel"))).rows
        computed = clv.answer(open_desk, Question(scores=("expected_purchases", "predicted_value"))).rows
    totals = customers.details["totals"]
    assert isinstance(totals, dict)
    for name in ("expected_purchases", "predicted_value"):
        total = totals[name]["value"]
        assert total == pytest.approx(customers.rows[name].sum(), rel=1e-9)
        assert total == pytest.approx(groups[name].sum(), rel=1e-9)
        assert total == pytest.approx(computed[name].item(), rel=1e-9)
        assert totals[name]["low"] < total < totals[name]["high"]
        assert (groups[f"{name}_ci_low"] < groups[name]).all()
        assert (groups[f"{name}_ci_high"] > groups[name]).all()


def test_both_models_and_both_backends_answer() -> None:
    rows = modelled_purchases(7, customers=1000)
    found = {}
    for model, backend in (("bg_nbd", "valuekit"), ("pareto_nbd", "valuekit"), ("bg_nbd", "lifetimes")):
        if backend == "lifetimes":
            pytest.importorskip("lifetimes")
        outlook = Outlook(6, model=model, backend=backend)  # type: ignore[arg-type]  # as the flags say
        with desk(rows, outlook=outlook) as open_desk:
            result = clv.predict_customers(open_desk, Question())
        found[model, backend] = result
    own, other = found["bg_nbd", "valuekit"], found["bg_nbd", "lifetimes"]
    assert own.rows["expected_purchases"].sum() == pytest.approx(other.rows["expected_purchases"].sum(), rel=1e-3)
    assert other.details["backend"] == "lifetimes"
    assert found["pareto_nbd", "valuekit"].rows["p_alive"].is_between(0, 1).all()


def test_a_customer_without_prediction_has_a_reason() -> None:
    rows = modelled_purchases(8)
    refund = [Purchase("refund", "Web", "A", date(2023, 3, day), -5.0) for day in (1, 9)]
    with desk([*rows, *refund]) as open_desk:
        found = clv.predict_customers(open_desk, Question())
    line = next(line for line in found.rows.to_dicts() if line["CustomerID"] == "refund")
    assert line["expected_purchases"] > 0
    assert line["predicted_value"] is None
    (note,) = found.notes
    assert (note.score, note.count, note.groups) == ("predicted_value", 1, ({"CustomerID": "refund"},))


def test_a_backtest_compares_what_was_foretold_with_what_happened() -> None:
    rows = modelled_purchases(9, customers=4000)
    end = max(row.date for row in rows)
    with desk(rows, outlook=Outlook(3)) as open_desk:
        found = clv.backtest(open_desk, Question())
    start = end - timedelta(days=90)
    before, after = ([row for row in rows if (row.date > start) == later] for later in (False, True))
    known = by_customer(before)
    later = {name: own for name, own in by_customer(after).items() if name in known}
    (line,) = found.rows.filter(found.rows["frequency_class"] == "all").to_dicts()
    assert found.details["calibration_end"] == start.isoformat()
    assert line["Count"] == len(known)
    assert line["actual_purchases"] == sum(len({row.date for row in own}) for own in later.values())
    assert line["actual_value"] == pytest.approx(sum(row.value for own in later.values() for row in own), rel=1e-9)
    assert line["error"] == pytest.approx(line["expected_purchases"] / line["actual_purchases"] - 1)
    assert abs(line["error"]) < 0.15
    classes = found.rows.filter(found.rows["frequency_class"] != "all")
    assert classes["frequency_class"].to_list() == [*"0123456", "7+"]
    for name in ("Count", "actual_purchases", "expected_purchases", "actual_value", "expected_value"):
        assert classes[name].sum() == pytest.approx(line[name], rel=1e-9)
    assert line["mean_absolute_error"] <= line["root_mean_squared_error"]


def test_a_backtest_of_too_short_a_past_says_so() -> None:
    with desk(some_purchases(1), outlook=Outlook(12)) as open_desk, pytest.raises(DataError, match="--horizon-months"):
        clv.backtest(open_desk, Question())


def test_the_end_of_observation_is_the_flags_then_the_configs_then_the_datas() -> None:
    rows = some_purchases(2)
    last = max(row.date for row in rows)
    early, middle = date(2024, 2, 1), date(2024, 2, 20)
    for asked, configured, end in ((early, middle, early), (None, middle, middle), (None, None, last)):
        with desk(rows, asked, observation_end=configured) as open_desk:
            found = clv.segments(open_desk, Question())
        assert found.details["observation_end"] == end.isoformat()
        expected = {name: plain(own, end) for name, own in by_customer([r for r in rows if r.date <= end]).items()}
        assert dict(found.rows.select("CustomerID", "tenure").iter_rows()) == {
            name: one["tenure"] for name, one in expected.items()
        }


def test_an_odd_end_of_observation_is_a_warning() -> None:
    rows = [Purchase("a", "Web", "A", date(2999, 1, 1), 1.0)]
    with desk(rows) as open_desk:
        assert "lies in the future" in clv.segments(open_desk, Question()).warnings[0]
    with desk(rows, date(2020, 1, 1)) as open_desk:
        found = clv.segments(open_desk, Question())
    assert found.rows.is_empty()
    assert "before the first purchase" in found.warnings[0]


def test_the_same_purchases_in_any_order_give_the_same_rows() -> None:
    rows = modelled_purchases(3)
    shuffled = rows.copy()
    random.Random(5).shuffle(shuffled)  # noqa: S311 - test data
    found = []
    for some in (rows, shuffled):
        with desk(some) as open_desk:
            found.append((clv.predict_customers(open_desk, Question()), clv.segments(open_desk, Question())))
    for one, other in zip(*found, strict=True):
        assert one.rows.equals(other.rows)
        assert one.details == other.details


@pytest.mark.parametrize(
    "question",
    [
        Question(by=("Colour",)),
        Question(scores=("Lift",)),
        Question(where="Colour = 'red'"),
        Question(where="Channel > 5 AND"),
        Question(sort=("frequency",), scores=("Count",)),
    ],
)
def test_what_cannot_be_meant_is_refused(question: Question) -> None:
    with desk(some_purchases(1, count=20)) as open_desk, pytest.raises(UsageError):
        clv.answer(open_desk, question)


def test_rows_are_sorted_and_limited_as_asked() -> None:
    with desk(some_purchases(1)) as open_desk:
        found = clv.segments(open_desk, Question(sort=("-lifetime_value",), limit=3))
        whole = clv.segments(open_desk, Question())
    assert found.total_rows == whole.rows.height
    assert found.rows["lifetime_value"].to_list() == whole.rows["lifetime_value"].sort(descending=True).to_list()[:3]
    assert replace(whole, rows=found.rows).rows.height == 3


def test_the_python_api_gives_the_same_tables(tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text(holdings_config())
    write_orders(tmp_path / "holdings" / "h.json", make_orders(1))
    project = vk.open(tmp_path / "valuekit.toml")
    assert project.metrics == ("clv",)
    table = project.segments()
    assert table.height == project.compute("clv", scores="Count", ingest=False)["Count"].item()
    with pytest.warns(UserWarning, match="cannot be fitted|not worth more than 0"):
        assert project.predict(ingest=False, horizon_months=3)["CustomerID"].to_list() == table["CustomerID"].to_list()
    with pytest.raises(UsageError, match="clv metric"):
        project.segments("engagement", ingest=False)
