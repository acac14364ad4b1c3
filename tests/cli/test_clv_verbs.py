"""`valuekit clv` and `compute` of clv metrics: formats, columns, exit codes, and what is said on stderr."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

from purchase_tables import modelled_purchases
from valuekit.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]

CONFIG = """
[holdings]
path = "holdings"
file_type = "parquet"
file_pattern = "*.parquet"

[metrics.clv]
group_by = ["Channel", "Country"]
purchase_date_col = "PurchasedDate"
"""


@pytest.fixture(scope="module")
def holdings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("holdings")
    rows = modelled_purchases(1)
    pl.DataFrame(
        {
            "HoldingID": [f"H{at}" for at in range(len(rows))],
            "CustomerID": [row.customer for row in rows],
            "Channel": [row.channel for row in rows],
            "Country": [row.country for row in rows],
            "PurchasedDate": [row.date for row in rows],
            "OneTimeCost": [row.value for row in rows],
        }
    ).write_parquet(folder / "h.parquet")
    return folder


@pytest.fixture
def folder(tmp_path: Path, holdings: Path, call: Call) -> Path:
    """A config with its holdings landed."""
    (tmp_path / "holdings").symlink_to(holdings)
    (tmp_path / "valuekit.toml").write_text(CONFIG)
    assert call("ingest").code == 0
    return tmp_path


def document(call: Call, *argv: object) -> dict[str, Any]:
    done = call(*argv, "--no-ingest", "--format", "json")
    assert done.code == 0, done.err
    (found,) = json.loads(done.out)["results"]
    assert isinstance(found, dict)
    return found


@pytest.mark.usefixtures("folder")
def test_compute_answers_with_a_row_a_group(call: Call) -> None:
    found = document(call, "compute", "clv", "--by", "Country", "--scores", "frequency,lifetime_value")
    assert (found["family"], found["by"]) == ("clv", ["Country"])
    assert [list(row) for row in found["rows"]] == [["Country", "Count", "frequency", "lifetime_value"]] * 2
    assert [row["Country"] for row in found["rows"]] == ["A", "B"]
    total = document(call, "compute", "--where", "Country = 'B'", "--scores", "lifetime_value")
    assert total["rows"][0]["lifetime_value"] == pytest.approx(found["rows"][1]["lifetime_value"], rel=1e-11)


@pytest.mark.usefixtures("folder")
def test_segments_have_the_columns_of_the_contract(call: Call) -> None:
    done = call("clv", "segments", "--no-ingest")
    assert done.code == 0, done.err
    header, *rows = done.out.splitlines()
    assert header.split("\t") == [
        *("CustomerID", "Channel", "Country", "frequency", "recency", "tenure", "days_since_last", "monetary_value"),
        *("lifetime_value", "r_quartile", "f_quartile", "m_quartile", "rfm_score", "rfm_segment"),
    ]
    assert len(rows) == 400
    assert rows == sorted(rows)


def test_every_format_holds_the_same_rows(folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "_ROW_GROUP", 150)
    for suffix in ("csv", "parquet", "jsonl", "json"):
        done = call("clv", "segments", "--no-ingest", "-o", f"out.{suffix}")
        assert (done.code, done.out) == (0, ""), done.err
    table = pl.read_parquet(folder / "out.parquet")
    parsed = list(csv.DictReader(io.StringIO((folder / "out.csv").read_text(encoding="utf-8"))))
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    (result,) = json.loads((folder / "out.json").read_text(encoding="utf-8"))["results"]
    assert lines == result["rows"]
    assert table.height == len(lines) == len(parsed) == 400
    for row, line, text in zip(table.iter_rows(named=True), lines, parsed, strict=True):
        assert row["monetary_value"] == pytest.approx(line["monetary_value"], rel=1e-11)
        assert {name: value for name, value in line.items() if not isinstance(value, float)} == {
            name: value for name, value in row.items() if not isinstance(value, float)
        }
        assert float(text["lifetime_value"]) == line["lifetime_value"]
        assert text["rfm_segment"] == line["rfm_segment"]


@pytest.mark.usefixtures("folder")
def test_rows_go_into_a_pipe(process: Call) -> None:
    done = process("clv", "segments", "--no-ingest", "--format", "csv")
    assert done.code == 0, done.err
    assert done.out.count("\n") == 401


@pytest.mark.usefixtures("folder")
def test_predictions_carry_their_fits(call: Call) -> None:
    found = document(call, "clv", "predict", "--by", "rfm_segment", "--horizon-months", "3")
    purchases, values = found["fits"]
    assert (purchases["model"], list(purchases["params"])) == ("BG/NBD", ["r", "alpha", "a", "b"])
    assert (values["model"], list(values["params"])) == ("Gamma-Gamma", ["p", "q", "v"])
    assert purchases["customers"] == 400
    assert purchases["log_likelihood"] < 0
    assert -1 <= values["frequency_value_correlation"] <= 1
    low, high = purchases["intervals"]["r"].values()
    assert low < purchases["params"]["r"] < high
    assert found["horizon_months"] == 3
    assert list(found["rows"][0]) == [
        *("rfm_segment", "Count", "expected_purchases", "expected_purchases_ci_low", "expected_purchases_ci_high"),
        *("p_alive", "predicted_value", "predicted_value_ci_low", "predicted_value_ci_high"),
    ]
    pareto = document(call, "clv", "predict", "--by", "Country", "--model", "pareto_nbd", "--horizon-months", "3")
    assert pareto["fits"][0]["model"] == "Pareto/NBD"


@pytest.mark.usefixtures("folder")
def test_predictions_of_customers_have_totals(call: Call) -> None:
    found = document(call, "clv", "predict", "--horizon-months", "3")
    assert len(found["rows"]) == 400
    total = found["totals"]["expected_purchases"]
    assert total["low"] < total["value"] < total["high"]
    assert total["value"] == pytest.approx(sum(row["expected_purchases"] for row in found["rows"]), rel=1e-9)


@pytest.mark.usefixtures("folder")
def test_other_formats_say_the_fits_on_stderr(call: Call) -> None:
    done = call("clv", "predict", "--by", "Country", "--no-ingest")
    assert done.out.startswith("Country\tCount\t")
    assert "BG/NBD: r " in done.err
    assert "correlation of frequency and value" in done.err


@pytest.mark.usefixtures("folder")
def test_a_table_shows_some_customers_and_says_so(call: Call) -> None:
    done = call("clv", "segments", "--no-ingest", "--format", "table")
    assert "100 of 400 rows shown; --limit 100 cuts" in done.err
    assert call("clv", "segments", "--no-ingest", "--format", "table", "--limit", "1000").err == ""


@pytest.mark.usefixtures("folder")
def test_a_backtest_has_a_row_a_class_and_one_of_all(call: Call) -> None:
    found = document(call, "clv", "backtest", "--horizon-months", "3")
    assert found["by"] == ["frequency_class"]
    assert found["rows"][-1]["frequency_class"] == "all"
    assert found["rows"][-1]["Count"] == sum(row["Count"] for row in found["rows"][:-1])
    late = document(call, "clv", "backtest", "--horizon-months", "1", "--observation-end", "2023-10-01")
    assert (late["calibration_end"], late["observation_end"]) == ("2023-09-01", "2023-10-01")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("clv", "segments", "clb"), 2, "clv metric"),
        (("clv", "predict", "--by", "Colour"), 2, "Colour"),
        (("clv", "predict", "--horizon-months", "0"), 2, "horizon-months"),
        (("clv", "predict", "--model", "poisson"), 2, "poisson"),
        (("clv", "segments", "--observation-end", "yesterday"), 2, "YYYY-MM-DD"),
        (("clv", "segments", "--where", "Channel >"), 2, "--where"),
        (("clv", "segments", "--sort", "colour"), 2, "colour"),
        (("clv", "segments", "-o", "valuekit.toml"), 2, "is the config"),
        (("clv", "backtest", "--horizon-months", "100"), 3, "--horizon-months"),
        (("compute", "clv", "--curves"), 2, "curves"),
        (("compute", "clv", "--scores", "r_quartile"), 2, "r_quartile"),
    ],
)
def test_what_cannot_be_meant_ends_with_a_code(call: Call, argv: tuple[str, ...], code: int, said: str) -> None:
    done = call(*argv, "--no-ingest")
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_model_that_does_not_fit_gives_no_number(folder: Path, call: Call) -> None:
    config = (folder / "valuekit.toml").read_text()
    (folder / "valuekit.toml").write_text(config + "lifespan = 0.01\n")
    found = document(call, "compute", "clv", "--scores", "p_alive,predicted_value")
    assert found["rows"][0]["p_alive"] is None
    assert {note["score"] for note in found["notes"]} == {"p_alive", "predicted_value"}
    found = document(call, "clv", "predict")
    assert "params" not in found["fits"][0]
    assert found["fits"][0]["reason"]
    assert found["totals"]["expected_purchases"] == {"value": None, "low": None, "high": None}
    assert {row["expected_purchases"] for row in found["rows"]} == {None}


def test_several_clv_metrics_want_a_name(folder: Path, call: Call) -> None:
    section = CONFIG.split("\n\n")[1].replace("[metrics.clv]", "[metrics.clv_all]")
    (folder / "valuekit.toml").write_text(CONFIG + section)
    done = call("clv", "segments", "--no-ingest")
    assert (done.code, done.out) == (2, "")
    assert "clv, clv_all" in done.err
    assert call("clv", "segments", "clv", "--no-ingest").code == 0


def test_a_config_without_clv_metric_says_so(tmp_path: Path, call: Call) -> None:
    (tmp_path / "valuekit.toml").write_text(
        '[ih]\n[metrics.descriptive]\ngroup_by = ["Channel"]\ncolumns = ["Propensity"]\n'
    )
    done = call("clv", "segments")
    assert done.code == 2
    assert "no clv metric" in done.err
