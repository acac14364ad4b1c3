"""The two kinds of facts, Interaction History and product holdings: what tells them apart, said once.

Owns which columns land always, which a file must have, what makes two rows the same row, and where a row belongs. Never
reads a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from valuekit.config.expressions import ExpressionError, bind
from valuekit.errors import ConfigError
from valuekit.facts import identity
from valuekit.facts.columns import DERIVED, INTERACTION_TYPES, KEYS, REQUIRED, Type, sql_type

if TYPE_CHECKING:
    from valuekit.config.expressions import Derived
    from valuekit.config.models import MetricConfig, SourceConfig

HOLDINGS_PARTITION = "1970-01-01"
"""The one partition of all holdings."""


@dataclass(frozen=True)
class FactKind:
    """What differs between kinds of facts.

    Attributes:
        name: the section of the config.
        keys: columns that always land.
        required: columns that every file must have.
        offer_id: the column that tells offers apart; None where there are none.
        row_id: the column that tells rows apart; None where all their values do.
        time: the column without which a row is rejected, and by which the latest of equal rows wins; None for none.
        types: the types of columns by name, where they do not follow from the name's form or a default value.
        derived: columns that the facts view makes of others.
        row_key: SQL of the identity of a staged row, once `_offer` is known.
        own_partition: SQL of the partition of a row that shares its offer with no other.
        kept_ids: which of the row's ids, as a number and as a text, stay with a fact.
    """

    name: Literal["ih", "holdings"]
    keys: tuple[str, ...]
    required: tuple[str, ...]
    offer_id: str | None
    row_id: str | None
    time: str | None
    types: Mapping[str, Type] = field(hash=False)
    derived: Mapping[str, tuple[str, ...]] = field(hash=False)
    row_key: str
    own_partition: str
    kept_ids: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The columns that tell offers and rows apart, those that there are."""
        return tuple(name for name in (self.offer_id, self.row_id) if name is not None)

    @property
    def latest_first(self) -> str:
        """SQL that orders rows of one identity before all other columns do."""
        return "" if self.time is None else f'"{self.time}" DESC, '

    def column_type(self, name: str, source: SourceConfig) -> Type:
        """Type one column: by name, any other a number if its default value is one, else text.

        A text whose name ends with ID has too many values to be a label.
        """
        if name in self.types:
            return self.types[name]
        default = source.default_values.get(name)
        if isinstance(default, int | float) and not isinstance(default, bool):
            return Type.NUMBER
        return Type.TEXT if name.endswith("ID") else Type.LABEL

    def id_signatures(self, source: SourceConfig) -> tuple[str, ...]:
        """What identifies rows and offers in the ledger: landing them otherwise means reading files again."""
        if self.name == "ih":
            return tuple(
                f"{name}={source.columns[name]}" for name in ("FactID", "InteractionID") if name in source.columns
            )
        return () if self.row_id is None else (f"{self.row_id}={source.columns.get(self.row_id, self.row_id)}",)


INTERACTIONS = FactKind(
    name="ih",
    keys=KEYS,
    required=REQUIRED,
    offer_id="InteractionID",
    row_id="FactID",
    time="OutcomeTime",
    types=INTERACTION_TYPES,
    derived=DERIVED,
    row_key=identity.ROW_KEY,
    own_partition=identity.OWN_PARTITION,
    kept_ids=("_fact", "_fact_text"),
)
"""Interaction History: rows are outcomes of offers."""


def holdings(source: SourceConfig, metrics: Iterable[MetricConfig]) -> FactKind:
    """Product holdings: rows are orders.

    An order is known by the order id of the clv metrics, when they agree on one that files hold; else by all its
    values. It has one place, for the purchases of a customer are never looked at by day.

    Args:
        source: the `[holdings]` section.
        metrics: the clv metrics.
    """
    sections = list(metrics)
    computed = {item.name: item for item in source.derived}
    orders = {section.order_id_col for section in sections}
    row_id = next(iter(orders)) if len(orders) == 1 and computed.keys().isdisjoint(orders) else None
    needed = [_needed(section, computed) for section in sections]
    required = set.intersection(*needed) - source.default_values.keys() if needed else set()
    return FactKind(
        name="holdings",
        keys=(),
        required=tuple(sorted(required)),
        offer_id=None,
        row_id=row_id,
        time=None,
        types=_types(sections, computed),
        derived={},
        row_key=identity.ORDER_KEY,
        own_partition=f"DATE '{HOLDINGS_PARTITION}'",
        kept_ids=(),
    )


def _needed(section: MetricConfig, computed: Mapping[str, Derived]) -> set[str]:
    """The columns without which a metric sees no purchase: those of the customer and of the date, if files hold them.

    Of a date that is computed from several columns none is: files may have one or the other.
    """
    needed = {section.customer_id_col} - computed.keys()
    date = section.purchase_date_col
    sources = computed[date].expression.columns if date in computed else {date}
    return needed | (set(sources) if len(sources) == 1 else set())


def _types(sections: list[MetricConfig], computed: Mapping[str, Derived]) -> dict[str, Type]:
    """The types of the columns that clv metrics give a meaning to, and of Pega's own."""
    roles: dict[str, Type] = {}
    for section in sections:
        roles |= {section.order_id_col: Type.TEXT, section.customer_id_col: Type.TEXT}
        roles |= dict.fromkeys((section.monetary_value_col, *_recurring(section)), Type.NUMBER)
    dates = {section.purchase_date_col for section in sections}
    roles |= dict.fromkeys(dates, Type.TIME)
    types = {**INTERACTION_TYPES, **_PEGA, **{name: kind for name, kind in roles.items() if name not in computed}}
    for name in sorted(dates & computed.keys()):
        types |= _date_sources(computed[name], types, dates - computed.keys())
    return types


def _date_sources(item: Derived, types: Mapping[str, Type], dates: Iterable[str]) -> dict[str, Type]:
    """The types of the columns that a date is computed from: texts where the expression takes them, else times.

    A column that is itself the date of a metric is a time.
    """
    unknown = _PEGA_DATES.difference(dates)
    own = {name: types[name] for name in item.expression.columns if name in types and name not in unknown}
    free = item.expression.columns - own.keys()
    for kind in (Type.TEXT, Type.TIME):
        trial = {**own, **dict.fromkeys(free, kind)}
        try:
            bind(item.expression, {name: sql_type(kind) for name, kind in trial.items()}, "any")
        except ExpressionError:
            continue
        return dict.fromkeys(free, kind)
    return dict.fromkeys(free, Type.TEXT)


def _recurring(section: MetricConfig) -> tuple[str, ...]:
    return tuple(name for name in (section.recurring_cost, section.recurring_period) if name is not None)


_PEGA_DATES = frozenset({"PurchasedDate", "PurchasedDateTime"})
_PEGA = {
    **dict.fromkeys(_PEGA_DATES, Type.TEXT),
    **dict.fromkeys(("OneTimeCost", "RecurringCost", "RecurringPeriod"), Type.NUMBER),
}


def refuse_roles(section: MetricConfig) -> None:
    """Refuse a clv metric that takes one column for two things.

    Raises:
        ConfigError: the customer, the date or the value is the same column.
    """
    roles = {"customer_id_col": section.customer_id_col, "purchase_date_col": section.purchase_date_col}
    roles["monetary_value_col"] = section.monetary_value_col
    seen: dict[str, str] = {}
    for role, column in roles.items():
        if column in seen:
            raise ConfigError(f'[metrics.{section.name}] {seen[column]} and {role} are both "{column}"')
        seen[column] = role
