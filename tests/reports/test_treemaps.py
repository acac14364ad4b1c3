"""Names in treemaps stand where they have room, and never on one another."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from PIL import ImageFont

import report_examples as examples
from drawn_pictures import items
from valuekit.reports import charts

if TYPE_CHECKING:
    from valuekit.reports.charts.shapes import Spec
    from valuekit.reports.report import Panel

WORDS = ("Cards", "Loans and mortgages", "Web", "Retention of customers who leave")
SHAPES = ((12,), (40, 2), (4, 8), (4, 3, 5), (5, 6, 10), (3, 3, 3, 5), (4, 4, 4, 4), (2, 2, 2, 3))
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
each_width = pytest.mark.parametrize("width", [860, 330])


class Box(NamedTuple):
    """Where something is."""

    left: float
    top: float
    right: float
    bottom: float
    text: str = ""


def nested(shape: tuple[int, ...]) -> Panel:
    """Groups in groups, so many in each, of sizes from tens to tens of thousands."""
    seeded = random.Random(7)  # noqa: S311
    paths: list[tuple[str, ...]] = [()]
    for level, count in enumerate(shape):
        paths = [(*path, f"{'ABCD'[level]}{at} {seeded.choice(WORDS)}") for path in paths for at in range(count)]
    names = [f"Level {level}" for level in range(len(shape))]
    rows = []
    for path in paths:
        count = int(10 ** seeded.uniform(1.6, 4.5))
        rows.append({**dict(zip(names, path, strict=True)), "Count": count, "CTR": seeded.random() / 10})
    columns = (*map(examples.dimension, names), examples.number("Count", "count"), examples.number("CTR", "rate"))
    return examples.panel(rows, columns, "treemap", {"path": tuple(names), "size": "Count", "color": "CTR"})


def tiles(spec: Spec) -> list[Box]:
    drawn = [item for item in items(spec, "rect") if item.get("strokeWidth") == 0.5]
    return [Box(one["x"], one["y"], one["x"] + one["width"], one["y"] + one["height"]) for one in drawn]


def labels(spec: Spec) -> list[Box]:
    """Texts with a limit are those of rectangles and groups; the width is that of the font in pictures."""
    found = []
    for item in items(spec, "text"):
        if item.get("limit") is None or item.get("baseline") != "top" or item["x"] < 1:
            continue
        size = item.get("fontSize", 11)
        width = min(_width(str(item["text"]), size, bold=item.get("fontWeight") == "bold"), item["limit"])
        found.append(Box(item["x"], item["y"], item["x"] + width, item["y"] + size, str(item["text"])))
    return found


def _width(text: str, size: float, *, bold: bool) -> float:
    try:
        font = ImageFont.truetype(f"LiberationSans-{'Bold' if bold else 'Regular'}.ttf", 100)
    except OSError:
        return len(text) * size * (0.58 if bold else 0.52)
    return font.getlength(text) * size / 100


@each_shape
@each_width
def test_names_do_not_overlap_and_stay_in_the_picture(shape: tuple[int, ...], width: int) -> None:
    spec: Any = charts.spec(nested(shape), width=width)
    found = [box for box in labels(spec) if box.text != "CTR"]
    assert len(found) > 5
    overlapping = [
        (one.text, other.text)
        for at, one in enumerate(found)
        for other in found[at + 1 :]
        if one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom
    ]
    assert overlapping == []
    assert max(box.right for box in found) <= spec["width"] + 1
    assert max(box.bottom for box in found) <= spec["height"] + 1


@each_shape
@each_width
def test_names_are_whole_or_long_enough_to_be_read(shape: tuple[int, ...], width: int) -> None:
    spec = charts.spec(nested(shape), width=width)
    for item in items(spec, "text"):
        if item.get("baseline") != "top" or item.get("limit") is None or item["text"] == "CTR":
            continue
        size, text = item.get("fontSize", 11), str(item["text"])
        assert 10 <= size <= 13
        whole = _width(text, size, bold=item.get("fontWeight") == "bold")
        is_number = text.endswith("%")
        assert whole <= item["limit"] or (not is_number and item["limit"] >= 3.3 * size), text


@each_shape
@each_width
def test_titles_of_groups_leave_the_rectangles_most_of_the_picture(shape: tuple[int, ...], width: int) -> None:
    spec: Any = charts.spec(nested(shape), width=width)
    found = tiles(spec)
    covered = sum((box.right - box.left) * (box.bottom - box.top) for box in found)
    assert covered > 0.6 * spec["width"] * spec["height"]
    assert spec["height"] <= 640


def test_a_level_without_titles_is_part_of_the_names_of_its_rectangles() -> None:
    spec = charts.spec(nested((5, 6, 10)), width=330)
    found = [box.text for box in labels(spec)]
    assert {text[:2] for text in found if " \N{MIDDLE DOT} " not in text and "%" not in text} >= {"A0", "A1", "A2"}
    inner = [text for text in found if " \N{MIDDLE DOT} " in text]
    assert inner
    assert all(text[0] == "C" and text.split(" \N{MIDDLE DOT} ")[1][0] == "B" for text in inner)
