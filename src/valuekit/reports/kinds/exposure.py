"""When customers bought: a line for each of a sample, from the first purchase to the end of observation.

Owns how many customers are shown. Who they are stays unsaid: a customer is a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.kinds.fields import grain_of
from valuekit.reports.kinds.subject import Drawn
from valuekit.reports.kinds.tables import refuse_taken, spread
from valuekit.reports.report import Column, Panel, Picture

if TYPE_CHECKING:
    from valuekit.reports.kinds.subject import Answers, Subject
    from valuekit.reports.report import Channel

SAMPLE = 100
"""So many customers can be told apart."""

CUSTOMER, DATE, END, ORDERS = "Customer", "PurchaseDate", "ObservationEnd", "Orders"


def exposure(subject: Subject, answers: Answers) -> Drawn:
    """The purchases of some customers, in the order of their first ones."""
    import polars as pl

    by = grain_of(subject.report, subject.metric)
    refuse_taken(by, (CUSTOMER, DATE, END, ORDERS))
    bought = answers.bought(subject, by, SAMPLE)
    frame = bought.rows.select(
        (pl.col("customer") + 1).alias(CUSTOMER),
        *by,
        pl.col("date").alias(DATE),
        pl.lit(bought.end, dtype=pl.Date).alias(END),
        pl.col("orders").alias(ORDERS),
    )
    channels: dict[Channel, str] = {"x": DATE, "y": CUSTOMER, "x_end": END, **spread(subject.report, "color")}
    columns = (
        Column(CUSTOMER, "dimension", "text"),
        *(Column(name, "dimension", "text") for name in by),
        Column(DATE, "dimension", "time"),
        Column(END, "dimension", "time"),
        Column(ORDERS, "number", "count"),
    )
    picture = Picture("exposure", channels, legend=subject.report.showlegend)
    found = Panel("", "", frame, columns, picture, (), (CUSTOMER, *by, DATE))
    said = f"{SAMPLE} of {bought.customers:,} customers, drawn by chance"
    return Drawn((found,), (said,) if bought.customers > SAMPLE else ())
