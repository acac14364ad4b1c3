"""What is measured: fresh runs, runs with nothing new, one day more, and the start of the command line.

Owns the commands and their configs. Never judges a figure.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
from measure import Cost

_FLOOR = Path(__file__).with_name("floor.py")
_CONFIG = """\
[ih]
path = "exports"
file_type = "{file_type}"
file_pattern = "*.{suffix}"

[metrics.engagement]
group_by = ["Day", "Channel", "PlacementType", "PropensitySource", "Issue", "Group"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression", "Pending"]
"""
_SUFFIX = {"pega": "zip", "parquet": "parquet"}
_FILE_TYPE = {"pega": "pega_ds_export", "parquet": "parquet"}
_EMPTY_APP = """\
import typer
app = typer.Typer()
@app.command()
def main() -> None: ...
app()
"""
HEAVY = ("duckdb", "polars", "scipy", "litellm", "lifetimes")
"""What `valuekit --help` must not import."""


@dataclass(frozen=True)
class Workplace:
    """A folder with a config and links to day files."""

    folder: Path
    file_format: str

    @classmethod
    def make(cls, folder: Path, data: Path, file_format: str, *, memory_limit: str | None = None) -> Workplace:
        """Lay out a folder for the thirty days in `data`."""
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "exports").mkdir(parents=True)
        config = _CONFIG.format(file_type=_FILE_TYPE[file_format], suffix=_SUFFIX[file_format])
        limit = f'\n[cache]\nmemory_limit = "{memory_limit}"\n' if memory_limit else ""
        (folder / "valuekit.toml").write_text(config + limit, encoding="utf-8")
        place = cls(folder, file_format)
        place.add(data / file_format)
        return place

    def add(self, files: Path) -> None:
        """Link the files of another folder into the exports."""
        for path in files.iterdir():
            os.link(path, self.folder / "exports" / path.name)

    def fresh(self) -> Cost:
        """Compute engagement with no cache."""
        shutil.rmtree(self.folder / ".valuekit", ignore_errors=True)
        return self.compute()

    def compute(self) -> Cost:
        """Compute engagement with the cache as it is."""
        command = ("-m", "valuekit", "compute", "engagement", "-c", "valuekit.toml", "--format", "json", "-q")
        return measure.run(measure.python(*command), folder=self.folder)


def total(cost: Cost) -> dict[str, Any]:
    """The one row of scores that a run printed."""
    row: dict[str, Any] = json.loads(cost.output)["results"][0]["rows"][0]
    return row


def floor(folder: Path) -> Cost:
    """Inflate and parse the zips of a folder."""
    return measure.run(measure.python(str(_FLOOR), str(folder)))


def floor_start() -> Cost:
    """What the floor costs before it reads anything."""
    return measure.run(measure.python("-c", "import io, zipfile, polars"))


def start() -> Cost:
    """What valuekit costs before it reads anything: the interpreter and the imports of a run."""
    imports = "import duckdb, numpy, polars, pyarrow, valuekit.cli.main, valuekit.pipeline"
    return measure.run(measure.python("-c", imports))


def help_page() -> Cost:
    """Print valuekit's help."""
    return measure.run(measure.python("-c", "from valuekit.cli.main import run; run()", "--help"))


def empty_app() -> Cost:
    """Print the help of a Typer app with nothing in it."""
    return measure.run(measure.python("-c", _EMPTY_APP, "--help"))


def heavy_imports_of_help() -> list[str]:
    """Which of `HEAVY` the help page imports."""
    code = "import atexit, sys; atexit.register(lambda: print('MODULES', *sys.modules))\n"
    cost = measure.run(measure.python("-c", code + "from valuekit.cli.main import run; run()", "--help"))
    modules = set(cost.output.rpartition("MODULES ")[2].split())
    return sorted(modules.intersection(HEAVY))
