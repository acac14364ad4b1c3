"""Pictures of few cases, of one colour a name and of numbers far apart stay readable, and say what they leave out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

import report_examples as examples
from drawn_pictures import items, texts
from valuekit.reports import charts
from valuekit.reports.low_counts import low_counts
from valuekit.reports.page.drawings import drawing
from valuekit.reports.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.reports.report import Channel, Panel

START = date(2026, 3, 1)
SURE, SCARCE = (200, 0.02), (2, 0.5)
"""Offers and their rate."""

BOX: Mapping[Channel, str] = {"low": "Min", "q1": "p25", "median": "Median", "q3": "p75", "high": "Max"}


def _days(found: Mapping[str, Sequence[tuple[int, float]]], *, color: bool) -> Panel:
    """A line for each channel, of these offers and rates day by day, with wide intervals where offers are few."""
    rows = [
        {"Day": START + timedelta(days=at), "Channel": channel, "Count": count,
         "Positives": round(count * rate), "CTR": rate, "CTR_CI_Low": rate / 2, "CTR_CI_High": min(2 * rate, 1.0)}
        for channel, days in found.items() for at, (count, rate) in enumerate(days)
    ]  # fmt: skip
    columns = (examples.dimension("Day", "time"), examples.dimension("Channel"), *examples.RATE)
    channels: dict[Channel, str] = {"x": "Day", "y": "CTR", **({"color": "Channel"} if color else {})}
    return examples.panel(sorted(rows, key=lambda row: str(row["Day"])), columns, "line", channels)


def _spec(panel: Panel, **options: Any) -> Any:
    return cast("Any", charts.spec(panel, **options))


def _remarks(panel: Panel) -> list[str]:
    found: list[str] = _spec(panel)["usermeta"]["remarks"]
    return found


def _ends(panel: Panel) -> set[tuple[float, float]]:
    scales = [layer["encoding"]["y"].get("scale", {}) for layer in _spec(panel)["layer"] if "y" in layer["encoding"]]
    return {(scale["domainMin"], scale["domainMax"]) for scale in scales if "domainMax" in scale}


@pytest.mark.parametrize(("sure", "sets"), [(1, False), (4, True)])
def test_hardly_any_sure_row_does_not_set_the_axis_of_all_others(sure: int, *, sets: bool) -> None:
    panel = _days({"a": [(600, 0.02)] * sure + [(20, 0.3)] * (40 - sure)}, color=False)
    assert sum(low_counts(panel)) == 40 - sure
    assert bool(_ends(panel)) is sets
    assert any("scaled without low n" in text for text in _remarks(panel)) is sets


def test_intervals_of_low_points_of_several_lines_neither_set_the_axis_nor_hide_the_lines() -> None:
    panel = _days({name: [(12, 0.1), (9, 0.2), (5, 0.1)] * 10 for name in "ab"}, color=True)
    assert all(low_counts(panel))
    ((least, most),) = _ends(panel)
    assert (least, most) == pytest.approx((0.1, 0.2))
    assert "Axis scaled without intervals: hardly any row is of enough cases." in _remarks(panel)
    assert not [item for item in items(charts.spec(panel), "area") if item.get("defined", True)]
    alone = _days({"a": [(12, 0.1), (9, 0.2), (5, 0.1)] * 10}, color=False)
    assert _ends(alone) == set()
    assert [item for item in items(charts.spec(alone), "area") if item.get("defined", True)]


def test_a_line_is_pale_between_points_of_few_cases() -> None:
    panel = _days({"a": [(600, 0.02), (600, 0.03), (3, 0.0), (600, 0.02), (4, 0.25), (600, 0.03)] * 3}, color=False)
    paths = items(charts.spec(panel), "line")
    strong = [item for item in paths if item.get("strokeWidth") == 2]
    pale = [item for item in paths if item.get("strokeWidth") == 1]
    assert [item.get("defined", True) for item in strong] == [not is_low for is_low in low_counts(panel)]
    assert {item["opacity"] for item in pale} == {0.4}
    assert len(pale) == 18
    assert all(item.get("defined", True) for item in pale)


def _curve(x: str, y: str, points: Sequence[tuple[float, float]], *, diagonal: bool = False) -> Panel:
    rows = [{"Point": at, x: across, y: up} for at, (across, up) in enumerate(points)]
    columns = (examples.dimension("Point"), examples.number(x, "ratio"), examples.number(y, "ratio"))
    return examples.panel(rows, columns, "curve", {"x": x, "y": y}, diagonal=diagonal)


def test_the_lift_of_the_first_offers_does_not_flatten_the_rest() -> None:
    spiked = _curve("share", "lift", [(0.001, 40.0), (0.01, 22.0), *((at / 50, 5.0 - at / 12) for at in range(1, 51))])
    ((least, most),) = _ends(spiked)
    assert (least, most) == (0.0, 5.0)
    assert "Axis scaled without the first 2 % of offers: 2 rows lie beyond." in _remarks(spiked)
    level = _curve("share", "lift", [(0.001, 6.0), *((at / 50, 5.0 - at / 12) for at in range(1, 51))])
    assert _ends(level) == set()


def test_shares_that_all_are_small_fill_the_square_of_a_calibration() -> None:
    small = charts.spec(_curve("proba", "rate", [(0.01, 0.012), (0.03, 0.04), (0.06, 0.05)], diagonal=True), width=500)
    (diagonal,) = items(small, "rule")[:1]
    path = items(small, "line")
    assert max(item["x"] for item in path) > 0.9 * abs(diagonal["x2"] - diagonal["x"])
    assert "6%" in texts(small)
    assert "100%" not in texts(small)
    whole = charts.spec(_curve("fpr", "tpr", [(0.0, 0.0), (0.1, 0.6), (1.0, 1.0)], diagonal=True), width=500)
    assert "100%" in texts(whole)


def _named(mark: Any, channels: Mapping[Channel, str | tuple[str, ...]], names: Sequence[str] = "abcdefgh") -> Panel:
    rows = [{"Channel": name, "Count": 4000, "Positives": 80, "CTR": 0.02 + at / 1000, "CTR_CI_Low": 0.01,
             "CTR_CI_High": 0.05, "Odds": 1.2} for at, name in enumerate(names)]  # fmt: skip
    columns = (examples.dimension("Channel"), *examples.RATE, examples.number("Odds", "ratio"))
    return examples.panel(rows, columns, mark, channels)


@pytest.mark.parametrize(
    ("mark", "channels"),
    [("bars", {"x": "Channel", "y": "CTR"}), ("z_bars", {"x": "Odds", "y": "Channel"}),
     ("forest", {"x": "Odds", "y": "Channel"}), ("funnel", {"x": "Channel", "y": "Count"})],
)  # fmt: skip
def test_names_of_one_colour_each_take_no_more_room_than_without_colours(
    mark: str, channels: Mapping[Channel, str]
) -> None:
    colours: dict[Channel, str] = {"color": "Channel"}
    plain, coloured = _spec(_named(mark, {**channels})), _spec(_named(mark, {**channels, **colours}))
    assert coloured["height"] == plain["height"]
    kind = "symbol" if mark == "forest" else "rect"
    heights = [{item.get("height") for item in items(spec, kind) if item.get("fill") in _fills()}
               for spec in (plain, coloured)]  # fmt: skip
    assert heights[0] == heights[1]
    assert {*LIGHT.categorical[:8]} <= {item.get("fill") for item in items(coloured, kind)}


def _fills() -> set[str]:
    return {LIGHT.accent, *LIGHT.categorical}


def test_one_dimension_may_be_colour_direction_row_column_and_frame() -> None:
    facets: dict[Channel, str] = dict.fromkeys(("color", "facet_row", "facet_column"), "Channel")
    panel = _named("bars", {"x": "Channel", "y": "CTR", **facets}, "abc")
    spec = charts.spec(panel)
    assert texts(spec).count("a") == 3  # In the legend, on the axis and above a small picture.
    polar = _named("polar", {"theta": "Channel", "r": "CTR", "color": "Channel"})
    assert len([item for item in items(charts.spec(polar), "arc") if item.get("fill") in _fills()]) == 8
    channels: dict[Channel, str] = {"x": "Count", "y": "CTR", "frame": "Channel", "frame_group": "Channel", **facets}
    found = drawing(_named("scatter", channels, "abcde"))
    assert found is not None
    assert found["rows"] == 5


def _boxes(days: int, channels: str, places: str, numbers: Sequence[float]) -> Panel:
    rows = [
        {"Day": START + timedelta(days=at), "Place": place, "Channel": channel, "Count": 300,
         **dict(zip(BOX.values(), numbers, strict=True))}
        for at in range(days) for place in places for channel in channels
    ]  # fmt: skip
    columns = (examples.dimension("Day", "time"), examples.dimension("Place"), examples.dimension("Channel"),
               examples.number("Count", "count"),
               *(examples.number(name, "number") for name in BOX.values()))  # fmt: skip
    return examples.panel(rows, columns, "boxplot", {"x": "Day", "color": "Channel", "facet_column": "Place", **BOX})


def test_so_few_days_of_boxes_are_drawn_that_they_are_no_hairlines() -> None:
    panel = _boxes(45, "abcde", "wxyz", (1.0, 3.0, 4.0, 5.0, 9.0))
    assert "Drawn: latest 6 of 45 values of Day. All are in the table and its CSV." in _remarks(panel)
    boxes = [item for item in items(charts.spec(panel, width=800), "rect") if item.get("fill") in _fills()]
    assert len({round(item["x"], 1) for item in boxes}) >= 6 * 5
    assert min(item["width"] for item in boxes) >= 2
    assert not any("Drawn" in text for text in _remarks(_boxes(30, "a", "w", (1.0, 3.0, 4.0, 5.0, 9.0))))


@pytest.mark.parametrize(("least", "is_log"), [(0.0001, True), (0.0, False)])
def test_boxes_that_would_be_slivers_have_a_logarithmic_axis_where_all_is_positive(
    least: float, *, is_log: bool
) -> None:
    usual, far = (least, 0.004, 0.01, 0.02, 0.9), (least, 0.4, 0.5, 0.9, 0.9)
    rows = [{"Channel": f"c{at}", "Count": 400, **dict(zip(BOX.values(), far if at == 9 else usual, strict=True))}
            for at in range(10)]  # fmt: skip
    columns = (examples.dimension("Channel"), examples.number("Count", "count"),
               *(examples.number(name, "number") for name in BOX.values()))  # fmt: skip
    panel = examples.panel(rows, columns, "boxplot", {"x": "Channel", **BOX})
    scale = _spec(panel)["layer"][0]["encoding"]["x"]["scale"]
    assert (scale.get("type") == "log") is is_log
    assert ("Logarithmic axis." in _remarks(panel)) is is_log


def test_a_logarithmic_axis_is_labelled_at_one_two_and_five_times_powers_of_ten() -> None:
    rows = [{"Channel": f"c{at}", "Count": 40 * 4**at, "CTR": 0.001 * 2**at} for at in range(8)]
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(rows, columns, "scatter", {"x": "Count", "y": "CTR"}, log_x=True, log_y=True)
    shown = [item for item in items(charts.spec(panel), "text") if item.get("opacity", 1) > 0 and item.get("text")]
    labels = [str(item["text"]) for item in shown if str(item["text"])[0].isdigit()]
    assert len(labels) >= 8
    assert {label.lstrip("0.")[:1] for label in labels} <= {"1", "2", "5"}
    assert {"1%", "10%"} <= {*labels}


def test_numbers_rise_from_the_lower_left_of_a_heatmap_and_are_whole() -> None:
    rows = [{"spent": 100.0 * up, "often": float(across), "Count": 50 + up} for up in range(3) for across in range(4)]
    columns = (examples.dimension("spent"), examples.dimension("often"), examples.number("Count", "count"))
    spec = charts.spec(examples.panel(rows, columns, "heatmap", {"x": "often", "y": "spent", "color": "Count"}))
    down = {text: item["y"] for item in items(spec, "text") if (text := item.get("text")) in ("0", "100", "200")}
    assert down["200"] < down["100"]
    assert not [text for text in texts(spec) if text.endswith(".0")]
    cells = [item for item in items(spec, "rect") if item.get("stroke") == LIGHT.background]
    assert len(cells) == 12


def test_a_treemap_of_a_score_without_values_says_so() -> None:
    rows = [{"Channel": name, "Count": 400, "Lift": None} for name in "abc"]
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("Lift", "change"))
    panel = examples.panel(rows, columns, "treemap", {"path": ("Channel",), "size": "Count", "color": "Lift"})
    assert not [text for text in texts(charts.spec(panel)) if "NaN" in text]
    assert "Lift has no value in any row." in _remarks(panel)
