"""A history, a config with every kind of report over it, and what its page would carry; and the engine in a browser."""

from __future__ import annotations

import random
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import valuekit as vk
from sample_history import Record, stamp, write_export
from valuekit.pipeline.asking import Question
from valuekit.pipeline.compute import answer
from valuekit.pipeline.embedding import embed
from valuekit.pipeline.reporting import make
from valuekit.reports.page import engine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import polars as pl

    from valuekit.metrics.curves import Curve
    from valuekit.pipeline.compute import Sources
    from valuekit.pipeline.results import MetricResult
    from valuekit.reports.report import Document

FILTERS = ("Channel", "Issue", "Month")
_LABELS = """
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
_REPORTS = {
    "ctr": 'metric="engagement" type="line" x="Day" y="CTR" color="Group"',
    "rates": 'metric="engagement" type="generic" x="Channel"',
    "weekly": 'metric="engagement" type="heatmap" x="Week" y="Group" color="Lift"',
    "gauge": 'metric="engagement" type="gauge" group_by=["Channel","Group"] value="CTR" '
    "reference={Web_Cards=0.2,_Cards=0.1}",
    "money": 'metric="conversion" type="generic" x="Day"',
    "trial": 'metric="experiment" type="line" x="z_score" y="ExperimentName" facet_row="Channel"',
    "odds": 'metric="experiment" type="line" x="g_odds_ratio_stat" y="ExperimentName"',
    "tests": 'metric="experiment" type="generic" x="Issue"',
    "model": 'metric="model_ml_scores" type="generic" x="Channel"',
    "auc": 'metric="model_ml_scores" type="line" x="Day" y="roc_auc"',
    "curves": 'metric="model_ml_scores" type="line" x="Month" y="average_precision" color="Issue"',
    "final": 'metric="model_ml_scores" type="treemap" group_by=["Group"] color="ece" property="FinalPropensity"',
    "exact": 'metric="model_ml_scores_exact" type="line" x="Day" y="roc_auc"',
    "spread": 'metric="descriptive" type="generic" x="Channel" property="Propensity"',
    "money_spread": 'metric="descriptive" type="generic" x="Outcome" property="Revenue"',
    "words": 'metric="descriptive" type="heatmap" x="Month" y="Channel" property="Outcome" score="Count"',
    "box": 'metric="descriptive" type="boxplot" x="Channel" y="Propensity"',
    "bins": 'metric="descriptive" type="histogram" x="Propensity" color="Channel"',
    "funnel": 'metric="descriptive" type="funnel" x="Outcome" stages=["Impression","Clicked","Gone"] color="Channel"',
}


def _section(name: str, text: str) -> str:
    keys = text.replace('" ', '"\n').replace("] ", "]\n")
    return f"[reports.{name}]\n{keys}\n"


CONFIG = f"""
[ih]
path = "exports"
file_pattern = "**/*.zip"

[metrics]
global_filters = ["Channel", "Issue", "Month"]

[metrics.engagement]
group_by = ["Day", "Channel", "Group"]
{_LABELS}
[metrics.conversion]
group_by = ["Day", "Channel"]
{_LABELS}
[metrics.experiment]
group_by = ["Channel"]
{_LABELS}
[metrics.model_ml_scores]
group_by = ["Day", "Channel", "Group"]
{_LABELS}
[metrics.model_ml_scores_exact]
group_by = ["Day", "Channel"]
use_t_digest = false
{_LABELS}
[metrics.descriptive]
group_by = ["Channel", "Outcome"]
columns = ["Propensity", "Revenue", "Outcome"]
""" + "\n".join(_section(name, text) for name, text in _REPORTS.items())


def make_records(seed: int, offers: int, days: int = 4) -> list[Record]:
    """Outcomes of offers over the turn of a month, some values missing, scores with ties and without."""
    rng = random.Random(seed)  # noqa: S311 - test data
    start = datetime(2026, 1, 30)
    records: list[Record] = []
    for number in range(offers):
        decided = start + timedelta(minutes=rng.randrange(days * 24 * 60 - 10))
        score = rng.choice([rng.random() ** 3, rng.random() ** 3, 0.25])
        base: Record = {
            "pxInteractionID": str(number + 1),
            "pySubjectID": f"C-{rng.randrange(500)}",
            "pyIssue": rng.choice(["Sales", "Sales", "Service", ""]),
            "pyGroup": rng.choice(["Cards", "Loans"]),
            "pyName": rng.choice("ABC"),
            "pyChannel": rng.choice(["Web", "Web", "Mobile", "Email", ""]),
            "pxRank": 1,
            "ModelControlGroup": rng.choice(["Test", "Test", "Test", "Control", ""]),
            "ExperimentName": rng.choice(["Colour", "Text", "Größe", ""]),
            "ExperimentGroup": rng.choice(["Blue", "control", "Red"]),
            "pxDecisionTime": stamp(decided),
            "pyPropensity": score,
            "FinalPropensity": round(score, 2),
        }
        outcomes = ["Impression"] + (["Clicked"] if rng.random() < 0.02 + score / 2 else [])
        for minutes, outcome in enumerate(outcomes):
            clicked = outcome == "Clicked"
            extra: Record = {"Revenue": rng.choice([0.0, 19.99, 1000 * rng.random()]) if clicked else 0.0}
            extra["ConversionEventID"] = rng.choice(["E1", "E2", ""]) if clicked else ""
            at = decided + timedelta(minutes=minutes)
            records.append({**base, **extra, "pyOutcome": outcome, "pxOutcomeTime": stamp(at), "pxFactID": ""})
    return records


@dataclass
class Case:
    """A project with its document."""

    project: vk.Project
    document: Document
    answers: dict[str, MetricResult] = field(default_factory=dict)
    sources: Sources | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    def compute(self, metric: str, **question: Any) -> pl.DataFrame:
        """What `compute` gives, asked once."""
        return self._asked(metric, question).rows

    def curves(self, metric: str, **question: Any) -> Sequence[Curve]:
        """The curves that `compute` gives, asked once."""
        return self._asked(metric, {**question, "scores": ["Count"], "curves": True}).curves

    def _asked(self, metric: str, question: dict[str, Any]) -> MetricResult:
        key = repr((metric, sorted(question.items())))
        if key not in self.answers:
            listed: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in question.items()
            }
            if self.sources is None:
                self.sources = self.stack.enter_context(self.workspace.open_sources())
            self.answers[key] = answer(self.sources, self.workspace.plans, metric, Question(**listed))
        return self.answers[key]

    @property
    def workspace(self) -> Any:
        return self.project.workspace

    def carried(self, budget: int) -> str:
        """What its page carries."""
        return embed(self.workspace, self.document, budget=budget).text


def make_case(folder: Path, records: list[Record], config: str = CONFIG) -> Case:
    write_export(folder / "exports" / "a.zip", records)
    (folder / "valuekit.toml").write_text(config, encoding="utf-8")
    project = vk.open(folder / "valuekit.toml")
    project.ingest()
    return Case(project, make(project.workspace))


class InBrowser:
    """The engine in a page of a real browser.

    Args:
        browser: from Playwright.
        text: what is embedded.
    """

    def __init__(self, browser: Any, text: str) -> None:
        self.page = browser.new_page()
        self.page.add_script_tag(content=engine.source())
        self.page.evaluate("async text => { globalThis.opened = await valuekitEngine.open(text); }", text)

    def filters(self) -> dict[str, list[object]]:
        listed = self.page.evaluate("opened.filters")
        return {one["name"]: one["values"] for one in listed}

    def panels(self, asked: list[tuple[str, int]], selection: dict[str, list[object]]) -> list[dict[str, Any]]:
        script = "([asked, selection]) => asked.map(([name, at]) => opened.panel(name, at, selection))"
        found: list[dict[str, Any]] = self.page.evaluate(script, [asked, selection])
        return found

    def cards(self, selection: dict[str, list[object]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("selection => opened.cards(selection)", selection)
        return found

    def stats(self, name: str, calls: list[list[Any]]) -> list[Any]:
        """Call a pure formula many times; NaN comes back as None."""
        script = "([name, calls]) => calls.map(one => JSON.parse(JSON.stringify(valuekitEngine.stats[name](...one))))"
        found: list[Any] = self.page.evaluate(script, [name, calls])
        return found

    def close(self) -> None:
        self.page.close()


def where(selection: dict[str, list[object]]) -> str | None:
    """The same selection for `compute --where`."""
    parts = []
    for name, values in selection.items():
        listed = ", ".join(f"'{value}'" for value in values if value is not None)
        either = ([f'"{name}" IN ({listed})'] if listed else []) + ([f'"{name}" IS NULL'] if None in values else [])
        parts.append(f"({' OR '.join(either)})")
    return " AND ".join(parts) or None


def some_selections(filters: dict[str, list[object]], seed: int, size: int) -> list[dict[str, list[object]]]:
    """Nothing, every single value, and selections by chance."""
    rng = random.Random(seed)  # noqa: S311 - test data
    found: list[dict[str, list[object]]] = [{}]
    found += [{name: [value]} for name, values in filters.items() for value in values]
    while len(found) < size:
        names = rng.sample(list(filters), rng.randint(1, len(filters)))
        found.append({name: rng.sample(filters[name], rng.randint(1, len(filters[name]))) for name in names})
    return found[:size]
