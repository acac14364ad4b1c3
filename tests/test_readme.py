"""The README's first screen is what the product really prints, and its example config is a good one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from valuekit.validate import validate

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    shown = re.search(
        r"<!-- demo -->\n```text\n(.*?)```\n<!-- /demo -->", README.read_text(encoding="utf-8"), re.DOTALL
    )
    assert shown is not None
    command = [sys.executable, "-m", "valuekit", "demo", str(tmp_path / "demo")]
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}}
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=110, env=env)
    assert done.stdout.strip() == shown[1].strip()


def test_the_example_config_has_no_finding() -> None:
    example = re.search(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    assert validate(None, example[1]).findings == ()


def test_every_verb_of_the_readme_exists() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    verbs = set(re.findall(r"^valuekit (\w+)", "\n".join(blocks), re.MULTILINE))
    assert verbs
    for verb in verbs:
        subprocess.run([sys.executable, "-m", "valuekit", verb, "--help"], capture_output=True, check=True)
