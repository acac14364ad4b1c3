"""The two sides of the comparison: valuekit and its peer, given the same files and the same metrics.

Owns their configs, their commands and the peer's environment. Never judges a figure.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
from measure import Cost

FAMILIES = ("engagement", "conversion", "experiment", "model_ml_scores", "descriptive")
NINE = ("Day", "Month", "Year", "Quarter", "Channel", "PlacementType", "PropensitySource", "Issue", "Group")
PEER = ("cdhdashboard", "duckdb<2", "polars<2")
"""What the peer's environment holds; it runs on neither duckdb 2 nor polars 2."""

_DRIVER = Path(__file__).with_name("peer.py")
_READ_AS = {"pega": ("pega_ds_export", "*.zip"), "parquet": ("parquet", "*.parquet")}
_CLICKS = {"positive_model_response": ["Clicked"], "negative_model_response": ["Impression", "Pending"]}
_DESCRIBED = ["Outcome", "Propensity", "FinalPropensity", "Priority", "ResponseTime", "Weight", "OutcomeWeight"]
_METRICS: dict[str, dict[str, list[str]]] = {
    "engagement": {"group_by": [*NINE], **_CLICKS},
    "conversion": {
        "group_by": [*NINE],
        "positive_model_response": ["Conversion"],
        "negative_model_response": ["Impression"],
    },
    "experiment": {"group_by": ["Year", "Channel", "PlacementType", "PropensitySource"], **_CLICKS},
    "model_ml_scores": {
        "group_by": [*NINE],
        "scores": ["roc_auc", "average_precision", "personalization", "novelty"],
        **_CLICKS,
    },
    "descriptive": {"group_by": [*NINE, "Outcome"], "columns": _DESCRIBED},
}
_SOURCE = """\
[ih]
path = "exports"
file_type = "{file_type}"
file_pattern = "{pattern}"

[ih.extensions]
filter = "Channel IS NOT NULL"
columns = {{ ConversionEventID = "CASE WHEN ConversionEventID <> '' THEN ConversionEventID ELSE Name END" }}

[ih.extensions.default_values]
ModelControlGroup = "Test"
PlacementType = "N/A"
ExperimentName = "N/A"
ExperimentGroup = "N/A"
PropensitySource = "N/A"

[metrics]
global_filters = ["Channel", "Year", "PlacementType", "Issue", "PropensitySource"]
"""


@dataclass(frozen=True)
class Task:
    """What both sides are asked for: some families, and dimensions besides the template's."""

    families: tuple[str, ...] = FAMILIES
    also: tuple[str, ...] = ()

    def dimensions(self, family: str) -> list[str]:
        """The finest grain of a family."""
        return [*_METRICS[family]["group_by"], *self.also]

    def config(self, file_format: str, memory_limit: str | None) -> str:
        """The config that asks valuekit for it."""
        file_type, pattern = _READ_AS[file_format]
        lines = [_SOURCE.format(file_type=file_type, pattern=pattern)]
        for family in self.families:
            settings = {**_METRICS[family], "group_by": self.dimensions(family)}
            lines.append(f"[metrics.{family}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        if memory_limit:
            lines += ["[cache]", f'memory_limit = "{memory_limit}"']
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Ours:
    """A folder with a config and links to day files."""

    folder: Path
    task: Task

    @classmethod
    def make(cls, folder: Path, data: Path, file_format: str, task: Task, *, memory_limit: str | None = None) -> Ours:
        """Lay out a folder for the day files in `data`."""
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "exports").mkdir(parents=True)
        for path in (data / file_format).iterdir():
            os.link(path, folder / "exports" / path.name)
        (folder / "valuekit.toml").write_text(task.config(file_format, memory_limit), encoding="utf-8")
        return cls(folder, task)

    def fresh(self) -> Cost:
        """Compute the totals of every family with no cache."""
        shutil.rmtree(self.folder / ".valuekit", ignore_errors=True)
        return self._compute("--format", "json")

    def every_score(self) -> Cost:
        """Write the scores of every family at its finest grain, from the states; of four families in one process."""
        grains: dict[str, list[str]] = {}
        for family in self.task.families:
            grains.setdefault(",".join(self.task.dimensions(family)), []).append(family)
        costs = [
            self._compute(*families, "--by", grain, "--format", "parquet", "-o", f"scores-{number}")
            for number, (grain, families) in enumerate(grains.items())
        ]
        return Cost(sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs), max(cost.peak for cost in costs))

    def states(self) -> int:
        """Bytes of the published states."""
        (snapshot,) = (self.folder / ".valuekit").glob("*/snapshot-*.duckdb")
        return snapshot.stat().st_size

    def _compute(self, *arguments: str) -> Cost:
        command = measure.python("-m", "valuekit", "compute", *arguments, "-c", "valuekit.toml", "-q")
        return measure.run(command, folder=self.folder)


@dataclass(frozen=True)
class Peer:
    """The peer on the same day files."""

    python: Path
    folder: Path
    data: Path
    file_format: str
    task: Task

    def fresh(self) -> Cost:
        """Load everything into an empty database."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        files = str(self.data / self.file_format)
        metrics = ("--metrics", *self.task.families, "--also", *self.task.also)
        return measure.run([str(self.python), str(_DRIVER), files, self.file_format, *metrics], folder=self.folder)


def peer_python(place: Path) -> Path:
    """The interpreter of the peer's environment, which is made if it is not there."""
    folder = place / "peer-venv"
    python = folder / "bin" / "python"
    done = folder / ".installed"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        measure.run(measure.python("-m", "venv", str(folder)))
        measure.run([str(python), "-m", "pip", "install", "--quiet", *PEER])
        done.touch()
    return python


def offers(cost: Cost) -> tuple[int, int]:
    """Offers and positives that a run of valuekit printed for engagement."""
    row = json.loads(cost.output)["results"][0]["rows"][0]
    return row["Count"], row["Positives"]


def report(cost: Cost) -> dict[str, Any]:
    """What a run of the peer said of itself."""
    found: dict[str, Any] = json.loads(cost.output.splitlines()[-1])
    return found
