"""Identity, duplicates, offers and partitions against a plain Python reading of the definitions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.cache.expiry import seal
from valuekit.cache.labels import Labels
from valuekit.cache.landing import Landed, Staging
from valuekit.cache.ledger import Landing
from valuekit.cache.store import Store, writing
from valuekit.facts import labels
from valuekit.facts.columns import Column, Type
from valuekit.facts.prepare import ROW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
from typing import Any

EPOCH = datetime(2026, 1, 1)
TYPES = {
    "Channel": Type.LABEL,
    "DecisionTime": Type.TIME,
    "Group": Type.LABEL,
    "Issue": Type.LABEL,
    "Name": Type.LABEL,
    "Outcome": Type.LABEL,
    "OutcomeTime": Type.TIME,
    "Propensity": Type.NUMBER,
    "Rank": Type.INTEGER,
}
PLAN = tuple(Column(name, kind) for name, kind in TYPES.items())
COMMON = tuple(column for column in PLAN if column.name != "Propensity")
SCHEMA: dict[str, pl.DataType] = {name: kind() for name, kind in ROW_COLUMNS.items()}
SCHEMA |= {
    name: {
        Type.TEXT: pl.String(),
        Type.LABEL: pl.String(),
        Type.TIME: pl.Datetime("us"),
        Type.NUMBER: pl.Float64(),
        Type.INTEGER: pl.Int64(),
    }[kind]
    for name, kind in TYPES.items()
}


@dataclass(frozen=True)
class Row:
    _fact: int | None
    _fact_text: str | None
    _interaction: str | None
    _row_hash: str | None
    Channel: str | None
    DecisionTime: datetime | None
    Group: str | None
    Issue: str | None
    Name: str | None
    Outcome: str | None
    OutcomeTime: datetime
    Propensity: float | None
    Rank: int | None

    @property
    def offer(self) -> object:
        if self._interaction is None:
            return ("alone", self.identity)
        return (self._interaction, self.Issue or "", self.Group or "", self.Name or "", self.Rank)

    @property
    def identity(self) -> object:
        if self._fact is not None:
            return ("fact", self._fact)
        if self._fact_text is not None:
            return ("fact", self._fact_text)
        if self._interaction is not None:
            return (self.offer, self.Outcome or "", self.OutcomeTime)
        return ("values", self._row_hash)

    @property
    def strength(self) -> tuple[object, ...]:
        values = [getattr(self, name) for name in TYPES]
        return (self.OutcomeTime, *(((value not in {None, ""}), value or _least(value)) for value in values))


def _least(value: object) -> object:
    return "" if value is None else value


def hours(maximum: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, maximum).map(lambda hour: EPOCH + timedelta(hours=hour))


@st.composite
def rows(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(["number", "text", "interaction", "nothing"]))
    interaction = draw(st.sampled_from(["1", "2", "x"])) if kind == "interaction" else None
    if kind in {"number", "text"}:
        interaction = draw(st.sampled_from(["1", "2", "x", None]))
    values: dict[str, Any] = {
        "Channel": draw(st.sampled_from(["Web", "Mobile", None, ""])),
        "DecisionTime": draw(st.one_of(st.none(), hours(100))),
        "Group": draw(st.sampled_from(["Cards", "", None])),
        "Issue": "Sales",
        "Name": draw(st.sampled_from(["A", "B"])),
        "Outcome": draw(st.sampled_from(["Clicked", "Impression"])),
        "OutcomeTime": draw(hours(4)),
        "Propensity": draw(st.sampled_from([0.25, 0.5])),
        "Rank": draw(st.sampled_from([1, 2, None])),
    }
    return Row(
        _fact=draw(st.integers(-3, 3)) if kind == "number" else None,
        _fact_text=draw(st.sampled_from(["f1", "f2"])) if kind == "text" else None,
        _interaction=interaction,
        _row_hash=repr(sorted((k, str(v)) for k, v in values.items())) if kind == "nothing" else None,
        **values,
    )


def frame(batch: list[Row]) -> pl.DataFrame:
    return pl.DataFrame([{name: getattr(row, name) for name in SCHEMA} for row in batch], schema=SCHEMA, orient="row")


def land(store: Store, batches: list[list[Row]], landing: int = 1) -> list[Landed]:
    """Land every batch as a file of its own, in a commit of its own."""
    found: list[Landed] = []
    for batch in batches:
        staging = Staging(store.connection, Landing(landing, PLAN, common=COMMON), Labels(store.connection))
        staging.add(0, frame(batch))
        with store.transaction():
            found += staging.land().values()
    return found


def facts(store: Store) -> list[tuple[object, ...]]:
    names = labels.values(PLAN, "facts")
    keys = "CAST(_row AS VARCHAR), CAST(_offer AS VARCHAR), _partition"
    query = f"SELECT {keys}, {names} FROM facts{labels.joins(PLAN, 'facts')}"
    return store.connection.execute(query).fetchall()


@st.composite
def split(draw: st.DrawFn) -> tuple[list[Row], list[list[Row]]]:
    whole = draw(st.lists(rows(), min_size=1, max_size=25))
    shuffled = draw(st.permutations([*whole, *draw(st.lists(st.sampled_from(whole), max_size=5))]))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    edges = [0, *cuts, len(shuffled)]
    return whole, [shuffled[a:b] for a, b in pairwise(edges) if a < b]


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with writing(tmp_path_factory.mktemp("landing") / "cache") as opened:
        yield opened


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=split())
def test_any_split_and_order_gives_the_same_facts(shared_store: Store, case: tuple[list[Row], list[list[Row]]]) -> None:
    whole, batches = case
    store = shared_store
    store.forget()
    winners: dict[object, Row] = {}
    for row in whole:
        if row.identity not in winners or row.strength > winners[row.identity].strength:
            winners[row.identity] = row
    counted = land(store, batches)
    found = facts(store)
    versions = store.connection.execute("SELECT partition, rows FROM partitions WHERE rows > 0").fetchall()
    assert sum(item.landed for item in counted) == len(winners)
    assert sum(item.duplicates for item in counted) == sum(map(len, batches)) - len(winners)
    expected = sorted(_comparable(getattr(row, name) for name in TYPES) for row in winners.values())
    assert sorted(_comparable(row[3:]) for row in found) == expected
    assert len({row[1] for row in found}) == len({row.offer for row in winners.values()})
    partitions_of = defaultdict(set)
    for fact in found:
        partitions_of[fact[1]].add(fact[2])
    assert all(len(partitions) == 1 for partitions in partitions_of.values())
    assert sum(count for _, count in versions) == len(found)


def _comparable(values: object) -> tuple[str, ...]:
    assert hasattr(values, "__iter__")
    return tuple(str(value or "") for value in values)


def row(**changes: object) -> Row:
    values: dict[str, object] = dict.fromkeys(SCHEMA)
    values |= {"_fact": 1, "_interaction": "7", "Issue": "Sales", "Group": "Cards", "Name": "A", "Rank": 1}
    values |= {"Outcome": "Impression", "OutcomeTime": EPOCH, "DecisionTime": EPOCH, "Channel": "Web"}
    return Row(**(values | changes))  # type: ignore[arg-type]  # the fields are checked by the dataclass at run time


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with writing(tmp_path / "cache") as opened:
        yield opened


def test_a_late_click_joins_its_impression_and_marks_that_partition(store: Store) -> None:
    land(store, [[row(), row(_fact=2, _interaction="8")]])
    before = dict(store.connection.execute("SELECT partition, version FROM partitions").fetchall())
    click = row(
        _fact=3, Outcome="Clicked", OutcomeTime=EPOCH + timedelta(days=3), DecisionTime=EPOCH + timedelta(days=3)
    )
    land(store, [[click]])
    after = dict(store.connection.execute("SELECT partition, version FROM partitions").fetchall())
    assert before == {date(2026, 1, 1): 1}
    assert after == {date(2026, 1, 1): 2}
    assert len({found[1] for found in facts(store)}) == 2


def test_a_pure_duplicate_touches_nothing(store: Store) -> None:
    land(store, [[row()]])
    counted = land(store, [[row(), row()]])
    assert counted == [Landed(landed=0, duplicates=2, conflicts=0, too_late=0)]
    assert store.connection.execute("SELECT version FROM partitions").fetchall() == [(1,)]


def test_conflicts_are_counted_and_the_later_row_wins(store: Store) -> None:
    land(store, [[row()]])
    counted = land(store, [[row(Channel="Mobile", OutcomeTime=EPOCH + timedelta(hours=1)), row(Channel="App")]])
    assert counted == [Landed(landed=0, duplicates=2, conflicts=2, too_late=0)]
    assert [found[3] for found in facts(store)] == ["Mobile"]


def test_a_value_beats_a_missing_one(store: Store) -> None:
    land(store, [[row(Channel="")], [row(Channel="App")], [row(Channel=None)]])
    assert [found[3] for found in facts(store)] == ["App"]


def test_rows_for_a_sealed_partition_are_too_late(store: Store) -> None:
    land(store, [[row()]])
    with store.transaction():
        seal(store.connection, [date(2026, 1, 1)])
    later = row(
        _fact=9, OutcomeTime=EPOCH + timedelta(days=2), DecisionTime=EPOCH + timedelta(days=2), _interaction="9"
    )
    counted = land(store, [[row(_fact=5), later]])
    assert counted == [Landed(landed=1, duplicates=0, conflicts=0, too_late=1)]
    assert store.connection.execute("SELECT partition, sealed FROM partitions ORDER BY 1").fetchall() == [
        (date(2026, 1, 1), True),
        (date(2026, 1, 3), False),
    ]


def test_a_row_read_again_with_more_columns_replaces_the_old_one_without_a_conflict(store: Store) -> None:
    land(store, [[row(Propensity=None)]])
    counted = land(store, [[row(Propensity=0.5)]], landing=2)
    assert counted == [Landed(landed=1, duplicates=0, conflicts=0, too_late=0)]
    assert [found[-2] for found in facts(store)] == [0.5]


def test_a_sealed_row_and_a_sealed_offer_are_too_late_whatever_their_times_say(store: Store) -> None:
    land(store, [[row()]])
    with store.transaction():
        seal(store.connection, [date(2026, 1, 1)])
    later = EPOCH + timedelta(days=9)
    same_row = row(OutcomeTime=later, DecisionTime=later, _interaction="other")
    same_offer = row(_fact=2, Outcome="Clicked", OutcomeTime=later, DecisionTime=None)
    assert land(store, [[same_row, same_offer]]) == [Landed(landed=0, duplicates=0, conflicts=0, too_late=2)]
    assert facts(store) == []


def test_a_row_that_is_too_late_takes_no_other_with_it(store: Store) -> None:
    land(store, [[row()]])
    with store.transaction():
        seal(store.connection, [date(2026, 1, 1)])
    later = EPOCH + timedelta(days=9)
    fine = row(_fact=5, _interaction="5", DecisionTime=later, OutcomeTime=later)
    winner = row(_fact=5, OutcomeTime=later + timedelta(days=1), DecisionTime=EPOCH)
    assert land(store, [[fine, winner]]) == [Landed(landed=1, duplicates=0, conflicts=0, too_late=1)]


def test_a_fact_of_an_older_landing_gives_way_only_to_itself(store: Store) -> None:
    click = row(Outcome="Clicked", OutcomeTime=EPOCH + timedelta(hours=1), Propensity=None)
    land(store, [[click]])
    older = land(store, [[row(Propensity=0.5)]], landing=2)
    assert older == [Landed(landed=0, duplicates=1, conflicts=1, too_late=0)]
    assert [found[3 + list(TYPES).index("Outcome")] for found in facts(store)] == ["Clicked"]


def test_discarding_a_file_leaves_the_others(store: Store) -> None:
    staging = Staging(store.connection, Landing(1, PLAN), Labels(store.connection))
    staging.add(0, frame([row()]))
    staging.add(1, frame([row(_fact=2)]))
    staging.discard(0)
    with store.transaction():
        counted = staging.land()
    assert counted == {1: Landed(1, 0, 0, 0)}
