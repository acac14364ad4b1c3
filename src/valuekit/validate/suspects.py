"""Metrics that can be computed and are probably not what is meant: VK42x, and what they cannot use.

Owns the signs of a mistake in one metric or between two. Never reports what a run would refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.families import FAMILIES
from valuekit.config.findings import quoted
from valuekit.validate.uses import at, given

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place
    from valuekit.config.models import Config, MetricConfig

MANY_VALUES = frozenset(
    {
        *("CustomerID", "SubjectID", "InteractionID", "FactID", "HoldingID", "ExternalID", "WorkID", "URI"),
        *("UserAgent", "OutcomeTime", "DecisionTime", "ResponseTime", "Propensity"),
        *("FinalPropensity", "Priority", "PurchasedDateTime", "Revenue", "Weight", "OutcomeWeight", "Value"),
    }
)
"""Pega's columns that have another value in nearly every row, or for nearly every customer."""

_SUCCESS = {"clicked", "click", "accepted", "accept", "conversion", "converted", "purchased", "bought", "responded"}
_FAILURE = {
    *("impression", "impressions", "pending", "noresponse", "no response", "ignored", "rejected", "declined"),
    *("dismissed", "notclicked", "not clicked", "sent", "delivered"),
}
_LONGEST_LIFE = 100
_LARGEST_RATE = 0.2


def check_metrics(config: Config, root: Place) -> None:
    """Report what is probably a mistake in the metrics of a config, or of what is in order of one."""
    for name in config.global_filters:
        _check_dimension(name, root, ("metrics", "global_filters"))
    for section in config.metrics.values():
        path = ("metrics", section.name)
        for name in section.group_by:
            _check_dimension(name, root, (*path, "group_by"))
        if FAMILIES[section.family].needs_labels:
            _check_labels(section, root)
            if "Outcome" in section.group_by:
                _report_element(
                    at(root, (*path, "group_by")),
                    "Outcome",
                    "VK425",
                    "rates by Outcome are all 0 or 1: it decides them",
                )
        _check_amounts(section, root)
        _check_unused(section, root)
        _check_percentiles(section, root)
        _check_segments(section, root)
    _check_sources(config, root)
    _check_twins(config, root)
    _check_names(config.metrics, "metrics", root)
    _check_names(config.reports, "reports", root)


def _check_dimension(name: str, root: Place, path: tuple[str, ...]) -> None:
    if name in MANY_VALUES:
        said = f"{name} has nearly as many values as there are rows: the numbers cannot be summed up by it"
        _report_element(at(root, path), name, "VK422", said)


def _report_element(place: Place, element: str, rule: str, message: str, near: str | None = None) -> None:
    """Report at an element of a list."""
    written = place.value() if place.exists() else None
    if isinstance(written, list) and element in written:
        (place / written.index(element)).report(rule, message, near)


def _check_labels(section: MetricConfig, root: Place) -> None:
    keys = {"positive_model_response": section.positive, "negative_model_response": section.negative}
    seen: dict[str, str] = {}
    for key, labels in keys.items():
        for label in labels:
            path = ("metrics", section.name, key)
            other = seen.setdefault(label.strip().casefold(), label)
            if other != label:
                said = f"the labels {quoted(other)} and {quoted(label)} differ in case or spaces only"
                _report_element(at(root, path), label, "VK423", said, other)
            elif label != label.strip():
                said = f"the label {quoted(label)} has spaces around it"
                _report_element(at(root, path), label, "VK423", said, label.strip())
    control, test = section.control, section.test
    if control != test and control.strip().casefold() == test.strip().casefold():
        key = "test" if given(root, ("metrics", section.name, "test")) is not None else "control"
        said = f"the labels {quoted(control)} and {quoted(test)} differ in case or spaces only"
        at(root, ("metrics", section.name, key)).report("VK423", said)
    wrong_side = [label for label in section.positive if _plain(label) in _FAILURE]
    if wrong_side and any(_plain(label) in _SUCCESS for label in section.negative):
        said = f"{quoted(wrong_side[0])} counts as a success, and a success as a failure: are the two lists swapped?"
        _report_element(at(root, ("metrics", section.name, "positive_model_response")), wrong_side[0], "VK424", said)


def _plain(label: str) -> str:
    return label.strip().casefold()


def _check_amounts(section: MetricConfig, root: Place) -> None:
    place = at(root, ("metrics", section.name))
    if section.lifespan is not None and section.lifespan > _LONGEST_LIFE:
        (place / "lifespan").report("VK426", f"lifespan is in years, and this is {section.lifespan:g} of them")
    if section.discount_rate > _LARGEST_RATE:
        said = f"discount_rate is per month, 0.01 for 1 %, and this is {section.discount_rate * 100:g} %"
        (place / "discount_rate").report("VK426", said)


def _check_unused(section: MetricConfig, root: Place) -> None:
    """Report keys that another key of the metric leaves without effect."""
    place = at(root, ("metrics", section.name))
    own = FAMILIES[section.family].keys
    without: dict[str, str] = {}
    if "model" in own and section.model != "contractual":
        without |= dict.fromkeys(("recurring_period", "recurring_cost"), 'without model = "contractual"')
    if "compression" in own and not section.use_t_digest:
        without["compression"] = "beside use_t_digest = false"
    for key, why in without.items():
        if (place / key).exists():
            (place / key).report_key("VK906", f"{key} has no effect {why}")


def _check_percentiles(section: MetricConfig, root: Place) -> None:
    """Report a percentile in two spellings."""
    seen: dict[int, str] = {}
    for score in section.scores or ():
        if FAMILIES[section.family].percentiles and score[:1] == "p" and score[1:].isdigit():
            other = seen.setdefault(int(score[1:]), score)
            if other != score:
                said = f"scores lists one percentile twice: {quoted(other)} and {quoted(score)}"
                _report_element(at(root, ("metrics", section.name, "scores")), score, "VK904", said)


def _check_segments(section: MetricConfig, root: Place) -> None:
    """Report codes that are written for two segments, or twice for one."""
    path = ("metrics", section.name, "rfm_segments")
    written = given(root, path)
    if section.rfm_segments is None or not isinstance(written, dict):
        return
    owners: dict[str, str] = {}
    for name, entry in written.items():
        if isinstance(entry, list | str):
            for index, code in enumerate([entry] if isinstance(entry, str) else entry):
                owner = owners.setdefault(str(code), name)
                first = isinstance(entry, str) or entry.index(code) == index
                if owner == name and first:
                    continue
                place = at(root, (*path, name)) if isinstance(entry, str) else at(root, (*path, name, index))
                said = f"{quoted(str(code))} belongs to the segment {quoted(owner)} already"
                place.report("VK427", said)


def _check_sources(config: Config, root: Place) -> None:
    read = {FAMILIES[section.family].source for section in config.metrics.values()}
    written = given(root, ("metrics",))
    left_out = isinstance(written, dict) and any(
        isinstance(section, dict) and name not in config.metrics for name, section in written.items()
    )
    for kind in ("ih", "holdings"):
        if read and not left_out and kind not in read and (root / kind).exists():
            (root / kind).report_key("VK907", f"no metric reads [{kind}]")
    if (root / "holdings" / "day_of").exists():
        (root / "holdings" / "day_of").report_key("VK906", "day_of has no effect in [holdings]")


def _check_twins(config: Config, root: Place) -> None:
    """Report metrics that are computed alike."""
    seen: list[tuple[dict[str, object], str]] = []
    for section in config.metrics.values():
        own = {field: getattr(section, field) for field in type(section).model_fields if field != "name"}
        twin = next((name for fields, name in seen if fields == own), None)
        if twin is not None:
            at(root, ("metrics", section.name)).report_key(
                "VK421", f"the metrics {quoted(twin)} and {quoted(section.name)} are defined alike"
            )
        seen.append((own, section.name))


def _check_names(sections: Mapping[str, object], kind: str, root: Place) -> None:
    seen: dict[str, str] = {}
    for name in sections:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            said = f"the {kind} {quoted(other)} and {quoted(name)} differ in case only"
            at(root, (kind, name)).report_key("VK209", said, other)
