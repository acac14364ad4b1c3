"""The kinds of reports that exist, by type and family.

Owns the choice. Never knows how a kind is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.kinds.fields import SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.reports.kinds.subject import Kind


def kind_of(type_: str, family: str) -> Kind | None:
    """The kind of a type of report, for a family of metrics; None where the family has no such reports."""
    if (type_, family) not in SHAPES:
        return None
    return _kinds(family)[type_]


def _kinds(family: str) -> Mapping[str, Kind]:
    """The kinds of a family; those that have none of their own have those of groups."""
    from valuekit.reports.kinds import customers, described, experiments, groups

    own = {"experiment": experiments.KINDS, "descriptive": described.KINDS, "clv": customers.KINDS}
    return own.get(family, groups.KINDS)
