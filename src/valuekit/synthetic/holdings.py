"""Synthetic product holdings: orders of customers whose buying process is known.

Owns the process and its columns. Never fits a model.

The process is the one that the BG/NBD and gamma-gamma models assume (Fader, Hardie & Lee 2005, "Counting your customers
the easy way"; Fader & Hardie 2013, "The gamma-gamma model of monetary value"), so their parameters can be recovered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit.errors import UsageError
from valuekit.synthetic.day import DAY, times
from valuekit.synthetic.files import write_lines
from valuekit.synthetic.world import CONTROL_EVERY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_SHOPS = pl.Series(["Web", "Branch", "Phone"])


@dataclass(frozen=True)
class HoldingsTruth:
    """What the orders were drawn with; times in days.

    Attributes:
        customers: customers, each with at least one order.
        orders: orders written.
        repeat_orders: orders after a customer's first.
        revenue: sum of OneTimeCost.
        end: the first day after the observation.
        r: shape of the gamma distribution of purchase rates.
        alpha: its rate.
        a: first parameter of the beta distribution of the chance to leave after a repeat purchase.
        b: its second.
        p: shape of an order's value.
        q: shape of the gamma distribution of the rate of that.
        v: its rate.
    """

    customers: int
    orders: int
    repeat_orders: int
    revenue: float
    end: date
    r: float = 0.7
    alpha: float = 90.0
    a: float = 0.8
    b: float = 2.4
    p: float = 5.0
    q: float = 3.5
    v: float = 50.0


def generate_holdings(
    folder: Path,
    customers: int = 10_000,
    seed: int = 7,
    *,
    days: int = 1_095,
    end: date = date(2026, 1, 1),
    file_format: str = "json",
    names: Mapping[str, str] | None = None,
) -> HoldingsTruth:
    """Write `folder/holdings.json` (NDJSON, as Pega exports it), `.parquet` or `.csv`, the same for the same arguments.

    Args:
        folder: made if missing.
        customers: how many; they are `C-0`, `C-1`, ... as in the synthetic history.
        seed: of all chance.
        days: length of the observation.
        end: the first day after it.
        file_format: `json`, `parquet` or `csv`.
        names: other names for columns, by Pega's.

    Raises:
        UsageError: no customers or days, a negative seed, or an unknown format.
    """
    if customers < 1 or days < 2 or seed < 0 or file_format not in ("json", "parquet", "csv"):
        raise UsageError("holdings need a customer, two days, a seed from 0 on and the format json, parquet or csv")
    rng = np.random.default_rng([seed, customers])
    model = HoldingsTruth(customers, 0, 0, 0.0, end)
    customer, at = _purchases(model, rng, days)
    rate = rng.gamma(model.q, 1 / model.v, customers)
    value = (rng.gamma(model.p, 1.0, len(customer)) / rate[customer]).round(2)
    order = np.argsort(at, kind="stable")
    frame = _table(customer[order], at[order], value[order], end, days)
    revenue = int((frame["OneTimeCost"] * 100).round().cast(pl.Int64).sum()) / 100
    frame = frame.rename(names or {})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"holdings.{file_format}"
    if file_format == "parquet":
        frame.write_parquet(path)
    elif file_format == "csv":
        frame.write_csv(path)
    else:
        with path.open("wb") as stream:
            write_lines(frame, stream)
    return HoldingsTruth(customers, frame.height, frame.height - customers, revenue, end)


def _purchases(
    model: HoldingsTruth, rng: np.random.Generator, days: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Customer and time of every order, in days since the observation began."""
    pace = rng.gamma(model.r, 1 / model.alpha, model.customers)
    leaves = rng.beta(model.a, model.b, model.customers)
    buyers = np.arange(model.customers)
    now = rng.uniform(0, 0.7 * days, model.customers)
    customers, moments = [buyers], [now]
    while buyers.size:
        now = now + rng.exponential(size=buyers.size) / pace[buyers]
        in_time = now < days
        buyers, now = buyers[in_time], now[in_time]
        customers.append(buyers)
        moments.append(now)
        stays = rng.random(buyers.size) >= leaves[buyers]
        buyers, now = buyers[stays], now[stays]
    return np.concatenate(customers), np.concatenate(moments)


def _table(
    customer: NDArray[np.int64], at: NDArray[np.float64], value: NDArray[np.float64], end: date, days: int
) -> pl.DataFrame:
    begin = ((end - date(1970, 1, 1)).days - days) * DAY
    return pl.DataFrame(
        {
            "HoldingID": "H-" + pl.Series(np.arange(len(at))).cast(pl.String),
            "CustomerID": "C-" + pl.Series(customer).cast(pl.String),
            "PurchasedDate": times(pl.Series(begin + (at * DAY).astype(np.int64))),
            "OneTimeCost": value,
            "RecurringCost": (value / 24).round(2),
            "RecurringPeriod": np.where(customer % 2 == 0, 12, 24),
            "ControlGroup": pl.Series(["Test", "Control"])[(customer % CONTROL_EVERY == 0).astype(np.int64)],
            "Channel": _SHOPS[customer % len(_SHOPS)],
        }
    )
