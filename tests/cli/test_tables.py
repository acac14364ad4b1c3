"""Scores for people."""

# ruff: noqa: RUF001  an en dash is what people see where there is no value, and between the ends of an interval

from __future__ import annotations

import re
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from valuekit.cli.tables import table_text
from valuekit.metrics.notes import EVERY_SCORE, Absence
from valuekit.pipeline.results import Computed, DataWindow, MetricResult

DATA = DataWindow(15, 16342, date(2026, 1, 1), date(2026, 1, 15))
ROWS = pl.DataFrame(
    {
        "Channel": [None, "Mobile", "Web"],
        "Count": [0, 35200, 8020123],
        "CTR": [None, 0.0142, 0.25],
        "CTR_CI_Low": [None, 0.013, 0.2],
        "CTR_CI_High": [None, 0.0153, 0.3],
        "Lift": [None, 0.5, None],
        "Lift_P_Val": [None, 0.0213, None],
    }
)
NO_OFFERS = ({"Channel": None},)
NO_CONTROL = tuple({"Channel": f"c{number}"} for number in range(20))
NOTES = (
    Absence("CTR", "no offers", 1, NO_OFFERS),
    Absence("CTR_CI_Low", "no offers", 1, NO_OFFERS),
    Absence("Lift", "no offers in arm Control", 23, NO_CONTROL),
    Absence("Lift_P_Val", "no offers in arm Control", 23, NO_CONTROL),
)


def result(rows: pl.DataFrame = ROWS, by: tuple[str, ...] = ("Channel",), **more: object) -> MetricResult:
    settings: dict[str, object] = {"where": None, "notes": (), "total_rows": rows.height, **more}
    return MetricResult("engagement", "engagement", by, rows=rows, **settings)  # type: ignore[arg-type]  # see settings


def text(*results: MetricResult, color: bool = False, width: int | None = None) -> str:
    return "".join(table_text(Computed(results, DATA), color=color, width=width))


def test_a_table_for_people() -> None:
    assert text(result(notes=NOTES)).splitlines() == [
        "engagement by Channel",
        "Channel       Count       CTR       CTR 95 % CI       Lift   Lift_P_Val",
        "───────────────────────────────────────────────────────────────────────",
        "–                 0         –                 –          –            –",
        "Mobile       35,200    1.42 %     1.30 – 1.53 %   +50.00 %       0.0213",
        "Web       8,020,123   25.00 %   20.00 – 30.00 %          –            –",
        "",
        "No value for CTR, CTR_CI_Low: no offers (1 group: –)",
        (
            "No value for Lift, Lift_P_Val: no offers in arm Control "
            "(23 groups: c0, c1, c2, and 20 more: --format json lists up to 20)"
        ),
        "",
        "Data: 16,342 facts from 15 files, 2026-01-01 to 2026-01-15",
    ]


def test_one_of_anything_is_no_plural() -> None:
    one = DataWindow(1, 1, date(2026, 1, 1), date(2026, 1, 1))
    last = "".join(table_text(Computed((), one), color=False, width=None)).splitlines()[-1]
    assert last == "Data: 1 fact from 1 file, 2026-01-01 to 2026-01-01"


def test_a_total_stands_upright() -> None:
    total = ROWS.drop("Channel").tail(1)
    note = Absence("Lift", "no offers in arm Control", 1, ({},))
    assert text(result(total, (), where="Issue = 'Sales'", notes=(note,))).splitlines() == [
        "engagement where Issue = 'Sales'",
        "Score                   Value",
        "─────────────────────────────",
        "Count               8,020,123",
        "CTR                   25.00 %",
        "CTR 95 % CI   20.00 – 30.00 %",
        "Lift                        –",
        "Lift_P_Val                  –",
        "",
        "No value for Lift: no offers in arm Control",
        "",
        "Data: 16,342 facts from 15 files, 2026-01-01 to 2026-01-15",
    ]


def test_keys_besides_the_dimensions_lead_every_block() -> None:
    rows = pl.DataFrame(
        {
            "Channel": ["Web", "Web"],
            "Property": ["Age", "Name"],
            "Count": [1200, 7],
            "Mean": [41.256, None],
            "p99": [9876.5, None],
        }
    )
    lines = text(MetricResult("descriptive", "descriptive", ("Channel",), None, rows, (), 2)).splitlines()
    assert [re.split(r"\s{2,}", line) for line in (lines[1], *lines[3:5])] == [
        ["Channel", "Property", "Count", "Mean", "p99"],
        ["Web", "Age", "1,200", "41.26", "9,876.5"],
        ["Web", "Name", "7", "–", "–"],
    ]
    narrow = text(MetricResult("descriptive", "descriptive", ("Channel",), None, rows, (), 2), width=35).splitlines()
    headers = [line.split() for line in narrow if line.startswith("Channel")]
    assert len(headers) > 1
    assert all(header[:2] == ["Channel", "Property"] for header in headers)


def test_a_total_with_a_row_key_is_not_upright() -> None:
    rows = pl.DataFrame({"Property": ["Age"], "Count": [1200]})
    lines = text(MetricResult("descriptive", "descriptive", (), None, rows, (), 1)).splitlines()
    assert [line.split() for line in (lines[1], lines[3])] == [["Property", "Count"], ["Age", "1,200"]]


def test_arms_are_keys_and_intervals_in_lower_case_share_a_column() -> None:
    rows = pl.DataFrame(
        {
            "experiment_name": ["Hero"],
            "experiment_group": ["B"],
            "control_group": ["A"],
            "Count": [10],
            "chi2_odds_ratio_stat": [1.5],
            "chi2_odds_ratio_ci_low": [0.75],
            "chi2_odds_ratio_ci_high": [3.0],
        }
    )
    lines = text(MetricResult("experiment", "experiment", (), None, rows, (), 1)).splitlines()
    assert re.split(r"\s{2,}", lines[1])[3:] == ["Count", "chi2_odds_ratio_stat", "chi2_odds_ratio 95 % CI"]
    assert re.split(r"\s{2,}", lines[3]) == ["Hero", "B", "A", "10", "1.5", "0.75 – 3"]


def test_a_dimension_that_is_called_like_a_percentile_stays_a_key() -> None:
    rows = pl.DataFrame({"p50": [0.5], "Property": ["Age"], "Count": [3]})
    lines = text(MetricResult("descriptive", "descriptive", ("p50",), None, rows, (), 1)).splitlines()
    assert lines[3].split() == ["0.5", "Age", "3"]


def test_what_concerns_every_score_is_said_of_all() -> None:
    note = Absence(EVERY_SCORE, "none of its negative labels (Shown) occurs in the data", 3, ())
    lines = text(result(notes=(note,))).splitlines()
    assert "All scores: none of its negative labels (Shown) occurs in the data" in lines


def test_no_rows_are_said() -> None:
    assert text(result(ROWS.clear())).splitlines()[:3] == ["engagement by Channel", "no offers, so no rows", ""]


def test_one_end_of_an_interval_alone_is_a_column_of_its_own() -> None:
    for end in ("CTR_CI_Low", "CTR_CI_High"):
        header = text(result(ROWS.select("Channel", "Count", end))).splitlines()[1]
        assert header.split() == ["Channel", "Count", end]


def test_what_does_not_fit_goes_into_a_further_block_with_its_keys() -> None:
    wide, narrow = text(result()), text(result(), width=40)
    headers = [line for line in narrow.splitlines() if line.startswith("Channel")]
    assert len(headers) > 1
    titles = [re.split(r"\s{2,}", header)[1:] for header in headers]
    assert [title for block in titles for title in block] == re.split(r"\s{2,}", wide.splitlines()[1])[1:]
    for value in ("8,020,123", "1.30 – 1.53 %", "+50.00 %", "0.0213"):
        assert narrow.count(value) == 1


@given(st.integers(40, 200), st.lists(st.text(max_size=60), min_size=3, max_size=3))
def test_every_line_fits_the_width_and_no_value_is_cut(width: int, channels: list[str]) -> None:
    rows = ROWS.with_columns(pl.Series("Channel", channels))
    lines = text(result(rows, notes=NOTES), width=width).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert all(line.replace("\u200e", "").isprintable() for line in lines)  # closes text from right to left
    for value in ("8,020,123", "20.00 – 30.00 %", "0.0213"):
        assert sum(value in line for line in lines) == 1


def test_a_long_key_is_folded_not_cut() -> None:
    name = "Sales/CreditCards/" + "x" * 60
    rows = ROWS.with_columns(pl.Series("Channel", ["a", "b", name]))
    lines = text(result(rows), width=60).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("Sales/"))
    folded = "".join(re.split(r"\s{3,}", line)[0] for line in lines[at : lines.index("", at)])
    assert folded == name


def test_wide_characters_are_counted_by_the_columns_they_take() -> None:
    rows = ROWS.with_columns(pl.Series("Channel", ["网站", "移动应用", "Web"]))
    lines = text(result(rows)).splitlines()[1:6]
    assert len({cell_len(line) for line in lines}) == 1


@pytest.mark.parametrize("value", ["\x1b[31mred", "a\nb", "a\tb", "\x9b2J", "a\u202eb", "bell\x07"])
def test_nothing_in_the_data_steers_the_terminal(value: str) -> None:
    rows = ROWS.with_columns(pl.Series("Channel", [value, value, value])).rename({"Channel": f"Channel{value}"})
    note = Absence("Lift", f"no offers in arm {value}", 1, ({"Channel": value},))
    found = text(result(rows, (f"Channel{value}",), where=value, notes=(note,)))
    assert all(line.isprintable() for line in found.split("\n"))


def test_nothing_in_the_data_is_read_as_markup() -> None:
    rows = ROWS.with_columns(pl.Series("Channel", ["[bold]Web[/bold]", ":smile:", "[/]"]))
    found = text(result(rows, where="[red]x[/red]"))
    for value in ("[bold]Web[/bold]", ":smile:", "[/]", "[red]x[/red]"):
        assert value in found


def test_colour_only_adds_escapes() -> None:
    escape = re.compile(r"\x1b\[[0-9;]*m")
    plain, colored = text(result(notes=NOTES)), text(result(notes=NOTES), color=True)
    assert "\x1b" not in plain
    assert escape.search(colored)
    assert escape.sub("", colored) == plain


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = text(result(), width=100), text(result(), color=True, width=100)
    for name, value in {"COLUMNS": "20", "NO_COLOR": "1", "FORCE_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert (text(result(), width=100), text(result(), color=True, width=100)) == expected
