"""`make bench-families`: all five families at nine dimensions, next to cdhdashboard on the same files.

    python benchmarks/families.py                       1 and 3 million rows
    python benchmarks/families.py --rows 1000000
    python benchmarks/families.py --families engagement
    python benchmarks/families.py --quick               a minute or two, to see that it works

Each figure is of fresh processes, the start of the interpreter included, the two sides taking turns. Data and the
peer's environment are made on the first run and kept in `.benchmarks/`. Exits with 1 when a ceiling is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import data
import history
import sides
import verdict
from measure import Cost, FailedError, in_turn
from sides import FAMILIES, Ours, Peer, Task
from verdict import Check

_HERE = Path(__file__).resolve().parent
_LIMIT = "512MB"
_NAME = ("Name",)
_MEGABYTES_OF_MIB = 1.048576
_FORMATS = ("pega", "parquet")
_QUICK = (30_000,)


class Contest:
    """The figures of one run as they come in."""

    def __init__(self, place: Path, families: tuple[str, ...], *, times: int, quick: bool) -> None:
        self.place = place
        self.families = families
        self.times = times
        self.quick = quick
        self.checks: list[Check] = []
        self.costs: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        self.versions: dict[str, str] = {}
        self.python = sides.peer_python(place)

    def size(self, rows: int) -> None:
        """Both sides from both formats, and what the states take on disk."""
        folder = data.ready(self.place / "data", rows)
        task = Task(self.families)
        for file_format in _FORMATS:
            ours = self._ours(folder, file_format, task)
            peer = self._peer(folder, file_format, task)
            cost, theirs = self._measure(f"{file_format}: {rows:,}", ours.fresh, peer.fresh)
            self._compare(cost, theirs, file_format, rows)
        (scores,) = self._measure(f"every score: {rows:,}", ours.every_score)
        self._check(f"states and every score / peer at {rows:,}", (cost.cpu + scores.cpu) / theirs.cpu)
        self._weigh(ours, folder, f"states / parquet files at {rows:,}", verdict.STATES_OF_PARQUET)
        self._check(f"peer's database / parquet files at {rows:,}", sides.report(theirs)["database"] / _bytes(folder))

    def limited(self, rows: int) -> None:
        """The peak under a memory limit."""
        folder = data.ready(self.place / "data", rows)
        for file_format in _FORMATS:
            ours = self._ours(folder, file_format, Task(self.families), memory_limit=_LIMIT)
            (cost,) = self._measure(f"{file_format} with {_LIMIT}: {rows:,}", ours.fresh)
            peak = cost.peak * _MEGABYTES_OF_MIB
            self._check(f"peak from {file_format} with {_LIMIT} at {rows:,}", peak, verdict.LIMITED_PEAK, " MB")

    def more_groups(self, rows: int) -> None:
        """Both sides from parquet with `Name` among the dimensions, over the same without."""
        folder = data.ready(self.place / "data", rows)
        plain, named = Task(self.families), Task(self.families, _NAME)
        first = self._ours(folder, "parquet", plain)
        second = self._ours(folder, "parquet", named, suffix="-name")
        theirs = self._peer(folder, "parquet", named)
        few, many, peer = self._measure(f"with Name: {rows:,}", first.fresh, second.fresh, theirs.fresh)
        before = self.costs[f"parquet: {rows:,}"][1]["cpu"]
        self._check(f"with Name / without, from parquet at {rows:,}", many.cpu / few.cpu, verdict.MORE_GROUPS)
        self._check(f"peer with Name / without at {rows:,}", peer.cpu / before)
        self._check(f"CPU with Name / peer with Name at {rows:,}", many.cpu / peer.cpu)
        self._check(f"peak of the peer with Name at {rows:,}", peer.peak * _MEGABYTES_OF_MIB, unit=" MB")
        self._weigh(second, folder, f"states with Name / parquet files at {rows:,}")
        self.groups[f"{rows:,} with Name"] = sides.report(peer)["groups"]

    def _ours(
        self, folder: Path, file_format: str, task: Task, *, memory_limit: str | None = None, suffix: str = ""
    ) -> Ours:
        place = self.place / f"ours-{file_format}{suffix}"
        return Ours.make(place, folder, file_format, task, memory_limit=memory_limit)

    def _peer(self, folder: Path, file_format: str, task: Task) -> Peer:
        return Peer(self.python, self.place / "peer", folder, file_format, task)

    def _compare(self, cost: Cost, theirs: Cost, file_format: str, rows: int) -> None:
        self._check(f"CPU from {file_format} / peer at {rows:,}", cost.cpu / theirs.cpu, _ceiling(file_format, rows))
        self._check(f"peak from {file_format} / peer at {rows:,}", cost.peak / theirs.peak)
        report = sides.report(theirs)
        self.groups[f"{rows:,}"] = report["groups"]
        self.versions = report["versions"]
        if "engagement" in self.families:
            # The peer counts an offer once per file it has rows in: up to a tenth more.
            apart = max(abs(1 - a / b) for a, b in zip(sides.offers(cost), report["engagement"], strict=True))
            self._check(f"wrong: counts unlike the peer's, {file_format} at {rows:,}", float(apart > 0.15), 0.0)

    def _weigh(self, ours: Ours, folder: Path, name: str, ceiling: float | None = None) -> None:
        self._check(name, ours.states() / _bytes(folder), ceiling)

    def _measure(self, name: str, *measured: Callable[[], Cost]) -> list[Cost]:
        print(f"{name} ...", file=sys.stderr, flush=True)
        costs = in_turn(self.times, *measured)
        self.costs[name] = [{key: value for key, value in asdict(cost).items() if key != "output"} for cost in costs]
        return costs

    def _check(self, name: str, value: float, ceiling: float | None = None, unit: str = "") -> None:
        judged = None if self.quick and not name.startswith("wrong") else ceiling
        self.checks.append(Check(name, round(value, 4), judged, unit))


def _ceiling(file_format: str, rows: int) -> float:
    if file_format == "parquet":
        return verdict.CPU_OF_PEER_PARQUET
    return verdict.CPU_OF_PEER_SMALL if rows <= verdict.JUDGED_FROM else verdict.CPU_OF_PEER_LARGE


def _bytes(folder: Path) -> int:
    """What the parquet files take that the states stand for."""
    return sum(path.stat().st_size for path in (folder / "parquet").iterdir())


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 3_000_000], metavar="N")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=FAMILIES, metavar="FAMILY")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="medians of so many runs each")
    parser.add_argument("--quick", action="store_true", help="30,000 rows, nothing judged, nothing written")
    parser.add_argument("--out", type=Path, default=_HERE / "results", metavar="FOLDER")
    parser.add_argument("--place", type=Path, default=_HERE.parent / ".benchmarks", metavar="FOLDER", help="scratch")
    chosen = parser.parse_args(arguments)
    sizes = list(_QUICK) if chosen.quick else sorted(chosen.rows)
    contest = Contest(chosen.place.resolve(), tuple(chosen.families), times=chosen.times, quick=chosen.quick)
    for rows in sizes:
        contest.size(rows)
    contest.limited(sizes[-1])
    contest.more_groups(sizes[0])
    print(verdict.table(contest.checks))
    if not chosen.quick and contest.families == FAMILIES:
        figures = {"rows": sizes, "peer": contest.versions, "groups": contest.groups, "costs": contest.costs}
        path = verdict.write(chosen.out, "families", contest.checks, figures)
        versions = {"cdhdashboard": contest.versions["cdhdashboard"]}
        history.append(chosen.out.parent / "RESULTS.md", history.FAMILIES, contest.checks, versions)
        print(f"\nwritten: {path}", file=sys.stderr)
    return int(any(check.verdict == "FAIL" for check in contest.checks))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FailedError as error:
        sys.exit(f"the benchmark stopped: {error}")
