"""Small pictures made of characters: as long, as high and in the place that the numbers say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from valuekit.reports.terminal import glyphs
from valuekit.reports.terminal.glyphs import EIGHTHS, Scale, arrow, bar, box, interval, reach, sparkline

NUMBERS = st.floats(-1e6, 1e6)


def eighths(drawn: str) -> int:
    return sum(EIGHTHS.index(character) for character in drawn if character != " ")


@given(st.floats(0, 1), st.integers(1, 60))
def test_a_bar_is_as_long_as_its_share(share: float, width: int) -> None:
    drawn = bar(share, Scale(0, 1), width)
    assert len(drawn) <= width
    assert eighths(drawn) == max(round(share * width * 8), 1 if share > 0 and share * width > 0 else 0)


def test_bars_to_both_sides_meet_at_zero() -> None:
    scale = Scale(-2, 2)
    assert bar(2, scale, 8) == "    ████"
    assert bar(-2, scale, 8) == "████"
    assert bar(-0.75, scale, 8) == "  ▐█"
    assert bar(None, scale, 8) == ""
    assert bar(0, scale, 8).strip() == ""
    assert bar(-1, Scale(-1, 0), 8) == "████████"


def test_a_sparkline_goes_from_lowest_to_highest() -> None:
    assert sparkline([1, 2, 3, None, 8], 10) == "▁▂▃ █"
    assert sparkline([5, 5], 10) == "▅▅"
    assert sparkline([None, None], 10) == ""
    assert sparkline([], 10) == ""
    assert sparkline([0, 2, 7, 9, None, None], 3) == "▁█ "


@given(st.lists(st.none() | NUMBERS, max_size=200), st.integers(1, 40))
def test_a_sparkline_fits_and_keeps_its_gaps(values: list[float | None], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) <= width
    if len(values) <= width and any(value is not None for value in values):
        assert [character == " " for character in drawn] == [value is None for value in values]


def test_arrows() -> None:
    assert [arrow(1, 2), arrow(2, 1), arrow(1, 1), arrow(None, 1), arrow(1, None)] == ["▲", "▼", "=", "", ""]


@given(st.lists(NUMBERS, min_size=5, max_size=5), st.integers(5, 60))
def test_a_box_lies_between_its_ends(values: list[float], width: int) -> None:
    low, q1, median, q3, high = sorted(values)
    scale = Scale(low - 1, high + 1)
    drawn = box([low, q1, median, q3, high], scale, width)
    assert drawn.index("┃") == scale.at(median, width)
    assert len(drawn) - len(drawn.lstrip()) == scale.at(low, width)
    assert len(drawn) == scale.at(high, width) + 1
    assert drawn.count("┃") == 1


def test_a_box_with_a_hole_is_blank() -> None:
    assert box([1, 2, None, 4, 5], Scale(0, 6), 20) == ""


def test_an_interval_on_a_logarithmic_scale() -> None:
    scale = Scale(0.1, 10, log=True)
    assert interval(1, 0.1, 10, scale, 11) == "├────●────┤"
    assert interval(None, 0.1, 10, scale, 11) == ""
    assert interval(10, None, None, scale, 11) == " " * 10 + "●"
    assert scale.share(0) == 0


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_share_is_between_0_and_1(one: float, other: float, value: float) -> None:
    assert 0 <= Scale(min(one, other), max(one, other)).share(value) <= 1


def test_reach_of_nothing_is_zero() -> None:
    assert reach([]) == Scale(0, 0)
    assert reach([None, 3, 5], zero=True) == Scale(0, 5)
    assert reach([3, 5]) == Scale(3, 5)


def test_events_lie_on_their_line() -> None:
    assert glyphs.events([0, 5], 10, Scale(0, 10), 11) == "●────●─────"
    assert glyphs.events([], 10, Scale(0, 10), 11) == ""


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_shades_get_darker(share: float) -> None:
    assert glyphs.shade(share) == {0.0: "·", 0.5: "▒", 1.0: "█"}[share]


def test_ticks_and_marks() -> None:
    assert glyphs.with_ticks("██", [0, 4], "┊") == "██  ┊"
    assert glyphs.marked("██", 1, "│") == "█│"
    assert glyphs.marked("", 2, "│") == "  │"
    assert math.isclose(Scale(1, 1).share(1), 0.5)
