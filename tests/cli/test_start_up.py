"""`valuekit --help` and each verb's help load nothing heavy, and cost little more than an empty Typer app."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from processor_time import medians
from valuekit.cli.reference import leaves

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "duckdb",
    "polars",
    "scipy",
    "litellm",
    "lifetimes",
    "numpy",
    "pyarrow",
    "pydantic",
    "pandas",
    "filelock",
    "importlib.metadata",
}
HEAVY |= {
    "rich.progress",
    "rich.traceback.install",
    "valuekit.pipeline",
    "valuekit.config.models",
    "valuekit.synthetic",
}

_PROBE = """
import json, sys
from valuekit.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write(json.dumps([code, sorted(sys.modules)]))
"""

_EMPTY_APP = """
import typer
app = typer.Typer()
@app.command()
def one() -> None: ...
@app.command()
def two() -> None: ...
app()
"""

ALLOWED_SECONDS = 0.15


def _loaded(*argv: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", _PROBE, *argv], capture_output=True, text=True, timeout=60, check=True)
    code, modules = json.loads(done.stderr)
    assert code == 0
    return set(modules)


@pytest.mark.parametrize("verb", ["", *(path for path, _ in leaves())])
def test_help_loads_nothing_heavy(verb: str) -> None:
    assert not _loaded(*verb.split(), "--help") & HEAVY


def test_flags_before_the_verb_load_nothing_heavy() -> None:
    assert not _loaded("-q", "--config", "x.toml", "compute", "--help") & HEAVY


def test_help_costs_little_more_than_an_empty_app(tmp_path: Path) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text(_EMPTY_APP, encoding="utf-8")
    commands = {"ours": ("-m", "valuekit", "--help"), "empty": (str(empty), "--help")}
    cost = medians(commands, tmp_path / "bytecode")
    assert cost["ours"] - cost["empty"] < ALLOWED_SECONDS
