"""The cache's one table of labels: every distinct text of the label columns, with its code.

Owns the codes. A code never changes and is never taken back; code 0 is the empty text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

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
        self._categories = pl.Categories.random()
        # Polars forgets the numbers of categories when the last column that uses them is gone.
        self._anchor = pl.Series([""], dtype=pl.Categorical(self._categories))
        self._code_of_category = np.full(1, -1, dtype=np.int32)

    def encode(self, texts: pl.Series) -> pl.Series:
        """Give the codes of texts: Int32, null where there is no text."""
        labels = texts.cast(pl.Categorical(self._categories))
        there = labels.is_not_null().to_numpy()
        category = labels.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        highest = category.max(initial=0)
        if highest >= len(self._code_of_category) or (self._code_of_category[category[there]] < 0).any():
            self._learn(labels)
        codes = pl.Series(texts.name, self._code_of_category[category])
        return codes.set(labels.is_null(), None)

    def _learn(self, labels: pl.Series) -> None:
        """Give codes to labels that have not been seen before."""
        distinct = labels.drop_nulls().unique()
        categories = distinct.to_physical().cast(pl.Int64).to_numpy()
        lacking = int(categories.max(initial=-1)) + 1 - len(self._code_of_category)
        self._code_of_category = np.append(self._code_of_category, np.full(max(0, lacking), -1, dtype=np.int32))
        texts = distinct.cast(pl.String).to_list()
        for label in sorted(texts):
            self._codes.setdefault(label, len(self._codes))
        self._code_of_category[categories] = [self._codes[label] for label in texts]

    def save(self) -> None:
        """Write labels that are new; inside the transaction of the facts that use them."""
        fresh = list(self._codes.items())[self._saved :]
        if fresh:
            frame = pl.DataFrame(fresh, schema={"label": pl.String, "code": pl.Int32}, orient="row")
            self._connection.register("fresh_labels", frame)
            self._connection.execute("INSERT INTO labels BY NAME SELECT * FROM fresh_labels")
            self._connection.unregister("fresh_labels")
        self._saved = len(self._codes)
