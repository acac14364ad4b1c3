"""Every state's SQL gives on Spark what it gives on DuckDB: transpiled by sqlglot, run by pysail.

pysail is a server that speaks Spark Connect without Java; it runs inside the test process and needs no network.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot

from state_comparisons import compare
from state_examples import EXAMPLES, many_rows
from state_forms import SqlForm, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from valuekit.states.base import State

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas >= 3.0.0:FutureWarning"),
]

every_state = pytest.mark.parametrize("state", EXAMPLES, ids=lambda state: state.name)

ROWS = many_rows(seed=5, size=1500, parts=4)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as opened:
        yield opened


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    with pytest.MonkeyPatch.context() as patched:
        # A worker of pytest-xdist has no main file, which pyspark takes for a doctest.
        patched.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
        session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    yield session
    session.stop()
    server.stop()


def on_spark(spark: Any, query: str, relation: pa.Table, keys: Sequence[str]) -> pa.Table:
    (written,) = sqlglot.transpile(query, read="duckdb", write="spark")
    spark.createDataFrame(relation).createOrReplaceTempView("relation")
    return in_order(spark.sql(written).toArrow(), keys)


@every_state
def test_building_gives_the_same_cells(connection: duckdb.DuckDBPyConnection, spark: Any, state: State) -> None:
    query = state.build_sql('"relation"', ["grp"])
    cells = SqlForm(connection, state).build(ROWS, ["grp"])
    compare(connection, state, on_spark(spark, query, ROWS, ["grp"]), cells, ROWS)


@every_state
def test_merging_gives_the_same_cells(connection: duckdb.DuckDBPyConnection, spark: Any, state: State) -> None:
    form = SqlForm(connection, state)
    cells = form.build(ROWS, ["grp", "part"])
    query = state.merge_sql('"relation"', ["grp"])
    compare(connection, state, on_spark(spark, query, cells, ["grp"]), form.merge(cells, ["grp"]), ROWS)
