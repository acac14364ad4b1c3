"""The page's numbers under a filter are those that `compute --where` prints: every panel, in a real browser."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from embedded_pages import Case, InBrowser, make_case, make_records, some_selections, where

if TYPE_CHECKING:
    import polars as pl

    from valuekit.metrics.curves import Curve
    from valuekit.reports.report import Card, Panel, Report

WIDE, NARROW = 10_000_000, 70_000
EXACT = 1e-9


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    made = make_case(tmp_path_factory.mktemp("page"), make_records(7, 8_000))
    with made.stack:
        yield made


@pytest.fixture(scope="module", params=[WIDE, NARROW], ids=["whole digests", "compressed digests"])
def carried(request: pytest.FixtureRequest, browser: Any, case: Case) -> Iterator[tuple[int, InBrowser]]:
    found = InBrowser(browser, case.carried(request.param))
    yield request.param, found
    found.close()


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def close(value: object, expected: object, error: float) -> bool:
    if isinstance(expected, float) and isinstance(value, int | float):
        return abs(value - expected) <= EXACT * max(abs(value), abs(expected)) + error or math.isclose(
            value, expected, rel_tol=EXACT, abs_tol=1e-12
        )
    return value == expected


def computed(
    case: Case, report: Report, panel: Panel, selection: dict[str, list[object]], scores: Sequence[str]
) -> pl.DataFrame:
    """The rows that a panel of scores should have, by the command's own way."""
    import polars as pl

    by = [name for name in panel.key if name in case.workspace.plans.askable(report.metric)]
    rows = case.compute(report.metric, by=by, where=where(selection), scores=list(scores))
    if "Property" in rows.columns and "Property" in panel.key:
        rows = rows.filter(pl.col("Property") == panel.table["Property"][0])
    if report.name in {"trial", "odds"}:
        rows = rows.filter(pl.col("experiment_group").eq_missing(pl.col("control_group")).not_())
    return rows


def differences(found: dict[str, Any], expected: pl.DataFrame, *, exact: bool) -> Iterator[str]:
    """What differs, beyond the error shown."""
    if len(found["rows"]) != expected.height:
        yield f"{len(found['rows'])} rows instead of {expected.height}"
        return
    for at, name in enumerate(found["columns"]):
        if name not in expected.columns or name in found["unavailable"]:
            continue
        errors = found["errors"].get(name)
        for row, value in enumerate(expected[name]):
            shown, error = found["rows"][row][at], (errors[row] or 0.0) if errors else 0.0
            if exact and error:
                yield f"{name}: an error of {error} where nothing was compressed"
            if not close(shown, plain(value), error):
                yield f"{name}, row {row}: {shown} ± {error} instead of {value}"
            if value is None and name not in expected.columns[: expected.columns.index("Count")]:
                said = found["reasons"].get(name, [None] * expected.height)[row]
                if not said:
                    yield f"{name}, row {row}: null without a reason"


def few_cases(
    case: Case, report: Report, panel: Panel, one: dict[str, Any], selection: dict[str, list[object]]
) -> list[str]:
    """Which numbers that are not shown differ: those that tell positives and negatives behind the ones that are."""
    names = [] if panel.behind is None else [name for name in panel.behind.columns if name not in panel.key]
    assert sorted(one["behind"]) == sorted(names)
    if not names:
        return []
    rows = computed(case, report, panel, selection, names)
    return [
        f"{name}: {value} instead of {expected}"
        for name in names
        for value, expected in zip(one["behind"][name], rows[name], strict=True)
        if not close(value, expected, 0.0)
    ]


HOLISTIC = {"personalization", "novelty"}
SPECIAL = {"funnel", "histogram", "curve"}


def test_every_panel_of_scores(case: Case, carried: tuple[int, InBrowser]) -> None:
    """Dimensions, order, Count, scores, intervals and reasons of all panels under many selections."""
    budget, engine = carried
    panels = [
        (report, at, panel)
        for report in case.document.reports
        for at, panel in enumerate(report.panels)
        if not panel.picture or panel.picture.mark not in SPECIAL
    ]
    assert len(panels) > 12
    compared = 0
    for selection in some_selections(engine.filters(), 11, 12):
        found = engine.panels([(report.name, at) for report, at, _ in panels], selection)
        for (report, at, panel), one in zip(panels, found, strict=True):
            assert one["failure"] is None, (report.name, one["failure"])
            assert one["columns"] == panel.table.columns
            scored = [column.name for column in panel.columns if column.score is not None]
            scores = [name for name in scored if name not in panel.key and name not in one["unavailable"]]
            expected = computed(case, report, panel, selection, scores)
            wrong = list(differences(one, expected, exact=budget == WIDE))
            assert wrong == [], (report.name, at, selection, wrong[:5])
            assert few_cases(case, report, panel, one, selection) == [], (report.name, selection)
            compared += len(one["rows"]) * len(one["columns"])
    assert compared > 10_000


def test_some_digests_were_compressed(carried: tuple[int, InBrowser]) -> None:
    """So that the other tests are about what they say."""
    budget, engine = carried
    (found,) = engine.panels([("model", 0)], {"Channel": ["Web"]})
    assert (max(found["errors"]["roc_auc"]) > 0) == (budget == NARROW)


def test_gauge_has_its_reference(carried: tuple[int, InBrowser]) -> None:
    (found,) = carried[1].panels([("gauge", 0)], {"Channel": ["Web", None]})
    at = found["columns"].index
    by_group = {(row[at("Channel")], row[at("Group")]): row for row in found["rows"]}
    assert by_group[None, "Cards"][at("Reference")] == 0.1
    web = by_group["Web", "Cards"]
    assert web[at("Difference")] == pytest.approx(web[at("CTR")] - 0.2, rel=1e-12)
    assert by_group["Web", "Loans"][at("Reference")] is None
    assert by_group["Web", "Loans"][at("Difference")] is None


def test_funnel_counts_stages(case: Case, carried: tuple[int, InBrowser]) -> None:
    """Stages in the configured order, absent ones 0, rates over the stage before."""
    for selection in some_selections(carried[1].filters(), 5, 6):
        (found,) = carried[1].panels([("funnel", 0)], selection)
        rows = case.compute("descriptive", by=["Channel", "Outcome"], where=where(selection), scores=["Count"])
        counts = {
            (row["Channel"], row["Outcome"]): row["Count"] for row in rows.to_dicts() if row["Property"] == "Outcome"
        }
        expected = []
        for channel in dict.fromkeys(channel for channel, _ in counts):
            stages = [counts.get((channel, stage), 0) for stage in ("Impression", "Clicked", "Gone")]
            for at, stage in enumerate(("Impression", "Clicked", "Gone")):
                rate = stages[at] / stages[at - 1] if at and stages[at - 1] else None
                expected.append([channel, stage, stages[at], rate])
        assert found["rows"] == expected
        assert found["columns"] == case.document.reports[-1].main.table.columns
        assert selection or found["rows"] == [list(row) for row in case.document.reports[-1].main.table.rows()]


def test_histogram_counts_rows(case: Case, carried: tuple[int, InBrowser]) -> None:
    """Against the number of rows by value, counted one by one."""
    import polars as pl

    budget, engine = carried
    report = next(report for report in case.document.reports if report.name == "bins")
    edges = sorted({*report.main.table["From"], *report.main.table["To"]})
    for selection in some_selections(engine.filters(), 3, 5):
        (found,) = engine.panels([("bins", 0)], selection)
        rows = case.compute(
            "descriptive", by=["Channel", "Propensity"], where=where(selection), scores=["Count"]
        ).filter(pl.col("Property") == "Propensity", pl.col("Count") > 0)
        for row, error in zip(found["rows"], found["errors"]["Count"], strict=True):
            channel, low, high, count = row
            within = pl.col("Propensity").is_between(low, high, closed="both" if high == edges[-1] else "left")
            mine = rows.filter(pl.col("Channel").eq_missing(pl.lit(channel, pl.String)), within)
            group = rows.filter(pl.col("Channel").eq_missing(pl.lit(channel, pl.String)))
            own = 2 * math.pi / 500 * int(group["Count"].sum())
            assert abs(count - mine["Count"].sum()) <= error + own, (selection, row, error)
        assert sum(row[3] for row in found["rows"]) == rows["Count"].sum()
        if budget == WIDE:
            assert not any(found["errors"]["Count"])
            assert selection or found["rows"] == [list(row) for row in report.main.table.rows()]


def test_curves_lie_where_they_should(case: Case, carried: tuple[int, InBrowser]) -> None:
    """Every point of every curve, against the curves of the command."""
    budget, engine = carried
    report = next(report for report in case.document.reports if report.name == "curves")
    for selection in some_selections(engine.filters(), 17, 6):
        found = engine.panels([(report.name, at) for at in range(1, 6)], selection)
        curves = case.curves("model_ml_scores", by=["Issue"], where=where(selection))
        for panel, one in zip(report.panels[1:], found, strict=True):
            assert panel.picture is not None
            axes = [one["columns"].index(panel.picture.column(axis)) for axis in ("x", "y")]
            mine = {
                curve.group["Issue"]: curve
                for curve in curves
                if curve.property == "Propensity" and curve.kind == panel.name
            }
            errors = one["errors"][panel.picture.column("y")]
            assert one["columns"][:2] == ["Issue", "Point"]
            if budget == WIDE:
                points = [(mine[row[0]].x[row[1] - 1], mine[row[0]].y[row[1] - 1]) for row in one["rows"]]
                assert not any(errors)
                assert [tuple(row[at] for at in axes) for row in one["rows"]] == [
                    pytest.approx(point, rel=1e-9, abs=1e-12) for point in points
                ]
            else:
                lies = [
                    _lies_near(mine[row[0]], row[axes[0]], row[axes[1]], error)
                    for row, error in zip(one["rows"], errors, strict=True)
                ]
                assert lies.count(False) <= len(lies) / 100, (panel.name, selection, lies.count(False), len(lies))


def _lies_near(curve: Curve, x: float, y: float, error: float) -> bool:
    """Whether a point is as near to a curve as it says; a hundredth to its left and to its right counts, too."""
    import numpy as np

    across, up = np.array(curve.x), np.array(curve.y)
    around = np.append(up[(across >= x - 0.01) & (across <= x + 0.01)], np.interp(x, across, up))
    return bool(around.min() - error - 1e-9 <= y <= around.max() + error + 1e-9)


def test_cards(case: Case, carried: tuple[int, InBrowser]) -> None:
    """Key numbers, what is beside them, and their trend."""
    budget, engine = carried
    cards = [card for card in case.document.cards for card in (card, *card.beside)]
    for selection in some_selections(engine.filters(), 23, 6):
        found = [one for card in engine.cards(selection) for one in (card, *card["beside"])]
        for card, one in zip(cards, found, strict=True):
            if one["unavailable"]:
                assert card.score in HOLISTIC or card.metric == "model_ml_scores_exact"
                assert one["value"] is None
                continue
            _card_is_right(case, card, one, selection, exact=budget == WIDE)


def _card_is_right(
    case: Case, card: Card, one: dict[str, Any], selection: dict[str, list[object]], *, exact: bool
) -> None:
    cards = [other for card in case.document.cards for other in (card, *card.beside) if other.score not in HOLISTIC]
    scores = sorted({other.score for other in cards if other.metric == card.metric})
    rows = case.compute(card.metric, where=where(selection), scores=scores)
    rows = rows.filter(rows["Property"] == card.property) if card.property else rows
    assert one["count"] == rows["Count"][0]
    assert not (exact and one["error"])
    assert close(one["value"], rows[card.score][0], one["error"] or 0.0), (card.score, selection, one)
    assert one["value"] is not None or one["reason"]
    if one["trend"] is None:
        assert not exact
        return
    daily = case.compute(card.metric, by=["Day"], where=where(selection), scores=scores)
    daily = daily.filter(daily["Property"] == card.property) if card.property else daily
    assert [day for day, _ in one["trend"]] == [day.isoformat() for day in daily["Day"]]
    if exact:
        assert all(close(value, other, 0.0) for (_, value), other in zip(one["trend"], daily[card.score], strict=True))


def test_what_is_holistic_says_so(carried: tuple[int, InBrowser]) -> None:
    model, exact, money = carried[1].panels([("model", 0), ("exact", 0), ("money", 0)], {"Channel": ["Web"]})
    assert set(model["unavailable"]) == {"personalization", "novelty"}
    assert set(exact["unavailable"]) == {"roc_auc"}
    assert set(money["unavailable"]) == {"AvgTouchpoints"}
    assert all(text.startswith("not available under a filter: ") for text in model["unavailable"].values())


def test_an_unknown_value_is_refused(carried: tuple[int, InBrowser]) -> None:
    with pytest.raises(Exception, match="Channel has no value Fax"):
        carried[1].panels([("ctr", 0)], {"Channel": ["Fax"]})
    with pytest.raises(Exception, match="there is no filter Colour"):
        carried[1].panels([("ctr", 0)], {"Colour": ["red"]})
