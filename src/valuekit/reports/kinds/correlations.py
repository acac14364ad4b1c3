"""How two numbers of customers go together: coefficients, and where customers are dense.

Owns the two panels. Never computes a coefficient: `valuekit.stats.correlation` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from valuekit.metrics.notes import absences
from valuekit.reports.kinds.customer_numbers import number_of
from valuekit.reports.kinds.fields import grain_of
from valuekit.reports.kinds.subject import Drawn
from valuekit.reports.kinds.tables import COUNT, refuse_taken
from valuekit.reports.report import Column, Panel, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from valuekit.reports.kinds.subject import Answers, Groups, Subject
    from valuekit.reports.report import Channel

METHOD, CORRELATION, P_VALUE = "Method", "Correlation", "p_value"
_ENDS = ("Correlation_ci_low", "Correlation_ci_high")
DENSE = 20
"""Of each number so many bins, about."""

_UNDEFINED = "there are fewer than two customers, or they are all alike in one of the numbers"


def correlation(subject: Subject, answers: Answers) -> Drawn:
    """Pearson's, Kendall's and Spearman's coefficient of two numbers of the customers of each group."""
    from valuekit.stats.correlation import SAMPLE

    by = grain_of(subject.report, subject.metric)
    refuse_taken(by, (METHOD, COUNT, CORRELATION, *_ENDS, P_VALUE))
    groups = answers.groups(subject, by)
    warnings = []
    if int(groups.members.count.max(initial=0)) > SAMPLE:
        warnings.append(f"Kendall's correlation is that of {SAMPLE:,} customers, drawn by chance")
    panels = [_coefficients(subject, groups, by)]
    if subject.report.x != subject.report.y:
        panels.append(_density(subject, groups, by))
    return Drawn(tuple(panels), tuple(warnings))


def _coefficients(subject: Subject, groups: Groups, by: tuple[str, ...]) -> Panel:
    import polars as pl

    rows = list(_rows(subject, groups))
    places = [place for place, *_ in rows]
    names = (METHOD, COUNT, CORRELATION, *_ENDS, P_VALUE)
    columns = dict(zip(names, zip(*(row[1:] for row in rows), strict=True), strict=True)) if rows else {}
    types = {METHOD: pl.String, COUNT: pl.Int64, **dict.fromkeys((CORRELATION, *_ENDS, P_VALUE), pl.Float64)}
    numbers = pl.DataFrame(columns, schema=types).with_columns(pl.col(CORRELATION, *_ENDS, P_VALUE).fill_nan(None))
    keys = groups.keys[places].get_columns() if by else []
    frame = pl.DataFrame([*keys, *numbers.get_columns()])
    why = frame.select(pl.when(pl.col(CORRELATION).is_null()).then(pl.lit(_UNDEFINED))).to_series()
    notes = absences(frame, [*by, METHOD], {CORRELATION: why}, [CORRELATION])
    channels: dict[Channel, str] = {"x": METHOD, "y": CORRELATION, **({"color": by[0]} if by else {})}
    described = (
        *(Column(name, "dimension", "text") for name in (*by, METHOD)),
        Column(COUNT, "number", "count"),
        Column(CORRELATION, "number", "ratio", *_ENDS),
        *(Column(name, "number", "ratio") for name in _ENDS),
        Column(P_VALUE, "number", "probability"),
    )
    picture = Picture("bars", channels, legend=subject.report.showlegend)
    return Panel("", "", frame, described, picture, notes, (*by, METHOD))


def _density(subject: Subject, groups: Groups, by: tuple[str, ...]) -> Panel:
    """Count the customers of each group by bins of both numbers; a bin is named by its lower edge."""
    import polars as pl

    x, y = str(subject.report.x), str(subject.report.y)
    values = [number_of(groups, name)[0] for name in (x, y)]
    both = ~(np.isnan(values[0]) | np.isnan(values[1]))
    bins = {name: pl.Series(_lower_edges(found[both])) for name, found in zip((x, y), values, strict=True)}
    group = pl.Series(groups.members.group[both])
    counts = pl.DataFrame({"group": group, **bins}).group_by("group", x, y).len(COUNT).sort("group", x, y)
    keys = groups.keys[counts["group"].to_list()].get_columns() if by else []
    frame = pl.DataFrame([*keys, *counts.select(x, y, pl.col(COUNT).cast(pl.Int64)).get_columns()])
    columns = (*(Column(name, "dimension", "text") for name in (*by, x, y)), Column(COUNT, "number", "count"))
    channels: dict[Channel, str] = {"x": x, "y": y, "color": COUNT, **({"facet_row": by[0]} if by else {})}
    title = f"Customers by {x} and {y}, from the lower end of each bin"
    return Panel("density", title, frame, columns, Picture("heatmap", channels), (), (*by, x, y))


def _lower_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower edge of the bin of each value."""
    from valuekit.stats.edges import round_edges

    if values.size == 0:
        return values
    whole = bool((values == np.floor(values)).all())
    edges = round_edges(float(values.min()), float(values.max()), whole=whole, most=DENSE)
    place = np.searchsorted(edges, values, side="right") - 1
    return edges[np.clip(place, 0, edges.size - 2)]


def _rows(subject: Subject, groups: Groups) -> Iterator[tuple[int, str, int, float, float, float, float]]:
    from valuekit.stats.correlation import correlations

    report, members = subject.report, groups.members
    x, _ = number_of(groups, str(report.x))
    y, _ = number_of(groups, str(report.y))
    both = ~(np.isnan(x) | np.isnan(y))
    for place in range(members.size):
        mine = both & (members.group == place)
        for found in correlations(x[mine], y[mine]):
            yield place, found.method, found.pairs, found.value, found.low, found.high, found.p_value
