"""The data of the benchmarks: thirty days and one more, made once and kept.

python benchmarks/data.py FOLDER ROWS      writes FOLDER/{pega,parquet}, FOLDER/{pega,parquet}-next and truth.json
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import measure

DAYS = 30
_SOURCE = Path(__file__).resolve().parents[1] / "src" / "valuekit" / "synthetic"


def ready(cache: Path, rows: int) -> Path:
    """The folder with about `rows` rows in thirty days, made in another process if it is not there yet."""
    code = b"".join(path.read_bytes() for path in [Path(__file__), *sorted(_SOURCE.glob("*.py"))])
    folder = cache / f"{rows}-{hashlib.sha256(code).hexdigest()[:12]}"
    if not (folder / "truth.json").exists():
        for stale in cache.glob(f"{rows}-*"):
            shutil.rmtree(stale)
        measure.run(measure.python(__file__, str(folder), str(rows)))
    return folder


def _make(folder: Path, rows: int) -> None:
    from valuekit.synthetic import generate_history

    made = folder / "made"
    truth = generate_history(made, rows=rows * (DAYS + 1) // DAYS, days=DAYS + 1, formats=("pega", "parquet"))
    for name, suffix in (("pega", "zip"), ("parquet", "parquet")):
        days = sorted(made.glob(f"*.{suffix}"))
        for target, files in ((name, days[:DAYS]), (f"{name}-next", days[DAYS:])):
            (folder / target).mkdir()
            for path in files:
                path.rename(folder / target / path.name)
    made.rmdir()
    known = {"rows": truth.rows, "offers": truth.engagement.offers, "positives": truth.engagement.positives}
    (folder / "truth.json").write_text(json.dumps(known) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _make(Path(sys.argv[1]), int(sys.argv[2]))
