"""Canonical column names: Pega's, without `px`, `py` or `pz`, in Pega's own spelling whatever the case they came in.

Owns how a source column is called inside valuekit. Never looks at values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

PREFIXES = ("px", "py", "pz")

STANDARD = (
    "ActionID", "Application", "ApplicationVersion", "Behaviour", "BundleHead", "BundleName",
    "Category", "Channel", "ChannelGroup", "ChannelSubGroup", "Component", "ControlGroup",
    "ControlGroupValidityEnd", "ControlGroupValidityStart", "ConversionEventID", "CustomerID",
    "CustomerSegment", "CustomerSubSegment",
    "DecisionTime", "DeviceType", "Direction", "Division", "ExperimentGroup", "ExperimentName",
    "ExternalID", "FactID", "FinalPropensity", "FulfillmentType", "Group", "HoldingID",
    "Identifier", "Interaction", "InteractionID", "Issue", "Journey", "Label",
    "MktType", "MktValue", "ModelControlGroup", "Name", "OneTimeCost", "Operator",
    "Organization", "Outcome", "OutcomeTime", "OutcomeWeight", "PartitionKey", "PlacementType",
    "Priority", "Propensity", "PropensitySource", "PurchasedDate", "PurchasedDateTime", "Rank",
    "Reason", "RecurringCost", "RecurringPeriod", "Response", "Revenue", "Stage",
    "Step", "Strategy", "SubjectID", "SubjectType", "Treatment", "URI",
    "Unit", "UserAgent", "Value", "Weight", "WorkID",
)  # fmt: skip

_PREFIXED = re.compile(r"^(?:px|py|pz)(?=[A-Z])")


def _key(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())


_BY_KEY = {_key(name): name for name in STANDARD}


def canonical(source: str) -> str:
    """Name one source column.

    `pxInteractionID`, `pxinteractionid`, `interaction_id` and `InteractionID` are all `InteractionID`. A column that
    Pega does not define keeps its own words and gets a capital letter.
    """
    key = _key(source)
    if key in _BY_KEY:
        return _BY_KEY[key]
    if key[:2] in PREFIXES and key[2:] in _BY_KEY:
        return _BY_KEY[key[2:]]
    bare = _PREFIXED.sub("", source.strip()).lstrip("_") or "Column"
    return bare[:1].upper() + bare[1:]


def candidates(name: str) -> tuple[str, ...]:
    """Spellings under which a canonical column may first appear late in a file."""
    return (*(prefix + name for prefix in PREFIXES), name)


@dataclass(frozen=True)
class Claim:
    """Where the values of one name are: the columns that claim it, and whose turn it is.

    Attributes:
        sources: source names in order of precedence.
        place: 0 for the first of them that has a value in a row, 1 (`Name_2`) for the second of those, and so on.
    """

    sources: tuple[str, ...]
    place: int = 0


@dataclass(frozen=True)
class Resolved:
    """How the columns of one file are called.

    Attributes:
        sources: canonical name -> source name.
        collisions: sentences about source columns that claim the same name; both are kept.
        claims: canonical name in lower case -> where its values are; see `claim`.
        configured: canonical names that the config maps.
    """

    sources: Mapping[str, str]
    collisions: tuple[str, ...]
    claims: Mapping[str, Claim]
    configured: frozenset[str]

    def claim(self, name: str) -> Claim:
        """Tell where the values of a canonical name are, whatever its case.

        It holds row by row, so that it is the same whether a file's columns are known at once or little by little: a
        column that is not there yet has no value. `SubjectID` stands in for a missing `CustomerID`, unless the config
        says where that is.
        """
        claim = self.claims.get(name.lower(), Claim(()))
        if name == "CustomerID" and name not in self.configured:
            return Claim((*claim.sources, *self.claim("SubjectID").sources))
        return claim


def resolve(seen: Collection[str], overrides: Mapping[str, str]) -> Resolved:
    """Give every source column its canonical name.

    A name that the config maps is that column and no other. Where two columns claim one name, Pega's own (with its
    prefix) wins, then the spelling that sorts first; the other is kept as `Name_2`.

    Args:
        seen: the column names of a file, in any order.
        overrides: canonical name -> source name, from `[ih.columns]`.
    """
    present = set(seen)
    sources = {name: source for name, source in overrides.items() if source in present}
    claims = {name.lower(): Claim((source,)) for name, source in overrides.items()}
    names = {name.lower(): name for name in overrides}
    groups: dict[str, list[str]] = {}
    places: dict[str, tuple[str, int]] = {}
    collisions = []
    for source in sorted(present.difference(sources.values()), key=_precedence):
        name = wanted = canonical(source)
        number = 2
        while name.lower() in names:
            name = f"{wanted}_{number}"
            number += 1
        if name != wanted:
            first = names[wanted.lower()]
            who = (
                f"{sources[first]} and {source} are both"
                if first in sources
                else f"by the config {overrides[first]} is"
            )
            collisions.append(f"{who} {wanted}: {source} is kept as {name}")
        group = groups.setdefault(wanted.lower(), [])
        places[name.lower()] = (wanted.lower(), len(group))
        group.append(source)
        sources[name] = source
        names[name.lower()] = name
    claims |= {name: Claim(tuple(groups[group]), place) for name, (group, place) in places.items()}
    return Resolved(sources, tuple(collisions), claims, frozenset(overrides))


def _precedence(source: str) -> tuple[bool, str]:
    return (source[:2].lower() not in PREFIXES, source)
