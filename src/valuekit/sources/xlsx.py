"""Workbooks of Excel: the first sheet, whose first row that is not blank has the names.

Owns the reading of cells. All values are text, as a text file would hold them; a time is `2025-01-31 00:00:00`, and a
cell with an error is missing. Never reads another sheet, and never computes a formula: what Excel stored counts.
"""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from valuekit.sources.base import Batch, Choose
from valuekit.sources.delimited import distinct_names
from valuekit.sources.opening import DamageError, naming, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

    from fastexcel import ExcelReader, ExcelSheet

LARGEST = 1 << 30
"""Bytes that the parts of a workbook may unpack to: a sheet has to be held in memory whole."""

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0"
_BATCH_ROWS = 1 << 16
_ROUNDED = r"\.\d{9}$"
"""How a number looks whose further decimals are cut off in the text of a cell."""


class Workbook:
    """Reads `.xlsx`."""

    name = "xlsx"

    def batches(self, path: Path, choose: Choose) -> Iterator[Batch]:
        """Read the file batch by batch; see `Source.batches`. `choose` is asked once."""
        with naming(path):
            with open_regular(path) as file:
                _check(file)
            with _damage_named():
                frame, lines = _first_sheet(path)
            names = tuple(frame.columns)
            chosen = [name for name in dict.fromkeys(choose(names)) if name in set(names)]
            for start in range(0, max(1, frame.height), _BATCH_ROWS):
                rows = frame.slice(start, _BATCH_ROWS)
                yield Batch(
                    member=None,
                    names=names,
                    frame=rows.select(chosen) if chosen else pl.DataFrame(height=rows.height),
                    lines=lines.slice(start, _BATCH_ROWS),
                    rejected=(),
                    read_whole=rows.__getitem__,
                )


def _check(file: FileIO) -> None:
    """Refuse what is no workbook, or would not fit into memory."""
    start = file.read(len(_ZIP)) or b""
    if start == _COMPOUND:
        raise DamageError("an old workbook (.xls) or one with a password: save it as .xlsx without one")
    if start != _ZIP:
        raise DamageError("not an xlsx workbook" if start else "an empty file")
    file.seek(0)
    with zipfile.ZipFile(file) as parts:
        names = parts.namelist()
        size = sum(part.file_size for part in parts.infolist())
    if "xl/workbook.xml" not in names:
        raise DamageError("not an xlsx workbook, but another kind of zip file")
    if size > LARGEST:
        raise DamageError(f"it unpacks to {size / LARGEST:.1f} GB, too much for memory: save it as csv")


def _first_sheet(path: Path) -> tuple[pl.DataFrame, pl.Series]:
    """Read all cells as text, and the line of each row; rows without any value are left out."""
    import fastexcel

    reader = fastexcel.read_excel(path)
    if not reader.sheet_names:
        raise DamageError("a workbook without sheets")
    sheet = reader.load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
    cells = sheet.to_polars()
    values = cells.select(pl.all().str.strip_chars() != "")
    filled = values.select(pl.any_horizontal(pl.all().fill_null(value=False)).alias("filled"))
    there = filled["filled"].arg_true() if cells.width else pl.Series([], dtype=pl.UInt32)
    if not len(there):
        raise DamageError("its first sheet is empty")
    header = [str(name or "") for name in cells.row(int(there[0]))]
    rows = _with_exact_numbers(reader, sheet, cells)[there[1:]]
    rows.columns = list(distinct_names(header))
    return rows, (there[1:].cast(pl.Int64) + 1).alias("line")


def _with_exact_numbers(reader: ExcelReader, sheet: ExcelSheet, cells: pl.DataFrame) -> pl.DataFrame:
    """Give numbers whose text is cut off all their decimals, from another reading of their columns."""
    rounded = cells.select(pl.all().str.contains(_ROUNDED).any())
    columns = [at for at, name in enumerate(cells.columns) if rounded[name][0]]
    if not columns:
        return cells
    places = [sheet.selected_columns[at].absolute_index for at in columns]
    numbers = reader.load_sheet(0, header_row=None, skip_rows=0, use_columns=places, dtypes="float").to_polars()
    return cells.with_columns(
        pl.when(cells[cells.columns[at]].str.contains(_ROUNDED) & numbers[:, number].is_not_null())
        .then(numbers[:, number].cast(pl.String))
        .otherwise(cells[cells.columns[at]])
        .alias(cells.columns[at])
        for number, at in enumerate(columns)
    )


@contextmanager
def _damage_named() -> Iterator[None]:
    """Say why a workbook cannot be read.

    The reader's own panics are no errors of Python, so they are told by name.
    """
    import fastexcel

    try:
        yield
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError) as error:
        sentence = str(error).strip().partition("\n")[0].rpartition(": ")[2].rstrip(".")
        raise DamageError(f"a damaged workbook: {sentence[:150]}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DamageError("a damaged workbook: its reader gives up") from error
