"""From source columns to typed facts, batch by batch.

Owns naming, typing and the judgement of values. A row without a readable OutcomeTime is rejected; any other value
that cannot be read is set aside: the row lands without it. Never drops anything without a `Complaint`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from valuekit.facts.columns import Column, Type
from valuekit.facts.times import read_times

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
        sources: canonical name -> source name, for this file.
    """

    def __init__(self, plan: Sequence[Column], sources: Mapping[str, str]) -> None:
        self.plan = tuple(plan)
        self.sources = dict(sources)
        if "CustomerID" not in self.sources and "SubjectID" in self.sources:
            self.sources["CustomerID"] = self.sources["SubjectID"]

    def prepare(self, frame: pl.DataFrame, lines: pl.Series, whole: Whole) -> Prepared:
        """Type one batch.

        Args:
            frame: source columns, as a source gives them.
            lines: Int64, the 1-based line of each row.
            whole: gives rows, by position, with all their columns as text; asked only for rows without any id.
        """
        typed: list[pl.Series] = []
        set_aside: list[Complaint] = []
        for column in self.plan:
            values, bad = self._typed(frame, column)
            typed.append(values.alias(column.name))
            if column.name != "OutcomeTime" and bad.any():
                raw = frame[self.sources[column.name]].filter(bad)
                set_aside += [
                    Complaint(line, f"{column.name} {_shown(value)} cannot be read", column.name)
                    for line, value in zip(lines.filter(bad), raw, strict=True)
                ]
        rows = pl.DataFrame([*self._ids(frame, lines, whole), *typed])
        readable = rows["OutcomeTime"].is_not_null()
        rejected = self._without_time(frame, lines, ~readable)
        gone = {complaint.line for complaint in rejected}
        kept = tuple(complaint for complaint in set_aside if complaint.line not in gone)
        return Prepared(rows.filter(readable), rejected, kept)

    def _typed(self, frame: pl.DataFrame, column: Column) -> tuple[pl.Series, pl.Series]:
        """Return the typed values, and which of them were there but cannot be read."""
        source = self.sources.get(column.name)
        if source is None or source not in frame.columns:
            return _nothing(frame.height, _POLARS[column.type]), _never(frame.height)
        return _READERS[column.type](frame[source])

    def _without_time(self, frame: pl.DataFrame, lines: pl.Series, missing: pl.Series) -> tuple[Complaint, ...]:
        if not missing.any():
            return ()
        source = self.sources.get("OutcomeTime", "")
        raw = frame[source] if source in frame.columns else _nothing(frame.height, pl.String())
        return tuple(
            Complaint(line, "no OutcomeTime" if value in {None, ""} else f"OutcomeTime {_shown(value)} is not a time")
            for line, value in zip(lines.filter(missing), raw.filter(missing), strict=True)
        )

    def _ids(self, frame: pl.DataFrame, lines: pl.Series, whole: Whole) -> list[pl.Series]:
        interaction, fact = self._id_text(frame, "InteractionID"), self._id_text(frame, "FactID")
        number = fact.cast(pl.Int64, strict=False)
        number = number.set(number.cast(pl.String).ne_missing(fact), None)
        nameless = interaction.is_null() & fact.is_null()
        hashes = _nothing(len(lines), pl.String())
        if nameless.any():
            positions = nameless.arg_true().to_list()
            hashes = hashes.scatter(positions, [_row_hash(row) for row in whole(positions).iter_rows(named=True)])
        text = fact.set(number.is_not_null(), None)
        ids = zip(ROW_COLUMNS, (number, text, interaction, hashes), strict=True)
        return [values.alias(name) for name, values in ids]

    def _id_text(self, frame: pl.DataFrame, name: str) -> pl.Series:
        source = self.sources.get(name)
        if source is None or source not in frame.columns:
            return _nothing(frame.height, pl.String())
        text, _ = _read_text(frame[source])
        return text.set((text == "").fill_null(value=False), None)


def _nothing(height: int, kind: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=kind).new_from_index(0, height)


def _never(height: int) -> pl.Series:
    return pl.Series([False]).new_from_index(0, height)


def _row_hash(row: Mapping[str, object]) -> str:
    values = {key: value for key, value in row.items() if value not in {None, ""}}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _read_text(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    kind = values.dtype
    if kind == pl.Binary:
        text = values.map_elements(lambda data: data.decode("utf-8", "replace"), return_dtype=pl.String)
    elif kind.is_float():
        whole = values.cast(pl.Int64, strict=False)
        exact = (whole.cast(kind) == values).fill_null(value=False)
        text = whole.cast(pl.String).zip_with(exact, values.cast(pl.String))
    else:
        text = values.cast(pl.String)
    return text, _never(len(values))


def _read_number(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Read decimal numbers; an empty text becomes NaN, and NaN, infinity or any other text becomes infinity."""
    if values.dtype == pl.String:
        text = values.str.strip_chars()
        number = text.cast(pl.Float64, strict=False)
        empty = (text == "").fill_null(value=False)
    elif values.dtype.is_numeric():
        number = values.cast(pl.Float64)
        empty = _never(len(values))
    else:
        number = _nothing(len(values), pl.Float64())
        empty = number.is_not_null()
    bad = values.is_not_null() & ~empty & ~number.is_finite().fill_null(value=False)
    return number.set(empty, EMPTY).set(bad, UNREADABLE), bad


def _read_integer(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    number, _ = _read_number(values)
    whole = number.cast(pl.Int64, strict=False)
    exact = (whole.cast(pl.Float64) == number).fill_null(value=False)
    bad = number.is_not_null() & ~number.is_nan() & ~exact
    return whole.set(~exact, None), bad.fill_null(value=False)


def _read_time(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    read = read_times(values)
    there = values.is_not_null()
    if values.dtype == pl.String:
        there &= (values.str.strip_chars() != "").fill_null(value=False)
    return read, there & read.is_null()


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


_READERS: Mapping[Type, Callable[[pl.Series], tuple[pl.Series, pl.Series]]] = {
    Type.TEXT: _read_text,
    Type.LABEL: _read_text,
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
