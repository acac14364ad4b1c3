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
    "codes": (pa.array(["x", None, "x"]).dictionary_encode(), pl.Enum(["x"]), ["x", None, "x"], ["x", None, "x"]),
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


REPEATED = ["Web", None, "é", "Web", ""] * 400


@pytest.mark.parametrize(
    ("texts", "stored_as", "repeats"),
    [
        (REPEATED, {"compression": "zstd"}, True),
        (REPEATED, {"use_dictionary": False}, False),
        (REPEATED, {"row_group_size": 300}, False),
        ([None] * 2000, {}, True),
        ([f"{at:06}" for at in range(2000)], {}, False),
        ([*["a"] * 1999, "b" * 30], {"dictionary_pagesize_limit": 9, "write_batch_size": 100}, True),
    ],
    ids=["repeated", "plain", "small groups", "missing", "different", "in two encodings"],
)
def test_texts_that_repeat_are_kept_once(
    read: Read, texts: list[str | None], stored_as: dict[str, Any], *, repeats: bool
) -> None:
    table = pa.table({"text": pa.array(texts, pa.string()), "id": range(2000)})
    (batch,) = read(stored(table, **stored_as), "parquet").batches
    assert isinstance(batch.frame["text"].dtype, pl.Enum) == repeats
    assert batch.frame["text"].cast(pl.String).to_list() == texts
    assert batch.whole([1999, 2, 0])["text"].to_list() == [texts[1999], texts[2], texts[0]]
    assert batch.whole([1999, 2, 0])["id"].to_list() == ["1999", "2", "0"]


def test_a_text_that_is_not_utf_8_is_damage_also_where_it_repeats(refusal: Refusal) -> None:
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0] * 500), pa.array([b"ok", b"\xff"]).view(pa.string()))
    assert refusal(stored(pa.table({"text": codes})), "parquet").startswith("a damaged Parquet file: Invalid UTF8")


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


DAYS = {1: -719_162, 2025: 20_089, 9999: 2_932_896}  # 0001-01-01, 2025-01-01 and 9999-12-31, counted from 1970-01-01
A_DAY = {"ms": 86_400_000, "us": 86_400_000_000}


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
@pytest.mark.parametrize("unit", A_DAY)
def test_times_that_cannot_be_printed_are_integers(read: Read, unit: str, zone: str | None) -> None:
    day = A_DAY[unit]
    stored_as = [DAYS[1] * day - 1, (DAYS[9999] + 1) * day, 3_663_000 * day, -902_000 * day, 2**63 - 1, 1 - 2**63]
    printed = [DAYS[1] * day, DAYS[2025] * day, (DAYS[9999] + 1) * day - 1]
    array = pa.array([*stored_as, *printed, None], pa.timestamp(unit, zone))
    (batch,) = read(stored(pa.table({"id": range(10), "time": array})), "parquet").batches
    texts = batch.whole(range(10))["time"].to_list()
    assert texts[:6] == [str(value) for value in stored_as]
    assert texts[9] is None
    if zone != "America/New_York":
        assert [text[:19] for text in texts[6:9]] == [
            "0001-01-01 00:00:00",
            "2025-01-01 00:00:00",
            "9999-12-31 23:59:59",
        ]
    assert texts[7][:16] == ("2024-12-31 19:00" if zone == "America/New_York" else "2025-01-01 00:00")


def test_nanoseconds_are_all_printed(read: Read) -> None:
    array = pa.array([2**63 - 1, 1 - 2**63], pa.timestamp("ns"))
    (batch,) = read(stored(pa.table({"time": array}), version="2.6"), "parquet").batches
    assert [text[:10] for text in batch.whole([0, 1])["time"]] == ["2262-04-11", "1677-09-21"]


def test_days_that_cannot_be_printed_are_integers(read: Read) -> None:
    days = [DAYS[1] - 1, DAYS[1], DAYS[9999], DAYS[9999] + 1, 2**31 - 1, -(2**31), None]
    (batch,) = read(stored(pa.table({"day": pa.array(days, pa.int32()).cast(pa.date32())})), "parquet").batches
    assert batch.whole(range(7))["day"].to_list() == [
        "-719163",
        "0001-01-01",
        "9999-12-31",
        "2932897",
        "2147483647",
        "-2147483648",
        None,
    ]


def test_durations_are_integers_as_text(read: Read) -> None:
    (batch,) = read(stored(pa.table({"took": pa.array([90, None, -(2**62)], pa.duration("us"))})), "parquet").batches
    assert batch.whole([0, 1, 2])["took"].to_list() == ["90", None, str(-(2**62))]


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("store_schema", [True, False])
def test_int96_does_not_wrap(read: Read, zone: str | None, *, store_schema: bool) -> None:
    times = [dt.datetime(year, 6, 1, 12, 0, 0, 250_001) for year in (1, 1600, 2025, 2500, 9999)]
    array = pa.array([*times, None], pa.timestamp("us")).cast(pa.timestamp("us", zone))
    content = stored(pa.table({"time": array}), use_deprecated_int96_timestamps=True, store_schema=store_schema)
    assert pq.ParquetFile(io.BytesIO(content)).schema.column(0).physical_type == "INT96"
    (batch,) = read(content, "parquet").batches
    found = batch.frame["time"]
    assert isinstance(found.dtype, pl.Datetime)
    assert found.dtype.time_unit == "us"
    assert found.dt.replace_time_zone(None).to_list() == [*times, None]
    texts = batch.whole(range(6))["time"].to_list()
    assert [text and text[:26] for text in texts] == [*map(str, times), None]


def test_int96_of_nanoseconds_loses_what_is_below_a_microsecond(read: Read) -> None:
    array = pa.array([1_735_732_800_123_456_789], pa.timestamp("ns"))
    (batch,) = read(stored(pa.table({"time": array}), use_deprecated_int96_timestamps=True), "parquet").batches
    assert batch.frame["time"].to_physical().to_list() == [1_735_732_800_123_456]


def test_int96_without_rows(read: Read) -> None:
    array = pa.array([], pa.timestamp("ns"))
    (batch,) = read(stored(pa.table({"time": array}), use_deprecated_int96_timestamps=True), "parquet").batches
    assert batch.frame.schema == {"time": pl.Datetime("us")}


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


def test_a_nested_time_beyond_python_makes_the_file_unreadable_and_nothing_else(tmp_path: Path) -> None:
    times = pa.array([[253402300800000001]], pa.list_(pa.timestamp("us")))
    pq.write_table(pa.table({"moments": times, "pyName": ["a"]}), tmp_path / "x.parquet")
    with pytest.raises(UnreadableFileError, match="list or struct"):
        list(Parquet().batches(tmp_path / "x.parquet", list))
    (batch,) = Parquet().batches(tmp_path / "x.parquet", lambda _: ["pyName"])
    assert batch.frame["pyName"].to_list() == ["a"]
