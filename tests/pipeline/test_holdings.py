"""Holdings land once, whatever file they come in, and their purchases are those of the raw orders."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from random import Random

import polars as pl
import pytest

from sample_holdings import (
    Order,
    bought,
    expected,
    holdings_config,
    make_orders,
    open_holdings,
    order,
    stamp,
    write_orders,
)
from valuekit.errors import CacheError, ConfigError
from valuekit.synthetic.holdings import generate_holdings


def table(project: Path, metric: str = "clv") -> pl.DataFrame:
    with open_holdings(project).open_purchases(metric) as purchases:
        found: pl.DataFrame = purchases.connection.sql(f"FROM {purchases.table} ORDER BY ALL").pl()
    return found


@pytest.mark.parametrize("file_type", ["pega_ds_export", "parquet", "csv", "xlsx"])
def test_purchases_are_those_of_the_raw_orders(tmp_path: Path, file_type: str) -> None:
    orders = make_orders(1)
    workspace = open_holdings(tmp_path, holdings_config(file_type))
    suffix = workspace.config.holdings.file_pattern.rpartition(".")[2] if workspace.config.holdings else ""
    write_orders(tmp_path / "holdings" / f"all.{suffix}", orders)
    report = workspace.ingest()
    assert report.exit_code == 0
    assert report.total("rows_landed") == len(orders)
    assert report.warnings == ()
    assert bought(workspace) == expected(orders)


@pytest.mark.parametrize("seed", range(3))
def test_any_split_order_and_repetition_of_files(tmp_path: Path, seed: int) -> None:
    orders = make_orders(seed)
    random = Random(seed)  # noqa: S311 - test data
    shuffled = random.sample(orders, len(orders))
    workspace = open_holdings(tmp_path, holdings_config())
    for number in range(5):
        write_orders(tmp_path / "holdings" / f"{number}.json", shuffled[number::5])
        if random.random() < 0.5:
            workspace.ingest()
    write_orders(tmp_path / "holdings" / "again.json", random.sample(orders, 100))
    report = workspace.ingest()
    assert report.total("duplicates") + report.total("rows_landed") == report.total("rows_read")
    assert bought(workspace) == expected(orders)


def test_an_order_lands_once_and_the_greatest_of_conflicting_ones_wins(tmp_path: Path) -> None:
    for name, one in (
        ("a", order(1, OneTimeCost=10)),
        ("b", order(1, OneTimeCost=30)),
        ("c", order(1, OneTimeCost=20)),
    ):
        write_orders(tmp_path / "holdings" / f"{name}.json", [one, order(2)])
    workspace = open_holdings(tmp_path, holdings_config())
    report = workspace.ingest()
    assert (report.total("rows_landed"), report.total("duplicates"), report.total("conflicts")) == (2, 4, 2)
    assert bought(workspace) == {("C-1", "Test", date(2025, 1, 1)): (40.0, 2)}
    assert workspace.ingest().files_unchanged == 3
    (tmp_path / "holdings" / "a.json").rename(tmp_path / "holdings" / "moved.json")
    assert workspace.ingest().files_unchanged == 3


def test_orders_without_an_id_are_known_by_all_their_values(tmp_path: Path) -> None:
    first, second = order(1, HoldingID="", note="x"), order(2, HoldingID="", note="y")
    write_orders(tmp_path / "holdings" / "a.json", [first, second, first])
    workspace = open_holdings(tmp_path, holdings_config())
    assert workspace.ingest().total("duplicates") == 1
    assert bought(workspace) == {("C-1", "Test", date(2025, 1, 1)): (20.0, 2)}


def test_metrics_that_disagree_about_the_order_id_each_count_their_own(tmp_path: Path) -> None:
    config = holdings_config() + '\n[metrics.clv_basket]\ngroup_by = ["ControlGroup"]\norder_id_col = "Basket"\n'
    config += 'purchase_date_col = "PurchasedDate"\n'
    write_orders(tmp_path / "holdings" / "a.json", [order(1, Basket="B"), order(2, Basket="B"), order(3, Basket="")])
    workspace = open_holdings(tmp_path, config)
    workspace.ingest()
    day = ("C-1", "Test", date(2025, 1, 1))
    assert bought(workspace) == {day: (30.0, 3)}
    assert bought(workspace, "clv_basket") == {day: (30.0, 2)}


def test_orders_of_nobody_and_of_no_day_land_and_are_left_out_with_a_word(tmp_path: Path) -> None:
    orders = [
        order(1),
        order(2, CustomerID=""),
        order(3, CustomerID=None),
        order(4, CustomerID="  "),
        order(5, PurchasedDate=""),
        order(6, PurchasedDate="soon"),
        order(7, OneTimeCost="much"),
        order(8, CustomerID="", PurchasedDate=""),
        order(9, PurchasedDate="2030-01-01"),
    ]
    write_orders(tmp_path / "holdings" / "a.json", orders)
    workspace = open_holdings(tmp_path, holdings_config())
    report = workspace.ingest()
    assert report.total("rows_landed") == 9
    assert report.total("rows_rejected") == 0
    assert report.total("values_set_aside") == 2
    assert [example.rpartition("a.json")[2] for example in report.files[0].examples] == [
        ":6: PurchasedDate 'soon' cannot be read",
        ":7: OneTimeCost 'much' cannot be read",
    ]
    assert report.warnings == (
        "metric clv: 3 orders with no customer: left out",
        "metric clv: 3 orders with no readable purchase date: left out",
        "metric clv: 1 order with no readable value: counted with 0",
    )
    assert bought(workspace) == {
        ("C-1", "Test", date(2025, 1, 1)): (10.0, 2),
        ("C-1", "Test", date(2030, 1, 1)): (10.0, 1),
    }
    with workspace.open_purchases("clv") as purchases:
        left_out = purchases.left_out
    assert (left_out.no_customer, left_out.no_date, left_out.no_value) == (3, 3, 1)


def test_broken_lines_and_files_without_the_columns_are_set_aside_and_named(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "holdings" / "a.json", [order(1), order(2)])
    path.write_text(path.read_text() + "{broken\n")
    write_orders(tmp_path / "holdings" / "b.json", [{"HoldingID": "H-9", "CustomerID": "C-9"}])
    write_orders(tmp_path / "holdings" / "c.json", [{"HoldingID": "H-9", "PurchasedDate": "2025-01-01"}])
    workspace = open_holdings(tmp_path, holdings_config())
    report = workspace.ingest()
    assert report.exit_code == 4
    assert report.total("rows_rejected") == 1
    (landed,) = (file for file in report.files if file.status == "landed")
    assert "a.json:3: " in landed.examples[0]
    assert [file.reason for file in report.unreadable] == ["has no column PurchasedDate", "has no column CustomerID"]
    assert [Path(file.path).name for file in workspace.status().unreadable] == ["b.json", "c.json"]


def test_files_with_different_columns_and_dates_in_several_forms(tmp_path: Path) -> None:
    folder = tmp_path / "holdings"
    write_orders(folder / "a.json", [order(1, PurchasedDate="2025-01-31", pyChannel="Web")])
    old: Order = {
        "pyHoldingID": "H-2",
        "customer_id": "C-2",
        "purchaseddate": "20250131T230000.000 GMT",
        "OneTimeCost": "7.5",
    }
    write_orders(folder / "b.json", [old])
    write_orders(folder / "c.json", [order(3, PurchasedDate="2025-01-31T23:30:00-05:00", CustomerID="C-3")])
    config = holdings_config().replace('["ControlGroup"]', '["ControlGroup", "Channel"]')
    config += "\n[holdings.extensions.default_values]\nChannel = 'N/A'\nControlGroup = 'Test'\n"
    workspace = open_holdings(tmp_path, config)
    workspace.ingest()
    assert table(tmp_path).select("customer", "ControlGroup", "Channel", "date", "value").rows() == [
        ("C-1", "Test", "Web", date(2025, 1, 31), 10.0),
        ("C-2", "Test", "N/A", date(2025, 1, 31), 7.5),
        ("C-3", "Test", "N/A", date(2025, 2, 1), 10.0),
    ]


def test_a_missing_label_an_empty_one_and_a_default_meet_in_one_group(tmp_path: Path) -> None:
    orders = [order(1, Channel="N/A"), order(2, Channel=None), order(3), order(4, Channel="")]
    write_orders(tmp_path / "holdings" / "a.json", orders)
    config = holdings_config().replace('["ControlGroup"]', '["Channel"]')
    defaults = "\n[holdings.extensions.default_values]\nChannel = 'N/A'\n"
    open_holdings(tmp_path, config + defaults).ingest()
    assert table(tmp_path).select("Channel", "orders").rows() == [("N/A", 3), (None, 1)]
    open_holdings(tmp_path, config).ingest()
    assert sorted(table(tmp_path).select("Channel", "orders").rows(), key=str) == [("N/A", 1), (None, 3)]
    filled = config.replace("[holdings]\n", "[holdings]\nfill_empty = true\n") + defaults
    open_holdings(tmp_path, filled).ingest()
    assert table(tmp_path).select("Channel", "orders").rows() == [("N/A", 4)]


def test_dates_as_parquet_has_them_and_the_reporting_zone(tmp_path: Path) -> None:
    (tmp_path / "holdings").mkdir()
    moments = [datetime(2025, 1, 1, 0, 0), datetime(2025, 1, 1, 3, 0), datetime(2025, 1, 1, 12, 0)]
    frame = pl.DataFrame(
        {"HoldingID": [1, 2, 3], "CustomerID": [7, 7, 7], "OneTimeCost": [1, 2, 4], "PurchasedDate": moments}
    )
    frame.write_parquet(tmp_path / "holdings" / "a.parquet")
    config = holdings_config("parquet")
    open_holdings(tmp_path, config).ingest()
    assert table(tmp_path).select("customer", "date", "value").rows() == [("7", date(2025, 1, 1), 7.0)]
    open_holdings(tmp_path, config.replace("[holdings]\n", '[holdings]\ntimezone = "America/New_York"\n')).ingest()
    found = {row["date"]: row["value"] for row in table(tmp_path).iter_rows(named=True)}
    assert found == {date(2024, 12, 31): 2.0, date(2025, 1, 1): 5.0}


def test_expressions_filters_and_contracts(tmp_path: Path) -> None:
    orders = [
        order(1, RecurringCost=2.5, RecurringPeriod=12),
        order(2, RecurringCost=1, RecurringPeriod=None, CustomerID="C-2"),
        order(3, OneTimeCost=99, RecurringCost=1, RecurringPeriod=1),
        order(4, Status="cancelled", RecurringCost=1, RecurringPeriod=1),
    ]
    write_orders(tmp_path / "holdings" / "a.json", orders)
    config = holdings_config() + 'filter = "Price < 50"\nmodel = "contractual"\nmonetary_value_col = "Price"\n'
    config += 'recurring_cost = "RecurringCost"\nrecurring_period = "RecurringPeriod"\n'
    config += "[holdings.extensions]\nfilter = \"Status IS NULL OR Status <> 'cancelled'\"\n"
    config += 'columns = { Price = "OneTimeCost * 2" }\n'
    open_holdings(tmp_path, config).ingest()
    assert table(tmp_path).select("customer", "value", "orders", "recurring").rows() == [
        ("C-1", 20.0, 1, 30.0),
        ("C-2", 20.0, 1, 0.0),
    ]


def test_an_order_is_left_out_for_its_date_although_the_filter_reads_the_date(tmp_path: Path) -> None:
    write_orders(
        tmp_path / "holdings" / "a.json", [order(1), order(2, PurchasedDate=""), order(3, PurchasedDate="2001-01-01")]
    )
    config = holdings_config() + "filter = \"PurchasedDate > DATE '2016-12-31'\"\n"
    workspace = open_holdings(tmp_path, config)
    assert workspace.ingest().warnings == ("metric clv: 1 order with no readable purchase date: left out",)
    assert bought(workspace) == {("C-1", "Test", date(2025, 1, 1)): (10.0, 1)}


TEMPLATE = """
[holdings]
file_type = "pega_ds_export"
file_pattern = "**/*.json"

[holdings.extensions]
filter = ""
columns = ["[pl.col('PurchasedDate').str.strptime(pl.Datetime", "\\"%Y%m%dT%H%M%S%.3f %Z\\").dt.date().alias('PurchasedDateTime')]"]

[holdings.extensions.default_values]
Channel = 'N/A'

[metrics]
global_filters = ["Channel", "Year", "PlacementType"]

[metrics.clv]
filter = \"\"\"pl.col('PurchasedDateTime') > pl.datetime(2016, 12, 31)\"\"\"
group_by = ['ControlGroup']
order_id_col = "HoldingID"
customer_id_col = 'CustomerID'
monetary_value_col = 'OneTimeCost'
purchase_date_col = 'PurchasedDateTime'
"""  # noqa: E501 - as the template has it


@pytest.mark.parametrize("file_format", ["json", "parquet", "csv"])
def test_the_template_lands_synthetic_holdings(tmp_path: Path, file_format: str) -> None:
    truth = generate_holdings(tmp_path, 300, seed=3, file_format=file_format)
    config = TEMPLATE
    if file_format != "json":
        config = config.replace("pega_ds_export", file_format).replace("*.json", f"*.{file_format}")
    workspace = open_holdings(tmp_path, config)
    report = workspace.ingest()
    assert report.total("rows_landed") == truth.orders
    assert report.warnings == ()
    found = table(tmp_path)
    assert found.columns == [
        "customer",
        "ControlGroup",
        "Channel",
        "PlacementType",
        "date",
        "value",
        "orders",
        "recurring",
    ]
    assert found["orders"].sum() == truth.orders
    assert found["customer"].n_unique() == truth.customers
    assert found["value"].sum() == pytest.approx(truth.revenue, abs=0.01)
    assert found["PlacementType"].null_count() == found.height


def test_purchases_are_made_again_only_when_they_must_be(tmp_path: Path) -> None:
    config = holdings_config() + '\n[metrics.clv_web]\ngroup_by = ["Channel"]\npurchase_date_col = "PurchasedDate"\n'
    write_orders(tmp_path / "holdings" / "a.json", [order(1, Channel="Web"), order(2, Channel="Shop")])
    workspace = open_holdings(tmp_path, config)
    assert set(workspace.ingest().rebuilt) == {"clv", "clv_web"}
    folder = workspace.folder / "holdings"
    before = (folder / "current.json").read_text()
    again = workspace.ingest()
    assert (again.rebuilt, again.partitions_restated) == ({}, 0)
    assert (folder / "current.json").read_text() == before
    changed = open_holdings(tmp_path, config + "filter = \"Channel = 'Web'\"\n")
    with pytest.raises(CacheError, match="changed or is new"), changed.open_purchases("clv_web"):
        pass
    assert changed.ingest().rebuilt == {"clv_web": "changed: filter"}
    assert table(tmp_path, "clv_web")["orders"].to_list() == [1]
    assert bought(changed) == {("C-1", "Test", date(2025, 1, 1)): (20.0, 2)}
    write_orders(tmp_path / "holdings" / "b.json", [order(3, Channel="Web")])
    assert changed.ingest().rebuilt == {}
    assert bought(changed) == {("C-1", "Test", date(2025, 1, 1)): (30.0, 3)}
    assert table(tmp_path, "clv_web")["orders"].to_list() == [2]


def test_a_snapshot_that_is_gone_is_published_again(tmp_path: Path) -> None:
    orders = make_orders(2)
    write_orders(tmp_path / "holdings" / "a.json", orders)
    workspace = open_holdings(tmp_path, holdings_config())
    workspace.ingest()
    for file in (workspace.folder / "holdings").glob("snapshot-*"):
        file.write_bytes(b"x" * 100)
    workspace.ingest()
    assert bought(workspace) == expected(orders)


def test_a_metric_that_fails_leaves_the_others_alone(tmp_path: Path) -> None:
    config = (
        holdings_config() + '\n[metrics.clv_bad]\ngroup_by = ["ControlGroup"]\npurchase_date_col = "PurchasedDate"\n'
    )
    config += 'filter = "CAST(Note AS INTEGER) > 0"\n'
    write_orders(tmp_path / "holdings" / "a.json", [order(1, Note="none")])
    workspace = open_holdings(tmp_path, config)
    report = workspace.ingest()
    assert [name for name, _ in report.failures] == ["clv_bad"]
    assert report.exit_code == 4
    assert bought(workspace) == {("C-1", "Test", date(2025, 1, 1)): (10.0, 1)}
    with pytest.raises(CacheError, match="clv_bad"), workspace.open_purchases("clv_bad"):
        pass


def test_columns_of_another_kind_are_refused(tmp_path: Path) -> None:
    for key, value, said in (
        ("purchase_date_col", "Moment", "must be a date or a time"),
        ("monetary_value_col", "Words", "must be a number"),
        ("customer_id_col", "PurchasedDate", "are both"),
    ):
        config = holdings_config().replace(
            'purchase_date_col = "PurchasedDate"\n',
            "" if key == "purchase_date_col" else 'purchase_date_col = "PurchasedDate"\n',
        )
        config += f'{key} = "{value}"\n[holdings.extensions]\n'
        config += 'columns = { Moment = "lower(PurchasedDate)", Words = "upper(ControlGroup)" }\n'
        config = config.replace('Moment = "lower(PurchasedDate)", ', "") if key != "purchase_date_col" else config
        with pytest.raises(ConfigError, match=said):
            open_holdings(tmp_path, config).ingest()


def test_the_sum_of_many_orders_a_day_does_not_depend_on_their_order(tmp_path: Path) -> None:
    moments = [stamp(datetime(2025, 1, day)) for day in (1, 2, 3)]
    values = Random(1)  # noqa: S311 - test data
    orders = [
        order(number, PurchasedDate=moments[number % 3], OneTimeCost=values.random() * 100) for number in range(2000)
    ]
    sums = []
    for seed in range(2):
        project = tmp_path / str(seed)
        Random(seed).shuffle(orders)  # noqa: S311 - test data
        for part in range(3):
            write_orders(project / "holdings" / f"{part}.json", orders[part::3])
        workspace = open_holdings(project, holdings_config())
        workspace.ingest()
        sums.append(bought(workspace))
    assert sums[0] == sums[1]
    wanted = expected(orders)
    assert sums[0].keys() == wanted.keys()
    for key, (value, count) in wanted.items():
        assert sums[0][key][0] == pytest.approx(value, rel=1e-12)
        assert sums[0][key][1] == count


def test_a_reader_keeps_what_it_opened_while_more_lands(tmp_path: Path) -> None:
    config = holdings_config() + '\n[metrics.clv_web]\ngroup_by = ["Channel"]\npurchase_date_col = "PurchasedDate"\n'
    write_orders(tmp_path / "holdings" / "a.json", [order(1)])
    workspace = open_holdings(tmp_path, config)
    workspace.ingest()
    with workspace.open_purchases("clv") as purchases:
        changed = open_holdings(tmp_path, config + "filter = \"Channel = 'Web'\"\n")
        assert list(changed.ingest().rebuilt) == ["clv_web"]
        write_orders(tmp_path / "holdings" / "b.json", [order(2)])
        changed.ingest()
        assert purchases.connection.sql(f"SELECT sum(orders) FROM {purchases.table}").fetchall() == [(1,)]
    assert bought(changed) == {("C-1", "Test", date(2025, 1, 1)): (20.0, 2)}
