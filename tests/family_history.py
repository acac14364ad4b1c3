"""A history and a config that have something for every family of offers, for tests of any room."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from sample_history import Record, make_history, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from valuekit.pipeline import Workspace

LABELS = """
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
FAMILIES = f"""
[ih]
path = "exports"
file_pattern = "**/*.zip"

[metrics]
global_filters = ["Channel"]

[metrics.engagement]
group_by = ["Day", "Channel", "Issue"]
{LABELS}
[metrics.conversion]
group_by = ["Day", "Channel"]
{LABELS}
[metrics.experiment]
group_by = ["Channel"]
experiment_name = "Name"
experiment_group = "ModelControlGroup"
{LABELS}
[metrics.model_ml_scores]
group_by = ["Day", "Channel"]
{LABELS}
[metrics.descriptive]
group_by = ["Channel"]
columns = ["Propensity", "Outcome", "Rank"]
scores = ["Count", "Sum", "Mean", "Std", "MomentSkew", "Median", "p90", "Min", "Max"]
"""


def rich_history(seed: int, days: int = 6) -> list[Record]:
    """Outcomes that have something for every family."""
    random = Random(seed)  # noqa: S311 - test data
    return [
        {
            **row,
            "pyPropensity": random.random() ** 3,
            "FinalPropensity": random.random(),
            "Revenue": random.choice([0.0, 19.99, 1e6 + random.random()]),
            "ConversionEventID": random.choice(["E1", "E2", ""]),
        }
        for row in make_history(seed, days=days)
    ]


def project(folder: Path, config: str = FAMILIES) -> Workspace:
    folder.mkdir(exist_ok=True)
    (folder / "valuekit.toml").write_text(config)
    return open_workspace(folder)
