"""Facts become states: every dirty partition is rebuilt, a batch of partitions a commit.

Owns which partitions are rebuilt together. Never adds to the states of a partition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.cache.cells import Cells
from valuekit.engines.duckdb import DuckDBEngine
from valuekit.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from valuekit.cache.store import Store
    from valuekit.pipeline.plans import Plans
    from valuekit.pipeline.results import Progress
    from valuekit.states.plan import CellPlan

BATCH_ROWS = 250_000


@dataclass(frozen=True)
class Restated:
    """What a run rebuilt: how many partitions, for each metric that cannot be built why, and what to know of it."""

    partitions: int
    failures: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def restate(store: Store, plans: Plans, run_id: int, progress: Progress) -> Restated:
    """Rebuild what is dirty; a metric that cannot be built does not keep the others from it."""
    cells = Cells(store.connection)
    engine = DuckDBEngine(store.connection)
    dirty = cells.dirty(plans.cells.values())
    failures: dict[str, str] = {}
    progress.start("computing", len(dirty))
    for fingerprints, partitions in _batches(dirty, cells.sizes()):
        wanted = [
            plan for plan in plans.cells.values() if plan.fingerprint in fingerprints and plan.name not in failures
        ]
        built = _build(engine, wanted, plans, partitions, failures)
        with store.transaction():
            for plan, table in built:
                cells.replace(plan, table, partitions, run_id)
            cells.count_outcomes(partitions)
        progress.advance(len(partitions), f"{partitions[0]} to {partitions[-1]}")
    absent = [plan for plan in plans.cells.values() if plan.name not in failures and not cells.are_there(plan)]
    if absent:
        built = _build_empty(store, engine, absent, plans, failures)
        with store.transaction():
            for plan, table in built:
                cells.replace(plan, table, [], run_id)
    progress.finish()
    return Restated(len(dirty), failures)


def _build_empty(
    store: Store, engine: DuckDBEngine, wanted: Sequence[CellPlan], plans: Plans, failures: dict[str, str]
) -> list[tuple[CellPlan, pa.Table]]:
    """Build the cells of no facts, so that a metric without any answers with nothing instead of not at all.

    Where nothing has landed the facts have no columns: they get them for as long as this takes.
    """
    store.connection.execute("BEGIN")
    try:
        for column in plans.landing.columns:
            added = f"{sql.name(column.name)} {column.type.value}"
            store.connection.execute(f"ALTER TABLE facts ADD COLUMN IF NOT EXISTS {added}")
        return _build(engine, wanted, plans, [date.max], failures)
    finally:
        store.connection.execute("ROLLBACK")


def _build(
    engine: DuckDBEngine, wanted: Sequence[CellPlan], plans: Plans, partitions: Sequence[date], failures: dict[str, str]
) -> list[tuple[CellPlan, pa.Table]]:
    """Build some metrics in as few passes as can be; where a shared pass fails, each of them by itself."""
    try:
        return list(engine.build(wanted, plans.view, partitions))
    except DataError as error:
        if len(wanted) == 1:
            failures[wanted[0].name] = str(error).partition("\n")[0]
            return []
    alone = [_build(engine, [plan], plans, partitions, failures) for plan in wanted]
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
