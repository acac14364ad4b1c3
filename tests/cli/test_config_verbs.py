"""`valuekit config`: values and origins, canonical form, changes, history, and what a change does to the numbers."""

from __future__ import annotations

import json
import shutil
import tomllib
from typing import TYPE_CHECKING

import polars as pl
import pytest

from valuekit.cache.runs import RunLedger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Call = Callable[..., Any]

CONFIG = """# mine
[ih]
path='exports' # where
hive_partitioning = "yes"
[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
[cache]
keep_facts = "2w"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "valuekit.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def shown(call: Call, *argv: str) -> Any:
    done = call("config", "show", *argv, "--format", "json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_show_fills_in_every_default(call: Call, config: Path) -> None:
    done = call("config", "show")
    assert done.code == 0
    tree = tomllib.loads(done.out)
    assert tree["ih"]["path"] == str(config.parent / "exports")
    assert tree["ih"]["hive_partitioning"] is True
    assert tree["ih"]["file_pattern"] == "**/*.zip"
    assert tree["metrics"]["engagement"]["control"] == "Control"
    assert "CTR" in tree["metrics"]["engagement"]["scores"]
    assert tree["cache"] == {"path": str(config.parent / ".valuekit"), "keep_facts": "14d"}
    assert shown(call)["config"] == tree


def test_what_show_writes_is_a_config_that_means_the_same(call: Call, config: Path, tmp_path: Path) -> None:
    first = call("config", "show").out
    elsewhere = tmp_path / "sub" / "other.toml"
    elsewhere.parent.mkdir()
    elsewhere.write_text(first, encoding="utf-8")
    assert call("validate", elsewhere, "--strict").code == 0
    assert call("config", "show", elsewhere).out == first
    assert config.read_text(encoding="utf-8") == CONFIG


def test_origins_name_flag_environment_line_and_default(
    call: Call, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del config
    origin = shown(call, "--origin")["origin"]
    assert origin["ih.path"] == {"origin": "file", "name": "valuekit.toml", "line": 3}
    assert origin["cache.keep_facts"]["line"] == 10
    assert origin["ih.timezone"] == {"origin": "default", "name": None, "line": None}
    assert origin["cache.path"]["origin"] == "default"
    assert origin["--color"]["origin"] == "default"
    monkeypatch.setenv("VALUEKIT_CACHE", "elsewhere")
    found = shown(call, "--origin", "--color", "never")
    assert found["origin"]["cache.path"] == {"origin": "environment", "name": "VALUEKIT_CACHE", "line": None}
    assert found["config"]["cache"]["path"].endswith("/elsewhere")
    assert found["origin"]["--color"] == {"origin": "flag", "name": "--color", "line": None}
    assert found["options"]["color"] == "never"
    found = shown(call, "--origin", "--cache", "third")
    assert found["origin"]["cache.path"] == {"origin": "flag", "name": "--cache", "line": None}
    assert "origin" not in shown(call)


def test_origins_are_comments_of_the_toml(call: Call, config: Path) -> None:
    plain, with_origin = call("config", "show").out, call("config", "show", "--origin").out
    assert tomllib.loads(plain) == tomllib.loads(with_origin)
    lines = with_origin.splitlines()
    assert f'path = "{config.parent}/exports"  # valuekit.toml:3' in lines
    assert 'timezone = "UTC"  # default' in lines
    assert any(line.startswith("# color = ") for line in lines)


def test_show_of_a_config_with_errors_is_those_errors(call: Call, config: Path) -> None:
    config.write_text(CONFIG.replace("group_by", "grup_by"), encoding="utf-8")
    done = call("config", "show")
    assert (done.code, done.out) == (2, "")
    assert "valuekit.toml:6:1" in done.err


def test_format_rewrites_in_place_and_says_so(call: Call, config: Path) -> None:
    assert call("config", "format", "--check").code == 1
    assert config.read_text(encoding="utf-8") == CONFIG
    assert call("config", "format").err == "formatted valuekit.toml\n"
    text = config.read_text(encoding="utf-8")
    assert text.splitlines()[:3] == ["# mine", "[ih]", 'path = "exports"  # where']
    assert tomllib.loads(text) == tomllib.loads(CONFIG)
    before = config.stat().st_mtime_ns
    assert call("config", "format").err == ""
    assert config.stat().st_mtime_ns == before
    assert call("config", "format", "--check").code == 0


def test_format_takes_several_configs_and_other_targets(
    call: Call, process: Call, config: Path, tmp_path: Path
) -> None:
    other = tmp_path / "b.toml"
    other.write_text("a=1\n", encoding="utf-8")
    assert call("config", "format", "valuekit.toml", "b.toml", "--check").code == 1
    assert call("config", "format", "b.toml", "-o", "c.toml").code == 0
    assert (tmp_path / "c.toml").read_text(encoding="utf-8") == "a = 1\n"
    assert other.read_text(encoding="utf-8") == "a=1\n"
    assert call("config", "format", "b.toml", "-o", "-").out == "a = 1\n"
    assert call("config", "format", "b.toml", "valuekit.toml", "-o", "-").code == 2
    assert process("config", "format", "-", stdin="a=1").out == "a = 1\n"
    assert config.read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize("text", ["[ih\n", "", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_not_formatted(text: str, call: Call, config: Path) -> None:
    config.write_text(text, encoding="utf-8")
    done = call("config", "format")
    assert done.code == 2
    assert "VK10" in done.err
    assert config.read_text(encoding="utf-8") == text


def test_diff_names_sections_and_keys(call: Call, config: Path, tmp_path: Path) -> None:
    text = CONFIG.replace('["Clicked"]', '["Clicked", "Accepted"]').replace('keep_facts = "2w"', "threads = 1")
    text = text.replace("[metrics.engagement]", "[ux]\nrefresh_interval = 1\n[metrics.engagement]")
    (tmp_path / "b.toml").write_text(text, encoding="utf-8")
    done = call("config", "diff", "valuekit.toml", "b.toml")
    assert done.code == 0
    assert done.out.splitlines() == [
        "[metrics.engagement]",
        '  ~ positive_model_response = ["Clicked"] -> ["Clicked", "Accepted"]',
        "[cache]",
        "  + threads = 1",
        '  - keep_facts = "2w"',
        "+ [ux]",
        "  + refresh_interval = 1",
    ]
    document = json.loads(call("config", "diff", "valuekit.toml", "b.toml", "--format", "json").out)
    assert document["schema"] == "valuekit/1"
    assert [(one["name"], one["state"]) for one in document["sections"]] == [
        ("metrics.engagement", "changed"),
        ("cache", "changed"),
        ("ux", "added"),
    ]
    changed = document["sections"][0]["changed"]
    assert changed == {"positive_model_response": {"a": ["Clicked"], "b": ["Clicked", "Accepted"]}}
    assert call("config", "diff", "b.toml", "--exit-code").code == 1
    assert call("config", "diff", "valuekit.toml", "--exit-code").code == 0
    assert call("config", "diff", "gone.toml").code == 2
    assert config.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [("a = 1", "a = 1.0"), ("a = [1, 2]", "a = [2, 1]"), ("a = '1'", "a = 1"), ("[a]", "[b]"), ("a = nan", "a = inf")],
)
def test_whatever_differs_is_found_and_nothing_else(old: str, new: str, call: Call, tmp_path: Path) -> None:
    for name, text in (("old", old), ("new", new), ("same", f"# again\n{old}  # same\n")):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    assert call("config", "diff", "old.toml", "new.toml", "--exit-code").code == 1
    assert call("config", "diff", "old.toml", "same.toml", "--exit-code").code == 0
    assert json.loads(call("config", "diff", "old.toml", "new.toml", "--format", "json").out)["sections"]


def edit(path: Path, *changes: tuple[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def without(text: str, *sections: str) -> str:
    """A config without some sections."""
    parts = text.split("\n[")
    return "\n[".join(part for part in parts if not part.startswith(sections)) + "\n"


def test_every_run_keeps_its_config(call: Call, demo: Path) -> None:
    config = demo / "valuekit.toml"
    first = config.read_text(encoding="utf-8")
    second = edit(config, ('filter = "Channel IS NOT NULL"', "filter = \"Channel <> 'SMS'\""))
    config.write_text(second, encoding="utf-8")
    assert call("-q", "ingest").code == 0
    config.write_text(second + "# a remark\n", encoding="utf-8")
    assert call("-q", "compute", "engagement").code == 0
    rows = json.loads(call("config", "history", "--format", "json").out)["history"]
    assert [row["run"] for row in rows] == ["@3", "@2", "@1"]
    assert [row["text"] for row in rows] == [second + "# a remark\n", second, first]
    assert [row["change"] for row in rows] == ["comments only", "1 key in ih.extensions", "first"]
    assert len({row["config"] for row in rows}) == 3
    assert call("config", "history", "--limit", "1").out.count("@") == 1
    assert call("config", "show", "@1").out == first
    assert "SMS" in call("config", "show", "@2", "--origin").out
    assert call("config", "diff", "@1", "@2").out.startswith("[ih.extensions]\n  ~ filter")
    assert call("config", "diff", "@2", "--exit-code").code == 0
    assert call("config", "diff", "@latest", "@3", "--exit-code").code == 0


def test_restore_never_overwrites_in_silence(call: Call, demo: Path) -> None:
    config = demo / "valuekit.toml"
    first = config.read_bytes()
    done = call("config", "restore", "@1")
    assert (done.code, done.err) == (0, "valuekit.toml is the config of @1 already\n")
    config.write_text("[broken", encoding="utf-8")
    done = call("config", "restore", "@1")
    assert done.code == 2
    assert "--force" in done.err
    assert config.read_text(encoding="utf-8") == "[broken"
    assert call("config", "restore", "@1", "-o", "old.toml").code == 0
    assert (demo / "old.toml").read_bytes() == first
    assert call("config", "restore", "@1", "-o", "-").out.encode() == first
    assert call("config", "restore", "@1", "--force").code == 0
    assert config.read_bytes() == first
    config.unlink()
    assert call("config", "restore", "@1").code == 0
    assert config.read_bytes() == first


@pytest.mark.parametrize("name", ["@99", "@", "@x", "@-1", "@1.0", "12"])
def test_a_run_that_is_not_there_is_said_so(name: str, call: Call, demo: Path) -> None:
    done = call("config", "restore", name, "-o", "x.toml")
    assert done.code == 2
    assert "run" in done.err
    assert not (demo / "x.toml").exists()


def test_a_config_that_was_changed_in_the_cache_is_not_given_back(call: Call, demo: Path) -> None:
    for path in (demo / ".valuekit" / "valuekit" / "configs").iterdir():
        path.write_text("[ih]\n", encoding="utf-8")
    assert call("config", "show", "@1").code == 2
    rows = json.loads(call("config", "history", "--format", "json").out)["history"]
    assert [row["text"] for row in rows] == [None]


def test_a_ledger_of_before_has_runs_without_configs(call: Call, demo: Path) -> None:
    ledger = demo / ".valuekit" / "valuekit" / "runs.jsonl"
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line.pop("config", None)
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert [run.config for run in RunLedger(ledger.parent).read()] == [None]
    assert "kept no config" in call("config", "show", "@1").err
    assert call("config", "show", "@latest").code == 2
    assert call("config", "history").code == 0


def numbers(document: Any, side: str) -> dict[tuple[str, str, str], float | None]:
    return {
        (row["metric"], json.dumps({**row["group"]}, sort_keys=True), row["score"]): row[side]["value"]
        for row in document["values"]
        if row[side] is not None
    }


def total(call: Call, folder: Path, metric: str) -> dict[str, Any]:
    done = call("compute", metric, "--format", "json", "-c", folder / "valuekit.toml")
    assert done.code == 0, done.err
    (row,) = json.loads(done.out)["results"][0]["rows"]
    return dict(row)


def test_values_are_those_that_the_changed_config_would_compute(call: Call, demo: Path, tmp_path: Path) -> None:
    """The oracle: a project of its own with the changed config, which lands everything from the files."""
    config = demo / "valuekit.toml"
    changed = edit(
        config,
        ('filter = "Channel IS NOT NULL"', "filter = \"Channel = 'Web'\""),
        ('positive_model_response = ["Clicked"]', 'positive_model_response = ["Clicked", "Conversion"]'),
        ('group_by = ["Day", "Channel", "Issue", "Group"]', 'group_by = ["Channel"]'),
        ('rfm_segment_config = "retail_banking"', "discount_rate = 0.02"),
    )
    changed = without(changed, "metrics.descriptive", "metrics.model_ml_scores", "metrics.experiment", "reports.")
    (demo / "new.toml").write_text(changed, encoding="utf-8")
    kept = {path: path.read_bytes() for path in (demo / ".valuekit").rglob("*") if path.is_file()}
    done = call("config", "diff", "valuekit.toml", "new.toml", "--values", "--format", "json")
    assert done.code == 0, done.err
    assert {path: path.read_bytes() for path in (demo / ".valuekit").rglob("*") if path.is_file()} == kept
    document = json.loads(done.out)
    assert document["missing"] == []
    twin = tmp_path / "twin"
    shutil.copytree(demo, twin, ignore=shutil.ignore_patterns(".valuekit", "*.toml"))
    (twin / "valuekit.toml").write_text(changed, encoding="utf-8")
    for metric in ("engagement", "conversion", "clv"):
        for side, folder in (("a", demo), ("b", twin)):
            expected = total(call, folder, metric)
            found = {score: value for (name, _, score), value in numbers(document, side).items() if name == metric}
            assert {"Count"} < set(found)
            for score, value in found.items():
                wanted = expected[score]
                assert value == (wanted if wanted is None else pytest.approx(wanted, rel=1e-9)), (metric, score)
    row = next(row for row in document["values"] if (row["metric"], row["score"]) == ("engagement", "CTR"))
    expected = total(call, twin, "engagement")
    assert (row["b"]["low"], row["b"]["high"]) == pytest.approx((expected["CTR_CI_Low"], expected["CTR_CI_High"]))
    assert row["difference"] == pytest.approx(row["b"]["value"] - row["a"]["value"])
    assert abs(row["difference"]) > 1e-4
    names = {"Count", "Positives", "customers_count"}
    counts = [row for row in document["values"] if row["score"] in names and row["a"] and row["b"]]
    assert len(counts) > 2
    assert [row for row in counts if not type(row["a"]["value"]) is type(row["difference"]) is int] == []


def test_values_of_several_rows_are_matched_row_by_row(call: Call, demo: Path) -> None:
    config = demo / "valuekit.toml"
    others = ("metrics.engagement", "metrics.conversion", "metrics.descriptive", "metrics.clv", "holdings", "reports.")
    text = without(edit(config, ("Channel IS NOT NULL", "Channel = 'Web'")), *others)
    (demo / "new.toml").write_text(text, encoding="utf-8")
    (demo / "old.toml").write_text(text.replace("Channel = 'Web'", "Channel IS NOT NULL"), encoding="utf-8")
    document = json.loads(call("config", "diff", "old.toml", "new.toml", "--values", "--format", "json").out)
    frame = pl.DataFrame([row["group"] for row in document["values"] if row["metric"] == "experiment"])
    assert set(frame.columns) == {"experiment_name", "experiment_group"}
    assert frame.unique().height > 4
    auc = [row for row in document["values"] if row["score"] == "roc_auc"]
    assert [row["group"] for row in auc] == [{"Property": "Propensity"}, {"Property": "FinalPropensity"}]
    assert all(row["a"]["value"] and row["b"]["value"] for row in auc)


def test_what_the_cache_cannot_answer_is_named(call: Call, demo: Path) -> None:
    config = demo / "valuekit.toml"
    more = '\n[metrics.engagement_more]\ngroup_by = ["NeverLanded"]\npositive_model_response = ["Clicked"]\n'
    text = edit(config, ('customer_id_col = "CustomerID"', 'customer_id_col = "Name"'))
    others = ("conversion", "experiment", "model_ml_scores", "descriptive")
    text = without(text, "reports.", *(f"metrics.{name}" for name in others))
    (demo / "new.toml").write_text(text + more + 'negative_model_response = ["Pending"]\n', encoding="utf-8")
    document = json.loads(call("config", "diff", "valuekit.toml", "new.toml", "--values", "--format", "json").out)
    missing = {(one["metric"], one["config"]): one["reason"] for one in document["missing"]}
    assert set(missing) == {("engagement_more", "b"), ("clv", "b")}
    assert missing["engagement_more", "b"].endswith(": NeverLanded")
    done = call("config", "diff", "valuekit.toml", "new.toml", "--values")
    assert "metric engagement_more of B is not in the cache" in done.err
    assert "\t" in done.out


def test_values_come_from_whichever_cache_there_is(call: Call, demo: Path) -> None:
    whole = (demo / "valuekit.toml").read_text(encoding="utf-8")
    short = whole[: whole.index("[metrics.conversion]")]
    for name, channel in (("a", "Web"), ("b", "Email")):
        (demo / f"{name}.toml").write_text(short.replace("IS NOT NULL", f"= '{channel}'"), encoding="utf-8")
    found = json.loads(call("config", "diff", "a.toml", "b.toml", "--values", "--format", "json").out)
    assert found["missing"] == []
    everything = total(call, demo, "engagement")["Count"]
    (count,) = (row for row in found["values"] if row["score"] == "Count")
    assert 0 < count["a"]["value"] < everything
    assert 0 < count["b"]["value"] < everything
    assert count["a"]["value"] + count["b"]["value"] < everything


def test_values_of_a_config_that_was_put_back_come_from_the_facts(call: Call, demo: Path) -> None:
    config = demo / "valuekit.toml"
    first = config.read_bytes()
    before = total(call, demo, "engagement")
    config.write_text(
        edit(config, ('positive_model_response = ["Clicked"]', 'positive_model_response = ["Conversion"]'))
    )
    after = total(call, demo, "engagement")
    (demo / "new.toml").write_bytes(config.read_bytes())
    config.write_bytes(first)  # the states are those of the other one
    done = call("config", "diff", "valuekit.toml", "new.toml", "--values", "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert "engagement" not in {one["metric"] for one in document["missing"]}
    for side, expected in (("a", before), ("b", after)):
        found = {score: value for (name, _, score), value in numbers(document, side).items() if name == "engagement"}
        assert {score: expected[score] for score in ("Count", "CTR")} == {
            score: pytest.approx(found[score]) for score in ("Count", "CTR")
        }


def test_values_without_a_cache_name_every_metric(call: Call, config: Path) -> None:
    done = call("config", "diff", config, config, "--values", "--format", "json")
    assert done.code == 0
    assert {one["metric"] for one in json.loads(done.out)["missing"]} == {"engagement"}
