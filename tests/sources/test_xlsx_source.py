"""Workbooks: the first sheet, the first row that is not blank, the lines that Excel shows, and clear refusals."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from valuekit.errors import UnreadableFileError
from valuekit.sources import open_source, xlsx
from workbooks import ERROR, write_workbook

if TYPE_CHECKING:
    from valuekit.sources.base import Batch

HEADER: list[object] = ["HoldingID", "CustomerID", "PurchasedDate", "OneTimeCost"]


def read(path: Path, names: list[str] | None = None) -> list[Batch]:
    return list(open_source("xlsx", path).batches(path, lambda seen: names if names is not None else seen))


def test_cells_become_texts(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        HEADER,
        ["H-1", "C-1", dt.date(2025, 1, 2), 12.5],
        ["H-2", 17, dt.datetime(2025, 1, 3, 12, 30, 15), 3],
        ["H-3", " C 3 ", "20250301T101112.000 GMT", -0.25],
        ["H-4", None, "", True],
    ]
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", rows))
    assert batch.names == tuple(HEADER)
    assert batch.frame.rows() == [
        ("H-1", "C-1", "2025-01-02 00:00:00", "12.5"),
        ("H-2", "17", "2025-01-03 12:30:15", "3"),
        ("H-3", " C 3 ", "20250301T101112.000 GMT", "-0.25"),
        ("H-4", None, "", "true"),
    ]
    assert set(batch.frame.dtypes) == {pl.String}
    assert batch.lines.to_list() == [2, 3, 4, 5]
    assert batch.rejected == ()


def test_numbers_keep_all_their_decimals(tmp_path: Path) -> None:
    third, large = 1 / 3, 1e15
    rows: list[list[object]] = [[None, "Text", "Number"], [None, "x", third], [None, "y", large], [None, third, "n/a"]]
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", rows))
    assert batch.frame["Number"].to_list() == [repr(third), "1000000000000000", "n/a"]
    assert batch.frame["Text"].to_list() == ["x", "y", repr(third)]


def test_blank_rows_are_no_rows_and_lines_are_those_of_the_sheet(tmp_path: Path) -> None:
    rows: list[list[object] | None] = [None, ["", "  "], ["A", "B"], ["1", None], None, [None, " "], [None, "2"], None]
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", rows))
    assert batch.names == ("A", "B")
    assert batch.frame.rows() == [("1", None), (None, "2")]
    assert batch.lines.to_list() == [4, 7]


def test_only_the_first_sheet_counts(tmp_path: Path) -> None:
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", [["A"], ["1"]], [["A"], ["2"]]))
    assert batch.frame["A"].to_list() == ["1"]


def test_names_are_distinct_and_a_missing_one_is_numbered(tmp_path: Path) -> None:
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", [["A", None, " A ", 7], ["1", "2", "3", "4"]]))
    assert batch.names == ("A", "column_2", "A_2", "7")


def test_a_cell_with_an_error_is_missing(tmp_path: Path) -> None:
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", [["A", "B"], ["1", ERROR], ["2", 5]]))
    assert batch.frame["B"].to_list() == [None, "5"]


def test_only_chosen_columns_come_but_whole_rows_have_all(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["A", "B"], ["1", "2"], ["3", "4"]])
    (batch,) = read(path, ["B", "C"])
    assert batch.frame.columns == ["B"]
    assert batch.whole([1]).rows() == [("3", "4")]
    (batch,) = read(path, [])
    assert batch.frame.height == 2


def test_a_long_sheet_comes_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_BATCH_ROWS", 4)
    path = write_workbook(tmp_path / "a.xlsx", [["A"], *([str(number)] for number in range(10))])
    batches = read(path)
    assert [batch.frame.height for batch in batches] == [4, 4, 2]
    assert [line for batch in batches for line in batch.lines] == list(range(2, 12))
    assert batches[1].whole([0]).rows() == [("4",)]


def test_a_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    (batch,) = read(write_workbook(tmp_path / "a.xlsx", [["A", "B"]]))
    assert batch.names == ("A", "B")
    assert batch.frame.height == 0


def make_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.json", "{}")
    return path


def test_what_is_no_workbook_says_so(tmp_path: Path) -> None:
    whole = write_workbook(tmp_path / "whole.xlsx", [["A"], ["1"]]).read_bytes()
    cases = {
        "empty file": b"",
        "not an xlsx workbook": b"HoldingID,CustomerID\n1,2\n",
        r"\.xls\) or one with a password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
        "damaged": whole[: len(whole) // 2],
        "another kind of zip file": make_zip(tmp_path / "other.zip").read_bytes(),
    }
    for reason, data in cases.items():
        path = tmp_path / "broken.xlsx"
        path.write_bytes(data)
        with pytest.raises(UnreadableFileError, match=reason):
            read(path)


def test_a_workbook_with_a_damaged_sheet_says_so(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["A"], ["1"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"][:-60] + b"<<<"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(UnreadableFileError, match="damaged workbook"):
        read(path)


def test_an_empty_sheet_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="first sheet is empty"):
        read(write_workbook(tmp_path / "a.xlsx", []))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_workbook(tmp_path / "a.xlsx", [["A"], ["x" * 10_000]])
    monkeypatch.setattr(xlsx, "LARGEST", 5_000)
    with pytest.raises(UnreadableFileError, match="too much for memory"):
        read(path)
