"""What a page carries: which grains, how large, the same bytes every time, and what is said of the rest."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import valuekit as vk
from embedded_pages import CONFIG, Case, make_case, make_records
from sample_history import write_export
from valuekit.pipeline.embedding import embed
from valuekit.pipeline.embedding.deciding import finest
from valuekit.pipeline.embedding.digests import DELTAS, Held
from valuekit.pipeline.embedding.grains import Grain, Wish, assigned, maximal
from valuekit.pipeline.reporting import make
from valuekit.reports.embedding import Body
from valuekit.states.centroids import Centroids
from valuekit.states.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    made = make_case(tmp_path_factory.mktemp("embedding"), make_records(3, 1_500))
    with made.stack:
        yield made


def header(text: str) -> dict[str, Any]:
    raw = gzip.decompress(base64.b64decode(text))
    found: dict[str, Any] = json.loads(raw[4 : 4 + int.from_bytes(raw[:4], "little")])
    return found


def test_times_derive_from_finer_ones() -> None:
    assert Grain.of(["Month", "Year", "Channel"]) == Grain("Month", ("Channel",))
    assert Grain.of(["Week", "Month"]) == Grain("Day", ())
    assert Grain.of(["Channel"]) == Grain(None, ("Channel",))
    assert Grain.of(["Day"]).covers(Grain.of(["Week"]))
    assert not Grain.of(["Month"]).covers(Grain.of(["Week"]))


def test_nothing_is_carried_twice() -> None:
    grains = [Grain.of(names) for names in (["Day"], ["Month", "A"], ["Month"], ["A"], ["Day", "A"], ["B"])]
    assert maximal(grains) == [Grain.of(["B"]), Grain.of(["Day", "A"])]


def test_a_refused_grain_leaves_coarser_ones() -> None:
    fine, coarse = (Wish("m", by, frozenset()) for by in (("Day", "A"), ("A",)))
    wishes = [(fine, Grain.of(fine.by)), (coarse, Grain.of(coarse.by))]
    assert assigned(wishes, ()) == {fine: Grain.of(["Day", "A"]), coarse: Grain.of(["Day", "A"])}
    assert assigned(wishes, {("m", Grain.of(["Day", "A"]))}) == {coarse: Grain.of(["A"])}


def test_equal_snapshots_give_equal_text(case: Case, tmp_path: Path) -> None:
    other = make_case(tmp_path, make_records(3, 1_500))
    assert case.carried(10**7) == other.carried(10**7)
    assert case.carried(30_000) == other.carried(30_000)


@pytest.mark.parametrize("budget", [200_000, 30_000, 12_000])
def test_it_keeps_within_its_budget(case: Case, budget: int) -> None:
    text = case.carried(budget)
    said = len(json.dumps(header(text)))
    assert len(text) <= budget + said


def test_what_does_not_fit_says_so(case: Case) -> None:
    specs = header(case.carried(2_000))["reports"]
    lost = [panel["failure"] for panels in specs.values() for panel in panels if panel["failure"]]
    assert lost
    assert all(text.startswith("not available under a filter: ") for text in lost)


def test_without_filters_nothing_is_carried(tmp_path: Path) -> None:
    config = CONFIG.replace('global_filters = ["Channel", "Issue", "Month"]', "global_filters = []")
    assert config != CONFIG
    made = make_case(tmp_path, make_records(1, 60), config)
    with made.stack:
        assert embed(made.workspace, made.document).text == ""


def test_a_page_and_its_states_are_of_one_snapshot(tmp_path: Path) -> None:
    made = make_case(tmp_path, make_records(2, 300))
    before = made.carried(10**6)
    with made.workspace.together():
        document = make(made.workspace)
        write_export(tmp_path / "exports" / "b.zip", make_records(5, 200))
        vk.open(tmp_path / "valuekit.toml").ingest()
        with made.workspace.together():
            assert embed(made.workspace, document, budget=10**6).text == before
    assert embed(made.workspace, document, budget=10**6).text != before


@pytest.fixture(scope="module")
def held() -> list[Held]:
    rng = np.random.default_rng(7)
    found = []
    for joint in (True, False):
        gids = rng.integers(0, 4, 6_000)
        centroids = Centroids.of_rows(gids, 4, rng.normal(size=6_000), rng.random(6_000) < 0.1 if joint else None)
        found.append(Held("m", Grain.of(["A"]), Digest("d", "x", frozenset(), 500, joint), centroids))
    return found


def size(held: list[Held], delta: int | None) -> int:
    body = Body()
    for one in held:
        one.write(body, delta)
    return body.size()


def test_digests_are_as_fine_as_the_room_allows(held: list[Held]) -> None:
    sizes = [size(held, delta) for delta in DELTAS]
    assert sizes == sorted(sizes, reverse=True)
    for delta, most in zip(DELTAS, sizes, strict=True):
        assert finest(held, most) == (delta,)
    assert finest(held, sizes[-1] - 1) is None
    assert finest([], 0) == (None,)
