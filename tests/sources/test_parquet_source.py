"""Parquet files: types, batches, and damage."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.errors import UnreadableFileError
from valuekit.sources import parquet
from valuekit.sources.parquet import Parquet

if TYPE_CHECKING:
    from pathlib import Path

    from sources.conftest import Read, Refusal


def stored(table: Any, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


NOON = dt.datetime(2025, 1, 2, 12, tzinfo=dt.UTC)
KINDS: dict[str, tuple[Any, pl.DataType, list[object], list[str | None]]] = {
    "text": (pa.array(["ä", "", None]), pl.String(), ["ä", "", None], ["ä", "", None]),
    "codes": (pa.array(["x", None, "x"]).dictionary_encode(), pl.String(), ["x", None, "x"], ["x", None, "x"]),
    "whole": (pa.array([1, 2**62, None]), pl.Int64(), [1, 2**62, None], ["1", str(2**62), None]),
    "small": (pa.array([1, -2, None], pa.int8()), pl.Int8(), [1, -2, None], ["1", "-2", None]),
    "real": (pa.array([0.5, 1.0, None]), pl.Float64(), [0.5, 1.0, None], ["0.5", "1.0", None]),
    "half": (pa.array([0.5, 1.0, None], pa.float16()), pl.Float64(), [0.5, 1.0, None], ["0.5", "1.0", None]),
    "truth": (pa.array([True, False, None]), pl.Boolean(), [True, False, None], ["true", "false", None]),
    "money": (
        pa.array([decimal.Decimal("1.25"), decimal.Decimal("-0.07"), None], pa.decimal128(12, 2)),
        pl.Float64(),
        [1.25, -0.07, None],
        ["1.25", "-0.07", None],
    ),
    "huge": (
        pa.array([decimal.Decimal(10) ** 45, None, None], pa.decimal256(60, 2)),
        pl.Float64(),
        [1e45, None, None],
        ["1e+45", None, None],
    ),
    "day": (pa.array([NOON.date(), None, None]), pl.Date(), [NOON.date(), None, None], ["2025-01-02", None, None]),
    "time": (
        pa.array([NOON, None, None], pa.timestamp("us", "UTC")),
        pl.Datetime("us", "UTC"),
        [NOON, None, None],
        ["2025-01-02 12:00:00.000000+00:00", None, None],
    ),
    "list": (pa.array([[1, None], [], None]), pl.String(), ["[1,null]", "[]", None], ["[1,null]", "[]", None]),
    "struct": (
        pa.array([{"b": 1, "a": "é"}, None, {"b": None, "a": None}]),
        pl.String(),
        ['{"a":"é","b":1}', None, '{"a":null,"b":null}'],
        ['{"a":"é","b":1}', None, '{"a":null,"b":null}'],
    ),
    "bytes": (pa.array(["né".encode(), b"", None]), pl.String(), ["né", "", None], ["né", "", None]),
    "raw": (pa.array([b"\xff\x00", b"a", None]), pl.String(), ["ff00", "61", None], ["ff00", "61", None]),
    "nothing": (pa.nulls(3), pl.String(), [None] * 3, [None] * 3),
    "json": (
        pa.array(['{"a":1}', None, None], pa.json_()),
        pl.String(),
        ['{"a":1}', None, None],
        ['{"a":1}', None, None],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_types(read: Read, kind: str) -> None:
    array, dtype, values, texts = KINDS[kind]
    (batch,) = read(stored(pa.table({kind: array})), "parquet").batches
    assert batch.frame.schema == {kind: dtype}
    assert batch.frame[kind].to_list() == values
    assert batch.whole([0, 1, 2]).schema == {kind: pl.String()}
    assert batch.whole([0, 1, 2])[kind].to_list() == texts
    assert (batch.lines.to_list(), batch.names, batch.rejected, batch.member) == ([1, 2, 3], (kind,), (), None)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(height=st.integers(0, 300), group=st.integers(1, 120), size=st.integers(1, 100), data=st.data())
def test_rows_come_in_order_whatever_the_row_groups(
    tmp_path: Path, *, height: int, group: int, size: int, data: st.DataObject
) -> None:
    path = tmp_path / "table"
    path.write_bytes(
        stored(pa.table({"id": range(height), "text": [f"t{at}" for at in range(height)]}), row_group_size=group)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "_BATCH_ROWS", size)
        batches = list(Parquet().batches(path, lambda _: ["id", "absent"]))
        found = [row for batch in batches for row in batch.frame["id"].to_list()]
        lines = [line for batch in batches for line in batch.lines]
        batch = data.draw(st.sampled_from(batches))
        whole = batch.whole(range(batch.frame.height))
    assert found == list(range(height))
    assert lines == list(range(1, height + 1))
    assert all(batch.frame.height <= size for batch in batches)
    assert whole.to_dicts() == [{"id": str(at), "text": f"t{at}"} for at in batch.frame["id"].to_list()]


def test_no_rows_still_have_columns(read: Read) -> None:
    (batch,) = read(stored(pa.table({"a": pa.array([], pa.int64())})), "parquet").batches
    assert (batch.names, batch.frame.schema, batch.lines.len()) == (("a",), {"a": pl.Int64()}, 0)


def test_nothing_chosen_still_counts_rows(read: Read) -> None:
    (batch,) = read(stored(pa.table({"a": [1, 2]})), "parquet", choose=lambda _: []).batches
    assert (batch.frame.shape, batch.lines.to_list()) == ((2, 0), [1, 2])


def test_as_polars_writes_it(read: Read) -> None:
    out = io.BytesIO()
    frame = pl.DataFrame({"a": ["x", None, "y"], "b": [[1], None, []]}, schema_overrides={"a": pl.Categorical})
    frame.write_parquet(out)
    assert read(out.getvalue(), "parquet").rows == [
        {"a": "x", "b": "[1]"},
        {"a": None, "b": None},
        {"a": "y", "b": "[]"},
    ]


SOUND = stored(
    pa.table({"id": range(3000), "text": [json.dumps({"at": at}) for at in range(3000)]}),
    row_group_size=1000,
    write_page_checksum=True,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(SOUND) - 1), bit=st.integers(0, 7))
def test_a_changed_bit_never_changes_a_row_in_silence(read: Read, place: int, bit: int) -> None:
    damaged = bytearray(SOUND)
    damaged[place] ^= 1 << bit
    try:
        rows = read(bytes(damaged), "parquet").rows
    except UnreadableFileError:
        return
    if len(SOUND) - place > 2000:  # the pages have checksums, the footer has none
        assert [row["id"] for row in rows] == list(range(3000))


@pytest.mark.parametrize("size", [4, 5, 100, len(SOUND) // 2, len(SOUND) - 8, len(SOUND) - 1])
def test_cut_off(refusal: Refusal, size: int) -> None:
    assert refusal(SOUND[:size], "parquet").startswith("a damaged Parquet file: ")


def test_text_that_is_no_utf8(refusal: Refusal) -> None:
    array = pa.array([b"long enough not to be inlined \xff\xfe"]).view(pa.string())
    assert refusal(stored(pa.table({"a": array})), "parquet").startswith("a damaged Parquet file: Invalid UTF8")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "an empty file"), (b'{"a": 1}', "not a Parquet file"), (b"PARE....PARE", "an encrypted Parquet file")],
)
def test_what_is_no_parquet(refusal: Refusal, content: bytes, reason: str) -> None:
    assert refusal(content, "parquet") == reason


def test_two_columns_of_one_name(refusal: Refusal) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert refusal(stored(table), "parquet") == "two columns have one name"
