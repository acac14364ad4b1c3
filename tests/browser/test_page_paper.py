"""The page on paper: as many pages as it needs, no picture cut in two, nothing that is pressed."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

import report_examples as examples
from dashboards import Dashboard, Watched, complete, write_page
from valuekit.reports.embedding import Embedded

if TYPE_CHECKING:
    from pathlib import Path

_MARKED = """() => Array.from(document.querySelectorAll(".chart svg"), (svg, at) => {
  const { width, height } = svg.viewBox.baseVal;
  for (const [name, y] of [["upper", 4], ["lower", height - 2]]) {
    const text = document.createElementNS(svg.namespaceURI, "text");
    Object.entries({ x: width / 2, y, "font-size": 9 }).forEach(([key, value]) => text.setAttribute(key, value));
    text.textContent = `${name}${at}x`;
    svg.append(text);
  }
  return at;
}).length"""
"""Writes words on the first and the last line of each picture."""


def printed(page: Any, paper: str = "A4") -> list[str]:
    """The text of each page, all drawn for paper first."""
    page.emulate_media(media="print")
    page.wait_for_selector("html[data-printing]", state="attached")
    count = page.evaluate(_MARKED)
    assert count > 0
    found = PdfReader(io.BytesIO(page.pdf(format=paper))).pages
    pages = [unicodedata.normalize("NFKC", one.extract_text()) for one in found]
    for at in range(count):
        words = (f"upper{at}x", f"lower{at}x")
        upper, lower = ([number for number, text in enumerate(pages) if word in text] for word in words)
        assert len(upper) == 1
        assert upper == lower, f"picture {at} is cut in two"
    return pages


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_no_picture_of_the_demo_is_cut_in_two(dashboards: dict[str, Dashboard], watched: Watched, paper: str) -> None:
    page = watched.open(dashboards["valuekit"].path)
    complete(page)
    pages = printed(page, paper)
    reports = dashboards["valuekit"].document.reports
    assert len(pages) < 3 * len(reports)
    text = "\n".join(pages)
    for word in ("Download CSV", "Show all", "Nothing is filtered", "Search"):
        assert word not in text
    assert [report.title for report in reports if report.title.split()[0] not in text] == []


def test_a_picture_higher_than_a_page_is_made_smaller_and_long_tables_are_cut_with_a_word(
    watched: Watched, tmp_path: Path
) -> None:
    rows = [
        {"Name": f"Offer {at} {examples.SCRIPT if at == 3 else ''}", "Count": 900 + at, "Positives": 90, "CTR": 0.1,
         "CTR_CI_Low": 0.09, "CTR_CI_High": 0.11}
        for at in range(400)
    ]  # fmt: skip
    columns = (examples.dimension("Name"), *examples.RATE)
    panel = examples.panel(rows, columns, "gauge", {"value": "CTR", "path": ("Name",)})
    document = replace(examples.document(), reports=(examples.report("high", "High", "engagement", panel),))
    page = watched.open(write_page(document, Embedded(), tmp_path / "high.html"))
    complete(page)
    pages = printed(page)
    assert len(pages) <= 6
    text = "\n".join(pages)
    assert "The first 100 of 400 rows; the page and its CSV files have all." in text
    assert f"Offer 3 {examples.SCRIPT}" in text
    assert "Offer 99" in text
    watched.quiet()


def test_no_category_is_left_at_the_end_of_a_page(watched: Watched, tmp_path: Path) -> None:
    columns = (examples.dimension("Name"), *examples.RATE)
    rows = [
        {"Name": f"n{at}", "Count": 900, "Positives": 90, "CTR": 0.1, "CTR_CI_Low": 0.09, "CTR_CI_High": 0.11}
        for at in range(24)
    ]
    reports = tuple(
        examples.report(f"r{count}", f"Of {count}", "engagement",
                        examples.panel(rows[:count], columns, "bars", {"x": "Name", "y": "CTR"}), category="Kicker")
        for count in range(1, 25)
    )  # fmt: skip
    page = watched.open(write_page(replace(examples.document(), reports=reports), Embedded(), tmp_path / "page.html"))
    complete(page)
    last = [text.strip().splitlines()[-1].strip() for text in printed(page)]
    assert len(last) > 8
    assert not [line for line in last if line.casefold() == "kicker"]
