"""Rules: each one's bad example triggers it, and its good example does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from valuekit.config.findings import Severity
from valuekit.config.rules import RULES, Rule
from valuekit.pipeline.profiling import check_data
from valuekit.validate import validate

if TYPE_CHECKING:
    from valuekit.config.load import Checked

COMMANDS = {"VK101", "VK106"}
"""Rules about a file as such: their examples are commands."""


def outcome(example: str, folder: Path, rule: Rule) -> Checked:
    path = folder / "valuekit.toml"
    if rule.id in COMMANDS:
        path.write_text("[ih]\n")
        (folder / "exports").mkdir(exist_ok=True)
        (folder / "exports" / "2026-01-01.zip").write_bytes(b"PK" * 1_000_000)
        return validate(folder / example.removeprefix("valuekit validate "))
    path.write_text(example, encoding="latin-1" if "Latin-1" in example else "utf-8")
    if rule.id.startswith("VK6"):
        for name, lines in files_of(example).items():
            (folder / name).write_text(lines, encoding="utf-8")
        return check_data(path).checked
    return validate(path)


def files_of(example: str) -> dict[str, str]:
    """The files in the comments below a config, each under a line with its name and a colon."""
    files: dict[str, str] = {}
    name = ""
    for line in example.splitlines():
        if re.fullmatch(r"# [a-z]+\.csv:", line):
            name = line[2:-1]
            files[name] = ""
        elif more := re.fullmatch(r"# \.\.\. up to (\d+)", line):
            last = files[name].splitlines()[-1]
            assert last.startswith("2,2,")
            assert last.endswith("s2")
            rest = last.removeprefix("2,2,").removesuffix("2")
            files[name] += "".join(f"{n},{n},{rest}{n}\n" for n in range(3, int(more[1]) + 1))
        elif line.startswith("# "):
            files[name] += line[2:] + "\n"
    return files


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_the_bad_example_triggers_the_rule_and_no_other_error(rule: Rule, tmp_path: Path) -> None:
    findings = outcome(rule.bad, tmp_path, rule).findings
    assert rule.id in {finding.rule for finding in findings}
    assert {finding.rule for finding in findings if finding.severity is Severity.ERROR} <= {rule.id}
    assert all(finding.severity is RULES[finding.rule].severity for finding in findings)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_the_good_example_is_good(rule: Rule, tmp_path: Path) -> None:
    checked = outcome(rule.good, tmp_path, rule)
    assert rule.id not in {finding.rule for finding in checked.findings}
    assert checked.config is not None


def test_every_rule_is_documented() -> None:
    for name, rule in RULES.items():
        assert rule.id == name
        assert re.fullmatch(r"VK[1-9]\d\d", name)
        assert rule.what.endswith(".")
        assert rule.why.endswith(".")
        assert not rule.title.endswith(".")
        assert rule.bad != rule.good
    assert list(RULES) == sorted(RULES)
    assert len({rule.title for rule in RULES.values()}) == len(RULES)


def test_every_rule_that_the_code_names_exists_and_the_other_way_round() -> None:
    import valuekit

    package = Path(valuekit.__file__).parent
    named = {
        rule
        for room in ("config", "validate")
        for path in (package / room).rglob("*.py")
        if path.parent.name != "rules"
        for rule in re.findall(r'"(VK\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert named == set(RULES)
