"""The schema for editors: it accepts every good config, refuses misspelt ones, and has every key that is read."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from valuekit.config.load import CACHE_KEYS, SECTIONS
from valuekit.config.metrics import GLOBAL_KEYS
from valuekit.config.metrics import KEYS as METRIC_KEYS
from valuekit.config.reports import KEYS as REPORT_KEYS
from valuekit.config.rules import RULES
from valuekit.config.schema import json_schema
from valuekit.config.shapes import shape_of
from valuekit.config.sources import EXTENSION_KEYS
from valuekit.config.sources import KEYS as SOURCE_KEYS
from valuekit.config.starter import TEXT
from valuekit.config.web import WEB_SECTIONS
from valuekit.validate import validate

ROOT = Path(__file__).parents[2]
CONFIGS = [*sorted(ROOT.glob("configs/*.toml")), *sorted(ROOT.glob("../shared/compat/*.toml"))]
SCHEMA: Any = json_schema()
CHECKER = Draft7Validator(SCHEMA)


def faults(text: str) -> list[str]:
    """What an editor would underline: TOML's dates are texts to a JSON Schema."""
    tree = as_json(tomllib.loads(text))
    return [f"{error.json_path}: {error.message}" for error in CHECKER.iter_errors(tree)]


def as_json(node: object) -> object:
    if isinstance(node, dict):
        return {key: as_json(child) for key, child in node.items()}
    if isinstance(node, list):
        return [as_json(child) for child in node]
    return node.isoformat() if isinstance(node, date | datetime | time) else node


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]) == set(SECTIONS)


@pytest.mark.parametrize("word", ["anyOf", "oneOf", "allOf", "$ref", "not"])
def test_it_uses_nothing_that_editors_stumble_over(word: str) -> None:
    def words(node: object) -> set[str]:
        if isinstance(node, dict):
            return set(node).union(*(words(child) for key, child in node.items() if key != "properties")) | {
                inner for child in node.get("properties", {}).values() for inner in words(child)
            }
        return set().union(*map(words, node)) if isinstance(node, list) else set()

    assert word not in words(SCHEMA)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_config_is_accepted(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


def test_the_starter_is_accepted_also_with_all_that_is_commented_out() -> None:
    assert faults(TEXT) == []
    lines = [
        line.removeprefix("# ") if line.startswith("# ") and ("=" in line or "[" in line) else line
        for line in TEXT.splitlines()
    ]
    whole = "\n".join(line for line in lines if not line.startswith("# "))
    tree = tomllib.loads(whole.replace("A config for valuekit", "# A config"))
    assert tree["cache"]
    assert [error.message for error in CHECKER.iter_errors(as_json(tree))] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_good_example_of_a_rule_is_accepted(rule: Any) -> None:
    if not rule.good.startswith("valuekit "):
        assert faults(rule.good.removeprefix("\ufeff")) == []


@pytest.mark.parametrize("rule", ["VK201", "VK202", "VK203", "VK204", "VK205", "VK206", "VK225", "VK226"])
def test_every_bad_example_of_shape_is_refused(rule: str) -> None:
    assert faults(RULES[rule].bad)


TABLES = [
    *(("ih", SOURCE_KEYS["ih"]), ("holdings", SOURCE_KEYS["holdings"]), ("ih.extensions", EXTENSION_KEYS)),
    *(("metrics.engagement", METRIC_KEYS), ("reports.r", REPORT_KEYS), ("cache", CACHE_KEYS)),
    *WEB_SECTIONS.items(),
]
GOOD = """[ih]
[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
[reports.r]
metric = "engagement"
type = "line"
"""


@pytest.mark.parametrize(("section", "key"), [(section, key) for section, keys in TABLES for key in keys])
def test_a_misspelt_key_is_refused_by_the_schema_and_by_validate(section: str, key: str) -> None:
    header = f"[{section}]\n"
    line = f"{key}x = 1\n"
    text = GOOD.replace(header, header + line) if header in GOOD else GOOD + header + line
    assert any("Additional properties" in fault for fault in faults(text))
    assert "VK202" in {finding.rule for finding in validate(None, text).findings}


def schema_of(section: str) -> Any:
    node: Any = SCHEMA
    for part in section.split("."):
        node = node.get("properties", {}).get(part) or node.get("additionalProperties")
    return node


@pytest.mark.parametrize(("section", "keys"), TABLES, ids=[section for section, _ in TABLES])
def test_every_key_that_is_read_has_a_shape_and_a_description(section: str, keys: Any) -> None:
    properties = schema_of(section)["properties"]
    assert set(properties) == set(keys)
    for name, key in keys.items():
        assert shape_of(key.read), f"{section}.{name} has no shape"
        assert properties[name]["description"].strip(), name
        assert "None" not in properties[name]["description"]
        assert set(shape_of(key.read)) - {"description"} <= set(properties[name])


VALUES = [
    "1",
    "-1",
    "0",
    "1.5",
    "nan",
    '""',
    '" "',
    '"x"',
    '"true"',
    '"YES"',
    "true",
    "[]",
    '["a"]',
    '["a", ""]',
    "[1]",
    "{}",
]
VALUES += [
    "{ a = 1 }",
    '{ a = "b" }',
    "2026-01-31",
    '"2026-01-31"',
    '"90d"',
    '"2GB"',
    "1979-05-27T07:32:00Z",
    '"**/*.zip"',
]


@pytest.mark.parametrize(("section", "keys"), TABLES, ids=[section for section, _ in TABLES])
def test_what_validate_accepts_the_schema_accepts(section: str, keys: Any) -> None:
    """A shape may accept more than its reader, never less: no editor may underline what is right."""
    header = f"[{section}]\n"
    for key in keys:
        for value in VALUES:
            base = "\n".join(line for line in GOOD.splitlines() if not line.startswith(f"{key} = ")) + "\n"
            line = f"{key} = {value}\n"
            text = base.replace(header, header + line) if header in base else base + header + line
            errors = [one for one in validate(None, text).findings if one.severity == "error"]
            if not errors:
                assert faults(text) == [], text


def test_defaults_are_those_of_a_config_that_says_nothing() -> None:
    engagement = SCHEMA["properties"]["metrics"]["additionalProperties"]["properties"]
    assert engagement["control"]["default"] == "Control"
    assert SCHEMA["properties"]["ih"]["properties"]["file_pattern"]["default"] == "**/*.zip"
    assert SCHEMA["properties"]["cache"]["properties"]["path"]["default"] == ".valuekit"
    for section, keys in TABLES:
        for name in keys:
            schema = schema_of(section)["properties"][name]
            if "default" in schema:
                assert list(Draft7Validator(schema).iter_errors(schema["default"])) == [], (section, name)


def test_the_section_of_all_metrics_knows_its_key() -> None:
    assert set(SCHEMA["properties"]["metrics"]["properties"]) == set(GLOBAL_KEYS)
    assert faults('[metrics]\nglobal_filtres = ["Channel"]\n')


def test_it_is_one_json_document_without_anything_that_json_lacks() -> None:
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA
