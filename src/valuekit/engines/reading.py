"""One reading of some partitions: the rows once, and the offers that each resolution makes of them.

Owns the way from one query to offers. Never groups, and never builds a state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from valuekit import sql
from valuekit.engines import offers, resolving
from valuekit.engines.offers import OFFER, ROW, Part, Scan, high, low
from valuekit.engines.rows import PARTITION, Picked, Rows, Wanted
from valuekit.states.groups import POSITIVE

if TYPE_CHECKING:
    from datetime import date

    import polars as pl
    from numpy.typing import NDArray

    from valuekit.engines.resolving import Resolved
    from valuekit.facts.view import FactsView
    from valuekit.states.base import Input
    from valuekit.states.plan import CellPlan


@dataclass(frozen=True)
class Facts:
    """Facts that can be read.

    Attributes:
        view: what the rows are rows of.
        query: runs SQL that has expressions of the config in it.
        lookup: runs SQL with a table of its own, called `tied`.
        labels: the text of every label code.
        times: gives a time dimension of days.
    """

    view: FactsView
    query: Callable[[str, Sequence[CellPlan]], pa.Table]
    lookup: Callable[[str, pa.Table], pa.Table]
    labels: Sequence[str]
    times: Callable[[str, pl.Series], pl.Series]


@dataclass(frozen=True)
class Offers:
    """The offers of one resolution, or the rows that pass its filter.

    Attributes:
        picked: their deciding rows.
        resolved: how these were found; None where every row counts by itself.
    """

    picked: Picked
    resolved: Resolved | None
    _columns: Mapping[str, str]
    _totals: Mapping[str, NDArray[Any]]

    def values(self, inputs: Iterable[Input]) -> dict[str, NDArray[Any]]:
        """Inputs as arrays, by their SQL; and whether an offer is positive, where there are offers."""
        names = [*dict.fromkeys(item.sql for item in inputs), *([POSITIVE] if self.resolved else [])]
        return {name: self._array(name) for name in names}

    def _array(self, name: str) -> NDArray[Any]:
        """An input; of one over a sum the row itself only says whether the sum of its offer counts."""
        array = self.picked.array(self._columns[name])
        total = next((total for summed, total in self._totals.items() if summed in name), None)
        if total is None:
            return array
        total = total[self.picked.places]
        return np.where(np.isnan(array), array, total) if array.dtype.kind == "f" else total

    def positive_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All positive rows of the offers, and for each the row that decides its offer."""
        assert self.resolved is not None  # noqa: S101 - rows by themselves are never positive
        signs = self.picked.rows.array(self._columns[POSITIVE])[self.resolved.taking]
        return self.resolved.taking[signs], self.resolved.decider[signs]


class Reading:
    """The rows of some partitions.

    Args:
        facts: where they are.
        plans: what is asked of them.
        parts: the same, by how rows become offers.
        partitions: which ones.
        extra: further columns that the inputs of parts read.
    """

    def __init__(
        self,
        facts: Facts,
        plans: Sequence[CellPlan],
        parts: Sequence[Part],
        partitions: Sequence[date],
        extra: Collection[str] = (),
    ) -> None:
        self._facts = facts
        self._plans = plans
        self._parts = parts
        self._wanted = Wanted(facts.view, frozenset({PARTITION}).union(*(plan.dimensions for plan in plans)))
        read = (replace(plan, dimensions=()).reads for plan in plans)
        names = self._wanted.values.union(extra, *read)
        self._scan = Scan(facts.view, partitions, names, self._wanted.codes)
        self._rows = self._fetch()
        self._several = self._recurring()

    def _fetch(self, *, identified: bool = False) -> Rows:
        statement = self._scan.rows_sql(self._wanted.select(), self._parts, identified=identified)
        table = self._facts.query(statement, self._plans)
        return Rows(self._wanted, table.combine_chunks(), self._facts.labels, self._facts.times)

    def offers(self, at: int, plans: Sequence[CellPlan]) -> Iterator[tuple[Sequence[CellPlan], Offers]]:
        """The offers of one part, with the plans that they are for: ties are broken by what each metric reads.

        Args:
            at: which part.
            plans: those that resolve offers as it says.
        """
        taking = np.flatnonzero(self._rows.array(offers.counts(at)))
        if self._parts[at].resolution.by_row:
            yield plans, self._offers(at, taking, None)
            return
        resolved = self._resolve(at, taking)
        if not len(resolved.repeated.tied):
            yield plans, self._offers(at, resolved.deciding, resolved)
            return
        self._rows = self._fetch(identified=True)
        self._several = self._recurring()
        resolved = self._resolve(at, np.flatnonzero(self._rows.array(offers.counts(at))))
        for plan in plans:
            untied = resolving.untie(resolved, self._places(resolved, plan), *self._order(at))
            yield [plan], self._offers(at, untied.deciding, untied)

    def _resolve(self, at: int, taking: NDArray[np.int64]) -> Resolved:
        offer = self._rows.array(low(OFFER)), self._rows.array(high(OFFER))
        return resolving.resolve(taking, self._several, offer, *self._order(at))

    def _recurring(self) -> NDArray[np.bool_]:
        """Which rows have others of their offer, by half of its key; none where no row is of an offer."""
        if all(part.resolution.by_row for part in self._parts):
            return np.zeros(self._rows.table.num_rows, dtype=bool)
        return resolving.recurring(self._rows.array(low(OFFER)))

    def _order(self, at: int) -> tuple[NDArray[np.bool_], list[NDArray[Any]]]:
        """What decides among the rows of an offer: whether they are positive, and the columns that order them."""
        columns = [array for name in offers.ORDER for array in _sortable(self._rows.table[name])]
        return self._rows.array(offers.positive(at)), columns

    def _places(self, resolved: Resolved, plan: CellPlan) -> NDArray[np.int64]:
        """The place of each repeated row by what a metric reads, then by the other columns."""
        scan = replace(self._scan, names={*self._scan.names, *plan.decided_by})
        others = sorted({*scan.names, *scan.codes} - plan.decided_by)
        halves = (low(OFFER), high(OFFER))
        tied = pa.table({name: self._rows.array(name)[resolved.repeated.first] for name in halves})
        found = self._facts.lookup(scan.places_sql("tied", [*sorted(plan.decided_by), *others]), tied)
        rows = zip(found[low(ROW)].to_pylist(), found[high(ROW)].to_pylist(), strict=True)
        place = dict(zip(rows, found["_place"].to_pylist(), strict=True))
        mine = (self._rows.array(name)[resolved.repeated.rows].tolist() for name in (low(ROW), high(ROW)))
        return np.array([place[row] for row in zip(*mine, strict=True)], dtype=np.int64)

    def _offers(self, at: int, places: NDArray[np.int64], resolved: Resolved | None) -> Offers:
        part = self._parts[at]
        columns = {item.sql: offers.alias(at, number) for number, item in enumerate(part.inputs)}
        totals: dict[str, NDArray[Any]] = {}
        if resolved is not None:
            columns[POSITIVE] = offers.positive(at)
            for number, item in enumerate(part.sums):
                totals[sql.name(item.name)] = whole = self._rows.array(offers.share(at, number)).copy()
                whole[resolved.repeated.first] = resolving.totals(whole, resolved.repeated)
        return Offers(Picked(self._rows, places), resolved, columns, totals)


def _sortable(column: pa.ChunkedArray) -> list[NDArray[Any]]:
    """Arrays that sort rows as a column does, missing values last; none where it has no values."""
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return []
    values = column
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        encoded = column.combine_chunks().dictionary_encode()
        ranks = pc.rank(encoded.dictionary.cast(pa.large_binary()), tiebreaker="dense").cast(pa.int64())
        values = ranks.take(encoded.indices)
    filled = pc.fill_null(values, 0).to_numpy()
    return [filled] if column.null_count == 0 else [pc.is_null(column).to_numpy(), filled]
