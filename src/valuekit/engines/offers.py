"""The SQL that reads facts for resolution: which rows take part, what each would say as the deciding row of its offer.

Owns the one query that answers all metrics of a run. Never resolves, and never runs what it writes.
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
    from valuekit.states.base import Input
    from valuekit.states.plan import Resolution, Sum

OFFER, ROW = "_offer", "_row"
ORDER = ("_time", "_fact", "_fact_text")
"""What decides between rows of one offer with equally good outcomes, missing values last."""

_LOW = "18446744073709551615"


@dataclass(frozen=True)
class Part:
    """What is asked of the rows that one resolution is about.

    Attributes:
        resolution: which rows take part, and which outcomes decide.
        inputs: what is asked of every row, in order.
        sums: what each row adds to its offer.
    """

    resolution: Resolution
    inputs: tuple[Input, ...] = ()
    sums: tuple[Sum, ...] = ()


@dataclass(frozen=True)
class Scan:
    """A reading of facts.

    Attributes:
        view: what is read.
        partitions: the partitions to read.
        names: the columns that are needed as values.
        codes: the labels to give as codes.
    """

    view: FactsView
    partitions: Sequence[date]
    names: Collection[str]
    codes: Collection[str]

    def _prepared(self, more: str = "") -> str:
        days = ", ".join(f"DATE '{day.isoformat()}'" for day in self.partitions)
        return self.view.select(self.names, where=f"_partition IN ({days}){more}", codes=self.codes)

    def rows_sql(self, keys: Iterable[str], parts: Sequence[Part], *, identified: bool) -> str:
        """SQL of the rows that take part in any resolution.

        Args:
            keys: names of columns to give as they are.
            parts: what is asked besides, under the names of `counts`, `positive`, `alias` and `share`.
            identified: whether to give the halves of `_row`, too.
        """
        steps, columns, previous = "", [sql.name(name) for name in keys], "chosen"
        for at, part in enumerate(parts):
            steps += _step(at, part, previous)
            columns += map(sql.name, _columns(at, part))
            previous = f"part{at}"
        if any(not part.resolution.by_row for part in parts):
            columns += [*_halves(OFFER), 'epoch_us("_time") AS "_time"', "_fact", "_fact_text"]
        columns += _halves(ROW) if identified else []
        taken = " OR ".join(sql.name(counts(at)) for at in range(len(parts)))
        return f"{self._prepared()}{steps}\nSELECT {', '.join(columns)} FROM {previous} WHERE {taken}"

    def places_sql(self, tied: str, columns: Sequence[str]) -> str:
        """SQL of the rows of some offers, each with its place among all by some columns, missing values last.

        Args:
            tied: a table of the halves of `_offer`.
            columns: those of `names`, or labels of `codes`, in the order in which they count.
        """
        joins, order = "", []
        for number, name in enumerate(columns):
            if name in self.codes and name not in self.names:
                joins += (
                    f"\n    LEFT JOIN labels AS label{number} ON label{number}.code = chosen.{sql.name(code(name))}"
                )
                order.append(self.view.text_sql(name, f"label{number}.label"))
            else:
                order.append(f"chosen.{sql.name(name)}")
        whole = f"(CAST({sql.name(high(OFFER))} AS UHUGEINT) << 64) + {sql.name(low(OFFER))}"
        prepared = self._prepared(f" AND _offer IN (SELECT {whole} FROM {tied})")
        listed = ", ".join(f"{item} NULLS LAST" for item in order) or "1"
        return f"""{prepared}
SELECT {", ".join(_halves(ROW))}, rank() OVER (ORDER BY {listed}) AS _place FROM chosen{joins}"""


def low(name: str) -> str:
    """The name of the lower half of a key of 128 bits."""
    return f"{name} low"


def high(name: str) -> str:
    """The name of its upper half."""
    return f"{name} high"


def counts(at: int) -> str:
    """The name of the flag that a row takes part in the resolution of a part."""
    return f"_counts {at}"


def positive(at: int) -> str:
    """The name of the flag that its outcome is positive there."""
    return f"_positive {at}"


def alias(at: int, number: int) -> str:
    """The name of an input of a part."""
    return f"_input {at} {number}"


def share(at: int, number: int) -> str:
    """The name of what a row adds to a sum of a part."""
    return f"_share {at} {number}"


def _halves(name: str) -> list[str]:
    return [
        f"CAST({name} & {_LOW} AS UBIGINT) AS {sql.name(low(name))}",
        f"CAST({name} >> 64 AS UBIGINT) AS {sql.name(high(name))}",
    ]


def _columns(at: int, part: Part) -> list[str]:
    """The names that a part adds to a row."""
    names = [counts(at), *(alias(at, number) for number in range(len(part.inputs)))]
    names += [share(at, number) for number in range(len(part.sums))]
    return names if part.resolution.by_row else [*names, positive(at)]


def _step(at: int, part: Part, previous: str) -> str:
    """CTEs that add what a part asks: `_positive` and the sums have their names only while its inputs are computed."""
    resolution = part.resolution
    taken = [f"({resolution.filter.sql})"] if resolution.filter else []
    spent, added = (
        [],
        [f"{_input_sql(item)} AS {sql.name(alias(at, number))}" for number, item in enumerate(part.inputs)],
    )
    signs = ""
    if not resolution.by_row:
        labels = [sql.literal(label) for label in (*resolution.positive, *resolution.negative)]
        taken.append(f'"Outcome" IN ({", ".join(labels)})')
        signs = f', coalesce("Outcome" IN ({", ".join(labels[: len(resolution.positive)])}), FALSE) AS _positive'
        spent.append("_positive")
        added.append(f"_positive AS {sql.name(positive(at))}")
    shares = "".join(f", {_own_share(item)} AS {sql.name(item.name)}" for item in part.sums)
    spent += [sql.name(item.name) for item in part.sums]
    added += [f"{sql.name(item.name)} AS {sql.name(share(at, number))}" for number, item in enumerate(part.sums)]
    kept = f"* EXCLUDE ({', '.join(spent)})" if spent else "*"
    return f""",
decided{at} AS (
    SELECT *, coalesce({" AND ".join(taken) or "TRUE"}, FALSE) AS {sql.name(counts(at))}{signs} FROM {previous}
),
summed{at} AS (SELECT *{shares} FROM decided{at}),
part{at} AS (SELECT {", ".join([kept, *added])} FROM summed{at})"""


def _own_share(item: Sum) -> str:
    """What a row by itself adds to a sum over its offer."""
    value = f"CAST({item.value} AS {item.sql_type})"
    adds = f"_positive AND isfinite({value})" if item.sql_type == "DOUBLE" else "_positive"
    return f"CASE WHEN {adds} THEN coalesce({value}, 0) ELSE 0 END"


def _input_sql(item: Input) -> str:
    if item.kind == "flag":
        return f"coalesce({item.sql}, FALSE)"
    if item.kind == "integer":
        return f"coalesce(CAST({item.sql} AS BIGINT), 0)"
    return f"CAST({item.sql} AS DOUBLE)"
