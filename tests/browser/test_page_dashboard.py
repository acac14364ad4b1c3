"""The dashboard in the hands of a reader: quiet, accessible, sorted, searched, filtered, saved, printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from dashboards import PRINTED, Dashboard, Watched, choose, complete, on_paper, saved, seen, tables, watch
from valuekit.reports import page as pages
from valuekit.reports.embedding import Embedded
from valuekit.reports.text.rows import csv_lines

MOST = 2_000_000


@pytest.fixture(scope="module")
def demo(dashboards: dict[str, Dashboard]) -> Dashboard:
    return dashboards["valuekit"]


@pytest.fixture(scope="module")
def shown(browser: Any, demo: Dashboard) -> Iterator[Watched]:
    """The demo's page, open and complete; tests leave it as they found it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    found = watch(context.new_page())
    complete(found.open(demo.path))
    yield found
    found.quiet()
    context.close()


@pytest.fixture
def page(shown: Watched) -> Any:
    return shown.page


def grid_of(page: Any, title: str) -> Any:
    return page.get_by_role("region", name=f"Table: {title}", exact=True)


def column_texts(grid: Any, at: int) -> list[str]:
    found: list[str] = grid.locator(f"tbody tr td:nth-child({at + 1})").all_inner_texts()
    return found


def test_it_is_small_and_always_the_same(demo: Dashboard) -> None:
    text = demo.path.read_text(encoding="utf-8")
    assert len(text.encode()) <= MOST
    again = pages.render(demo.document, Embedded())
    assert again == pages.render(demo.document, Embedded())
    assert len(again) < len(text)


def test_nothing_but_named_scripts_and_styles_may_run(demo: Dashboard) -> None:
    text = demo.path.read_text(encoding="utf-8")
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert found is not None
    parts = dict(part.split(" ", 1) for part in found[1].split("; "))
    assert parts["default-src"] == "'none'"
    assert set(parts) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action"}
    for name in ("script-src", "style-src"):
        assert all(re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", source) for source in parts[name].split())
    assert parts["img-src"] == "data:"
    assert "unsafe" not in found[1]


def test_the_policy_holds(browser: Any, demo: Dashboard) -> None:
    """A script that is not named does not run, and a request does not leave."""
    context = browser.new_context()
    found = watch(context.new_page())
    found.open(demo.path)
    ran = found.page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.head.append(script);
      return globalThis.ran === true;
    }""")
    assert not ran
    assert found.page.evaluate("fetch('https://example.com').then(() => true, () => false)") is False
    assert any("Content Security Policy" in message for message in found.messages)
    assert found.requests == []
    context.close()


def test_everything_is_drawn_without_a_word(shown: Watched, demo: Dashboard) -> None:
    page = shown.page
    drawn = page.evaluate(
        "Array.from(document.querySelectorAll('.chart'), (one) => one.querySelectorAll('svg').length)"
    )
    pictures = [panel for report in demo.document.reports for panel in report.panels if panel.picture]
    assert drawn == [1] * len(pictures)
    assert page.locator(".card").count() == len(demo.document.cards)
    assert page.locator("article.report").count() == len(demo.document.reports)
    shown.quiet()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_accessibility_problem(browser: Any, demo: Dashboard, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=theme, reduced_motion="reduce")
    found = watch(context.new_page())
    page = found.open(demo.path)
    complete(page)
    choose(page, {"Channel": ["Web"]})
    page.locator("details.filter summary").first.press("Enter")
    page.evaluate("document.querySelectorAll('details.fold').forEach((fold) => { fold.open = true; })")
    problems = (
        Axe()
        .run(page, context={"exclude": [[".drawing svg"], [".grid tbody tr:nth-child(n+4)"]]})
        .response["violations"]
    )
    bad = [(one["id"], one["nodes"][0]["html"][:200]) for one in problems if one["impact"] in ("serious", "critical")]
    assert bad == []
    found.quiet()
    context.close()


def test_landmarks_and_headings(page: Any) -> None:
    for role, count in (("main", 1), ("navigation", 1), ("banner", 1), ("contentinfo", 1)):
        assert page.get_by_role(role).count() == count
    levels = page.evaluate("Array.from(document.querySelectorAll('h1, h2, h3'), (one) => Number(one.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_cards_have_value_interval_n_and_trend(page: Any, demo: Dashboard) -> None:
    from valuekit.reports.numbers import shown as written
    from valuekit.reports.numbers import shown_interval

    for card, node in zip(demo.document.cards, page.locator(".card").all(), strict=True):
        text = node.inner_text()
        assert written(card.value, card.unit) in text
        assert f"n = {card.count:,}" in text
        if card.low is not None:
            assert shown_interval(card.low, card.high, card.unit) in text
        assert node.locator("svg.spark").count() == int(sum(value is not None for _, value in card.trend) > 1)
        for other in card.beside:
            assert written(other.value, other.unit) in text


def test_sorting_by_keyboard_and_mouse(page: Any, demo: Dashboard) -> None:
    report = next(report for report in demo.document.reports if report.name == "ctr_by_issue")
    grid = grid_of(page, report.title)
    before = column_texts(grid, 0)
    header = grid.get_by_role("columnheader", name="CTR", exact=True)
    at = [text.strip() for text in grid.locator("th").all_inner_texts()].index("CTR")
    values = report.main.table["CTR"].to_list()
    from valuekit.reports.numbers import shown as written

    for press, direction, ordered in (
        ("Enter", "ascending", sorted(values)),
        ("Space", "descending", sorted(values)[::-1]),
    ):
        header.get_by_role("button").focus()
        page.keyboard.press(press)
        assert header.get_attribute("aria-sort") == direction
        assert column_texts(grid, at) == [written(value, "rate", short=False) for value in ordered]
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") is None
    assert column_texts(grid, 0) == before


def test_searching_by_keyboard(page: Any, demo: Dashboard) -> None:
    reports = demo.document.reports
    page.get_by_label("Search reports").focus()
    page.keyboard.type("Funnel")
    visible = page.locator("article.report:visible")
    assert visible.count() == 1
    assert page.locator("#library-status").inner_text() == f"1 of {len(reports)} reports"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "From impression to conversion"
    page.get_by_label("Search reports").focus()
    page.keyboard.press("Escape")
    assert visible.count() == len(reports)
    business = page.get_by_role("button", name=re.compile("^Business"))
    business.focus()
    page.keyboard.press("Enter")
    assert business.get_attribute("aria-pressed") == "true"
    assert visible.count() == sum(report.category == "Business" for report in reports)
    page.get_by_role("button", name=re.compile("^All")).press("Enter")
    assert visible.count() == len(reports)


def test_csv_is_what_the_command_writes(page: Any, demo: Dashboard) -> None:
    for number, report in enumerate(demo.document.reports):
        for at, panel in enumerate(report.panels):
            name, text = saved(page, number, at)
            assert text == "".join(csv_lines(panel.table))
            assert name == f"{report.name}{'_' + panel.name if panel.name else ''}.csv"


def test_the_file_is_saved(page: Any, demo: Dashboard) -> None:
    with page.expect_download() as waited:
        page.get_by_role("button", name=f"Download CSV: {demo.document.reports[0].title}").press("Enter")
    name, text = saved(page, 0, 0)
    assert waited.value.suggested_filename == name
    assert waited.value.path().read_bytes() == text.encode()


def test_formulas_and_provenance(page: Any, demo: Dashboard) -> None:
    main = demo.document.reports[0]
    told = page.locator("article.report").first.locator(".formulas").text_content()
    for column in main.main.columns:
        assert column.score is None or column.score.formula in told
    foot = page.locator("footer").inner_text()
    source = demo.document.provenance
    for value in (
        f"{source.first} to {source.last}",
        f"{source.facts:,}",
        source.fingerprint,
        source.version,
        str(source.run),
    ):
        assert value in foot


def test_frames_of_the_scatter(page: Any, demo: Dashboard) -> None:
    report = next(report for report in demo.document.reports if report.name == "lift_and_volume")
    node = page.locator("article.report", has=page.get_by_role("heading", name=report.title))
    slider = node.get_by_role("slider", name="Day")
    days = sorted({str(day) for day in report.main.table["Day"]})
    assert slider.get_attribute("aria-valuetext") == days[-1]
    slider.focus()
    page.keyboard.press("Home")
    assert slider.get_attribute("aria-valuetext") == days[0]
    rows = report.main.table.filter(report.main.table["Day"].cast(str) == days[0]).drop_nulls(["Lift", "Count"])
    page.wait_for_function(
        "([id, count]) => document.getElementById(id).querySelectorAll('.mark-symbol.role-mark path').length === count",
        arg=[node.get_attribute("id"), rows.height],
    )
    page.keyboard.press("End")


def test_a_reason_stands_once_for_a_score_and_its_interval(page: Any, demo: Dashboard) -> None:
    number, report = next(
        (at, report) for at, report in enumerate(demo.document.reports) if report.name == "lift_and_volume"
    )
    told = {(note.reason, note.count, repr(note.groups)) for note in report.main.notes}
    assert len(told) < len(report.main.notes)
    lines = page.locator("article.report").nth(number).locator(".notes li:has(strong)").all_inner_texts()
    assert len(lines) == len(told)
    assert any("Lift_CI_Low, Lift_CI_High: " in line for line in lines)


def test_theme_is_the_system_s_until_it_is_chosen(page: Any) -> None:
    theme = "document.documentElement.dataset.theme"
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-theme=dark]", state="attached")
    page.get_by_role("button", name="Light theme").press("Enter")
    assert page.evaluate(theme) == "light"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(theme) == "light"


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Any, demo: Dashboard) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    found = watch(context.new_page())
    page = found.open(demo.path)
    complete(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert (
        page.evaluate("Array.from(document.querySelectorAll('.chart'), (one) => one.scrollWidth - one.clientWidth)")
        == [0] * page.locator(".chart").count()
    )
    found.quiet()
    context.close()


def test_paper_has_all_charts_and_tables_and_no_controls(page: Any, demo: Dashboard) -> None:
    on_paper(page)
    try:
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        for controls in ("button.save", ".tools", "nav", ".filters", ".more", "input"):
            assert page.locator(f"{controls}:visible").count() == 0
        printed = tables(page)
        for report, panels in zip(demo.document.reports, printed, strict=True):
            for panel, rows in zip(report.panels, panels, strict=True):
                assert len(rows) == min(panel.table.height, PRINTED)
        pictures = sum(panel.picture is not None for report in demo.document.reports for panel in report.panels)
        assert page.locator(".chart svg:visible").count() == pictures
    finally:
        page.emulate_media(media="screen")


@pytest.mark.parametrize("name", ["valuekit", "retail_banking", "experiments"])
def test_cells_are_those_of_every_other_format(browser: Any, dashboards: dict[str, Dashboard], name: str) -> None:
    """Every cell of every report of three configs, and which rows rest on few cases."""
    from valuekit.reports.low_counts import low_counts

    context = browser.new_context()
    found = watch(context.new_page())
    page = found.open(dashboards[name].path)
    complete(page)
    on_paper(page)
    on_page = tables(page)
    reports = dashboards[name].document.reports
    assert len(reports) >= 7
    for report, panels in zip(reports, on_page, strict=True):
        assert report.failure is None
        for panel, rows in zip(report.panels, panels, strict=True):
            assert [row["cells"] for row in rows] == seen(panel)[:PRINTED], (report.name, panel.name)
            assert [row["low"] for row in rows] == low_counts(panel)[:PRINTED], (report.name, panel.name)
    found.quiet()
    context.close()


def test_a_page_without_states_has_no_filters(watched: Watched, demo: Dashboard, tmp_path: Path) -> None:
    path = tmp_path / "plain.html"
    path.write_text(pages.render(demo.document, Embedded()), encoding="utf-8")
    page = watched.open(path)
    assert not page.locator("#filtering").is_visible()
    watched.quiet()
