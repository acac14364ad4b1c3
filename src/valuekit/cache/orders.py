"""From staged orders to facts: as `valuekit.cache.landing`, without offers, and in one partition.

Owns what is simpler with orders: they have one place, so nothing is said of it row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from valuekit import sql
from valuekit.cache import schema
from valuekit.cache.landing import Staging
from valuekit.facts.identity import short_ids

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.cache.labels import Labels
    from valuekit.cache.ledger import Landing
    from valuekit.facts.kinds import FactKind


def staging_of(connection: DuckDBPyConnection, landing: Landing, labels: Labels, kind: FactKind) -> Staging:
    """The staging that suits a kind of facts; see `Staging`."""
    return (OrderStaging if kind.offer_id is None else Staging)(connection, landing, labels, kind)


class OrderStaging(Staging):
    """Orders of a few files on their way into the facts."""

    @property
    def _places(self) -> str:
        return ""

    def _identified(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add the short ids as numbers; where all are short, their texts are not needed any more."""
        high, low = short_ids(frame["_fact_text"])
        numbered = frame.with_columns(high.alias("_short_high"), low.alias("_short_low"))
        if high.null_count() == 0:
            numbered = numbered.with_columns(pl.lit(None, pl.String).alias("_fact_text"))
        return numbered

    def _keyed(self) -> str:
        spent = ", ".join((*self._spent_ids, "_short_high", "_short_low"))
        return f"SELECT {self._kind.row_key} AS _row, * EXCLUDE ({spent}) FROM batches"

    def _add_missing_columns(self) -> None:
        if not self._all("SELECT 1 FROM facts LIMIT 1"):
            self._run(schema.ORDERS)
        super()._add_missing_columns()

    def _place_offers(self) -> None:
        pass

    def _drop_late(self) -> dict[int, int]:
        return {}

    def _touched(self, wins: str) -> str:
        return f"SELECT {self._kind.own_partition} AS _partition WHERE EXISTS (SELECT 1 FROM staged WHERE {wins})"

    def _insert_winners(self, wins: str) -> None:
        columns = sql.names(column.name for column in self.columns)
        values = f"_row, {self.landing} AS _landing, {columns}"
        self._run(f"INSERT INTO facts BY NAME SELECT {values} FROM staged WHERE {wins}")
