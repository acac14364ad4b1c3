"""The `[metrics]` section.

Owns the keys of metrics and what they must have together. Never knows how a score is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.derive import filter_text
from valuekit.config.families import COMMON_KEYS, FAMILIES, SEGMENT_MAPS, family_of
from valuekit.config.findings import dotted, quoted
from valuekit.config.formats import day
from valuekit.config.named import named_tables
from valuekit.config.nearest import nearest
from valuekit.config.segments import segments
from valuekit.config.tables import Key, read_table
from valuekit.config.values import (
    distinct_names,
    filled,
    integer,
    names,
    number,
    one_of,
    repeats,
    some_names,
    switch,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.collect import Place

GLOBAL_KEYS: Mapping[str, Key] = {"global_filters": Key(distinct_names)}

KEYS: Mapping[str, Key] = {
    "family": Key(text),
    "group_by": Key(names),
    "filter": Key(filter_text),
    "scores": Key(some_names),
    "positive_model_response": Key(distinct_names, field="positive"),
    "negative_model_response": Key(distinct_names, field="negative"),
    "arm_column": Key(filled),
    "control": Key(filled),
    "test": Key(filled),
    "use_t_digest": Key(switch),
    "compression": Key(integer(20, 100_000)),
    "columns": Key(some_names),
    "experiment_name": Key(filled),
    "experiment_group": Key(filled),
    "control_group": Key(filled),
    "order_id_col": Key(filled),
    "customer_id_col": Key(filled),
    "monetary_value_col": Key(filled),
    "purchase_date_col": Key(filled),
    "model": Key(one_of("non-contractual", "contractual")),
    "recurring_period": Key(filled),
    "recurring_cost": Key(filled),
    "lifespan": Key(number(0, above=True)),
    "observation_end": Key(day),
    "frequency_of": Key(one_of("dates", "orders")),
    "discount_rate": Key(number(0)),
    "rfm_segment_config": Key(text),
    "rfm_segments": Key(segments),
}


def metrics_section(value: object, place: Place) -> dict[str, object]:
    """Read the section.

    Returns:
        The key `global_filters` where it is in order, and `metrics`: the fields of a `MetricConfig` by name.
    """
    settings, sections = named_tables(value, GLOBAL_KEYS, place)
    return settings | {"metrics": {name: _metric(name, section, place / name) for name, section in sections.items()}}


def _metric(name: str, section: Mapping[str, object], place: Place) -> dict[str, object]:
    fields = read_table(section, KEYS, place)
    _check_group_by(section, place)
    family = _family(name, section, place)
    fields |= {"name": name, "family": family}
    if family is None:
        return fields
    _check_keys(section, family, place)
    _check_scores(fields, section, family, place)
    if FAMILIES[family].needs_labels:
        _check_labels(section, place)
    if "arm_column" in FAMILIES[family].keys:
        _check_arms(fields, place)
    if family == "descriptive" and "columns" not in section:
        place.report_key("VK412", f"{_title(place)} has no columns to describe")
    if family == "clv":
        _check_clv(fields, section, place)
    return fields


def _title(place: Place) -> str:
    return f"[{dotted(place.path)}]"


def _family(name: str, section: Mapping[str, object], place: Place) -> str | None:
    if "family" not in section:
        family = family_of(name)
        if family is None:
            said = f"{quoted(name)} starts with no family's name ({', '.join(FAMILIES)}), and there is no family key"
            place.report_key("VK401", said, nearest(name, FAMILIES))
        return family
    family = section["family"] if isinstance(section["family"], str) else None
    if family is not None and family not in FAMILIES:
        said = f"{quoted(family)} is not a family; there are {', '.join(FAMILIES)}"
        (place / "family").report("VK401", said, nearest(family, FAMILIES))
        return None
    return family


def _check_group_by(section: Mapping[str, object], place: Place) -> None:
    group_by = section.get("group_by")
    if group_by is None:
        place.report_key("VK402", f"{_title(place)} has no group_by")
    elif group_by == []:
        (place / "group_by").report("VK403", f"the group_by of {_title(place)} is empty")
    for index, first in repeats(group_by, str.casefold):
        (place / "group_by" / index).report("VK404", f"group_by has {quoted(first)} already")


def _check_keys(section: Mapping[str, object], family: str, place: Place) -> None:
    own = (*COMMON_KEYS, *FAMILIES[family].keys)
    for name in section:
        if name in KEYS and name not in own:
            (place / name).report_key("VK903", f"{name} is not used by metrics of the family {family}")


def _check_scores(fields: Mapping[str, object], section: Mapping[str, object], family: str, place: Place) -> None:
    known = FAMILIES[family]
    listed = section.get("scores")
    if "scores" not in fields or not isinstance(listed, list):
        return
    for index, score in enumerate(listed):
        if isinstance(score, str) and score.strip() and not known.has_score(score):
            said = f"{family} has no score {quoted(score)}"
            (place / "scores" / index).report("VK405", said, nearest(score, known.scores))


def _check_labels(section: Mapping[str, object], place: Place) -> None:
    for rule, sign in (("VK406", "positive"), ("VK407", "negative")):
        key = f"{sign}_model_response"
        if key not in section:
            place.report_key(rule, f"{_title(place)} has no {key}: no outcome is {sign}")
        elif section[key] == []:
            (place / key).report(rule, f"{key} is empty: no outcome is {sign}")
    positive, negative = (section.get(f"{sign}_model_response") for sign in ("positive", "negative"))
    if not isinstance(positive, list) or not isinstance(negative, list):
        return
    for index, label in enumerate(negative):
        if isinstance(label, str) and label in positive:
            said = f"the label {quoted(label)} is in positive_model_response, too"
            (place / "negative_model_response" / index).report("VK408", said)


def _check_arms(fields: Mapping[str, object], place: Place) -> None:
    control, test = fields.get("control", "Control"), fields.get("test", "Test")
    if control == test:
        at = place / ("test" if "test" in fields else "control")
        at.report("VK409", f"control and test are both {quoted(str(test))}")


def _check_clv(fields: Mapping[str, object], section: Mapping[str, object], place: Place) -> None:
    lacking = [key for key in ("recurring_period", "recurring_cost") if key not in section]
    if fields.get("model") == "contractual" and lacking:
        (place / "model").report("VK411", f'model = "contractual" needs {" and ".join(lacking)}')
    segment_map = fields.get("rfm_segment_config")
    if isinstance(segment_map, str) and segment_map not in SEGMENT_MAPS:
        said = f"{quoted(segment_map)} is not a segment map; there are {', '.join(SEGMENT_MAPS)}"
        (place / "rfm_segment_config").report("VK410", said, nearest(segment_map, SEGMENT_MAPS))
    if "rfm_segment_config" in section and "rfm_segments" in section:
        (place / "rfm_segment_config").report_key("VK905", "rfm_segment_config has no effect beside rfm_segments")
