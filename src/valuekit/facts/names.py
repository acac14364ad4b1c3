"""Canonical column names: Pega's, without `px`, `py` or `pz`, in Pega's own spelling whatever the case they came in.

Owns how a source column is called inside valuekit. Never looks at values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
class Resolved:
    """How the columns of one file are called.

    Attributes:
        sources: canonical name -> source name.
        collisions: sentences about source columns that claim the same name; both are kept.
    """

    sources: Mapping[str, str]
    collisions: tuple[str, ...]


def resolve(seen: Sequence[str], overrides: Mapping[str, str]) -> Resolved:
    """Give every source column its canonical name.

    Where two columns claim one name, a configured one wins, then Pega's own (with its prefix), then the spelling that
    sorts first; the other is kept as `Name_2`.

    Args:
        seen: the column names of a file.
        overrides: canonical name -> source name, from `[ih.columns]`.
    """
    sources: dict[str, str] = {name: source for name, source in overrides.items() if source in seen}
    taken = set(sources.values())
    claimed = {name.lower(): name for name in sources}
    collisions = []
    for source in sorted(seen, key=_precedence):
        if source in taken:
            continue
        name = wanted = canonical(source)
        number = 2
        while name.lower() in claimed:
            name = f"{wanted}_{number}"
            number += 1
        if name != wanted:
            first = sources[claimed[wanted.lower()]]
            collisions.append(f"{first} and {source} are both {wanted}: {source} is kept as {name}")
        sources[name] = source
        claimed[name.lower()] = name
    return Resolved(sources, tuple(collisions))


def _precedence(source: str) -> tuple[bool, str]:
    return (source[:2].lower() not in PREFIXES, source)
