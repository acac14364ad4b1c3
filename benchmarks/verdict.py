"""Figures against their ceilings, as a table and a JSON file.

Owns the ceilings and how figures are written. Never measures.
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

CPU_OF_PEER_SMALL = 1 / 3
CPU_OF_PEER_LARGE = 2 / 5
"""From pega, up to `JUDGED_FROM` rows and above: the peer's cost is one per group, that of the files one per row."""

CPU_OF_PEER_PARQUET = 1 / 4
LIMITED_PEAK = 1000.0
"""Megabytes, with a memory limit of 512 MB."""

STATES_OF_PARQUET = 1.0
MORE_GROUPS = 2.0


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


def write(folder: Path, bench: str, checks: Sequence[Check], figures: dict[str, Any]) -> Path:
    """Write `<date>-<bench>.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{date.today():%Y-%m-%d}-{bench}.json"
    judged = [{"name": c.name, "value": c.value, "ceiling": c.ceiling, "verdict": c.verdict} for c in checks]
    document = {"on": machine(), "checks": judged, **figures}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path
