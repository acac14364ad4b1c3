"""Pictures as specifications: they compile without a warning, show the numbers of the table, and stay small."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, cast, get_args

import polars as pl
import pytest

import report_examples as examples
from drawn_pictures import items, texts
from valuekit.reports import charts
from valuekit.reports.charts import units
from valuekit.reports.low_counts import LOW, low_counts
from valuekit.reports.numbers import SHORT, shown
from valuekit.reports.palette import PALETTES, Theme
from valuekit.reports.report import Channel, Column, Mark, Panel

if TYPE_CHECKING:
    from collections.abc import Mapping

PANELS: Mapping[str, Panel] = {
    f"{report.name} {panel.name}".strip(): panel for report in examples.reports() for panel in report.panels
}
each_panel = pytest.mark.parametrize("name", PANELS)


@each_panel
@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("width", [360, 900])
def test_every_picture_draws_without_a_warning(
    name: str, theme: Theme, width: int, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = charts.spec(PANELS[name], theme=theme, width=width)
    assert spec["background"] == PALETTES[theme].background
    drawn = [*items(spec, "group")]
    assert drawn
    warned = capfd.readouterr()
    assert (warned.out, warned.err) == ("", "")


def test_every_mark_has_an_example() -> None:
    assert {panel.picture.mark for panel in PANELS.values() if panel.picture} == {*get_args(Mark)}


@each_panel
def test_rows_are_the_cells_of_the_table(name: str) -> None:
    panel = PANELS[name]
    fields, rows = charts.fields(panel), charts.rows(panel)
    assert len(rows) == panel.table.height
    for column in panel.columns:
        if column.role == "number":
            assert [row[fields[column.name]] for row in rows] == panel.table[column.name].to_list()
    assert [row["low"] for row in rows] == low_counts(panel)


@each_panel
def test_text_of_the_data_is_in_rows_titles_and_domains_alone(name: str) -> None:
    found = [*_strings(charts.spec(PANELS[name]), ())]
    hostile = {path for path, text in found if "script>" in text or "panic" in text or "O'Neil" in text}
    allowed = {"values", "domain", "title", "text", "description", "fields"}
    assert all(allowed & {*path} for path in hostile), hostile
    expressions = [
        text for path, text in found if path[-1] in ("expr", "calculate", "filter", "test", "signal", "update")
    ]
    assert not [text for text in expressions if "script" in text or "panic" in text]


def _strings(value: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _strings(inner, (*path, key))]
    if isinstance(value, list):
        return [found for inner in value for found in _strings(inner, path)]
    return []


def _bars(panel: Panel) -> list[dict[str, Any]]:
    """Drawn bars: rectangles that stand for a row."""
    return [item for item in items(charts.spec(panel), "rect") if item.get("fill") in _fills() and item["width"] > 0]


def _fills() -> set[str]:
    light = PALETTES["light"]
    return {light.accent, *light.categorical}


def test_bars_are_as_long_as_their_numbers() -> None:
    rows = [{"Channel": name, "Count": 1000, "CTR": value} for name, value in (("a", 0.02), ("b", 0.08), ("c", 0.05))]
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(rows, columns, "bars", {"x": "Channel", "y": "CTR"})
    drawn = sorted(_bars(panel), key=lambda item: item["y"])
    longest = max(item["width"] for item in drawn)
    assert [item["width"] / longest for item in drawn] == pytest.approx([0.25, 1.0, 0.625], abs=0.01)
    assert {"2 %", "8 %", "5 %"} <= {*texts(charts.spec(panel))}


def test_treemap_areas_are_the_counts() -> None:
    counts = {"a": 600, "b": 300, "c": 100}
    rows = [{"Channel": name, "Count": count, "CTR": count / 10_000} for name, count in counts.items()]
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(rows, columns, "treemap", {"path": ("Channel",), "size": "Count", "color": "CTR"})
    areas = sorted(item["width"] * item["height"] for item in items(charts.spec(panel), "rect") if item["height"] > 20)
    assert [area / sum(areas) for area in areas] == pytest.approx([0.1, 0.3, 0.6], abs=0.02)


def test_treemap_of_segments_has_a_colour_each() -> None:
    rows = [{"Segment": name, "Count": count} for name, count in (("New", 40), ("Loyal", 70), ("Gone", 35))]
    columns = (examples.dimension("Segment"), examples.number("Count", "count"))
    panel = examples.panel(rows, columns, "treemap", {"path": ("Segment",), "size": "Count", "color": "Segment"})
    fills = {item["fill"] for item in items(charts.spec(panel), "rect") if item["height"] > 20}
    assert len(fills) == 3
    assert "NaN" not in texts(charts.spec(panel))


def test_a_blank_cell_of_a_heatmap_is_not_drawn_and_an_undefined_one_is_a_dash() -> None:
    panel = PANELS["heatmap"]
    written = texts(charts.spec(panel))
    values = [shown(value, "rate") for value in panel.table["CTR"].to_list()]
    assert len(values) == panel.table.height == 6 * 4 - 1
    for value in {*values}:
        assert written.count(value) >= values.count(value), value
    assert values.count("\N{EN DASH}") == written.count("\N{EN DASH}") == 1


@pytest.mark.parametrize("unit", SHORT)
def test_numbers_on_pictures_are_written_as_everywhere(unit: str) -> None:
    signed = (
        0,
        0.5,
        0.0142,
        1 / 3,
        0.999,
        1,
        12.345,
        99.95,
        123.456,
        999,
        999.4,
        999.6,
        1000,
        123_456,
        9.996e8,
        2.5e12,
    )
    numbers = [value * sign for value in signed for sign in ((1,) if unit in ("count", "probability") else (1, -1))]
    numbers = [value for value in numbers if unit != "probability" or value <= 1]
    numbers = [round(value) if unit == "count" else value for value in numbers if unit != "z" or abs(value) < 1e6]
    spec = {
        "$schema": "https://vega.github.io/schema/vega/v6.json", "width": 10, "height": 10,
        "data": [{"name": "table", "values": [{"c0": value} for value in numbers]}],
        "marks": [{"type": "text", "from": {"data": "table"},
                   "encode": {"update": {"text": {"signal": units.written("c0", unit)}}}}],
    }  # fmt: skip
    assert texts(cast("dict[str, Any]", spec)) == [shown(value, unit) for value in numbers]


@pytest.mark.parametrize("unit", ["rate", "number", "money"])
def test_tiny_numbers_have_a_power_of_ten(unit: str) -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega/v6.json", "width": 10, "height": 10,
        "data": [{"name": "table", "values": [{"c0": -2.345e-9}]}],
        "marks": [{"type": "text", "from": {"data": "table"},
                   "encode": {"update": {"text": {"signal": units.written("c0", unit)}}}}],
    }  # fmt: skip
    (text,) = texts(cast("dict[str, Any]", spec))
    scale = 100 if unit == "rate" else 1
    assert float(text.removesuffix(" %")) == pytest.approx(-2.345e-9 * scale, rel=0.005)
    assert len(text) < 13


def test_low_n_is_grey_and_said() -> None:
    panel = PANELS["bars"]
    assert any(low_counts(panel))
    spec = charts.spec(panel)
    assert f"Grey: {LOW}." in cast("Any", spec["usermeta"])["remarks"]
    fields = charts.fields(panel)
    greys = [row["low"] for row in charts.rows(panel) if row[fields["Channel"]] == shown(examples.RIGHT_TO_LEFT)]
    assert greys == [True]


def test_empty_tables_and_tables_without_values_say_so() -> None:
    assert "No rows." in texts(charts.spec(PANELS["empty"]))
    rows = [{"Channel": "Web", "Count": 3, "CTR": None}]
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    schema = {"Channel": pl.String, "Count": pl.Int64, "CTR": pl.Float64}
    panel = examples.panel(pl.DataFrame(rows, schema=schema), columns, "bars", {"x": "Channel", "y": "CTR"})
    assert "CTR has no value in any row." in texts(charts.spec(panel))


def test_a_frame_is_drawn_on_the_axes_of_all() -> None:
    panel = PANELS["scatter"]
    months = charts.frames(panel)
    assert months == ["2026-06", "2026-07", "2026-08", "2026-09"]
    axes = []
    for month in months:
        spec = charts.spec(panel, frame=month)
        values = cast("Any", spec["data"])["values"]
        assert {row[charts.fields(panel)["Month"]] for row in values} == {month}
        axes.append(json.dumps([cast("Any", spec["encoding"])[axis]["scale"] for axis in ("x", "y")]))
    assert len({*axes}) == 1


def test_many_lines_have_no_bands_and_say_where_intervals_are() -> None:
    few, many = _lines(3), _lines(8)
    assert "Bands: 95 % intervals." in cast("Any", few["usermeta"])["remarks"]
    assert "95 % intervals are in the table." in cast("Any", many["usermeta"])["remarks"]
    assert len(items(few, "area")) > 0
    assert items(many, "area") == []


def _lines(count: int) -> dict[str, Any]:
    days = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 2, 9), eager=True).alias("Day")
    names = pl.DataFrame({"Channel": [f"c{at}" for at in range(count)]})
    table = pl.DataFrame(days).join(names, how="cross").with_columns(
        Count=pl.lit(900), CTR=pl.lit(0.05), CTR_CI_Low=pl.lit(0.04), CTR_CI_High=pl.lit(0.06)
    )  # fmt: skip
    columns = (examples.dimension("Day", "time"), examples.dimension("Channel"), *_rate())
    panel = examples.panel(table, columns, "line", {"x": "Day", "y": "CTR", "color": "Channel"})
    return charts.spec(panel)


def _rate() -> tuple[Column, ...]:
    return tuple(column for column in examples.RATE if column.name != "Positives")


def test_odds_ratios_are_on_an_axis_that_ends_near_them() -> None:
    spec = charts.spec(PANELS["forest"])
    rules = [item for item in items(spec, "rule") if item.get("strokeWidth") == 2]
    ends = [item[end] for item in rules for end in ("x", "x2")]
    plot = max(item["width"] for item in items(spec, "group") if item.get("width"))
    assert len(rules) == PANELS["forest"].table["g_odds_ratio_stat"].count()
    assert min(ends) >= 0
    assert max(ends) <= plot
    assert max(ends) - min(ends) > 0.9 * plot


# Large tables.

NAMES = 5_000
TALL = 100_000


def _large(mark: Mark) -> Panel:
    """The example of a mark, its rows many times over under so many names."""
    panel = next(panel for panel in PANELS.values() if panel.picture and panel.picture.mark == mark)
    times = -(-TALL // panel.table.height)
    copies = pl.DataFrame({"copy": range(times)}).join(panel.table, how="cross")
    renamed = [
        (pl.col(column.name).fill_null("none") + pl.format(" {}", pl.col("copy") % NAMES)).alias(column.name)
        for column in panel.columns
        if column.role == "dimension" and panel.table.schema[column.name] == pl.String
    ]
    table = copies.with_columns(renamed).drop("copy")
    return Panel(panel.name, panel.title, table, panel.columns, panel.picture, key=panel.key)


@pytest.mark.parametrize("mark", get_args(Mark))
def test_a_hundred_thousand_rows_of_thousands_of_names_are_bounded_and_it_says_so(mark: Mark) -> None:
    panel = _large(mark)
    assert panel.table.height >= TALL
    started = time.process_time()
    spec = charts.spec(panel)
    assert time.process_time() - started < 4
    data = spec["data"]
    values = cast("Any", data)["values"] if isinstance(data, dict) else cast("Any", data)[0]["values"]
    assert 0 < len(values) <= 20_000
    assert len(json.dumps(spec)) < 6_000_000
    remarks = cast("Any", spec["usermeta"])["remarks"]
    cut = [remark for remark in remarks if remark.startswith("Drawn: ")]
    assert [remark.endswith("All are in the table and its CSV.") for remark in cut] == [True]


def test_what_is_drawn_of_many_names_are_those_of_most_cases() -> None:
    table = pl.DataFrame({"Channel": [f"c{at:04d}" for at in range(NAMES)], "Count": range(NAMES)}).with_columns(
        CTR=pl.col("Count") / 10_000.0
    )
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    channels: dict[Channel, str | tuple[str, ...]] = {"x": "Channel", "y": "CTR"}
    panel = examples.panel(table, columns, "bars", channels)
    spec = charts.spec(panel)
    drawn = {row["c0"] for row in cast("Any", spec["data"])["values"]}
    assert drawn == {f"c{at:04d}" for at in range(NAMES - 30, NAMES)}
    assert "Drawn: top 30 of 5,000 values of Channel by Count. All are in the table and its CSV." in " ".join(
        cast("Any", spec["usermeta"])["remarks"]
    )


def test_an_axis_of_a_thousand_names_is_thinned() -> None:
    weeks = [f"{1990 + at // 52}-W{at % 52 + 1:02d}" for at in range(1_400)]
    table = pl.DataFrame({"Week": weeks, "Count": 900, "CTR": 0.05})
    columns = (examples.dimension("Week", "time"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    spec = charts.spec(examples.panel(table, columns, "line", {"x": "Week", "y": "CTR"}))
    written = [text for text in texts(spec) if "-W" in text]
    assert 20 < len(written) <= 60
    assert written[0] == weeks[0]
    step = weeks.index(written[1])
    assert written == weeks[::step]
    assert cast("Any", spec["usermeta"])["remarks"] == []
