"""Odd documents: hostile names, no rows, one row, 100,000 rows, 5,000 names. Readable, safe, and quick to the touch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import report_examples as examples
from dashboards import PRINTED, Watched, complete, on_paper, saved, seen, tables, watch, write_page
from valuekit.reports.embedding import Embedded
from valuekit.reports.numbers import NO_VALUE, shown_key
from valuekit.reports.text.rows import csv_lines

PROMPT = 2_000
"""Milliseconds that a reader waits at most, with room for a busy machine."""


@pytest.fixture(scope="module")
def shown(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The page of the examples: one report for every mark, every name an attack."""
    path = write_page(examples.document(), Embedded(), tmp_path_factory.mktemp("odd") / "odd.html")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    found = watch(context.new_page())
    complete(found.open(path))
    yield found
    found.quiet()
    context.close()


def test_names_are_text(shown: Watched) -> None:
    page, document = shown.page, examples.document()
    assert page.title() == document.title
    assert page.locator("h1").text_content() == document.title
    assert page.locator("script").count() == 6
    assert page.evaluate("document.querySelectorAll('main script, main img, main iframe, main b, main a').length") == 0
    titles = [node.text_content() for node in page.locator("article.report h2").all()]
    assert titles == [report.title for report in document.reports]
    assert shown.messages == []


def test_cells_of_every_mark(shown: Watched) -> None:
    page = shown.page
    on_paper(page)
    found = tables(page)
    page.emulate_media(media="screen")
    for report, panels in zip(examples.document().reports, found, strict=True):
        for panel, rows in zip(report.panels, panels, strict=True):
            expected = seen(panel)[:PRINTED]
            assert [row["cells"] for row in rows if len(row["cells"]) > 1 or expected] == expected, report.name


def test_odd_names_are_in_pictures_as_text(shown: Watched) -> None:
    number = next(at for at, report in enumerate(examples.document().reports) if report.name == "bars")
    labels = shown.page.locator("article.report").nth(number).locator(".chart svg text").all_text_contents()
    for name in (examples.SCRIPT, examples.EMOJI, None):
        assert any(shown_key(name)[:10] in label for label in labels)


def test_hints_are_text(shown: Watched) -> None:
    page = shown.page
    number = next(at for at, report in enumerate(examples.document().reports) if report.name == "bars")
    bar = page.locator("article.report").nth(number).locator(".chart svg .mark-rect.role-mark path").nth(1)
    bar.scroll_into_view_if_needed()
    bar.hover()
    hint = page.locator("#hint")
    hint.wait_for(state="visible")
    assert hint.locator("dt").all_text_contents()[:3] == ["Channel", "Count", "Positives"]
    assert hint.locator("dd *").count() == 0
    page.mouse.move(5, 5)


def test_a_report_that_failed_and_one_without_rows(shown: Watched) -> None:
    page, reports = shown.page, examples.document().reports
    by_name = {report.name: page.locator("article.report").nth(at) for at, report in enumerate(reports)}
    assert examples.SCRIPT in by_name["failed"].locator(".failure").inner_text()
    assert by_name["empty"].locator("td.nothing").inner_text() == "There are no rows."
    assert by_name["empty"].locator(".chart").inner_text() == "There are no rows."
    assert by_name["../one <row>"].locator("tbody tr").count() == 1


def test_csv_of_odd_names(shown: Watched) -> None:
    for number, report in enumerate(examples.document().reports):
        for at, panel in enumerate(report.panels):
            name, text = saved(shown.page, number, at)
            assert text == "".join(csv_lines(panel.table))
            assert re.fullmatch(r"[\w.-]+\.csv", name)


def test_reasons_are_told_of_missing_values(shown: Watched) -> None:
    number = next(at for at, report in enumerate(examples.document().reports) if report.name == "bars")
    node = shown.page.locator("article.report").nth(number)
    reason = examples.NOTES[0].reason
    assert f"CTR: {reason} (1 row: Channel {examples.SCRIPT})" in node.locator(".notes").inner_text()
    assert node.locator("td.none").first.get_attribute("title") == reason
    card = shown.page.locator(".card").nth(2).inner_text()
    assert NO_VALUE in card
    assert "one class only" in card


@pytest.fixture(scope="module")
def large() -> Any:
    """A table of 100,000 rows of 5,000 names, and its picture."""
    count = 100_000
    table = pl.DataFrame({
        "Name": [f"Offer {at % 5_000:04d} {examples.QUOTES if at % 977 == 0 else ''}" for at in range(count)],
        "Count": [(at * 7919) % 10_007 for at in range(count)],
        "Positives": [(at * 31) % 97 for at in range(count)],
        "CTR": [((at * 7919) % 1_000) / 10_000 for at in range(count)],
        "CTR_CI_Low": [((at * 7919) % 1_000) / 11_000 for at in range(count)],
        "CTR_CI_High": [((at * 7919) % 1_000) / 9_000 for at in range(count)],
    })  # fmt: skip
    columns = (examples.dimension("Name"), *examples.RATE)
    rows = examples.panel(table, columns, "bars", {"x": "Name", "y": "CTR"})
    names = replace(rows, table=table.unique("Name", keep="first", maintain_order=True))
    reports = (
        examples.report("rows", "100,000 rows", "engagement", rows),
        examples.report("names", "5,000 names", "engagement", names),
    )
    return replace(examples.document(), reports=reports)


def test_100_000_rows_and_5_000_names(browser: Any, large: Any, tmp_path: Path) -> None:
    path = write_page(large, Embedded(), tmp_path / "large.html")
    assert path.stat().st_size < 5_000_000
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    watched = watch(context.new_page())
    page = watched.open(path)
    complete(page)
    assert page.locator(".chart svg").count() == 2
    assert "top 30 of" in page.locator(".notes").first.inner_text()
    grid = page.get_by_role("region", name="Table: 100,000 rows", exact=True)
    page.get_by_role("button", name="Show all 100,000 rows").press("Enter")
    assert grid.locator("tbody tr").count() < 200
    assert grid.evaluate("node => node.scrollHeight") > 1_000_000
    taken = page.evaluate("""() => {
      const start = performance.now();
      document.querySelectorAll("article.report th button")[1].click();
      document.querySelector(".grid").getBoundingClientRect();
      return performance.now() - start;
    }""")
    assert taken < PROMPT
    first = grid.locator("tbody tr[data-row]").first
    table = large.reports[0].main.table
    assert first.locator("td").nth(1).inner_text().endswith(f"{table['Count'].min():,}")
    grid.evaluate("node => { node.scrollTop = node.scrollHeight; }")
    page.wait_for_function(
        "() => document.querySelector('.grid tr[aria-rowindex=\"100001\"]') !== null", timeout=PROMPT
    )
    watched.quiet()
    context.close()


def test_a_very_tall_picture_scrolls_by_keyboard(watched: Watched, tmp_path: Path) -> None:
    """Thirty names in ten colours; on paper it is whole."""
    rows = [
        {"Name": f"Offer {name}", "Kind": f"Kind {kind}", "Count": 500, "Positives": 50, "CTR": 0.1,
         "CTR_CI_Low": 0.09, "CTR_CI_High": 0.11}
        for name in range(30) for kind in range(10)
    ]  # fmt: skip
    columns = (examples.dimension("Name"), examples.dimension("Kind"), *examples.RATE)
    panel = examples.panel(rows, columns, "bars", {"x": "Name", "y": "CTR", "color": "Kind"})
    document = replace(examples.document(), reports=(examples.report("tall", "Tall", "engagement", panel),))
    page = watched.open(write_page(document, Embedded(), tmp_path / "tall.html"))
    complete(page)
    chart = page.get_by_role("group", name="Chart: Tall", exact=True)
    chart.focus()
    page.keyboard.press("End")
    page.wait_for_function("node => node.scrollTop > 100", arg=chart.element_handle())
    assert chart.evaluate("node => node.clientHeight") < 800
    on_paper(page)
    node = page.locator(".chart")
    assert node.evaluate("node => node.clientHeight >= node.firstChild.scrollHeight")
    watched.quiet()


def test_an_axis_of_a_thousand_names_is_thinned(watched: Watched, tmp_path: Path) -> None:
    weeks = [f"{1990 + at // 52}-W{at % 52 + 1:02d}" for at in range(1_400)]
    table = pl.DataFrame({"Week": weeks, "Count": 900, "CTR": [0.04 + at % 7 / 100 for at in range(1_400)]})
    columns = (examples.dimension("Week", "time"), examples.number("Count", "count"), examples.number("CTR", "rate"))
    panel = examples.panel(table, columns, "line", {"x": "Week", "y": "CTR"})
    document = replace(examples.document(), reports=(examples.report("weeks", "Weeks", "engagement", panel),))
    page = watched.open(write_page(document, Embedded(), tmp_path / "weeks.html"))
    complete(page)
    labels = page.locator(".chart svg .role-axis-label text").all_text_contents()
    assert 10 < sum("-W" in label for label in labels) <= 60
    watched.quiet()
