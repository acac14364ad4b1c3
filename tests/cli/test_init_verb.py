"""`valuekit init`: a config to start from, and one that fits a sample and runs."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import polars as pl

from valuekit.synthetic import generate_history, generate_holdings
from workbooks import write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]

EXPORT = "Data-pxStrategyResult_pxInteractionHistory_20210101T010000_GMT.zip"
HOSTILE = 'Ti"er\n# [x]🐙'


def _counted(call: Call, config: str) -> dict[str, int]:
    """Compute all metrics of a config that validates; the rows of each that count."""
    checked = call("validate", config)
    assert checked.code == 0, checked.out + checked.err
    ran = call("compute", "-c", config, "--format", "json")
    assert ran.code == 0, ran.err
    return {one["metric"]: sum(row["Count"] for row in one["rows"]) for one in json.loads(ran.out)["results"]}


def test_without_a_sample_it_is_the_starter(call: Call, tmp_path: Path) -> None:
    done = call("init", "new")
    assert done.code == 0
    assert "wrote new/valuekit.toml" in done.err
    config = tomllib.loads((tmp_path / "new" / "valuekit.toml").read_text(encoding="utf-8"))
    assert list(config["reports"]) == ["ctr_by_day", "ctr_by_channel", "ctr_by_group", "ctr_and_volume"]
    assert call("validate", "new/valuekit.toml", "--strict").code == 0
    assert call("config", "format", "--check", "new/valuekit.toml").code == 0


def test_what_it_writes_for_a_sample_is_canonical(call: Call, tmp_path: Path) -> None:
    generate_history(tmp_path / "exports", rows=500, days=1)
    generate_holdings(tmp_path / "orders", customers=300)
    for sample in ("exports", "orders"):
        assert call("init", f"for_{sample}", "--from", sample).code == 0
        checked = call("config", "format", "--check", f"for_{sample}/valuekit.toml")
        assert checked.code == 0, checked.err


def test_a_config_that_is_there_is_kept_unless_forced(call: Call, tmp_path: Path) -> None:
    (tmp_path / "valuekit.toml").write_text("mine = 1\n", encoding="utf-8")
    generate_history(tmp_path / "exports", rows=500, days=1)
    for argv in (["init"], ["init", "--from", "exports"]):
        refused = call(*argv)
        assert refused.code == 2
        assert "--force" in refused.err
    assert (tmp_path / "valuekit.toml").read_text(encoding="utf-8") == "mine = 1\n"
    assert call("init", "--from", "exports", "--force").code == 0
    assert "[metrics.engagement]" in (tmp_path / "valuekit.toml").read_text(encoding="utf-8")


def test_the_real_export_gives_labels_that_occur_and_a_config_that_computes(
    call: Call, tmp_path: Path, shared_dir: Path
) -> None:
    done = call("init", "--from", shared_dir / "data" / EXPORT)
    assert done.code == 0, done.err
    assert '"Churned"' in done.err
    assert "100,000 rows" in done.err
    engagement = tomllib.loads((tmp_path / "valuekit.toml").read_text(encoding="utf-8"))["metrics"]["engagement"]
    assert set(engagement["positive_model_response"]) == {"Accept", "Accepted", "Clicked"}
    assert set(engagement["negative_model_response"]) == {"NoResponse", "Rejected"}
    counted = _counted(call, "valuekit.toml")
    assert counted["engagement"] > 100_000
    assert set(counted) == {"engagement", "model_ml_scores", "descriptive"}


def test_history_and_holdings_together_run(call: Call, tmp_path: Path) -> None:
    generate_history(tmp_path / "data" / "exports", rows=3_000, days=2)
    generate_holdings(tmp_path / "data" / "holdings", customers=300)
    done = call("init", "project", "--from", "data")
    assert done.code == 0, done.err
    assert "all 3" in done.err
    assert "product holdings" in done.err
    counted = _counted(call, "project/valuekit.toml")
    assert set(counted) == {"engagement", "conversion", "experiment", "model_ml_scores", "descriptive", "clv"}
    assert counted["clv"] >= 300
    assert counted["engagement"] > 2_000
    assert call("validate", "project/valuekit.toml", "--strict").code == 0


def test_without_arms_the_config_asks_for_nothing_that_needs_them(call: Call, tmp_path: Path) -> None:
    """So a strict look at the data finds nothing; a score, a report or a key that needs arms brings it back."""
    generate_history(tmp_path / "made", rows=3_000, days=2, formats=("parquet",))
    for file in (tmp_path / "made").rglob("*.parquet"):
        frame = pl.read_parquet(file)
        arms = [name for name in frame.columns if "ModelControlGroup" in name]
        assert arms
        to = tmp_path / "exports" / file.name
        to.parent.mkdir(exist_ok=True)
        frame.drop(arms).write_parquet(to)
    assert call("init", "--from", "exports").code == 0
    config = tmp_path / "valuekit.toml"
    text = config.read_text(encoding="utf-8")
    assert text.count("scores = [") == 2

    def found() -> set[str]:
        done = call("validate", "--strict", "--data", "exports", "--format", "json")
        findings = json.loads(done.out)["findings"]
        rules = {finding["rule"] for finding in findings if finding["severity"] != "info"}
        assert bool(rules) == (done.code == 1)
        return rules

    assert found() == set()
    for old, new in (
        ("scores = [", 'scores = ["Lift", '),
        ('y = "CTR"', 'y = "Lift_Z_Score"'),
        ("scores = [", 'control = "Control"\nscores = ['),
    ):
        assert old in text
        config.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert found() >= {"VK613", "VK622"}


def test_parquet_and_csv_run_with_hostile_names(call: Call, tmp_path: Path) -> None:
    generate_history(tmp_path / "made", rows=1_200, days=1, formats=("parquet",))
    frame = pl.read_parquet(tmp_path / "made" / "*.parquet")
    tier = pl.Series(HOSTILE, ['gold"""', "sil\nver", "# x"])[list(range(3)) * (frame.height // 3 + 1)][: frame.height]
    frame = frame.with_columns(tier, pyOutcome=pl.col("pyOutcome").replace({"Pending": 'Odd """\n[x]'}))
    for name, write in (("parquet", frame.write_parquet), ("csv", frame.write_csv)):
        folder = tmp_path / name
        folder.mkdir()
        write(folder / f"history.{name}")
        done = call("init", folder, "--from", folder / f"history.{name}")
        assert done.code == 0, done.err
        assert "\n[x]" not in done.err
        config = tomllib.loads((folder / "valuekit.toml").read_text(encoding="utf-8"))
        assert config["ih"]["file_type"] == name
        dimension = next(one for one in config["metrics"]["engagement"]["group_by"] if one.startswith("Ti"))
        assert dimension == HOSTILE
        assert _counted(call, str(folder / "valuekit.toml"))["engagement"] > 700


def test_a_workbook_of_orders_runs(call: Call, tmp_path: Path) -> None:
    generate_holdings(tmp_path / "made", customers=80, file_format="csv")
    rows = pl.read_csv(tmp_path / "made" / "holdings.csv", infer_schema=False)
    write_workbook(tmp_path / "orders" / "orders.xlsx", [rows.columns, *rows.rows()])
    assert call("init", "--from", "orders/orders.xlsx").code == 0
    config = tomllib.loads((tmp_path / "valuekit.toml").read_text(encoding="utf-8"))
    assert config["holdings"]["file_type"] == "xlsx"
    assert _counted(call, "valuekit.toml")["clv"] >= 80


def test_history_in_a_workbook_is_refused(call: Call, tmp_path: Path) -> None:
    write_workbook(tmp_path / "x.xlsx", [["Outcome", "OutcomeTime"], ["Clicked", "2026-01-01 00:00:00"]])
    done = call("init", "--from", "x.xlsx")
    assert done.code == 3
    assert "save it as csv" in done.err
    assert not (tmp_path / "valuekit.toml").exists()


def test_what_cannot_be_read_is_one_plain_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"x": 1}\n', encoding="utf-8")
    for sample, code in (("a.json", 3), ("none.zip", 3), ("-", 2)):
        done = call("init", "--from", sample)
        assert done.code == code, sample
        assert done.err.count("\n") == 1
        assert "Traceback" not in done.err
        assert not (tmp_path / "valuekit.toml").exists()
