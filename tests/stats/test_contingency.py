"""Contingency tables against scipy, exact fractions, and published tables."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import association
from scipy.stats.contingency import odds_ratio as scipy_odds_ratio

from valuekit.stats.contingency import (
    ChiSquare,
    Tables,
    chi_square_p,
    cramers_v,
    fisher_exact,
    g_test,
    odds_ratio,
    odds_ratio_interval,
    pearson,
)
from valuekit.stats.proportions import Counts, two_proportion_z

Arms = list[tuple[int, int]]

ARM = st.tuples(st.integers(0, 10**6) | st.integers(0, 4), st.integers(0, 10**6) | st.integers(0, 4))


def counts(*pairs: tuple[int, int]) -> Counts:
    """Each pair is (positives, negatives)."""
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return Counts(table[:, 0], table[:, 1])


def tables(*each: Arms) -> Tables:
    """Each is the arms of one table."""
    index = np.repeat(np.arange(len(each)), [len(arms) for arms in each])
    return Tables(counts(*(arm for arms in each for arm in arms)), index, len(each))


def comparable(arms: Arms) -> bool:
    there = [arm for arm in arms if sum(arm)]
    return len(there) >= 2 and any(p for p, _ in there) and any(n for _, n in there)


def exact_fisher(first: tuple[int, int], other: tuple[int, int]) -> float:
    """Two-sided, by whole numbers alone."""
    offers, positives, total = sum(first), first[0] + other[0], sum(first) + sum(other)
    ways = {
        k: math.comb(positives, k) * math.comb(total - positives, offers - k)
        for k in range(max(0, offers + positives - total), min(offers, positives) + 1)
    }
    return float(Fraction(sum(way for way in ways.values() if way <= ways[first[0]]), sum(ways.values())))


def one(result: ChiSquare, row: int = 0) -> tuple[float, float, float]:
    return float(result.statistic[row]), float(result.dof[row]), float(result.p_value[row])


@settings(max_examples=80)
@given(st.lists(st.lists(ARM, max_size=6), max_size=5))
@example([[(3, 4), (0, 0), (5, 1)], [], [(0, 0)], [(1, 0), (0, 1)]])
def test_whole_tables_equal_scipy(each: list[Arms]) -> None:
    many = tables(*each)
    chi2, g, v = pearson(many), g_test(many), cramers_v(many)
    assert chi2.statistic.shape == g.p_value.shape == v.shape == (len(each),)
    for row, arms in enumerate(each):
        if not comparable(arms):
            assert all(math.isnan(value) for value in (*one(chi2, row), *one(g, row), v[row]))
            continue
        there = np.array([arm for arm in arms if sum(arm)])
        for found, power in ((one(chi2, row), 1.0), (one(g, row), 0.0)):
            oracle = stats.chi2_contingency(there, correction=False, lambda_=power)
            assert found[0] == pytest.approx(oracle.statistic, rel=1e-8, abs=1e-8)
            assert found[1] == oracle.dof == len(there) - 1
            if oracle.statistic < 1400:
                assert found[2] == pytest.approx(oracle.pvalue, rel=1e-5)
        assert v[row] == pytest.approx(association(there, method="cramer"), rel=1e-8, abs=1e-8)
        assert 0.0 <= v[row] <= 1.0


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=6).filter(comparable))
def test_small_tables_equal_scipy_closely(arms: Arms) -> None:
    there = np.array([arm for arm in arms if sum(arm)])
    for test, power in ((pearson, 1.0), (g_test, 0.0)):
        oracle = stats.chi2_contingency(there, correction=False, lambda_=power)
        expected = (oracle.statistic, oracle.dof, oracle.pvalue)
        assert one(test(tables(arms))) == pytest.approx(expected, rel=1e-9, abs=1e-10)


def test_a_published_table_of_three_arms() -> None:
    """Party (Democrat, Independent, Republican) by gender (females, males): X² = 30.1, G² = 30.0, df = 2.

    A. Agresti, An Introduction to Categorical Data Analysis, 2nd ed. (2007), table 2.5 and section 2.4.4.
    """
    party = tables([(762, 484), (327, 239), (468, 477)])
    assert tuple(round(value, 1) for value in one(pearson(party))[:2]) == (30.1, 2.0)
    assert tuple(round(value, 1) for value in one(g_test(party))[:2]) == (30.0, 2.0)
    assert one(pearson(party))[2] < 0.0001


def test_a_published_odds_ratio() -> None:
    """Heart attacks of physicians, placebo against aspirin: odds ratio 1.832, 95 % interval 1.44 to 2.33.

    A. Agresti, An Introduction to Categorical Data Analysis, 2nd ed. (2007), table 2.3 and sections 2.3.2, 2.3.3.
    """
    placebo, aspirin = counts((189, 10845)), counts((104, 10933))
    assert round(float(odds_ratio(placebo, aspirin)[0]), 3) == 1.832
    interval = odds_ratio_interval(placebo, aspirin)
    assert (round(float(interval.low[0]), 2), round(float(interval.high[0]), 2)) == (1.44, 2.33)


@pytest.mark.parametrize(("guessed", "p_value"), [(2, 1.0), (3, 0.4857), (4, 0.0286)])
def test_fishers_tea(guessed: int, p_value: float) -> None:
    """Eight cups, four with milk first (R. A. Fisher, The Design of Experiments, 1935, ch. 2).

    With three guessed right the two-sided p-value is 0.486 (Agresti, 2007, section 2.6.2), 0.4857 as R's fisher.test
    prints it; with all four it is 2/70.
    """
    milk, tea = counts((guessed, 4 - guessed)), counts((4 - guessed, guessed))
    assert round(float(fisher_exact(milk, tea)[0]), 4) == p_value


SMALL = st.tuples(st.integers(0, 40), st.integers(0, 40)) | st.tuples(st.integers(0, 4), st.integers(0, 3000))


@settings(max_examples=200)
@given(SMALL, SMALL)
@example((5, 5), (5, 5))
@example((0, 9), (9, 0))
def test_fisher_equals_whole_numbers_and_scipy(first: tuple[int, int], other: tuple[int, int]) -> None:
    found = float(fisher_exact(counts(first), counts(other))[0])
    offers, outcomes = (sum(first), sum(other)), (first[0] + other[0], first[1] + other[1])
    fewest = Fraction(min(offers) * min(outcomes), max(1, sum(offers)))
    if fewest == 0 or fewest >= 5:
        assert math.isnan(found)
        return
    assert found == pytest.approx(exact_fisher(first, other), rel=1e-12)
    assert found == pytest.approx(stats.fisher_exact(np.array([first, other])).pvalue, rel=1e-9)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ((3, 999_997), (11, 1_999_989)),
        ((40, 10), (0, 1_000_000)),
        ((150, 3000), (100, 4_000_000)),
        ((900_000, 2), (1_100_000, 0)),
        ((0, 2_000_000), (4, 3_000_000)),
    ],
)
def test_fisher_of_large_sparse_tables(first: tuple[int, int], other: tuple[int, int]) -> None:
    oracle = stats.fisher_exact(np.array([first, other])).pvalue
    found = fisher_exact(counts(first, other), counts(other, first))
    assert found[0] == found[1]
    assert found[0] == pytest.approx(oracle, rel=1e-8)


def test_fisher_is_left_to_chi_square_from_an_expected_count_of_five() -> None:
    """10 and 10 offers, 10 positives of 20: every expected count is 5. One positive fewer, and one is 4.5."""
    found = fisher_exact(counts((2, 8), (2, 8)), counts((8, 2), (7, 3)))
    assert math.isnan(found[0])
    assert found[1] == pytest.approx(exact_fisher((2, 8), (7, 3)), rel=1e-13)


def test_fisher_calls_equal_probabilities_equal() -> None:
    """With arms of one size the two tails mirror each other, so the p-value is twice the one tail."""
    for positives in range(1, 10):
        for offers in (20, 1000, 10**6, 10**8):
            found = float(fisher_exact(counts((0, offers)), counts((positives, offers - positives)))[0])
            tail = math.prod((offers - k) / (2 * offers - k) for k in range(positives))
            assert found == pytest.approx(2 * tail, rel=1e-13)


def test_the_odds_ratio_by_hand() -> None:
    found = odds_ratio(counts((10, 20), (6, 7)), counts((5, 40), (7, 6)))
    assert found.tolist() == [(10 * 40) / (20 * 5), 36 / 49]
    interval = odds_ratio_interval(counts((10, 20)), counts((5, 40)))
    half_width = 1.959963984540054 * math.sqrt(1 / 10 + 1 / 20 + 1 / 5 + 1 / 40)
    assert float(interval.low[0]) == pytest.approx(4 / math.exp(half_width), rel=1e-14)
    assert float(interval.high[0]) == pytest.approx(4 * math.exp(half_width), rel=1e-14)


@given(*[st.tuples(st.integers(1, 10**6), st.integers(1, 10**6))] * 2)
def test_the_odds_ratio_equals_scipy(arm: tuple[int, int], control: tuple[int, int]) -> None:
    oracle = scipy_odds_ratio([arm, control], kind="sample")
    found = odds_ratio(counts(arm), counts(control))[0]
    interval = odds_ratio_interval(counts(arm), counts(control), 0.9)
    expected = oracle.confidence_interval(0.9)
    assert found == pytest.approx(oracle.statistic, rel=1e-13)
    assert (interval.low[0], interval.high[0]) == pytest.approx((expected.low, expected.high), rel=1e-11)


@pytest.mark.parametrize("cell", range(4))
def test_an_odds_ratio_with_an_empty_cell_is_undefined(cell: int) -> None:
    cells = [3, 4, 5, 6]
    cells[cell] = 0
    arm, control = counts((cells[0], cells[1]), (1, 2)), counts((cells[2], cells[3]), (3, 4))
    interval = odds_ratio_interval(arm, control)
    for values in (odds_ratio(arm, control), interval.low, interval.high):
        assert np.isnan(values).tolist() == [True, False]


@given(st.floats(0.0, 600.0), st.integers(1, 40) | st.integers(41, 3000))
def test_p_values_equal_scipy(statistic: float, dof: int) -> None:
    found = chi_square_p(np.array([statistic]), np.array([float(dof)]))[0]
    assert found == pytest.approx(stats.chi2.sf(statistic, dof), rel=1e-10)
    assert found <= 1.0


@pytest.mark.parametrize("dof", [2, 4, 10, 50])
@pytest.mark.parametrize("half", [300, 700, 715, 730, 740, 744, 750, 780, 1000])
def test_a_p_value_is_zero_only_below_the_smallest_float(dof: int, half: int) -> None:
    """Against the finite sum in decimals; scipy 1.17 gives 0.0 for 10 degrees of freedom where this is 1e-312."""
    with localcontext(prec=60):
        y = Decimal(half)
        exact = (-y).exp() * sum(y**j / math.factorial(j) for j in range(dof // 2))
    found = float(chi_square_p(np.array([2.0 * half]), np.array([float(dof)]))[0])
    assert (found == 0.0) is (exact < Decimal("2.5e-324"))
    assert found == pytest.approx(float(exact), rel=1e-11, abs=5e-323)


def test_p_values_of_odd_degrees_of_freedom_go_as_far() -> None:
    """Each lies between those of its even neighbours."""
    statistic, dof = np.full(40, 2.0 * 735.0), np.arange(1.0, 41.0)
    found = chi_square_p(statistic, dof)
    assert (np.diff(found) > 0).all()
    assert found[0] > 0.0


def test_an_undefined_statistic_has_an_undefined_p_value() -> None:
    nan = math.nan
    found = chi_square_p(np.array([nan, 1.0, nan, 0.0, 0.0, 3.0]), np.array([1.0, nan, nan, 1.0, 2.0, 2.0]))
    assert np.isnan(found).tolist() == [True, True, True, False, False, False]
    assert found[3:].tolist() == [1.0, 1.0, math.exp(-1.5)]


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.lists(st.integers(1, 1000), min_size=2, max_size=5))
def test_equal_rates_give_exactly_zero(positives: int, negatives: int, sizes: list[int]) -> None:
    arms = [(positives * size, negatives * size) for size in sizes]
    dof = len(sizes) - 1.0
    assert one(pearson(tables(arms))) == one(g_test(tables(arms))) == (0.0, dof, 1.0)
    assert cramers_v(tables(arms))[0] == 0.0


def test_g_keeps_its_digits_in_large_samples() -> None:
    """A difference of one in a hundred million: G is X² to first order, where O·ln(O/E) has lost half of the digits."""
    arms = [(10**8 + 10**4, 10**8), (10**8, 10**8)]
    with localcontext(prec=60):
        n = Decimal(sum(map(sum, arms)))
        sides = [Decimal(sum(side)) for side in zip(*arms, strict=True)]
        exact = 2 * sum(
            Decimal(cell) * (Decimal(cell) * n / (sum(arm) * sides[at])).ln()
            for arm in arms
            for at, cell in enumerate(arm)
        )
    assert one(g_test(tables(arms)))[0] == pytest.approx(float(exact), rel=1e-10)


@given(ARM, ARM)
def test_two_arms_agree_with_z(arm: tuple[int, int], control: tuple[int, int]) -> None:
    chi2 = pearson(tables([arm, control]))
    z = two_proportion_z(counts(arm), counts(control))
    assert chi2.statistic[0] == pytest.approx(z.z[0] ** 2, rel=1e-11, nan_ok=True)
    assert chi2.p_value[0] == pytest.approx(z.p_value[0], rel=1e-8, nan_ok=True)


def test_complete_association_is_one() -> None:
    assert cramers_v(tables([(7, 0), (0, 9), (11, 0)], [(1, 0), (0, 10**9)])).tolist() == pytest.approx([1.0, 1.0])


def test_many_tables_at_once_equal_one_at_a_time_to_the_bit() -> None:
    random = np.random.default_rng(7)
    sizes = random.integers(1, 8, 300)
    each = [[(int(p), int(n)) for p, n in random.poisson(random.choice([1, 20, 10**4], (k, 2)))] for k in sizes]
    many = tables(*each)
    for test in (pearson, g_test):
        together = test(many)
        alone = [one(test(tables(arms))) for arms in each]
        assert np.array_equal(np.column_stack(together), np.array(alone), equal_nan=True)
    pairs = [(arms[0], arms[-1]) for arms in each if len(arms) > 1]
    arm, control = (counts(*side) for side in zip(*pairs, strict=True))
    exact = fisher_exact(arm, control)
    assert np.isfinite(exact).sum() > 50
    alone_exact = [fisher_exact(counts(a), counts(c))[0] for a, c in pairs]
    assert np.array_equal(exact, np.array(alone_exact), equal_nan=True)


def test_arms_of_one_table_need_not_lie_together() -> None:
    mixed = Tables(counts((1, 9), (3, 3), (5, 5), (2, 8)), np.array([1, 0, 1, 0]), 2)
    apart = tables([(3, 3), (2, 8)], [(1, 9), (5, 5)])
    assert pearson(mixed).statistic.tolist() == pearson(apart).statistic.tolist()


def test_nothing_in_gives_nothing_out() -> None:
    nothing = tables()
    assert [values.shape for values in (*pearson(nothing), *g_test(nothing), cramers_v(nothing))] == [(0,)] * 7
    assert fisher_exact(counts(), counts()).shape == odds_ratio(counts(), counts()).shape == (0,)
    assert np.isnan(pearson(Tables(counts(), np.array([], dtype=np.int64), 2)).statistic).all()
