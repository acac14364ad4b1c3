"""A digest's SQL against its NumPy form, on DuckDB and on a Spark dialect."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from valuekit.states.digest import PROTECTED, Digest
from valuekit.states.groups import POSITIVE, Groups

Cell = list[dict[str, Any]]

DIGESTS = [
    Digest("d", '"s"', frozenset({"s"}), delta, joint) for delta in (500, 100, 20, None) for joint in (True, False)
]

specs = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 3, 49, 51, 260, 2500]),
        st.sampled_from(["wide", "ties", "seconds", "narrow", "missing"]),
        st.sampled_from([0.0, 0.02, 0.5, 1.0]),
        st.sampled_from([0.0, 0.1]),
    ),
    min_size=1,
    max_size=6,
)


def rows_of(seed: int, wanted: list[tuple[int, str, float, float]]) -> pa.Table:
    """Rows (weight, s, _positive): the key has the name of a field of a digest, one key is NULL."""
    rng = np.random.default_rng(seed)
    keys, scores, positive = [], [], []
    for group, (count, kind, rate, missing) in enumerate(wanted):
        drawn = {
            "wide": rng.normal(size=count) * 1e6,
            "ties": rng.choice([-0.0, 0.0, 0.1, 0.2], count),
            "seconds": np.round(rng.exponential(300, count)),
            "narrow": rng.beta(1, 50, count),
            "missing": np.full(count, np.nan),
        }[kind]
        drawn[rng.random(count) < missing] = rng.choice([np.nan, np.inf, -np.inf])
        keys += [None if group == 0 else group] * count
        scores.append(drawn)
        positive.append(rng.random(count) < rate)
    order = rng.permutation(len(keys))
    table = pa.table(
        {
            "weight": pa.array(keys, pa.int64()),
            "s": np.concatenate(scores),
            POSITIVE: np.concatenate(positive),
        }
    )
    return table.take(pa.array(order))


def in_numpy(digest: Digest, rows: pa.Table) -> dict[int, Cell]:
    """Cells by key, 0 for NULL."""
    keys = rows["weight"].fill_null(0).to_numpy()
    present, gids = np.unique(keys, return_inverse=True)
    scores = rows["s"].to_numpy()
    values = {digest.value: np.where(np.isfinite(scores), scores, np.nan), POSITIVE: rows[POSITIVE].to_numpy()}
    (column,) = digest.build(Groups(gids.astype(np.int64), len(present), values))
    return dict(zip(present.tolist(), column.to_pylist(), strict=True))


def in_duckdb(query: str, **tables: pa.Table) -> dict[int, Cell]:
    with duckdb.connect(config={"threads": 1}) as connection:
        for name, table in tables.items():
            connection.register(name, table)
        return {key or 0: cell for key, cell in connection.execute(query).fetchall()}


def assert_same(one: dict[int, Cell], two: dict[int, Cell]) -> None:
    assert one.keys() == two.keys()
    for key, cell in one.items():
        other = two[key]
        assert [c["mean"] for c in cell] == pytest.approx([c["mean"] for c in other], rel=1e-12, abs=0)
        assert [{**c, "mean": 0} for c in cell] == [{**c, "mean": 0} for c in other]
        assert [c["mean"] for c in cell if c["atom"]] == [c["mean"] for c in other if c["atom"]]


@given(st.integers(0, 2**32 - 1), specs, st.sampled_from(DIGESTS))
@settings(max_examples=20, deadline=None)
def test_sql_and_numpy_give_the_same_centroids(
    seed: int, wanted: list[tuple[int, str, float, float]], digest: Digest
) -> None:
    rows = rows_of(seed, wanted)
    built = in_numpy(digest, rows)
    assert_same(in_duckdb(digest.build_sql('"_rows"', ["weight"]), _rows=rows), built)

    keys, cells = list(built), pa.array(list(built.values()), digest_type(digest))
    stored = pa.table({"odd": pa.array([key % 2 for key in keys], pa.int64()), "d": cells})
    groups = np.unique(stored["odd"].to_numpy(), return_inverse=True)
    (column,) = digest.merge(groups[1].astype(np.int64), len(groups[0]), [cells])
    merged = dict(zip(groups[0].tolist(), column.to_pylist(), strict=True))
    assert_same(in_duckdb(digest.merge_sql('"_stored"', ["odd"]), _stored=stored), merged)


def digest_type(digest: Digest) -> pa.DataType:
    fields = {"mean": pa.float64(), "weight": pa.int64(), "positives": pa.int64(), "atom": pa.bool_()}
    return pa.list_(pa.struct({name: kind for name, kind in fields.items() if digest.joint or name != "positives"}))


@pytest.mark.parametrize("digest", DIGESTS)
def test_the_stored_column_is_of_the_declared_type(digest: Digest) -> None:
    rows = rows_of(1, [(3000, "narrow", 0.1, 0.1), (2, "missing", 1.0, 0.0)])
    (declared,) = digest.stored
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("_rows", rows)
        built = connection.sql(digest.build_sql('"_rows"', ["weight"]))
        assert [str(kind) for kind in built.types] == ["BIGINT", declared.sql_type]
    assert [cell for cell in in_numpy(digest, rows).values() if not cell] == [[]]
    assert digest.inputs[0].kind == "number"


def test_a_joint_digest_keeps_its_highest_rows_apart() -> None:
    rows = rows_of(2, [(5000, "narrow", 0.1, 0.0)])
    scores = np.sort(rows["s"].to_numpy())
    (cell,) = in_numpy(Digest("d", '"s"', frozenset({"s"}), 500, joint=True), rows).values()
    top = [c["mean"] for c in cell if c["atom"]][-PROTECTED:]
    assert top == scores[-PROTECTED:].tolist()
    assert sum(c["weight"] for c in cell) == 5000


def test_a_value_may_be_any_expression() -> None:
    """What binds looser than a cast stays whole."""
    rows = rows_of(3, [(40, "seconds", 0.5, 0.1)])
    digest = Digest("d", "s + 1", frozenset({"s"}), 500, joint=False)
    (cell,) = in_duckdb(digest.build_sql("(SELECT * FROM _rows)", ["weight"]), _rows=rows).values()
    finite = rows["s"].to_numpy()[np.isfinite(rows["s"].to_numpy())] + 1
    values, counts = np.unique(finite, return_counts=True)
    assert [(c["mean"], c["weight"]) for c in cell] == list(zip(values.tolist(), counts.tolist(), strict=True))


def test_the_sql_has_a_form_for_spark() -> None:
    sqlglot = pytest.importorskip("sqlglot")
    digest = Digest("d", '"s"', frozenset({"s"}), 500, joint=True)
    for query in (digest.build_sql('"t"', ["a"]), digest.merge_sql('"t"', ["a"])):
        (spark,) = sqlglot.transpile(query, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        assert "COLLECT_LIST" in spark
        assert sqlglot.parse_one(spark, read="spark") is not None
