"""The law of every state: merging the cells of A and of B gives the cell of A and B together, however they are split.

Generic over `State.stored`: cells are built and merged by each state's own SQL, on DuckDB.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import valuekit.states
from valuekit import sql
from valuekit.metrics.arms import Arms
from valuekit.states.counts import Count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from valuekit.states.base import State

# One or more examples of every class of state. A new class without an example fails `test_every_class_has_an_example`.
EXAMPLES: tuple[State, ...] = (
    Count("Offers"),
    Count("Positives", "_positive"),
    Count("Unlabelled", '"ModelControlGroup" IS NULL', frozenset({"ModelControlGroup"})),
    *Arms("ModelControlGroup", "Test", "Control").states[:2],
)

SEAMS = {"base", "plan"}  # modules that say what a state is and which are asked for, and hold none

# The columns that the examples read, with the values that offers may have in them; None is a missing value.
COLUMNS: dict[str, tuple[str, st.SearchStrategy[object]]] = {
    "ModelControlGroup": ("VARCHAR", st.sampled_from(["Test", "Control", "test", "Other", None])),
}

Offer = tuple[object, ...]
OFFER = st.tuples(st.sampled_from(["Web", "Mobile", None]), st.booleans(), *(values for _, values in COLUMNS.values()))
PARTS = st.lists(st.lists(OFFER, max_size=12), min_size=1, max_size=6)

every_state = pytest.mark.parametrize("state", EXAMPLES, ids=lambda state: state.name)
few = settings(max_examples=25, deadline=None)


class Cells:
    """Builds and merges the cells of one state, a cell for each value of `grp`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, state: State) -> None:
        self.connection = connection
        self.state = state
        self.names = ["grp", *(column.name for column in state.stored)]
        types = ["VARCHAR", *(column.sql_type for column in state.stored)]
        columns = ", ".join(f"{sql.name(name)} {kind}" for name, kind in zip(self.names, types, strict=True))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE cells ({columns})")
        reads = ", ".join(f"{sql.name(name)} {COLUMNS[name][0]}" for name in sorted(state.reads))
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE offers (grp VARCHAR, _positive BOOLEAN{', ' * bool(reads)}{reads})"
        )

    def build(self, offers: Sequence[Offer], *, grouped: bool = True) -> list[tuple[Any, ...]]:
        """The cells of these offers; of no offers ungrouped, the cell of nothing."""
        kept = [0, 1, *(2 + number for number, name in enumerate(COLUMNS) if name in self.state.reads)]
        aggregates = [(column.name, column.build) for column in self.state.stored]
        return self._aggregate(
            "offers", [tuple(offer[at] for at in kept) for offer in offers], aggregates, grouped=grouped
        )

    def merge(self, *cells: Iterable[tuple[Any, ...]], grouped: bool = True) -> list[tuple[Any, ...]]:
        """Merge sets of cells into one."""
        rows = [cell for part in cells for cell in part]
        aggregates = [(column.name, column.merge) for column in self.state.stored]
        return self._aggregate("cells", rows, aggregates, grouped=grouped)

    def _aggregate(
        self, table: str, rows: list[tuple[Any, ...]], aggregates: list[tuple[str, str]], *, grouped: bool
    ) -> list[tuple[Any, ...]]:
        self.connection.execute(f"DELETE FROM {table}")
        if rows:
            marks = f"({', '.join('?' for _ in rows[0])})"
            values = [value for row in rows for value in row]
            self.connection.execute(f"INSERT INTO {table} VALUES {', '.join([marks] * len(rows))}", values)
        key, group = ("grp", "GROUP BY grp") if grouped else ("NULL", "")
        listed = ", ".join(f"{expression} AS {sql.name(name)}" for name, expression in aggregates)
        query = f"SELECT {key} AS grp, {listed} FROM {table} {group} ORDER BY 1 NULLS FIRST"
        return self.connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as opened:
        yield opened


def test_every_class_has_an_example() -> None:
    modules = [
        importlib.import_module(f"valuekit.states.{module.name}")
        for module in pkgutil.iter_modules(valuekit.states.__path__)
        if module.name not in SEAMS
    ]
    classes = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and hasattr(member, "stored")
    }
    assert classes
    assert {type(example) for example in EXAMPLES} == classes


@every_state
@few
@given(parts=PARTS, data=st.data())
def test_merging_parts_gives_the_cells_of_the_whole(
    connection: duckdb.DuckDBPyConnection, state: State, parts: list[list[Offer]], data: st.DataObject
) -> None:
    """Homomorphism: any split, merged in any order, in one step or in a random tree of steps."""
    cells = Cells(connection, state)
    whole = cells.build([offer for part in parts for offer in part])
    built = [cells.build(part) for part in data.draw(st.permutations(parts))]
    assert cells.merge(*built) == whole
    while len(built) > 1:
        left = built.pop(data.draw(st.integers(0, len(built) - 1)))
        right = built.pop(data.draw(st.integers(0, len(built) - 1)))
        built.append(cells.merge(left, right))
    assert built == [whole]


@every_state
@few
@given(a=st.lists(OFFER, max_size=8), b=st.lists(OFFER, max_size=8), c=st.lists(OFFER, max_size=8))
def test_merging_is_commutative_and_associative(
    connection: duckdb.DuckDBPyConnection, state: State, a: list[Offer], b: list[Offer], c: list[Offer]
) -> None:
    cells = Cells(connection, state)
    one, two, three = cells.build(a), cells.build(b), cells.build(c)
    assert cells.merge(one, two) == cells.merge(two, one)
    assert cells.merge(cells.merge(one, two), three) == cells.merge(one, cells.merge(two, three))


@every_state
@few
@given(offers=st.lists(OFFER, min_size=1, max_size=12))
def test_the_cell_of_no_offers_changes_nothing(
    connection: duckdb.DuckDBPyConnection, state: State, offers: list[Offer]
) -> None:
    """Identity, of both empty cells: no row at all, and the row that an aggregate over nothing gives."""
    cells = Cells(connection, state)
    some = cells.build(offers, grouped=False)
    nothing = cells.build([], grouped=False)
    assert cells.merge(some, grouped=False) == some
    assert cells.merge(nothing, some, grouped=False) == cells.merge(some, nothing, grouped=False) == some
    assert cells.build([]) == []


@every_state
@few
@given(offers=st.lists(OFFER, max_size=20))
def test_a_coarser_grain_gives_what_the_offers_give_at_that_grain(
    connection: duckdb.DuckDBPyConnection, state: State, offers: list[Offer]
) -> None:
    cells = Cells(connection, state)
    assert cells.merge(cells.build(offers), grouped=False) == cells.build(offers, grouped=False)


@every_state
def test_cells_have_the_declared_types(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    cells = Cells(connection, state)
    for table, expressions in (
        ("offers", [column.build for column in state.stored]),
        ("cells", [column.merge for column in state.stored]),
    ):
        described = connection.execute(f"DESCRIBE SELECT {', '.join(expressions)} FROM {table}").fetchall()
        assert [row[1] for row in described] == [column.sql_type for column in state.stored], table
    assert cells.names[1:] == list(dict.fromkeys(cells.names[1:]))
