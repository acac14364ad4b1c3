"""What a digest promises, against scikit-learn, NumPy and another t-digest, on raw rows and after merges.

Scores are drawn with a fixed seed, never chosen for their error.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from valuekit.states.centroids import Centroids
from valuekit.states.digest import PROTECTED
from valuekit.stats.quantiles import cdf, quantile
from valuekit.stats.ranking import average_precision, roc_auc

DELTA = 500
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def merged(values: Numbers, positive: Flags | None, parts: NDArray[np.int64]) -> Centroids:
    """One digest, merged in one step from the cells of parts."""
    protected = 0 if positive is None else PROTECTED
    count = int(parts.max()) + 1
    cells = Centroids.of_rows(parts, count, values, positive).compressed(DELTA, protected).column()
    return Centroids.of_cells(np.zeros(count, dtype=np.int64), 1, cells).compressed(DELTA, protected)


def split(rows: int, parts: int) -> NDArray[np.int64]:
    """Rows over parts of very different sizes."""
    return np.minimum(np.random.default_rng(parts).pareto(0.7, rows) * parts / 50, parts - 1).astype(np.int64)


def scores_of(c: Centroids) -> tuple[float, float]:
    assert c.positives is not None
    auc = roc_auc(c.starts, c.weights, c.positives)
    return float(auc[0]), float(average_precision(c.starts, c.weights, c.positives, c.atoms)[0])


@cache
def drawn(rows: int, base_rate: float, top: float, separation: float = 1.0) -> tuple[Numbers, Flags]:
    """Scores below `top`, and outcomes that grow likelier with the score."""
    rng = np.random.default_rng([rows, round(1 / base_rate), round(1 / top)])
    latent = rng.normal(size=rows)
    chance = base_rate * np.exp(separation * latent - separation**2 / 2)
    return top / (1 + np.exp(2 - latent)), rng.random(rows) < chance


def assert_close_to_scikit_learn(scores: Numbers, positive: Flags, counts: tuple[int, ...]) -> None:
    auc, precision = roc_auc_score(positive, scores), average_precision_score(positive, scores)
    for parts in counts:
        found_auc, found_precision = scores_of(merged(scores, positive, split(len(scores), parts)))
        assert found_auc == pytest.approx(auc, abs=0.001)
        assert found_precision == pytest.approx(precision, rel=0.01)


@pytest.mark.parametrize("top", [1.0, 0.05, 0.02, 0.01])
@pytest.mark.parametrize(("rows", "base_rate"), [(50_000, 0.002), (50_000, 0.02), (50_000, 0.2), (250_000, 0.002)])
def test_ranking_is_scikit_learns_whatever_the_scores(rows: int, base_rate: float, top: float) -> None:
    assert_close_to_scikit_learn(*drawn(rows, base_rate, top), (1, 40, 5000))


@pytest.mark.parametrize("separation", [0.5, 1.5, 2.5])
def test_ranking_is_scikit_learns_at_a_million_rows(separation: float) -> None:
    assert_close_to_scikit_learn(*drawn(1_000_000, 0.002, 0.05, separation), (3000,))


def test_four_scores_are_ranked_exactly() -> None:
    rng = np.random.default_rng(21)
    scores = rng.choice([0.001, 0.004, 0.0041, 0.03], 50_000, p=[0.6, 0.3, 0.09, 0.01])
    positive = rng.random(50_000) < scores
    expected = roc_auc_score(positive, scores), average_precision_score(positive, scores)
    for parts in (1, 2000):
        assert scores_of(merged(scores, positive, split(50_000, parts))) == pytest.approx(expected, rel=1e-12)


def test_forty_rows_are_ranked_exactly() -> None:
    rng = np.random.default_rng(22)
    scores, positive = np.round(rng.beta(1, 30, 40), 2), np.arange(40) < 3
    expected = roc_auc_score(positive, scores), average_precision_score(positive, scores)
    for parts in (1, 7, 40):
        assert scores_of(merged(scores, positive, np.arange(40) % parts)) == pytest.approx(expected, rel=1e-12)


def test_smaller_scores_in_the_same_order_change_nothing() -> None:
    scores, positive = drawn(50_000, 0.02, 1.0)
    for parts in (1, 40, 5000):
        parted = split(len(scores), parts)
        assert scores_of(merged(scores, positive, parted)) == scores_of(merged(scores * 2**-7, positive, parted))


def rank_error(ordered: Numbers, found: Numbers, q: Numbers) -> float:
    """How far q lies from the share of values below and up to what was found."""
    below = np.searchsorted(ordered, found, "left") / len(ordered)
    up_to = np.searchsorted(ordered, found, "right") / len(ordered)
    return float(np.max(np.maximum(0, np.maximum(below - q, q - up_to))))


ROWS = 200_000
SMOOTH = {
    "normal": lambda rng: rng.normal(size=ROWS),
    "heavy tail": lambda rng: rng.lognormal(0, 2, ROWS),
    "both tails": lambda rng: rng.standard_cauchy(ROWS),
    "small": lambda rng: rng.beta(1, 300, ROWS),
    "two hills": lambda rng: np.where(rng.random(ROWS) < 0.3, rng.normal(0, 1, ROWS), rng.normal(4, 1, ROWS)),
}
GAPS = {
    "zeros and a spike": lambda rng: np.where(
        rng.random(ROWS) < 0.4, 0.0, np.where(rng.random(ROWS) < 0.3, 17.5, rng.lognormal(0, 2, ROWS))
    ),
    "whole seconds": lambda rng: np.round(rng.exponential(60, ROWS)),
    "whole seconds and a time-out": lambda rng: np.where(
        rng.random(ROWS) < 0.15, 300.0, np.round(rng.uniform(0, 1000, ROWS))
    ),
    "two clusters": lambda rng: np.where(rng.random(ROWS) < 0.4, 0.0, 1e6) + rng.normal(size=ROWS),
}
LIMITS = [(kind, draw, 0.002) for kind, draw in SMOOTH.items()] + [
    (kind, draw, 2 * math.pi / DELTA) for kind, draw in GAPS.items()
]


@pytest.mark.parametrize(("draw", "limit"), [case[1:] for case in LIMITS], ids=[case[0] for case in LIMITS])
def test_quantiles_keep_their_rank_after_merges(draw: object, limit: float) -> None:
    assert callable(draw)
    values = draw(np.random.default_rng(31))
    ordered, q = np.sort(values), np.linspace(0, 1, 1001)
    for parts in (split(ROWS, 1), split(ROWS, 40), split(ROWS, 5000), np.argsort(np.argsort(values)) // 5000):
        c = merged(values, None, parts)
        assert rank_error(ordered, quantile(c.starts, c.means, c.weights, c.atoms, q)[0], q) <= limit
        asked = ordered[:: ROWS // 500]
        shares = cdf(c.starts, c.means, c.weights, c.atoms, asked)[0]
        assert rank_error(ordered, asked, shares) <= limit


def test_few_distinct_values_have_exact_quantiles() -> None:
    rng = np.random.default_rng(32)
    values = rng.choice(np.round(rng.normal(size=50), 3), 100_000)
    q = np.linspace(0, 1, 101)
    for parts in (1, 3000):
        c = merged(values, None, split(len(values), parts))
        np.testing.assert_array_equal(quantile(c.starts, c.means, c.weights, c.atoms, q)[0], np.quantile(values, q))


def test_small_groups_have_numpys_quantiles() -> None:
    """Of 250 distinct values in 60 parts, and of fewer."""
    rng = np.random.default_rng(33)
    q = np.linspace(0, 1, 101)
    for rows in (1, 2, 17, 250):
        values = rng.lognormal(0, 3, rows)
        c = merged(values, None, rng.integers(0, 60, rows))
        np.testing.assert_array_equal(quantile(c.starts, c.means, c.weights, c.atoms, q)[0], np.quantile(values, q))


def test_another_t_digest_agrees() -> None:
    tdigest = pytest.importorskip("tdigest")
    values = np.random.default_rng(34).gamma(2, size=4000)
    other = tdigest.TDigest(delta=0.01)
    other.batch_update(values.tolist())
    c = merged(values, None, np.arange(4000) % 8)
    q = np.array([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
    found = quantile(c.starts, c.means, c.weights, c.atoms, q)[0]
    np.testing.assert_allclose([other.cdf(x) for x in found], q, atol=0.01)
    np.testing.assert_allclose(found, [other.percentile(100 * share) for share in q], rtol=0.03)
