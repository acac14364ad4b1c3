"""Facts of holdings become purchases, in DuckDB.

Owns the SQL of orders, as a metric means them. Which purchases count for a question is decided when they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from valuekit import sql
from valuekit.engines.storing import LeftOut, Orders, store
from valuekit.facts.columns import TIME_DIMENSIONS
from valuekit.facts.labels import EMPTY, MISSING
from valuekit.facts.view import code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from valuekit.facts.view import FactsView
    from valuekit.states.purchases import PurchasePlan, Stored


@dataclass(frozen=True)
class Codes:
    """Dimensions that are given as codes.

    Attributes:
        of: by name, the SQL of a code that stands for one text only.
    """

    of: Mapping[str, str]


def orders_sql(plan: PurchasePlan, view: FactsView, codes: Codes) -> str:
    """SQL of the orders of a metric: `customer`, the dimensions, `date`, `value`, `recurring`.

    Orders without a customer or a date are among them, so that they can be counted. Where rows are parts of orders, the
    rows of a customer, the dimensions and a date come as one, with the number of orders and of those without a value.

    Args:
        plan: the metric.
        view: what it reads of the facts.
        codes: the dimensions that are given as codes.
    """
    filtered = plan.filter.columns if plan.filter else frozenset[str]()
    names = plan.reads - (codes.of.keys() - filtered)
    chosen = view.select(names, where="TRUE", codes=codes.of)
    if plan.order is None:
        return f"{chosen} {_orders_sql(plan, codes)}"
    keys = sql.names(("customer", *plan.dimensions, "date"))
    return f"""{chosen},
bought AS ({_orders_sql(plan, codes)})
SELECT {keys}, {_sum("value")} AS value, {_sum("recurring")} AS recurring,
       count(DISTINCT _order) + count(*) FILTER (_order IS NULL) AS orders, count(*) - count(value) AS _blank
FROM bought GROUP BY {keys}"""


def _sum(column: str) -> str:
    """Values are added in their order, so that equal facts give equal bits."""
    return f"sum({column} ORDER BY {column})"


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
    return Codes(found)


def _texts_sql(view: FactsView, codes: Codes, table: str) -> str:
    """SQL of a table with the texts of its dimensions."""
    labels = {name: sql.name(f"label {name}") for name in codes.of}
    texts = [
        f"CASE WHEN {table}.{sql.name(name)} IS NULL THEN {sql.literal(view.texts(name, ())[0])} "
        f"ELSE nullif({label}.label, '') END AS {sql.name(name)}"
        for name, label in labels.items()
    ]
    replaced = f" REPLACE ({', '.join(texts)})" if texts else ""
    joins = "".join(
        f" LEFT JOIN labels AS {label} ON {label}.code = {table}.{sql.name(name)}" for name, label in labels.items()
    )
    return f"SELECT {table}.*{replaced} FROM {table}{joins}"


def make_purchases(connection: DuckDBPyConnection, plan: PurchasePlan, view: FactsView, stored: Stored) -> LeftOut:
    """Make the temporary tables of the purchases of a metric; return what is not among them.

    Args:
        connection: the cache's.
        plan: the metric.
        view: what it reads of the facts.
        stored: what the tables are called.
    """
    codes = _codes(connection, plan, view)
    count = connection.execute("SELECT count(*) FROM facts").fetchall()[0][0]
    optional = {"recurring"} if plan.recurring else set()
    optional |= {"orders", "_blank"} if plan.order else set()
    orders = Orders(
        source=orders_sql(plan, view, codes),
        dimensions=tuple(plan.dimensions),
        optional=frozenset(optional),
        texts=lambda table: _texts_sql(view, codes, table),
        count=count,
    )
    return store(connection, orders, stored)
