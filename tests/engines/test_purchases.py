"""Purchases become customers: against a plain reading of the law, and against lifetimes."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from lifetimes_oracle import lifetimes
from purchase_tables import Purchase, by_customer, plain, some_purchases, stored, table_of
from valuekit.config.expressions import parse_where
from valuekit.engines import purchases, storing
from valuekit.engines.purchases import Buyers, PurchaseTable, Window

if TYPE_CHECKING:
    from valuekit.stats.customers import Customers

END = date(2024, 4, 10)


def read(rows: list[Purchase], window: Window | None = None, **asked: object) -> Buyers:
    connection = table_of(rows)
    table = PurchaseTable(connection, stored(connection))
    return table.read(window or Window(END), **asked)  # type: ignore[arg-type]  # as the tests say


def check(found: Customers, groups: list[list[Purchase]], end: date = END) -> None:
    day = Window(end).last
    columns = {
        "frequency": found.repeat_dates,
        "recency": found.recency,
        "tenure": found.tenure(day),
        "days_since_last": found.days_since_last(day),
        "orders": found.orders,
        "monetary_value": found.monetary_value,
        "lifetime_value": found.lifetime_value(contractual=False),
    }
    assert found.size == len(groups)
    for at, rows in enumerate(groups):
        for name, expected in plain(rows, end).items():
            if name in columns:
                assert columns[name][at] == pytest.approx(expected, rel=1e-12, abs=1e-12), name


@pytest.mark.parametrize("batch", [1, 7, 1_000_000])
@pytest.mark.parametrize("seed", range(3))
def test_customers_are_what_the_law_says(monkeypatch: pytest.MonkeyPatch, seed: int, batch: int) -> None:
    monkeypatch.setattr(purchases, "_BATCH", batch)
    monkeypatch.setattr(storing, "_BATCH", batch)
    rows = some_purchases(seed)
    customers = by_customer(rows)
    found = read(rows, ids=True)
    assert found.ids is not None
    assert found.ids.to_list() == list(customers)
    check(found.all, list(customers.values()))
    assert found.members.purchases is found.all


@pytest.mark.parametrize("batch", [1, 1_000_000])
def test_a_customer_is_in_every_group_with_what_was_bought_there(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(purchases, "_BATCH", batch)
    monkeypatch.setattr(storing, "_BATCH", batch)
    rows = some_purchases(4)
    where = parse_where("Country = 'A'")
    found = read(rows, by=("Channel",), where=where, ids=True)
    assert found.ids is not None
    assert found.keys["Channel"].to_list() == [None, "Store", "Web"]
    expected: defaultdict[tuple[str, int], list[Purchase]] = defaultdict(list)
    for row in rows:
        if row.country == "A":
            expected[row.customer, [None, "Store", "Web"].index(row.channel)].append(row)
    members = found.members
    pairs = list(zip(found.ids.gather(members.customer).to_list(), members.group.tolist(), strict=True))
    assert pairs == sorted(expected)
    check(members.purchases, [expected[pair] for pair in pairs])
    check(found.all, list(by_customer(rows).values()))
    for at, own in enumerate(by_customer(rows).values()):
        there = [row for row in own if row.country == "A"]
        last = max((row.date for row in there), default=None)
        channels = {[None, "Store", "Web"].index(row.channel) for row in there if row.date == last}
        assert found.latest[at] in (channels or {-1})


def test_sums_over_groups_are_those_of_all() -> None:
    rows = some_purchases(5)
    whole, split = read(rows), read(rows, by=("Channel", "Country"))
    assert split.members.purchases.orders.sum() == whole.all.orders.sum()
    assert split.members.purchases.value.sum() == pytest.approx(whole.all.value.sum(), rel=1e-12)


def test_equal_purchases_in_any_order_give_equal_bits() -> None:
    rows = some_purchases(6)
    shuffled = rows.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311 - test data
    first, second = (read(some, by=("Channel",)) for some in (rows, shuffled))
    for one, other in ((first.all, second.all), (first.members.purchases, second.members.purchases)):
        for name, values in vars(one).items():
            assert values.tobytes() == getattr(other, name).tobytes(), name


def test_only_purchases_in_the_window_count() -> None:
    rows = some_purchases(7)
    window = Window(date(2024, 2, 20), date(2024, 1, 20))
    kept = [row for row in rows if date(2024, 1, 20) < row.date <= window.end]
    check(read(rows, window, ids=True).all, list(by_customer(kept).values()), window.end)


def in_any_order(found: Buyers) -> list[tuple[object, ...]]:
    """Customers, each with what they have in every group, sorted."""
    own: defaultdict[int, list[tuple[object, ...]]] = defaultdict(list)
    members = found.members
    columns = (members.group, *vars(members.purchases).values())
    for customer, *rest in zip(members.customer.tolist(), *(column.tolist() for column in columns), strict=True):
        own[customer].append(tuple(rest))
    rows = zip(*(column.tolist() for column in (*vars(found.all).values(), found.latest)), strict=True)
    return sorted((*row, tuple(own[at])) for at, row in enumerate(rows))


@pytest.mark.parametrize("batch", [1, 7, 1_000_000])
@pytest.mark.parametrize("asked", [{}, {"by": ("Channel",)}, {"where": parse_where("Country = 'A'")}])
def test_customers_are_the_same_whoever_they_are(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, object], batch: int
) -> None:
    monkeypatch.setattr(purchases, "_BATCH", batch)
    monkeypatch.setattr(storing, "_BATCH", batch)
    rows = some_purchases(8)
    named, unnamed = read(rows, None, ids=True, **asked), read(rows, None, **asked)
    assert unnamed.ids is None
    assert in_any_order(unnamed) == in_any_order(named)
    assert unnamed.keys.equals(named.keys)
    together = unnamed.together
    assert together.members.purchases is unnamed.all
    assert in_any_order(together) == in_any_order(read(rows))


def test_customers_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """No two texts of one hash are known, so hashes are made equal on their way."""
    rows, owners, calls = some_purchases(9), storing._owners, []

    def all_alike(table: pa.Table) -> object:
        calls.append(table.num_rows)
        alike = table["_who"].to_numpy() % 2
        return owners(table.set_column(table.column_names.index("_who"), "_who", pa.array(alike, pa.uint64())))

    expected = in_any_order(read(rows, by=("Channel",)))
    monkeypatch.setattr(storing, "_owners", all_alike)
    assert in_any_order(read(rows, by=("Channel",))) == expected
    assert calls == [len(rows)]


@pytest.mark.parametrize(
    ("end", "years", "after"),
    [
        (date(2024, 12, 31), 1, date(2023, 12, 31)),
        (date(2024, 2, 29), 1, date(2023, 2, 28)),
        (date(2024, 3, 31), 1 / 12, date(2024, 2, 29)),
        (date(2024, 3, 31), 0.5, date(2023, 9, 30)),
        (date(2024, 1, 15), 9, date(2015, 1, 15)),
        (date(2024, 1, 15), 1 / 24, date(2023, 12, 31)),
        (date(2024, 1, 15), 5000, None),
        (date(2024, 1, 15), 1e300, None),
        (date(2024, 1, 15), None, None),
    ],
)
def test_a_lifespan_is_counted_by_the_calendar(end: date, years: float | None, after: date | None) -> None:
    assert Window.until(end, years) == Window(end, after)


def test_one_customer_of_one_purchase() -> None:
    found = read([Purchase("only", None, None, date(2024, 4, 1), 5.0)])
    check(found.all, [[Purchase("only", None, None, date(2024, 4, 1), 5.0)]])
    assert found.all.monetary_value.tolist() == [0.0]


@pytest.mark.parametrize("by", [(), ("Channel",)])
def test_nobody(by: tuple[str, ...]) -> None:
    rows = [Purchase("late", "Web", None, END + timedelta(days=1), 5.0)]
    for found in (read([], by=by, ids=True), read(rows, by=by, ids=True)):
        assert (found.all.size, found.members.customer.size, found.members.size) == (0, 0, 0 if by else 1)
        assert found.ids is not None
        assert found.ids.len() == 0


def test_a_value_that_is_no_number_counts_as_0() -> None:
    rows = [Purchase("a", None, None, END - timedelta(days=9 - at), value) for at, value in enumerate((1.0, 2.0, 3.0))]
    connection = table_of(rows)
    connection.execute("UPDATE purchases SET value = CASE value WHEN 2 THEN NULL WHEN 3 THEN 'nan'::DOUBLE ELSE 1 END")
    found = PurchaseTable(connection, stored(connection)).read(Window(END)).all
    assert (found.value.tolist(), found.dates.tolist(), found.monetary_value.tolist()) == ([1.0], [3], [0.0])


def summaries(
    connection: duckdb.DuckDBPyConnection, end: date, dimensions: tuple[str, ...] = ()
) -> tuple[list[str], np.ndarray]:
    found = PurchaseTable(connection, stored(connection, dimensions)).read(Window(end), ids=True)
    columns = [found.all.repeat_dates, found.all.recency, found.all.tenure(Window(end).last), found.all.monetary_value]
    assert found.ids is not None
    return found.ids.to_list(), np.stack([column.astype(np.float64) for column in columns], axis=1)


def by_lifetimes(orders: duckdb.DuckDBPyRelation, end: date) -> tuple[list[str], np.ndarray]:
    with lifetimes():
        import pandas as pd
        from lifetimes.utils import summary_data_from_transaction_data

        frame = pd.DataFrame(orders.fetchall(), columns=["id", "date", "value"])
        found = summary_data_from_transaction_data(
            frame, "id", "date", monetary_value_col="value", observation_period_end=end.isoformat()
        ).sort_index()
        return found.index.tolist(), found[["frequency", "recency", "T", "monetary_value"]].to_numpy(np.float64)


def test_cdnow_is_what_lifetimes_makes_of_it() -> None:
    with lifetimes() as package:
        file = f"{package.__path__[0]}/datasets/CDNOW_master.txt"
    connection, end = duckdb.connect(), date(1997, 9, 30)
    lines = [line.split() for line in Path(file).read_text(encoding="ascii").splitlines()[1:]]
    columns = {name: [line[at] for line in lines] for name, at in (("id", 0), ("date", 1), ("value", 3))}
    connection.register("raw", pl.DataFrame(columns).cast({"value": pl.Float64}))
    connection.execute(
        "CREATE TABLE orders AS SELECT id, CAST(strptime(date, '%Y%m%d') AS DATE) AS date, value FROM raw"
    )
    connection.execute(
        "CREATE TABLE purchases AS SELECT id AS customer, date, sum(value) AS value, count(*) AS orders, "
        "CAST(0 AS DOUBLE) AS recurring FROM orders GROUP BY ALL"
    )
    names, found = summaries(connection, end)
    expected = by_lifetimes(connection.sql("SELECT id, date, value FROM orders"), end)
    assert len(lines) == 69_659
    assert len(names) == 23_570
    assert names == expected[0]
    np.testing.assert_allclose(found, expected[1], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_simulated_purchases_are_what_lifetimes_makes_of_them(seed: int) -> None:
    connection = table_of(some_purchases(seed, count=800))
    names, found = summaries(connection, END)
    expected = by_lifetimes(connection.sql("SELECT customer, date, value FROM purchases"), END)
    assert names == expected[0]
    np.testing.assert_allclose(found[:, :3], expected[1][:, :3], rtol=0)
    positive = expected[1][:, 3] != 0
    np.testing.assert_allclose(found[positive, 3], expected[1][positive, 3], rtol=1e-9)
