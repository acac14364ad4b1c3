"""The law of every state: merging the cells of A and of B gives the cell of A and B together, however they are split.

Generic over the examples of `state_examples`; held by both forms of a state, SQL and NumPy, each by itself, and by the
two together.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import valuekit.states
from state_comparisons import COMPARISONS, compare
from state_examples import EXAMPLES, FEW_ROWS, ROW, many_rows
from state_forms import Form, NumpyForm, SqlForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.states.base import State

SEAMS = {"base", "plan"}  # modules that say what a state is and which are asked for, and hold none

every_state = pytest.mark.parametrize("state", EXAMPLES, ids=lambda state: state.name)
both_forms = pytest.mark.parametrize("form", [SqlForm, NumpyForm], ids=["SQL", "NumPy"])
few = settings(max_examples=10, deadline=None)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as opened:
        yield opened


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    return table.take(np.random.default_rng(seed).permutation(table.num_rows))


def parts_of(form: Form, rows: pa.Table) -> list[pa.Table]:
    """The cells of each part of the rows, by `grp`."""
    cells = form.build(rows, ["grp", "part"])
    part = cells.column("part").to_numpy()
    return [cells.filter(pa.array(part == number)).drop_columns("part") for number in np.unique(part)]


def merged(form: Form, *cells: pa.Table) -> pa.Table:
    return form.merge(pa.concat_tables(cells).combine_chunks(), ["grp"])


def test_every_class_has_an_example_and_a_comparison() -> None:
    modules = [
        importlib.import_module(f"valuekit.states.{module.name}")
        for module in pkgutil.iter_modules(valuekit.states.__path__)
        if module.name not in SEAMS
    ]
    classes = {
        member
        for module in modules
        for _, member in inspect.getmembers(module, inspect.isclass)
        if member.__module__ == module.__name__ and hasattr(member, "build_sql")
    }
    assert classes
    assert {type(example) for example in EXAMPLES} == classes == set(COMPARISONS)
    assert {example.joint for example in EXAMPLES if hasattr(example, "joint")} == {True, False}


@every_state
@both_forms
@few
@given(rows=FEW_ROWS, seed=st.integers(0, 999))
def test_merging_parts_in_one_step_gives_the_cells_of_the_whole(
    connection: duckdb.DuckDBPyConnection, state: State, form: type[SqlForm | NumpyForm], rows: pa.Table, seed: int
) -> None:
    """Homomorphism, for any split and any order of the cells, groups of NULL keys included."""
    made = form(connection, state)
    cells = shuffled(made.build(rows, ["grp", "part"]), seed)
    compare(connection, state, made.merge(cells, ["grp"]), made.build(rows, ["grp"]), rows)


@every_state
@both_forms
@few
@given(rows=FEW_ROWS, data=st.data())
def test_merging_is_commutative_and_associative(
    connection: duckdb.DuckDBPyConnection,
    state: State,
    form: type[SqlForm | NumpyForm],
    rows: pa.Table,
    data: st.DataObject,
) -> None:
    """Parts merged two at a time, in a random order and a random tree, give what one step gives."""
    made = form(connection, state)
    parts = parts_of(made, rows)
    whole = made.build(rows, ["grp"])
    while len(parts) > 1:
        left = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        right = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
        parts.append(merged(made, left, right))
    for tree in parts:
        compare(connection, state, tree, whole, rows)


@every_state
@both_forms
@few
@given(rows=FEW_ROWS)
def test_the_cell_of_no_rows_changes_nothing(
    connection: duckdb.DuckDBPyConnection, state: State, form: type[SqlForm | NumpyForm], rows: pa.Table
) -> None:
    """Identity, on either side."""
    made = form(connection, state)
    nothing = NumpyForm(connection, state).nothing()
    some = made.build(rows.set_column(0, ROW.field("grp"), pa.nulls(rows.num_rows, pa.string())), ["grp"])
    assert merged(made, nothing, nothing).to_pylist() == nothing.to_pylist()
    assert made.merge(nothing.slice(0, 0), ["grp"]).num_rows == 0
    if some.num_rows:
        for together in (merged(made, nothing, some), merged(made, some, nothing)):
            assert repr(together.to_pylist()) == repr(some.to_pylist())


@every_state
@few
@given(rows=FEW_ROWS)
def test_both_forms_agree(connection: duckdb.DuckDBPyConnection, state: State, rows: pa.Table) -> None:
    by_sql, by_numpy = SqlForm(connection, state), NumpyForm(connection, state)
    compare(connection, state, by_numpy.build(rows, ["grp"]), by_sql.build(rows, ["grp"]), rows)
    cells = by_sql.build(rows, ["grp", "part"])
    compare(connection, state, by_numpy.merge(cells, ["grp"]), by_sql.merge(cells, ["grp"]), rows)


@every_state
@few
@given(rows=FEW_ROWS, seed=st.integers(0, 999))
def test_equal_rows_in_another_order_give_equal_bits(
    connection: duckdb.DuckDBPyConnection, state: State, rows: pa.Table, seed: int
) -> None:
    made = NumpyForm(connection, state)
    one, other = made.build(rows, ["grp"]), made.build(shuffled(rows, seed), ["grp"])
    assert repr(other.to_pylist()) == repr(one.to_pylist())


@every_state
@pytest.mark.parametrize("parts", [1, 7, 1000])
def test_groups_of_any_size_merge_from_any_number_of_parts(
    connection: duckdb.DuckDBPyConnection, state: State, parts: int
) -> None:
    """Huge, tiny and one-sided groups, in both forms, each against the other."""
    rows = many_rows(parts, parts=parts)
    by_sql, by_numpy = SqlForm(connection, state), NumpyForm(connection, state)
    whole = by_numpy.build(rows, ["grp"])
    assert repr(by_numpy.build(shuffled(rows, 1), ["grp"]).to_pylist()) == repr(whole.to_pylist())
    compare(connection, state, by_sql.build(rows, ["grp"]), whole, rows)
    cells = by_numpy.build(rows, ["grp", "part"])
    for made in (by_sql, by_numpy):
        for seed in (1, 2):
            compare(connection, state, made.merge(shuffled(cells, seed), ["grp"]), whole, rows)


@every_state
def test_cells_have_the_declared_types(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    rows = many_rows(0, size=50)
    by_sql, by_numpy = SqlForm(connection, state), NumpyForm(connection, state)
    declared = [(column.name, column.sql_type) for column in state.stored]
    assert len({name for name, _ in declared}) == len(declared)
    for table in (by_sql.build(rows, ["grp"]), by_numpy.build(rows, ["grp"]), by_numpy.nothing()):
        connection.register("cells", table)
        queries = ["FROM cells", *(["FROM (" + state.merge_sql("cells", ["grp"]) + ")"])]
        for query in queries:
            described = connection.execute(f"DESCRIBE {query}").fetchall()
            assert [(row[0], row[1]) for row in described[1:]] == declared
