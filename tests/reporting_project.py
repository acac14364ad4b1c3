"""A small project with a report of every type, and its raw rows, for tests of reports in any room."""

from __future__ import annotations

from datetime import datetime, time
from random import Random
from typing import TYPE_CHECKING

import polars as pl

from sample_history import START, open_workspace, stamp, write_export
from sample_holdings import write_orders

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace

LABELS = """
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
METRICS = f"""
[ih]
path = "exports"
file_pattern = "**/*.zip"

[metrics]
global_filters = ["Channel"]

[metrics.engagement]
group_by = ["Day", "Channel", "Issue", "Group"]
scores = ["CTR", "Lift", "Positives"]
{LABELS}
[metrics.conversion]
group_by = ["Day", "Channel"]
positive_model_response = ["Conversion"]
negative_model_response = ["Impression", "Pending", "Clicked"]

[metrics.experiment]
group_by = ["Channel"]
{LABELS}
[metrics.model_ml_scores]
group_by = ["Day", "Channel", "Issue"]
{LABELS}
[metrics.descriptive]
group_by = ["Channel", "Issue", "Outcome"]
columns = ["Propensity", "Outcome", "Rank"]
compression = 100
[holdings]
path = "holdings"
file_type = "pega_ds_export"
file_pattern = "**/*.json"

[metrics.clv]
group_by = ["ControlGroup"]
purchase_date_col = "PurchasedDate"
"""
REPORTS = """
[reports.line]
metric = "engagement"
type = "line"
description = "[ENG] Click-through rate by day"
group_by = ["Month", "Issue", "Day", "Channel", "Group"]
x = "Day"
y = "CTR"
color = "Channel"

[reports.facets]
metric = "conversion"
type = "line"
description = "[CONV] Conversion"
x = "Month"
y = "ConversionRate"
facet_row = "Channel"

[reports.gauge]
metric = "engagement"
type = "gauge"
description = "[eng] Against the target"
group_by = ["Channel", "Issue"]
value = "CTR"
reference = { Web_Sales = 0.2, Mobile_Service = 0.5 }

[reports.treemap]
metric = "model_ml_scores"
type = "treemap"
group_by = ["Channel", "Issue"]
color = "personalization"

[reports.heatmap]
metric = "engagement"
type = "heatmap"
group_by = ["Channel", "Issue"]
x = "Issue"
y = "Channel"
color = "Lift"

[reports.scatter]
metric = "model_ml_scores"
type = "scatter"
group_by = ["Day", "Channel", "Issue"]
x = "personalization"
y = "novelty"
size = "average_precision"
color = "Channel"
animation_frame = "Month"
animation_group = "Channel"
log_x = "true"

[reports.polar]
metric = "engagement"
type = "bar_polar"
r = "CTR"
theta = "Group"
color = "Issue"
showlegend = "False"

[reports.ranking]
metric = "model_ml_scores"
type = "line"
x = "Day"
y = "roc_auc"
color = "Channel"

[reports.z]
metric = "experiment"
type = "line"
group_by = ["ExperimentName"]
x = "z_score"
y = "ExperimentName"

[reports.odds]
metric = "experiment"
type = "line"
x = "g_odds_ratio_stat"
y = "ExperimentName"
facet_row = "Channel"

[reports.arms]
metric = "experiment"
type = "heatmap"
x = "Channel"
y = "ExperimentGroup"
color = "CTR"

[reports.mean]
metric = "descriptive"
type = "line"
x = "Issue"
y = "Propensity"
score = "Mean"
color = "Channel"

[reports.cells]
metric = "descriptive"
type = "heatmap"
x = "Channel"
y = "Issue"
property = "Outcome"
score = "Count"

[reports.box]
metric = "descriptive"
type = "boxplot"
x = "Channel"
y = "Propensity"

[reports.ranks]
metric = "descriptive"
type = "histogram"
x = "Rank"
facet_row = "Channel"

[reports.spread]
metric = "descriptive"
type = "histogram"
x = "Propensity"
color = "Issue"

[reports.funnel]
metric = "descriptive"
type = "funnel"
x = "Outcome"
color = "Channel"
stages = ["Impression", "Clicked", "Bought", "Conversion"]

[reports.customers]
metric = "clv"
type = "histogram"
x = "frequency"
color = "ControlGroup"

[reports.segments]
metric = "clv"
type = "treemap"
group_by = ["ControlGroup"]

[reports.exposure]
metric = "clv"
type = "exposure"

[reports.together]
metric = "clv"
type = "corr"
x = "frequency"
y = "lifetime_value"

[reports.future]
metric = "clv"
type = "model"

[reports.density]
metric = "clv"
type = "rfm_density"

[reports.any_engagement]
metric = "engagement"
type = "generic"

[reports.any_model]
metric = "model_ml_scores"
type = "generic"

[reports.any_experiment]
metric = "experiment"
type = "generic"

[reports.any_column]
metric = "descriptive"
type = "generic"

[reports.any_customer]
metric = "clv"
type = "generic"
"""


def raw_rows(seed: int = 11, offers: int = 2000) -> pl.DataFrame:
    """Outcomes of offers, each row once: an impression, now and then a click, a conversion after some clicks."""
    random = Random(seed)  # noqa: S311 - test data
    rows = []
    for number in range(offers):
        minute = random.randrange(6 * 24 * 60 - 200)
        base = {
            "InteractionID": f"I-{number}",
            "CustomerID": f"C-{random.randrange(200)}",
            "Issue": random.choice(["Sales", "Service"]),
            "Group": random.choice(["Cards", "Loans", "Savings"]),
            "Name": random.choice("ABCDE"),
            "Channel": random.choice(["Web", "Mobile", None]),
            "Rank": random.randrange(1, 8),
            "ModelControlGroup": random.choice(["Test", "Test", "Test", "Control"]),
            "ExperimentName": random.choice(["Banner", "Text"]),
            "ExperimentGroup": random.choice(["Control", "New", "Other"]),
            "Propensity": random.random() ** 3,
            "FinalPropensity": random.random(),
            "Minute": minute,
        }
        rows.append({**base, "Outcome": "Impression", "Later": 0, "Revenue": 0.0})
        if random.random() < 0.1 + 0.6 * float(str(base["Propensity"])):
            rows.append({**base, "Outcome": "Clicked", "Later": 5, "Revenue": 0.0})
            if random.random() < 0.3:
                rows.append({**base, "Outcome": "Conversion", "Later": 60, "Revenue": 9.5})
    frame = pl.DataFrame(rows, infer_schema_length=None)
    at = pl.lit(START) + pl.duration(minutes=pl.col("Minute") + pl.col("Later"))
    return frame.with_columns(at.alias("OutcomeTime"), at.dt.date().alias("Day"))


def orders(seed: int = 5, customers: int = 300, days: int = 700) -> pl.DataFrame:
    """Orders of customers who buy at rates of their own until they leave, ending in 2025."""
    random = Random(seed)  # noqa: S311 - test data
    rows = []
    for customer in range(customers):
        rate, left = random.gammavariate(0.9, 1 / 60), random.betavariate(0.9, 2.5)
        worth = 60 / random.gammavariate(4, 1)
        day = float(random.randrange(days // 2))
        while day < days:
            rows.append((f"C-{customer}", int(day), round(random.gammavariate(6, worth / 6) + 0.01, 2)))
            day += random.expovariate(rate) + 1
            if random.random() < left:
                break
    frame = pl.DataFrame(rows, schema=["CustomerID", "Number", "OneTimeCost"], orient="row")
    start = pl.lit(datetime(2024, 1, 1))
    return frame.with_columns(
        (start + pl.duration(days=pl.col("Number"))).dt.date().alias("Day"),
        pl.when(pl.col("Number") % 5 == 0).then(pl.lit("Control")).otherwise(pl.lit("Test")).alias("ControlGroup"),
        pl.int_range(pl.len()).alias("HoldingID"),
    )


def make_project(folder: Path, reports: str = REPORTS, *, metrics: str = METRICS, ingest: bool = True) -> Workspace:
    """Write the project, and land it."""
    (folder / "valuekit.toml").write_text(metrics + reports)
    raw = raw_rows()
    records = [
        {
            **{f"py{name}": row[name] or "" for name in ("Issue", "Group", "Name", "Channel", "Outcome")},
            **{name: row[name] for name in ("ModelControlGroup", "ExperimentName", "ExperimentGroup", "Revenue")},
            "pxInteractionID": row["InteractionID"],
            "pySubjectID": row["CustomerID"],
            "pxRank": row["Rank"],
            "pyPropensity": row["Propensity"],
            "FinalPropensity": row["FinalPropensity"],
            "pxDecisionTime": stamp(row["OutcomeTime"]),
            "pxOutcomeTime": stamp(row["OutcomeTime"]),
            "pxFactID": str(number),
        }
        for number, row in enumerate(raw.to_dicts())
    ]
    write_export(folder / "exports" / "1.zip", records)
    bought = [
        {
            **{name: row[name] for name in ("CustomerID", "OneTimeCost", "ControlGroup")},
            "HoldingID": f"H-{row['HoldingID']}",
            "PurchasedDate": stamp(datetime.combine(row["Day"], time(9))),
        }
        for row in orders().to_dicts()
    ]
    write_orders(folder / "holdings" / "1.json", bought)
    workspace = open_workspace(folder)
    if ingest:
        workspace.ingest()
    return workspace


def offers(raw: pl.DataFrame, *keys: str, positive: str = "Clicked") -> pl.DataFrame:
    """Positives and negatives by keys: an offer is positive where one of its outcomes is, and has that row's day."""
    decided = (
        raw.filter(pl.col("Outcome").is_in([positive, "Impression"]))
        .sort((pl.col("Outcome") == positive), descending=True, maintain_order=True)
        .unique("InteractionID", keep="first")
    )
    yes = pl.col("Outcome") == positive
    if not keys:
        return decided.select(yes.sum().alias("P"), (~yes).sum().alias("N"))
    return decided.group_by(keys).agg(yes.sum().alias("P"), (~yes).sum().alias("N")).sort(keys, nulls_last=False)
