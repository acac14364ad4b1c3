"""Scores for people: one table a metric, in blocks that fit the width, and under it why a value is missing.

Owns the layout on a terminal. Never shortens a value: what does not fit goes into a further block or on a further line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.numbers import shown, shown_interval
from valuekit.reports.plain import plain
from valuekit.reports.reasons import made_of, sentences
from valuekit.reports.terminal.grid import NARROWEST, UNLIMITED, Column, grid_lines, upright
from valuekit.reports.terminal.paint import Painter, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from valuekit.pipeline.results import Computed, MetricResult

_ENDS = (("_CI_Low", "_CI_High"), ("_ci_low", "_ci_high"))
"""How the names of the two ends of an interval end."""


def table_text(computed: Computed, *, color: bool, width: int | None) -> Iterator[str]:
    """Lay out everything for people.

    Args:
        computed: the results.
        color: whether to emphasise with terminal escapes.
        width: the columns there are; None where nothing limits them.
    """
    painter = Painter("standard" if color else None)
    room = max(width or UNLIMITED, NARROWEST)
    for result in computed.results:
        yield "".join(f"{line}\n" for line in _result_lines(result, room, painter))
    data = computed.data
    told = f"Data: {made_of(data.facts, data.files, data.first, data.last)}"
    yield "".join(f"{painter.paint(line, 'dim')}\n" for line in wrapped(told, room))


def _result_lines(result: MetricResult, width: int, painter: Painter) -> Iterator[str]:
    """A heading, the table in blocks, the notes, each followed by an empty line."""
    yield from (painter.paint(line, "bold") for line in wrapped(_heading(result), width))
    if result.rows.is_empty():
        yield from wrapped("no customers, so no rows" if result.family == "clv" else "no offers, so no rows", width)
    else:
        columns = _columns(result)
        if not any(column.key for column in columns) and result.rows.height == 1:
            columns = upright(columns)
        yield from grid_lines(columns, width, painter)
        yield ""
    notes = [line for sentence in sentences(result.notes) for line in wrapped(sentence, width)]
    yield from notes
    if notes or result.rows.is_empty():
        yield ""


def _heading(result: MetricResult) -> str:
    by = f" by {', '.join(result.by)}" if result.by else ""
    where = f" where {result.where}" if result.where else ""
    return plain(f"{result.metric}{by}{where}")


def _columns(result: MetricResult) -> list[Column]:
    """The columns of a result as text; the two ends of an interval share one."""
    units = _units(result)
    rows = result.rows
    intervals = {
        base + low: (base, base + high)
        for low, high in _ENDS
        for base in (name.removesuffix(low) for name in units if name.endswith(low))
        if base + high in units
    }
    second = {high for _, high in intervals.values()}
    columns = []
    for name in rows.columns:
        if name in second:
            continue
        unit = units.get(name)
        title, cells = name, [shown(value, unit, short=False) for value in rows[name]]
        if name in intervals and unit is not None:
            base, high = intervals[name]
            title = f"{base} 95 % CI"
            cells = [shown_interval(*ends, unit, short=False) for ends in zip(rows[name], rows[high], strict=True)]
        columns.append(Column(plain(title), cells, right=rows.schema[name].is_numeric(), key=unit is None))
    return columns


def _units(result: MetricResult) -> Mapping[str, str]:
    """The unit of each score in the rows of a result; whatever else is in them is a key."""
    from valuekit.metrics.registry import CATALOGUES

    family = CATALOGUES.get(result.family)
    scores = {name: family.score(name) for name in result.rows.columns if name not in result.by} if family else {}
    return {name: score.unit for name, score in scores.items() if score is not None}
