"""Small pictures made of characters: bars, sparklines, box plots, intervals and shades.

Owns how a number becomes a length, a height or a place. Never formats a number; where there is none, the picture is
blank.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EIGHTHS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
SHADES = "·░▒▓█"
UP, DOWN, STEADY = "▲", "▼", "="


@dataclass(frozen=True)
class Scale:
    """Where numbers lie between two ends.

    Attributes:
        low: the number at the left end.
        high: the number at the right end.
        log: whether equal ratios are equally far apart; numbers that are not above 0 lie at the left end then.
    """

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """How far a number lies from the left end, 0 to 1; the middle where both ends are one."""
        low, high, at = (self._placed(number) for number in (self.low, self.high, value))
        return min(max((at - low) / (high - low), 0.0), 1.0) if high > low else 0.5

    def at(self, value: float, width: int) -> int:
        """The character of a number on a strip of `width` characters."""
        return round(self.share(value) * (width - 1))

    def _placed(self, value: float) -> float:
        if not self.log:
            return value
        return math.log(max(value, min(number for number in (self.low, self.high, 1.0) if number > 0)))


def bar(value: float | None, scale: Scale, width: int) -> str:
    """A bar from 0: to the right in eighths of a character, to the left in halves."""
    if value is None:
        return ""
    if scale.low >= 0:
        return _rightwards(value / scale.high * width if scale.high > 0 else 0.0)
    zero = round(-scale.low / (scale.high - scale.low) * width)
    if value >= 0:
        room = width - zero
        return " " * zero + (_rightwards(value / scale.high * room) if scale.high > 0 else "")
    halves = round(value / scale.low * zero * 2)
    drawn = "▐" * (halves % 2) + "█" * (halves // 2)
    return " " * (zero - len(drawn)) + drawn


def with_ticks(drawn: str, ticks: Iterable[int], tick: str) -> str:
    """Put ticks on a strip; one that falls onto what is drawn is left out unless it stands on its end."""
    characters = list(drawn)
    for at in ticks:
        characters += " " * (at + 1 - len(characters))
        if characters[at] == " ":
            characters[at] = tick
    return "".join(characters)


def marked(drawn: str, at: int, mark: str) -> str:
    """Put a mark on a strip, whatever is there."""
    filled = drawn.ljust(at + 1)
    return filled[:at] + mark + filled[at + 1 :]


def sparkline(values: Sequence[float | None], width: int, scale: Scale | None = None) -> str:
    """A line of columns as high as the values; where there are more than characters, neighbours share one: their mean.

    Args:
        values: in order; None leaves a gap.
        width: the most characters.
        scale: the lowest and the highest column; the values' own where None.
    """
    points = _binned(values, width)
    there = [value for value in points if value is not None]
    if not there:
        return ""
    heights = scale or Scale(min(there), max(there))
    top = len(LEVELS) - 1
    return "".join(" " if value is None else LEVELS[round(heights.share(value) * top)] for value in points)


def shared(count: int, width: int) -> int:
    """How many values share a character of a sparkline."""
    return math.ceil(count / width) if width > 0 else count


def arrow(before: float | None, now: float | None) -> str:
    """Whether a number rose, fell or stayed; blank where either is missing."""
    if before is None or now is None:
        return ""
    return UP if now > before else DOWN if now < before else STEADY


def shade(share: float) -> str:
    """A character as dark as a share, 0 to 1."""
    return SHADES[round(share * (len(SHADES) - 1))]


def box(summary: Sequence[float | None], scale: Scale, width: int) -> str:
    """A box plot of lowest, first quartile, median, third quartile and highest; blank unless all are there."""
    if any(value is None for value in summary):
        return ""
    low, q1, median, q3, high = (scale.at(value, width) for value in summary if value is not None)
    strip = ["─" if low <= at <= high else " " for at in range(width)]
    strip[low], strip[high] = "├", "┤"
    for at in range(q1, q3 + 1):
        strip[at] = "▒"
    strip[median] = "┃"
    return "".join(strip).rstrip()


def interval(value: float | None, low: float | None, high: float | None, scale: Scale, width: int) -> str:
    """A point between the ends of its interval; blank where there is no point."""
    if value is None:
        return ""
    strip = [" "] * width
    if low is not None and high is not None:
        first, last = scale.at(low, width), scale.at(high, width)
        strip[first : last + 1] = "─" * (last + 1 - first)
        strip[first], strip[last] = "├", "┤"
    strip[scale.at(value, width)] = "●"
    return "".join(strip).rstrip()


def events(times: Iterable[float], until: float | None, scale: Scale, width: int) -> str:
    """Points in time on a line that goes on from the first to the end of observation."""
    places = sorted({scale.at(time, width) for time in times})
    if not places:
        return ""
    last = places[-1] if until is None else scale.at(until, width)
    strip = [" "] * places[0] + ["─"] * (max(last, places[-1]) + 1 - places[0])
    for at in places:
        strip[at] = "●"
    return "".join(strip)


def reach(values: Iterable[float | None], *, zero: bool = False) -> Scale:
    """The scale from the least to the greatest of values, with 0 on it if asked for."""
    there = [value for value in values if value is not None]
    there += [0.0] if zero or not there else []
    return Scale(min(there), max(there))


def _rightwards(length: float) -> str:
    eighths = max(round(length * 8), 1 if length > 0 else 0)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _binned(values: Sequence[float | None], width: int) -> list[float | None]:
    if len(values) <= width:
        return list(values)
    size = shared(len(values), width)
    parts = (values[at : at + size] for at in range(0, len(values), size))
    return [_mean([value for value in part if value is not None]) for part in parts]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
