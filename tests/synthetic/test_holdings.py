"""Synthetic holdings against the process they claim to come from."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest

from valuekit.errors import UsageError
from valuekit.synthetic import generate_holdings

if TYPE_CHECKING:
    from pathlib import Path


def query(sql: str, path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        read = connection.read_parquet if path.suffix == ".parquet" else connection.read_csv
        connection.register("holdings", read(str(path)).to_arrow_table())
        return connection.execute(sql).fetchall()


def test_shape_and_truth(tmp_path: Path) -> None:
    truth = generate_holdings(tmp_path, customers=500, seed=5)
    rows = [json.loads(line) for line in (tmp_path / "holdings.json").read_text(encoding="utf-8").splitlines()]
    assert list(rows[0])[:4] == ["HoldingID", "CustomerID", "PurchasedDate", "OneTimeCost"]
    assert len({row["HoldingID"] for row in rows}) == len(rows) == truth.orders
    assert len({row["CustomerID"] for row in rows}) == truth.customers == 500
    assert truth.repeat_orders == len(rows) - 500
    assert truth.revenue == pytest.approx(sum(row["OneTimeCost"] for row in rows), abs=1e-6)
    days = [row["PurchasedDate"][:8] for row in rows]
    assert days == sorted(days)
    assert days[-1] < f"{truth.end:%Y%m%d}"
    assert days[0] >= "20230102"
    arms = defaultdict(set)
    for row in rows:
        arms[row["CustomerID"]].add(row["ControlGroup"])
    assert {len(arm) for arm in arms.values()} == {1}
    assert {arm for found in arms.values() for arm in found} == {"Test", "Control"}


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_other_formats_hold_the_same_orders(tmp_path: Path, file_format: str) -> None:
    assert generate_holdings(tmp_path, customers=50) == generate_holdings(
        tmp_path, customers=50, file_format=file_format
    )
    found = query("FROM holdings", tmp_path / f"holdings.{file_format}")
    rows = [json.loads(line) for line in (tmp_path / "holdings.json").read_text(encoding="utf-8").splitlines()]
    assert found == [tuple(row.values()) for row in rows]


def test_first_repeat_purchases_follow_the_process(tmp_path: Path) -> None:
    """Nobody leaves before the first repeat, so the gap to it has the Pareto law of a gamma-mixed exponential."""
    truth = generate_holdings(
        tmp_path, customers=20_000, seed=1, days=2_000, end=date(2026, 1, 1), file_format="parquet"
    )
    gaps = query(
        """
        WITH orders AS (
            SELECT CustomerID, strptime(PurchasedDate[:19], '%Y%m%dT%H%M%S.%g') AS bought FROM holdings
        ), numbered AS (
            SELECT *, row_number() OVER (PARTITION BY CustomerID ORDER BY bought) AS number FROM orders
        )
        SELECT date_diff('second', first.bought, second.bought) / 86400.0
        FROM numbered AS first
        LEFT JOIN numbered AS second ON second.CustomerID = first.CustomerID AND second.number = 2
        WHERE first.number = 1
        """,
        tmp_path / "holdings.parquet",
    )
    found = np.array([np.inf if gap is None else gap for (gap,) in gaps])
    for horizon in (30.0, 200.0, 600.0):  # first purchases end 600 days before the end, so these are not censored
        expected = 1 - (truth.alpha / (truth.alpha + horizon)) ** truth.r
        assert (found <= horizon).mean() == pytest.approx(expected, abs=0.015)


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate_holdings(tmp_path / name, customers=200, seed=9)
    assert (tmp_path / "a/holdings.json").read_bytes() == (tmp_path / "b/holdings.json").read_bytes()
    generate_holdings(tmp_path / "c", customers=200, seed=10)
    assert (tmp_path / "a/holdings.json").read_bytes() != (tmp_path / "c/holdings.json").read_bytes()


def test_order_values_vary_between_customers_more_than_within(tmp_path: Path) -> None:
    generate_holdings(tmp_path, customers=3_000, seed=2, file_format="csv")
    [(ratio, customers)] = query(
        """
        WITH loyal AS (
            SELECT avg(ln(OneTimeCost)) AS mean, var_samp(ln(OneTimeCost)) AS spread
            FROM holdings GROUP BY CustomerID HAVING count(*) > 4
        )
        SELECT var_samp(mean) / avg(spread), count(*) FROM loyal
        """,
        tmp_path / "holdings.csv",
    )
    assert customers > 100
    assert ratio > 1.0


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"days": 1}, {"seed": -2}, {"file_format": "xml"}])
def test_refuses_nonsense(tmp_path: Path, wrong: dict[str, int | str]) -> None:
    with pytest.raises(UsageError):
        generate_holdings(tmp_path / "never", **wrong)  # type: ignore[arg-type]  # one wrong value each
    assert not (tmp_path / "never").exists()
