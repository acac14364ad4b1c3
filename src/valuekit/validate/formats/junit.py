"""Findings as JUnit XML, which most servers that run tests read.

Owns the mapping: one test case a config. A failure is a finding that makes the check fail; the others are the test
case's output, so that a report is red where the exit code is not 0, and only there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from valuekit.reports.plain import plain
from valuekit.validate.formats.outcome import line_of, message

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from valuekit.validate.formats.outcome import Outcome

_NAME = "valuekit validate"


def as_junit(outcome: Outcome) -> str:
    """Write one document with one suite."""
    from xml.etree.ElementTree import Element, indent, tostring

    files = list(dict.fromkeys((*outcome.files, *(finding.file for finding in outcome.findings))))
    cases = [_case(outcome, file) for file in files]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
    }
    root = Element("testsuites", {"name": _NAME, **counts})
    suite = Element("testsuite", {"name": _NAME, **counts, "skipped": "0"})
    suite.extend(cases)
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(outcome: Outcome, file: str) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    case = Element("testcase", classname="valuekit.validate", name=plain(file), file=plain(file))
    noted = []
    for finding in outcome.findings:
        if finding.file != file:
            continue
        if outcome.counts(finding):
            failure = SubElement(case, "failure", type=finding.rule, message=message(finding))
            failure.text = line_of(finding)
        else:
            noted.append(line_of(finding))
    if noted:
        SubElement(case, "system-out").text = "\n".join(noted)
    return case
