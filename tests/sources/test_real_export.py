"""A real export, against the standard library reading line by line."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import polars as pl
import pytest

from valuekit.sources.pega import PegaExport

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("pxInteractionID", "pyPropensity", "pxRank", "BundleHead", "pyChannel", "pyName", "pxOutcomeTime")


@pytest.fixture
def export(shared_dir: Path) -> Path:
    return next((shared_dir / "data").glob("*.zip"))


def test_every_row_and_value(export: Path) -> None:
    frames = []
    lines: list[int] = []
    for batch in PegaExport().batches(export, lambda names: [name for name in NAMES if name in names]):
        assert len(batch.names) == 49
        assert batch.rejected == ()
        frames.append(batch.frame)
        lines += batch.lines.to_list()
    found = pl.concat(frames)
    assert found.columns == list(NAMES)
    assert lines == list(range(1, 127_124))
    with zipfile.ZipFile(export) as archive, archive.open(archive.namelist()[0]) as text:
        for at, line in enumerate(text):
            if at % 50:  # every fiftieth row, which is 2,543 of them
                continue
            row = json.loads(line)
            assert found.row(at)[4:] == tuple(row[name] for name in NAMES[4:])
            assert found.row(at)[0] == row["pxInteractionID"]
            assert [float(found.row(at)[place]) for place in (1, 2)] == [row["pyPropensity"], row["pxRank"]]
            assert found.row(at)[3] == str(row["BundleHead"]).lower()
