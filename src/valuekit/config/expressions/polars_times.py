"""Times in Polars text: constants, parsing, parts.

Owns `TIME_METHODS` and the roots `pl.date`, `pl.datetime`, `pl.duration`. Never knows a zone: times are as written.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from valuekit.config.expressions import lists, tree
from valuekit.config.expressions.kinds import Kind
from valuekit.config.expressions.polars_arguments import Signature, arguments, switch, text, whole_number
from valuekit.config.expressions.polars_methods import data_type
from valuekit.config.expressions.polars_values import MICROSECONDS, Duration, difference, known_kind
from valuekit.config.expressions.time_formats import FormatError, translate
from valuekit.config.nearest import nearest

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping

    from valuekit.config.expressions.polars_methods import Method
    from valuekit.config.expressions.polars_text import Reader

_ZONE_NAME = r"\s+[A-Za-z+-]\S*$"
_DAY_PARTS = ("year", "month", "day")
_CLOCK_PARTS = ("hour", "minute", "second", "microsecond")
_PARSING = (("exact", (True,)), ("cache", (True, False)), ("ambiguous", ("raise",)))
_DAYS_NEED_DIFFERENCE = "dt.total_days() needs a difference of two times in brackets: (pl.col('a') - pl.col('b'))"


def date(reader: Reader, call: ast.Call) -> tree.Node:
    """`pl.date(2026, 1, 31)`, of plain numbers."""
    found = arguments(reader.source, call, "pl.date", Signature(_DAY_PARTS, 3))
    return _moment(reader, call, found, "DATE")


def datetime(reader: Reader, call: ast.Call) -> tree.Node:
    """`pl.datetime(2026, 1, 31, 12, 30)`, of plain numbers, without a zone."""
    fixed = (("time_unit", ("us", "ns", "ms")), ("time_zone", (None,)), ("ambiguous", ("raise",)))
    signature = Signature((*_DAY_PARTS, *_CLOCK_PARTS), 3, fixed=fixed)
    return _moment(reader, call, arguments(reader.source, call, "pl.datetime", signature), "TIMESTAMP")


def _moment(reader: Reader, call: ast.Call, found: Mapping[str, ast.expr], target: str) -> tree.Node:
    at = reader.source.at(call)
    parts = {name: whole_number(reader.source, node, name) for name, node in found.items()}
    year, month, day, hour, minute, second, micro = (parts.get(name, 0) for name in (*_DAY_PARTS, *_CLOCK_PARTS))
    try:
        moment = dt.datetime(year, month, day, hour, minute, second, micro)
    except (ValueError, OverflowError) as error:
        raise reader.source.error(f"there is no such time: {error}", call) from None
    written = moment.date().isoformat() if target == "DATE" else moment.isoformat(sep=" ")
    return tree.Cast(at, tree.Constant(at, written), target, safe=False)


def duration(reader: Reader, call: ast.Call) -> Duration:
    """`pl.duration(days=3)`, of plain numbers."""
    fixed = (("time_unit", ("us", "ns", "ms", None)),)
    found = arguments(reader.source, call, "pl.duration", Signature(keywords=tuple(MICROSECONDS), fixed=fixed))
    parts = {name: whole_number(reader.source, node, name) for name, node in found.items()}
    return Duration(reader.source.at(call), sum(MICROSECONDS[name] * count for name, count in parts.items()))


def _strptime(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    signature = Signature(("dtype", "format"), 1, keywords=("strict",), fixed=_PARSING)
    found = arguments(reader.source, call, "strptime", signature)
    kind = data_type(reader.source, found["dtype"])
    if kind not in ("DATE", "TIMESTAMP"):
        raise reader.source.error("strptime() makes a pl.Date or a pl.Datetime", found["dtype"])
    return _parsed(reader, target, call, found, kind)


def _to_date(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    signature = Signature(("format",), keywords=("strict",), fixed=_PARSING)
    found = arguments(reader.source, call, "to_date", signature)
    return _parsed(reader, target, call, found, "DATE")


def _parsed(reader: Reader, target: tree.Node, call: ast.Call, found: Mapping[str, ast.expr], kind: str) -> tree.Node:
    """NULL where the text is not of the format."""
    source, at = reader.source, reader.source.at(call)
    switch(source, found, "strict", default=True)
    if "format" not in found:
        raise source.error('a format is needed here, such as "%Y-%m-%d": it is never guessed', call)
    try:
        wanted = translate(text(source, found["format"], "a format"))
    except FormatError as error:
        raise source.error(str(error), found["format"]) from None
    if wanted.drop_zone:
        parts = (tree.Constant(at, _ZONE_NAME), tree.Constant(at, ""))
        target = tree.Call(at, "regexp_replace", (target, *parts))
    tries = tuple(tree.Call(at, "try_strptime", (target, tree.Constant(at, one))) for one in wanted.formats)
    moment = tries[0] if len(tries) == 1 else tree.Call(at, "coalesce", tries)
    return tree.Cast(at, moment, "DATE", safe=False) if kind == "DATE" else moment


def _part(name: str, function: str) -> Method:
    def method(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
        arguments(reader.source, call, name, Signature())
        return tree.Call(reader.source.at(call), function, (target,))

    return method


def _date_of(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    arguments(reader.source, call, "date", Signature())
    return tree.Cast(reader.source.at(call), target, "DATE", safe=False)


def _truncate(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    """Cut to the beginning of a unit; a date stays a date."""
    source, at = reader.source, reader.source.at(call)
    found = arguments(source, call, "truncate", Signature(("every",), 1))
    every = text(source, found["every"], "a unit")
    if every not in lists.POLARS_UNITS:
        close = nearest(every, lists.POLARS_UNITS)
        raise source.error(f"truncate() takes one of {', '.join(lists.POLARS_UNITS)}", found["every"], close)
    cut = tree.Call(at, "date_trunc", (tree.Constant(at, lists.POLARS_UNITS[every]), target))
    return tree.Cast(at, cut, "DATE", safe=False) if known_kind(target) == Kind.DATE else cut


def _total_days(reader: Reader, target: tree.Node, call: ast.Call) -> tree.Node:
    arguments(reader.source, call, "total_days", Signature())
    microseconds = difference(target)
    if microseconds is None:
        raise reader.source.error(_DAYS_NEED_DIFFERENCE, call)
    at = reader.source.at(call)
    return tree.Binary(at, "//", microseconds, tree.Constant(at, MICROSECONDS["days"]))


TIME_METHODS: Mapping[str, Method] = {
    "str.strptime": _strptime,
    "str.to_date": _to_date,
    "dt.date": _date_of,
    "dt.year": _part("year", "year"),
    "dt.quarter": _part("quarter", "quarter"),
    "dt.month": _part("month", "month"),
    "dt.week": _part("week", "week"),
    "dt.weekday": _part("weekday", "isodow"),
    "dt.hour": _part("hour", "hour"),
    "dt.truncate": _truncate,
    "dt.total_days": _total_days,
}
"""Every method of times that is allowed."""
