"""Findings as a SARIF 2.1.0 log, which code scanning services read.

Owns the mapping. Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", errata 01. Columns
count characters, which the standard calls Unicode code points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.plain import plain
from valuekit.validate.formats.outcome import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from valuekit.config.findings import Finding
    from valuekit.config.rules import Rule
    from valuekit.validate.formats.outcome import Outcome

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_ROOT = "%SRCROOT%"


def as_sarif(outcome: Outcome) -> str:
    """Write one log with one run; of the rules it has those that were found."""
    import json

    from valuekit.config.rules import RULES

    rules = list(dict.fromkeys(finding.rule for finding in outcome.findings))
    driver = {"name": "valuekit", "version": _version(), "rules": [_rule(RULES[rule]) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "artifacts": [{"location": _location(file)} for file in dict.fromkeys(outcome.files)],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules.index(finding.rule)) for finding in outcome.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _version() -> str:
    from importlib.metadata import version

    return version("valuekit")


def _rule(rule: Rule) -> Mapping[str, object]:
    good, bad = rule.good.strip(), rule.bad.strip()
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {
            "text": f"{rule.what}\n\nWhy: {rule.why}\n\nBad:\n{bad}\n\nGood:\n{good}",
            "markdown": f"{rule.what}\n\n**Why:** {rule.why}\n\nBad:\n\n{_fenced(bad)}\n\nGood:\n\n{_fenced(good)}",
        },
        "defaultConfiguration": {"level": _LEVELS[str(rule.severity)]},
    }


def _fenced(example: str) -> str:
    return f"```toml\n{example}\n```"


def _result(finding: Finding, index: int) -> Mapping[str, object]:
    physical: dict[str, object] = {"artifactLocation": _location(finding.file)}
    if finding.line is not None:
        region = {"startLine": finding.line}
        physical["region"] = region if finding.column is None else {**region, "startColumn": finding.column}
    location: dict[str, object] = {"physicalLocation": physical}
    if finding.path is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": plain(finding.path)}]
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[str(finding.severity)],
        "message": {"text": message(finding)},
        "locations": [location],
    }
    if finding.nearest is not None:
        result["properties"] = {"nearest": finding.nearest}
    return result


def _location(file: str) -> Mapping[str, str]:
    """A file as a URI: absolute where its path is, else relative to the root of the sources."""
    from pathlib import Path
    from urllib.parse import quote

    path = Path(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix().encode("utf-8", "surrogateescape")), "uriBaseId": _ROOT}
