"""Delimited text against the standard library, and the rows that do not fit."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.sources import delimited

if TYPE_CHECKING:
    from sources.conftest import Read, Refusal

FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)
TABLES = st.integers(2, 5).flatmap(lambda width: st.lists(st.tuples(*[FIELD] * width), max_size=12))


def packed_in_zip(text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("table.csv", text)
    return out.getvalue()


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=TABLES,
    delimiter=st.sampled_from(delimited.DELIMITERS),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    cells=st.sampled_from([1, 1 << 19]),
)
def test_what_is_written_is_read(
    read: Read, *, table: list[tuple[str, ...]], delimiter: str, end: str, mark: bytes, cells: int
) -> None:
    header = [f"column {at}" for at in range(len(table[0]) if table else 3)]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *table])
    text = mark + out.getvalue().encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BATCH_CELLS", cells)
        content = read(text, "csv")
    assert content.rejected == []
    assert [tuple(row.values()) for row in content.rows] == table
    assert content.names == set(header)
    starts, line = [], 2
    for row in table:
        starts.append(line)
        line += 1 + sum(field.count("\n") for field in row)
    assert content.lines == starts
    for batch in content.batches:
        assert all(dtype == pl.String for dtype in batch.frame.dtypes)
        assert batch.whole(range(batch.frame.height)).equals(batch.frame)


TEXT = b"id;name;note\r\n1;a;\r\n2;b;x\r\n"


@pytest.mark.parametrize(
    "packed",
    [TEXT, gzip.compress(TEXT), packed_in_zip(TEXT), TEXT.replace(b"\r\n", b"\r")],
    ids=["plain", "gzip", "zip", "old Mac"],
)
def test_packed_or_not(read: Read, packed: bytes) -> None:
    assert read(packed, "csv", choose=lambda _: ["note", "id", "absent"]).rows == [
        {"note": "", "id": "1"},
        {"note": "x", "id": "2"},
    ]


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [("a,b;c,d", ","), ("a\tb\tc,d", "\t"), ("a|b|c", "|"), ('"a,b";c', ";"), ("alone", ","), ("a;b", ";")],
)
def test_the_delimiter_is_found(header: str, delimiter: str) -> None:
    row = header.replace("a", "1.5").replace("b", "2")
    assert delimited.sniffed_delimiter(f"{header}\n{row}\n".encode()) == delimiter


def test_a_delimiter_that_also_stands_in_values(read: Read) -> None:
    text = b"id;amount\n1;2,5\n2;3,5\n3;4,5\n"
    assert read(text, "csv").rows[0] == {"id": "1", "amount": "2,5"}


def test_rows_that_do_not_fit_are_named_by_their_line(read: Read) -> None:
    text = b'a,b\n1,"x\ny"\n\n2\n3,4,5\n"6"7,8\n9,\xff\n  \n10,z\n11,"never closed\n12,y\n'
    content = read(text, "csv")
    assert content.rows == [{"a": "1", "b": "x\ny"}, {"a": "10", "b": "z"}]
    assert content.lines == [2, 10]
    assert [(one.line, one.reason) for one in content.rejected] == [
        (5, "1 field where the header has 2"),
        (6, "3 fields where the header has 2"),
        (7, "text behind a closing quote"),
        (8, "not UTF-8"),
        (11, "a quote that is never closed (up to line 12)"),
    ]


def test_a_field_without_end_does_not_fill_the_memory(read: Read) -> None:
    content = read(b'a,b\n1,"' + b"x,y\n" * 100_000 + b"2,z\n", "csv")
    first = content.rejected[0]
    assert first.line == 2
    assert first.reason.startswith("a quote that is never closed, or a field longer than 131,072 characters (up to")
    assert content.rows[-1] == {"a": "2", "b": "z"}


def test_names_are_made_distinct_and_complete(read: Read) -> None:
    assert read(b"a,a, a_2 ,\n1,2,3,4\n", "csv").rows == [{"a": "1", "a_2": "2", "a_2_2": "3", "column_4": "4"}]


def test_a_header_alone_has_no_rows(read: Read) -> None:
    (batch,) = read(b"a,b\n", "csv").batches
    assert (batch.names, batch.frame.shape, batch.lines.to_list()) == (("a", "b"), (0, 2), [])


def test_members_that_are_no_tables_are_set_aside(read: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "x,y\n1,2\n")
        archive.writestr("logo", b"\x89PNG\r\n\x1a\n")
        archive.writestr("b.csv", "y;x\n3;4\n")
    content = read(out.getvalue(), "csv")
    assert content.rows == [{"x": "1", "y": "2"}, {"y": "3", "x": "4"}]
    assert [batch.member for batch in content.batches] == ["a.csv", "logo", "b.csv"]
    assert [one.reason for one in content.rejected] == ["the whole member is set aside: it is a PNG image"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "an empty file"),
        (b"\n\n", "not delimited text: there is nothing in it"),
        (b'{"a": 1}\n', 'not delimited text: it is JSON (file_type "pega_ds_export")'),
        (b"a,\xff\n1,2\n", "its header line cannot be read: not UTF-8"),
        (b",,\n1,2,3\n", "its header line cannot be read"),
        (b'a,"b\n1,2\n', "its header line cannot be read: a quote that is never closed (up to line 2)"),
        (b"\0\0\0", "not delimited text: it is binary data"),
        ("a,b\n".encode("utf-16"), "UTF-16 text; save it as UTF-8"),
    ],
)
def test_what_is_no_table(refusal: Refusal, text: bytes, reason: str) -> None:
    assert refusal(text, "csv") == reason


@pytest.mark.parametrize("chosen", [[], ["absent"]])
def test_nothing_chosen_still_counts_rows(read: Read, chosen: list[str]) -> None:
    (batch,) = read(b"a,b\n1,2\n\n3,4\n", "csv", choose=lambda _: chosen).batches
    assert (batch.frame.shape, batch.lines.to_list(), batch.names) == ((2, 0), [2, 4], ("a", "b"))
    assert batch.whole([1]).to_dicts() == [{"a": "3", "b": "4"}]
