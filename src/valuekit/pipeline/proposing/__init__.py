"""From a sample of exports to a config that fits them: by rules, with the reasons in its comments.

Owns the order of the config's sections and the ways of its paths. Never writes a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from valuekit.config.models import MetricConfig, SourceConfig
from valuekit.config.proposal import Entry, Proposal, Section, cited
from valuekit.errors import ConfigError, DataError
from valuekit.metrics.registry import CUSTOMER_FAMILIES, FAMILIES, declare, declare_customers
from valuekit.pipeline.proposing.dimensions import choose
from valuekit.pipeline.proposing.labels import Outcomes
from valuekit.pipeline.proposing.offers import ARM, EXPERIMENT, Offers
from valuekit.pipeline.proposing.profile import Column, Profile, as_share, usable
from valuekit.pipeline.proposing.purchases import of_customers
from valuekit.pipeline.proposing.roles import Roles, roles_of
from valuekit.pipeline.proposing.sampling import Sample, take
from valuekit.pipeline.proposing.settings import source_sections
from valuekit.validate.fitting import column_types
from valuekit.wording import counted

__all__ = ["Proposed", "looked_at", "propose"]

MOST_FILTERS = 3
_MOST_OWN_NUMBERS = 5


@dataclass(frozen=True)
class Proposed:
    """A config for a sample.

    Attributes:
        proposal: the config.
        samples: what it was made from.
        remarks: what its user should know first, a sentence each.
    """

    proposal: Proposal
    samples: tuple[Sample, ...]
    remarks: tuple[str, ...]


def propose(sample: Path, folder: Path) -> Proposed:
    """Look at exports and propose a config.

    Args:
        sample: a file or a folder.
        folder: where the config will be: its paths are relative to it.

    Raises:
        DataError: the sample cannot be read, has no rows, or is no export.
        UsageError: the sample is not a path.
    """
    samples = take(sample)
    head = [
        (
            f"Written by `valuekit init --from` after a look at {' and at '.join(looked_at(one) for one in samples)}. "
            "Shares are of the rows that were read."
        ),
        "`valuekit validate` checks this file, `valuekit compute` runs it, `valuekit explain CTR` explains a number.",
        "What starts with # is a reason or a suggestion; take the # away to follow it.",
    ]
    sections: list[Section] = []
    metrics: list[Section] = []
    remarks: list[str] = []
    filters: tuple[str, ...] = ()
    for one in samples:
        profile = Profile(one)
        if one.kind == "ih":
            offers = _offers(profile)
            filters = offers.dimensions.of_few(12)[:MOST_FILTERS]
            sections += source_sections(
                profile, folder, offers.dimensions.names, offers.dimensions.reasons, offers.own_numbers
            )
            metrics += offers.sections()
            remarks += _remarks(offers)
        else:
            roles = _roles(profile)
            dimensions = choose(profile, roles.names, _refused_by_purchases)
            sections += source_sections(profile, folder, dimensions.names, dimensions.reasons)
            metrics += of_customers(profile, roles, dimensions)
    sections.append(_common(filters, samples))
    sections += [section for section in metrics if section.path[0] == "metrics"]
    sections += [section for section in metrics if section.path[0] == "reports"]
    return Proposed(Proposal(tuple(head), tuple(sections)), samples, tuple(remarks))


def looked_at(sample: Sample) -> str:
    """Say how much of the files was read."""
    what = {"ih": "Interaction History", "holdings": "product holdings"}[sample.kind]
    first = "all" if all(one.whole for one in sample.files) else "the first"
    opened = f"{len(sample.files):,} of " if sample.others else ""
    total = counted(len(sample.files) + sample.others, "file")
    return f"{first} {counted(sample.rows, 'row')} of {opened}{total} of {what}"


def _common(filters: tuple[str, ...], samples: Sequence[Sample]) -> Section:
    """What all metrics share."""
    why = "Dimensions that every metric keeps, and that a dashboard can filter by."
    if len(samples) > 1 and filters:
        why += " For customers too: one who buys in several groups counts in each."
    return Section(("metrics",), (Entry("global_filters", filters, why),) if filters else ())


def _remarks(offers: Offers) -> Iterator[str]:
    outcomes = offers.outcomes
    if not offers.responds:
        side = "a success" if not outcomes.positive else "a failure"
        yield f"no outcome is known to be {side}: say which in the config, where metrics that need it stand as comments"
    undecided = outcomes.undecided
    if undecided:
        shown = ", ".join(
            f"{cited(label)} ({as_share(outcomes.counts[label], outcomes.rows)})" for label in undecided[:5]
        )
        more = f" and {len(undecided) - 5:,} more" if len(undecided) > 5 else ""
        yield f"undecided, and counted as neither success nor failure: {shown}{more}"


def _roles(profile: Profile) -> Roles:
    roles = roles_of(profile.frame)
    if roles is None:
        raise DataError("the files of holdings do not agree on the columns of customer, date and amount")
    return roles


def _offers(profile: Profile) -> Offers:
    outcomes = Outcomes(profile.counts("Outcome"), profile.rows)
    taken = {"Outcome", "OutcomeTime", "DecisionTime", ARM, *EXPERIMENT}
    dimensions = choose(profile, taken, _refused_by_offers)
    numbers = tuple(
        column.name
        for column in profile.columns.values()
        if _is_own_number(column) and column.name not in dimensions.names and _describes(column.name)
    )
    return Offers(profile, outcomes, dimensions, numbers[:_MOST_OWN_NUMBERS])


def _is_own_number(column: Column) -> bool:
    """Whether a column of one's own can be described: it has to have a default, so it must never need it."""
    sound = column.own and usable(column.name) and not column.name.endswith(("ID", "Id"))
    return sound and column.holds == "number" and column.distinct > 1 and column.never_null and not column.lacking


def _refused_by_offers(name: str) -> str | None:
    """Why some metric over offers cannot have a dimension of this name."""
    return _refusal(
        lambda: [
            declare(
                MetricConfig(name=family, family=family, group_by=("Day", name), columns=("Outcome",)), (), _types()
            )
            for family in FAMILIES
        ]
    )


def _describes(name: str) -> bool:
    config = MetricConfig(
        name="descriptive", family="descriptive", group_by=("Day", "Outcome"), columns=("Outcome", name)
    )
    return _refusal(lambda: declare(config, (), _types())) is None


def _types() -> Callable[[str], str]:
    return column_types(SourceConfig(kind="ih", path=Path()))


def _refused_by_purchases(name: str) -> str | None:
    return _refusal(
        lambda: [
            declare_customers(MetricConfig(name=family, family=family, group_by=(name,)), (name,))
            for family in CUSTOMER_FAMILIES
        ]
    )


def _refusal(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except ConfigError as error:
        return str(error)
    return None
