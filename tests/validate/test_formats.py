"""Findings for other programs: each format is read back by a reader that is not ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from valuekit.config.findings import Finding, Severity
from valuekit.config.rules import RULES
from valuekit.reports.plain import plain
from valuekit.validate.formats import FORMATS, laid_out
from valuekit.validate.formats.outcome import Outcome

TYPO = Finding("VK201", Severity.ERROR, 'unknown key "grup_by"', "v.toml", 2, 4, "metrics.e.grup_by", "group_by")
NO_PLACE = Finding("VK904", Severity.WARNING, "50 % unused,\nsaid twice", "a:b,c.toml", None, None, None, None)
WEB = Finding("VK901", Severity.INFO, "streaming is not used", "v.toml", 3, 1, "ih.streaming", None)
ALL = Outcome([TYPO, WEB, NO_PLACE], ["v.toml", "clean.toml", "a:b,c.toml"])

NASTY = [
    *(
        "<script>alert(1)</script>",
        "]]>",
        "&amp; &#0;",
        "%0A::error::x",
        "a,b:c",
        "\x00\x07\x1b[31m",
        "\ud800",
        "\ufffe",
    ),
    *("\r\n::warning::forged", "\u202egnp.exe", "a\tb", '"quoted"', "'", "--", "😀", "\u2028", "%25"),
]

# What the standard says of the objects that are used here. Its published schema is not part of this repository; it
# knows the same properties, types and limits, and allows more optional ones.
_TEXT = {"type": "string"}
_MESSAGE = {"type": "object", "required": ["text"], "additionalProperties": False, "properties": {"text": _TEXT}}
_MULTIFORMAT = {**_MESSAGE, "properties": {"text": _TEXT, "markdown": _TEXT}}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_ARTIFACT_LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9_.~!$&'()*+,;=:@/%-]+$"}, "uriBaseId": _TEXT},
}
_RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": _TEXT,
        "shortDescription": _MULTIFORMAT,
        "fullDescription": _MULTIFORMAT,
        "help": _MULTIFORMAT,
        "defaultConfiguration": {"type": "object", "additionalProperties": False, "properties": {"level": _LEVEL}},
    },
}
_LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": _ARTIFACT_LOCATION,
                "region": {
                    "type": "object",
                    "required": ["startLine"],
                    "additionalProperties": False,
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    },
                },
            },
        },
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": {"type": "object", "additionalProperties": False, "properties": {"fullyQualifiedName": _TEXT}},
        },
    },
}
_RESULT = {
    "type": "object",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {
        "ruleId": _TEXT,
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": _LEVEL,
        "message": _MESSAGE,
        "locations": {"type": "array", "items": _LOCATION},
        "properties": {"type": "object"},
    },
}
_RUN = {
    "type": "object",
    "required": ["tool"],
    "additionalProperties": False,
    "properties": {
        "tool": {
            "type": "object",
            "required": ["driver"],
            "additionalProperties": False,
            "properties": {
                "driver": {
                    "type": "object",
                    "required": ["name"],
                    "additionalProperties": False,
                    "properties": {
                        "name": _TEXT,
                        "version": _TEXT,
                        "rules": {"type": "array", "uniqueItems": True, "items": _RULE},
                    },
                }
            },
        },
        "invocations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["executionSuccessful"],
                "additionalProperties": False,
                "properties": {"executionSuccessful": {"type": "boolean"}},
            },
        },
        "artifacts": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"location": _ARTIFACT_LOCATION},
            },
        },
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": _RESULT},
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {"$schema": _TEXT, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": _RUN}},
}


def findings_of(text: str, file: str = "v.toml") -> list[Finding]:
    return [
        Finding("VK202", Severity.ERROR, f"no key {text}", file, 7, 3, text, text),
        Finding("VK904", Severity.WARNING, text, file, None, None, None, None),
    ]


def parsed_sarif(outcome: Outcome) -> Any:
    document = json.loads(laid_out("sarif", outcome))
    Draft7Validator.check_schema(SARIF)
    Draft7Validator(SARIF).validate(document)
    (run,) = document["runs"]
    return run


def workflow_commands(written: str) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as GitHub's runner does: by line, split at the first `::` behind the properties."""
    read = []
    for line in written.split("\n")[:-1]:
        found = re.fullmatch(r"::(\w+) ([^\r]*?)::([^\r]*)", line)
        assert found, line
        pairs = (part.partition("=") for part in found[2].split(","))
        properties = {key: unescaped(value, ":,") for key, _, value in pairs}
        read.append((found[1], properties, unescaped(found[3])))
    return read


def unescaped(text: str, also: str = "") -> str:
    for character in "\r\n" + also + "%":
        text = text.replace(f"%{ord(character):02X}", character)
    return text


def test_text_is_one_line_a_finding() -> None:
    assert laid_out("text", ALL).splitlines() == [
        "v.toml:2:4: error VK201: unknown key \"grup_by\" (did you mean 'group_by'?)",
        "v.toml:3:1: info VK901: streaming is not used",
        "a:b,c.toml: warning VK904: 50 % unused, said twice",
    ]


def test_json_has_the_keys_of_the_contract() -> None:
    document = json.loads(laid_out("json", ALL))
    assert list(document) == ["schema", "findings"]
    assert document["schema"] == "valuekit/1"
    assert document["findings"][0] == {
        "rule": "VK201",
        "severity": "error",
        "file": "v.toml",
        "line": 2,
        "column": 4,
        "path": "metrics.e.grup_by",
        "message": 'unknown key "grup_by"',
        "nearest": "group_by",
    }
    assert document["findings"][2]["line"] is None


def test_github_annotations_are_escaped() -> None:
    assert laid_out("github", ALL).splitlines() == [
        "::error file=v.toml,line=2,col=4,title=VK201::unknown key \"grup_by\" (did you mean 'group_by'?)",
        "::notice file=v.toml,line=3,col=1,title=VK901::streaming is not used",
        "::warning file=a%3Ab%2Cc.toml,title=VK904::50 %25 unused, said twice",
    ]


def test_sarif_names_rules_places_and_files() -> None:
    run = parsed_sarif(ALL)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["VK201", "VK901", "VK904"]
    assert rules[0]["shortDescription"]["text"] == RULES["VK201"].title
    first, second, third = run["results"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert [one["level"] for one in run["results"]] == ["error", "note", "warning"]
    physical = first["locations"][0]["physicalLocation"]
    assert physical["region"] == {"startLine": 2, "startColumn": 4}
    assert physical["artifactLocation"] == {"uri": "v.toml", "uriBaseId": "%SRCROOT%"}
    assert first["properties"] == {"nearest": "group_by"}
    assert second["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "ih.streaming"}]
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert len(run["artifacts"]) == 3


def test_sarif_of_nothing_found_is_a_log_without_results() -> None:
    run = parsed_sarif(Outcome([], ["v.toml"]))
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


@pytest.mark.parametrize(
    "file", ["a b.toml", "é.toml", "c:d#1?.toml", "sub/../x%.toml", "/etc/a b.toml", "-", "\udcff"]
)
def test_a_file_is_a_uri_that_leads_back_to_it(file: str) -> None:
    run = parsed_sarif(Outcome(findings_of("x", file), [file]))
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    path = unquote(location["uri"].removeprefix("file://"), errors="surrogateescape")
    assert path == file
    assert ("uriBaseId" in location) == (not file.startswith("/"))


def test_junit_has_a_test_case_for_each_file_and_a_failure_for_each_error() -> None:
    root = ET.fromstring(laid_out("junit", ALL).encode())  # noqa: S314  # our own text
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "0")
    cases = {case.get("name"): case for case in suite}
    assert list(cases) == ["v.toml", "clean.toml", "a:b,c.toml"]
    (failure,) = cases["v.toml"].findall("failure")
    assert failure.get("type") == "VK201"
    assert failure.get("message") == "unknown key \"grup_by\" (did you mean 'group_by'?)"
    assert failure.text == laid_out("text", ALL).splitlines()[0]
    assert "VK901" in (cases["v.toml"].findtext("system-out") or "")
    assert len(cases["clean.toml"]) == 0
    assert "VK904" in (cases["a:b,c.toml"].findtext("system-out") or "")


def test_in_junit_warnings_are_failures_when_they_count() -> None:
    root = ET.fromstring(laid_out("junit", Outcome(ALL.findings, ALL.files, strict=True)))  # noqa: S314  # as above
    assert root[0].get("failures") == "2"
    assert [failure.get("type") for failure in root.iter("failure")] == ["VK201", "VK904"]


def every_format_reads_back(text: str, file: str) -> None:
    findings = findings_of(text, file)
    outcome = Outcome(findings, [file], strict=True)
    documents = {name: laid_out(name, outcome) for name in FORMATS}
    rows = json.loads(documents["json"])["findings"]
    assert [(row["message"], row["file"]) for row in rows] == [(one.message, one.file) for one in findings]
    assert len(documents["text"].split("\n")) == 3
    commands = workflow_commands(documents["github"])
    assert [command[0] for command in commands] == ["error", "warning"]
    shown = "".join(char if char.isprintable() or char in "\r\n" else plain(f"{char}.")[:-1] for char in file)
    assert commands[0][1] == {"file": shown, "line": "7", "col": "3", "title": "VK202"}
    run = parsed_sarif(outcome)
    root = ET.fromstring(documents["junit"].encode("utf-8", "backslashreplace"))  # noqa: S314  # our own text
    failures = list(root.iter("failure"))
    assert [failure.get("type") for failure in failures] == ["VK202", "VK904"]
    assert [one["message"]["text"] for one in run["results"]] == [failure.get("message") for failure in failures]
    for name in ("text", "github", "junit"):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\u2028]", documents[name])


@pytest.mark.parametrize("text", NASTY)
def test_hostile_text_stays_text(text: str) -> None:
    every_format_reads_back(text, "v.toml")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=20), st.text(st.characters(codec="utf-8"), min_size=1, max_size=8))
def test_whatever_the_text_every_format_reads_back(text: str, file: str) -> None:
    every_format_reads_back(text, f"folder/{file.replace(chr(0), '')}/x")


def test_formats_load_neither_the_engines_nor_the_models() -> None:
    code = "import sys, valuekit.validate.formats.sarif as sarif; sarif.as_sarif.__name__; print(*sorted(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "valuekit.validate.formats.sarif" in found
    assert not {"duckdb", "polars", "scipy", "numpy", "pydantic", "rich", "typer"} & set(found)


@pytest.mark.parametrize(
    ("said", "nearest", "hint"),
    [
        ('there is no key "Channels"', "Channel", True),  # the one is a part of the other
        ('"guage" is not a type; there are line, gauge', "gauge", True),
        ('it is called "Channel"', "Channel", False),
        ("unknown column Chanel; did you mean Channel?", "Channel", False),
    ],
)
def test_the_nearest_name_is_said_once(said: str, nearest: str, *, hint: bool) -> None:
    finding = Finding("VK202", Severity.ERROR, said, "v.toml", 1, 1, None, nearest)
    written = laid_out("text", Outcome([finding]))
    assert (f"(did you mean '{nearest}'?)" in written) == hint
