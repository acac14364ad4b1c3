"""The page's formulas against SciPy, scikit-learn and NumPy, far into the tails, in a real browser."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from embedded_pages import InBrowser


@pytest.fixture(scope="module")
def formulas(browser: Any) -> Iterator[InBrowser]:
    found = InBrowser(browser, "")
    yield found
    found.close()


def arm(positives: int, negatives: int) -> dict[str, int]:
    return {"p": positives, "n": negatives}


def some_arms(seed: int, size: int, most: int) -> list[dict[str, int]]:
    rng = random.Random(seed)  # noqa: S311 - test data
    return [arm(rng.randint(1, most), rng.randint(1, most)) for _ in range(size)]


def test_erfc_is_exact_far_into_the_tail(formulas: InBrowser) -> None:
    xs = [*np.linspace(0, 27, 1001), 1e-300, 1e-9, 1.25, 1.2499999, 26.9]
    for x, value in zip(xs, formulas.stats("erfc", [[float(x)] for x in xs]), strict=True):
        assert value == pytest.approx(math.erfc(x), rel=2e-13, abs=1e-320), x
    assert formulas.stats("erfc", [[40.0]]) == [0.0]


def test_two_sided_p(formulas: InBrowser) -> None:
    zs = [0.0, 1e-12, 0.5, -1.96, 5.0, -8.0, 20.0, 37.5]
    found = formulas.stats("twoSidedP", [[z] for z in zs])
    assert found == [pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12) for z in zs]


def test_chi_square_tail(formulas: InBrowser) -> None:
    grid = [(x, dof) for dof in (1, 2, 3, 4, 7, 10, 25, 60) for x in (0.0, 1e-9, 0.3, 1, 5, 20, 90, 300, 1200)]
    found = formulas.stats("chiSquareP", [[float(x), dof] for x, dof in grid])
    for (x, dof), value in zip(grid, found, strict=True):
        expected = stats.chi2.sf(x, dof)
        assert value == pytest.approx(expected, rel=1e-11, abs=1e-300), (x, dof)


def test_tests_of_tables(formulas: InBrowser) -> None:
    tables = [some_arms(seed, 2 + seed % 4, 10 ** (1 + seed % 5)) for seed in range(60)]
    kinds: list[tuple[str, Literal["pearson", "log-likelihood"]]] = [
        ("pearson", "pearson"),
        ("gTest", "log-likelihood"),
    ]
    for name, kind in kinds:
        for table, (statistic, dof, p_value) in zip(tables, formulas.stats(name, [[t] for t in tables]), strict=True):
            observed = [[one["p"], one["n"]] for one in table]
            expected = stats.chi2_contingency(observed, correction=False, lambda_=kind)
            assert statistic == pytest.approx(expected.statistic, rel=1e-9)
            assert dof == expected.dof
            assert p_value == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-300)
    for table, value in zip(tables, formulas.stats("cramersV", [[table] for table in tables]), strict=True):
        strength = stats.contingency.association([[one["p"], one["n"]] for one in table], method="cramer")
        assert value == pytest.approx(strength, rel=1e-9)


def test_tables_without_an_answer_have_none(formulas: InBrowser) -> None:
    tables = [[arm(3, 4)], [arm(3, 4), arm(0, 0)], [arm(0, 4), arm(0, 9)], [arm(2, 0), arm(9, 0)], []]
    assert formulas.stats("pearson", [[table] for table in tables]) == [[None, None, None]] * len(tables)


def test_fisher(formulas: InBrowser) -> None:
    rng = random.Random(5)  # noqa: S311 - test data
    pairs = [
        (arm(rng.randint(0, 4), rng.randint(0, 60)), arm(rng.randint(0, 4), rng.randint(0, 9))) for _ in range(300)
    ]
    pairs += [(arm(1, 999_999), arm(9, 2_000_000)), (arm(0, 50), arm(3, 5)), (arm(40, 1), arm(2, 9))]
    calls = [[one, other] for one, other in pairs]
    compared = 0
    for (one, other), value in zip(pairs, formulas.stats("fisherExact", calls), strict=True):
        if value is None:
            continue
        table = np.array([[one["p"], one["n"]], [other["p"], other["n"]]])
        assert value == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-8), table
        compared += 1
    assert compared > 150


def test_odds_ratio_and_its_interval(formulas: InBrowser) -> None:
    pairs = [some_arms(seed, 2, 10_000) for seed in range(30)]
    for (one, other), found in zip(pairs, formulas.stats("oddsRatio", pairs), strict=True):
        result = stats.contingency.odds_ratio([[one["p"], one["n"]], [other["p"], other["n"]]], kind="sample")
        interval = result.confidence_interval(0.95)
        assert found == pytest.approx([result.statistic, interval.low, interval.high], rel=1e-9)
    assert formulas.stats("oddsRatio", [[arm(0, 3), arm(1, 2)]]) == [[None, None, None]]


def test_wilson(formulas: InBrowser) -> None:
    counts = [(0, 10), (10, 0), (1, 1), (3, 997), (999_990, 10), (0, 1)]
    for (p, n), found in zip(counts, formulas.stats("wilson", [list(one) for one in counts]), strict=True):
        expected = stats.binomtest(p, p + n).proportion_ci(0.95, method="wilson")
        assert found == pytest.approx([expected.low, expected.high], rel=1e-9, abs=1e-15)
    assert formulas.stats("wilson", [[0, 0]]) == [[None, None]]


def test_z_test_squared_is_chi_square(formulas: InBrowser) -> None:
    pairs = [some_arms(seed, 2, 5_000) for seed in range(30)]
    for (one, other), (z, p_value) in zip(pairs, formulas.stats("twoProportionZ", pairs), strict=True):
        table = [[one["p"], one["n"]], [other["p"], other["n"]]]
        expected = stats.chi2_contingency(table, correction=False)
        assert z * z == pytest.approx(expected.statistic, rel=1e-9)
        assert p_value == pytest.approx(expected.pvalue, rel=1e-7)


def test_lift_interval(formulas: InBrowser) -> None:
    pairs = [some_arms(seed, 2, 900) for seed in range(30)]
    for (test, control), found in zip(pairs, formulas.stats("liftInterval", pairs), strict=True):
        n_test, n_control = sum(test.values()), sum(control.values())
        result = stats.contingency.relative_risk(test["p"], n_test, control["p"], n_control)
        interval = result.confidence_interval(0.95)
        assert found == pytest.approx([interval.low - 1, interval.high - 1], rel=1e-7, abs=1e-12)


def digest(values: np.ndarray[Any, Any], positive: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Every value as a centroid of its own."""
    means, at = np.unique(values, return_inverse=True)
    weights = np.bincount(at)
    positives = np.bincount(at, weights=positive)
    return {
        "means": means.tolist(),
        "weights": weights.tolist(),
        "positives": positives.tolist(),
        "atoms": [1] * means.size,
        "total": int(weights.sum()),
    }


@pytest.mark.parametrize("seed", range(4))
def test_ranking_of_single_values(formulas: InBrowser, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random(500) ** 2, 2 + seed)
    positive = rng.random(500) < scores
    held = digest(scores, positive)
    assert formulas.stats("rocAuc", [[held]]) == [pytest.approx(roc_auc_score(positive, scores), rel=1e-12)]
    expected = average_precision_score(positive, scores)
    assert formulas.stats("averagePrecision", [[held]]) == [pytest.approx(expected, rel=1e-12)]


@pytest.mark.parametrize("seed", range(4))
def test_quantiles_of_single_values(formulas: InBrowser, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=301), 1 + seed)
    held = digest(values, values > 0)
    shares = [0.0, 0.01, 0.25, 1 / 3, 0.5, 0.9, 0.999, 1.0]
    found = formulas.stats("quantile", [[held, q] for q in shares])
    assert found == pytest.approx(np.quantile(values, shares).tolist(), rel=1e-15, abs=1e-300)


def test_merging_runs_and_compressing_is_what_python_does(formulas: InBrowser) -> None:
    from valuekit.states.centroids import Centroids

    rng = np.random.default_rng(3)
    values, positive = np.sort(rng.random((7, 400)) ** 3, axis=1).ravel(), rng.random(2_800) < 0.2
    ones = [1] * values.size
    whole = formulas.stats("collapsed", [[values.tolist(), ones, positive.astype(int).tolist(), ones]])[0]
    expected = Centroids.of_rows(np.zeros(values.size, dtype=np.int64), 1, values, positive)
    for delta, protected in ((None, 0), (500, 400), (100, 0), (50, 5)):
        script = "([held, delta, rows]) => valuekitEngine.stats.compressed(held, delta, rows)"
        held = {name: list(part.values()) if isinstance(part, dict) else part for name, part in whole.items()}
        found = formulas.page.evaluate(f"one => JSON.parse(JSON.stringify(({script})(one)))", [held, delta, protected])
        other = expected if delta is None else expected.compressed(delta, protected)
        listed = {name: list(part.values()) if isinstance(part, dict) else part for name, part in found.items()}
        assert listed["weights"] == other.weights.tolist()
        assert other.positives is not None
        assert listed["positives"] == other.positives.tolist()
        assert listed["means"] == pytest.approx(other.means.tolist(), rel=1e-13)
        assert [bool(atom) for atom in listed["atoms"]] == other.atoms.tolist()


def test_moments_of_large_values_that_are_alike(formulas: InBrowser) -> None:
    rng = np.random.default_rng(1)
    values = 1e9 + rng.random((40, 25))
    cells = {
        "n": [25] * 40,
        "mean": values.mean(axis=1).tolist(),
        "m2": (values.var(axis=1) * 25).tolist(),
        "m3": (((values - values.mean(axis=1, keepdims=True)) ** 3).sum(axis=1)).tolist(),
    }
    found = formulas.stats("mergedMoments", [[[0] * 40, 1, cells]])[0]
    assert found["n"]["0"] == 1_000
    assert math.isclose(found["m2"]["0"] / 1_000, (values - 1e9).var(), rel_tol=1e-5)
