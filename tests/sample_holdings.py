"""Small holdings, a config for them, and a plain Python reading of what they mean, for tests of any room."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import polars as pl

from valuekit.config.load import load
from valuekit.pipeline import Workspace
from workbooks import write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Order = dict[str, object]

HOLDINGS = """
[holdings]
path = "holdings"
file_type = "{file_type}"
file_pattern = "**/*.{suffix}"

[metrics.clv]
group_by = ["ControlGroup"]
purchase_date_col = "PurchasedDate"
"""

SUFFIXES = {"pega_ds_export": "json", "parquet": "parquet", "csv": "csv", "xlsx": "xlsx"}

START = datetime(2025, 1, 1)

Purchase = tuple[str, str | None, date]


def holdings_config(file_type: str = "pega_ds_export") -> str:
    return HOLDINGS.format(file_type=file_type, suffix=SUFFIXES[file_type])


def make_orders(seed: int, count: int = 400) -> list[Order]:
    """Orders of some customers, several of them on one day now and then."""
    random = Random(seed)  # noqa: S311 - test data
    return [
        {
            "HoldingID": f"H-{number}",
            "CustomerID": f"C-{random.randrange(60)}",
            "PurchasedDate": stamp(START + timedelta(minutes=random.randrange(40 * 24 * 60))),
            "OneTimeCost": round(random.uniform(-5, 100), 2),
            "RecurringCost": 1.5,
            "RecurringPeriod": 12,
            "ControlGroup": random.choice(["Test", "Control", ""]),
        }
        for number in range(count)
    ]


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%S.000 GMT")


def write_orders(path: Path, orders: Sequence[Order]) -> Path:
    """Write orders as the suffix says: NDJSON, Parquet, CSV with semicolons, or a workbook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for order in orders for name in order))
    rows = [[order.get(name) for name in names] for order in orders]
    if path.suffix == ".json":
        path.write_text("".join(json.dumps(order) + "\n" for order in orders))
    elif path.suffix == ".parquet":
        pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None).write_parquet(path)
    elif path.suffix == ".xlsx":
        write_workbook(path, [names, *rows])
    else:
        with path.open("w", newline="") as file:
            csv.writer(file, delimiter=";").writerows([names, *rows])
    return path


def open_holdings(project: Path, config: str | None = None) -> Workspace:
    if config is not None:
        (project / "valuekit.toml").write_text(config)
    return Workspace(load(project / "valuekit.toml"))


def bought(workspace: Workspace, metric: str = "clv") -> dict[Purchase, tuple[float, int]]:
    """What is published: value and orders by customer, control group and date."""
    with workspace.open_purchases(metric) as purchases:
        rows = purchases.connection.sql(
            f'SELECT customer, "ControlGroup", date, value, orders FROM {purchases.table}'
        ).fetchall()
    found = {(customer, group, day): (value, orders) for customer, group, day, value, orders in rows}
    assert len(found) == len(rows)
    return found


def expected(orders: Iterable[Order]) -> dict[Purchase, tuple[float, int]]:
    """The same from the raw orders, each of which counts once; values are added in their order."""
    by_id = {str(order["HoldingID"]): order for order in orders}
    values = defaultdict[Purchase, list[float]](list)
    for order in by_id.values():
        day = datetime.strptime(str(order["PurchasedDate"])[:8], "%Y%m%d").date()
        group = str(order["ControlGroup"] or "") or None
        values[str(order["CustomerID"]), group, day].append(float(str(order["OneTimeCost"])))
    return {key: (sum(sorted(found)), len(found)) for key, found in values.items()}


def order(number: int, **changes: object) -> Order:
    made: Order = {
        "HoldingID": f"H-{number}",
        "CustomerID": "C-1",
        "PurchasedDate": stamp(datetime(2025, 1, 1, 12)),
        "OneTimeCost": 10.0,
        "ControlGroup": "Test",
    }
    return made | changes
