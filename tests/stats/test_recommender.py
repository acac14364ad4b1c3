"""Personalization and novelty against their definitions in plain Python, offer by offer."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from valuekit.stats.recommender import Variety, variety

Offer: TypeAlias = tuple[int, int, int]  # group, customer, action; -1 is missing

SIZE = 4
OFFERS = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(-1, 5), st.integers(-1, 4)), max_size=60)
FAR = 2**60


def scored(offers: list[Offer], size: int = SIZE) -> Variety:
    columns = np.array(offers, dtype=np.int64).reshape(-1, 3).T
    return variety(columns[0].copy(), size, columns[1].copy(), columns[2].copy())


def bits(found: Variety) -> list[bytes]:
    return [found.personalization.tobytes(), found.novelty.tobytes(), found.without_customer.tobytes()]


def cosine(one: Counter[int], other: Counter[int]) -> float:
    lengths = [math.sqrt(sum(n * n for n in vector.values())) for vector in (one, other)]
    return sum(n * other[action] for action, n in one.items()) / (lengths[0] * lengths[1])


def personalization(offers: list[tuple[int, int]]) -> float:
    """One minus the mean cosine of all pairs of customers."""
    vectors: dict[int, Counter[int]] = defaultdict(Counter)
    for customer, action in offers:
        vectors[customer][action] += 1
    people = list(vectors.values())
    pairs = [(a, b) for number, a in enumerate(people) for b in people[:number]]
    return 1 - sum(cosine(a, b) for a, b in pairs) / len(pairs) if pairs else math.nan


def novelty(offers: list[tuple[int, int]]) -> float:
    everyone = {customer for customer, _ in offers}
    surprises = [
        -math.log2(len({customer for customer, other in offers if other == action}) / len(everyone))
        for _, action in offers
    ]
    return sum(surprises) / len(surprises) if surprises else math.nan


@given(OFFERS)
@example([])
@example([(0, 0, 0)])
@example([(0, -1, 0), (1, -1, -1)])
@example([(0, 0, -1), (0, 1, 0), (1, 0, -1), (1, 1, -1)])
@example([(3, 0, 0)] * 3 + [(3, 1, 1)])
def test_both_are_what_their_definitions_say(offers: list[Offer]) -> None:
    found = scored(offers)
    for group in range(SIZE):
        mine = [(customer, action) for owner, customer, action in offers if owner == group]
        known = [offer for offer in mine if offer[0] >= 0]
        assert found.personalization[group] == pytest.approx(personalization(known), abs=1e-12, nan_ok=True)
        assert found.novelty[group] == pytest.approx(novelty(known), abs=1e-12, nan_ok=True)
        assert found.without_customer[group] == len(mine) - len(known)


@given(OFFERS, st.data())
def test_order_and_codes_do_not_change_a_bit(offers: list[Offer], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(offers))
    customer, action = ((-1, *data.draw(st.permutations([*range(7), FAR]))) for _ in range(2))
    again = [(group, customer[person + 1], action[what + 1]) for group, person, what in shuffled if what >= 0]
    assert bits(scored(again)) == bits(scored([offer for offer in offers if offer[2] >= 0]))


def test_a_mix_shared_by_all_is_not_personal_and_a_mix_of_ones_own_is() -> None:
    shared = [(0, customer, action) for customer in range(50) for action in (0, 1, 1, 2, 2, 2, 7)]
    own = [(1, customer, 2 * customer + action) for customer in range(50) for action in (0, 0, 1)]
    found = scored([*shared, *own], 2)
    assert found.personalization == pytest.approx([0.0, 1.0], abs=1e-14)
    assert found.novelty == pytest.approx([0.0, math.log2(50)])
    assert ((found.personalization >= 0) & (found.personalization <= 1) & (found.novelty >= 0)).all()


@pytest.mark.parametrize(("groups", "actions"), [(1, 30), (5, 300), (4_000, 300)])
def test_many_groups_at_once_equal_each_by_itself(groups: int, actions: int) -> None:
    """Few and many groups, and few and many actions in each, go different ways inside."""
    rng = np.random.default_rng(groups)
    gids, customers = rng.integers(0, groups, 20_000), rng.integers(-1, 2_000, 20_000)
    chosen = rng.integers(0, actions, 20_000) ** 2 // actions
    found = variety(gids, groups, customers, chosen)
    for group in range(0, groups, max(1, groups // 20)):
        mine = gids == group
        alone = variety(np.zeros(mine.sum(), dtype=np.int64), 1, customers[mine], chosen[mine])
        assert [part.tobytes() for part in vars(alone).values()] == [
            part[group : group + 1].tobytes() for part in vars(found).values()
        ]


def test_codes_too_large_for_one_key_change_nothing() -> None:
    rng = np.random.default_rng(7)
    gids, customers, actions = rng.integers(0, 500, 3_000), rng.integers(0, 40, 3_000), rng.integers(0, 9, 3_000)
    plain = variety(gids, 500, customers, actions)
    far = variety(gids, 500, customers + FAR, actions * (FAR // 9))
    assert bits(far) == bits(plain)


def test_blocks_of_customers_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    gids, customers, actions = rng.integers(0, 5, 4_000), rng.integers(-1, 300, 4_000), rng.integers(0, 40, 4_000)
    whole = variety(gids, 5, customers, actions)
    monkeypatch.setattr("valuekit.stats.recommender.BLOCK", 100)
    parts = variety(gids, 5, customers, actions)
    assert parts.personalization.tolist() == whole.personalization.tolist()
    assert parts.novelty.tolist() == whole.novelty.tolist()
    assert parts.without_customer.tolist() == whole.without_customer.tolist()
