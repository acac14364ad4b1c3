"""Text without quotes, read many lines at once: the same as record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.sources import delimited
from valuekit.sources.delimited import DelimitedText
from valuekit.sources.plain import is_even, plain_lines

if TYPE_CHECKING:
    from pathlib import Path

FIELD = st.text(st.sampled_from("ab é#1 -\t\x0b\u2028€'"), max_size=5)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(FIELD, min_size=width, max_size=width), min_size=1, max_size=30)
)


def read(path: Path, names: list[str] | None = None) -> tuple[list[tuple[object, ...]], list[tuple[int, str]]]:
    """Every row with its line, and every row that was rejected."""
    rows: list[tuple[object, ...]] = []
    rejected: list[tuple[int, str]] = []
    for batch in DelimitedText().batches(path, lambda seen: seen if names is None else names):
        rows += zip(batch.lines.to_list(), *(batch.frame[name].to_list() for name in batch.frame.columns), strict=True)
        rejected += [(item.line, item.reason) for item in batch.rejected]
        if batch.frame.width:
            last = batch.whole([batch.frame.height - 1]) if batch.frame.height else batch.frame
            assert set(batch.frame.columns) <= set(last.columns)
    return rows, rejected


@given(table=TABLES, end=st.sampled_from(["\n", "\r\n"]), closed=st.booleans(), size=st.sampled_from([7, 40, 4 << 20]))
def test_the_same_as_record_by_record(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], end: str, size: int, *, closed: bool
) -> None:
    path = tmp_path_factory.mktemp("plain") / "a.csv"
    header = [f"c{at}" for at in range(len(table[0]))]
    text = end.join(",".join(row) for row in [header, *table]) + (end if closed else "")
    path.write_bytes(text.encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "_CHUNK", size)
        found = read(path)
        some = read(path, ["c1"])
        patched.setattr(delimited, "plain_lines", lambda _: None)
        assert read(path) == found
        assert read(path, ["c1"]) == some


@pytest.mark.parametrize(
    "odd",
    ['4,"x, y",z', "4,x", "4,x,y,z", "", "   ", '4,x,"y\ny"', "4,x\ry,z", "4,é,z", f"4,{'x' * 140_000},z"],
)
@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("size", [16, 4 << 20])
def test_one_odd_line_changes_nothing_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str, coding: str, size: int
) -> None:
    monkeypatch.setattr(delimited, "_CHUNK", size)
    path = tmp_path / "a.csv"
    lines = ["id,name,note", "1,a,b", "2,,", "3,c,d", odd, "5,e,f", "6,g,h"]
    path.write_bytes("\n".join(lines).encode(coding))
    found = read(path)
    monkeypatch.setattr(delimited, "plain_lines", lambda _: None)
    assert read(path) == found
    assert [row for row in found[0] if row[1] in {"1", "2", "3", "5", "6"}]


def test_lines_are_even_only_where_each_has_the_width() -> None:
    assert is_even(b"a,b\nc,d\n", ",", 2)
    assert is_even(b"a,b\nc,d", ",", 2)
    for text in (b"a,b,c\nd\n", b"a\nb,c,d\n", b"a,b\n\nc,d\n", b"a,b\n", b"a\n"):
        assert not is_even(text, ",", 3 if text == b"a,b\n" else 1 if text == b"a\n" else 2)
    assert plain_lines(b"a,b\r\nc,d\r\n") == b"a,b\nc,d\n"
    assert all(plain_lines(text) is None for text in (b'"a"\n', b"a\rb\n", b"a\0\n", "é".encode("latin-1")))
