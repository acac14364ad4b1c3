"""Scores in every format, and where they go."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from valuekit.cli.output import Format, check_destination, write
from valuekit.errors import DataError, UsageError
from valuekit.metrics.curves import Curve
from valuekit.metrics.notes import Absence
from valuekit.pipeline.results import Computed, DataWindow, FileOutcome, IngestReport, MetricResult

if TYPE_CHECKING:
    from pathlib import Path

DATA = DataWindow(15, 16342, date(2026, 1, 1), date(2026, 1, 15))
NOTE = Absence("Lift", "no offers in arm Control", 1, ({"Channel": "Web"},))
ROWS = pl.DataFrame(
    {
        "Channel": [None, "Web"],
        "Day": [date(2026, 1, 1), date(2026, 1, 2)],
        "Count": [3, 100],
        "CTR": [1 / 3, 0.2],
        "Lift": [0.1 + 0.2, None],
    }
)
TEXT: tuple[Format, ...] = ("csv", "tsv", "json", "jsonl")


def result(rows: pl.DataFrame = ROWS, metric: str = "engagement") -> MetricResult:
    return MetricResult(metric, "engagement", ("Channel", "Day"), None, rows, (NOTE,), rows.height)


def computed(*results: MetricResult, **more: Any) -> Computed:
    return Computed(results or (result(),), DATA, **more)


def printed(what: Computed, layout: Format, *, color: bool = False, width: int | None = 80) -> bytes:
    stream = io.BytesIO()
    assert write(what, format=layout, output=None, stream=stream, color=color, width=width) == ()
    return stream.getvalue()


def saved(what: Computed, layout: Format, output: Path) -> tuple[Path, ...]:
    return write(what, format=layout, output=output, stream=io.BytesIO(), color=True, width=80)


def parsed(rows: pl.DataFrame, layout: Format) -> list[list[str]]:
    """Rows as a reader of csv or tsv gets them."""
    text = printed(computed(result(rows)), layout).decode()
    if layout == "csv":
        return list(csv.reader(io.StringIO(text, newline="")))
    lines = text.removesuffix("\n").split("\n")
    unescaped = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}
    return [[unescape(value, unescaped) for value in line.split("\t")] for line in lines]


def unescape(text: str, pairs: dict[str, str]) -> str:
    """Undo two-character escapes, from left to right."""
    at, found = 0, []
    while at < len(text):
        pair = text[at : at + 2]
        found.append(pairs.get(pair, text[at]))
        at += 2 if pair in pairs else 1
    return "".join(found)


def test_json_is_the_document_of_the_contract() -> None:
    files = (
        FileOutcome("a.zip", "landed", rows_landed=1000, rows_rejected=1, duplicates=3),
        FileOutcome("b.zip", "landed", rows_landed=104, conflicts=2),
        FileOutcome("c.zip", "unreadable", reason="truncated"),
    )
    text = printed(computed(run=IngestReport(run_id=7, files=files, partitions_restated=2)), "json").decode()
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "schema": "valuekit/1",
        "results": [
            {
                "metric": "engagement",
                "family": "engagement",
                "by": ["Channel", "Day"],
                "where": None,
                "rows": [
                    {"Channel": None, "Day": "2026-01-01", "Count": 3, "CTR": 0.333333333333, "Lift": 0.3},
                    {"Channel": "Web", "Day": "2026-01-02", "Count": 100, "CTR": 0.2, "Lift": None},
                ],
                "notes": [
                    {"score": "Lift", "reason": "no offers in arm Control", "count": 1, "groups": [{"Channel": "Web"}]}
                ],
            }
        ],
        "data": {"files": 15, "facts": 16342, "from": "2026-01-01", "to": "2026-01-15"},
        "run": {
            "files_landed": 2,
            "rows_landed": 1104,
            "rows_rejected": 1,
            "duplicates": 3,
            "conflicts": 2,
            "partitions_restated": 2,
        },
    }


def test_json_keeps_the_order_of_the_contract() -> None:
    document = json.loads(printed(computed(), "json"))
    assert list(document) == ["schema", "results", "data", "run"]
    assert list(document["results"][0]) == ["metric", "family", "by", "where", "rows", "notes"]
    assert list(document["results"][0]["rows"][0]) == ROWS.columns


def test_curves_are_an_entry_of_each_result_where_asked_for() -> None:
    curve = Curve({"Channel": "Web", "Day": date(2026, 1, 2)}, "Propensity", "roc", [0.0, 1 / 3, 1.0], [0.0, 0.5, 1.0])
    bins = Curve({}, "Propensity", "calibration", [0.25], [0.5], [4])
    both = computed(replace(result(), curves=(curve, bins)), result(metric="b"))
    stream = io.BytesIO()
    write(both, format="json", output=None, stream=stream, color=False, width=80, curves=True)
    first, second = json.loads(stream.getvalue())["results"]
    assert list(first) == ["metric", "family", "by", "where", "rows", "notes", "curves"]
    assert first["curves"] == [
        {
            "group": {"Channel": "Web", "Day": "2026-01-02"},
            "property": "Propensity",
            "kind": "roc",
            "x": [0.0, 0.333333333333, 1.0],
            "y": [0.0, 0.5, 1.0],
        },
        {"group": {}, "property": "Propensity", "kind": "calibration", "x": [0.25], "y": [0.5], "n": [4]},
    ]
    assert second["curves"] == []


def test_json_without_an_ingest_or_data_holds_nulls() -> None:
    document = json.loads(printed(Computed((), DataWindow(0, 0, None, None)), "json"))
    nothing = {"files": 0, "facts": 0, "from": None, "to": None}
    assert document == {"schema": "valuekit/1", "results": [], "data": nothing, "run": None}


def test_json_carries_several_metrics_in_order() -> None:
    document = json.loads(printed(computed(result(metric="b"), result(metric="a")), "json"))
    assert [entry["metric"] for entry in document["results"]] == ["b", "a"]


def test_groups_of_notes_are_written_as_rows_are() -> None:
    note = Absence("CTR", "no offers", 1, ({"Day": date(2026, 1, 2), "x": 1 / 3},))
    entry = MetricResult("m", "engagement", (), None, ROWS, (note,), 2)
    document = json.loads(printed(computed(entry), "json"))
    assert document["results"][0]["notes"][0]["groups"] == [{"Day": "2026-01-02", "x": 0.333333333333}]


def test_csv_tsv_and_jsonl() -> None:
    expected = [
        ["Channel", "Day", "Count", "CTR", "Lift"],
        ["", "2026-01-01", "3", "0.333333333333", "0.3"],
        ["Web", "2026-01-02", "100", "0.2", ""],
    ]
    assert printed(computed(), "csv").decode() == "".join(",".join(row) + "\n" for row in expected)
    assert printed(computed(), "tsv").decode() == "".join("\t".join(row) + "\n" for row in expected)
    assert [json.loads(line) for line in printed(computed(), "jsonl").splitlines()] == [
        {"Channel": None, "Day": "2026-01-01", "Count": 3, "CTR": 0.333333333333, "Lift": 0.3},
        {"Channel": "Web", "Day": "2026-01-02", "Count": 100, "CTR": 0.2, "Lift": None},
    ]


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\t\n\r\\",\x1b\x00é€😀'), min_size=1)


@given(st.lists(HOSTILE, min_size=1, max_size=5), st.sampled_from(["csv", "tsv"]))
def test_any_text_survives_csv_and_tsv(values: list[str], layout: Format) -> None:
    rows = pl.DataFrame(
        {"Channel": values, "Count": range(len(values))}, schema={"Channel": pl.String, "Count": pl.Int64}
    )
    assert parsed(rows, layout) == [["Channel", "Count"], *([value, str(at)] for at, value in enumerate(values))]


@given(st.lists(HOSTILE, min_size=1, max_size=5))
def test_any_text_survives_json(values: list[str]) -> None:
    rows = pl.DataFrame({"Channel": values})
    lines = printed(computed(result(rows)), "jsonl").decode().removesuffix("\n").split("\n")
    assert [json.loads(line)["Channel"] for line in lines] == values


@pytest.mark.parametrize("layout", TEXT)
def test_no_text_format_prints_nan_or_infinity(layout: Format) -> None:
    rows = pl.DataFrame({"Count": [1, 1, 1], "CTR": [float("nan"), float("inf"), float("-inf")]})
    text = printed(computed(result(rows)), layout).decode().lower()
    assert "nan" not in text
    assert "inf" not in text


def test_parquet_holds_the_full_numbers(tmp_path: Path) -> None:
    assert_frame_equal(pl.read_parquet(io.BytesIO(printed(computed(), "parquet"))), ROWS)
    (path,) = saved(computed(), "parquet", tmp_path / "out.parquet")
    assert_frame_equal(pl.read_parquet(path), ROWS)


@pytest.mark.parametrize("layout", get_args(Format))
def test_equal_input_gives_equal_bytes_on_every_kind_of_stream(layout: Format) -> None:
    expected = printed(computed(), layout)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\r\n")
    stream.write("# before\n")
    write(computed(), format=layout, output=None, stream=stream, color=False, width=80)
    assert raw.getvalue() == b"# before\r\n" + expected


def test_a_stream_of_text_alone_gets_text() -> None:
    stream = io.StringIO()
    write(computed(), format="table", output=None, stream=stream, color=False, width=80)
    assert stream.getvalue().encode() == printed(computed(), "table")


@pytest.mark.parametrize("layout", get_args(Format))
def test_one_metric_goes_into_a_file(tmp_path: Path, layout: Format) -> None:
    target = tmp_path / "out"
    assert saved(computed(), layout, target) == (target,)
    assert target.read_bytes() == printed(computed(), layout, width=None)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("layout", ["csv", "tsv", "jsonl", "parquet"])
def test_several_metrics_go_into_a_folder(tmp_path: Path, layout: Format) -> None:
    both = computed(result(metric="engagement"), result(ROWS.head(1), metric="engagement_web"))
    folder = tmp_path / "new" / "out"
    paths = saved(both, layout, folder)
    assert paths == (folder / f"engagement.{layout}", folder / f"engagement_web.{layout}")
    assert [path.read_bytes() for path in paths] == [printed(computed(one), layout) for one in both.results]


def test_one_metric_goes_into_a_folder_that_is_there(tmp_path: Path) -> None:
    assert saved(computed(), "csv", tmp_path) == (tmp_path / "engagement.csv",)


def test_two_asked_for_and_one_failed_is_still_a_folder(tmp_path: Path) -> None:
    half = computed(failures=(("conversion", "out of memory"),))
    assert saved(half, "csv", tmp_path / "out") == (tmp_path / "out" / "engagement.csv",)


@pytest.mark.parametrize(
    ("metric", "name"), [("../../etc/x", "_._.._etc_x.csv"), (".hidden", "_hidden.csv"), ("a b/c", "a_b_c.csv")]
)
def test_a_metric_cannot_leave_the_folder(tmp_path: Path, metric: str, name: str) -> None:
    assert saved(computed(result(metric=metric)), "csv", tmp_path) == (tmp_path / name,)


def test_metrics_that_would_share_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="share a file name"):
        saved(computed(result(metric="a b"), result(metric="A_b")), "csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("layout", "metrics", "place", "remedy"),
    [
        ("csv", 2, None, "-o DIR"),
        ("jsonl", 3, None, "-o DIR"),
        ("parquet", 1, None, "-o FILE"),
        ("json", 1, "folder", "-o FILE"),
        ("table", 2, "folder", "-o FILE"),
        ("tsv", 2, "file", "-o DIR"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_remedy(
    tmp_path: Path, layout: Format, metrics: int, place: str | None, remedy: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=remedy):
        check_destination(layout, place and tmp_path / place, metrics=metrics, stream=Terminal())
    many = computed(*(result(metric=f"m{number}") for number in range(metrics)))
    with pytest.raises(UsageError, match=remedy):
        write(many, format=layout, output=place and tmp_path / place, stream=Terminal(), color=False, width=80)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("layout", "metrics", "place"), [("csv", 1, None), ("json", 9, None), ("csv", 9, "new"), ("csv", 9, "")]
)
def test_what_can_be_written_passes(tmp_path: Path, layout: Format, metrics: int, place: str | None) -> None:
    output = None if place is None else tmp_path / place
    check_destination(layout, output, metrics=metrics, stream=Terminal())


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot make the folder"):
        saved(computed(result(metric="a"), result(metric="b")), "csv", tmp_path / "file" / "out")
