"""How numbers are written on a picture: axis labels by unit, and numbers beside marks.

Owns formats and the expressions that write a number. They are the same for all data: no text of a table is ever part of
one. Never draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.charts.shapes import Json

PERCENT = ("rate", "change")
_LETTERS = (("k", " k"), ("M", " M"), ("G", " B"), ("T", " T"))


def axis_format(unit: str) -> dict[str, Json]:
    """The part of an axis or a legend that formats its labels: percent, or thousands as 12k."""
    if unit in PERCENT:
        return {"format": "%"}
    if unit == "z":
        return {"format": "~g"}
    whole = "format(datum.value, '.4~r')"
    short = "replace(format(datum.value, '.4~s'), 'G', 'B')"
    return {"labelExpr": f"abs(datum.value) < 1 ? {whole} : {short}"}


def log_format(unit: str, along: str, pixels: int) -> dict[str, Json]:
    """As `axis_format`, of a logarithmic axis: 1, 2 and 5 times powers of ten, every number on a short one."""
    short = f"domain('{along}')[1] < 10 * domain('{along}')[0]"
    power = "pow(10, floor(log(datum.value) / LN10 + 1e-9))"
    first = f"indexof('125', toString(round(datum.value / {power}))) >= 0"
    written = "format(datum.value, '~%')" if unit in PERCENT else axis_format(unit).get("labelExpr", "datum.value")
    return {
        "tickCount": max(5, min(10, pixels // 45)), "labelOverlap": "greedy", "labelSeparation": 6,
        "labelExpr": f"{short} || {first} ? {written} : ''",
        "gridOpacity": {"condition": {"test": f"{short} || {first}", "value": 1}, "value": 0},
    }  # fmt: skip


def gradient_format(unit: str) -> dict[str, Json]:
    """As `axis_format`, for the legend of a ramp of a Vega picture."""
    return {"format": "%"} if unit in PERCENT else {"format": ".3~s"} if unit in ("count", "money") else {}


def written(field: str, unit: str) -> str:
    """An expression for a number in three digits, as beside a picture everywhere; a dash where there is none.

    Args:
        field: a field of a row, one of `c0`, `c1` and so on.
        unit: of its numbers.
    """
    value = f"datum.{field}"
    return f"isValid({value}) ? {_WRITERS.get(unit, _three_digits)(value)} : '\N{EN DASH}'"


def signed(field: str, unit: str) -> str:
    """As `written`, of a difference: with its sign, and in points where it is one of rates."""
    value = f"datum.{field}"
    sign = f"({value} > 0 ? '+' : '')"
    if unit in PERCENT:
        return f"isValid({value}) ? {sign} + {_three_digits(f'(100 * {value})')} + ' points' : '\N{EN DASH}'"
    return f"isValid({value}) ? {sign} + {_WRITERS.get(unit, _three_digits)(value)} : '\N{EN DASH}'"


def _three_digits(value: str) -> str:
    short = f"format({value}, '.3~s')"
    for letter, spaced in _LETTERS:
        short = f"replace({short}, '{letter}', '{spaced}')"
    tiny = f"{value} != 0 && abs({value}) < 0.0001"
    return f"({tiny} ? format({value}, '.2~e') : abs({value}) < 1 ? format({value}, '.3~r') : {short})"


def _count(value: str) -> str:
    return f"(abs({value}) < 999.5 ? format({value}, '.0f') : {_three_digits(value)})"


def _rate(value: str) -> str:
    return f"({_three_digits(f'(100 * {value})')} + ' %')"


def _change(value: str) -> str:
    return f"(({value} > 0 ? '+' : '') + {_rate(value)})"


def _probability(value: str) -> str:
    return f"({value} < 0.001 ? '< 0.001' : format({value}, '.3f'))"


def _two_decimals(value: str) -> str:
    return f"format({value}, ',.2f')"


if TYPE_CHECKING:
    from collections.abc import Callable

_WRITERS: Mapping[str, Callable[[str], str]] = {
    "count": _count,
    "rate": _rate,
    "change": _change,
    "probability": _probability,
    "z": _two_decimals,
}
