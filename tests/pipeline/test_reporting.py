"""Reports: their numbers are those of `compute` and of the raw rows, merged at what the picture shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import stats

from reporting_project import make_project, offers, orders, raw_rows
from valuekit.pipeline.project import Project
from valuekit.pipeline.reporting import make

if TYPE_CHECKING:
    from valuekit.pipeline import Workspace
    from valuekit.reports.report import Document, Panel, Report


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_project(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def document(workspace: Workspace) -> Document:
    return make(workspace)


@pytest.fixture(scope="module")
def raw() -> pl.DataFrame:
    return raw_rows()


def report_of(document: Document, name: str) -> Report:
    (report,) = [report for report in document.reports if report.name == name]
    assert report.failure is None
    return report


def table_of(document: Document, name: str) -> pl.DataFrame:
    return report_of(document, name).main.table


def scores_of(panel: Panel) -> list[str]:
    return [column.name for column in panel.columns if column.score is not None]


def test_every_type_is_made(workspace: Workspace, document: Document) -> None:
    assert [report.name for report in document.reports] == list(workspace.config.reports)
    assert [report.failure for report in document.reports] == [None] * len(document.reports)
    for report in document.reports:
        for panel in report.panels:
            assert [column.name for column in panel.columns] == panel.table.columns
            assert set(panel.key) <= set(panel.table.columns)
            assert panel.table.height
            assert not panel.key or panel.table.select(panel.key).is_duplicated().sum() == 0
            assert panel.picture is not None
            shown = panel.picture.channels.values()
            named = [name for value in shown for name in ([value] if isinstance(value, str) else value)]
            assert set(named) <= set(panel.table.columns)


@pytest.mark.parametrize(
    "name",
    [
        *("line", "facets", "gauge", "treemap", "heatmap", "scatter", "polar", "ranking", "mean", "cells", "box"),
        *("segments", "any_engagement", "any_model", "any_column", "any_customer"),
    ],
)
def test_a_table_is_what_compute_gives_at_its_grain(workspace: Workspace, document: Document, name: str) -> None:
    report = report_of(document, name)
    panel = report.main
    project = Project(workspace)
    scores = scores_of(panel)
    expected = project.compute(report.metric, by=report.by, scores=scores, ingest=False)
    if "Property" in expected.columns:
        expected = expected.filter(pl.col("Property") == panel.table["Property"][0])
    assert_frame_equal(panel.table.select(expected.columns), expected, rel_tol=1e-12)


@pytest.mark.parametrize(("name", "by"), [("z", ()), ("odds", ("Channel",)), ("arms", ("Channel",))])
def test_arms_are_those_of_compute_and_control_is_not_compared_with_itself(
    workspace: Workspace, document: Document, name: str, by: tuple[str, ...]
) -> None:
    panel = report_of(document, name).main
    expected = Project(workspace).compute("experiment", by=by, scores=scores_of(panel), ingest=False)
    if name != "arms":
        expected = expected.filter(pl.col("experiment_group") != pl.col("control_group"))
    assert_frame_equal(panel.table.select(expected.columns), expected)
    assert not any("control arm" in note.reason for note in panel.notes)


def test_numbers_are_merged_at_what_the_picture_shows_never_averaged(document: Document, raw: pl.DataFrame) -> None:
    found = table_of(document, "line")
    assert report_of(document, "line").by == ("Day", "Channel")
    expected = offers(raw, "Day", "Channel")
    rates = (expected["P"] / (expected["P"] + expected["N"])).to_list()
    assert found["CTR"].to_list() == pytest.approx(rates, rel=1e-12)
    assert found["Count"].to_list() == (expected["P"] + expected["N"]).to_list()
    groups = offers(raw, "Day", "Channel", "Issue", "Group").with_columns(
        rate=pl.col("P") / (pl.col("P") + pl.col("N"))
    )
    averaged = groups.group_by("Day", "Channel").agg(pl.col("rate").mean()).sort("Day", "Channel", nulls_last=False)
    assert max(abs(found["CTR"] - averaged["rate"])) > 0.001


def test_a_month_in_a_picture_is_a_month_of_offers(document: Document, raw: pl.DataFrame) -> None:
    found = table_of(document, "facets")
    expected = offers(raw, "Channel", positive="Conversion")
    assert found.filter(pl.col("Month") == "2026-01")["Count"].sum() == raw["InteractionID"].n_unique()
    assert found["Channel"].to_list() == expected["Channel"].to_list()
    assert found["ConversionRate"].to_list() == pytest.approx(
        (expected["P"] / (expected["P"] + expected["N"])).to_list()
    )


def test_a_rate_has_its_interval_and_its_count(document: Document) -> None:
    panel = report_of(document, "line").main
    ctr = panel.column("CTR")
    assert (ctr.low, ctr.high, ctr.unit) == ("CTR_CI_Low", "CTR_CI_High", "rate")
    assert panel.table.columns == ["Day", "Channel", "Count", "CTR", "CTR_CI_Low", "CTR_CI_High"]
    assert [column.unit for column in panel.columns[:3]] == ["time", "text", "count"]
    odds = report_of(document, "odds").main.column("g_odds_ratio_stat")
    assert (odds.low, odds.high) == ("g_odds_ratio_ci_low", "g_odds_ratio_ci_high")


def test_pictures_are_what_the_config_says(document: Document) -> None:
    marks = {report.name: report.main.picture.mark for report in document.reports if report.main.picture}
    assert marks["line"] == marks["facets"] == marks["together"] == "bars"
    assert (marks["z"], marks["odds"], marks["polar"]) == ("z_bars", "forest", "polar")
    scatter = report_of(document, "scatter").main.picture
    assert scatter is not None
    assert scatter.log_x
    assert dict(scatter.channels) == {
        "x": "personalization",
        "y": "novelty",
        "size": "average_precision",
        "color": "Channel",
        "frame": "Month",
        "frame_group": "Channel",
    }
    polar = report_of(document, "polar").main.picture
    assert polar is not None
    assert polar.legend is False
    arms = report_of(document, "arms").main.picture
    assert arms is not None
    assert dict(arms.channels) == {
        "x": "Channel",
        "y": "experiment_group",
        "color": "CTR",
        "facet_row": "experiment_name",
    }


def test_a_gauge_has_value_reference_and_difference(document: Document) -> None:
    table = table_of(document, "gauge")
    references = {("Web", "Sales"): 0.2, ("Mobile", "Service"): 0.5}
    for row in table.iter_rows(named=True):
        reference = references.get((row["Channel"], row["Issue"]))
        assert row["Reference"] == reference
        assert row["Difference"] == (None if reference is None else row["CTR"] - reference)
    assert report_of(document, "gauge").main.column("Difference").unit == "difference of rate"


def test_a_model_carries_its_curves(workspace: Workspace, document: Document) -> None:
    report = report_of(document, "ranking")
    assert [panel.name for panel in report.panels] == ["", "roc", "precision_recall", "calibration", "gain", "lift"]
    curves = Project(workspace).curves("model_ml_scores", by="Channel", ingest=False)
    for panel in report.panels[1:]:
        picture = panel.picture
        assert picture is not None
        x, y = str(picture.channels["x"]), str(picture.channels["y"])
        full = curves.filter((pl.col("kind") == panel.name) & (pl.col("Property") == "Propensity"))
        for (channel,), part in panel.table.group_by("Channel"):
            whole = full.filter(pl.col("Channel").eq_missing(pl.lit(channel)))
            points = list(zip(whole["x"], whole["y"], strict=True))
            assert [points[place - 1] for place in part["Point"]] == list(zip(part[x], part[y], strict=True))
            assert (part[x][0], part[y][0]) == points[0]
            assert (part[x][-1], part[y][-1]) == points[-1]
    calibration = report.panels[3].table
    assert calibration["Count"].sum() == curves.filter(kind="calibration", Property="Propensity")["n"].sum()


def test_a_histogram_of_few_values_is_exact(document: Document, raw: pl.DataFrame) -> None:
    table = table_of(document, "ranks")
    for (channel,), part in table.group_by("Channel"):
        values = raw.filter(pl.col("Channel").eq_missing(pl.lit(channel)))["Rank"].to_numpy()
        edges = [*part["From"], part["To"][-1]]
        assert part["Count"].to_list() == np.histogram(values, edges)[0].tolist()
        assert edges == list(range(1, 9))


def test_a_histogram_of_many_values_is_within_the_rank_error(document: Document, raw: pl.DataFrame) -> None:
    table = table_of(document, "spread")
    for (issue,), part in table.group_by("Issue"):
        values = raw.filter(Issue=issue)["Propensity"].to_numpy()
        exact = np.histogram(values, [*part["From"], part["To"][-1]])[0]
        assert part["Count"].sum() == values.size
        apart = np.abs(np.cumsum(part["Count"].to_numpy()) - np.cumsum(exact)).max()
        assert apart <= 2 * np.pi / 100 * values.size
    assert table["From"].n_unique() == 20


def test_a_funnel_counts_rows_and_shows_stages_without_any(document: Document, raw: pl.DataFrame) -> None:
    stages = ["Impression", "Clicked", "Bought", "Conversion"]
    for (channel,), part in table_of(document, "funnel").group_by("Channel"):
        rows = raw.filter(pl.col("Channel").eq_missing(pl.lit(channel)))
        counts = [rows.filter(Outcome=stage).height for stage in stages]
        assert part["Outcome"].to_list() == stages
        assert part["Count"].to_list() == counts
        assert part["Rate"].to_list() == [None, counts[1] / counts[0], 0.0, None]
    (note,) = report_of(document, "funnel").main.notes
    assert (note.score, note.count) == ("Rate", 3)


def test_customers_in_bins_add_up_to_all(workspace: Workspace, document: Document) -> None:
    table = table_of(document, "customers")
    expected = Project(workspace).compute("clv", by=["ControlGroup"], scores=["frequency"], ingest=False)
    for (group,), part in table.group_by("ControlGroup"):
        (row,) = expected.filter(pl.col("ControlGroup").eq_missing(pl.lit(group))).to_dicts()
        assert part["Count"].sum() == row["Count"]
        assert (part["From"] * part["Count"]).sum() / row["Count"] == pytest.approx(row["frequency"])


def test_correlations_are_those_of_the_customers(workspace: Workspace, document: Document) -> None:
    customers = Project(workspace).segments(ingest=False)
    x, y = customers["frequency"].to_numpy(), customers["lifetime_value"].to_numpy()
    expected: dict[str, Any] = {"Pearson": stats.pearsonr, "Kendall": stats.kendalltau, "Spearman": stats.spearmanr}
    for row in table_of(document, "together").iter_rows(named=True):
        assert row["Correlation"] == pytest.approx(expected[row["Method"]](x, y)[0])
        assert row["Count"] == customers.height
    density = report_of(document, "together").panels[1].table
    edges = [np.array([*density[name].unique().sort(), np.inf]) for name in ("frequency", "lifetime_value")]
    counts = np.histogram2d(x, y, bins=edges)[0]
    assert density["Count"].sort().to_list() == sorted(counts[counts > 0].astype(int).tolist())


def test_predictions_are_those_of_predict(workspace: Workspace, document: Document) -> None:
    expected = Project(workspace).predict(by="rfm_segment", ingest=False)
    first, second = report_of(document, "future").panels
    for panel, score in ((first, "predicted_value"), (second, "expected_purchases")):
        names = ["rfm_segment", "Count", score, f"{score}_ci_low", f"{score}_ci_high"]
        assert_frame_equal(panel.table.select(names), expected.select(names))
        assert panel.column(score).low == f"{score}_ci_low"


def test_density_counts_customers_by_quartile(workspace: Workspace, document: Document) -> None:
    customers = Project(workspace).segments(ingest=False)
    names = ["r_quartile", "f_quartile", "m_quartile"]
    counts = {row[:3]: row[3] for row in customers.group_by(names).len().iter_rows()}
    table = table_of(document, "density")
    assert table.height == 64
    found = {tuple(map(int, row[:3])): row[3] for row in table.select(*names, "Count").iter_rows()}
    assert {key: count for key, count in found.items() if count} == counts
    assert table["Share"].sum() == pytest.approx(1.0)


def test_exposure_numbers_customers_and_never_names_them(workspace: Workspace, document: Document) -> None:
    table = table_of(document, "exposure")
    customers = Project(workspace).segments(ingest=False)
    assert table["Customer"].unique().sort().to_list() == list(range(1, 101))
    assert report_of(document, "exposure").warnings == (f"100 of {customers.height} customers, drawn by chance",)
    assert table["Customer"].n_unique() == 100
    bought = orders().filter(pl.col("CustomerID").is_in(list(customers["CustomerID"])))
    assert 100 <= table["Orders"].sum() < bought.height
    assert (table["PurchaseDate"] <= table["ObservationEnd"]).all()
    days = table.group_by("Customer").agg(pl.col("PurchaseDate").min()).sort("Customer")["PurchaseDate"]
    assert days.is_sorted()
    assert not any("C-" in str(value) for row in table.iter_rows() for value in row)


def test_cards_are_the_totals(workspace: Workspace, document: Document, raw: pl.DataFrame) -> None:
    cards: dict[tuple[str, str], Any] = {}
    for card in document.cards:
        cards |= {(one.family, one.score): one for one in (card, *card.beside)}
    (total,) = offers(raw).to_dicts()
    ctr = cards["engagement", "CTR"]
    assert ctr.value == pytest.approx(total["P"] / (total["P"] + total["N"]))
    assert ctr.low < ctr.value < ctr.high
    assert ctr.count == total["P"] + total["N"]
    by_day = offers(raw, "Day")
    assert [day for day, _ in ctr.trend] == by_day["Day"].to_list()
    assert [value for _, value in ctr.trend] == pytest.approx((by_day["P"] / (by_day["P"] + by_day["N"])).to_list())
    assert cards["conversion", "Revenue"].value == pytest.approx(raw["Revenue"].sum())
    assert cards["conversion", "Positives"].value == raw.filter(Outcome="Conversion").height
    names = ["personalization", "novelty", "roc_auc", "average_precision"]
    assert all(cards["model_ml_scores", name].value is not None for name in names)
    assert all(len(cards["model_ml_scores", name].trend) == by_day.height for name in names)
    customers = Project(workspace).segments(ingest=False)
    assert cards["clv", "customers_count"].value == customers.height
    assert cards["clv", "lifetime_value"].value == pytest.approx(customers["lifetime_value"].sum())
    for name, year in (("this", 2025), ("last", 2024)):
        bought = orders().filter(pl.col("Day").dt.year() == year)
        average = cards["clv", f"average_value_{name}_year"]
        assert average.value == pytest.approx(bought["OneTimeCost"].sum() / bought["CustomerID"].n_unique())
        assert average.count == bought["CustomerID"].n_unique()
        assert average.trend[-1][0] == bought["Day"].max()
    families = [card.family for card in document.cards]
    assert families == ["conversion", "engagement", "conversion", *["model_ml_scores"] * 2, *["clv"] * 4]


def test_provenance_says_where_numbers_come_from(document: Document, raw: pl.DataFrame) -> None:
    origin = document.provenance
    assert (origin.config, origin.files, origin.rejected) == ("valuekit.toml", 2, 0)
    assert origin.facts == raw.height + orders().height
    assert origin.last == raw["Day"].max()
    assert origin.run == 1
    assert origin.finished is not None
    assert document.title == "valuekit"


def test_scores_of_facts_come_from_the_snapshot(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Personalization is stored at the grain that is shown, so that no report reads the facts."""
    from valuekit.pipeline import from_facts

    def refuse(*_: object) -> None:
        raise AssertionError("the facts were read")

    monkeypatch.setattr(from_facts.Facts, "of", refuse)
    found = make(workspace, names=["treemap", "scatter", "any_model", "ranking"])
    assert [report.failure for report in found.reports] == [None] * 4
    assert found.reports[0].main.table["personalization"].null_count() == 0
