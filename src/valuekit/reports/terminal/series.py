"""Lines over time and curves: a row a series, with a sparkline and the numbers of its last point.

Owns which points belong to a series. Never lays out a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from valuekit.reports.low_counts import COUNT, low_counts
from valuekit.reports.numbers import shown_key
from valuekit.reports.terminal.cells import LOW_N, columns_of, key_columns, picked_rows
from valuekit.reports.terminal.glyphs import arrow, events, reach, shared, sparkline
from valuekit.reports.terminal.grid import GAP, Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from valuekit.reports.report import Channel, Panel

_WIDEST = 60
_NARROWEST = 8


class Lines(NamedTuple):
    """Columns with a row a series, what must be known to read them, and how many series there are in all."""

    columns: list[Column]
    caption: str
    total: int


def is_series(panel: Panel) -> bool:
    """Tell whether a panel's rows are points of lines over time, several lines or many points."""
    picture = panel.picture
    if picture is None or picture.mark not in ("line", "bars"):
        return False
    x, y = picture.column("x"), picture.column("y")
    if x is None or y is None or panel.column(x).role != "dimension":
        return False
    if panel.column(x).unit != "time" and picture.mark == "bars":
        return False
    return picture.mark == "line" or len(_members(panel, _others(panel, x), 2)) > 1


def time_series(panel: Panel, width: int, limit: int) -> Lines:
    """Lay out lines over their horizontal axis.

    Args:
        panel: one of `is_series`.
        width: the terminal columns there are.
        limit: at most so many lines.
    """
    x, y = _axes(panel)
    members = _members(panel, _others(panel, x))
    axis = panel.table[x].unique().sort().to_list()
    place = {value: at for at, value in enumerate(axis)}
    xs, ys = panel.table[x].to_list(), panel.table[y].to_list()
    lines, arrows, last = [], [], []
    low, is_held = low_counts(panel), False
    for numbers in list(members.values())[:limit]:
        points: list[float | None] = [None] * len(axis)
        for number, value in zip(numbers, _held(numbers, ys, low), strict=True):
            points[place[xs[number]]] = value
            is_held |= value != ys[number]
        lines.append(points)
        last.append(numbers[-1])
        before = ys[numbers[-2]] if len(numbers) > 1 else None
        arrows.append(arrow(before, ys[numbers[-1]]))
    columns = columns_of(picked_rows(panel, last), only=(y, COUNT))
    at = sum(column.key for column in columns)
    columns.insert(at, Column("", arrows))
    strip = max(min(len(axis), width - _needed(columns), _WIDEST), min(len(axis), _NARROWEST))
    sparks = [sparkline(points, strip) for points in lines]
    columns.insert(at, Column("", sparks, styles=["cyan"] * len(sparks)))
    together = shared(len(axis), strip)
    many = f", a mark is the mean of up to {together} values" if together > 1 else ""
    without = f", which points of {LOW_N} do not set" if is_held else ""
    caption = (
        f"{y} by {x}, {shown_key(axis[0])} to {shown_key(axis[-1])}, each line on its own scale{without}{many}. "
        f"The numbers are those of its last {x}; ▲ ▼ = compare with the one before"
    )
    return Lines(columns, caption, len(members))


def _held(numbers: Sequence[int], ys: Sequence[float | None], low: Sequence[bool]) -> list[float | None]:
    """The points of a line, those of few cases held between the least and the greatest of the others."""
    sure = [value for number in numbers if not low[number] and (value := ys[number]) is not None]
    if not sure:
        return [ys[number] for number in numbers]
    least, most = min(sure), max(sure)
    found = ((ys[number], low[number]) for number in numbers)
    return [min(max(value, least), most) if value is not None and is_low else value for value, is_low in found]


def curves(panel: Panel, width: int, limit: int) -> Lines:
    """Lay out curves: how high each is from the least to the greatest x."""
    x, y = _axes(panel)
    keys = _curves_of(panel)
    members = _members(panel, keys)
    across, up = reach(_numbers(panel, x)), reach(_numbers(panel, y))
    xs, ys = _numbers(panel, x), _numbers(panel, y)
    strip = max(min(width // 3, _WIDEST), _NARROWEST)
    sparks = []
    for numbers in list(members.values())[:limit]:
        points: list[float | None] = [None] * strip
        for number in numbers:
            if (at := xs[number]) is not None:
                points[across.at(at, strip)] = ys[number]
        sparks.append(sparkline(_bridged(points), strip, up))
    firsts = [numbers[0] for numbers in list(members.values())[:limit]]
    drawn = Column(f"{y} by {x}", sparks, styles=["cyan"] * len(sparks))
    columns = key_columns(picked_rows(panel, firsts), keys)
    return Lines([*columns, drawn], "all on one scale", len(members))


def timelines(panel: Panel, limit: int) -> Lines:
    """Lay out the purchases of each customer along time."""
    picture = panel.picture
    assert picture is not None  # noqa: S101  exposure is a picture
    x, y = _axes(panel)
    until = picture.column("x_end")
    keys = [name for name in (y, picture.column("color")) if name is not None]
    members = _members(panel, keys)
    ends = panel.table[until] if until is not None else panel.table[x]
    times = [_ordinal(value) for value in panel.table[x]]
    scale = reach([*times, *(_ordinal(value) for value in ends)])
    rows = [
        (
            [time for number in numbers if (time := times[number]) is not None],
            _ordinal(ends[numbers[0]]) if until is not None else None,
        )
        for numbers in list(members.values())[:limit]
    ]

    def draw(room: int) -> list[str]:
        return [events(bought, end, scale, room) for bought, end in rows]

    drawn = Column("", draw=draw, narrowest=_NARROWEST, widest=2 * _WIDEST, styles=["cyan"] * len(rows))
    firsts = [numbers[0] for numbers in list(members.values())[:limit]]
    columns = key_columns(picked_rows(panel, firsts), keys)
    first, last = shown_key(panel.table[x].min()), shown_key(ends.max())
    caption = f"{first} to {last}: ● is a purchase, ─ leads to the end of observation"
    return Lines([*columns, drawn], caption, len(members))


def _axes(panel: Panel) -> tuple[str, str]:
    picture = panel.picture
    x, y = (picture.column("x"), picture.column("y")) if picture is not None else (None, None)
    if x is None or y is None:
        raise ValueError(f"panel {panel.name!r} has no x and y")
    return x, y


def _others(panel: Panel, x: str) -> list[str]:
    """The dimensions that tell series apart."""
    return [column.name for column in panel.columns if column.role == "dimension" and column.name != x]


def _curves_of(panel: Panel) -> list[str]:
    """The dimensions that tell curves apart; others only number their points."""
    picture = panel.picture
    channels: tuple[Channel, ...] = ("facet_row", "facet_column", "color")
    named = (picture.column(channel) for channel in channels) if picture is not None else ()
    return list(dict.fromkeys(name for name in named if name is not None))


def _members(panel: Panel, keys: Sequence[str], most: int | None = None) -> Mapping[object, list[int]]:
    """The row numbers of each series, in the order in which they first come up."""
    if not keys:
        return {(): list(range(panel.table.height))} if panel.table.height else {}
    members: dict[object, list[int]] = {}
    for number, key in enumerate(panel.table.select(keys).iter_rows()):
        members.setdefault(key, []).append(number)
        if most is not None and len(members) >= most:
            break
    return members


def _numbers(panel: Panel, name: str) -> list[float | None]:
    return panel.table[name].to_list()


def _bridged(points: Sequence[float | None]) -> list[float | None]:
    """Carry each point on to the next, as a curve does."""
    carried: list[float | None] = []
    for point in points:
        carried.append(point if point is not None or not carried else carried[-1])
    return carried


def _ordinal(value: object) -> float | None:
    from datetime import date, datetime

    if isinstance(value, datetime):
        return value.timestamp() / 86_400
    if isinstance(value, date):
        return float(value.toordinal())
    return float(value) if isinstance(value, int | float) else None


def _needed(columns: Sequence[Column]) -> int:
    """The terminal columns that these take, and a gap behind each."""
    return sum(column.width + len(GAP) for column in columns)
