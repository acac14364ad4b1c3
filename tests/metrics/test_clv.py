"""Scores of groups of customers: against a plain reading of the law, sums that add up, and why a score is null."""

from __future__ import annotations

import statistics
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from purchase_tables import Purchase, by_customer, modelled_purchases, plain, some_purchases, stored, table_of
from valuekit.config.models import MetricConfig
from valuekit.engines.purchases import PurchaseTable, Window
from valuekit.errors import ConfigError
from valuekit.metrics.names import MEANS, PREDICTED
from valuekit.metrics.predictions import Outlook
from valuekit.metrics.registry import CATALOGUES, declare_customers
from valuekit.metrics.segments import SegmentMap
from valuekit.stats.rfm import CODES

if TYPE_CHECKING:
    from valuekit.metrics.base import CustomerMetric, Evaluation

END = date(2024, 4, 10)
ALL = tuple(score.name for score in CATALOGUES["clv"].catalogue)
OUTLOOK = Outlook()


def metric(**changes: object) -> CustomerMetric:
    section = {"name": "clv", "family": "clv", "group_by": ("Channel", "Country"), **changes}
    return declare_customers(MetricConfig.model_validate(section), ("Channel", "Country"))


def evaluate(
    rows: list[Purchase], by: tuple[str, ...] = (), wanted: tuple[str, ...] = ALL, **changes: object
) -> Evaluation:
    clv = metric(**changes)
    found = PurchaseTable(connection := table_of(rows), stored(connection)).read(Window(END), by)
    population = clv.population(found.all, Window(END).last, OUTLOOK)
    return clv.evaluate(population, found.members, found.keys, wanted)


@pytest.mark.parametrize("orders", [False, True])
def test_groups_are_what_the_law_says(orders: bool) -> None:  # noqa: FBT001  # a table
    rows = some_purchases(1)
    found = evaluate(rows, ("Channel",), frequency_of="orders" if orders else "dates").rows
    groups: defaultdict[str | None, list[Purchase]] = defaultdict(list)
    for row in rows:
        groups[row.channel].append(row)
    assert found["Channel"].to_list() == [None, "Store", "Web"]
    for line in found.to_dicts():
        own = [plain(some, END, orders=orders) for some in by_customer(groups[line["Channel"]]).values()]
        assert line["Count"] == line["customers_count"] == len(own)
        assert line["unique_holdings"] == sum(one["orders"] for one in own)
        assert line["lifetime_value"] == pytest.approx(sum(one["lifetime_value"] for one in own), rel=1e-12)
        for name in MEANS:
            assert line[name] == pytest.approx(statistics.fmean(one[name] for one in own), rel=1e-12)
        repeat = [one["monetary_value"] for one in own if one["repeat"]]
        assert line["monetary_value"] == pytest.approx(statistics.fmean(repeat), rel=1e-12)


def test_ranks_are_of_all_customers_whatever_the_group() -> None:
    rows = some_purchases(2)
    whole = {name: plain(own, END) for name, own in by_customer(rows).items()}

    def rank(name: str, value: float) -> int:
        cuts = np.percentile([one[name] for one in whole.values()], [25, 50, 75])
        return 1 + sum(bool(value > cut) for cut in cuts)

    score = {
        name: (
            5 - rank("days_since_last", one["days_since_last"])
            + rank("frequency", one["frequency"])
            + rank("monetary_value", one["monetary_value"])
        )
        / 3
        for name, one in whole.items()
    }  # fmt: skip
    for line in evaluate(rows, ("Channel",), ("rfm_score",)).rows.to_dicts():
        there = {row.customer for row in rows if row.channel == line["Channel"]}
        assert line["rfm_score"] == pytest.approx(statistics.fmean(score[name] for name in there), rel=1e-12)


def test_predictions_of_groups_add_up() -> None:
    rows = modelled_purchases(3)
    total = evaluate(rows, (), PREDICTED).rows
    split = evaluate(rows, ("Channel", "Country"), PREDICTED).rows
    for name in ("expected_purchases", "predicted_value"):
        assert split[name].sum() == pytest.approx(total[name].item(), rel=1e-9)
    assert split["p_alive"].is_between(0, 1).all()


def test_a_contract_counts_what_it_pays() -> None:
    rows = some_purchases(4)
    without, with_it = (
        evaluate(rows, (), ("lifetime_value",), model=model).rows.item() for model in ("non-contractual", "contractual")
    )
    assert with_it == pytest.approx(without + sum(row.recurring for row in rows), rel=1e-12)


def test_nobody_has_no_scores() -> None:
    found = evaluate([])
    (line,) = found.rows.to_dicts()
    assert {name for name in ALL if line[name] is not None} == {
        *("Count", "lifetime_value", "customers_count", "unique_holdings")
    }
    assert {found.reasons[name].item() for name in ALL if line[name] is None} == {"there are no customers"}
    assert evaluate([], ("Channel",)).rows.is_empty()


def one_purchase_each(customers: int) -> list[Purchase]:
    return [Purchase(f"C{at}", "Web", "A", date(2024, 1, 1 + at % 28), 10.0) for at in range(customers)]


def test_customers_who_never_came_back_have_no_predictions() -> None:
    found = evaluate(one_purchase_each(40))
    (line,) = found.rows.to_dicts()
    assert (line["frequency"], line["recency"], line["monetary_value"]) == (0.0, 0.0, None)
    assert found.reasons["monetary_value"].item() == "no customer came back"
    for name in PREDICTED:
        assert line[name] is None
        assert found.reasons[name].item() == "BG/NBD cannot be fitted: all customers bought once"


def test_one_customer_is_too_few_for_a_model() -> None:
    found = evaluate([Purchase("only", "Web", "A", date(2024, 1, day), 5.0) for day in (1, 8, 9)])
    (line,) = found.rows.to_dicts()
    assert (line["Count"], line["frequency"], line["recency"], line["tenure"]) == (1, 2.0, 8.0, 100.0)
    assert line["rfm_score"] == pytest.approx((4 + 1 + 1) / 3)
    assert "fewer than 20 customers" in found.reasons["p_alive"].item()


def test_one_value_for_all_leaves_the_number_of_purchases() -> None:
    rows = [row._replace(value=10.0) for row in modelled_purchases(5)]
    days = {(row.customer, row.date): row for row in rows}
    found = evaluate(list(days.values()), (), PREDICTED)
    (line,) = found.rows.to_dicts()
    assert line["expected_purchases"] > 0
    assert line["predicted_value"] is None
    assert "the same for all customers" in found.reasons["predicted_value"].item()


def test_customers_whose_purchases_are_worth_nothing_have_no_value_and_spoil_none() -> None:
    rows = modelled_purchases(6)
    lost = [row._replace(customer=f"lost{row.customer}", channel="Lost", value=-1.0) for row in rows[:200]]
    found = evaluate([*rows, *lost], ("Channel",), PREDICTED)
    values = dict(found.rows.select("Channel", "predicted_value").iter_rows())
    assert all(value > 0 for name, value in values.items() if name != "Lost")
    (line,) = found.rows.filter(pl.col("Channel") == "Lost").to_dicts()
    assert line["expected_purchases"] > 0


def test_the_maps_are_the_laws() -> None:
    for config in ("retail_banking", "telco", "e-commerce"):
        found = SegmentMap.of(metric(rfm_segment_config=config).config)
        for code, at in zip(CODES, found.of_code, strict=True):
            r, f, m = map(int, code)
            rules = (
                r >= 4 and f >= 4 and m >= 4,
                r >= 2 and f >= 3 and m >= 2,
                r >= 3 and f >= 2 and m >= 2,
                r <= 2 and f >= 2 and m >= 2,
                True,
            )
            assert at == rules.index(True)
        assert len(set(found.names)) == 5


def test_a_map_of_ones_own_wins_and_may_have_gaps() -> None:
    config = metric(rfm_segments={"Best": ("444", "443"), "Rest": ("111",)}).config
    found = SegmentMap.of(config)
    assert found.names == ("Best", "Rest")
    assert {code: found.of_code[at] for at, code in enumerate(CODES) if found.of_code[at] >= 0} == {
        "444": 0,
        "443": 0,
        "111": 1,
    }


@pytest.mark.parametrize("name", ["Count", "lifetime_value", "rfm_segment", "customerid", "m_quartile"])
def test_a_dimension_cannot_be_called_like_a_column(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        declare_customers(metric().config, (name,))
