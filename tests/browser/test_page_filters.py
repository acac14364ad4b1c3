"""Filters change every card, table and chart of the real page to what `compute --where` prints."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboards import Dashboard, Watched, choose, complete, rows_of, saved, tables, watch, write_dashboard
from embedded_pages import where
from valuekit.reports.numbers import NO_VALUE, shown_interval
from valuekit.reports.numbers import shown as written
from valuekit.reports.values import exact_text

if TYPE_CHECKING:
    import polars as pl

    from valuekit.reports.report import Card, Panel, Report

Selection = dict[str, list[object]]

SELECTIONS: tuple[Selection, ...] = (
    {"Channel": ["Web"]},
    {"Channel": ["Email", "Mobile"], "Issue": ["Sales"]},
)
TIGHT = 35_000
UNAVAILABLE = {"personalization", "novelty", "AvgTouchpoints"}
ADDED = {"Reference", "Difference", "From", "To", "Point", "Rate"}


@pytest.fixture(scope="module", params=["whole digests", "compressed digests"])
def opened(
    request: pytest.FixtureRequest,
    browser: Any,
    dashboards: dict[str, Dashboard],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Dashboard, Watched]]:
    """The demo's page, and one with hardly any room for digests."""
    found = dashboards["valuekit"]
    if request.param == "compressed digests":
        found = write_dashboard(found.case, tmp_path_factory.mktemp("tight") / "tight.html", TIGHT)
    context = browser.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    watched = watch(context.new_page())
    complete(watched.open(found.path))
    yield found, watched
    watched.quiet()
    context.close()


def engine_panel(page: Any, report: str, at: int, selection: Selection) -> dict[str, Any]:
    """What the engine in this page says of a panel, for the errors that it knows."""
    script = """async ([report, at, selection]) => {
      globalThis.opened = globalThis.opened || await valuekitEngine.open(document.getElementById("states").textContent);
      return opened.panel(report, at, selection);
    }"""
    found: dict[str, Any] = page.evaluate(script, [report, at, selection])
    return found


def computed(found: Dashboard, report: Report, panel: Panel, selection: Selection) -> pl.DataFrame:
    """The rows of a panel as the command gives them."""
    import polars as pl

    plans = found.case.workspace.plans
    by = [name for name in panel.key if name in plans.askable(report.metric)]
    scored = [column.name for column in panel.columns if column.score is not None and column.name not in panel.key]
    scores = [name for name in scored if name not in UNAVAILABLE]
    rows = found.case.compute(report.metric, by=by, where=where(selection), scores=scores or ["Count"])
    if "Property" in rows.columns:
        column = (
            report.main.table["Property"][0] if "Property" in report.main.table.columns else PROPERTIES[report.name]
        )
        rows = rows.filter(pl.col("Property") == column)
    if report.family == "experiment":
        rows = rows.filter(pl.col("experiment_group").eq_missing(pl.col("control_group")).not_())
    return rows


PROPERTIES = {
    "priorities": "Priority",
    "propensities": "Propensity",
    "funnel": "Outcome",
    "model_quality": "Propensity",
}


def near(text: str, expected: object, error: float) -> bool:
    if not isinstance(expected, int | float) or isinstance(expected, bool):
        return text == exact_text(expected)
    return bool(text) and math.isclose(float(text), expected, rel_tol=1e-9, abs_tol=max(error, 1e-12))


def wrong_cells(panel: Panel, text: str, expected: pl.DataFrame, errors: dict[str, Any]) -> Iterator[str]:
    header, *rows = rows_of(text)
    assert header == panel.table.columns
    if len(rows) != expected.height:
        yield f"{len(rows)} rows instead of {expected.height}"
        return
    for at, name in enumerate(header):
        if name not in expected.columns or name in UNAVAILABLE:
            continue
        for row, value in enumerate(expected[name]):
            error = (errors.get(name) or [0] * len(rows))[row] or 0
            if not near(rows[row][at], value, error):
                yield f"{name}, row {row}: {rows[row][at]} instead of {value} ± {error}"


@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_every_number_is_what_the_command_computes(opened: tuple[Dashboard, Watched], selection: Selection) -> None:
    found, watched = opened
    page = watched.page
    choose(page, selection)
    compared, refused = 0, set()
    for number, report in enumerate(found.document.reports):
        for at, panel in enumerate(report.panels):
            node = page.locator("article.report").nth(number).locator("section.panel").nth(at)
            node.evaluate("node => node.scrollIntoView()")
            one = engine_panel(page, report.name, at, selection)
            if one["failure"] is not None:
                node.locator(".notice:visible").wait_for()
                assert node.locator(".grid:visible, .chart:visible").count() == 0
                assert "not available under a filter" in node.locator(".notice").inner_text().lower()
                refused.add(report.family)
                continue
            mark = panel.picture.mark if panel.picture else None
            name, text = saved(page, number, at)
            assert name.endswith("_filtered.csv")
            if mark == "curve":
                wrong = _wrong_points(found, (report, panel), text, one, selection)
            elif mark == "histogram":
                wrong = _wrong_bins(found, text, one, selection)
            elif mark == "funnel":
                wrong = _wrong_stages(found, text, selection)
            else:
                wrong = list(wrong_cells(panel, text, computed(found, report, panel, selection), one["errors"]))
            assert wrong == [], (report.name, panel.name, wrong[:5])
            compared += len(rows_of(text))
    assert compared > 300
    assert "clv" in refused
    assert "Filtered to" in page.locator("#filter-status").inner_text()
    assert all(
        str(value) in page.locator("#filter-status").inner_text() for values in selection.values() for value in values
    )
    watched.quiet()


def test_rows_of_few_cases_are_marked_under_a_filter(opened: tuple[Dashboard, Watched]) -> None:
    """Also those of models and experiments, whose tables do not show positives and negatives."""
    import polars as pl

    from valuekit.reports.low_counts import FEWEST, FEWEST_OF_A_KIND

    found, watched = opened
    page = watched.page
    selection: Selection = {"Issue": ["Sales"]}
    choose(page, selection)
    marked, plans = [], found.case.workspace.plans
    for number, report in enumerate(found.document.reports):
        panel = report.panels[0]
        if report.family != "model_ml_scores" or panel.behind is None:
            continue
        node = page.locator("article.report").nth(number).locator("section.panel").first
        node.evaluate("node => node.scrollIntoView()")
        page.wait_for_function("node => !node.hasAttribute('aria-busy')", arg=node.element_handle())
        by = [name for name in panel.key if name in plans.askable(report.metric)]
        scores = ["Scored", "pos_fraction"]
        rows = found.case.compute(report.metric, by=by, where=where(selection), scores=scores)
        rows = rows.filter(pl.col("Property") == "Propensity").head(15)
        clicks = (rows["Scored"] * rows["pos_fraction"]).round()
        few = (rows["Scored"] < FEWEST) | (clicks < FEWEST_OF_A_KIND)
        marked += few.to_list()
        assert [row["low"] for row in tables(page)[number][0]][:15] == few.to_list(), report.name
    assert True in marked
    assert False in marked


def _wrong_points(
    found: Dashboard, of: tuple[Report, Panel], text: str, one: dict[str, Any], selection: Selection
) -> list[str]:
    """Curves are those of the command where nothing was compressed; else the engine's own tests bound them."""
    report, panel = of
    assert panel.picture is not None
    axes = [panel.table.columns.index(str(panel.picture.column(axis))) for axis in ("x", "y")]
    if any(any(errors) for errors in one["errors"].values()):
        return [] if len(rows_of(text)) - 1 == len(one["rows"]) else ["rows are missing"]
    by = [name for name in panel.key if name != "Point"]
    curves = found.case.curves(report.metric, by=by, where=where(selection))
    mine = {
        tuple(map(str, curve.group.values())): curve
        for curve in curves
        if curve.property == PROPERTIES[report.name] and curve.kind == panel.name
    }
    wrong = []
    at = panel.table.columns.index("Point")
    for row in rows_of(text)[1:]:
        curve = mine[tuple(row[: len(by)])]
        point = int(row[at]) - 1
        if not (near(row[axes[0]], float(curve.x[point]), 0) and near(row[axes[1]], float(curve.y[point]), 0)):
            wrong.append(f"{row} instead of {curve.x[point]}, {curve.y[point]}")
    return wrong


def _wrong_bins(found: Dashboard, text: str, one: dict[str, Any], selection: Selection) -> list[str]:
    """The bins of a channel hold all of its rows."""
    expected = found.case.compute("descriptive", by=["Channel"], where=where(selection), scores=["Count"])
    counts = {row["Channel"]: row["Count"] for row in expected.to_dicts() if row["Property"] == "Propensity"}
    header, *rows = rows_of(text)
    got: dict[str, int] = {}
    for row in rows:
        got[row[header.index("Channel")]] = got.get(row[header.index("Channel")], 0) + int(row[header.index("Count")])
    same = [row[header.index("Count")] for row in rows] == [str(row[header.index("Count")]) for row in one["rows"]]
    return (
        []
        if same and got == {name: count for name, count in counts.items() if count}
        else [f"{got} instead of {counts}"]
    )


def _wrong_stages(found: Dashboard, text: str, selection: Selection) -> list[str]:
    rows = found.case.compute("descriptive", by=["Channel", "Outcome"], where=where(selection), scores=["Count"])
    counts = {(row["Channel"], row["Outcome"]): row["Count"] for row in rows.to_dicts() if row["Property"] == "Outcome"}
    header, *got = rows_of(text)
    at = header.index
    return [
        str(row) for row in got
        if int(row[at("Count")]) != counts.get((row[at("Channel")], row[at("Outcome")]), 0)
    ]  # fmt: skip


@pytest.mark.parametrize("selection", SELECTIONS[:2], ids=str)
def test_every_card_is_what_the_command_computes(opened: tuple[Dashboard, Watched], selection: Selection) -> None:
    found, watched = opened
    page = watched.page
    choose(page, selection)
    values = compared = 0
    for card, node in zip(found.document.cards, page.locator(".card").all(), strict=True):
        if card.family == "clv" or card.score in UNAVAILABLE:
            assert node.locator(".card-value").inner_text().startswith(NO_VALUE)
            assert "not available under a filter" in node.inner_text()
            continue
        values += 1
        expected = _card(found, card, selection)
        assert f"n = {expected['Count']:,}" in node.inner_text()
        if "from merging" in node.inner_text():
            error = float(re.findall(r"± ([0-9.]+)", node.inner_text())[0])
            value = float(node.locator(".card-value").get_attribute("title"))
            assert abs(value - expected[card.score]) <= error + 5e-5
            continue
        compared += 1
        assert node.locator(".card-value").get_attribute("title") == written(
            expected[card.score], card.unit, short=False
        )
        if card.low is not None:
            low, high = (expected[f"{card.score}_CI_{end}"] for end in ("Low", "High"))
            assert shown_interval(low, high, card.unit) in node.inner_text()
    assert compared >= 2
    assert values >= compared


def _card(found: Dashboard, card: Card, selection: Selection) -> dict[str, Any]:
    rows = found.case.compute(card.metric, where=where(selection))
    return rows.filter(rows["Property"] == card.property).to_dicts()[0] if card.property else rows.to_dicts()[0]


def test_errors_are_printed_beside_values(opened: tuple[Dashboard, Watched]) -> None:
    """Where digests were compressed every value that may be off says by how much, and a note says what that means."""
    found, watched = opened
    page = watched.page
    choose(page, {"Channel": ["Mobile"]})
    number = next(at for at, report in enumerate(found.document.reports) if report.name == "model_quality")
    one = engine_panel(page, "model_quality", 0, {"Channel": ["Mobile"]})
    node = page.locator("article.report").nth(number).locator("section.panel").first
    node.scroll_into_view_if_needed()
    page.wait_for_function("node => !node.hasAttribute('aria-busy')", arg=node.element_handle())
    count = sum(1 for error in one["errors"]["roc_auc"][:15] if error)
    assert node.locator("td .error").count() == count
    assert ("±" in node.locator(".notes").inner_text()) == (count > 0)
    assert (count > 0) == ("tight" in found.path.name)


def test_charts_follow_the_filter_and_come_back(opened: tuple[Dashboard, Watched]) -> None:
    found, watched = opened
    page = watched.page
    choose(page, {})
    report = next(report for report in found.document.reports if report.name == "ctr_by_channel")
    node = page.locator("article.report").nth(found.document.reports.index(report))
    node.scroll_into_view_if_needed()
    bars = "([id, count]) => document.getElementById(id).querySelectorAll('.mark-rect.role-mark path').length === count"
    ident = node.get_attribute("id")
    page.wait_for_function(bars, arg=[ident, report.main.table.height])
    choose(page, {"Channel": ["Web"]})
    page.wait_for_function(bars, arg=[ident, 1])
    assert node.locator(".chart").inner_text().count("Web") == 1
    assert "Email" not in node.locator(".chart").inner_text()
    page.locator("#clear").press("Enter")
    page.wait_for_function(bars, arg=[ident, report.main.table.height])
    whole = tables(page)[found.document.reports.index(report)][0]
    assert len(whole) == report.main.table.height
    assert not page.locator("#clear").is_visible()


def test_a_filter_is_said_on_its_box(opened: tuple[Dashboard, Watched]) -> None:
    page = opened[1].page
    choose(page, {"Channel": ["Web", "Email"]})
    box = page.locator("details.filter").first
    assert box.locator(".filter-state").inner_text() == "2 of 3"
    choose(page, {})
    assert box.locator(".filter-state").inner_text() == "all"


def test_no_filter_where_the_browser_cannot(browser: Any, dashboards: dict[str, Dashboard], tmp_path: Path) -> None:
    """States that cannot be read are said, and the page still shows its own numbers."""
    text = dashboards["valuekit"].path.read_text(encoding="utf-8")
    broken = re.sub(r'(id="states">)[^<]*', r"\1AAAA", text)
    path = tmp_path / "broken.html"
    path.write_text(broken, encoding="utf-8")
    context = browser.new_context()
    page = watch(context.new_page()).open(path)
    complete(page)
    assert "cannot filter" in page.locator("#filter-status").inner_text()
    assert page.locator(".card").count() == len(dashboards["valuekit"].document.cards)
    context.close()
