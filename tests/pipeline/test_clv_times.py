"""A metric over holdings can be asked by the time of purchase: a customer is in each group of time with a purchase."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from valuekit.config.load import load
from valuekit.pipeline.workspace import Workspace
from valuekit.synthetic import generate_holdings

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
[holdings]
file_type = "csv"
file_pattern = "*.csv"
[metrics.clv]
group_by = [{by}]
purchase_date_col = "PurchasedDate"
scores = ["Count", "lifetime_value"]
"""


@pytest.mark.parametrize("by", [("Year",), ("Channel", "Month")])
def test_purchases_are_grouped_by_their_time(tmp_path: Path, by: tuple[str, ...]) -> None:
    generate_holdings(tmp_path, 200, seed=3, file_format="csv")
    path = tmp_path / "valuekit.toml"
    path.write_text(CONFIG.format(by=", ".join(f'"{name}"' for name in by)), encoding="utf-8")
    workspace = Workspace(load(path))
    workspace.ingest()
    customers: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    values: defaultdict[tuple[str, ...], float] = defaultdict(float)
    with (tmp_path / "holdings.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            times = {
                "Year": row["PurchasedDate"][:4],
                "Month": f"{row['PurchasedDate'][:4]}-{row['PurchasedDate'][4:6]}",
            }
            key = tuple((row | times)[name] for name in by)
            customers[key].add(row["CustomerID"])
            values[key] += float(row["OneTimeCost"])
    rows = workspace.compute(["clv"], by=list(by)).results[0].rows
    assert {row[: len(by)]: row[len(by)] for row in rows.select(*by, "Count").rows()} == {
        key: len(found) for key, found in customers.items()
    }
    assert {row[: len(by)]: row[len(by)] for row in rows.select(*by, "lifetime_value").rows()} == pytest.approx(values)
