"""`compute` on landed data: formats, grain, limits, and what is said of what is missing."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

import valuekit as vk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("demo")


def _document(text: str) -> Any:
    return json.loads(text)


def _tsv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_a_pipe_gets_tsv_and_nothing_is_said_when_nothing_is_new(call: Call) -> None:
    done = call("compute", "engagement", "--by", "Channel")
    assert done.code == 0
    assert done.err == ""
    rows = _tsv(done.out)
    assert [row["Channel"] for row in rows] == sorted(row["Channel"] for row in rows)
    total = _tsv(call("compute", "engagement").out)
    assert sum(int(row["Count"]) for row in rows) == int(total[0]["Count"]) > 0


def test_the_numbers_are_those_of_the_python_api(call: Call) -> None:
    document = _document(call("compute", "engagement", "--by", "Channel,Month", "--format", "json").out)
    frame = vk.open("valuekit.toml").compute("engagement", by=["Channel", "Month"], ingest=False)
    rows = document["results"][0]["rows"]
    assert [row["Count"] for row in rows] == frame["Count"].to_list()
    assert [row["CTR"] for row in rows] == pytest.approx(frame["CTR"].to_list(), rel=1e-11)


def test_the_json_document_is_that_of_the_contract(call: Call) -> None:
    document = _document(
        call(
            "compute", "engagement", "--by", "Channel", "--by", "Day", "--where", "Channel = 'Web'", "--format", "json"
        ).out
    )
    assert document["schema"] == "valuekit/1"
    (result,) = document["results"]
    assert result["metric"] == result["family"] == "engagement"
    assert result["by"] == ["Channel", "Day"]
    assert result["where"] == "Channel = 'Web'"
    assert {row["Channel"] for row in result["rows"]} == {"Web"}
    assert all(len(row["Day"]) == len("2026-01-01") for row in result["rows"])
    assert document["data"]["files"] == 3
    assert document["run"]["files_landed"] == 0
    assert _document(call("compute", "engagement", "--no-ingest", "--format", "json").out)["run"] is None


def test_flags_may_stand_before_the_verb_and_the_environment_is_read(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = call("compute", "engagement").out
    assert call("-q", "-c", "valuekit.toml", "compute", "engagement").out == wanted
    monkeypatch.setenv("VALUEKIT_CONFIG", "nowhere.toml")
    assert call("compute", "engagement").code == 2
    assert call("compute", "engagement", "-c", "valuekit.toml").out == wanted
    monkeypatch.setenv("VALUEKIT_CONFIG", "valuekit.toml")
    monkeypatch.setenv("VALUEKIT_CACHE", "elsewhere")
    assert call("compute", "engagement", "--no-ingest").code == 3
    assert call("compute", "engagement", "--no-ingest", "--cache", ".valuekit").out == wanted


def test_a_limit_is_said_with_its_flag(call: Call) -> None:
    done = call("-q", "compute", "engagement", "--by", "Channel", "--sort=-Count", "--limit", "1")
    assert done.code == 0
    counts = [int(row["Count"]) for row in _tsv(call("compute", "engagement", "--by", "Channel").out)]
    assert [int(row["Count"]) for row in _tsv(done.out)] == [max(counts)]
    assert f"1 of {len(counts)} rows shown" in done.err
    assert "--limit" in done.err


def test_scores_are_chosen(call: Call) -> None:
    rows = _tsv(call("compute", "engagement", "--scores", "CTR,Lift").out)
    assert list(rows[0]) == ["Count", "CTR", "Lift"]


def test_a_missing_value_is_explained_where_the_format_has_no_room(call: Call) -> None:
    done = call("compute", "engagement", "--where", "Day = DATE '2026-01-01' AND Channel = 'Email'", "--by", "Group")
    rows = _tsv(done.out)
    without = sum(row["Lift"] == "" for row in rows)
    assert 0 < without < len(rows)
    assert "engagement: no value for Lift" in done.err
    assert f"of {len(rows)} rows: " in done.err
    assert call("-q", "compute", "engagement", "--by", "Group,Day,Channel").err == ""


def test_nothing_found_is_said(call: Call) -> None:
    done = call("compute", "engagement", "--by", "Channel", "--where", "Channel = 'Pigeon'")
    assert done.code == 0
    assert _tsv(done.out) == []
    assert "valuekit: warning: engagement: no rows, nothing meets --where" in done.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["engagment"], 'Did you mean "engagement"?'),
        (["engagement", "--by", "Chanel"], 'Did you mean "Channel"?'),
        (["engagement", "--scores", "lift"], 'Did you mean "Lift"?'),
        (["engagement", "--sort", "Cout"], "Count"),
        (["engagement", "--where", "Chanel = 'Web'"], "Channel"),
        (["engagement", "--where", "1=1; DROP TABLE x"], "--where"),
    ],
)
def test_a_misspelt_name_is_a_usage_error(argv: Sequence[str], said: str, call: Call) -> None:
    done = call("compute", *argv)
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert done.err.endswith(" [usage]\n")


def test_the_suffix_names_the_format_and_the_file_is_never_a_source(call: Call, demo: Path) -> None:
    done = call("compute", "engagement", "--by", "Channel", "-o", "exports/scores.parquet")
    assert done.code == 0
    assert done.out == ""
    assert "wrote exports/scores.parquet" in done.err
    assert pl.read_parquet(demo / "exports/scores.parquet")["Channel"].is_sorted()
    assert call("compute", "engagement", "--by", "Channel", "-o", "scores.csv").code == 0
    assert (demo / "scores.csv").read_text(encoding="utf-8").startswith("Channel,Count,")
    assert call("compute", "engagement", "--by", "Channel", "-o", "-", "--format", "csv").out.startswith(
        "Channel,Count,"
    )


@pytest.fixture
def two_metrics(demo: Path) -> None:
    config = demo / "valuekit.toml"
    text = config.read_text(encoding="utf-8")
    labels = '\npositive_model_response = ["Clicked"]\nnegative_model_response = ["Impression"]\n'
    config.write_text(f'{text}\n[metrics.engagement_two]\ngroup_by = ["Channel"]{labels}', encoding="utf-8")


@pytest.mark.usefixtures("two_metrics")
def test_several_metrics_need_a_format_that_holds_them(call: Call, demo: Path) -> None:
    names = ("engagement", "engagement_two")
    refused = call("compute", *names, "--format", "csv")
    assert refused.code == 2
    assert "-o DIR" in refused.err
    document = _document(call("compute", *names).out)
    assert [result["metric"] for result in document["results"]] == list(names)
    assert call("compute", *names, "--format", "csv", "-o", "out").code == 0
    assert sorted(path.name for path in (demo / "out").iterdir()) == ["engagement.csv", "engagement_two.csv"]


@pytest.mark.usefixtures("two_metrics")
def test_a_new_metric_is_built_and_verbose_says_why(call: Call) -> None:
    stale = call("compute", "engagement_two", "--no-ingest")
    assert stale.code == 3
    assert "valuekit ingest" in stale.err
    done = call("-v", "compute", "engagement_two")
    assert done.code == 0
    assert "engagement_two is rebuilt: " in done.err
    assert "engagement is rebuilt" not in done.err
    assert "took: " in done.err


@pytest.mark.usefixtures("two_metrics")
def test_curves_come_with_the_scores_of_models_and_make_the_document_json(call: Call, demo: Path) -> None:
    with (demo / "valuekit.toml").open("a", encoding="utf-8") as config:
        config.write('\n[metrics.model_ml_scores_mine]\ngroup_by = ["Channel"]\n')
        config.write('positive_model_response = ["Clicked"]\nnegative_model_response = ["Impression", "Pending"]\n')
    (result,) = _document(call("compute", "model_ml_scores_mine", "--curves", "--by", "Channel").out)["results"]
    curves = {(curve["group"]["Channel"], curve["property"], curve["kind"]): curve for curve in result["curves"]}
    roc = curves["Web", "Propensity", "roc"]
    assert (roc["x"][0], roc["y"][0], roc["x"][-1], roc["y"][-1]) == (0.0, 0.0, 1.0, 1.0)
    area = sum(
        (b - a) * (c + d) / 2 for a, b, c, d in zip(roc["x"], roc["x"][1:], roc["y"], roc["y"][1:], strict=False)
    )
    row = next(row for row in result["rows"] if (row["Channel"], row["Property"]) == ("Web", "Propensity"))
    assert area == pytest.approx(row["roc_auc"], abs=1e-9)
    assert sum(curves["Web", "Propensity", "calibration"]["n"]) == row["Scored"]
    every = _document(call("compute", "--curves", "--format", "json").out)["results"]
    assert all(bool(entry["curves"]) == (entry["family"] == "model_ml_scores") for entry in every)


def test_a_dimension_that_facts_have_to_give_is_named(call: Call) -> None:
    done = call("compute", "engagement", "--by", "Name", "--format", "json")
    assert done.code == 0
    assert "engagement: Name is not in its group_by, so this is computed from the facts" in done.err
    total = _document(call("compute", "engagement", "--format", "json").out)["results"][0]["rows"][0]["Count"]
    assert sum(row["Count"] for row in _document(done.out)["results"][0]["rows"]) == total


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_head_ends_it_without_a_word() -> None:
    script = f"set -o pipefail; {sys.executable} -m valuekit compute engagement --by Day,Channel,Issue,Group | head -1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("Day\tChannel\t")
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr


def test_narration_as_json_is_one_object_a_line(call: Call, demo: Path) -> None:
    (demo / "exports" / "broken.zip").write_bytes(b"no zip at all")
    done = call("--log-format", "json", "-v", "compute", "engagement")
    assert done.code == 4
    lines = [json.loads(line) for line in done.err.splitlines()]
    assert {line["level"] for line in lines} >= {"info", "warning", "debug"}
    assert any("broken.zip" in line["message"] for line in lines)
    assert _tsv(done.out)
