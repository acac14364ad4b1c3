"""The configs that come with valuekit, each on generated data that suit it: they validate, run, and show reports."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from valuekit.cli.main import app
from valuekit.config.load import load
from valuekit.config.reports import REPORT_TYPES
from valuekit.pipeline.workspace import Workspace
from valuekit.synthetic import generate_history, generate_holdings

FOLDER = Path(__file__).resolve().parents[1] / "configs"
FAMILIES = ("clv", "conversion", "descriptive", "engagement", "experiment", "model_ml_scores")
COMPLETE = ("e-commerce", "experiments", "minimal", "model_monitoring", "retail_banking", "telco")
ORDERS = {"HoldingID": "order_number", "CustomerID": "client", "OneTimeCost": "total", "PurchasedDate": "ordered_at"}
ROWS = 6_000

Data = Callable[[str], Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """The folder with the data of an industry, made when it is first asked for."""
    made: dict[str, Path] = {}

    def of(industry: str) -> Path:
        if industry not in made:
            folder = made[industry] = tmp_path_factory.mktemp(industry)
            shop = industry == "e-commerce"
            formats = ("parquet",) if shop else ("pega",)
            generate_history(folder / "exports", rows=ROWS, days=3, industry=industry, formats=formats)
            generate_holdings(
                folder / "holdings",
                customers=2_000,
                file_format="csv" if shop else "json",
                names=ORDERS if shop else None,
            )
        return made[industry]

    return of


@pytest.fixture
def placed(data: Data, tmp_path: Path) -> Callable[[str], Path]:
    """Put a config beside the data that suit it."""

    def place(name: str) -> Path:
        shutil.copytree(
            data(name if name in ("telco", "e-commerce") else "retail_banking"), tmp_path, dirs_exist_ok=True
        )
        return Path(shutil.copy(FOLDER / f"{name}.toml", tmp_path))

    return place


def _computed(config: Path, *options: str) -> list[dict[str, object]]:
    runner = CliRunner()
    checked = runner.invoke(app, ["validate", str(config), "--strict"])
    assert checked.exit_code == 0, checked.output
    ran = runner.invoke(app, ["compute", "-c", str(config), "--format", "json", *options])
    assert ran.exit_code == 0, ran.stderr
    assert "warning" not in ran.stderr
    results = json.loads(ran.stdout)["results"]
    assert isinstance(results, list)
    return results


def test_every_config_is_tested() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted((*FAMILIES, *COMPLETE))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_config_of_a_family_validates_and_computes_every_score(name: str, placed: Callable[[str], Path]) -> None:
    for result in _computed(placed(name), "--by", "Channel"):
        rows = result["rows"]
        assert isinstance(rows, list)
        assert len({row["Channel"] for row in rows}) >= 3
        assert sum(row["Count"] for row in rows) > 1_000
        valued = {name for row in rows for name, value in row.items() if value is not None}
        assert valued >= set(rows[0]) - {"fisher_p_val"}, result["metric"]


@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_config_validates_and_fills_every_report(name: str, placed: Callable[[str], Path]) -> None:
    config = placed(name)
    sections = tomllib.loads(config.read_text(encoding="utf-8"))
    results = _computed(config)
    assert [result["metric"] for result in results] == [key for key in sections["metrics"] if key != "global_filters"]
    for result in results:
        rows = result["rows"]
        assert isinstance(rows, list)
        assert sum(row["Count"] for row in rows) > 10
    from valuekit.pipeline.reporting import make

    document = make(Workspace(load(config)))
    assert [report.name for report in document.reports] == list(sections["reports"])
    for report in document.reports:
        assert report.failure is None, (report.name, report.failure)
        assert report.category or name == "minimal", report.name
        assert report.main.picture is not None, report.name
        assert report.main.table.height > 0, report.name


def test_together_they_show_every_type_of_report() -> None:
    reports = [
        report
        for name in COMPLETE
        for report in tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["reports"].values()
    ]
    assert {report["type"] for report in reports} == set(REPORT_TYPES)
