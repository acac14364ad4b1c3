"""One day of decisions: who was offered what, and what came of it, then or later.

Owns how chance turns into offers and outcomes. Never decides which file a row goes to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from valuekit.synthetic import world as w

DAY = 86_400_000
"""Milliseconds of a day; all times here are milliseconds since 1970, UTC."""

NEVER = -1
"""The time of what did not happen."""

WIDEST = 4
"""Most offers in one interaction."""

KINDS = (
    ("Impression", "shown"),
    ("Pending", "sent"),
    ("Impression", "opened"),
    ("Clicked", "clicked"),
    ("Clicked", "clicked_again"),
    ("Conversion", "converted"),
)
"""The outcomes an offer can have, and the time column that says when."""

ROWS_PER_OFFER = 1.115
"""Outcome rows that one offer has on average, copies included; measured."""

_FIRST_ID = 4_611_686_018_427_000_000
_ID_STEP = 64
_TIME = "%Y%m%dT%H%M%S%.3f GMT"

Times = TypeVar("Times", pl.Series, pl.Expr)
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Drawn:
    """The offers of one day as arrays, one entry per offer; texts are indexes into the lists of `world`."""

    interaction: Integers
    rank: Integers
    customer: Integers
    lost: Flags
    decided: Integers
    offer: Integers
    channel: Integers
    placement: Integers
    experiment: Integers
    arm: Integers

    @property
    def control(self) -> Flags:
        """Whose offers are not chosen by the models."""
        return np.equal(self.customer % w.CONTROL_EVERY, 0)


def draw_offers(world: w.World, rng: np.random.Generator, midnight: int, count: int, first: int) -> Drawn:
    """Draw about `count` offers of the day that begins at `midnight`; interactions are numbered from `first` on."""
    interactions = max(1, round(count / (1 + (WIDEST - 1) * 0.35)))
    width = 1 + rng.binomial(WIDEST - 1, 0.35, interactions)
    of = np.repeat(np.arange(interactions), width)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(width) - width, width) + 1
    customer = (world.customers * rng.beta(1.0, 1.8, interactions)).astype(np.int64)
    channel = rng.choice(len(w.CHANNELS), interactions, p=w.CHANNEL_SHARE)
    decided = midnight + np.sort(DAY * rng.beta(3.0, 2.4, interactions)).astype(np.int64)
    lost = rng.random(interactions) < 0.004
    offer = rng.choice(world.nameless, len(of), p=world.share)
    return Drawn(
        interaction=first + of,
        rank=rank,
        customer=customer[of],
        lost=lost[of],
        decided=decided[of],
        offer=np.where(lost[of], world.nameless, offer),
        channel=channel[of],
        placement=rng.choice(len(w.PLACEMENTS), len(of), p=w.PLACEMENT_SHARE),
        experiment=(customer // w.CONTROL_EVERY % len(w.EXPERIMENTS))[of],
        arm=(customer // (w.CONTROL_EVERY * len(w.EXPERIMENTS)) % 2)[of],
    )


def offers_of_day(world: w.World, rng: np.random.Generator, drawn: Drawn) -> pl.DataFrame:
    """Lay the offers out in Pega's columns, with the times of `KINDS`, the number of the interaction and the money."""
    appeal = world.appeal[drawn.offer] * world.affinity[drawn.customer] / (0.9 + 0.1 * drawn.rank)
    appeal = np.clip(appeal * w.CHANNEL_EFFECT[drawn.channel] * w.PLACEMENT_EFFECT[drawn.placement], 1e-4, 0.6)
    customer = "C-" + pl.Series(drawn.customer).cast(pl.String)
    offers = world.offers[drawn.offer].with_columns(
        pl.Series("pxInteractionID", _identifier(drawn.interaction, 0)),
        pl.Series("pySubjectID", customer),
        pl.Series("CustomerID", customer),
        _pick("pyChannel", w.CHANNELS, drawn.channel, blank=drawn.lost),
        _pick("pyDirection", w.DIRECTIONS, drawn.channel),
        _pick("pyTreatment", w.TREATMENTS, drawn.channel),
        _pick("PlacementType", w.PLACEMENTS, drawn.placement),
        _pick("ModelControlGroup", ("Test", "Control"), drawn.control.astype(np.int64), blank=drawn.lost),
        _pick("ExperimentName", w.EXPERIMENTS, drawn.experiment),
        _pick("ExperimentGroup", w.EXPERIMENT_ARMS, drawn.arm, blank=drawn.experiment == 0),
        pl.Series("pxRank", drawn.rank),
        pl.Series("pxDecisionTime", times(pl.Series(drawn.decided + np.where(drawn.interaction % 10 == 0, 3_000, 0)))),
        pl.Series("interaction", drawn.interaction),
        _pick("event", w.EVENTS, drawn.offer % len(w.EVENTS)),
        pl.Series("money", np.exp(rng.normal(4.0, 0.7, len(appeal))).round(2)),
    )
    return offers.with_columns(
        pl.concat_str("pyName", "pyTreatment").alias("pyTreatment"),
        *_predictions(rng, appeal, offers["Value"].to_numpy()),
        *_responses(rng, drawn, appeal),
    )


def _predictions(rng: np.random.Generator, appeal: Floats, value: Floats) -> list[pl.Series]:
    """What models say of the appeal, if they were asked: noisily right, zero, or anything."""
    count = len(appeal)
    source = rng.choice(len(w.SOURCES), count, p=w.SOURCE_SHARE)
    guess = np.clip(appeal * np.exp(rng.normal(0.0, 0.4, count)), 1e-5, 0.99)
    propensity = np.choose(source, [guess, np.zeros(count), rng.random(count)]).round(5)
    final = np.clip(propensity * np.exp(rng.normal(0.0, 0.1, count)), 0.0, 1.0).round(5)
    (levers,) = rng.spawn(1)
    return [
        _pick("PropensitySource", w.SOURCES, source),
        pl.Series("pyPropensity", propensity),
        pl.Series("FinalPropensity", final),
        pl.Series("Priority", (final * value).round(4)),
        pl.Series("Weight", np.exp(levers.normal(0.0, 0.3, count)).round(4)),
        pl.Series("OutcomeWeight", levers.choice((0.5, 1.0, 2.0), count, p=(0.1, 0.8, 0.1))),
    ]


def _responses(rng: np.random.Generator, drawn: Drawn, appeal: Floats) -> list[pl.Series]:
    """The times of `KINDS`, in this order."""
    count = len(appeal)
    effect = np.where(drawn.control | drawn.lost, 1.0, 1.0 + w.LIFT)
    effect = effect * np.where(drawn.arm == 1, w.CHALLENGER_EFFECT[drawn.experiment], 1.0)
    clicks = rng.random(count) < appeal * effect
    mail = drawn.channel == w.EMAIL
    begun = drawn.decided + rng.integers(20, 2_500, count)
    opens = mail & (clicks | (rng.random(count) < 0.3))
    looked = begun + np.where(mail, rng.exponential(DAY / 12, count), 0.0).astype(np.int64)
    tomorrow = np.where(rng.random(count) < 0.1, DAY, 0)
    clicked = looked + 800 + rng.exponential(60_000, count).astype(np.int64) + tomorrow
    again = clicks & (rng.random(count) < 0.03)
    converts = clicks & (rng.random(count) < 0.15)
    later = 60_000 + rng.exponential(1.2 * DAY, count).astype(np.int64)
    happened = [
        (~mail, begun),
        (mail, begun),
        (opens, looked),
        (clicks, clicked),
        (again, clicked + rng.integers(2_000, 90_000, count)),
        (converts, clicked + later),
    ]
    return [
        pl.Series(column, np.where(flags, at, NEVER)) for (_, column), (flags, at) in zip(KINDS, happened, strict=True)
    ]


def outcomes(offers: pl.DataFrame) -> pl.DataFrame:
    """The rows that the offers lead to, whenever that is: Pega's columns, and `at`."""
    parts = []
    for kind, (outcome, column) in enumerate(KINDS):
        part = offers.filter(pl.col(column) >= 0)
        converted = outcome == "Conversion"
        slot = 8 * part["pxRank"].to_numpy() + kind
        parts.append(
            part.with_columns(
                pl.Series("pxFactID", _identifier(part["interaction"].to_numpy(), slot)),
                pyOutcome=pl.lit(outcome),
                Revenue=pl.col("money") if converted else pl.lit(0.0),
                ConversionEventID=pl.col("event") if converted else pl.lit(""),
                at=pl.col(column),
            ).drop("interaction", "event", "money", *(column for _, column in KINDS))
        )
    return pl.concat(parts).with_columns(times(pl.col("at")).alias("pxOutcomeTime"))


def times(at: Times) -> Times:
    """Write times as Pega does: `20210127T132203.201 GMT`."""
    return at.cast(pl.Datetime("ms")).dt.strftime(_TIME)


def _identifier(interaction: Integers, slot: Integers | int) -> pl.Series:
    """Unique 19-digit numbers as text, negative for every other interaction."""
    sign = 1 - 2 * (interaction % 2)
    return pl.Series(sign * (_FIRST_ID + _ID_STEP * interaction + slot)).cast(pl.String)


def _pick(name: str, values: tuple[str, ...], index: Integers, blank: Flags | None = None) -> pl.Series:
    """The column of the values that `index` points to, empty where `blank`."""
    picked = pl.Series(name, values)[index]
    return picked if blank is None else picked.set(pl.Series(blank), "")
