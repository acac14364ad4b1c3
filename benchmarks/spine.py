"""`make bench`: what the way from a Pega export to engagement costs, against its ceilings.

    python benchmarks/spine.py                       0.3, 1 and 3 million rows
    python benchmarks/spine.py --rows 300000
    python benchmarks/spine.py --quick               a few seconds, to see that it works

Every figure is of a fresh process. The data are synthetic, made on the first run and kept in `.benchmarks/`. Exits
with 1 when a ceiling is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cases
import data
import history
import verdict
from cases import Workplace
from measure import Cost, FailedError, in_turn
from verdict import Check

_HERE = Path(__file__).resolve().parent
_SMALL = 500_000


class Bench:
    """The figures of one run as they come in."""

    def __init__(self, place: Path, *, quick: bool) -> None:
        self.place = place
        self.quick = quick
        self.checks: list[Check] = []
        self.costs: dict[str, Any] = {}
        self.floor_start, self.start = self._measure("starts", 1 if quick else 5, cases.floor_start, cases.start)

    def _measure(self, name: str, times: int, *measured: Callable[[], Cost]) -> list[Cost]:
        print(f"{name} ...", file=sys.stderr, flush=True)
        costs = in_turn(times, *measured)
        self.costs[name] = [{key: value for key, value in asdict(cost).items() if key != "output"} for cost in costs]
        return costs

    def fresh(self, rows: int, *, judged: bool) -> tuple[Workplace, Cost]:
        """Measure the floor and fresh runs of one size; return the folder and the cost of the run from zips."""
        folder = data.ready(self.place / "data", rows)
        size = f"{rows:,}"
        pega = Workplace.make(self.place / "pega", folder, "pega")
        parquet = Workplace.make(self.place / "parquet", folder, "parquet")
        times = 3 if rows <= _SMALL and not self.quick else 1
        floor, zipped, columnar = self._measure(
            f"floor, from zips, from parquet: {size}",
            times,
            lambda: cases.floor(folder / "pega"),
            pega.fresh,
            parquet.fresh,
        )
        floor_cpu = floor.cpu - self.floor_start.cpu
        zipped_cpu = zipped.cpu - self.start.cpu
        columnar_cpu = columnar.cpu - self.start.cpu
        self._check(f"pega / floor at {size}", zipped_cpu / floor_cpu, verdict.CPU_OF_FLOOR if judged else None)
        self._check(f"parquet / pega at {size}", columnar_cpu / zipped_cpu, verdict.PARQUET_OF_PEGA if judged else None)
        self._check(f"wrong: parquet unlike pega at {size}", float(cases.total(zipped) != cases.total(columnar)), 0.0)
        return pega, zipped

    def memory(self, sizes: Sequence[int]) -> None:
        """Compare peaks under a limit of 1 GB, each size with the one before."""
        peaks: list[float] = []
        for rows in sizes:
            place = Workplace.make(
                self.place / "limited", data.ready(self.place / "data", rows), "pega", memory_limit="1GB"
            )
            (cost,) = self._measure(f"with 1 GB: {rows:,}", 1, place.fresh)
            peaks.append(cost.peak)
        for before, after, rows in zip(peaks, peaks[1:], sizes[1:], strict=False):
            ceiling = None if self.quick else verdict.MEMORY_GROWTH
            self._check(f"memory growth to {after:.0f} MiB at {rows:,}", after / before, ceiling)

    def again(self, place: Workplace, rows: int, full: Cost) -> None:
        """Run with nothing new, then with one day more, which completes the known truth."""
        (nothing,) = self._measure("nothing new", 1 if self.quick else 5, place.compute)
        self._check(f"nothing new at {rows:,}", nothing.wall, verdict.NOTHING_NEW, " s")
        folder = data.ready(self.place / "data", rows)
        place.add(folder / "pega-next")
        (more,) = self._measure("one day more", 1, place.compute)
        ceiling = verdict.ONE_DAY_MORE if rows >= verdict.JUDGED_FROM else None
        self._check(f"one day more / thirty at {rows:,}", more.cpu / full.cpu, ceiling)
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        found = cases.total(more)
        wrong = abs(found["Count"] - truth["offers"]) + abs(found["Positives"] - truth["positives"])
        self._check("wrong: offers and clicks unlike the truth", float(wrong), 0.0)

    def help_page(self) -> None:
        """Compare the help page with that of an empty app."""
        empty, page = self._measure("help", 3 if self.quick else 9, cases.empty_app, cases.help_page)
        self._check("help: more than an empty app", page.wall - empty.wall, verdict.HELP, " s")
        self._check("help imports what it must not", float(len(cases.heavy_imports_of_help())), 0.0)

    def _check(self, name: str, value: float, ceiling: float | None, unit: str = "") -> None:
        self.checks.append(Check(name, round(value, 4), ceiling, unit))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[300_000, 1_000_000, 3_000_000], metavar="N")
    parser.add_argument("--quick", action="store_true", help="30,000 and 90,000 rows, one run each, nothing written")
    parser.add_argument("--out", type=Path, default=_HERE / "results", metavar="FOLDER")
    parser.add_argument("--place", type=Path, default=_HERE.parent / ".benchmarks", metavar="FOLDER", help="scratch")
    chosen = parser.parse_args(arguments)
    sizes = [30_000, 90_000] if chosen.quick else sorted(chosen.rows)
    bench = Bench(chosen.place.resolve(), quick=chosen.quick)
    bench.help_page()
    for rows in sizes:
        place, full = bench.fresh(rows, judged=rows >= verdict.JUDGED_FROM)
    bench.again(place, sizes[-1], full)
    judged = [rows for rows in sizes if rows >= verdict.JUDGED_FROM]
    bench.memory(judged if len(judged) > 1 else sizes)
    print(verdict.table(bench.checks))
    if not chosen.quick:
        path = verdict.write(chosen.out, "spine", bench.checks, {"rows": sizes, "costs": bench.costs})
        history.append(chosen.out.parent / "RESULTS.md", history.SPINE, bench.checks)
        print(f"\nwritten: {path}", file=sys.stderr)
    return int(any(check.verdict == "FAIL" for check in bench.checks))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FailedError as error:
        sys.exit(f"the benchmark stopped: {error}")
