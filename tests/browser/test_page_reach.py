"""Axes of the page end where those of pictures do, also when a filter leaves other rows."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

import pytest

import report_examples as examples
from dashboards import Dashboard, Watched, choose, complete, write_page
from valuekit.reports import charts
from valuekit.reports.embedding import Embedded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from valuekit.reports.report import Channel, Mark, Panel

FOUND = {"Web": (80, 4000), "Mobile": (50, 3000), "Branch": (1, 1), "Email": (0, 4), "SMS": (30, 2000)}
FIVE: Mapping[Channel, str] = {
    "x": "Channel", "low": "Min", "q1": "p25", "median": "Median", "q3": "p75", "high": "Max",
}  # fmt: skip
RATES: Mapping[Mark, Mapping[Channel, str | tuple[str, ...]]] = {
    "bars": {"x": "Channel", "y": "CTR"},
    "gauge": {"value": "CTR", "path": ("Channel",)},
    "polar": {"theta": "Channel", "r": "CTR"},
    "treemap": {"path": ("Channel",), "size": "Count", "color": "CTR"},
}


def _rates(mark: Mark, seed: int | None = None) -> Panel:
    """Rates of channels, some of hardly any cases; by chance, or those of `FOUND`."""
    rows = []
    seeded = random.Random(seed)  # noqa: S311
    for name, (positives, n) in FOUND.items():
        count = n if seed is None else int(10 ** seeded.uniform(0, 4))
        clicks = positives if seed is None else int(count * seeded.random() ** 3)
        rate = clicks / count
        ends = {"CTR_CI_Low": rate / 2, "CTR_CI_High": (1 + rate) / 2 if count < 30 else min(rate * 1.3, 1.0)}
        rows.append({"Channel": name, "Count": count, "Positives": clicks, "CTR": rate, **ends})
    return examples.panel(rows, (examples.dimension("Channel"), *examples.RATE), mark, RATES[mark])


def _boxes(seed: int) -> Panel:
    seeded = random.Random(seed)  # noqa: S311
    rows = []
    for name in FOUND:
        middle = sorted(seeded.gauss(0, 10.0 ** seeded.randint(-2, 4)) for _ in range(3))
        far = [middle[0] - 10.0 ** seeded.randint(-1, 7), middle[2] + 10.0 ** seeded.randint(-1, 7)]
        numbers = [far[0], *middle, far[1]]
        rows.append(
            {"Channel": name, "Count": seeded.choice((5, 400)), **dict(zip(examples.BOX, numbers, strict=True))}
        )
    columns = (examples.dimension("Channel"), examples.number("Count", "count"),
               *(examples.number(name, "number") for name in examples.BOX))  # fmt: skip
    return examples.panel(rows, columns, "boxplot", FIVE)


def _lines(seed: int) -> Panel:
    """Two lines of days by chance, as a rule of few cases."""
    seeded = random.Random(seed)  # noqa: S311
    rows = []
    for at in range(30):
        for name in ("Web", "Mobile"):
            count = 2000 if seeded.random() < seed / 30 else seeded.randint(1, 25)
            rate = seeded.random() ** 4
            ends = {"CTR_CI_Low": rate / 2, "CTR_CI_High": (1 + rate) / 2}
            rows.append({"Day": date(2026, 9, 1 + at), "Channel": name, "Count": count,
                         "Positives": round(rate * count), "CTR": rate, **ends})  # fmt: skip
    columns = (examples.dimension("Day", "time"), examples.dimension("Channel"), *examples.RATE)
    return examples.panel(rows, columns, "line", {"x": "Day", "y": "CTR", "color": "Channel"})


def _lifts(seed: int) -> Panel:
    """A lift by share of offers, high at its start by chance."""
    seeded = random.Random(seed)  # noqa: S311
    rows = [{"Point": 1, "share": 0.004, "lift": 10 ** seeded.uniform(0, 2)}]
    rows += [{"Point": at + 1, "share": at / 25, "lift": 1 + seeded.random() * 9} for at in range(1, 26)]
    columns = (examples.dimension("Point"), examples.number("share", "ratio"), examples.number("lift", "ratio"))
    return examples.panel(rows, columns, "curve", {"x": "share", "y": "lift"})


def _told(found: object) -> list[tuple[float, float]]:
    """The ends of scales that a specification tells."""
    if isinstance(found, list):
        return [ends for one in found for ends in _told(one)]
    if not isinstance(found, dict):
        return []
    own = [(float(found["domainMin"]), float(found["domainMax"]))] if "domainMax" in found else []
    return own + [ends for name, one in found.items() if name != "values" for ends in _told(one)]


def test_the_page_ends_axes_as_pictures_do(browser: Any) -> None:
    """Both over rows by chance; the page has no tables but rows, and finds the same ends and words."""
    folder = files("valuekit.reports.page") / "interface"
    source = "\n".join(
        (folder / f"{name}.js").read_text(encoding="utf-8") for name in ("dom", "rounding", "plain", "numbers", "reach")
    )
    script = f"""([axes, rows]) => {{
      {source}
      const found = reached(axes, rows);
      return [found.map((one) => one.ends), beyondText(found, rows)];
    }}"""
    page = browser.new_page()
    compared = 0
    panels = [_boxes(seed) for seed in range(40)] + [_rates(mark, seed) for mark in RATES for seed in range(15)]
    panels += [made(seed) for made in (_lines, _lifts) for seed in range(20)]
    for panel in panels:
        spec = charts.spec(panel)
        axes = cast("Any", charts.spec(panel, with_rows=False)["usermeta"])["axes"]
        ends, words = page.evaluate(script, [axes, charts.rows(panel)])
        assert [tuple(one) for one in ends] == list(dict.fromkeys(_told(spec)))
        said = [text for text in cast("Any", spec["usermeta"])["remarks"] if "beyond" in text or "scaled" in text]
        assert ([] if words is None else [words]) == said
        compared += len(ends)
    assert compared > 30
    page.close()


@pytest.mark.parametrize("mark", RATES)
def test_rows_of_few_cases_do_not_set_axes_of_the_page(mark: Mark, watched: Watched, tmp_path: Path) -> None:
    document = replace(examples.document(), reports=(examples.report("one", "One", "engagement", _rates(mark)),))
    page = watched.open(write_page(document, Embedded(), tmp_path / "page.html"))
    complete(page)
    labels = page.locator(".chart svg .mark-text.role-axis-label text, .chart svg .role-legend-label text")
    words = labels.all_text_contents() + page.locator(".chart svg .mark-text.role-mark text").all_text_contents()
    shares = [float(text.rstrip(" %")) for text in words if re.fullmatch(r"[\d.]+ ?%", text)]
    assert [share for share in shares if 5 < share < 100] == []
    expected = [] if mark == "treemap" else ["Axis scaled without low n: 1 row lies beyond."]
    if mark == "bars":
        arrows = page.locator(".chart svg .mark-symbol.role-mark path").all()
        assert [arrow.bounding_box()["width"] > 3 for arrow in arrows] == [True, False]
    assert page.locator(".notes .beyond").all_text_contents() == expected
    watched.quiet()


def _beyond(page: Any) -> list[str]:
    """What is said of axes, of all panels, drawn for the filter of the moment."""
    found = []
    for node in page.locator("section.panel").all():
        node.evaluate("node => node.scrollIntoView()")
        page.wait_for_function("node => !node.hasAttribute('aria-busy')", arg=node.element_handle())
        found += node.locator(".notes .beyond").all_text_contents()
    return found


def test_axes_follow_the_rows_that_a_filter_leaves(dashboards: dict[str, Dashboard], watched: Watched) -> None:
    """Few rows of the demo are left, of few cases each: other axes end before them, or elsewhere."""
    page = watched.open(dashboards["valuekit"].path)
    complete(page)
    before = _beyond(page)
    choose(page, {"Channel": ["Email"]})
    after = _beyond(page)
    assert after != before
    assert any("scaled without low n" in text for text in after)
    choose(page, {})
    assert _beyond(page) == before
    watched.quiet()
