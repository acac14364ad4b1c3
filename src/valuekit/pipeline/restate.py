"""Facts become states: every dirty partition is rebuilt, a batch of partitions a commit.

Owns which partitions are rebuilt together. Never adds to the states of a partition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from valuekit import sql
from valuekit.cache.cells import Cells
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.engines.gathered import Gathered
from valuekit.errors import DataError

if TYPE_CHECKING:
    from valuekit.cache.store import Store
    from valuekit.engines.gathered import Gathering
    from valuekit.pipeline.plans import Plans
    from valuekit.pipeline.results import Progress
    from valuekit.states.plan import CellPlan

BATCH_ROWS = 250_000
COMMIT_ROWS = 4_000_000
"""Cells of about so many facts are committed together: DuckDB writes full blocks at once, and small ones twice."""


@dataclass(frozen=True)
class Restated:
    """What a run rebuilt: how many partitions, for each metric that cannot be built why, and what to know of it.

    Attributes:
        gathered: by metric what was read of all its offers in passing; only of metrics that were rebuilt everywhere.
    """

    partitions: int
    failures: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    gathered: Mapping[str, Sequence[Gathered]] = field(default_factory=dict)


def restate(
    store: Store, run_id: int, progress: Progress, *, plans: Plans, wanted: Mapping[str, Sequence[Gathering]]
) -> Restated:
    """Rebuild what is dirty; a metric that cannot be built does not keep the others from it.

    Args:
        store: the cache, held for writing.
        run_id: the run.
        progress: hears how far it is.
        plans: what the config asks for.
        wanted: by metric what to gather of its offers, should all of them be read.
    """
    cells = Cells(store.connection)
    dirty, sizes = cells.dirty(plans.cells.values()), cells.sizes()
    gathered = {
        name: [Gathered(gathering) for gathering in gatherings]
        for name, gatherings in wanted.items()
        if all(plans.cells[name].fingerprint in dirty.get(partition, ()) for partition in sizes)
    }
    builder = _Builder(DuckDBEngine(store.connection), plans, {}, gathered)
    progress.start("computing", len(dirty))
    fresh = _Fresh()
    most = BATCH_ROWS if store.is_limited else COMMIT_ROWS
    for fingerprints, partitions in _batches(dirty, sizes):
        fresh.add(builder.build(builder.possible(fingerprints), partitions), partitions)
        if sum(sizes[partition] for partition in fresh.partitions) >= most:
            fresh.commit(store, run_id)
        progress.advance(len(partitions), f"{partitions[0]} to {partitions[-1]}")
    fresh.commit(store, run_id)
    absent = [plan for plan in builder.possible() if not cells.are_there(plan)]
    if absent:
        built = _build_empty(store, builder, absent)
        with store.transaction():
            for plan, table in built:
                cells.replace(plan, table, [], run_id)
    progress.finish()
    return Restated(len(dirty), builder.failures, gathered=gathered)


def _build_empty(store: Store, builder: _Builder, wanted: Sequence[CellPlan]) -> list[tuple[CellPlan, pa.Table]]:
    """Build the cells of no facts, so that a metric without any answers with nothing instead of not at all.

    Where nothing has landed the facts have no columns: they get them for as long as this takes.
    """
    store.connection.execute("BEGIN")
    try:
        for column in builder.plans.landing.columns:
            added = f"{sql.name(column.name)} {column.type.value}"
            store.connection.execute(f"ALTER TABLE facts ADD COLUMN IF NOT EXISTS {added}")
        return builder.build(wanted, [date.max])
    finally:
        store.connection.execute("ROLLBACK")


@dataclass
class _Fresh:
    """Cells that are built and not yet committed.

    Attributes:
        built: by fingerprint the metric, its cells and their partitions, in order.
        partitions: all partitions that were built.
    """

    built: dict[str, tuple[CellPlan, list[pa.Table], list[date]]] = field(default_factory=dict)
    partitions: list[date] = field(default_factory=list)

    def add(self, built: Iterable[tuple[CellPlan, pa.Table]], partitions: Sequence[date]) -> None:
        """Keep what was built of some partitions."""
        for plan, table in built:
            _, tables, days = self.built.setdefault(plan.fingerprint, (plan, [], []))
            tables.append(table)
            days += partitions
        self.partitions += partitions

    def commit(self, store: Store, run_id: int) -> None:
        """Replace whole partitions, in one transaction."""
        if not self.partitions:
            return
        cells = Cells(store.connection)
        with store.transaction():
            for plan, tables, days in self.built.values():
                cells.replace(plan, pa.concat_tables(tables), days, run_id)
            cells.count_outcomes(self.partitions)
        self.built, self.partitions = {}, []


@dataclass(frozen=True)
class _Builder:
    """Builds cells, and remembers what cannot be built.

    Attributes:
        engine: where the facts are.
        plans: what the config asks for.
        failures: why a metric cannot be built, so far.
        gathered: by metric what takes its offers in passing.
    """

    engine: DuckDBEngine
    plans: Plans
    failures: dict[str, str]
    gathered: dict[str, list[Gathered]]

    def possible(self, fingerprints: Collection[str] | None = None) -> list[CellPlan]:
        """The metrics, or those of some fingerprints, that have not failed."""
        return [
            plan
            for plan in self.plans.cells.values()
            if (fingerprints is None or plan.fingerprint in fingerprints) and plan.name not in self.failures
        ]

    def build(self, wanted: Sequence[CellPlan], partitions: Sequence[date]) -> list[tuple[CellPlan, pa.Table]]:
        """Build some metrics in as few passes as can be; where a shared pass fails, each of them by itself.

        What has been gathered is forgotten then: nobody knows how far it got.
        """
        takers = [taker for plan in wanted for taker in self.gathered.get(plan.name, ())]
        try:
            return list(self.engine.build(wanted, self.plans.view, partitions, takers))
        except DataError as error:
            self.gathered.clear()
            if len(wanted) == 1:
                self.failures[wanted[0].name] = str(error).partition("\n")[0]
                return []
        alone = [self.build([plan], partitions) for plan in wanted]
        return [built for one in alone for built in one]


def _batches(
    dirty: Mapping[date, frozenset[str]], sizes: Mapping[date, int]
) -> Iterator[tuple[frozenset[str], Sequence[date]]]:
    """Group partitions that need the same metrics, up to a number of facts."""
    alike: defaultdict[frozenset[str], list[date]] = defaultdict(list)
    for partition, fingerprints in dirty.items():
        alike[fingerprints].append(partition)
    for fingerprints, partitions in alike.items():
        for batch in in_batches((partition, sizes[partition]) for partition in partitions):
            yield fingerprints, batch


def in_batches(partitions: Iterable[tuple[date, int]]) -> Iterator[list[date]]:
    """Put partitions together, in order, up to a number of facts; of none comes one empty batch.

    Args:
        partitions: each with its number of facts.
    """
    batch: list[date] = []
    total = 0
    for partition, rows in partitions:
        if batch and total + rows > BATCH_ROWS:
            yield batch
            batch, total = [], 0
        batch.append(partition)
        total += rows
    yield batch
