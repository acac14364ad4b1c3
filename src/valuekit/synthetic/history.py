"""A synthetic Interaction History: one file a day, and what is true of it.

Owns which file a row goes to, and the copies that are planted. Never draws an outcome.

A row is in the file of its outcome's day (UTC), as in daily exports; what happens after the last day is not written.
So a click may be one file later than its impression, and a conversion several.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from valuekit.errors import UsageError
from valuekit.synthetic.day import DAY, ROWS_PER_OFFER, draw_offers, offers_of_day, outcomes
from valuekit.synthetic.files import SUFFIXES, write_day
from valuekit.synthetic.industries import INDUSTRIES
from valuekit.synthetic.truth import Tally, Truth
from valuekit.synthetic.world import LIFT, make_world

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_COPIED_SAME_FILE = 0.004
_COPIED_NEXT_FILE = 0.001
_EPOCH = date(1970, 1, 1)


def generate_history(
    folder: Path,
    *,
    rows: int = 100_000,
    days: int = 14,
    start: date = date(2026, 1, 1),
    seed: int = 7,
    formats: Sequence[str] = ("pega",),
    industry: str = "retail_banking",
) -> Truth:
    """Write a synthetic export into `folder`, one file a day and format, and count what is true of it.

    The same arguments give the same bytes. Memory is bounded by one day's rows.

    Args:
        folder: made if missing; files of the same names are overwritten.
        rows: about how many rows in all days together (within a few per cent; `Truth.rows` is exact).
        days: how many days, so files of each format.
        start: the first day.
        seed: of all chance.
        formats: `pega` (a zip of NDJSON, `YYYY-MM-DD.zip`) and `parquet`.
        industry: whose names are used: one of `INDUSTRIES`. What happens is the same in all of them.

    Raises:
        UsageError: no rows or days, a negative seed, an unknown format or industry.
    """
    if industry not in INDUSTRIES:
        raise UsageError(f"an industry is one of {', '.join(INDUSTRIES)}")
    company = INDUSTRIES[industry]
    if rows < 1 or days < 1 or seed < 0 or not formats or set(formats) - set(SUFFIXES):
        raise UsageError(f"a history needs rows, days, a seed from 0 on and a format out of {', '.join(SUFFIXES)}")
    folder.mkdir(parents=True, exist_ok=True)
    world = make_world(max(10, rows // 10), seed)
    tally = Tally()
    first_midnight = (start - _EPOCH).days * DAY
    end = first_midnight + days * DAY
    waiting: defaultdict[int, list[pl.DataFrame]] = defaultdict(list)
    interactions = 0
    for index in range(days):
        rng = np.random.default_rng([seed, 1 + index])
        weekend = (start + timedelta(days=index)).weekday() >= 5
        wanted = round(rows / days / ROWS_PER_OFFER * (0.85 if weekend else 1.06))
        drawn = draw_offers(world, rng, first_midnight + index * DAY, wanted, interactions)
        interactions = int(drawn.interaction[-1]) + 1
        offers = company.offers(offers_of_day(world, rng, drawn))
        fresh = company.rows(outcomes(offers)).filter(pl.col("at") < end)
        tally.add_offers(_written(offers, end))
        tally.add_rows(fresh)
        file = (pl.col("at") - first_midnight) // DAY
        for (day,), part in fresh.group_by(file, maintain_order=True):
            waiting[day].append(part)
        today = pl.concat([fresh.clear(), *waiting.pop(index, [])])
        today, later = _plant_copies(today, rng, tally, last=index == days - 1)
        waiting[index + 1].append(later)
        tally.rows += today.height
        write_day(folder, start + timedelta(days=index), today.drop("at"), formats)
    return tally.truth(LIFT)


def _written(offers: pl.DataFrame, end: int) -> pl.DataFrame:
    """What `Tally.add_offers` counts, for the offers that show before `end`."""
    begun = pl.max_horizontal("shown", "sent")
    clicked, seen, converted = (
        pl.any_horizontal(pl.col(column).is_between(0, end - 1) for column in columns)
        for columns in (["clicked"], ["shown", "opened"], ["converted"])
    )
    decides = pl.when(clicked).then(pl.col("clicked")).otherwise(begun)
    return offers.filter(begun < end).with_columns(
        decides.cast(pl.Datetime("ms")).dt.strftime("%Y-%m-%d").alias("Day"),
        clicked.alias("clicked"),
        (clicked & (pl.col("clicked") // DAY > begun // DAY)).alias("late"),
        seen.alias("seen"),
        converted.alias("converted"),
    )


def _plant_copies(
    rows: pl.DataFrame, rng: np.random.Generator, tally: Tally, *, last: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Today's rows in the order of the clock, some of them twice, and copies for tomorrow's file."""
    chance = rng.random(rows.height)
    here = rows.filter(pl.Series(chance < _COPIED_SAME_FILE))
    later = rows.clear() if last else rows.filter(pl.Series(chance >= 1 - _COPIED_NEXT_FILE))
    tally.duplicates_same_file += here.height
    tally.duplicates_next_file += later.height
    clock = np.concatenate([rows["at"].to_numpy() % DAY, rng.integers(0, DAY, here.height)])
    return pl.concat([rows, here])[np.argsort(clock, kind="stable")], later
