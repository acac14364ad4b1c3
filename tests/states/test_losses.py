"""Sums of losses against scikit-learn and exact arithmetic over the raw rows."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from valuekit.states.groups import POSITIVE, Groups
from valuekit.states.losses import Losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATE = Losses("p", "p")


def build(
    gids: NDArray[np.int64], size: int, scores: NDArray[np.float64], positive: NDArray[np.bool_]
) -> list[list[float]]:
    columns = STATE.build(Groups(gids, size, {"p": scores, POSITIVE: positive}))
    return [list(cell) for cell in zip(*(column.to_pylist() for column in columns), strict=True)]


def one(scores: list[float], positive: list[bool]) -> list[float]:
    (cell,) = build(np.zeros(len(scores), dtype=np.int64), 1, np.array(scores), np.array(positive))
    return cell


@pytest.mark.parametrize("digits", [17, 2])  # wide scores, and ties
@pytest.mark.parametrize("parts", [1, 500])
def test_losses_of_every_group_are_those_of_scikit_learn(digits: int, parts: int) -> None:
    rng = np.random.default_rng(digits)
    gids = rng.integers(0, 10, 5000)
    scores = np.clip(np.round(rng.beta(1, 20, 5000), digits), 0.01, 0.99)
    positive = rng.random(5000) < scores
    part = gids * parts + rng.integers(0, parts, 5000)
    cells = STATE.build(Groups(part, 10 * parts, {"p": scores, POSITIVE: positive}))
    brier, log, outside, certain = STATE.merge(np.arange(10 * parts) // parts, 10, cells)
    assert outside.to_pylist() == certain.to_pylist() == [0] * 10
    for group in range(10):
        y, s = positive[gids == group], scores[gids == group]
        assert brier[group].as_py() / len(y) == pytest.approx(brier_score_loss(y, s), rel=1e-12, abs=0)
        assert log[group].as_py() / len(y) == pytest.approx(log_loss(y, s, labels=[0, 1]), rel=1e-12, abs=0)


def test_certain_mistakes_are_counted_and_leave_the_log_loss_finite() -> None:
    """A positive scored 0 and a negative scored 1; the other two ends cost nothing."""
    brier, log, outside, certain = one([0.0, 1.0, 0.0, 1.0, 0.5], [True, False, False, True, True])
    assert (brier, outside, certain) == (2.25, 0, 2)
    assert log == pytest.approx(np.log(2), rel=1e-15, abs=0)


def test_scores_outside_are_counted_and_not_summed() -> None:
    brier, log, outside, certain = one([1.5, -0.25, 0.5, 1 + 2**-52, -5e-324], [True, False, True, True, False])
    assert (brier, outside, certain) == (0.25, 4, 0)
    assert log == pytest.approx(np.log(2), rel=1e-15, abs=0)


def test_offers_without_a_score_do_not_count() -> None:
    assert one([np.nan, np.inf, -np.inf], [True, False, True]) == [0.0, 0.0, 0, 0]


def test_a_cell_of_nothing_is_zero() -> None:
    assert build(np.zeros(0, dtype=np.int64), 1, np.zeros(0), np.zeros(0, dtype=bool)) == [[0.0, 0.0, 0, 0]]


@pytest.mark.parametrize("score", [1e-300, 1e-20, 1e-9, 0.3, 1 - 1e-9, 1 - 2**-53])
def test_tiny_and_nearly_certain_scores_are_exact(score: float) -> None:
    """ln(1 - 1e-20) is -1e-20, and not the logarithm of a float that has become 1."""
    with localcontext(prec=400):
        exact = -(Decimal(1) - Decimal(score)).ln()
    assert one([score] * 3, [False] * 3)[1] == pytest.approx(3 * float(exact), rel=1e-14, abs=0)
    assert one([score] * 3, [True] * 3)[1] == pytest.approx(float(-3 * Decimal(score).ln()), rel=1e-14, abs=0)


def test_groups_of_one_class_have_losses() -> None:
    scores = np.array([0.2, 0.4, 0.2, 0.4])
    none, only = build(np.array([0, 0, 1, 1]), 2, scores, np.array([False, False, True, True]))
    assert none[:2] == pytest.approx([0.04 + 0.16, -np.log(0.8) - np.log(0.6)], rel=1e-14, abs=0)
    assert only[:2] == pytest.approx([0.64 + 0.36, -np.log(0.2) - np.log(0.4)], rel=1e-14, abs=0)
