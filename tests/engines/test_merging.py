"""Merges of stored cells: the same whatever the order of the table, and however many have been made before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from valuekit.config.expressions import parse_filter
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.states.counts import Count
from valuekit.states.digest import Digest
from valuekit.states.groups import POSITIVE, Groups
from valuekit.states.moments import Moments
from valuekit.states.plan import CellPlan, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator

STATES = (
    Count("rows"),
    Moments("spread", "value"),
    Digest("digest", "value", frozenset(), 60, joint=False),
    Digest("joint", "value", frozenset(), 60, joint=True),
)
PLAN = CellPlan("any", "descriptive", Resolution((), (), None), ("Day", "Channel", "Issue"), STATES, {})
GRAINS = [[], ["Channel"], ["Day", "Issue"], ["Month"], ["Week", "Channel"], ["Day", "Channel", "Issue"], ["Channel"]]


def cells() -> pa.Table:
    """Cells of 20 days, three channels and two issues, in the order of their keys."""
    rng = np.random.default_rng(5)
    days = [date(2026, 1, 20) + timedelta(days=at) for at in range(20)]
    keys = [(day, day, channel, issue) for day in days for channel in ("Mobile", "Web", None) for issue in ("A", "B")]
    gids = rng.integers(0, len(keys), 30_000)
    values = np.round(rng.lognormal(3, 2, gids.size), 3)
    groups = Groups(gids, len(keys), {"value": values, POSITIVE: rng.random(gids.size) < 0.2})
    columns: dict[str, Any] = dict(
        zip(("_partition", *PLAN.dimensions), map(list, zip(*keys, strict=True)), strict=True)
    )
    for state in STATES:
        columns |= zip((column.name for column in state.stored), state.build(groups), strict=True)
    return pa.table(columns)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    made = cells()
    order = np.random.default_rng(3).permutation(made.num_rows)
    with duckdb.connect() as opened:
        for name, table in (("cells_sorted", made), ("cells_mixed", made.take(order))):
            opened.register("fresh", table)
            opened.execute(f"CREATE TABLE {name} AS SELECT * FROM fresh")
            opened.unregister("fresh")
        yield opened


def test_the_order_of_the_table_changes_no_bit(connection: duckdb.DuckDBPyConnection) -> None:
    engine = DuckDBEngine(connection)
    for by in GRAINS:
        assert engine.merge(PLAN, "cells_mixed", by, None).equals(engine.merge(PLAN, "cells_sorted", by, None))


@pytest.mark.parametrize("keeps_digests", [True, False])
def test_what_has_been_read_serves_further_merges(
    connection: duckdb.DuckDBPyConnection, *, keeps_digests: bool
) -> None:
    engine = DuckDBEngine(connection)
    stored = engine.stored(PLAN, "cells_mixed", keeps_digests=keeps_digests)
    for by in GRAINS:
        for states in (STATES[:1], STATES, STATES[2:]):
            assert stored.merge(by, states).equals(engine.merge(PLAN, "cells_mixed", by, None, states))


def test_a_merge_is_of_the_offers_picked(connection: duckdb.DuckDBPyConnection) -> None:
    engine, web = DuckDBEngine(connection), parse_filter("Channel = 'Web' AND Month = '2026-02'")
    picked = engine.stored(PLAN, "cells_mixed", web).merge(["Month", "Channel"])
    every = engine.merge(PLAN, "cells_sorted", ["Month", "Channel"], None)
    assert picked.equals(every.filter(pl.col("Channel") == "Web", pl.col("Month") == "2026-02"))
    assert picked.height == 1
    assert engine.merge(PLAN, "cells_mixed", [], parse_filter("Channel = 'None'"))["rows"].to_list() == [0]


def test_centroids_are_those_before_compression(connection: duckdb.DuckDBPyConnection) -> None:
    stored = DuckDBEngine(connection).stored(PLAN, "cells_mixed")
    merged = stored.merge(["Channel"], STATES[3:])
    digest = STATES[3]
    assert isinstance(digest, Digest)
    centroids = stored.centroids(["Channel"], digest)
    assert centroids.size == merged.height == 3
    assert len(centroids.means) > sum(map(len, merged["joint"])) > 0
    assert digest.finished(centroids).to_pylist() == merged["joint"].to_list()
