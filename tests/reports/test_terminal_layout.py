"""Reports on a terminal: they fit, every number is there, and nothing in the data steers it."""

# ruff: noqa: RUF001  an en dash is what people see where there is no value, and between the ends of an interval

from __future__ import annotations

import re
import time
import unicodedata
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

import report_examples as examples
from report_readers import cells_of
from valuekit.reports.low_counts import low_counts
from valuekit.reports.plain import plain
from valuekit.reports.report import Document, Provenance
from valuekit.reports.terminal.layout import Layout, document_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from valuekit.reports.report import Channel, Mark, Report

GOLDEN = Path(__file__).parent / "golden"
PROVENANCE = Provenance("bank.toml", "f", "0.1.0", date(2026, 1, 1), date(2026, 1, 15), 15, 16342, 0, 1, None)
SGR = re.compile(r"\x1b\[[0-9;]*m")
EVERY = {made.name: made for made in examples.reports()}
each_report = pytest.mark.parametrize("name", EVERY)


def text(*reports: Report, width: int | None = 80, limit: int | None = None, colors: object = None) -> str:
    document = Document("Bank", (), reports, PROVENANCE)
    return "".join(document_text(document, Layout(width, colors, limit)))  # type: ignore[arg-type]  # a test's choice


def columns_taken(line: str) -> int:
    """The terminal columns of a line, by Unicode's tables and not by those of the code under test.

    Emoji that are joined take the room of the first.
    """
    taken = 0
    for before, character in pairwise(f" {line}"):
        if unicodedata.category(character) in ("Mn", "Me", "Cf") or before == "\u200d":
            continue
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return taken


def rates() -> dict[str, tuple[int, int]]:
    return {"Email": (9, 20), "Mobile": (150, 5000), "Web": (123, 12345)}


def small_reports() -> Iterator[Report]:
    """One small report for each kind of layout."""
    arm, rate = examples.dimension("Arm"), examples.RATE
    channel, day = examples.dimension("Channel"), examples.dimension("Day", "time")
    rows = [{"Channel": name, **examples._rate(*counts)} for name, counts in rates().items()]
    rows.append({"Channel": None, **examples._rate(0, 0)})
    at: dict[Channel, str | tuple[str, ...]] = {"x": "Channel", "y": "CTR"}
    bars = examples.panel(rows, (channel, *rate), "bars", at, notes=examples.NOTES)
    yield examples.report("bars", "CTR by channel", "engagement", bars)
    days = [
        {"Day": date(2026, 1, 1) + timedelta(days=number), "Channel": name, **examples._rate(20 + step * number, 900)}
        for number in range(14)
        for name, step in (("Mobile", 3), ("Web", -1))
    ]
    at = {"x": "Day", "y": "CTR", "color": "Channel"}
    yield examples.report("line", "CTR by day", "engagement", examples.panel(days, (day, channel, *rate), "line", at))
    z = [{"Channel": name, "Arm": "Test", "Count": 900, "z_score": value}
         for name, value in (("Email", -2.5), ("Mobile", None), ("Web", 1.2))]  # fmt: skip
    scores = (examples.number("Count", "count"), examples.number("z_score", "z"))
    at = {"x": "z_score", "y": "Channel", "color": "Arm"}
    yield examples.report(
        "z", "Do arms differ?", "experiment", examples.panel(z, (channel, arm, *scores), "z_bars", at)
    )
    found = {("Mobile", "Sales"): 0.01, ("Mobile", "Service"): 0.03, ("Web", "Sales"): None, ("Web", "Care"): 0.05}
    cells = [{"Channel": name, "Issue": issue, "CTR": value} for (name, issue), value in found.items()]
    at = {"x": "Issue", "y": "Channel", "color": "CTR"}
    grid = examples.panel(cells, (channel, examples.dimension("Issue"), examples.number("CTR", "rate")), "heatmap", at)
    yield examples.report("heat", "Where it works", "engagement", grid)
    for maker in (examples.forest, examples.gauge, examples.boxplot, examples.funnel):
        yield maker()


@pytest.mark.parametrize("width", [40, 80, 160])
def test_layouts_are_as_they_were(width: int) -> None:
    made = text(*small_reports(), width=width)
    assert made == (GOLDEN / f"terminal_{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("limit", [None, 2, 10_000])
@pytest.mark.parametrize("width", [30, 40, 80, 160])
@each_report
def test_every_line_fits(name: str, width: int, limit: int | None) -> None:
    lines = text(EVERY[name], width=width, limit=limit).splitlines()
    assert lines
    assert max(map(columns_taken, lines)) <= width


@each_report
def test_every_cell_of_every_row_is_shown(name: str) -> None:
    lines = text(EVERY[name], width=None, limit=100_000).splitlines()
    for panel in EVERY[name].panels:
        tree = panel.picture is not None and panel.picture.mark == "treemap"
        for row in panel.table.iter_rows(named=True):
            cells = list(cells_of(panel, row))[2 if tree else 0 :]
            assert any(all(cell in line for cell in cells) for line in lines), row


@pytest.mark.parametrize("name", [name for name in EVERY if name != "heatmap"])  # its shades stand for colours
def test_colours_only_add_escapes(name: str) -> None:
    assert SGR.sub("", text(EVERY[name], colors="truecolor")).split() == text(EVERY[name]).split()


@pytest.mark.parametrize("colors", [None, "standard", "256", "truecolor"])
def test_nothing_in_the_data_steers_the_terminal(colors: str | None) -> None:
    shown_text = SGR.sub("", text(*EVERY.values(), colors=colors)) if colors else text(*EVERY.values())
    rest = {character for character in shown_text if unicodedata.category(character).startswith("C")}
    assert rest <= {"\n", "\u200e", "\u200d"}
    assert "<script>alert(1)</script>" in shown_text
    assert "[*b*]" in shown_text


def test_a_heatmap_has_shades_with_and_without_colour() -> None:
    plain_text, colored = text(examples.heatmap()), text(examples.heatmap(), colors="truecolor")
    assert "█" in plain_text
    assert "\x1b[" not in plain_text
    assert "48;2;" in colored
    assert "█ " not in colored.partition("Channel  ")[0]


def test_a_cell_that_is_not_there_is_blank_and_one_without_a_value_a_dash() -> None:
    lines = [line for line in text(*small_reports()).splitlines() if line.startswith(("Mobile ", "Web "))]
    grid = [line for line in lines if "█" in line or "·" in line or line.rstrip().endswith("–")]
    assert any(re.fullmatch(r"Web\s+█\s+5 %\s+–", line) for line in grid), grid


def test_low_counts_are_marked_and_explained() -> None:
    lines = text(next(small_reports())).splitlines()
    (email,) = (line for line in lines if line.startswith("Email"))
    (web,) = (line for line in lines if line.startswith("Web"))
    assert "low n" in email
    assert "low n" not in web
    assert any(line.startswith("low n: ") for line in lines)
    painted = text(next(small_reports()), colors="truecolor").splitlines()
    assert any(line.startswith("\x1b[2m") and "Email" in line for line in painted)


def test_missing_values_are_dashes_with_their_reason_below() -> None:
    made = text(next(small_reports()))
    assert "No value for CTR: there are no offers (n = 0) (1 group: <script>alert(1)</script>)" in made.replace(
        "\n", " "
    )


def test_what_is_left_out_is_said_with_the_flag_that_shows_it() -> None:
    rows = [{"Channel": f"c{number:05}", **examples._rate(90, 3000 + number)} for number in range(5000)]
    many = examples.panel(rows, (examples.dimension("Channel"), *examples.RATE), "bars", {"x": "Channel", "y": "CTR"})
    report = examples.report("many", "Many", "engagement", many)
    assert "50 of 5,000 rows shown: --limit 5000 shows all" in text(report)
    assert "3 of 5,000 rows shown: --limit 5000 shows all" in text(report, limit=3)
    assert "rows shown" not in text(report, limit=5000)
    lines = examples.panel(
        [{"Day": date(2026, 1, 1 + at % 2), **row} for row in rows for at in (0, 1)],
        (examples.dimension("Day", "time"), examples.dimension("Channel"), *examples.RATE),
        "line",
        {"x": "Day", "y": "CTR", "color": "Channel"},
    )
    made = text(examples.report("lines", "Lines", "engagement", lines), width=120)
    assert "4,950 further lines left out: --limit 5000 shows all" in made
    assert "10,000 rows behind it: --limit 10000 shows them" in made


def wide_grid(columns: int, rows: int) -> Report:
    cells = [{"X": f"x{x:04}", "Y": f"y{y:04}", "CTR": (x + y) / 9000} for y in range(rows) for x in range(columns)]
    described = (examples.dimension("X"), examples.dimension("Y"), examples.number("CTR", "rate"))
    grid = examples.panel(cells, described, "heatmap", {"x": "X", "y": "Y", "color": "CTR"})
    return examples.report("grid", "Grid", "engagement", grid)


def test_a_heatmap_that_does_not_fit_says_what_it_leaves_out() -> None:
    made = text(wide_grid(60, 70))
    assert "X from left to right: x0000 to x0036 (37 columns)" in made
    assert "23 further columns left out" in made
    assert "20 further lines of cells left out: --limit 70 shows all" in made


def test_a_hundred_thousand_rows_are_quick_and_short() -> None:
    table = pl.DataFrame({"Day": pl.date_range(date(1800, 1, 1), date(2073, 10, 15), eager=True)}).select(
        pl.col("Day"), Count=pl.int_range(pl.len()) % 977 + 1, CTR=(pl.int_range(pl.len()) % 83) / 1000
    )
    assert table.height == 100_000
    described = (examples.dimension("Day", "time"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    marks: tuple[Mark, ...] = ("line", "bars", "scatter", "curve")
    for mark in marks:
        panel = examples.panel(table, described, mark, {"x": "Count" if mark == "curve" else "Day", "y": "CTR"})
        began = time.perf_counter()
        made = text(examples.report("long", "Long", "engagement", panel))
        assert time.perf_counter() - began < 3
        assert made.count("\n") < 100


def test_a_single_row_without_dimensions_stands_upright() -> None:
    panel = examples.panel([examples._rate(30, 900)], examples.RATE, "bars", {"y": "CTR"})
    made = text(examples.report("one", "One", "engagement", panel))
    assert re.search(r"^CTR\s+3\.33 %$", made, re.MULTILINE)
    assert re.search(r"^Count\s+900$", made, re.MULTILINE)


def test_an_empty_result_and_a_failure_are_told() -> None:
    assert "no rows" in text(examples.empty())
    assert "failed: metric gone has no score" in text(examples.failed())


def test_key_numbers_come_with_their_interval_and_trend() -> None:
    made = "".join(document_text(examples.document(), Layout(160)))
    before, ctr = next(pair for pair in pairwise(made.splitlines()) if pair[1].startswith("  CTR "))
    assert before.strip() == "engagement_example"
    assert re.search(r"1\.42 %\s+1\.37 – 1\.48 %\s+182 k\s+[▁-█ ]+\s+▲", ctr)
    assert "No value for model_example roc_auc of <script>alert(1)</script>: one class only" in made
    assert "Key numbers" not in "".join(document_text(examples.document(), Layout(160, cards=False)))


def test_purchases_over_time_say_from_when_to_when() -> None:
    panel = examples.exposure().main
    first, last = (str(end) for end in (panel.table["Purchased"].min(), panel.table["End"].max()))
    told = " ".join(text(examples.exposure()).split())
    assert f"{first} to {last}: ● is a purchase, ─ leads to the end of observation" in told


def _with_a_spike(mark: Mark, x: str) -> str:
    """Rates of about one percent, and one of 100 % that rests on one case."""
    numbers = [(10, 1000), (12, 1000), (1, 1), (8, 1000), (16, 1000)]
    names = [date(2026, 1, day) for day in range(1, 6)] if x == "Day" else list("abcde")
    rows = [{x: name, **examples._rate(*pair)} for name, pair in zip(names, numbers, strict=True)]
    columns = (examples.dimension(x, "time" if x == "Day" else "text"), *examples.RATE)
    return text(examples.report(mark, "Rates", "engagement", examples.panel(rows, columns, mark, {"x": x, "y": "CTR"})))


def test_bars_of_few_cases_do_not_set_the_scale() -> None:
    lines = {line[0]: line for line in _with_a_spike("bars", "Channel").splitlines() if line[1:3] == "  "}
    assert "▶" in lines["c"]
    assert not any("▶" in line for name, line in lines.items() if name != "c")
    assert lines["e"].count("█") > 1.8 * lines["d"].count("█") > 0
    assert "beyond the scale, which rows of low n do not set" in _with_a_spike("bars", "Channel")


def test_lines_are_not_flattened_by_a_point_of_few_cases() -> None:
    told = _with_a_spike("line", "Day")
    assert "▃▅█▁█" in told
    assert "which points of low n do not set" in " ".join(told.split())


def test_shades_are_not_flattened_by_a_cell_of_few_cases() -> None:
    rows = [
        {"Channel": name, "Issue": "Sales", **examples._rate(*pair)}
        for name, pair in zip("abc", [(10, 1000), (20, 1000), (1, 1)], strict=True)
    ]
    columns = (examples.dimension("Channel"), examples.dimension("Issue"), *examples.RATE)
    channels: dict[Channel, str] = {"x": "Channel", "y": "Issue", "color": "CTR"}
    told = text(examples.report("heatmap", "Rates", "engagement", examples.panel(rows, columns, "heatmap", channels)))
    assert re.search(r"·\s+1 %\s+█\s+2 %\s+█\s+100 %", told)
    assert "· is 1 %, █ is 2 % or more" in told


def test_low_counts() -> None:
    def flags(rows: list[dict[str, object]]) -> list[bool]:
        columns = tuple(examples.number(name, "rate" if name == "CTR" else "count") for name in rows[0])
        return low_counts(examples.panel(rows, columns, "bars", {"y": "CTR"}))

    assert flags([{"Count": n, "CTR": 0.5} for n in (29, 30, None)]) == [True, False, True]
    split: list[dict[str, object]] = [
        {"Count": 100, "Positives": p, "Negatives": 100 - p, "CTR": p / 100} for p in (4, 5, 95, 96)
    ]
    assert flags(split) == [True, False, False, True]
    rate = examples.panel([examples._rate(p, 100) for p in (4, 5, 95, 96)], examples.RATE[0:1] + examples.RATE[2:],
                          "bars", {"y": "CTR"})  # fmt: skip
    assert low_counts(rate) == [True, False, False, True]
    assert not any(low_counts(examples.histogram().main))


def test_a_count_itself_is_never_too_low() -> None:
    assert not any(low_counts(examples.funnel().main))
    rows = [
        {"Channel": "Web", "R": "1", "Count": 3, "Share": 0.5},
        {"Channel": "App", "R": "2", "Count": 3, "Share": 0.5},
    ]
    columns = [examples.dimension("Channel"), examples.dimension("R"), examples.number("Count", "count")]
    cells = examples.panel(rows, columns, "heatmap", {"x": "Channel", "y": "R", "color": "Count"})
    shares = examples.panel(rows, (*columns, examples.edge("Share", "rate")), "heatmap", {"color": "Count"})
    bars = examples.panel(rows, columns, "bars", {"x": "Channel", "y": "Count"})
    assert [low_counts(panel) for panel in (cells, shares, bars)] == [[False, False]] * 3
    rates = examples.panel(
        [{**row, "CTR": 0.5} for row in rows], (*columns, examples.number("CTR", "rate")), "heatmap", {"color": "CTR"}
    )
    sizes = examples.panel(
        [{**row, "Correlation": 0.5} for row in rows], (*columns, examples.edge("Correlation", "ratio")), "bars", {}
    )
    assert [low_counts(panel) for panel in (rates, sizes)] == [[True, True]] * 2


def test_right_to_left_text_ends_before_the_next_column() -> None:
    made = text(examples.bars(), width=160)
    (line,) = (line for line in made.splitlines() if "متجر" in line)
    name, mark, rest = line.partition("\u200e")
    assert mark
    assert name == plain(examples.RIGHT_TO_LEFT)
    assert not any(unicodedata.bidirectional(character) in ("R", "AL") for character in rest)
