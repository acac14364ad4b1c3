"""docs/reports.md prints what the product prints, and lists the fields that reports have."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from valuekit.cli.reporting import Format
from valuekit.reports.kinds.fields import COMMON, SHAPES

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "reports.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- report -->\n```console\n\$ valuekit ([^\n]*)\n(.*?)```\n<!-- /report -->", PAGE, re.DOTALL)


def run(folder: Path, *argv: str) -> str:
    env = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    done = subprocess.run(
        [sys.executable, "-m", "valuekit", *argv],
        cwd=folder,
        env={**env, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    run(folder, "demo")
    return folder / "valuekit-demo"


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_an_example_prints_what_the_page_shows(demo: Path, command: str, shown: str) -> None:
    assert run(demo, *command.split()) == shown


def test_the_example_of_a_report_is_the_demos(demo: Path) -> None:
    assert len(EXAMPLES) == 2
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    config = tomllib.loads((demo / "valuekit.toml").read_text(encoding="utf-8"))
    assert tomllib.loads(example)["reports"]["ctr_by_channel"] == config["reports"]["ctr_by_channel"]


def test_the_page_lists_every_type_and_field() -> None:
    listed: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    table = PAGE.partition("## Types and their fields")[2].partition("\n## ")[0]
    for kind, families, needs, may in re.findall(r"^\| `(\w+)` \| ([\w, ]+) \| (.*) \| (.*) \|$", table, re.MULTILINE):
        for family in families.split(", "):
            assert (kind, family) not in listed
            listed[kind, family] = set(re.findall(r"`(\w+)`", needs)), set(re.findall(r"`(\w+)`", may))
    assert listed == {
        place: (
            {name for name, field in shape.fields.items() if field.need != "may"},
            {name for name, field in shape.fields.items() if field.need == "may"},
        )
        for place, shape in SHAPES.items()
    }
    assert all(f"`{name}`" in PAGE for name in COMMON)


def test_the_page_lists_every_format() -> None:
    (table,) = re.findall(r"## Formats and where they go\n(.*?)\n\n[^|\n]", PAGE, re.DOTALL)
    assert set(
        re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line))
    ) == set(get_args(Format))
