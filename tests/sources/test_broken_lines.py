"""Lines and values that are not what they should be: set aside with line and reason, and the rest is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from valuekit.sources import lines
from valuekit.sources.pega import PegaExport

if TYPE_CHECKING:
    from pathlib import Path

    from sources.conftest import Read

BROKEN = {
    b'{"a": 1': "not valid JSON: expecting ',' delimiter at column 8",
    b'{"a": 1,}': "not valid JSON: expecting property name enclosed in double quotes at column 9",
    b"{'a': 1}": "not valid JSON: expecting property name enclosed in double quotes at column 2",
    b'{"a": 01}': "not valid JSON: expecting ',' delimiter at column 8",
    b'{"a": "x': "not valid JSON: unterminated string starting at column 7",
    b'{"a": "x\ty"}': "not valid JSON: invalid control character at column 9",
    b'{"a": 1} x': "not valid JSON: more text behind the object at column 10",
    b'{"a": "\xff"}': "not UTF-8 at byte 8",
    b'{"a": 1},': "not valid JSON: more text behind the object at column 9",
    b"oops": "not valid JSON: expecting value at column 1",
    b"\x00\x00": "not valid JSON: expecting value at column 1",
    b"\x0c": "not valid JSON: expecting value at column 1",
    b"[1, 2]": "not a JSON object",
    b'"text"': "not a JSON object",
    b"12": "not a JSON object",
    b"null": "not a JSON object",
    b'{"a":' + b"[" * 100_000 + b"}": "not valid JSON: a bracket that closes nothing at column 100006",
    b'{"a":' + b"[" * 100_000: "not valid JSON: a bracket that is never closed",
}


@pytest.mark.parametrize(("line", "reason"), BROKEN.items(), ids=[str(line[:12]) for line in BROKEN])
@pytest.mark.parametrize("before", [0, 1, 2000])
def test_a_broken_line_is_named_and_the_rest_is_read(read: Read, line: bytes, reason: str, before: int) -> None:
    good = [b'{"a": %d}' % number for number in range(before + 1)]
    content = read(b"\n".join([*good[:before], line, good[before]]))
    assert [(one.line, one.reason) for one in content.rejected] == [(before + 1, reason)]
    assert [row["a"] for row in content.rows] == [str(number) for number in range(before + 1)]
    assert content.lines == [*range(1, before + 1), before + 2]


def test_every_kind_of_broken_line_at_once(read: Read) -> None:
    text = b"\r\n".join(part for number, line in enumerate(BROKEN) for part in (b'{"a": %d}' % number, line, b""))
    content = read(text)
    assert [row["a"] for row in content.rows] == [str(number) for number in range(len(BROKEN))]
    assert [one.line for one in content.rejected] == [3 * number + 2 for number in range(len(BROKEN))]


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 400, str(2**128), "1" * 5000]
)
def test_a_number_that_is_none_keeps_its_row(read: Read, value: str) -> None:
    content = read(b'{"a": 1, "b": 0.50}\n{"a": %s, "b": 0.50, "c": [%s]}\n' % (value.encode(), value.encode()))
    assert content.rows == [{"a": "1", "b": "0.5", "c": None}, {"a": value, "b": "0.5", "c": f"[{value}]"}]
    assert content.rejected == []


@pytest.mark.parametrize("levels", [60, 70, 500, 1020, 1100, 100_000])
def test_deep_nesting_is_read(read: Read, levels: int) -> None:
    lists = b"[" * levels + b"]" * levels
    objects = b'{"x": ' * levels + b"1" + b"}" * levels
    content = read(b'{"a": %s, "b": 1, "c": %s}\n{"a": 2, "b": 3}' % (lists, objects))
    assert content.rows == [
        {"a": lists.decode(), "b": "1", "c": objects.decode().replace(" ", "")},
        {"a": "2", "b": "3", "c": None},
    ]
    assert content.batches[0].whole([0])["c"][0] == content.rows[0]["c"]
    assert read(b'{"a": %s, "b": 1}' % objects, choose=lambda _: ["b"]).rows == [{"b": "1"}]


def test_objects_that_were_joined_without_a_line_end(read: Read) -> None:
    content = read(b'{"a": 1}{"a": 2} {"a": 3}\n{"a": 4}\n{"a": 5}{"a"\n')
    assert content.rows == [{"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "4"}]
    assert content.lines == [1, 1, 1, 2]
    assert [one.line for one in content.rejected] == [3]


def test_a_byte_order_mark_in_the_middle(read: Read) -> None:
    assert read(b'{"a": 1}\n\xef\xbb\xbf{"a": 2}').rows == [{"a": "1"}, {"a": "2"}]


@pytest.mark.parametrize("size", [50, 200, 700, 1000])
def test_a_line_that_is_too_long_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    path = tmp_path / "long"
    longest, too_long = b'{"a": "%s"}' % (b"x" * 991), b'{"a": "%s"}' % (b"x" * 992)
    assert len(longest) == 1000
    path.write_bytes(b"\n".join([b'{"a": 1}', too_long, longest, too_long * 9, b"", b'{"a": 2}', too_long]))
    batches = list(PegaExport(size).batches(path, lambda names: names))
    assert [line for batch in batches for line in batch.lines] == [1, 3, 6]
    assert [one.line for batch in batches for one in batch.rejected] == [2, 4, 7]
    assert {one.reason for batch in batches for one in batch.rejected} == {"a line longer than 0 MB"}


ODD = st.sampled_from([*'",1[]{}é \t\x0c-0\\\ufeff', '{"a":', "NaN", "null", "e9"])
LINES = st.lists(
    st.builds(json.dumps, st.dictionaries(st.sampled_from("abc"), st.integers() | st.text(max_size=3), max_size=2))
    | st.lists(ODD, max_size=8).map("".join),
    max_size=12,
)


def is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line.removeprefix("\ufeff")), dict)
    except ValueError:
        return False


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=LINES)
def test_exactly_the_lines_that_are_no_objects_are_rejected(read: Read, texts: list[str]) -> None:
    content = read("\n".join(['{"a": 0}', *texts]).encode())
    rejected = {one.line for one in content.rejected}
    for number, text in enumerate(texts, 2):
        if not text.removeprefix("\ufeff").strip(" \t\r"):
            assert number not in rejected | set(content.lines)
        elif is_object(text):
            assert number in content.lines
            assert number not in rejected
        else:  # several objects in one line are read too
            assert (number in rejected) != (number in content.lines and "}" in text)


def test_numbers_read_the_same_beside_a_broken_value(read: Read) -> None:
    numbers = ["1e-99999999", "1e0000000005", "-0", "-0.0", "0.1e1", "12345678901234567890123", "1e22", "5e-324"]
    sound = b"".join(b'{"a": %s}\n' % number.encode() for number in numbers)
    beside = read(sound + b'{"a": NaN}\n').rows
    assert beside[:-1] == read(sound).rows
    assert beside[-1] == {"a": "NaN"}
