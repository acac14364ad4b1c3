"""What the facts of a source hold, as metrics would read them: the numbers of a profile.

Owns the queries. Reads facts that an ingest landed, or a sample that looks the same; changes nothing, and never judges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from valuekit import sql
from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.facts.view import FactsView
from valuekit.metrics.names import PROPERTIES
from valuekit.metrics.properties import is_number
from valuekit.validate.data.profile import Experiments, Range, Shares, Values
from valuekit.validate.data.reports import named_columns

if TYPE_CHECKING:
    from valuekit.config.expressions import Expression
    from valuekit.config.findings import KeyPath
    from valuekit.config.models import Config, MetricConfig
    from valuekit.pipeline.ingest import Landed
    from valuekit.validate.data.profile import SourceProfile

_DAY = timedelta(days=1)
_LABELS = 200
"""At most so many labels of one column."""


def reckon(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    plans: Landed,
    profile: SourceProfile,
    *,
    names: Iterable[str],
    now: datetime,
) -> SourceProfile:
    """Add to a profile what the values are.

    Args:
        connection: a store with facts.
        config: the config.
        plans: what it asks of the source.
        profile: what is known without the values.
        names: the columns that the config reads.
        now: times after it, by more than a day, are in the future.
    """
    asking = _Asking(connection, plans)
    metrics = [section for section in config.metrics.values() if FAMILIES[section.family].source == plans.kind.name]
    computed = {item.name for item in plans.source.derived}
    fine = asking.without_failing(sorted({*names, *computed}))
    whole = asking.one("count(*)", (), "derived")[0]
    found = replace(profile, rows=whole, values=asking.values(fine), failing=asking.failing)
    if not asking.filter_works():
        return replace(found, failing=asking.failing)
    found = replace(
        found,
        kept=asking.one("count(*)", (), "chosen")[0],
        ranges=asking.ranges([name for name in PROPERTIES if name in found.values]),
        future=_future(asking, metrics, set(fine), now),
    )
    passing = {
        section.name: passed
        for section in metrics
        if section.filter is not None and (passed := asking.passing(section.name, section.filter)) is not None
    }
    fit = [one for one in metrics if one.filter is None or one.name in passing]
    labelled = [one for one in fit if FAMILIES[one.family].needs_labels and "Outcome" in fine]
    return replace(
        found,
        passing=passing,
        labels=asking.shares("Outcome", "prepared", ()) if labelled else (),
        counted={one.name: asking.shares("Outcome", "chosen", _condition(one)) for one in labelled},
        arms={
            one.name: asking.shares(one.arm_column, "chosen", (*_condition(one), *_labelled(one)))
            for one in labelled
            if "arm_column" in FAMILIES[one.family].keys and one.arm_column in fine
        },
        experiments={
            one.name: asking.experiments(one)
            for one in labelled
            if one.family == "experiment" and {one.experiment_name, one.experiment_group} <= set(fine)
        },
        members=asking.members(sorted(named_columns(config, plans.kind.name) & set(fine))),
        failing=asking.failing,
    )


def _condition(section: MetricConfig) -> tuple[Expression, ...]:
    return () if section.filter is None else (section.filter,)


def _labelled(section: MetricConfig) -> tuple[str, ...]:
    labels = ", ".join(sql.literal(label) for label in (*section.positive, *section.negative))
    return (f'CAST("Outcome" AS VARCHAR) IN ({labels})',) if labels else ()


def _future(
    asking: _Asking, metrics: Sequence[MetricConfig], fine: set[str], now: datetime
) -> tuple[int, datetime] | None:
    """How many rows lie in the future, and the latest time; for holdings by the date of purchase."""
    if asking.plans.kind.time is not None:
        columns = ["_time"]
    else:
        columns = sorted({section.purchase_date_col for section in metrics} & fine)
    for name in columns:
        moment = f"CAST({sql.name(name)} AS TIMESTAMP)"
        asked = f"count(*) FILTER (WHERE {moment} > {sql.literal((now + _DAY).isoformat(' '))}), max({moment})"
        count, latest = asking.one(asked, () if name == "_time" else (name,), "chosen")
        if count:
            return count, latest
    return None


@dataclass
class _Asking:
    """Questions to the facts of one source.

    Attributes:
        connection: the store.
        plans: what the config asks of the source.
        failing: expressions that fail on the data.
    """

    connection: duckdb.DuckDBPyConnection
    plans: Landed
    failing: dict[tuple[KeyPath, str | None], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        source = self.plans.source
        self._view = FactsView(source, self.plans.kind)
        self._unfiltered = FactsView(source.model_copy(update={"filter": None}), self.plans.kind)

    def rows(self, asked: str, names: Iterable[str], table: str, rest: str = "") -> list[tuple[Any, ...]]:
        """Ask for rows of `prepared`, which no filter has touched, or of `chosen`."""
        view = self._view if table == "chosen" else self._unfiltered
        query = f"{view.select(names, where='TRUE')}\nSELECT {asked} FROM {table} {rest}"
        return self.connection.execute(query).fetchall()

    def one(self, asked: str, names: Iterable[str], table: str) -> tuple[Any, ...]:
        """Ask for one row."""
        (row,) = self.rows(asked, names, table)
        return row

    def without_failing(self, names: Sequence[str]) -> list[str]:
        """The columns that can be read; computed ones that fail are remembered."""
        fine = []
        for name in names:
            if not self._view.is_derived(name):
                fine.append(name)
                continue
            path = (self.plans.source.kind, "extensions", "columns")
            if self._works(path, name, f"count({sql.name(name)})", (name,), "prepared"):
                fine.append(name)
        return fine

    def filter_works(self) -> bool:
        """Tell whether the filter of the source works, and everything that it reads."""
        chosen = self.plans.source.filter
        if chosen is None:
            return True
        failed = {name for _, name in self.failing}
        path = (self.plans.source.kind, "extensions", "filter")
        return chosen.columns.isdisjoint(failed) and self._works(path, None, "count(*)", (), "chosen")

    def passing(self, metric: str, condition: Expression) -> int | None:
        """How many chosen rows pass the filter of a metric; None where it fails."""
        if not condition.columns.isdisjoint(name for _, name in self.failing):
            return None
        asked = f"count(*) FILTER (WHERE {condition.sql})"
        path = ("metrics", metric, "filter")
        if not self._works(path, None, asked, sorted(condition.columns), "chosen"):
            return None
        return int(self.one(asked, sorted(condition.columns), "chosen")[0])

    def _works(self, path: KeyPath, name: str | None, asked: str, names: Iterable[str], table: str) -> bool:
        try:
            self.rows(asked, names, table)
        except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException) as error:
            why = str(error).splitlines()[0].partition(": ")[2] or str(error)
            self.failing[path, name] = quoted(why, 200)[1:-1]
            return False
        return True

    def values(self, names: Sequence[str]) -> dict[str, Values]:
        """How many rows have a value in each column, and about how many different ones."""
        if not names:
            return {}
        asked = ", ".join(f"count({sql.name(name)}), approx_count_distinct({sql.name(name)})" for name in names)
        row = self.one(asked, names, "prepared")
        return {name: Values(row[2 * at], min(row[2 * at], row[2 * at + 1])) for at, name in enumerate(names)}

    def ranges(self, names: Sequence[str]) -> dict[str, Range]:
        """Propensities that are not from 0 to 1."""
        found = {}
        for name in names:
            if not is_number(self._type(name)):
                continue
            value = f"CAST({sql.name(name)} AS DOUBLE)"
            asked = (
                f"count(*) FILTER (WHERE {value} < 0), count(*) FILTER (WHERE {value} > 1), min({value}), max({value})"
            )
            below, above, least, most = self.one(asked, (name,), "chosen")
            if below or above:
                found[name] = Range(below, above, most if above else least)
        return found

    def _type(self, name: str) -> str:
        if not self._view.is_derived(name):
            return self._view.column_type(name)
        ((kind,),) = self.rows(f"typeof(any_value({sql.name(name)}))", (name,), "prepared")
        return str(kind)

    def shares(self, name: str, table: str, conditions: Sequence[Expression | str]) -> Shares:
        """The texts of a column and how many rows have each."""
        texts = [one if isinstance(one, str) else one.sql for one in conditions]
        reads = {name, *(("Outcome",) if texts else ())}
        for one in conditions:
            reads |= set() if isinstance(one, str) else one.columns
        where = f"WHERE {' AND '.join(texts)}" if texts else ""
        rest = f"{where} GROUP BY label ORDER BY count DESC, label NULLS FIRST LIMIT {_LABELS}"
        found = self.rows(f"CAST({sql.name(name)} AS VARCHAR) AS label, count(*) AS count", sorted(reads), table, rest)
        return tuple((label, count) for label, count in found)

    def members(self, names: Sequence[str]) -> dict[str, Shares]:
        """All texts of columns; without those that have too many."""
        found = {name: self.shares(name, "chosen", ()) for name in names}
        return {name: shares for name, shares in found.items() if len(shares) < _LABELS}

    def experiments(self, section: MetricConfig) -> Experiments:
        """What the columns of an experiment hold, in the rows that the metric counts."""
        conditions: list[Expression | str] = [*_condition(section), *_labelled(section)]
        of_names = self.shares(section.experiment_name, "chosen", conditions)
        named = f"{sql.name(section.experiment_name)} IS NOT NULL"
        reads = {section.experiment_name, section.experiment_group, "Outcome"}
        reads |= section.filter.columns if section.filter else set()
        texts = [one if isinstance(one, str) else one.sql for one in conditions]
        group = f"CAST({sql.name(section.experiment_group)} AS VARCHAR) AS label, count(*) AS count"
        rest = f"WHERE {' AND '.join([named, *texts])} GROUP BY label ORDER BY count DESC, label NULLS FIRST LIMIT 50"
        groups = self.rows(group, sorted(reads), "chosen", rest)
        rows = sum(count for _, count in of_names)
        return Experiments(rows, sum(count for label, count in of_names if label is not None), tuple(groups))
