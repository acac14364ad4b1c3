"""`valuekit validate --data` on the command line: with a path and without, what it says, and how it ends."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from valuekit.cli.data_flag import completed
from valuekit.cli.main import app, main
from valuekit.config.rules import RULES
from valuekit.synthetic.demo import write_demo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("demo") / "demo", rows=3_000, days=3)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["a.toml", "--data"], ["a.toml", "--data="]),
        (["--data", "--strict"], ["--data=", "--strict"]),
        (["--data", "a.toml"], ["--data=", "a.toml"]),
        (["--data", "-"], ["--data=", "-"]),
        (["--data", "exports", "a.toml"], ["--data", "exports", "a.toml"]),
        (["--data=x", "--data", "y"], ["--data=x", "--data", "y"]),
        (["--", "--data"], ["--", "--data"]),
        ([], []),
    ],
)
def test_the_flag_may_stand_alone(given: list[str], wanted: list[str]) -> None:
    assert completed(given) == wanted


def test_findings_about_data_are_findings(demo: Path) -> None:
    ran = CliRunner().invoke(app, ["validate", str(demo), "--data", "--format", "json"])
    assert ran.exit_code == 0, ran.stderr
    assert {one["rule"] for one in json.loads(ran.stdout)["findings"]} == {"VK607"}
    assert "looked at" in ran.stderr
    assert "rows of [ih]" in ran.stderr


def test_without_the_flag_no_data_is_looked_at(demo: Path) -> None:
    ran = CliRunner().invoke(app, ["validate", str(demo), "--format", "json"])
    assert (ran.exit_code, json.loads(ran.stdout)["findings"]) == (0, [])
    assert "looked at" not in ran.stderr


def test_a_misspelt_label_fails_a_strict_run(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo.parent / "exports", tmp_path / "exports")
    shutil.copytree(demo.parent / "holdings", tmp_path / "holdings")
    config = tmp_path / "valuekit.toml"
    text = demo.read_text(encoding="utf-8")
    config.write_text(text.replace('["Clicked"]', '["Cliked"]', 1), encoding="utf-8")
    line = text[: text.index('["Clicked"]')].count("\n") + 1
    runner = CliRunner()
    assert runner.invoke(app, ["validate", str(config), "--strict"]).exit_code == 0
    ran = runner.invoke(app, ["validate", str(config), "--strict", "--data", str(tmp_path / "exports")])
    assert ran.exit_code == 1
    assert f":{line}:" in ran.stdout
    assert "did you mean 'Clicked'?" in ran.stdout


def test_a_path_that_is_not_there_is_a_plain_error(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(demo), "--data", str(demo.parent / "nowhere")]) == 3
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("rule", sorted({rule[:3] for rule in RULES}))
def test_every_rule_of_a_family_has_a_page(rule: str) -> None:
    for name in (name for name in RULES if name.startswith(rule)):
        ran = CliRunner().invoke(app, ["explain", name])
        assert ran.exit_code == 0
        for part in (RULES[name].title, RULES[name].what, RULES[name].why, "Bad:", "Good:"):
            assert part in ran.stdout
