"""Product holdings: their cache, and the purchases in it.

Owns the sub-folder of holdings in the cache of a config, when purchases are rebuilt, and how they are read. Never knows
what is computed from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from valuekit import sql
from valuekit.cache import snapshot
from valuekit.cache.cells import Cells, table
from valuekit.cache.connect import first_row
from valuekit.engines.holdings import make_purchases
from valuekit.engines.storing import LeftOut
from valuekit.errors import CacheError
from valuekit.pipeline.compute import why_failed
from valuekit.pipeline.restate import Restated
from valuekit.states.purchases import Stored
from valuekit.wording import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.store import Store
    from valuekit.pipeline.holding_plans import HoldingPlans
    from valuekit.pipeline.results import Progress
    from valuekit.states.purchases import PurchasePlan

FOLDER = "holdings"
"""The sub-folder of a config's cache."""

_META = "left out of "


@dataclass(frozen=True)
class Purchases:
    """The published purchases of one metric.

    Attributes:
        connection: to the snapshot that holds them.
        stored: the tables of the purchases.
        table: a view of them: `customer`, the dimensions, `date`, `value`, `orders`, `recurring`.
        dimensions: the names of the dimensions.
        left_out: the orders that are not among them.
    """

    connection: DuckDBPyConnection
    stored: Stored
    table: str
    dimensions: tuple[str, ...]
    left_out: LeftOut


def folder_of(home: Path) -> Path:
    """The cache folder of holdings, in that of a config."""
    return home / FOLDER


def find_purchases(connection: DuckDBPyConnection, plan: PurchasePlan) -> Purchases:
    """The purchases of a metric in an open snapshot.

    Raises:
        CacheError: the metric has changed since, or it could not be built.
    """
    failure = why_failed(connection, plan)
    if failure is not None:
        raise CacheError(failure)
    if first_row(connection, "SELECT 1 FROM metrics WHERE fingerprint = ?", [plan.fingerprint]) is None:
        raise CacheError(f"metric {plan.name} has changed or is new since the last ingest; run `valuekit ingest`")
    stored = stored_of(plan.fingerprint)
    name = f"joined_{stored.purchases}"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {stored.joined}")
    return Purchases(connection, stored, name, tuple(plan.dimensions), find_left_out(connection, plan))


def stored_of(fingerprint: str) -> Stored:
    """The tables of the purchases of a metric."""
    return Stored.under(table(fingerprint))


def warnings_of(name: str, left_out: LeftOut) -> Iterator[str]:
    """Say which orders a metric does without."""
    said = (
        (left_out.no_customer, "no customer: left out"),
        (left_out.no_date, "no readable purchase date: left out"),
        (left_out.no_value, "no readable value: counted with 0"),
    )
    for count, what in said:
        if count:
            yield f"metric {name}: {counted(count, 'order')} with {what}"


def rebuild(store: Store, plans: HoldingPlans, run_id: int, progress: Progress) -> Restated:
    """Make the purchases of metrics whose facts or definition changed; one that fails leaves the others alone.

    Purchases are in snapshots only: those that need not be made again come from the last one.
    """
    there = _published(store)
    version = first_row(store.connection, "SELECT max(version) FROM partitions") or (None,)
    todo = [plan for plan in plans.cells.values() if there.get(plan.fingerprint, _ABSENT) != version[0]]
    failures: dict[str, str] = {}
    progress.start("computing", len(todo))
    for plan in todo:
        try:
            _make(store, plans, plan, run_id)
        except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            failures[plan.name] = f"metric {plan.name}: {str(error).partition(chr(10))[0]}"
        progress.advance(1, plan.name)
    for plan in plans.cells.values():
        if plan not in todo:
            for name in stored_of(plan.fingerprint).names:
                store.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {_LAST}.{name}")
    progress.finish()
    made = [plan for plan in todo if plan.name not in failures]
    return Restated(1 if todo and version[0] else 0, failures, tuple(_left_out(store, made)))


_ABSENT = -1
_LAST = "last_snapshot"


def _published(store: Store) -> dict[str, int | None]:
    """The purchases in the last snapshot, which is attached: the version of their facts by fingerprint.

    What cannot be read there is made again.
    """
    connection = store.connection
    try:
        pointer = snapshot.read_pointer(store.folder)
        if pointer is None or pointer.cache != store.cache_id() or not (store.folder / pointer.snapshot).is_file():
            return {}
        connection.execute(f"ATTACH {sql.literal(str(store.folder / pointer.snapshot))} AS {_LAST} (READ_ONLY)")
        query = f"""
            SELECT fingerprint, version FROM {_LAST}.metrics LEFT JOIN {_LAST}.built USING (fingerprint)
            WHERE fingerprint NOT IN (SELECT fingerprint FROM {_LAST}.failures)
        """
        return dict(connection.execute(query).fetchall())
    except (CacheError, duckdb.Error):
        return {}


def _make(store: Store, plans: HoldingPlans, plan: PurchasePlan, run_id: int) -> None:
    """Make the purchases of one metric; where nothing has landed the facts get the columns that it reads."""
    connection = store.connection
    with store.transaction():
        for column in plans.landing.columns:
            added = f"{sql.name(column.name)} {column.type.value}"
            connection.execute(f"ALTER TABLE facts ADD COLUMN IF NOT EXISTS {added}")
        left_out = make_purchases(connection, plan, plans.view, stored_of(plan.fingerprint))
        cells = Cells(connection)
        cells.note_built(plan, cells.sizes(), run_id)
        note = [_META + plan.fingerprint, json.dumps(asdict(left_out))]
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", note)


def _left_out(store: Store, plans: Sequence[PurchasePlan]) -> Iterator[str]:
    for plan in plans:
        yield from warnings_of(plan.name, find_left_out(store.connection, plan))


def find_left_out(connection: DuckDBPyConnection, plan: PurchasePlan) -> LeftOut:
    """What was left out of the purchases of a metric."""
    row = first_row(connection, "SELECT value FROM meta WHERE key = ?", [_META + plan.fingerprint])
    return LeftOut(**json.loads(row[0])) if row else LeftOut()
