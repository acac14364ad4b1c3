"""From source columns to typed facts, batch by batch.

Owns naming, typing and the judgement of values. A row without the time that its kind needs is rejected; any other value
that cannot be read is set aside: the row lands without it. Never drops anything without a `Complaint`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from valuekit.facts.columns import EMPTY_INTEGER, UNREADABLE_INTEGER, Column, Type
from valuekit.facts.kinds import INTERACTIONS, FactKind
from valuekit.facts.times import read_times, time_texts

if TYPE_CHECKING:
    from valuekit.facts.names import Claim, Resolved

ROW_COLUMNS = {"_fact": pl.Int64, "_fact_text": pl.String, "_interaction": pl.String, "_row_hash": pl.String}
EMPTY = float("nan")
UNREADABLE = float("inf")


@dataclass(frozen=True)
class Complaint:
    """Something set aside: a whole row (`column` is None) or one value of it."""

    line: int
    reason: str
    column: str | None = None


@dataclass(frozen=True)
class Prepared:
    """Typed rows of one batch, and what was set aside.

    Attributes:
        frame: the identifying columns of `ROW_COLUMNS`, then the planned columns, in their order.
        rejected: rows that did not become facts.
        set_aside: values that could not be read.
    """

    frame: pl.DataFrame
    rejected: tuple[Complaint, ...]
    set_aside: tuple[Complaint, ...]


Whole = Callable[[Sequence[int]], pl.DataFrame]


class Preparer:
    """Types the batches of one file.

    Args:
        plan: the columns to land.
        resolved: how the columns of this file are called, as far as is known.
        kind: the kind of facts.
    """

    def __init__(self, plan: Sequence[Column], resolved: Resolved, kind: FactKind = INTERACTIONS) -> None:
        self.plan = tuple(plan)
        self._kind = kind
        names = dict.fromkeys((*kind.ids, *(column.name for column in plan)))
        self._claims = {name: resolved.claim(name) for name in names}

    def prepare(self, frame: pl.DataFrame, lines: pl.Series, whole: Whole) -> Prepared:
        """Type one batch.

        Args:
            frame: source columns, as a source gives them; of no height where it has no column.
            lines: Int64, the 1-based line of each row.
            whole: gives rows, by position, with all their columns as text; asked only for rows without any id.
        """
        height = len(lines)
        raw = {name: _claimed(frame, claim, name) for name, claim in self._claims.items()}
        typed: list[pl.Series] = []
        set_aside: list[Complaint] = []
        for column in self.plan:
            found = raw[column.name]
            if found is None:
                typed.append(_nothing(column.name, height, _POLARS[column.type]))
                continue
            if column.type is not Type.LABEL:
                found = _plain(found)
            values, bad = _READERS[column.type](found)
            typed.append(values.alias(column.name))
            if column.name != self._kind.time and bad is not None:
                set_aside += [
                    Complaint(line, f"{column.name} {_shown(value)} cannot be read", column.name)
                    for line, value in zip(lines.filter(bad), _read_text(found.filter(bad))[0], strict=True)
                ]
        rows = pl.DataFrame([*self._ids(raw, height, whole), *typed])
        time = self._kind.time
        if time is None or not (missing := rows[time].is_null()).any():
            return Prepared(rows, (), tuple(set_aside))
        rejected = _without_time(time, raw[time], lines, missing)
        gone = {complaint.line for complaint in rejected}
        kept = tuple(complaint for complaint in set_aside if complaint.line not in gone)
        return Prepared(rows.filter(~missing), rejected, kept)

    def _ids(self, raw: Mapping[str, pl.Series | None], height: int, whole: Whole) -> list[pl.Series]:
        kind = self._kind
        interaction, fact = (_id_text(raw[name] if name else None, height) for name in (kind.offer_id, kind.row_id))
        number = fact.cast(pl.Int64, strict=False)
        if number.null_count() < height:
            exact = (number.cast(pl.String) == fact).fill_null(value=False)
            if not exact.all():
                number, fact = number.set(~exact, None), fact.set(exact, None)
            else:
                fact = _nothing("", height, pl.String())
        hashes = _nothing("", height, pl.String())
        nameless = interaction.is_null() & number.is_null() & fact.is_null()
        if nameless.any():
            positions = nameless.arg_true().to_list()
            hashes = hashes.scatter(positions, [_row_hash(row) for row in whole(positions).iter_rows(named=True)])
        ids = zip(ROW_COLUMNS, (number, fact, interaction, hashes), strict=True)
        return [values.alias(name) for name, values in ids]


def _claimed(frame: pl.DataFrame, claim: Claim, name: str) -> pl.Series | None:
    """Return the values of a name, row by row from the columns that claim it; None where there is no such column."""
    sources = [source for source in claim.sources if source in frame.columns]
    if len(sources) <= claim.place:
        return None
    if len(sources) == 1:
        return frame[sources[0]].alias(name)
    columns = frame.select(sources)
    if len(set(columns.dtypes)) > 1:
        columns = pl.DataFrame([_read_text(column)[0] for column in columns])
    if claim.place == 0:
        return columns.select(pl.coalesce(pl.all()).alias(name))[name]
    there = pl.concat_list(pl.all()).list.drop_nulls().list
    return columns.select(there.get(claim.place, null_on_oob=True).alias(name))[name]


def _plain(values: pl.Series) -> pl.Series:
    return values.cast(pl.String) if isinstance(values.dtype, pl.Enum) else values


def _without_time(name: str, raw: pl.Series | None, lines: pl.Series, missing: pl.Series) -> tuple[Complaint, ...]:
    texts = _nothing("", len(lines), pl.String()) if raw is None else raw
    return tuple(
        Complaint(line, f"no {name}" if value in {None, ""} else f"{name} {_shown(value)} is not a time")
        for line, value in zip(lines.filter(missing), _read_text(texts.filter(missing))[0], strict=True)
    )


def _id_text(raw: pl.Series | None, height: int) -> pl.Series:
    if raw is None:
        return _nothing("", height, pl.String())
    text, _ = _read_text(raw)
    empty = text == ""
    return text.set(empty, None) if empty.any() else text


def _nothing(name: str, height: int, kind: pl.DataType) -> pl.Series:
    return pl.Series(name, [None], dtype=kind).new_from_index(0, height)


def _row_hash(row: Mapping[str, object]) -> str:
    values = {key: value for key, value in row.items() if value not in {None, ""}}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _read_text(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    kind = values.dtype
    if kind == pl.String:
        return values, None
    if kind == pl.Binary:
        return values.map_elements(lambda data: data.decode("utf-8", "replace"), return_dtype=pl.String), None
    if kind.is_float():
        whole = values.cast(pl.Int64, strict=False)
        exact = (whole.cast(kind) == values).fill_null(value=False)
        return whole.cast(pl.String).zip_with(exact, values.cast(pl.String)), None
    if isinstance(kind, pl.Date | pl.Datetime):
        return time_texts(values), None
    return values.cast(pl.String), None


def _read_label(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Leave texts that repeat as they are."""
    return (values, None) if isinstance(values.dtype, pl.Enum) else _read_text(values)


def _read_number(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Read decimal numbers; an empty text becomes NaN, and NaN, infinity or any other text becomes infinity."""
    text = values.str.strip_chars() if values.dtype == pl.String else values
    readable = text.dtype == pl.String or text.dtype.is_numeric()
    number = text.cast(pl.Float64, strict=False) if readable else _nothing(values.name, len(values), pl.Float64())
    fine = number.is_finite().fill_null(value=False)
    there = values.is_not_null()
    if text.dtype == pl.String:
        empty = (text == "").fill_null(value=False)
        number, there = number.set(empty, EMPTY), there & ~empty
    bad = there & ~fine
    return (number.set(bad, UNREADABLE), bad) if bad.any() else (number, None)


def _read_integer(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Read whole numbers, `2.0` among them; an empty text and any other text have marks of their own."""
    text = values.str.strip_chars() if values.dtype == pl.String else values
    if text.dtype == pl.String or text.dtype.is_integer():
        whole = text.cast(pl.Int64, strict=False)
        if whole.null_count() == values.null_count():
            return whole, None
    else:
        whole = _nothing(values.name, len(values), pl.Int64())
    number, _ = _read_number(values)
    from_number = number.cast(pl.Int64, strict=False)
    exact = (from_number.cast(pl.Float64) == number).fill_null(value=False)
    whole = whole.fill_null(from_number.set(~exact, None))
    whole = whole.set(number.is_nan().fill_null(value=False), EMPTY_INTEGER)
    bad = number.is_not_null() & whole.is_null()
    return (whole.set(bad, UNREADABLE_INTEGER), bad) if bad.any() else (whole, None)


def _read_time(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    read = read_times(values)
    if read.null_count() == values.null_count():
        return read, None
    there = values.is_not_null()
    if values.dtype == pl.String:
        there &= (values.str.strip_chars() != "").fill_null(value=False)
    return read, there & read.is_null()


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


_READERS: Mapping[Type, Callable[[pl.Series], tuple[pl.Series, pl.Series | None]]] = {
    Type.TEXT: _read_text,
    Type.LABEL: _read_label,
    Type.NUMBER: _read_number,
    Type.INTEGER: _read_integer,
    Type.TIME: _read_time,
}
_POLARS: Mapping[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.LABEL: pl.String(),
    Type.NUMBER: pl.Float64(),
    Type.INTEGER: pl.Int64(),
    Type.TIME: pl.Datetime("us"),
}
