"""Model scores against scikit-learn on the raw offers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from merged_rows import merged_rows
from valuekit.config.families import FAMILIES
from valuekit.config.models import MetricConfig
from valuekit.errors import ConfigError
from valuekit.metrics.base import Kind, Labels
from valuekit.metrics.model_ml_scores import CURVE_SCORES, ModelScoresFamily, OfferVariety
from valuekit.metrics.names import PROPERTIES
from valuekit.states.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from valuekit.metrics.base import Evaluation, Family
    from valuekit.metrics.curves import Curve
    from valuekit.metrics.model_ml_scores import ModelScores

FAMILY = ModelScoresFamily()
PROTOCOL: Family = FAMILY
SCORES = FAMILIES["model_ml_scores"].scores
STORED = tuple(name for name in SCORES if name not in {"personalization", "novelty"})
SCHEMA = {"Channel": pl.String, "Propensity": pl.Float64, "FinalPropensity": pl.Float64, "_positive": pl.Boolean}
BINS = 20

Offer = tuple[str | None, float | None, float | None, bool]


def metric(**changes: object) -> ModelScores:
    keys = {"name": "model_ml_scores", "family": "model_ml_scores", "group_by": ("Channel", "Month"), **changes}
    section = MetricConfig.model_validate({"positive": ("Clicked",), "negative": ("Pending",), **keys})
    return FAMILY.declare(section, ("Issue",), lambda _: "DOUBLE")


METRIC = metric()
EXACT = metric(use_t_digest=False)


def evaluated(
    offers: Sequence[Offer] | pl.DataFrame,
    by: Sequence[str] = (),
    wanted: Sequence[str] = STORED,
    asked: ModelScores = METRIC,
) -> Evaluation:
    table = offers if isinstance(offers, pl.DataFrame) else pl.DataFrame(offers, schema=SCHEMA, orient="row")
    return asked.evaluate(merged_rows(asked.needs(wanted), table, by), by, wanted)


def drawn(offers: Sequence[Offer], by: Sequence[str] = (), asked: ModelScores = METRIC) -> Sequence[Curve]:
    table = pl.DataFrame(offers, schema=SCHEMA, orient="row")
    return asked.curves(merged_rows(asked.needs(CURVE_SCORES), table, by), by)


def bins_of(scores: list[float], truth: list[bool]) -> list[tuple[float, float, int]]:
    """Mean score, share of positives and size of each bin: equal scores together, by the rank of their middle."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score in sorted(set(scores)):
        below, tied = sum(other < score for other in scores), scores.count(score)
        rows = [pair for pair in zip(scores, truth, strict=True) if pair[0] == score]
        bins.setdefault(math.floor(BINS * (below + tied / 2) / len(scores)), []).extend(rows)
    return [
        (float(np.mean([score for score, _ in rows])), float(np.mean([hit for _, hit in rows])), len(rows))
        for _, rows in sorted(bins.items())
    ]


def oracle(offers: list[tuple[float | None, bool]]) -> dict[str, float]:
    """METRICS.md §5, from the offers of one group as (score, positive); what is undefined is not in it."""
    pairs = [(score, hit) for score, hit in offers if score is not None and math.isfinite(score)]
    scores, truth = [score for score, _ in pairs], [hit for _, hit in pairs]
    found: dict[str, float] = {"Count": len(offers), "Scored": len(pairs)}
    if not pairs:
        return found
    found["pos_fraction"] = sum(truth) / len(truth)
    if any(truth):
        found["average_precision"] = sklearn_metrics.average_precision_score(truth, scores)
    if any(truth) and not all(truth):
        found["roc_auc"] = sklearn_metrics.roc_auc_score(truth, scores)
    if all(0 <= score <= 1 for score in scores):
        found["brier"] = sklearn_metrics.brier_score_loss(truth, scores)
        found["ece"] = sum(n * abs(rate - mean) for mean, rate, n in bins_of(scores, truth)) / len(pairs)
        if all(score != 1 - hit for score, hit in pairs):
            found["log_loss"] = sklearn_metrics.log_loss(truth, scores, labels=[False, True])
    return found


SOME = st.sampled_from([0.0, 0.001, 0.25, 0.5, 0.75, 1.0]) | st.floats(0.001, 0.999).map(lambda x: round(x, 6))
ODD = st.sampled_from([None, math.nan, math.inf, -0.0, -0.25, 1.5])
CHANNEL = st.sampled_from(["Web", "Mobile", None])
OFFERS = st.lists(
    st.tuples(CHANNEL, SOME, SOME | ODD, st.booleans()) | st.tuples(CHANNEL, SOME, st.none(), st.just(value=False)),
    max_size=60,
)


@settings(max_examples=25, deadline=None)
@given(OFFERS, st.booleans(), st.booleans())
def test_scores_equal_scikit_learn_on_raw_offers(offers: list[Offer], by_channel: bool, digests: bool) -> None:  # noqa: FBT001  # drawn
    by = ("Channel",) if by_channel else ()
    found = evaluated(offers, by, asked=METRIC if digests else EXACT).rows
    groups = list(dict.fromkeys(offer[0] for offer in offers)) if by_channel else [None]
    assert found.columns == [*by, "Property", *STORED]
    assert found["Property"].to_list() == [*PROPERTIES] * len(groups)
    for place, row in enumerate(found.iter_rows(named=True)):
        group, at = groups[place // 2], place % 2
        assert not by_channel or row["Channel"] == group
        mine = [(offer[2] if at else offer[1], offer[3]) for offer in offers if not by_channel or offer[0] == group]
        given_scores = {name: row[name] for name in STORED if row[name] is not None}
        assert given_scores == pytest.approx(oracle(mine), rel=1e-9, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(OFFERS)
def test_a_score_is_null_exactly_where_a_reason_says_why(offers: list[Offer]) -> None:
    found = evaluated(offers, ("Channel",))
    for name in STORED:
        values = found.rows[name]
        assert values.dtype == (pl.Int64 if name in {"Count", "Scored"} else pl.Float64)
        if name in found.reasons:
            assert found.reasons[name].dtype == pl.String
            assert values.is_null().to_list() == found.reasons[name].is_not_null().to_list()
        else:
            assert values.null_count() == 0


def offers_of(*pairs: tuple[float | None, bool]) -> list[Offer]:
    return [("Web", score, score, hit) for score, hit in pairs]


ALL = ("pos_fraction", "roc_auc", "average_precision", "ece", "brier", "log_loss")
CALIBRATED = ("ece", "brier", "log_loss")
NO_POSITIVE, NO_NEGATIVE = "one class only: no positive", "one class only: no negative"
CERTAIN = {"log_loss": "a positive was scored 0, or a negative 1"}
OUTSIDE = dict.fromkeys(CALIBRATED, "a score lies outside 0 to 1")
REASONS: dict[str, tuple[list[Offer], dict[str, str]]] = {
    "no offer": ([], dict.fromkeys(ALL, "no offer has a score")),
    "no score": (offers_of((None, True), (math.nan, False)), dict.fromkeys(ALL, "no offer has a score")),
    "no positive": (offers_of((0.2, False), (None, True)), dict.fromkeys(ALL[1:3], NO_POSITIVE)),
    "no negative": (offers_of((0.2, True), (None, False)), {"roc_auc": NO_NEGATIVE}),
    "above 1": (offers_of((0.2, True), (1.0001, False)), OUTSIDE),
    "below 0": (offers_of((-1e-9, True), (0.3, False)), OUTSIDE),
    "a positive at 0": (offers_of((0.0, True), (0.3, False)), CERTAIN),
    "a negative at 1": (offers_of((0.2, True), (1.0, False)), CERTAIN),
    "sure and right": (offers_of((1.0, True), (0.0, False)), {}),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons_name_what_is_missing(case: str) -> None:
    offers, expected = REASONS[case]
    found = evaluated(offers)
    for row in range(2):
        assert {name: found.reasons[name][row] for name in ALL if found.reasons[name][row] is not None} == expected
        assert {name for name in ALL if found.rows[name][row] is None} == set(expected)


def test_a_group_without_cells_is_one_without_offers() -> None:
    table = pl.DataFrame(offers_of((0.5, True)), schema=SCHEMA, orient="row")
    merged = merged_rows(METRIC.needs(STORED), table, ()).select(pl.all().shift(1))
    missing, empty = METRIC.evaluate(merged, (), STORED), evaluated([])
    assert missing.rows.rows() == empty.rows.rows()
    assert missing.rows.row(0, named=True)["Count"] == 0
    assert {name: why.to_list() for name, why in missing.reasons.items()} == {
        name: why.to_list() for name, why in empty.reasons.items()
    }


def test_a_score_that_ranks_the_wrong_way_is_not_flipped() -> None:
    found = evaluated(offers_of((0.1, True), (0.2, False), (0.3, False)))
    assert found.rows["roc_auc"].to_list() == [0.0, 0.0]


def many(rows: int, base_rate: float) -> pl.DataFrame:
    rng = np.random.default_rng(11)
    score = rng.beta(1.0, 1.0 / base_rate - 1.0, rows)
    hit = rng.random(rows) < score
    return pl.DataFrame({"Propensity": score, "FinalPropensity": score / 128, "_positive": hit})


def test_many_offers_at_a_low_base_rate_stay_near_and_exact_ones_are_exact() -> None:
    offers = many(60_000, 0.01)
    scores, truth = offers["Propensity"].to_numpy(), offers["_positive"].to_numpy()
    auc = sklearn_metrics.roc_auc_score(truth, scores)
    precision = sklearn_metrics.average_precision_score(truth, scores)
    near, exact = evaluated(offers).rows, evaluated(offers, asked=EXACT).rows
    assert near["roc_auc"].to_list() == pytest.approx([auc] * 2, abs=0.001)
    assert near["average_precision"].to_list() == pytest.approx([precision] * 2, rel=0.01)
    assert exact["roc_auc"].to_list() == pytest.approx([auc] * 2, rel=1e-12)
    assert exact["average_precision"].to_list() == pytest.approx([precision] * 2, rel=1e-9)
    assert near["brier"][0] == pytest.approx(sklearn_metrics.brier_score_loss(truth, scores), rel=1e-12)
    assert near["ece"][0] < 0.005 < near["ece"][1]


@pytest.mark.parametrize("asked", [METRIC, EXACT], ids=["digests", "exact"])
def test_curves_are_those_of_scikit_learn(asked: ModelScores) -> None:
    """Scikit-learn drops no point here, and gives precision and recall from the lowest score up."""
    rng = np.random.default_rng(5)
    scores, hits = rng.integers(0, 30, 200) / 30, rng.random(200) < 0.3
    offers: list[Offer] = [("Web", s, 1 - s, bool(h)) for s, h in zip(scores.tolist(), hits, strict=True)]
    for place, name in enumerate(PROPERTIES):
        roc, precision_recall, gain, lift, calibration = drawn(offers, asked=asked)[5 * place : 5 * place + 5]
        mine = scores if name == "Propensity" else 1 - scores
        fpr, tpr, thresholds = sklearn_metrics.roc_curve(hits, mine, drop_intermediate=False)
        precision, recall, _ = sklearn_metrics.precision_recall_curve(hits, mine)
        share = [float(np.mean(mine >= threshold)) for threshold in thresholds]
        assert roc.x == pytest.approx(fpr)
        assert roc.y == pytest.approx(tpr)
        assert gain.x == pytest.approx(share)
        assert gain.y == roc.y
        assert precision_recall.x == pytest.approx(recall[-2::-1])
        assert precision_recall.y == pytest.approx(precision[-2::-1])
        assert lift.x == pytest.approx(share[1:])
        assert lift.y == pytest.approx(precision[-2::-1] / hits.mean())
        points = zip(calibration.x, calibration.y, calibration.n or (), strict=True)
        for point, expected in zip(points, bins_of(mine.tolist(), hits.tolist()), strict=True):
            assert point == pytest.approx(expected)
        assert {curve.property for curve in (roc, precision_recall, gain, lift, calibration)} == {name}


def test_curves_name_their_group_and_an_undefined_one_has_no_points() -> None:
    offers: list[Offer] = [
        ("Web", 0.2, 1.5, False),
        ("Web", 0.4, 0.5, True),
        ("Mobile", 0.3, None, True),
        ("Mobile", 0.7, None, True),
    ]
    curves = drawn(offers, ("Channel",))
    kinds = ("roc", "precision_recall", "gain", "lift", "calibration")
    assert [(curve.property, curve.group["Channel"], curve.kind) for curve in curves] == [
        (name, channel, kind) for name in PROPERTIES for channel in ("Web", "Mobile") for kind in kinds
    ]
    points: dict[tuple[str, object], list[int]] = {}
    for curve in curves:
        assert len(curve.x) == len(curve.y)
        points.setdefault((curve.property, curve.group["Channel"]), []).append(len(curve.x))
    assert points == {
        ("Propensity", "Web"): [3, 2, 3, 2, 2],
        ("Propensity", "Mobile"): [0, 0, 0, 0, 2],
        ("FinalPropensity", "Web"): [3, 2, 3, 2, 0],
        ("FinalPropensity", "Mobile"): [0] * 5,
    }
    assert [curve.group for curve in drawn([])] == [{}] * 10


def test_only_what_is_wanted_is_needed_and_computed() -> None:
    found = evaluated(offers_of((0.2, True), (0.4, False)), wanted=("brier", "Count", "novelty"))
    assert found.rows.columns == ["Property", "Count", "brier"]
    assert set(found.reasons) == {"brier"}
    parts = {
        name: {state.name.removeprefix("Final").removeprefix("Propensity.") for state in METRIC.needs([name])}
        for name in SCORES
    }
    assert parts == {
        "Count": {"Positives", "Negatives"},
        "Scored": {"scored"},
        "pos_fraction": {"scored", "positives"},
        "roc_auc": {"scored", "positives", "digest"},
        "average_precision": {"scored", "positives", "digest"},
        "ece": {"scored", "digest", "losses"},
        "brier": {"scored", "losses"},
        "log_loss": {"scored", "losses"},
        "personalization": set(),
        "novelty": set(),
    }


@pytest.mark.parametrize("asked", [METRIC, EXACT], ids=["digests", "exact"])
def test_exact_scores_are_not_kept(asked: ModelScores) -> None:
    digests = [state for state in (*asked.states, *asked.exact) if isinstance(state, Digest)]
    assert [state.name for state in digests] == ["Propensity.digest", "FinalPropensity.digest"]
    assert {state.joint for state in digests} == {True}
    assert {state.compression for state in digests} == ({500} if asked is METRIC else {None})
    assert (asked.exact == ()) is (asked is METRIC)
    assert asked.needs(STORED) == (*asked.states, *asked.exact)


def test_variety_is_personalization_and_novelty_of_customers_and_actions() -> None:
    """Customers 0 and 1 of the first group share one of two actions each; nobody is known in the last one."""
    (variety,) = METRIC.holistic
    assert (variety, variety.source, variety.reads) == (OfferVariety(), "offers", ("CustomerID", "ActionID"))
    gids = np.array([0, 0, 0, 0, 1, 2])
    found = variety.compute(gids, 4, [np.array([0, 0, 1, 1, 5, -1]), np.array([0, 1, 0, 2, 3, 3])])
    assert tuple(found) == variety.scores == ("personalization", "novelty")
    assert found["personalization"] == pytest.approx([0.5, math.nan, math.nan, math.nan], nan_ok=True)
    assert found["novelty"] == pytest.approx([0.5, 0.0, math.nan, math.nan], nan_ok=True)
    assert [variety.reason(name) for name in found] == ["fewer than two customers", "no offer has a customer"]


def test_a_section_becomes_a_metric() -> None:
    assert METRIC.dimensions == ("Day", "Channel", "Issue")
    assert METRIC.labels == Labels(("Clicked",), ("Pending",))
    assert METRIC.row_keys == ("Property",)
    stored = [column.name.casefold() for state in METRIC.states for column in state.stored]
    assert len(stored) == len(set(stored)) == 2 + 2 * 7
    assert not {name.casefold() for name in (*SCHEMA, *SCORES)} & set(stored)
    with pytest.raises(ConfigError, match="Propensity holds VARCHAR, and a score is a number"):
        FAMILY.declare(METRIC.config, (), lambda _: "VARCHAR")


def test_the_catalogue_describes_every_score() -> None:
    assert tuple(score.name for score in FAMILY.catalogue) == SCORES
    kinds = {score.name: score.kind for score in FAMILY.catalogue}
    assert {name for name, kind in kinds.items() if kind is Kind.ALGEBRAIC} == {"roc_auc", "average_precision", "ece"}
    assert {name for name, kind in kinds.items() if kind is Kind.HOLISTIC} == {"personalization", "novelty"}
    stored = {column.name for state in METRIC.states for column in state.stored}
    named = {part for score in FAMILY.catalogue for part in score.stored.split(", ")}
    assert named == stored | {"the facts"}
    assert (FAMILY.score("ece"), FAMILY.score("p50")) == (FAMILY.catalogue[5], None)
