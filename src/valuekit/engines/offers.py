"""The SQL that turns rows into offers: which row decides, and what is summed over an offer's rows.

Owns resolution. Never groups, and never runs what it writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.facts.view import code

if TYPE_CHECKING:
    from valuekit.facts.view import FactsView
    from valuekit.states.plan import Resolution, Sum


@dataclass(frozen=True)
class Scan:
    """A reading of facts.

    Attributes:
        view: what is read.
        resolution: which rows take part, and which outcomes decide.
        partitions: the partitions to read.
        names: the columns to give.
        codes: the labels to give as codes.
    """

    view: FactsView
    resolution: Resolution
    partitions: Sequence[date]
    names: Collection[str]
    codes: Collection[str]

    @property
    def _prepared(self) -> str:
        days = ", ".join(f"DATE '{day.isoformat()}'" for day in self.partitions)
        return self.view.select(self.names, where=f"_partition IN ({days})", codes=self.codes)

    def rows_sql(self) -> str:
        """SQL of the rows that pass the filters, each by itself."""
        condition = f"WHERE {self.resolution.filter.sql}" if self.resolution.filter else ""
        return f"{self._prepared}\nSELECT * FROM chosen {condition}"

    def signed_sql(self, sums: Iterable[Sum]) -> str:
        """SQL of the rows with an outcome that can decide their offer, each positive or negative.

        Args:
            sums: what each row adds to its offer.
        """
        resolution = self.resolution
        condition = f"({resolution.filter.sql}) AND" if resolution.filter else ""
        labels = [sql.literal(label) for label in (*resolution.positive, *resolution.negative)]
        positive = ", ".join(labels[: len(resolution.positive)])
        summed = "".join(f", {_own_share(item)} AS {sql.name(item.name)}" for item in sums)
        return f"""{self._prepared},
decided AS (
    SELECT *, "Outcome" IN ({positive}) AS _positive
    FROM chosen WHERE {condition} "Outcome" IN ({", ".join(labels)})
)
SELECT *{summed} FROM decided"""


def _own_share(item: Sum) -> str:
    """What a row by itself adds to a sum over its offer."""
    value = f"CAST({item.value} AS {item.sql_type})"
    counts = f"_positive AND isfinite({value})" if item.sql_type == "DOUBLE" else "_positive"
    return f"CASE WHEN {counts} THEN coalesce({value}, 0) ELSE 0 END"


REPEATED_SQL = "SELECT _offer FROM signed GROUP BY _offer HAVING count(*) > 1"
"""Offers with several such rows; the others, nearly all, are decided by their only one."""

FIRST_SQL = """
WITH placed AS (
    SELECT _offer, _row, rank() OVER (
        PARTITION BY _offer ORDER BY _positive DESC, _time, _fact NULLS LAST, _fact_text NULLS LAST
    ) AS _place
    FROM signed SEMI JOIN repeated USING (_offer)
)
SELECT _offer, _row FROM placed WHERE _place = 1"""
"""The row that decides: a positive one if there is any, then the least by OutcomeTime and FactID.

Rows without FactID may share the place.
"""


def offers_sql(sums: Collection[Sum]) -> str:
    """SQL of the offers: their deciding rows, with what is summed over all their positive ones."""
    single = "SELECT * FROM signed ANTI JOIN repeated USING (_offer)"
    if not sums:
        return f"{single}\nUNION ALL\nSELECT * FROM signed SEMI JOIN chosen USING (_row)"
    columns = [sql.name(item.name) for item in sums]
    summed = ", ".join(f"sum({column} ORDER BY {column}) AS {column}" for column in columns)
    replaced = ", ".join(
        f"CAST(totals.{sql.name(item.name)} AS {item.sql_type}) AS {sql.name(item.name)}" for item in sums
    )
    return f"""
WITH totals AS (SELECT _offer, {summed} FROM signed SEMI JOIN repeated USING (_offer) GROUP BY _offer),
several AS (SELECT * FROM signed SEMI JOIN chosen USING (_row))
{single}
UNION ALL
SELECT several.* REPLACE ({replaced}) FROM several JOIN totals USING (_offer)"""


def own(columns: Iterable[str]) -> list[str]:
    """The names under which `read_sql` gives columns of a row itself, in the order of the columns' names."""
    return [f"_own {column}" for column in sorted(columns)]


def read_sql(columns: Collection[str], taken: Collection[str] | None) -> str:
    """SQL of the offers, or of their positive rows, with some columns once more under the names of `own`.

    Args:
        columns: the columns to give once more; those of a row are its own.
        taken: the columns that positive rows take from their offer; None for offers.
    """
    table = "offers" if taken is None else "signed"
    again = "".join(
        f", {table}.{sql.name(column)} AS {sql.name(name)}"
        for column, name in zip(sorted(columns), own(columns), strict=True)
    )
    if taken is None:
        return f"SELECT *{again} FROM offers"
    replaced = ", ".join(f"offers.{sql.name(column)} AS {sql.name(column)}" for column in sorted(taken))
    replacing = f" REPLACE ({replaced})" if taken else ""
    return f"SELECT signed.*{replacing}{again} FROM signed JOIN offers USING (_offer) WHERE signed._positive"


def untied_sql(view: FactsView, columns: Sequence[str], codes: Collection[str]) -> str:
    """SQL that breaks the ties left in `first` by some columns, nulls last.

    Rows that are still tied are the same to whoever asks.

    Args:
        view: says what a code stands for.
        columns: the columns, in the order in which they count.
        codes: those of them that are there as codes only.
    """
    joins = ""
    order = []
    for number, name in enumerate(columns):
        if name in codes:
            joins += f"\n    LEFT JOIN labels AS label{number} ON label{number}.code = signed.{sql.name(code(name))}"
            order.append(view.text_sql(name, f"label{number}.label"))
        else:
            order.append(f"signed.{sql.name(name)}")
    listed = ", ".join(f"{item} NULLS LAST" for item in order)
    return f"""
WITH placed AS (
    SELECT _row, row_number() OVER (PARTITION BY _offer ORDER BY {listed}) AS _place
    FROM (SELECT * FROM signed SEMI JOIN first USING (_row)) AS signed{joins}
)
SELECT _row FROM placed WHERE _place = 1"""
