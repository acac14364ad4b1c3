"""The `[reports]` section.

Owns the keys of reports, and that each asks a metric of the config. Never knows which fields a picture needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.config.findings import dotted, quoted
from valuekit.config.named import named_tables
from valuekit.config.nearest import nearest
from valuekit.config.tables import Key, read_table
from valuekit.config.values import distinct_names, filled, names, number, repeats, switch, table_of, text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from valuekit.config.collect import Place

_ROLES = (
    *("x", "y", "color", "size", "value", "r", "theta", "property", "score"),
    *("facet_row", "facet_column", "animation_frame", "animation_group"),
)
KEYS: Mapping[str, Key] = {
    "metric": Key(text),
    "type": Key(text),
    "description": Key(text),
    "group_by": Key(names),
    **dict.fromkeys(_ROLES, Key(filled)),
    "stages": Key(distinct_names),
    "reference": Key(table_of(number())),
    "log_x": Key(switch),
    "log_y": Key(switch),
    "showlegend": Key(switch),
}

REPORT_TYPES = (
    *("line", "gauge", "treemap", "heatmap", "scatter", "bar_polar", "boxplot", "histogram", "funnel"),
    *("exposure", "corr", "model", "rfm_density", "generic"),
)


def reports_section(value: object, place: Place, metrics: Collection[str]) -> dict[str, dict[str, object]]:
    """Read the section.

    Args:
        value: the section.
        place: where it is.
        metrics: the names of the metrics that the config has.

    Returns:
        The fields of a `ReportConfig` by name.
    """
    _, sections = named_tables(value, {}, place)
    return {name: _report(name, section, place / name, metrics) for name, section in sections.items()}


def _report(name: str, section: Mapping[str, object], place: Place, metrics: Collection[str]) -> dict[str, object]:
    title = f"[{dotted(place.path)}]"
    fields = read_table(section, KEYS, place) | {"name": name}
    if "metric" not in section:
        place.report_key("VK501", f"{title} has no metric")
    metric = fields.get("metric")
    if isinstance(metric, str) and metric not in metrics:
        said = f"there is no [metrics.{dotted((metric,))}]"
        (place / "metric").report("VK502", said, nearest(metric, metrics))
    if "type" not in section:
        place.report_key("VK503", f"{title} has no type")
    picture = fields.get("type")
    if isinstance(picture, str) and picture not in REPORT_TYPES:
        said = f"{quoted(picture)} is not a report type; there are {', '.join(REPORT_TYPES)}"
        (place / "type").report("VK504", said, nearest(picture, REPORT_TYPES))
    for index, first in repeats(section.get("group_by"), str.casefold):
        (place / "group_by" / index).report("VK505", f"group_by has {quoted(first)} already")
    return fields
