"""Every score of every family against a second reading of METRICS.md from the raw rows, sharing no code with it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import polars as pl
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

import valuekit as vk
from oracles.plain_law import Row, read_rows
from oracles.plain_metrics import CONFIG, METRICS, REPORTS, ZONE, everything
from oracles.raw_rows import Record, make_records
from oracles.score_comparison import differences, same_tables
from sample_history import write_export
from valuekit.cache.lock import writer_lock
from valuekit.errors import CacheError
from valuekit.pipeline.asking import Question
from valuekit.synthetic import generate_history

if TYPE_CHECKING:
    from valuekit.pipeline.results import MetricResult

GRAINS = ((), ("Channel",), ("Day",), ("Channel", "Group"), ("Month",))
STORED = {
    (): ("conversion", "model_ml_scores"),
    ("Channel",): ("conversion", "model_ml_scores", "model_ml_scores_exact", "descriptive_exact"),
    ("Group", "Month"): ("model_ml_scores",),
}
ADDED = ("Count", "Positives", "Negatives", "Scored", "Touchpoints", "Revenue", "Sum")
FROM_FACTS = {
    "model_ml_scores": ("personalization", "novelty"),
    "model_ml_scores_exact": ("roc_auc", "average_precision", "ece", "personalization", "novelty"),
    "conversion": ("AvgTouchpoints",),
    "descriptive_exact": ("Median", "p25", "p75", "p90", "p95", "Skew"),
}
PICKED: Mapping[str, Callable[[Row], bool]] = {
    "Channel = 'Web'": lambda row: row["Channel"] == "Web",
    "\"Group\" = 'Cards' AND Month = '2026-01'": lambda row: row["Group"] == "Cards" and row["Month"] == "2026-01",
    "Channel IS NULL AND Day >= DATE '2026-01-30'": lambda row: (
        row["Channel"] is None and row["Day"] >= date(2026, 1, 30)
    ),
    "Name IN ('A', 'B') AND Channel <> 'Web'": lambda row: (
        row["Name"] in {"A", "B"} and row["Channel"] not in {"Web", None}
    ),
    "CustomerID <> 'C-5'": lambda row: row["CustomerID"] not in {"C-5", None},
}


def opened(folder: Path, config: str = CONFIG) -> vk.Project:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "valuekit.toml").write_text(config)
    return vk.open(folder / "valuekit.toml")


def ingested(folder: Path, records: Sequence[Record], config: str = CONFIG) -> vk.Project:
    write_export(folder / "exports" / "all.zip", records)
    project = opened(folder, config)
    assert project.ingest().exit_code == 0
    return project


def compute(project: vk.Project, name: str, by: Sequence[str] = (), where: str | None = None) -> MetricResult:
    return project.workspace.compute([name], by=by, where=where).results[0]


def wrong(
    project: vk.Project,
    rows: Sequence[Row],
    by: Sequence[str] = (),
    where: str | None = None,
    outside: tuple[str, ...] = (),
) -> dict[str, list[str]]:
    """What differs from the oracle, by metric; nothing where all is well."""
    found = {}
    for result in project.workspace.compute(by=by, where=where).results:
        metric = METRICS[result.metric]
        expected = metric.expected(rows, by, PICKED[where] if where else everything)
        found[metric.name] = differences(result.rows, (*by, *metric.keys), expected)
        assert result.from_facts == outside
        assert unexplained(result, (*by, *metric.keys)) == {}
    assert list(found) == list(METRICS)
    return {name: lines for name, lines in found.items() if lines}


def unexplained(result: MetricResult, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Scores that lack values otherwise than their notes say: how many, and how many have a reason."""
    scores = [name for name in result.rows.columns if name not in keys]
    said = dict.fromkeys(scores, 0)
    for note in result.notes:
        said[note.score] += 0 if "left out" in note.reason else note.count
    nothing = {name: result.rows[name].null_count() for name in scores}
    return {name: (count, said[name]) for name, count in nothing.items() if count != said[name]}


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return make_records(1)


@pytest.fixture(scope="module")
def rows(records: list[Record]) -> list[Row]:
    return read_rows(records, ZONE)


@pytest.fixture(scope="module")
def project(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> vk.Project:
    return ingested(tmp_path_factory.mktemp("made"), records, CONFIG + REPORTS)


@pytest.mark.parametrize("by", GRAINS)
def test_every_score_at_every_grain(project: vk.Project, rows: list[Row], by: tuple[str, ...]) -> None:
    assert wrong(project, rows, by) == {}


@pytest.mark.parametrize(("where", "by"), list(zip(PICKED, [("Month",), ("Channel",), ()], strict=False)))
def test_every_score_of_picked_offers(project: vk.Project, rows: list[Row], by: tuple[str, ...], where: str) -> None:
    assert wrong(project, rows, by, where) == {}


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> tuple[vk.Project, list[Row]]:
    folder = tmp_path_factory.mktemp("synthetic")
    generate_history(folder / "exports", rows=10_000, days=7, start=date(2026, 1, 28), seed=3)
    records: list[Record] = []
    for path in sorted((folder / "exports").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            records += (json.loads(line) for name in archive.namelist() for line in archive.read(name).splitlines())
    project = opened(folder)
    report = project.ingest()
    rows = read_rows(records, ZONE)
    assert (report.total("rows_read"), report.total("rows_landed")) == (len(records), len(rows))
    return project, rows


@pytest.mark.parametrize("by", [(), ("Channel",)])
def test_every_score_of_a_larger_export(synthetic: tuple[vk.Project, list[Row]], by: tuple[str, ...]) -> None:
    assert wrong(*synthetic, by) == {}


@pytest.mark.parametrize("name", ["descriptive", "descriptive_exact"])
def test_any_percentile(synthetic: tuple[vk.Project, list[Row]], name: str) -> None:
    project, rows = synthetic
    expected = METRICS[name].expected(rows, ["Channel"], percents=(1, 25, 75, 99))
    asked = ["p01", "p25", "p75", "p99", "Median", "Skew"]
    found = project.compute(name, by="Channel", scores=asked, ingest=False)
    wanted = {key: {score: scores[score] for score in ("Count", *asked)} for key, scores in expected.items()}
    assert differences(found, ("Channel", "Property"), wanted) == []


def test_exact_curves(project: vk.Project, rows: list[Row]) -> None:
    asked = Question(by=("Channel",), curves=True)
    (result,) = project.workspace.answer(["model_ml_scores_exact"], asked).results
    offers = METRICS["model_ml_scores_exact"].offers(rows)
    drawn = 0
    for curve in result.curves:
        mine = [one for one in offers if one.row["Channel"] == curve.group["Channel"]]
        scored = [(one.positive, one.row[curve.property]) for one in mine if one.row[curve.property] is not None]
        y, s = zip(*scored, strict=True)
        if curve.kind == "roc":
            x, height, _ = roc_curve(y, s, drop_intermediate=False)
        elif curve.kind == "precision_recall":
            height, x, _ = precision_recall_curve(y, s)
            x, height = x[-2::-1], height[-2::-1]
        else:
            continue
        drawn += 1
        assert curve.x == pytest.approx(x, rel=1e-12)
        assert curve.y == pytest.approx(height, rel=1e-12)
    assert drawn == 20


def test_cells_add_up(project: vk.Project) -> None:
    grains = ((), ("Day", "Channel", "Group"), ("Name",))
    totals, *parts = (project.workspace.compute(by=by).results for by in grains)
    for total, *others in zip(totals, *parts, strict=True):
        keys = METRICS[total.metric].keys
        sums = [pl.col(name).sum() for name in ADDED if name in total.rows.columns]
        extremes = [pl.col("Min").min(), pl.col("Max").max()] if "Min" in total.rows.columns else []
        for part in others:
            found = part.rows.with_columns(one=1).group_by("one", *keys).agg(*sums, *extremes).drop("one")
            expected = total.rows.select(found.columns).with_columns(pl.col(pl.Float64).fill_null(0))
            assert same_tables(found.with_columns(pl.col(pl.Float64).fill_null(0)), expected, keys) == [], part


@pytest.mark.parametrize(
    ("by", "where", "outside"),
    [
        (("Channel", "Name"), None, ("Name",)),
        (("Month",), "Name IN ('A', 'B') AND Channel <> 'Web'", ("Name",)),
        (("Rank",), "CustomerID <> 'C-5'", ("Rank", "CustomerID")),
    ],
)
def test_a_column_that_is_no_dimension_is_looked_up_in_the_facts(
    project: vk.Project, rows: list[Row], by: tuple[str, ...], where: str | None, outside: tuple[str, ...]
) -> None:
    assert wrong(project, rows, by, where, outside) == {}


def test_dimensions_of_offers_are_not_those_of_their_purchases(project: vk.Project, rows: list[Row]) -> None:
    for by in (["CustomerID"], ["ConversionEventID"]):
        expected = METRICS["conversion"].expected(rows, by)
        assert differences(compute(project, "conversion", by).rows, by, expected) == []


@pytest.fixture(scope="module")
def fewer() -> list[Record]:
    return make_records(11, offers=400)


@pytest.fixture(scope="module")
def whole(fewer: list[Record], tmp_path_factory: pytest.TempPathFactory) -> vk.Project:
    """What one run over one file makes of them."""
    return ingested(tmp_path_factory.mktemp("whole"), fewer, CONFIG + REPORTS)


@pytest.fixture(scope="module")
def numbers(whole: vk.Project) -> dict[tuple[str, ...], Sequence[MetricResult]]:
    return {by: whole.workspace.compute(by=by).results for by in ((), ("Day", "Channel"))}


def other_numbers(project: vk.Project, numbers: Mapping[tuple[str, ...], Sequence[MetricResult]]) -> list[object]:
    """Metrics and grains of which a project has other numbers."""
    return [
        (mine.metric, by, lines)
        for by, results in numbers.items()
        for mine, theirs in zip(project.workspace.compute(by=by).results, results, strict=True)
        if (lines := same_tables(mine.rows, theirs.rows, (*by, *METRICS[mine.metric].keys)))
    ]


def test_any_split_order_and_repetition_of_files(
    fewer: list[Record], numbers: Mapping[tuple[str, ...], Sequence[MetricResult]], tmp_path: Path
) -> None:
    random = Random(1)  # noqa: S311 - test data
    parts = opened(tmp_path / "parts")
    pieces = [fewer[start::5] for start in random.sample(range(5), 5)]
    for number, piece in enumerate(pieces):
        write_export(tmp_path / "parts" / "exports" / f"{random.random()}.zip", random.sample(piece, len(piece)))
        if number == 2:
            parts.ingest()
    write_export(tmp_path / "parts" / "exports" / "again.zip", [*pieces[2], *pieces[0]])
    parts.ingest()
    assert other_numbers(parts, numbers) == []


def test_late_clicks_in_a_second_run_give_the_numbers_of_one_run(
    fewer: list[Record], numbers: Mapping[tuple[str, ...], Sequence[MetricResult]], tmp_path: Path
) -> None:
    late = [record for record in fewer if record["pyOutcome"] in {"Clicked", "Conversion"}]
    others = [record for record in fewer if record["pyOutcome"] not in {"Clicked", "Conversion"}]
    parts = ingested(tmp_path / "parts", others)
    before = compute(parts, "conversion").rows["Positives"][0]
    write_export(tmp_path / "parts" / "exports" / "late.zip", late[:1])
    report = parts.ingest()
    assert (before, report.partitions_restated) == (0, 1)
    write_export(tmp_path / "parts" / "exports" / "later.zip", late)
    assert parts.ingest().partitions_restated > 1
    assert other_numbers(parts, numbers) == []


def test_stored_and_looked_up_are_the_same(project: vk.Project) -> None:
    for by, names in STORED.items():
        looked_up = project.workspace.compute(names, by=by, where="Channel IS NULL OR Channel IS NOT NULL").results
        with writer_lock(project.workspace.folder, 0):
            stored = project.workspace.compute(names, by=by).results
        for kept, found in zip(stored, looked_up, strict=True):
            assert kept.rows.equals(found.rows), (kept.metric, by)
            given = FROM_FACTS.get(kept.metric, ())
            assert all(kept.rows[score].null_count() < kept.rows.height for score in given)


@pytest.mark.parametrize(("by", "where"), [(("Week",), None), (("Channel",), "Channel = 'Web'")])
def test_another_run_holds_the_facts(project: vk.Project, by: tuple[str, ...], where: str | None) -> None:
    free = project.workspace.compute(tuple(FROM_FACTS), by=by, where=where).results
    with writer_lock(project.workspace.folder, 0):
        held = project.workspace.compute(tuple(FROM_FACTS), by=by, where=where).results
    only_facts_are_missed(held, free, "another run holds the facts")


def only_facts_are_missed(found: Sequence[MetricResult], free: Sequence[MetricResult], reason: str) -> None:
    """What facts give is null, everywhere and with its reason, and nothing else differs."""
    assert {result.metric for result in found}.issuperset(FROM_FACTS)
    for result, other in zip(found, free, strict=True):
        wanted = FROM_FACTS.get(result.metric, ())
        assert result.rows.drop(wanted).equals(other.rows.drop(wanted))
        assert all(result.rows[score].null_count() == result.rows.height for score in wanted)
        said = {note.score: (note.count, reason in note.reason) for note in result.notes if note.score in wanted}
        assert said == dict.fromkeys(wanted, (result.rows.height, True))


def test_a_column_that_is_no_dimension_waits_for_the_facts(project: vk.Project) -> None:
    with writer_lock(project.workspace.folder, 0), pytest.raises(CacheError, match="PlacementType is not among"):
        compute(project, "conversion", ["Channel"], "PlacementType = 'Hero'")


def test_facts_have_expired(fewer: list[Record], whole: vk.Project, tmp_path: Path) -> None:
    gone = ingested(tmp_path, fewer, CONFIG + REPORTS + '\n[cache]\nkeep_facts = "3d"\n')
    for by, where in (((), None), (("Channel",), "Channel = 'Web'")):
        found, free = (each.workspace.compute(by=by, where=where).results for each in (gone, whole))
        only_facts_are_missed(found, free, "have expired (keep_facts)")
    with pytest.raises(CacheError, match="expired"):
        compute(gone, "engagement", ["Name"])
