"""Which rows of a report rest on so few cases that they must not be read as sure.

Owns the limits. Never hides a row: renderers grey and mark it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.numbers import DIFFERENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from valuekit.reports.report import Panel

COUNT = "Count"
OUTCOMES = ("Positives", "Negatives")
"""The columns that tell what a row splits into."""

SHARE = ("Scored", "pos_fraction")
"""Those that do where a model is scored: the offers that have a score, and the share of positives among these."""

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

    A row does where it has fewer than 30 cases: its `Count`, or, of a model, those with a score. Where it splits into
    positives and negatives, it does also with fewer than 5 of either.
    """
    table = panel.table
    if COUNT not in table.columns or _shows_counts(panel):
        return [False] * table.height
    known = _known(panel)
    scored = known.get(SHARE[0])
    cases = table[COUNT] if scored is None else scored.fill_null(table[COUNT])
    low = (cases < FEWEST).fill_null(value=True)
    for kind in _kinds(panel, known, cases):
        low |= (kind < FEWEST_OF_A_KIND).fill_null(value=False)
    return low.to_list()


def sure_rows(panel: Panel) -> pl.DataFrame:
    """The rows that set the scale of a picture: those that rest on enough cases; all where none does.

    A rate of 100 % of one case would flatten all others.
    """
    low = low_counts(panel)
    return panel.table if all(low) or not any(low) else panel.table.filter([not is_low for is_low in low])


def _shows_counts(panel: Panel) -> bool:
    """Tell whether a panel is about counts, and their shares, themselves: however small, they are what they are."""
    if panel.picture is not None and panel.picture.mark in _COUNTS_ARE_DRAWN:
        return True
    numbers = ((column, column.unit.removeprefix(DIFFERENCE)) for column in panel.columns if column.role == "number")
    return all(unit == "count" or (unit == "rate" and column.score is None) for column, unit in numbers)


def behind(panel: Panel) -> pl.DataFrame | None:
    """The numbers that a panel does not show, for each row of its table; None where there are none."""
    found, keys = panel.behind, list(panel.key)
    if found is None:
        return None
    if not keys:
        return found.head(panel.table.height)
    rows = panel.table.select(keys)
    return rows.join(found, on=keys, how="left", nulls_equal=True, maintain_order="left").drop(keys)


def _known(panel: Panel) -> dict[str, pl.Series]:
    """The numbers of a panel by name, with those that it does not show."""
    found = {column.name: panel.table[column.name] for column in panel.columns if column.role == "number"}
    hidden = behind(panel)
    return found if hidden is None else found | {series.name: series for series in hidden.get_columns()}


def _kinds(panel: Panel, known: Mapping[str, pl.Series], cases: pl.Series) -> list[pl.Series]:
    """Positives and negatives by row, as they are or from a rate; none where there is neither."""
    if set(OUTCOMES) <= set(known):
        return [known[name] for name in OUTCOMES]
    rates = (column.name for column in panel.columns if column.unit == "rate" and column.low is not None)
    rate = next((name for name in (SHARE[1], *rates) if name in known), None)
    if rate is None:
        return []
    positives = (known[rate] * cases).round()
    return [positives, cases - positives]
