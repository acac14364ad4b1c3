"""The metric over product holdings, and its reasons.

Owns which columns are its customer, order, value and date. Never reads a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.proposal import Entry, Section, listed
from valuekit.pipeline.proposing import pictures
from valuekit.pipeline.proposing.profile import as_share
from valuekit.pipeline.proposing.roles import filled

if TYPE_CHECKING:
    from valuekit.pipeline.proposing.dimensions import Dimensions
    from valuekit.pipeline.proposing.profile import Profile
    from valuekit.pipeline.proposing.roles import Roles


def of_customers(profile: Profile, roles: Roles, dimensions: Dimensions) -> Iterator[Section]:
    """The clv metric and its reports."""
    customers = filled(profile.frame[roles.customer]).n_unique()
    why = [
        "What customers are worth: recency, frequency and value, segments, and what they will probably buy.",
        f"The sample has {profile.rows:,} purchases of {customers:,} customers.",
    ]
    scores: tuple[Entry, ...] = ()
    if roles.order is None:
        known = tuple(name for name in FAMILIES["clv"].scores if name != "unique_holdings")
        said = (
            "No column tells orders apart: two rows that are alike in all columns are one order, and are not counted."
        )
        scores = (Entry("scores", known, said),)
    yield Section(
        ("metrics", "clv"),
        (
            Entry("group_by", _by(dimensions)),
            *((Entry("order_id_col", roles.order, _of_orders(profile, roles.order)),) if roles.order else ()),
            Entry("customer_id_col", roles.customer),
            Entry("monetary_value_col", roles.amount, _of_amounts(profile, roles.amount)),
            Entry("purchase_date_col", roles.date),
            Entry("rfm_segment_config", "retail_banking", 'Names of segments; also "telco" and "e-commerce".'),
            *scores,
            *_contract(roles),
        ),
        why=tuple(why),
    )
    yield from pictures.of_customers("clv", dimensions.of_few(pictures.FEW)[:2])


def _by(dimensions: Dimensions) -> tuple[str, ...]:
    """Two at most: a customer who buys in several groups is several customers; a year where there is nothing else."""
    return dimensions.of_few(pictures.FEW)[:2] or ("Year",)


def _contract(roles: Roles) -> Iterator[Entry]:
    if roles.cost is None or roles.periods is None:
        return
    said = f"The sample has {listed([roles.cost, roles.periods])}: to add what contracts pay in all, take the # away."
    yield Entry("model", "contractual", said, active=False)
    yield Entry("recurring_cost", roles.cost, active=False)
    yield Entry("recurring_period", roles.periods, active=False)


def _of_orders(profile: Profile, name: str) -> str:
    values = filled(profile.frame[name])
    if values.n_unique() == profile.rows:
        return ""
    again = profile.rows - values.n_unique()
    return f"{as_share(again, profile.rows)} of the rows lack it or have that of another row: one of these counts."


def _of_amounts(profile: Profile, name: str) -> str:
    numbers = profile.numbers(name)
    parts = [
        f"{as_share(count, profile.rows)} of the rows {what}"
        for count, what in (
            (profile.rows - len(numbers), "have no readable amount"),
            (int((numbers < 0).sum()), "have a negative amount"),
            (int((numbers == 0).sum()), "have an amount of 0"),
        )
        if count
    ]
    return "; ".join(parts)
