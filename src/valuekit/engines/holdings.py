"""Facts of holdings become purchases, in DuckDB.

Owns the SQL that sums the orders of a customer on a day. Which purchases count for a question is decided when they are
read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.facts.labels import EMPTY, MISSING
from valuekit.facts.view import code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from valuekit.facts.view import FactsView
    from valuekit.states.purchases import PurchasePlan


@dataclass(frozen=True)
class LeftOut:
    """Orders that are landed and no purchase of a metric, or one without a value.

    Attributes:
        no_customer: orders without a customer.
        no_date: orders without a readable purchase date.
        no_value: orders without a readable value: they count as purchases of 0.
    """

    no_customer: int = 0
    no_date: int = 0
    no_value: int = 0


def purchases_sql(plan: PurchasePlan, view: FactsView, codes: Codes, crowded: str | None = None) -> str:
    """SQL of the purchases of a metric: `customer`, the dimensions, `date`, `value`, `orders`, `recurring`.

    Orders without a customer or a date are among them, so that they can be counted, and `_blank` counts those without a
    value.

    Args:
        plan: the metric.
        view: what it reads of the facts.
        codes: the dimensions that are given as codes.
        crowded: a table of `customer` and `date`: only the purchases of these days, whose values are added in their
            order, so that equal facts give equal bits. One and two values need no order.
    """
    in_order = crowded is not None or plan.order is not None
    facts, days = "TRUE", ""
    if crowded is not None:
        facts = _facts_of(plan, view, crowded)
        days = f"SEMI JOIN {crowded} USING (customer, date)"
    orders = "count(*)"
    if plan.order is not None:
        orders = "count(DISTINCT _order) + count(*) FILTER (_order IS NULL)"
    recurring = f"coalesce({_sum('recurring', in_order=in_order)}, 0)" if plan.recurring else "CAST(0 AS DOUBLE)"
    filtered = plan.filter.columns if plan.filter else frozenset[str]()
    names = plan.reads - (codes.of.keys() - filtered)
    key, keys = _key(plan, codes)
    return f"""{view.select(names, where=facts, codes=codes.of)},
bought AS ({_orders_sql(plan, codes)})
SELECT customer{keys}, coalesce({_sum("value", in_order=in_order)}, 0) AS value, CAST({orders} AS BIGINT) AS orders,
       {recurring} AS recurring, count(*) - count(value) AS _blank
FROM (SELECT *{key} FROM bought {days}) GROUP BY customer, {"_key" if key else sql.names((*plan.dimensions, "date"))}"""


def _key(plan: PurchasePlan, codes: Codes) -> tuple[str, str]:
    """SQL that packs dimensions and date into one number, and SQL that takes them out of it again.

    Grouping by one number costs two thirds of grouping by several columns. Where they do not all fit in, there is
    nothing to pack, and they are what they are.
    """
    names, bits = list(plan.dimensions), (codes.size + 1).bit_length()
    if not plan.landed_date or codes.of.keys() != set(names) or bits * len(names) + _DATE_BITS > 62:
        return "", f", {sql.names((*names, 'date'))}"
    packed, unpacked = [f"coalesce(date - {_BEFORE}, 0)"], []
    for place, name in enumerate(names):
        shift = place * bits + _DATE_BITS
        packed.append(f"(CAST(coalesce({sql.name(name)} + 1, 0) AS BIGINT) << {shift})")
        unpacked.append(f"CAST(nullif((_key >> {shift}) & {(1 << bits) - 1}, 0) - 1 AS INTEGER) AS {sql.name(name)}")
    unpacked.append(f"{_BEFORE} + CAST(nullif(_key & {(1 << _DATE_BITS) - 1}, 0) AS INTEGER) AS date")
    return f", {' | '.join(packed)} AS _key", f", {', '.join(unpacked)}"


_BEFORE = "DATE '1899-12-30'"
_DATE_BITS = 17
"""They hold more days than there are between 1899 and 2200, where every landed time lies in every zone."""


@dataclass(frozen=True)
class Codes:
    """Dimensions that are given as codes.

    Attributes:
        of: by name, the SQL of a code that stands for one text only.
        size: how many codes there are.
    """

    of: Mapping[str, str]
    size: int


def _sum(column: str, *, in_order: bool) -> str:
    return f"sum({column} ORDER BY {column})" if in_order else f"sum({column})"


def _orders_sql(plan: PurchasePlan, codes: Codes) -> str:
    """The orders that meet the filter of the metric, and those whose date nobody can tell."""
    customer = f"CAST({sql.name(plan.customer)} AS VARCHAR)"
    dimensions = "".join(
        f", {codes.of.get(name, value)} AS {sql.name(name)}" for name, value in plan.dimensions.items()
    )
    value, recurring = _finite(f"CAST({sql.name(plan.value)} AS DOUBLE)"), "CAST(0 AS DOUBLE)"
    if plan.recurring is not None:
        recurring = _finite(" * ".join(f"CAST({sql.name(name)} AS DOUBLE)" for name in plan.recurring))
    order = "" if plan.order is None else f", CAST({sql.name(plan.order)} AS VARCHAR) AS _order"
    condition = "" if plan.filter is None else f"WHERE ({plan.filter.sql}) OR {plan.date} IS NULL"
    return f"""
    SELECT CASE WHEN {customer} > ' ~' OR trim({customer}) <> '' THEN {customer} END AS customer{dimensions},
           {plan.date} AS date, {value} AS value, {recurring} AS recurring{order}
    FROM chosen {condition}
"""


def _finite(number: str) -> str:
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _facts_of(plan: PurchasePlan, view: FactsView, crowded: str) -> str:
    """SQL over facts that leaves out most of those that are not of certain customers, where that can be told."""
    if view.is_derived(plan.customer) or plan.customer in view.source.default_values:
        return "TRUE"
    return f"facts.{sql.name(plan.customer)} IN (SELECT customer FROM {crowded})"


def _codes(connection: DuckDBPyConnection, plan: PurchasePlan, view: FactsView) -> Codes:
    """The dimensions that can be grouped by code.

    A missing label and an empty one may mean the same text, and so may a default value and a label.
    """
    codes = dict(connection.execute("SELECT label, code FROM labels").fetchall())
    found = {}
    for name in plan.dimensions:
        if name not in TIME_DIMENSIONS and view.has_codes(name):
            of_null, (of_empty,) = view.texts(name, [""])
            column = sql.name(code(name))
            null, empty = (sql.literal(codes.get(text or "")) for text in (of_null, of_empty))
            found[name] = (
                f"CASE WHEN {column} = {MISSING} THEN {null} WHEN {column} = {EMPTY} THEN {empty} ELSE {column} END"
            )
    return Codes(found, len(codes))


def _texts_sql(view: FactsView, codes: Codes, orders: str) -> str:
    """SQL of purchases with the texts of their dimensions."""
    labels = {name: sql.name(f"label {name}") for name in codes.of}
    texts = [
        f"CASE WHEN {orders}.{sql.name(name)} IS NULL THEN {sql.literal(view.texts(name, ())[0])} "
        f"ELSE nullif({label}.label, '') END AS {sql.name(name)}"
        for name, label in labels.items()
    ]
    replaced = f" REPLACE ({', '.join(texts)})" if texts else ""
    joins = "".join(
        f" LEFT JOIN labels AS {label} ON {label}.code = {orders}.{sql.name(name)}" for name, label in labels.items()
    )
    return f"SELECT {orders}.* EXCLUDE (_blank){replaced} FROM {orders}{joins}"


def make_purchases(connection: DuckDBPyConnection, plan: PurchasePlan, view: FactsView, name: str) -> LeftOut:
    """Make a temporary view of the purchases of a metric; return what is not among them.

    Args:
        connection: the cache's.
        plan: the metric.
        view: what it reads of the facts.
        name: what the view is called: `customer`, the dimensions, `date`, `value`, `orders`, `recurring`.
    """
    orders = f"orders_of_{name}"
    codes = _codes(connection, plan, view)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {orders} AS {purchases_sql(plan, view, codes)}")
    counts = connection.execute(f"""
        SELECT coalesce(sum(orders) FILTER (customer IS NULL AND date IS NOT NULL), 0),
               coalesce(sum(orders) FILTER (date IS NULL), 0),
               coalesce(sum(_blank) FILTER (customer IS NOT NULL AND date IS NOT NULL), 0)
        FROM {orders} WHERE customer IS NULL OR date IS NULL OR _blank > 0
    """).fetchall()[0]
    if plan.order is None:
        _add_crowded(connection, orders, purchases_sql(plan, view, codes, "crowded"))
    texts = _texts_sql(view, codes, orders)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {texts} WHERE customer IS NOT NULL AND date IS NOT NULL")
    return LeftOut(*map(int, counts))


def _add_crowded(connection: DuckDBPyConnection, orders: str, again: str) -> None:
    """Take the purchases of days with more than two orders from another query, which adds values in their order."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE crowded AS
        SELECT DISTINCT customer, date FROM {orders} WHERE orders > 2 AND customer IS NOT NULL AND date IS NOT NULL
    """)
    if connection.execute("SELECT 1 FROM crowded LIMIT 1").fetchall():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE again AS {again}")
        connection.execute(f"DELETE FROM {orders} WHERE (customer, date) IN (SELECT (customer, date) FROM crowded)")
        connection.execute(f"INSERT INTO {orders} BY NAME FROM again")
        connection.execute("DROP TABLE again")
    connection.execute("DROP TABLE crowded")
