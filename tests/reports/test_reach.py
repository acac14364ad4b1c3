"""Axes end where rows of enough cases and whiskers up to their fences do; what lies beyond is at the edge, and said."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import polars as pl
import pytest

import report_examples as examples
from drawn_pictures import items, texts
from valuekit.reports import charts
from valuekit.reports.low_counts import LOW, low_counts
from valuekit.reports.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.reports.report import Channel, Column, Mark, Panel

Z = 1.959963984540054
SURE = {"a": (80, 4000), "b": (50, 3000), "e": (30, 2000)}
SCARCE = {"c": (1, 1), "d": (0, 4)}
"""Positives and offers of channels; two rest on hardly any."""

BOX: Mapping[Channel, str] = {
    "x": "Channel", "low": "Min", "q1": "p25", "median": "Median", "q3": "p75", "high": "Max",
}  # fmt: skip


def wilson(positives: int, n: int) -> dict[str, float | int]:
    """A rate with its Wilson interval."""
    p, square = positives / n, Z * Z
    middle, half = p + square / (2 * n), Z * (p * (1 - p) / n + square / (4 * n * n)) ** 0.5
    ends = [(middle + side * half) / (1 + square / n) for side in (-1, 1)]
    return {"Count": n, "Positives": positives, "CTR": p, "CTR_CI_Low": max(ends[0], 0), "CTR_CI_High": min(ends[1], 1)}


def rates(
    mark: Mark,
    channels: Mapping[Channel, str | tuple[str, ...]],
    found: Mapping[str, tuple[int, int]],
    *,
    times: Sequence[object] = ("In", "Out"),
    name: str = "Way",
) -> Panel:
    """Each channel at each of these times or ways."""
    rows = [{"Channel": channel, name: time, **wilson(*counts)} for time in times for channel, counts in found.items()]
    unit = "text" if name == "Way" else "time"
    return examples.panel(rows, (examples.dimension(name, unit), examples.dimension("Channel"), *examples.RATE),
                          mark, channels)  # fmt: skip


def scales(spec: object, channel: str) -> list[dict[str, Any]]:
    """The scales of a channel that are told where they end."""
    if isinstance(spec, list):
        return [found for one in spec for found in scales(one, channel)]
    if not isinstance(spec, dict):
        return []
    own = [one["scale"] for name, one in spec.items() if name == channel and isinstance(one, dict) and "scale" in one]
    named = [spec] if spec.get("name") == channel and "range" in spec else []
    return [one for one in (*own, *named) if "domainMax" in one] + [
        found for name, one in spec.items() if name not in ("values", "usermeta") for found in scales(one, channel)
    ]


def remarks(panel: Panel) -> list[str]:
    found: list[str] = cast("Any", charts.spec(panel)["usermeta"])["remarks"]
    return found


RATES: Mapping[str, tuple[str, Mark, Mapping[Channel, str | tuple[str, ...]]]] = {
    "bars": ("x", "bars", {"x": "Channel", "y": "CTR", "facet_column": "Way"}),
    "bars in a wrapped grid": ("x", "bars", {"x": "Channel", "y": "CTR", "facet_row": "Way", "color": "Channel"}),
    "scatter": ("y", "scatter", {"x": "Count", "y": "CTR", "color": "Channel", "facet_column": "Way"}),
    "polar": ("radius", "polar", {"theta": "Channel", "r": "CTR", "color": "Way"}),
    "gauge": ("x", "gauge", {"value": "CTR", "path": ("Channel", "Way")}),
}


@pytest.mark.parametrize("name", RATES)
def test_rows_of_few_cases_do_not_set_an_axis(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    channel, mark, channels = RATES[name]
    whole, sure = rates(mark, channels, {**SURE, **SCARCE}), rates(mark, channels, SURE)
    assert sum(low_counts(whole)) == 4
    (scale,) = scales(charts.spec(whole), channel)
    reach = max(wilson(*counts)["CTR_CI_High" if mark == "bars" else "CTR"] for counts in SURE.values())
    assert reach <= scale["domainMax"] < 1.3 * reach
    assert scale["clamp"] is True
    assert scales(charts.spec(sure), channel) == []
    beyond = 4 if mark == "scatter" else 2  # Only a scatter's axis begins above nought.
    assert f"Axis scaled without low n: {beyond} rows lie beyond." in remarks(whole)
    assert not any("scaled without" in text for text in remarks(sure))
    written = texts(charts.spec(whole))
    assert [text for text in written if text in ("20 %", "40 %", "50 %", "60 %", "80 %")] == []
    warned = capfd.readouterr()
    assert (warned.out, warned.err) == ("", "")


@pytest.mark.parametrize("name", RATES)
def test_where_all_rows_rest_on_few_cases_all_set_the_axis(name: str) -> None:
    channel, mark, channels = RATES[name]
    panel = rates(mark, channels, SCARCE)
    assert all(low_counts(panel))
    assert scales(charts.spec(panel), channel) == []
    assert not any("scaled without" in text for text in remarks(panel))


def test_what_lies_beyond_is_drawn_at_the_edge_with_an_arrow_and_its_number() -> None:
    spec = charts.spec(rates("bars", {"x": "Channel", "y": "CTR"}, {**SURE, **SCARCE}, times=("In",)), width=700)
    bars = [item for item in items(spec, "rect") if item.get("fill") == LIGHT.faint]
    (arrow,) = (item for item in items(spec, "symbol") if item["size"] > 0)
    assert arrow["shape"] == "triangle-right"
    assert max(item["width"] for item in bars) == pytest.approx(arrow["x"])
    assert max(item["x"] + item["width"] for item in items(spec, "rect")) == pytest.approx(arrow["x"])
    assert "100 %" in texts(spec)


def test_low_points_of_a_line_are_hollow_and_its_bands_do_not_set_the_axis() -> None:
    days = [date(2026, 9, 1) + timedelta(days=at) for at in range(12)]
    panel = rates("line", {"x": "Day", "y": "CTR"}, {"a": (80, 4000)}, times=days, name="Day")
    table = panel.table.with_row_index("at").with_columns(
        [
            pl.when(pl.col("at") == 5).then(value).otherwise(pl.col(name)).alias(name)
            for name, value in wilson(2, 3).items()
        ]
    )
    panel = examples.panel(table, panel.columns, "line", {"x": "Day", "y": "CTR"})
    spec = charts.spec(panel)
    scale, *same = scales(spec, "y")
    assert [one for one in same if one != scale] == []
    assert scale["domainMin"] > 0.01
    assert scale["domainMax"] < 0.03
    points = [item for item in items(spec, "symbol") if item["size"] == 28]
    hollow = [item for item in points if item["fill"] == LIGHT.background]
    assert len(points) == 12
    assert [(item["shape"], item["y"], item["strokeWidth"]) for item in hollow] == [("triangle-up", 0, 1.2)]
    assert {item["strokeWidth"] for item in points if item not in hollow} == {0}
    tops = [item["y"] for item in items(spec, "area")]
    assert min(tops) >= 0
    assert "Axis scaled without low n: 1 row lies beyond." in remarks(panel)


@pytest.mark.parametrize("mark", ["heatmap", "treemap"])
def test_rows_of_few_cases_do_not_set_colours(mark: Mark) -> None:
    path: Mapping[Channel, str | tuple[str, ...]] = {"path": ("Way", "Channel"), "size": "Count", "color": "CTR"}
    cells: Mapping[Channel, str | tuple[str, ...]] = {"x": "Channel", "y": "Way", "color": "CTR"}
    panel = rates(mark, path if mark == "treemap" else cells, {**SURE, **SCARCE})
    (scale,) = scales(charts.spec(panel), "color")
    assert (scale["domainMin"], scale["domainMax"]) == pytest.approx((0.015, 0.02))
    assert LIGHT.faint in [item.get("fill") for item in items(charts.spec(panel), "rect")]
    assert not any("beyond" in text for text in remarks(panel))


def test_small_counts_are_no_low_n_on_an_axis_of_counts() -> None:
    panel = rates("scatter", {"x": "Count", "y": "CTR", "color": "Channel"}, {**SURE, **SCARCE})
    assert scales(charts.spec(panel), "x") == []


def test_frames_have_the_axes_of_the_sure_rows_of_all() -> None:
    channels: Mapping[Channel, str] = {"x": "Count", "y": "CTR", "color": "Channel", "frame": "Way"}
    panel = rates("scatter", channels, {**SURE, **SCARCE})
    for frame in (None, "In"):
        spec = charts.spec(panel, frame=frame)
        (scale,) = scales(spec, "y")
        assert scale["domainMax"] < 0.03
        circles = [item for item in items(spec, "symbol") if item.get("stroke") == LIGHT.background]
        assert {round(item["y"]) for item in circles if item["fill"] == LIGHT.faint} == {
            0,
            round(max(item["y"] for item in circles)),
        }


def test_z_scores_of_few_cases_leave_the_band_of_chance_on_the_axis() -> None:
    rows = [{"Experiment": name, "Count": count, "z_score": z} for name, count, z in (("a", 900, 0.4), ("b", 9, 12.0))]
    columns = (examples.dimension("Experiment"), examples.number("Count", "count"), examples.number("z_score", "z"))
    panel = examples.panel(rows, columns, "z_bars", {"x": "z_score", "y": "Experiment"})
    (scale,) = scales(charts.spec(panel), "x")
    assert scale["domainMin"] <= -Z
    assert Z <= scale["domainMax"] < 3


def _boxes(*found: tuple[float | None, ...], count: int = 400, log: bool = False) -> Panel:
    rows = [
        {"Channel": f"c{at}", "Count": count, **dict(zip(examples.BOX, values, strict=True))}
        for at, values in enumerate(found)
    ]
    columns: tuple[Column, ...] = (examples.dimension("Channel"), examples.number("Count", "count"),
                                   *(examples.number(name, "number") for name in examples.BOX))  # fmt: skip
    return examples.panel(rows, columns, "boxplot", BOX, log_y=log)


@pytest.mark.parametrize("sign", [1, -1])
def test_boxes_are_not_slivers_where_an_extreme_is_far_off(sign: int) -> None:
    values = (1.0, 2.0, 3.0, 4.0, 100_000.0)
    far = values if sign > 0 else tuple(-value for value in reversed(values))
    spec = charts.spec(_boxes(far, tuple(sign * value for value in (1.0, 2.0, 3.0, 5.0, 9.0)[::sign])))
    (scale,) = scales(spec, "x")
    assert max(abs(scale["domainMin"]), abs(scale["domainMax"])) <= 15
    widths = [item["width"] for item in items(spec, "rect") if item.get("fill") == LIGHT.accent]
    plot = max(item["width"] for item in items(spec, "group") if item.get("width"))
    assert min(widths) > plot / 10
    (arrow,) = (item for item in items(spec, "symbol") if item["size"] > 0)
    assert (arrow["shape"], arrow["x"]) == (("triangle-right", plot) if sign > 0 else ("triangle-left", 0))
    assert "Arrows: Min or Max of 1 row lies beyond the axis; the table has them." in remarks(
        _boxes(far, (sign * 2.0, sign * 2.0, sign * 2.0, sign * 2.0, sign * 2.0))
    )


@pytest.mark.parametrize(
    "found",
    [
        ((1.0, 2.0, 3.0, 4.0, 9.0), (0.0, 2.0, 3.0, 5.0, 12.0)),
        ((0.0, 0.0, 0.0, 0.0, 900.0), (0.0, 0.0, 0.0, 0.0, 12.0)),
        ((None,) * 5, (1.0, 1.0, 1.0, 1.0, 1.0)),
    ],
)
def test_whole_whiskers_are_shown_where_boxes_can_be_seen_or_have_no_length(
    found: tuple[tuple[float | None, ...], ...],
) -> None:
    panel = _boxes(*found)
    assert scales(charts.spec(panel), "x") == []
    assert not any("Arrows" in text for text in remarks(panel))


def test_boxes_that_differ_by_powers_of_ten_have_a_logarithmic_axis() -> None:
    small, large = (1.0, 2.0, 3.0, 4.0, 9.0), (900.0, 2_000.0, 13_000.0, 80_000.0, 1e6)
    spec = cast("Any", charts.spec(_boxes(small, large)))
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    assert "Logarithmic axis." in spec["usermeta"]["remarks"]
    shown = [text for item in items(spec, "text") if item.get("opacity", 1) > 0 and (text := item.get("text"))]
    assert sum(str(text)[:1].isdigit() for text in shown) < 30
    below = cast("Any", charts.spec(_boxes((0.0, *small[1:]), large)))
    assert "type" not in below["layer"][0]["encoding"]["x"]["scale"]


def test_goals_of_all_rows_are_on_the_axis() -> None:
    channels: Mapping[Channel, str | tuple[str, ...]] = {
        "value": "CTR", "path": ("Channel",), "reference": "Reference",
    }  # fmt: skip
    found = rates("gauge", {"value": "CTR", "path": ("Channel",)}, {**SURE, **SCARCE}, times=("In",))
    table = found.table.with_columns(Reference=pl.when(pl.col("Channel") == "c").then(0.2).otherwise(0.01))
    columns = (*found.columns, examples.edge("Reference", "rate"))
    (scale,) = scales(charts.spec(examples.panel(table, columns, "gauge", channels)), "x")
    assert scale["domainMax"] == pytest.approx(0.2)


def test_where_the_only_sure_number_stands_alone_the_axis_has_a_length() -> None:
    rows = [
        {"Day": date(2026, 9, at), "Count": count, "Revenue": money}
        for at, count, money in ((1, 400, 10.0), (2, 2, 9000.0))
    ]
    columns = (
        examples.dimension("Day", "time"),
        examples.number("Count", "count"),
        examples.number("Revenue", "money"),
    )
    spec = charts.spec(examples.panel(rows, columns, "line", {"x": "Day", "y": "Revenue"}))
    assert [(scale["domainMin"], scale["domainMax"]) for scale in scales(spec, "y")][:1] == [(5.0, 15.0)]
    assert f"Hollow: {LOW}." in cast("Any", spec["usermeta"])["remarks"]
