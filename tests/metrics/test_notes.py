"""Reasons rolled up: by score and text, with a count and some groups."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from valuekit.metrics.notes import EXAMPLES, Absence, absences

FRAME = pl.DataFrame({"Channel": [None, "Mobile", "Web"], "Month": ["2026-01", "2026-01", "2026-02"], "n": [1, 2, 3]})


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def test_each_reason_of_a_score_is_one_note() -> None:
    reasons = {"CTR": texts(None, None, None), "Lift": texts("no control", "no test", "no control")}
    assert absences(FRAME, ("Channel", "Month"), reasons) == (
        Absence(
            "Lift", "no control", 2, ({"Channel": None, "Month": "2026-01"}, {"Channel": "Web", "Month": "2026-02"})
        ),
        Absence("Lift", "no test", 1, ({"Channel": "Mobile", "Month": "2026-01"},)),
    )


def test_only_scores_asked_for_in_the_order_asked() -> None:
    reasons = {"CTR": texts("a", None, None), "Lift": texts("b", None, None), "StdErr": texts("c", None, None)}
    found = absences(FRAME, ("Channel",), reasons, scores=("Lift", "Count", "CTR"))
    assert [(note.score, note.reason) for note in found] == [("Lift", "b"), ("CTR", "a")]


def test_the_total_is_the_group_without_dimensions() -> None:
    assert absences(FRAME.head(1), (), {"CTR": texts("no offers")}) == (Absence("CTR", "no offers", 1, ({},)),)


def test_no_rows_give_no_notes() -> None:
    assert absences(FRAME.clear(), ("Channel",), {"CTR": texts()}) == ()


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=60))
def test_every_absence_is_counted_and_few_are_listed(reasons: list[str | None]) -> None:
    frame = pl.DataFrame({"row": range(len(reasons))}, schema={"row": pl.Int64})
    found = absences(frame, ("row",), {"Lift": texts(*reasons)})
    assert {note.reason: note.count for note in found} == Counter(reason for reason in reasons if reason is not None)
    for note in found:
        rows = [row for row, reason in enumerate(reasons) if reason == note.reason]
        assert [group["row"] for group in note.groups] == rows[:EXAMPLES]
