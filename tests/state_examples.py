"""One or more examples of every class of state, and rows that they can be built from.

A new class of state without an example fails the law test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from valuekit.metrics.arms import Arms
from valuekit.states.counts import Count, Total
from valuekit.states.digest import Digest
from valuekit.states.extrema import Extrema
from valuekit.states.losses import Losses
from valuekit.states.moments import Moments

if TYPE_CHECKING:
    from valuekit.states.base import State

ARM, AMOUNT, SCORE, TOUCHES = '"ModelControlGroup"', '"amount"', '"score"', '"touches"'

EXAMPLES: tuple[State, ...] = (
    Count("Offers"),
    Count("Positives", "_positive"),
    Count("Unlabelled", f"{ARM} IS NULL", frozenset({"ModelControlGroup"})),
    Arms("ModelControlGroup", "Test", "Control").states[0],
    Total("Touchpoints", TOUCHES, frozenset({"touches"})),
    Moments("Amount", AMOUNT, frozenset({"amount"})),
    Moments('a name, with "quotes"', f"{SCORE} * 1e-3 + 1e7", frozenset({"score"})),
    Extrema("Extremes", AMOUNT, frozenset({"amount"})),
    Losses("Loss", SCORE, frozenset({"score"})),
    Digest("Digest", AMOUNT, frozenset({"amount"}), compression=100, joint=False),
    Digest("WideDigest", AMOUNT, frozenset({"amount"}), compression=500, joint=False),
    Digest("ExactDigest", AMOUNT, frozenset({"amount"}), compression=None, joint=False),
    Digest("JointDigest", SCORE, frozenset({"score"}), compression=100, joint=True),
    Digest("ExactJointDigest", SCORE, frozenset({"score"}), compression=None, joint=True),
)

# The columns of a row: its group, the part of the split that it falls into, and what the examples read.
ROW = pa.schema(
    {
        "grp": pa.string(),
        "part": pa.int64(),
        "_positive": pa.bool_(),
        "ModelControlGroup": pa.string(),
        "amount": pa.float64(),
        "score": pa.float64(),
        "touches": pa.int64(),
    }
)

_LABELS = ["Test", "Control", "test", "Other", None]
_LEFT_OUT = [None, float("nan"), float("inf"), float("-inf")]
_TIES = [-0.0, 0.0, 1.0, 0.1, 1e7, 1e7 + 0.1, 1e7 - 0.1, -3.5]
_SCORES = [0.0, 1.0, 0.5, 1e-20, 1 - 2.0**-53, 1.5, -0.25]

_AMOUNT = st.one_of(
    st.sampled_from(_TIES + _LEFT_OUT),
    st.floats(-1e6, 1e6),
    st.sampled_from([1e90, -1e90, 1e-90]),
)
_SCORE = st.one_of(st.sampled_from(_SCORES + _LEFT_OUT), st.floats(0, 1))

_ONE_ROW = st.tuples(
    st.sampled_from(["Web", "Mobile", None]),
    st.integers(0, 4),
    st.booleans(),
    st.sampled_from(_LABELS),
    _AMOUNT,
    _SCORE,
    st.sampled_from([0, 1, 2, None]),
)


def _table(rows: list[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(ROW)
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, ROW, strict=True)], schema=ROW)


FEW_ROWS = st.lists(_ONE_ROW, max_size=40).map(_table)
"""Up to 40 rows in up to 5 parts."""


def many_rows(seed: int, size: int = 6000, parts: int = 300) -> pa.Table:
    """Rows of a huge group, a large one and many tiny ones, one of them without a positive, one without a negative.

    Args:
        seed: equal seeds give equal rows.
        size: how many rows.
        parts: how many parts they fall into.
    """
    rng = np.random.default_rng(seed)
    names = np.array(["Web", "Mobile", "never", "always", *(f"tiny {i}" for i in range(20)), None], dtype=object)
    shares = np.array([50, 20, 10, 10, *[0.25] * 20, 5])
    groups = rng.choice(names, size, p=shares / shares.sum())
    positive = np.where(groups == "never", False, (groups == "always") | (rng.random(size) < 0.1))
    amount = np.select(
        [groups == "Mobile", groups == "always"],
        [1e7 + 0.1 * rng.standard_normal(size), rng.integers(0, 90, size)],  # where naive variance fails; whole seconds
        rng.lognormal(3, 2, size) * rng.choice([1, 1, 1, 0.0, -0.0], size),  # a spike at zero
    )
    amount[rng.random(size) < 0.03] = np.nan
    amount[rng.random(size) < 0.01] = np.inf
    score = np.where(rng.random(size) < 0.5, rng.beta(1, 50, size), rng.choice([0.0, 0.01, 0.02, 1.0, 1.25], size))
    return pa.table(
        [
            pa.array(groups, pa.string()),
            pa.array(rng.integers(0, parts, size)),
            pa.array(positive.astype(bool)),
            pa.array(rng.choice(np.array(_LABELS, dtype=object), size), pa.string()),
            pa.array(amount, mask=rng.random(size) < 0.02),
            pa.array(score, mask=rng.random(size) < 0.1),
            pa.array(rng.integers(0, 3, size), mask=rng.random(size) < 0.1),
        ],
        schema=ROW,
    )
