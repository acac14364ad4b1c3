"""The configs that come with valuekit, each on a generated export: they validate, run, and leave no score unknown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from valuekit.cli.main import app
from valuekit.synthetic import generate_history, generate_holdings

CONFIGS = sorted((Path(__file__).resolve().parents[1] / "configs").glob("*.toml"))


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("configs")
    generate_history(folder / "exports", rows=6_000, days=3)
    generate_holdings(folder / "holdings", customers=2_000)
    return folder


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.stem)
def test_a_ready_config_validates_and_computes_every_score(config: Path, exports: Path, tmp_path: Path) -> None:
    shutil.copy(config, tmp_path)
    for kind in ("exports", "holdings"):
        shutil.copytree(exports / kind, tmp_path / kind)
    path = str(tmp_path / config.name)
    runner = CliRunner()
    assert runner.invoke(app, ["validate", path, "--strict"]).exit_code == 0
    ran = runner.invoke(app, ["compute", "-c", path, "--format", "json", "--by", "Channel"])
    assert ran.exit_code == 0, ran.stderr
    for result in json.loads(ran.stdout)["results"]:
        rows = result["rows"]
        assert len({row["Channel"] for row in rows}) >= 3
        assert sum(row["Count"] for row in rows) > 1_000
        valued = {name for row in rows for name, value in row.items() if value is not None}
        assert valued >= set(rows[0]) - {"fisher_p_val"}, result["metric"]
