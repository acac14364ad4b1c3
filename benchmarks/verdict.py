"""Figures against their ceilings, as a table, a JSON file and a line of history.

Owns the ceilings and how results are written. Never measures.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CPU_OF_FLOOR = 2.5
PARQUET_OF_PEGA = 0.5
MEMORY_GROWTH = 1.2
NOTHING_NEW = 1.0
ONE_DAY_MORE = 0.1
HELP = 0.15
JUDGED_FROM = 1_000_000
"""Rows from which on the ratios are judged; below, fixed costs weigh too much."""

_HEADER = """\
# Results

One line per run of `make bench`, newest last; details are in `results/`. What counts are ratios of processor time
(user and system) of processes of one run, the start of the interpreter and the imports left out; absolute times depend
on the machine. `pega` is a fresh `valuekit compute engagement` from zips over inflating and parsing them with Polars,
`parquet` the same from parquet over that from zips, `memory` the peak under a limit of 1 GB over that of the size
before, `one day more` a 31st day over the thirty (whole processes), `help` the wall time beyond an empty Typer app.

| date | pega | parquet | memory | nothing new, s | one day more | help, s | exact | passed | on |
|---|---|---|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Check:
    """One figure; `ceiling` None: shown, not judged."""

    name: str
    value: float
    ceiling: float | None
    unit: str = ""

    @property
    def verdict(self) -> str:
        """What to print."""
        if self.ceiling is None:
            return "-"
        return "pass" if self.value <= self.ceiling else "FAIL"


def table(checks: Sequence[Check]) -> str:
    """All checks, one a line."""
    width = max(len(check.name) for check in checks)
    lines = [f"{'':{width}}  {'figure':>9}  {'ceiling':>9}"]
    for check in checks:
        ceiling = "" if check.ceiling is None else f"{check.ceiling:.2f}{check.unit}"
        lines.append(f"{check.name:{width}}  {f'{check.value:.2f}{check.unit}':>9}  {ceiling:>9}  {check.verdict}")
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What a reader must know of the machine and the libraries, and no more."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("valuekit", "duckdb", "polars", "pyarrow")},
    }


def write(folder: Path, checks: Sequence[Check], figures: dict[str, Any]) -> Path:
    """Write `<date>-spine.json` and append to `RESULTS.md` beside the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{date.today():%Y-%m-%d}-spine.json"
    judged = [{"name": c.name, "value": c.value, "ceiling": c.ceiling, "verdict": c.verdict} for c in checks]
    document = {"on": machine(), "checks": judged, **figures}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    history = folder.parent / "RESULTS.md"
    before = history.read_text(encoding="utf-8") if history.exists() else _HEADER
    history.write_text(before + _line(checks) + "\n", encoding="utf-8")
    return path


def _line(checks: Sequence[Check]) -> str:
    def shown(prefix: str) -> str:
        found = [check for check in checks if check.name.startswith(prefix)]
        sizes = {check: check.name.rpartition(" at ")[2] for check in found if " at " in check.name}
        return (
            ", ".join(f"{check.value:.2f}" + (f" ({sizes[check]})" if check in sizes else "") for check in found) or "-"
        )

    on = machine()
    versions = ", ".join(f"{name} {on[name]}" for name in ("valuekit", "python", "duckdb", "polars"))
    passed = all(check.verdict != "FAIL" for check in checks)
    figures = [shown(prefix) for prefix in ("pega", "parquet", "memory", "nothing new", "one day", "help: ")]
    exact = "yes" if all(check.value == 0 for check in checks if check.name.startswith("wrong")) else "NO"
    cells = [f"{date.today():%Y-%m-%d}", *figures, exact, "yes" if passed else "NO", f"{on['cores']} cores, {versions}"]
    return f"| {' | '.join(cells)} |"
