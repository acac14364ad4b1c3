"""The facts view: landed source values become what a metric reads.

Owns the order of preparation: an empty text is missing, then `default_values`, then derived columns, then the config's
`columns`, then its `filter`. Nothing of it is stored, so changing any of it never reads a file again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.errors import ConfigError
from valuekit.facts import labels
from valuekit.facts.columns import (
    EMPTY_INTEGER,
    TIME_DIMENSIONS,
    UNREADABLE_INTEGER,
    Column,
    Type,
    sql_type,
)
from valuekit.facts.kinds import INTERACTIONS, FactKind

if TYPE_CHECKING:
    from valuekit.config.models import SourceConfig

_TIME_SQL = {
    "Day": "{day}",
    "Week": "strftime({day}, '%G-W%V')",
    "Month": "strftime({day}, '%Y-%m')",
    "Quarter": "concat(CAST(year({day}) AS VARCHAR), '_Q', CAST(quarter({day}) AS VARCHAR))",
    "Year": "CAST(year({day}) AS VARCHAR)",
}

TYPES: Mapping[str, str] = {
    "ActionID": "VARCHAR",
    "ResponseTime": "DOUBLE",
    "Day": "DATE",
    **dict.fromkeys(TIME_DIMENSIONS[1:], "VARCHAR"),
}
"""The DuckDB types of derived columns."""


def time_dimension(name: str, day: str) -> str:
    """SQL of a time dimension from the SQL of a day: Day, Week (ISO), Month, Quarter or Year."""
    return _TIME_SQL[name].format(day=day)


_MARKS = {
    Type.NUMBER: ("isnan({column})", "isinf({column})"),
    Type.INTEGER: (f"{{column}} = {EMPTY_INTEGER}", f"{{column}} = {UNREADABLE_INTEGER}"),
}
"""How a column of numbers marks an empty text, and an unreadable one."""

KEYS = "_partition, _offer, _row, _time, _fact, _fact_text"
"""What every prepared row carries: its partition, offer and identity, and the first columns of its order."""


class FactsView:
    """What metrics read of a source's facts.

    Args:
        source: the section of the config.
        kind: the kind of its facts.
    """

    def __init__(self, source: SourceConfig, kind: FactKind = INTERACTIONS) -> None:
        self.source = source
        self.kind = kind
        self._columns = {item.name: item.expression for item in source.derived}

    def column_type(self, name: str) -> str:
        """The DuckDB type of a column before the config's own `columns`."""
        derived = TYPES.get(name) if name in self.kind.derived else None
        return derived or sql_type(self._type(name))

    def _type(self, name: str) -> Type:
        return self.kind.column_type(name, self.source)

    def _column(self, name: str) -> Column:
        return Column(name, self._type(name))

    def definition(self, names: Iterable[str]) -> dict[str, object]:
        """Everything in the config that the values of these columns depend on, for a fingerprint."""
        source = self.source
        prepared = self._prepared(names)
        landed = sorted(self._landed(prepared))
        return {
            "filter": source.filter.sql if source.filter else None,
            "columns": {name: self._columns[name].sql for name in prepared if name in self._columns},
            "default_values": {name: source.default_values[name] for name in landed if name in source.default_values},
            "fill_empty": source.fill_empty,
            "timezone": source.timezone,
            "day_of": source.day_of,
            "types": {name: self._type(name).value for name in landed},
            "sources": {name: source.columns[name] for name in landed if name in source.columns},
        }

    def is_derived(self, name: str) -> bool:
        """Tell whether the config computes a column by an expression of its own."""
        return name in self._columns

    def has_codes(self, name: str) -> bool:
        """Tell whether a column is a landed label, whose codes will do where its texts are only compared."""
        return name not in self._columns and name not in self.kind.derived and self._type(name) is Type.LABEL

    def texts(self, name: str, texts: Sequence[str]) -> tuple[str | None, list[str | None]]:
        """The values that the codes of a label stand for: that of a missing code, and that of each code.

        Args:
            name: a column with codes.
            texts: the text of every code.
        """
        default = self.source.default_values.get(name)
        text = None if default is None else _default_text(default) or None
        empty = text if self.source.fill_empty else None
        return text, [label or empty for label in texts]

    def select(self, names: Iterable[str], *, where: str, codes: Iterable[str] = ()) -> str:
        """SQL of the prepared rows.

        Args:
            names: the columns to give, besides those of `KEYS`.
            where: SQL over the columns of `facts` that picks partitions.
            codes: labels to give as codes, under the names that `code` gives them; a missing one as MISSING.
        """
        wanted = sorted(set(names))
        coded = [sql.name(code(name)) for name in sorted(set(codes))]
        prepared = self._prepared(wanted)
        raw = sorted({column for name in prepared for column in self._inputs(name)})
        landed = sorted(self._landed(prepared))
        condition = f"\n    WHERE {self.source.filter.sql}" if self.source.filter else ""
        return f"""
WITH landed AS (
    SELECT _partition, _offer, _row, {self._time()} AS _time, _fact, _fact_text{
            _listed(self._landed_sql(name) for name in landed)
        }{_listed(labels.code_sql(f"facts.{sql.name(name)}", code(name)) for name in sorted(set(codes)))}
    FROM facts{labels.joins([self._column(name) for name in landed], "facts")}
    WHERE {where}
),
derived AS (
    SELECT {KEYS}{_listed(self._derived_sql(name) for name in raw)}{_listed(coded)} FROM landed
),
prepared AS (
    SELECT {KEYS}{_listed(self._prepared_sql(name) for name in prepared)}{_listed(coded)} FROM derived
),
chosen AS (
    SELECT {KEYS}{_listed(sql.name(name) for name in wanted)}{_listed(coded)} FROM prepared{condition}
)"""

    def _inputs(self, name: str) -> Iterable[str]:
        return self._columns[name].columns if name in self._columns else (name,)

    def _prepared(self, names: Iterable[str]) -> list[str]:
        """The names asked for and those that the filter of the source reads."""
        return sorted({*names, *(self.source.filter.columns if self.source.filter else ())})

    def _landed(self, prepared: Iterable[str]) -> set[str]:
        """The landed columns that prepared ones are made of."""
        raw = {column for name in prepared for column in self._inputs(name)}
        return {column for name in raw for column in self.kind.derived.get(name, (name,))}

    def _landed_sql(self, name: str) -> str:
        """One landed column with its default; an empty text is missing, and only `fill_empty` gives it the default."""
        column, kind = sql.name(name), self._type(name)
        default = self._default(name, kind)
        if kind in {Type.TEXT, Type.LABEL}:
            value = self.text_sql(name, labels.text_of(name) if kind is Type.LABEL else column)
        elif kind in _MARKS:
            is_empty, is_unreadable = (mark.format(column=column) for mark in _MARKS[kind])
            empty = default if default is not None and self.source.fill_empty else "NULL"
            value = (
                f"CASE WHEN {column} IS NULL THEN {default or 'NULL'} WHEN {is_empty} THEN {empty} "
                f"WHEN {is_unreadable} THEN NULL ELSE {column} END"
            )
        else:
            value = column
        return f"{value} AS {column}"

    def text_sql(self, name: str, text: str) -> str:
        """SQL of the value of a text column, from the SQL of the text that landed."""
        default = self._default(name, Type.TEXT)
        if default is None:
            return f"nullif({text}, '')"
        if self.source.fill_empty:
            return f"coalesce(nullif({text}, ''), {default})"
        return f"nullif(coalesce({text}, {default}), '')"

    def _default(self, name: str, kind: Type) -> str | None:
        if name not in self.source.default_values:
            return None
        value = self.source.default_values[name]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind in {Type.TEXT, Type.LABEL}:
            return sql.literal(_default_text(value))
        if kind is Type.TIME:
            raise ConfigError(f"[{self.source.kind}.extensions.default_values] {name}: a time cannot have a default")
        if not is_number:
            raise ConfigError(f"[{self.source.kind}.extensions.default_values] {name} = {value!r} must be a number")
        return sql.literal(float(value) if kind is Type.NUMBER else int(value))

    def _derived_sql(self, name: str) -> str:
        column = sql.name(name)
        if name not in self.kind.derived:
            return column
        if name in TIME_DIMENSIONS:
            return f"{time_dimension(name, self._day())} AS {column}"
        if name == "ActionID":
            parts = """coalesce("Issue", ''), '/', coalesce("Group", ''), '/', coalesce("Name", '')"""
            return f"concat({parts}) AS {column}"
        if name == "ResponseTime":
            microseconds = 'epoch_us("OutcomeTime") - epoch_us("DecisionTime")'
            return f"CAST({microseconds} AS DOUBLE) / {sql.literal(1e6)} AS {column}"
        return column

    def _time(self) -> str:
        return "NULL" if self.kind.time is None else sql.name(self.kind.time)

    def _day(self) -> str:
        moment = '"DecisionTime"' if self.source.day_of == "decision" else '"OutcomeTime"'
        if self.source.timezone != "UTC":
            zone = sql.literal(self.source.timezone)
            moment = f"(({moment} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"
        return f"CAST({moment} AS DATE)"

    def _prepared_sql(self, name: str) -> str:
        if name in self._columns:
            return f"{self._columns[name].sql} AS {sql.name(name)}"
        return sql.name(name)


def code(name: str) -> str:
    """The name under which the codes of a label are selected."""
    return f"_code {name}"


def _default_text(value: str | float) -> str:
    """A default value of a text, as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(items: Iterable[str]) -> str:
    return "".join(f", {item}" for item in items)
