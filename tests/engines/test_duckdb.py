"""Resolution of offers against a plain Python reading of the definition."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.config.expressions import parse_filter
from valuekit.config.models import SourceConfig
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.errors import DataError
from valuekit.facts.view import FactsView
from valuekit.states.counts import Count
from valuekit.states.plan import CellPlan, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 1, 1, 22)


@dataclass(frozen=True)
class Row:
    partition: date
    offer: int
    fact: int | None
    fact_text: str | None
    outcome: str | None
    time: datetime
    channel: str | None
    name: str | None


rows = st.builds(
    Row,
    partition=st.just(date(2026, 1, 1)),
    offer=st.integers(1, 4),
    fact=st.one_of(st.none(), st.integers(1, 9)),
    fact_text=st.one_of(st.none(), st.sampled_from(["a", "b"])),
    outcome=st.sampled_from(["Clicked", "Accepted", "Impression", "Pending", "Other", "", None]),
    time=st.integers(0, 4).map(lambda hour: START + timedelta(hours=hour)),
    channel=st.sampled_from(["Web", "Mobile", "", None]),
    name=st.sampled_from(["x", "y", None]),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def fill(connection: duckdb.DuckDBPyConnection, facts: list[Row]) -> None:
    connection.execute("""
        CREATE OR REPLACE TABLE facts (
            _partition DATE, _offer UHUGEINT, _row UHUGEINT, _fact BIGINT, _fact_text VARCHAR, _landing INTEGER,
            "Outcome" INTEGER, "OutcomeTime" TIMESTAMP, "DecisionTime" TIMESTAMP, "Channel" INTEGER, "Name" INTEGER)
    """)
    connection.execute("CREATE OR REPLACE TABLE labels (code INTEGER, label VARCHAR)")
    texts = {text for row in facts for text in (row.outcome, row.channel, row.name) if text}
    codes: dict[str | None, int | None] = {None: None, "": 0}
    codes |= {text: code for code, text in enumerate(sorted(texts), 1)}
    for text, code in codes.items():
        if text is not None:
            connection.execute("INSERT INTO labels VALUES (?, ?)", [code, text])
    for number, row in enumerate(facts):
        values = [row.partition, row.offer, number, row.fact, row.fact_text, 1]
        values += [codes[row.outcome], row.time, row.time, codes[row.channel], codes[row.name]]
        connection.execute(f"INSERT INTO facts VALUES ({', '.join('?' * len(values))})", values)


def plan(view: FactsView, *dimensions: str, where: str | None = None) -> CellPlan:
    resolution = Resolution(("Clicked", "Accepted"), ("Impression", "Pending"), parse_filter(where or ""))
    states = (Count("Positives", "_positive"), Count("Offers"))
    return CellPlan("engagement", "engagement", resolution, dimensions, states, view.definition(dimensions))


def built(connection: duckdb.DuckDBPyConnection, view: FactsView, wanted: CellPlan) -> Counter[tuple[object, ...]]:
    (_, table), *more = DuckDBEngine(connection).build([wanted], view, [date(2026, 1, 1)])
    assert not more
    cells: Counter[tuple[object, ...]] = Counter()
    for cell in table.to_pylist():
        key = tuple(cell[name] for name in wanted.dimensions)
        cells[(*key, True)] += cell["Positives"]
        cells[(*key, False)] += cell["Offers"] - cell["Positives"]
    return +cells


def last(value: object) -> tuple[bool, object]:
    return (value is None, "" if value is None else value)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.lists(rows, max_size=14))
def test_one_deciding_row_for_every_offer(connection: duckdb.DuckDBPyConnection, facts: list[Row]) -> None:
    fill(connection, facts)
    view = FactsView(SourceConfig(kind="ih", path=Path()))
    expected: Counter[tuple[object, ...]] = Counter()
    for offer in {row.offer for row in facts}:
        mine = [row for row in facts if row.offer == offer]
        positive = [row for row in mine if row.outcome in {"Clicked", "Accepted"}]
        deciding = positive or [row for row in mine if row.outcome in {"Impression", "Pending"}]
        if deciding:
            chosen = min(
                deciding,
                key=lambda row: (
                    row.time,
                    last(row.fact),
                    last(row.fact_text),
                    *(last(value or None) for value in (row.channel, row.name, row.outcome)),
                ),
            )
            expected[(chosen.time.date(), chosen.channel or None, chosen.name, bool(positive))] += 1
    assert built(connection, view, plan(view, "Day", "Channel", "Name")) == expected


def row(**changes: object) -> Row:
    values: dict[str, object] = {"partition": date(2026, 1, 1), "offer": 1, "fact": None, "fact_text": None}
    values |= {"outcome": "Impression", "time": START, "channel": "Web", "name": "x"}
    return Row(**(values | changes))  # type: ignore[arg-type]  # keyword arguments of a test


def test_impression_and_pending_are_one_negative(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, [row(), row(outcome="Pending")])
    view = FactsView(SourceConfig(kind="ih", path=Path()))
    assert built(connection, view, plan(view)) == {(False,): 1}


def test_the_day_is_that_of_the_reporting_zone(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, [row(time=datetime(2026, 1, 1, 23, 30))])
    for zone, day in {"UTC": 1, "Europe/Amsterdam": 2, "America/New_York": 1}.items():
        view = FactsView(SourceConfig(kind="ih", path=Path(), timezone=zone))
        assert built(connection, view, plan(view, "Day")) == {(date(2026, 1, day), False): 1}


def test_filters_select_rows_before_resolution(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, [row(), row(outcome="Clicked", channel="Mobile")])
    view = FactsView(SourceConfig(kind="ih", path=Path()))
    assert built(connection, view, plan(view, where="Channel = 'Web'")) == {(False,): 1}
    source = SourceConfig(kind="ih", path=Path(), filter=parse_filter("Channel = 'Web'"))
    view = FactsView(source)
    assert built(connection, view, plan(view)) == {(False,): 1}


def test_defaults_are_for_nulls_and_for_empty_texts_only_if_asked(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, [row(offer=1, channel=None), row(offer=2, channel=""), row(offer=3, channel="Web")])
    found = {}
    for fill_empty in (False, True):
        source = SourceConfig(kind="ih", path=Path(), default_values={"Channel": "Other"}, fill_empty=fill_empty)
        view = FactsView(source)
        found[fill_empty] = built(connection, view, plan(view, "Channel"))
    assert found[False] == {(None, False): 1, ("Other", False): 1, ("Web", False): 1}
    assert found[True] == {("Other", False): 2, ("Web", False): 1}


def test_an_expression_that_fails_on_the_facts_names_the_metric(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, [row(channel="not a number")])
    view = FactsView(SourceConfig(kind="ih", path=Path()))
    with pytest.raises(DataError, match="metric engagement"):
        built(connection, view, plan(view, where="CAST(Channel AS INTEGER) > 1"))


def test_merging_gives_every_time_dimension_and_the_total(connection: duckdb.DuckDBPyConnection) -> None:
    fill(connection, [row(offer=1), row(offer=2, outcome="Clicked"), row(offer=3, time=datetime(2026, 4, 6))])
    view = FactsView(SourceConfig(kind="ih", path=Path()))
    wanted = plan(view, "Day", "Channel")
    engine = DuckDBEngine(connection)
    ((_, table),) = engine.build([wanted], view, [date(2026, 1, 1)])
    connection.register("built", table)
    connection.execute("CREATE TABLE cells_x AS SELECT * FROM built")
    merged = engine.merge(wanted, "cells_x", ["Week", "Month", "Quarter", "Year"], None)
    assert merged.rows() == [
        ("2026-W01", "2026-01", "2026_Q1", "2026", 1, 2),
        ("2026-W15", "2026-04", "2026_Q2", "2026", 0, 1),
    ]
    assert engine.merge(wanted, "cells_x", [], None).rows() == [(1, 3)]
    assert engine.merge(wanted, "cells_x", [], parse_filter("Channel = 'None'")).rows() == [(0, 0)]
