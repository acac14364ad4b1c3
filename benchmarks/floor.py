"""The floor: inflate the zips of a folder and parse the columns that engagement needs, with Polars, and nothing else.

python benchmarks/floor.py FOLDER      prints the number of rows
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import polars as pl

NEEDED = (
    "pxInteractionID",
    "pxFactID",
    "pyIssue",
    "pyGroup",
    "pyName",
    "pxRank",
    "pyOutcome",
    "pxOutcomeTime",
    "pxDecisionTime",
    "pyChannel",
    "PlacementType",
    "PropensitySource",
    "ModelControlGroup",
)


def main(folder: Path) -> None:
    """Read every zip of the folder, one at a time."""
    schema = {name: pl.Int64() if name == "pxRank" else pl.String() for name in NEEDED}
    rows = 0
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            rows += sum(
                pl.read_ndjson(io.BytesIO(archive.read(name)), schema=schema).height for name in archive.namelist()
            )
    print(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
