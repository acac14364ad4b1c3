"""The history of results: RESULTS.md, a table for each benchmark and a line for each run.

Owns the layout of the file. Never measures and never judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from verdict import Check

_TOP = """\
# Results

One line per run, newest last; details are in `results/`. What counts are ratios of processor time (user and system) of
processes of one run; absolute times depend on the machine.
"""


@dataclass(frozen=True)
class Table:
    """One benchmark's table.

    Attributes:
        title: the heading above it.
        text: what its columns mean.
        columns: name of each column, and how the names of the checks in it begin.
    """

    title: str
    text: str
    columns: Mapping[str, str]

    def head(self) -> str:
        """The section with no run in it."""
        names = ["date", *self.columns, "exact", "passed", "on"]
        return f"## {self.title}\n\n{self.text}\n| {' | '.join(names)} |\n|{'---|' * len(names)}\n"

    def line(self, checks: Sequence[Check], versions: Mapping[str, str]) -> str:
        """One run."""
        wrong = any(check.value for check in checks if check.name.startswith("wrong"))
        failed = any(check.verdict == "FAIL" for check in checks)
        shown = [_shown(checks, prefix) for prefix in self.columns.values()]
        on = verdict.machine()
        libraries = {name: on[name] for name in ("valuekit", "python", "duckdb", "polars")} | dict(versions)
        where = ", ".join([f"{on['cores']} cores", *(f"{name} {value}" for name, value in libraries.items())])
        answers = ["NO" if wrong else "yes", "NO" if failed else "yes"]
        return f"| {' | '.join([f'{date.today():%Y-%m-%d}', *shown, *answers, where])} |\n"


SPINE = Table(
    "`make bench`",
    """\
From a Pega export to engagement; the start of the interpreter and the imports are left out. `pega` is a fresh `valuekit
compute engagement` from zips over inflating and parsing them with Polars, `parquet` the same from parquet over that
from zips, `memory` the peak under a limit of 1 GB over that of the size before, `one day more` a 31st day over the
thirty (whole processes), `help` the wall time beyond an empty Typer app.
""",
    {
        "pega": "pega",
        "parquet": "parquet",
        "memory": "memory",
        "nothing new, s": "nothing new",
        "one day more": "one day",
        "help, s": "help: ",
    },
)
FAMILIES = Table(
    "`make bench-families`",
    """\
All five families at nine dimensions, whole processes. `pega` and `parquet` are a fresh `valuekit compute` over
cdhdashboard's `load_data()` on the same files, `every score` the latter (from parquet) with every score at the finest
grain written, too; `peak` is with a memory limit of 512 MB, `states` is the published snapshot over the parquet
files; `Name` and `peer, Name` are the cost of one more dimension.
""",
    {
        "pega": "CPU from pega",
        "parquet": "CPU from parquet",
        "every score": "states and every score",
        "peak, MB (pega)": "peak from pega with",
        "peak, MB (parquet)": "peak from parquet with",
        "states": "states / parquet",
        "Name": "with Name",
        "peer, Name": "peer with Name",
    },
)


def append(path: Path, table: Table, checks: Sequence[Check], versions: Mapping[str, str] | None = None) -> None:
    """Add a run to a table's end; make the file and the section where they are missing."""
    text = path.read_text(encoding="utf-8") if path.exists() else _TOP
    if f"## {table.title}\n" not in text:
        text += f"\n{table.head()}"
    before, title, after = text.partition(f"## {table.title}\n")
    section, rule, rest = after.partition("\n## ")
    line = table.line(checks, versions or {})
    path.write_text(f"{before}{title}{section.rstrip()}\n{line}{rule}{rest}", encoding="utf-8")


def _shown(checks: Sequence[Check], prefix: str) -> str:
    found = [check for check in checks if check.name.startswith(prefix)]
    sizes = {check: check.name.rpartition(" at ")[2] for check in found if " at " in check.name}
    return ", ".join(f"{check.value:.2f}" + (f" ({sizes[check]})" if check in sizes else "") for check in found) or "-"
