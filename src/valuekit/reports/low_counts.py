"""Which rows of a report rest on so few cases that they must not be read as sure.

Owns the limits. Never hides a row: renderers grey and mark it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from valuekit.reports.report import Panel

COUNT = "Count"
FEWEST = 30
"""A row of fewer cases is marked."""

FEWEST_OF_A_KIND = 5
"""So is a rate of fewer positives, or negatives, than this."""

LOW = "fewer than 30 cases, or 5 of a kind"
"""What the mark means, in words."""

_COUNTS_ARE_DRAWN = ("histogram", "curve", "exposure", "funnel")
"""Pictures of counts themselves, which are no samples that a score rests on."""


def low_counts(panel: Panel) -> list[bool]:
    """Tell for each row of a panel whether it rests on too few cases.

    A row does where its `Count` is below 30; where it splits into positives and negatives, also with fewer than 5 of
    either.
    """
    table = panel.table
    if COUNT not in table.columns or _shows_counts(panel):
        return [False] * table.height
    low = (table[COUNT] < FEWEST).fill_null(value=True)
    for kind in _kinds(panel):
        low |= (kind < FEWEST_OF_A_KIND).fill_null(value=False)
    return low.to_list()


def _shows_counts(panel: Panel) -> bool:
    """Tell whether a panel is about counts, and their shares, themselves: however small, they are what they are."""
    if panel.picture is not None and panel.picture.mark in _COUNTS_ARE_DRAWN:
        return True
    numbers = (column for column in panel.columns if column.role == "number")
    return all(column.unit == "count" or (column.unit == "rate" and column.score is None) for column in numbers)


def _kinds(panel: Panel) -> list[pl.Series]:
    """Positives and negatives by row, from the table or from a rate with an interval; none where there is neither."""
    table = panel.table
    if {"Positives", "Negatives"} <= set(table.columns):
        return [table["Positives"], table["Negatives"]]
    rate = next((column for column in panel.columns if column.unit == "rate" and column.low is not None), None)
    if rate is None:
        return []
    positives = (table[rate.name] * table[COUNT]).round()
    return [positives, table[COUNT] - positives]
