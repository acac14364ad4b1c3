"""Pictures as SVG and PNG: well-formed, the same bytes each time, text as text, nothing requested."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

import report_examples as examples
from valuekit.reports import charts, pictures
from valuekit.reports.palette import PALETTES, Theme
from valuekit.reports.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.report import Panel, Report

DRAWN: Mapping[str, tuple[Report, Panel]] = {
    f"{report.name} {panel.name}".strip(): (report, panel) for report in examples.reports() for panel in report.panels
}
SOURCE = examples.document().provenance
ALLOWED = {"svg", "g", "path", "text", "tspan", "rect", "defs", "linearGradient", "stop", "clipPath", "line", "title"}
each_picture = pytest.mark.parametrize("name", DRAWN)


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314


def _words(text: str) -> str:
    return "\n".join(part for element in _parsed(text).iter() for part in (element.text or "",))


@each_picture
def test_svg_is_wellformed_and_holds_nothing_but_shapes_and_text(name: str) -> None:
    report, panel = DRAWN[name]
    found = pictures.svg(report, panel, "light", provenance=SOURCE)
    root = _parsed(found)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= ALLOWED
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or "href" in key]
    assert "<script" not in found
    assert not re.findall(r'(?:url|src|href)\(?["=]?(?:https?:|//)', found)
    assert plain(report.title) in _words(found).replace("\n", " ")


@each_picture
def test_equal_panels_give_equal_bytes_whatever_was_drawn_before(name: str) -> None:
    report, panel = DRAWN[name]
    first = pictures.svg(report, panel)
    pictures.svg(*DRAWN["heatmap"])
    assert pictures.svg(report, panel) == first


def test_hostile_names_are_in_the_picture_as_people_typed_them() -> None:
    words = _words(pictures.svg(*DRAWN["bars"], width=1000))
    for name in (examples.SCRIPT, examples.QUOTES, examples.EXPRESSION, examples.EMOJI, examples.RIGHT_TO_LEFT):
        assert plain(name) in words, name
    assert "\x1b" not in words
    assert "\u202e" not in words


@pytest.mark.parametrize("width", [240, 360, 700])
def test_labels_of_emoji_and_chinese_are_shortened_without_breaking(width: int) -> None:
    names = ["\U0001f469\U0001f680" * 20, "\u5ba2\u6237\u6e20\u9053" * 20, "\U00020000" * 60, "\ue000 private"]
    rows = [{"Channel": name, "Count": 900, "CTR": 0.1 * at} for at, name in enumerate(names)]
    columns = (examples.dimension("Channel"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(rows, columns, "bars", {"x": "Channel", "y": "CTR"})
    words = _words(pictures.svg(DRAWN["bars"][0], panel, width=width))
    assert {sign for sign in words if ord(sign) > 0xFFFF} == {"\U0001f469", "\U0001f680", "\U00020000"}
    assert not {sign for sign in words if 0xE000 <= ord(sign) < 0xF900}


def test_private_characters_stay_what_they_are_beside_emoji() -> None:
    text = "\ue000\uf8ff \U0001f680\ue001\U0001f469"
    spec = charts.spec(DRAWN["empty"][1])
    assert text in _words(pictures.drawn({**spec, "title": text}))


def test_what_stands_above_a_picture() -> None:
    report, panel = DRAWN["curve calibration"]
    words = _words(pictures.svg(report, panel, provenance=SOURCE))
    assert "How well scores rank \N{EN DASH} Calibration" in words
    assert "model_ml_scores_example by Channel" in words
    assert "1,234,567 facts from 12 files, 2026-04-01 to 2026-09-30" in words
    assert "facts from" not in _words(pictures.svg(report, panel))
    assert "Thin lines: 95 % intervals." in _words(pictures.svg(*DRAWN["bars"]))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scale", [1, 2])
def test_png_has_the_pixels_asked_for_and_the_background_of_its_theme(theme: Theme, scale: int) -> None:
    found = pictures.png(*DRAWN["bars"], theme, scale, width=500)
    image = Image.open(io.BytesIO(found)).convert("RGB")
    assert image.width == 500 * scale
    assert image.crop((0, 0, 2, 2)).tobytes() == 4 * bytes.fromhex(PALETTES[theme].background[1:])
    assert len(image.getcolors(1 << 20) or ()) > 20
    assert pictures.png(*DRAWN["bars"], theme, scale, width=500) == found


def test_a_panel_without_a_picture_is_refused() -> None:
    report, panel = DRAWN["bars"]
    with pytest.raises(ValueError, match="no picture"):
        pictures.svg(report, replace(panel, picture=None))
