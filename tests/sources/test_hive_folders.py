"""Columns in the names of folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from valuekit.sources import open_source
from valuekit.sources.hive import hive_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table as Polars writes it, partitioned by two columns."""
    frame = pl.DataFrame({"id": [1, 2, 3], "Channel": ["Web", "E mail/x", None], "Day": ["1", "1", "2"]})
    frame.write_parquet(tmp_path / "table", partition_by=["Channel", "Day"], mkdir=True)
    return tmp_path / "table"


def test_what_polars_partitions_is_put_together(table: Path) -> None:
    rows = []
    for path in sorted(table.rglob("*.parquet")):
        source = open_source("parquet", path, hive_root=table)
        assert source.name == "parquet"
        for batch in source.batches(path, lambda names: names):
            rows += batch.frame.to_dicts()
            assert batch.names == ("id", "Channel", "Day")
            assert batch.whole([0])["Channel"].to_list() == batch.frame["Channel"].to_list()
    assert sorted(rows, key=lambda row: row["id"]) == [
        {"id": 1, "Channel": "Web", "Day": "1"},
        {"id": 2, "Channel": "E mail/x", "Day": "1"},
        {"id": 3, "Channel": None, "Day": "2"},
    ]


def test_only_what_is_chosen(table: Path) -> None:
    path = min(table.rglob("*.parquet"))
    offered: list[Sequence[str]] = []

    def choose(names: Sequence[str]) -> Sequence[str]:
        offered.append(names)
        return ["Day", "absent"]

    (batch,) = open_source("parquet", path, hive_root=table).batches(path, choose)
    assert offered == [("id", "Channel", "Day")]
    assert batch.frame.columns == ["Day"]
    assert batch.frame.height == len(batch.lines)


def test_the_file_s_own_column_wins(tmp_path: Path) -> None:
    path = tmp_path / "Channel=Web" / "a.json"
    path.parent.mkdir()
    path.write_bytes(b'{"Channel": "Mobile"}\n{"Channel": null}\n')
    (batch,) = open_source("pega_ds_export", path, hive_root=tmp_path).batches(path, lambda names: names)
    assert batch.frame.to_dicts() == [{"Channel": "Mobile"}, {"Channel": None}]


def test_folders_outside_the_root_do_not_count(tmp_path: Path) -> None:
    root = tmp_path / "zone=eu" / "table"
    assert hive_columns(root, root / "day=1" / "x=a=b" / "=y" / "part=0") == {"day": "1", "x": "a=b"}
    assert hive_columns(root / ".." / "table", root / "day=1" / "part") == {"day": "1"}
    assert hive_columns(tmp_path / "elsewhere", root / "part")["zone"] == "eu"


CONTENTS = {
    "csv": b"a,b\n1,2\n3,4\n",
    "pega_ds_export": b'{"a": "1", "b": "2"}\n{"a": "3", "b": "4"}\n',
    "parquet": b"",
}


@pytest.mark.parametrize("chosen", [[], ["absent"], ["Channel"]])
@pytest.mark.parametrize("file_type", CONTENTS)
def test_no_column_of_the_file_chosen_still_counts_rows(tmp_path: Path, file_type: str, chosen: list[str]) -> None:
    path = tmp_path / "Channel=Web" / "some.file"
    path.parent.mkdir()
    path.write_bytes(CONTENTS[file_type])
    if file_type == "parquet":
        pl.DataFrame({"a": ["1", "3"], "b": ["2", "4"]}).write_parquet(path)
    (batch,) = open_source(file_type, path, hive_root=tmp_path).batches(path, lambda _: chosen)
    there = {"Channel": ["Web", "Web"]} if chosen == ["Channel"] else {}
    assert batch.frame.to_dict(as_series=False) == there
    assert batch.frame.height == len(batch.lines) == 2
    assert batch.whole([1]).to_dicts() == [{"a": "3", "b": "4", "Channel": "Web"}]
