"""The config as a JSON Schema, for editors: names, types, choices, defaults and what each key means.

Owns the layout of the schema. Keys come from the tables that read a config, what they accept from the readers, defaults
and descriptions from the models, so that none of it can say anything else than the reader does. No `anyOf`, which
editors turn into a flood of messages.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from valuekit.config.families import FAMILIES, SEGMENT_MAPS
from valuekit.config.load import CACHE_KEYS, RESERVED
from valuekit.config.metrics import GLOBAL_KEYS
from valuekit.config.metrics import KEYS as METRIC_KEYS
from valuekit.config.models import CacheConfig, Config, MetricConfig, ReportConfig, SourceConfig
from valuekit.config.reports import KEYS as REPORT_KEYS
from valuekit.config.reports import REPORT_TYPES
from valuekit.config.shapes import shape_of
from valuekit.config.sources import EXTENSION_KEYS
from valuekit.config.sources import KEYS as SOURCE_KEYS
from valuekit.config.web import WEB_SECTIONS

if TYPE_CHECKING:
    from pydantic import BaseModel

    from valuekit.config.tables import Key

Schema = dict[str, object]

_DIALECT = "http://json-schema.org/draft-07/schema#"
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
_WRITTEN_DEFAULTS: Mapping[tuple[str, str], object] = {
    ("SourceConfig", "path"): ".",
    ("CacheConfig", "path"): ".valuekit",
}
_NARROWED: Mapping[tuple[str, str], Schema] = {
    ("MetricConfig", "family"): {"enum": list(FAMILIES)},
    ("MetricConfig", "group_by"): {"minItems": 1},
    ("MetricConfig", "positive_model_response"): {"minItems": 1},
    ("MetricConfig", "negative_model_response"): {"minItems": 1},
    ("MetricConfig", "rfm_segment_config"): {"enum": list(SEGMENT_MAPS)},
    ("ReportConfig", "type"): {"enum": list(REPORT_TYPES)},
}
"""What is checked of a key behind its reader."""
_WORDS = {
    "; None for ": "; default: ",
    "; None leaves it to ": "; default: left to ",
    "; None: ": "; default: ",
    ". None: ": "; default: ",
    "; False for ": "; false for ",
    ", absolute.": ", relative to the config.",
    " (`positive_model_response`)": "",
    " (`negative_model_response`)": "",
}
"""How the models' words read in a config, which has no None."""
_ABOUT = {
    "metrics": "What to compute. A sub-table a metric, `[metrics.<name>]`; its name starts with its family's.",
    "reports": "What to show. A sub-table a report, `[reports.<name>]`.",
    "extensions": "Which rows count, columns of one's own, and defaults for columns that are not there.",
    "web": "Used by the dashboard's web pages only: read, checked, and of no effect here.",
    "reserved": "Not used by this version.",
}


def json_schema() -> Schema:
    """Make the schema, JSON Schema draft 7."""
    sections: Schema = {kind: _source(kind) for kind in SOURCE_KEYS}
    metric = _table(METRIC_KEYS, MetricConfig) | {"required": ["group_by"]}
    sections["metrics"] = {
        "description": _ABOUT["metrics"],
        "type": "object",
        "properties": _properties(GLOBAL_KEYS, Config),
        "additionalProperties": metric,
    }
    report = _table(REPORT_KEYS, ReportConfig) | {"required": ["metric", "type"]}
    sections["reports"] = {"description": _ABOUT["reports"], "type": "object", "additionalProperties": report}
    sections["cache"] = _table(CACHE_KEYS, CacheConfig)
    sections |= {name: {"description": _ABOUT["reserved"]} for name in RESERVED}
    sections |= {name: _table(keys, None) | {"description": _ABOUT["web"]} for name, keys in WEB_SECTIONS.items()}
    return {
        "$schema": _DIALECT,
        "title": "valuekit",
        "description": "A config of valuekit, in TOML.",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
        "minProperties": 1,
    }


def _source(kind: str) -> Schema:
    table = _table(SOURCE_KEYS[kind], SourceConfig)
    properties: Any = table["properties"]
    properties["extensions"] = _table(EXTENSION_KEYS, SourceConfig) | {"description": _ABOUT["extensions"]}
    return table


def _table(keys: Mapping[str, Key], model: type[BaseModel] | None) -> Schema:
    about = {} if model is None else {"description": _first_line(model)}
    return {
        **about,
        "type": "object",
        "properties": _properties(keys, model),
        "additionalProperties": False,
    }


def _properties(keys: Mapping[str, Key], model: type[BaseModel] | None) -> Schema:
    about = {} if model is None else descriptions(model)
    written: Schema = {}
    for name, key in keys.items():
        field = key.field or name
        schema: Schema = dict(shape_of(key.read))
        if key.web_only or model is None:
            schema["description"] = _ABOUT["web"]
        elif field in about:
            schema["description"] = about[field]
        if model is not None and not key.web_only:
            schema |= _NARROWED.get((model.__name__, name), {}) | _default(model, field)
        written[name] = schema
    return written


def _default(model: type[BaseModel], field: str) -> Schema:
    """The default of a field as a config would write it; nothing where there is none."""
    if (model.__name__, field) in _WRITTEN_DEFAULTS:
        return {"default": _WRITTEN_DEFAULTS[model.__name__, field]}
    info = model.model_fields.get(field)
    if info is None or info.is_required() or info.default is None:
        return {}
    if info.default in ((), {}):
        return {}
    return {"default": list(info.default) if isinstance(info.default, tuple) else info.default}


def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """What the docstring of a model says of each field, as sentences."""
    _, _, attributes = (inspect.getdoc(model) or "").partition("Attributes:\n")
    found = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(attributes)}
    for code, words in _WORDS.items():
        found = {name: text.replace(code, words) for name, text in found.items()}
    return {name: text[:1].upper() + text[1:] for name, text in found.items()}


def _first_line(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").partition("\n")[0]
