"""Typing of values: what lands, what is set aside, what is rejected."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from valuekit.facts.columns import Column, Type
from valuekit.facts.names import resolve
from valuekit.facts.prepare import Complaint, Prepared, Preparer

if TYPE_CHECKING:
    from collections.abc import Sequence

TIME = "20210127T132203.000 GMT"


def prepare(kinds: dict[str, Type], columns: dict[str, Sequence[object]], **dtypes: pl.DataType) -> Prepared:
    height = len(next(iter(columns.values())))
    frame = pl.DataFrame({"pxOutcomeTime": [TIME] * height, "pxFactID": ["1"] * height, **columns}, strict=False)
    frame = frame.with_columns(pl.col(name).cast(kind) for name, kind in dtypes.items())
    plan = [Column("OutcomeTime", Type.TIME), *(Column(name, kind) for name, kind in kinds.items())]
    preparer = Preparer(plan, resolve(frame.columns, {}))
    return preparer.prepare(frame, pl.Series(range(1, height + 1)), lambda rows: frame[list(rows)])


def test_numbers() -> None:
    texts = ["0.5", " 2 ", "1e-3", "-0", "", None, "NaN", "inf", "1e400", "0,5", "true"]
    found = prepare({"Propensity": Type.NUMBER}, {"pyPropensity": texts})
    values = found.frame["Propensity"].to_list()
    assert values[:4] == [0.5, 2.0, 0.001, 0.0]
    assert math.isnan(values[4])
    assert values[5] is None
    assert values[6:] == [math.inf] * 5
    assert [item.line for item in found.set_aside] == [7, 8, 9, 10, 11]
    assert {item.column for item in found.set_aside} == {"Propensity"}
    assert found.rejected == ()


def test_integers_may_be_written_as_floats() -> None:
    found = prepare({"Rank": Type.INTEGER}, {"pxRank": ["1", "2.0", "", None, "1.5", "x"]})
    empty, unreadable = -(2**63), 1 - 2**63
    assert found.frame["Rank"].to_list() == [1, 2, empty, None, unreadable, unreadable]
    assert [item.line for item in found.set_aside] == [5, 6]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([27, None], pl.Int64(), ["27", None]),
        ([27.0, 0.5], pl.Float64(), ["27", "0.5"]),
        ([True, False], pl.Boolean(), ["true", "false"]),
        (["a", ""], pl.String(), ["a", ""]),
        ([b"a", b"\xc3\xa9"], pl.Binary(), ["a", "é"]),
    ],
)
def test_texts_from_any_type(values: list[object], dtype: pl.DataType, expected: list[str]) -> None:
    found = prepare({"Channel": Type.TEXT}, {"pyChannel": pl.Series(values, dtype=dtype)})  # type: ignore[dict-item]  # a Series is a sequence
    assert found.frame["Channel"].to_list() == expected


def test_a_row_without_a_readable_outcome_time_is_rejected() -> None:
    frame = pl.DataFrame({"pxOutcomeTime": [TIME, "soon", "", None], "pyChannel": ["a", "b", "c", "d"]})
    plan = [Column("OutcomeTime", Type.TIME), Column("Channel", Type.TEXT)]
    preparer = Preparer(plan, resolve(frame.columns, {}))
    found = preparer.prepare(frame, pl.Series([10, 11, 12, 13]), lambda rows: frame[list(rows)])
    assert found.frame["Channel"].to_list() == ["a"]
    assert found.rejected == (
        Complaint(11, "OutcomeTime 'soon' is not a time"),
        Complaint(12, "no OutcomeTime"),
        Complaint(13, "no OutcomeTime"),
    )


def test_an_unreadable_decision_time_is_missing_and_counted() -> None:
    found = prepare({"DecisionTime": Type.TIME}, {"pxDecisionTime": [TIME, "x", ""]})
    assert found.frame["DecisionTime"].to_list() == [datetime(2021, 1, 27, 13, 22, 3), None, None]
    assert [item.line for item in found.set_aside] == [2]


def test_ids_are_numbers_where_the_text_says_exactly_that() -> None:
    ids = ["-3586780626931682183", "007", "12345678901234567890", "F-1", "5"]
    found = prepare({}, {"pxFactID": ids})
    assert found.frame["_fact"].to_list() == [-3586780626931682183, None, None, None, 5]
    assert found.frame["_fact_text"].to_list() == [None, "007", "12345678901234567890", "F-1", None]


def test_rows_without_any_id_are_known_by_all_their_values() -> None:
    found = prepare(
        {"Channel": Type.TEXT},
        {"pxFactID": ["", None, ""], "pyChannel": ["a", "a", "a"], "pyLabel": ["x", "x", "y"]},
    )
    hashes = found.frame["_row_hash"].to_list()
    assert hashes[0] == hashes[1] != hashes[2]
    assert found.frame["_interaction"].to_list() == [None, None, None]


def test_the_subject_stands_in_for_a_missing_customer() -> None:
    found = prepare({"CustomerID": Type.TEXT}, {"pySubjectID": ["s"]})
    assert found.frame["CustomerID"].to_list() == ["s"]
    both = prepare({"CustomerID": Type.TEXT}, {"pySubjectID": ["s"], "CustomerID": ["c"]})
    assert both.frame["CustomerID"].to_list() == ["c"]


def test_a_column_that_the_file_lacks_is_missing() -> None:
    found = prepare({"Channel": Type.TEXT, "Revenue": Type.NUMBER}, {"pyName": ["a", "b"]})
    assert found.frame["Channel"].null_count() == found.frame["Revenue"].null_count() == 2
    assert found.set_aside == ()
