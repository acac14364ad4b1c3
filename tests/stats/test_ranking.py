"""Ranking scores against scikit-learn on raw rows, and against sums written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from valuekit.states.centroids import Centroids
from valuekit.stats.ranking import average_precision, calibration, curves, ece, roc_auc

Row = tuple[float, bool]
rows = st.lists(st.tuples(st.sampled_from([0.0, 0.01, 0.1, 0.3, 0.31, 0.5, 1.0]) | st.floats(0, 1), st.booleans()))


def joint(groups: list[list[Row]]) -> Centroids:
    gids = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    scores = np.array([row[0] for group in groups for row in group], dtype=np.float64)
    positive = np.array([row[1] for group in groups for row in group], dtype=np.bool_)
    return Centroids.of_rows(gids, len(groups), scores, positive)


def auc_of(c: Centroids) -> list[float]:
    assert c.positives is not None
    return [float(auc) for auc in roc_auc(c.starts, c.weights, c.positives)]


def ap_of(c: Centroids) -> list[float]:
    assert c.positives is not None
    return [float(ap) for ap in average_precision(c.starts, c.weights, c.positives, c.atoms)]


@given(st.lists(rows, min_size=1, max_size=4))
@settings(max_examples=60)
def test_atoms_give_scikit_learns_scores(groups: list[list[Row]]) -> None:
    made = joint(groups)
    for group, auc, precision in zip(groups, auc_of(made), ap_of(made), strict=True):
        scores, truth = [row[0] for row in group], [row[1] for row in group]
        if len(set(truth)) == 2:
            assert auc == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
        else:
            assert np.isnan(auc)
        if any(truth):
            assert precision == pytest.approx(average_precision_score(truth, scores), rel=1e-12)
        else:
            assert np.isnan(precision)


def test_a_score_that_ranks_the_wrong_way_is_below_a_half() -> None:
    assert auc_of(joint([[(0.1, True), (0.9, False)], [(0.9, True), (0.1, False)]])) == [0.0, 1.0]


def test_rows_of_one_centroid_are_half_in_order() -> None:
    """2 positives and 3 negatives in one, 1 negative above: 2·3 pairs half right, 2·1 wrong, of 2·4."""
    auc = roc_auc(np.array([0, 2]), np.array([5, 1]), np.array([2, 0]))
    assert auc.tolist() == [3 / 8]


def mixed_sum(true: int, false: int, p: int, n: int) -> float:
    j = np.arange(1, p + 1, dtype=np.float64)
    return float(np.sum((true + j) / (true + j + false + n * j / (p + 1))))


@pytest.mark.parametrize("p", [1, 2, 15, 16, 17, 40, 3000, 100_000])
@pytest.mark.parametrize("n", [0, 1, 50, 10**6])
@pytest.mark.parametrize(("true", "false"), [(0, 0), (0, 3), (3, 0), (7, 90), (0, 10**6), (10**6, 5), (10**5, 10**7)])
def test_positives_lie_evenly_in_a_mixed_centroid(p: int, n: int, true: int, false: int) -> None:
    """Below an atom with `true` positives and `false` negatives."""
    above = true + false
    weights = np.array([p + n, above])[: 2 if above else 1]
    starts, positives = np.array([0, len(weights)]), np.array([p, true])[: len(weights)]
    found = average_precision(starts, weights, positives, np.array([False, True])[: len(weights)])
    tied = true * true / above if above else 0.0
    assert found[0] == pytest.approx((tied + mixed_sum(true, false, p, n)) / (true + p), rel=1e-10)


def test_many_groups_are_as_each_alone() -> None:
    rng = np.random.default_rng(4)
    sizes = np.array([0, 1, 4000, 0, 300, 20_000])
    gids = np.repeat(np.arange(6), sizes)
    scores = rng.beta(1, 20, len(gids))
    made = Centroids.of_rows(gids, 6, scores, rng.random(len(gids)) < scores).compressed(100, 20)
    assert made.positives is not None
    bins = calibration(made.starts, made.means, made.weights, made.positives)
    together = [auc_of(made), ap_of(made), ece(bins).tolist()]
    for group in range(6):
        alone = Centroids.of_column(made.column()[group : group + 1])
        assert alone.positives is not None
        own = ece(calibration(alone.starts, alone.means, alone.weights, alone.positives)).tolist()
        np.testing.assert_array_equal([auc_of(alone), ap_of(alone), own], [[part[group]] for part in together])


@given(rows.filter(lambda group: len({flag for _, flag in group}) == 2))
@settings(max_examples=60)
def test_curves_pass_through_scikit_learns_points(group: list[Row]) -> None:
    made = joint([[], group])
    assert made.positives is not None
    found = curves(made.starts, made.means, made.weights, made.positives)
    truth, scores = np.array([row[1] for row in group]), np.array([row[0] for row in group])
    fpr, tpr, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(found.fpr, fpr[1:], rtol=1e-12)
    np.testing.assert_allclose(found.tpr, tpr[1:], rtol=1e-12)
    np.testing.assert_array_equal(found.threshold, thresholds[1:])
    precision, recall, _ = precision_recall_curve(truth, scores)
    np.testing.assert_allclose(found.precision, precision[:-1][::-1], rtol=1e-12)
    np.testing.assert_allclose(found.recall, recall[:-1][::-1], rtol=1e-12)
    np.testing.assert_array_equal(found.gain, found.recall)
    chosen = [scores >= threshold for threshold in found.threshold]
    np.testing.assert_allclose(found.share, [np.mean(flags) for flags in chosen], rtol=1e-12)
    np.testing.assert_allclose(found.lift, [np.mean(truth[flags]) / np.mean(truth) for flags in chosen], rtol=1e-12)
    assert found.starts.tolist() == [0, 0, len(found.fpr)]


def test_one_class_has_no_curve() -> None:
    made = joint([[(0.2, True), (0.4, True)], [(0.2, False)]])
    assert made.positives is not None
    found = curves(made.starts, made.means, made.weights, made.positives)
    for curve in (found.fpr, found.tpr, found.precision, found.lift):
        assert np.isnan(curve).all()
    assert found.threshold.tolist() == [0.4, 0.2, 0.2]


@given(st.lists(rows, min_size=1, max_size=3))
@settings(max_examples=60)
def test_a_centroid_falls_whole_into_the_bin_of_its_middle(groups: list[list[Row]]) -> None:
    made = joint(groups)
    assert made.positives is not None
    bins = calibration(made.starts, made.means, made.weights, made.positives)
    errors = ece(bins)
    for g, group in enumerate(groups):
        scores = np.array([row[0] for row in group])
        held: dict[int, list[Row]] = {}
        for value in np.unique(scores):
            low, tied = int((scores < value).sum()), int((scores == value).sum())
            held.setdefault(20 * (2 * low + tied) // (2 * len(group)), []).extend(r for r in group if r[0] == value)
        part = slice(int(bins.starts[g]), int(bins.starts[g + 1]))
        assert bins.bin[part].tolist() == sorted(held)
        assert bins.n[part].tolist() == [len(held[b]) for b in sorted(held)]
        proba = [np.mean([row[0] for row in held[b]]) for b in sorted(held)]
        rate = [np.mean([row[1] for row in held[b]]) for b in sorted(held)]
        np.testing.assert_allclose(bins.proba[part], proba, rtol=1e-12, atol=1e-300)
        np.testing.assert_allclose(bins.rate[part], rate, rtol=1e-12)
        if group:
            shares = bins.n[part] / len(group)
            assert errors[g] == pytest.approx(np.sum(shares * np.abs(np.subtract(rate, proba))), abs=1e-12)
        else:
            assert np.isnan(errors[g])


def test_a_score_that_is_right_has_a_small_calibration_error() -> None:
    rng = np.random.default_rng(9)
    scores = rng.beta(2, 8, 200_000)
    gids = np.zeros(len(scores), dtype=np.int64)
    for shift, expected in ((0.0, 0.0), (0.1, 0.1)):
        made = Centroids.of_rows(gids, 1, scores, rng.random(len(scores)) < scores + shift).compressed(500, 200)
        assert made.positives is not None
        bins = calibration(made.starts, made.means, made.weights, made.positives)
        assert ece(bins)[0] == pytest.approx(expected, abs=0.005)
        assert len(bins.n) == 20
