"""The cache's one table of labels: every distinct text of the label columns, with its code.

Owns the codes. A code never changes and is never taken back; code 0 is the empty text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from valuekit.facts.labels import EMPTY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Labels:
    """Texts to codes, for one run. New labels are written when the facts that use them are.

    Args:
        connection: the cache's.
    """

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        rows = connection.execute("SELECT label, code FROM labels ORDER BY code").fetchall()
        self._saved = len(rows)
        self._codes: dict[str, int] = dict(rows) or {"": EMPTY}

    def encode(self, texts: pl.Series) -> pl.Series:
        """Give the codes of texts: Int32, null where there is no text.

        Args:
            texts: `String` or `Enum`.
        """
        labels, places = _split(texts)
        if not self._codes.keys() >= set(labels):
            used = {labels[at] for at in places.unique().to_pylist() if at is not None}
            for label in sorted(used - self._codes.keys()):
                self._codes[label] = len(self._codes)
        codes = pa.array([self._codes.get(label) for label in labels], type=pa.int32())
        return pl.Series(texts.name, codes.take(places), dtype=pl.Int32)

    def save(self) -> None:
        """Write labels that are new; inside the transaction of the facts that use them."""
        fresh = list(self._codes.items())[self._saved :]
        if fresh:
            frame = pl.DataFrame(fresh, schema={"label": pl.String, "code": pl.Int32}, orient="row")
            self._connection.register("fresh_labels", frame)
            self._connection.execute("INSERT INTO labels BY NAME SELECT * FROM fresh_labels")
            self._connection.unregister("fresh_labels")
        self._saved = len(self._codes)


def _split(texts: pl.Series) -> tuple[list[str], Any]:
    """Split texts into those that differ, with some that may not occur, and the place of each row's among them."""
    if isinstance(texts.dtype, pl.Enum):
        return texts.dtype.categories.to_list(), texts.to_physical().to_arrow()
    encoded = texts.to_arrow(compat_level=pl.CompatLevel.newest()).dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices
