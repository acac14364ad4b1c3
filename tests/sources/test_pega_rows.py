"""JSON lines, in every shape that an export may have, against the standard library reading line by line."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import math
import re
import tarfile
import zipfile
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.sources.pega import PegaExport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sources.conftest import Content, Read

Row = dict[str, object]
PLAIN = re.compile(r"-?\d+(\.\d*[1-9])?")


def is_text_of(text: object, value: object) -> bool:
    """Say whether this is the text that a JSON value should become."""
    match value:
        case None | str():
            return text == value
        case bool():
            return text == ("true" if value else "false")
        case int():
            return text == str(value)
        case float() if math.isfinite(value):  # a double with two shortest texts may come as either
            return isinstance(text, str) and PLAIN.fullmatch(text) is not None and float(text) == value
        case float():
            return text == json.dumps(value)
        case _:
            return text == json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = ("pyName", "pxRank", "Größe", "a b", "row", 'quo"te', "back\\slash", "")
SCALARS = st.none() | st.booleans() | st.integers(-(2**127), 2**128 - 1) | st.floats() | TEXT
NESTED = st.lists(st.integers(-9, 9) | TEXT, max_size=3) | st.dictionaries(TEXT, TEXT | st.none(), max_size=3)
ROWS = st.lists(st.dictionaries(st.sampled_from(NAMES), SCALARS | NESTED, max_size=6), min_size=1, max_size=30)


@st.composite
def written(draw: st.DrawFn, rows: Sequence[Row]) -> tuple[bytes, list[int]]:
    """A text with these rows, and the line that each stands in."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines: list[str] = []
    numbers = []
    for row in rows:
        lines += [draw(st.sampled_from(["", " ", "\t"]))] * draw(st.sampled_from([0, 0, 0, 1, 2]))
        space = draw(st.sampled_from(["", " "]))
        text = json.dumps(row, ensure_ascii=draw(st.booleans()), separators=(f",{space}", f"{space}:{space}"))
        lines.append(text)
        numbers.append(len(lines))
    text = end.join(lines) + (end if draw(st.booleans()) else "")
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(), numbers


def in_zip(text: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("data.json", text)
    return out.getvalue()


def in_tar(text: bytes, mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # any mode is a str here
        info = tarfile.TarInfo("data.json")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return out.getvalue()


def in_gzip_members(text: bytes) -> bytes:
    third = len(text) // 3
    parts = [text[:third], b"", text[third : 2 * third], text[2 * third :]]
    return b"".join(gzip.compress(part) for part in parts) + b"\0" * 7


PACKED: list[Callable[[bytes], bytes]] = [
    bytes,
    in_zip,
    lambda text: in_zip(text, zipfile.ZIP_STORED),
    lambda text: in_zip(text, zipfile.ZIP_BZIP2),
    lambda text: in_zip(text, zipfile.ZIP_LZMA),
    in_gzip_members,
    in_tar,
    lambda text: in_tar(text, "w:gz"),
    lambda text: in_zip(gzip.compress(text)),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=ROWS, pack=st.sampled_from(PACKED), size=st.sampled_from([64, 500, 1 << 20]))
def test_any_rows_in_any_shape_and_packing(
    data: st.DataObject, rows: list[Row], pack: Callable[[bytes], bytes], size: int, tmp_path: Path
) -> None:
    text, numbers = data.draw(written(rows))
    path = tmp_path / "export"
    path.write_bytes(pack(text))
    seen: list[Row] = []
    lines: list[int] = []
    for batch in PegaExport(size).batches(path, lambda _: NAMES):
        height = len(batch.lines)
        assert set(batch.frame.columns) <= set(batch.names)
        assert all(dtype == pl.String for dtype in batch.frame.dtypes)
        assert batch.rejected == ()
        found = batch.frame.to_dicts()
        for row, whole in zip(found, batch.whole(range(height)).to_dicts(), strict=True):
            assert {name: text for name, text in row.items() if text is not None} == {
                name: text for name, text in whole.items() if text is not None
            }
        seen += found
        lines += batch.lines.to_list()
    assert lines == numbers
    assert [
        (row, name)
        for got, row in zip(seen, rows, strict=True)
        for name in NAMES
        if not is_text_of(got.get(name), row.get(name))
    ] == []


def test_members_of_an_archive_are_separate_texts(read: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/b.txt", '{"id": 1}\n{"id": 2}')
        archive.writestr("../../etc/evil\x1b[31m", '{"id": 3}')
        archive.writestr("__MACOSX/folder/._b.txt", b"\0\5\x16\x07\0")
        archive.writestr(".DS_Store", b"\0\0\0\1Bud1")
        archive.writestr("META-INF/MANIFEST.mf", "Manifest-Version: 1.0")
        archive.writestr("empty.json", "")
        archive.writestr("readme.txt", "See the manual")
    content = read(out.getvalue())
    assert content.rows == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
    assert content.lines == [1, 2, 1]
    assert [batch.member for batch in content.batches] == ["folder/b.txt", "../../etc/evil?[31m", "readme.txt"]
    (refused,) = content.rejected
    assert "no line of it begins as a JSON object" in refused.reason


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=3))
def test_any_split_over_members_gives_the_same_rows(rows: list[Row], cuts: list[int], read: Read) -> None:
    lines = [json.dumps(row).encode() for row in rows]
    edges = sorted({0, len(lines), *(min(cut, len(lines)) for cut in cuts)})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for start, end in itertools.pairwise(edges):
            archive.writestr(f"{start}.json", b"\n".join(lines[start:end]))
    joined = b"".join(gzip.compress(b"\n".join(lines[start:end])) for start, end in itertools.pairwise(edges))

    def plain(packed: bytes) -> list[Row]:
        return [dict(row) for row in full_rows(read(packed))]

    def full_rows(content: Content) -> list[Row]:
        return [{name: row[name] for name in sorted(row) if row[name] is not None} for row in content.rows]

    assert plain(out.getvalue()) == plain(b"\n".join(lines)) == plain(joined)


def test_a_key_that_first_appears_late_is_read_and_named(read: Read) -> None:
    rows = [{"id": number} for number in range(5000)]
    rows[2501]["Revenue"] = 7
    text = "\n".join(map(json.dumps, rows)).encode()
    content = read(text, choose=lambda names: [*names, "Revenue", "pyRevenue"])
    assert [row["Revenue"] for row in content.rows][2500:2503] == [None, "7", None]
    assert content.names == {"id", "Revenue"}
    assert "pyRevenue" not in content.batches[0].frame.columns


@pytest.mark.parametrize("place", [0, 30, 4970, 4999])
def test_a_key_of_the_first_or_last_lines_is_offered(read: Read, place: int) -> None:
    rows = [{"id": number} for number in range(5000)]
    rows[place]["Seldom"] = 1
    assert "Seldom" in read("\n".join(map(json.dumps, rows)).encode()).names


def test_rows_and_their_lines_keep_their_order(read: Read) -> None:
    text = "\n".join(json.dumps({"id": number, "pad": "x" * (number % 97)}) for number in range(100_000))
    content = read(text.encode(), choose=lambda _: ["id"])
    assert [row["id"] for row in content.rows] == [str(line - 1) for line in content.lines]
    assert content.lines == list(range(1, 100_001))


def test_odd_keys_and_texts(read: Read) -> None:
    text = (
        '{"a": 1, "a": 2, "\\u0062": "x\u2028y\\u2028"}\n'
        '{"b": "\\ud83d\\ude00", "a": null, "a": 3}\n'
        '{"a": "007", "b": "\\ud83d alone \\\\ud83d"}'
    )
    assert read(text.encode()).rows == [
        {"a": "1", "b": "x\u2028y\u2028"},
        {"a": None, "b": "\U0001f600"},
        {"a": "007", "b": "\ufffd alone \\ud83d"},
    ]


def test_lines_that_end_in_carriage_returns(read: Read) -> None:
    content = read(b'{"a": 1}\r{"a": 2}\r\r{"a": 3}\r')
    assert (content.rows, content.lines) == ([{"a": "1"}, {"a": "2"}, {"a": "3"}], [1, 2, 4])


def test_nested_text_does_not_depend_on_the_order_of_keys(read: Read) -> None:
    keys = [f"k{number:02}" for number in range(40)]
    one = {"deep": {key: [1.50, {"x": None}] for key in keys}, "text": "{not json"}
    other = {"text": "[nor this", "deep": {key: [1.50, {"x": None}] for key in reversed(keys)}}
    content = read(f"{json.dumps(one)}\n{json.dumps(other)}".encode())
    assert content.rows[0]["deep"] == content.rows[1]["deep"]
    assert json.loads(str(content.rows[0]["deep"])) == one["deep"]
    assert [row["text"] for row in content.rows] == ["{not json", "[nor this"]


def test_whole_rows_have_columns_that_were_not_chosen(read: Read) -> None:
    (batch,) = read(b'\n{"a": 1, "b": "x"}\n{"c": [2, 1]}\n', choose=lambda _: ["a"]).batches
    assert batch.frame.to_dicts() == [{"a": "1"}, {"a": None}]
    assert batch.whole([1, 0]).to_dicts() == [{"c": "[2,1]", "a": None, "b": None}, {"c": None, "a": "1", "b": "x"}]


def test_nothing_chosen_still_counts_rows(read: Read) -> None:
    (batch,) = read(b'{"a": 1}\n{"a": NaN}\n', choose=lambda _: []).batches
    assert (batch.frame.columns, batch.lines.to_list(), batch.names) == ([], [1, 2], ("a",))
