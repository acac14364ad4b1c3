"""A good config, broken in a hundred ways: each is found, at the right place, with words that help."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config_mutations import CONVERSION, GOOD, MUTATIONS
from valuekit.config.findings import Severity
from valuekit.config.rules import RULES
from valuekit.config.starter import TEXT
from valuekit.pipeline.workspace import Workspace
from valuekit.validate import validate

ELSEWHERE = {
    "VK402": "[metrics.¦conversion]",
    "VK418": "[metrics.clv.¦rfm_segments]",
    "VK419": "purchase_date_col = ¦",
}
"""Where the finding stands when the mistake is something that lacks, or is in another key."""


def places(text: str, new: str, rule: str) -> tuple[str, tuple[int, int]]:
    """The config without the mark, and the place that the mark, or the other place of this rule, stands for."""
    if "¦" not in new:
        before = ELSEWHERE[rule]
        assert text.count(before.replace("¦", "")) == 1
        text = text.replace(before.replace("¦", ""), before)
    start, end = text.split("¦")
    return start + end, (start.count("\n") + 1, len(start) - start.rfind("\n"))


def test_the_good_config_is_good() -> None:
    checked = validate(None, GOOD)
    assert checked.findings == ()
    assert checked.config is not None


@pytest.mark.parametrize(("rule", "old", "new", "words"), MUTATIONS, ids=[f"{m[0]} {m[2][:30]}" for m in MUTATIONS])
def test_a_mutation_is_found_at_its_place_with_words_that_help(rule: str, old: str, new: str, words: str) -> None:
    assert old in GOOD
    text, (line, column) = places(GOOD.replace(old, new, 1), new, rule)
    checked = validate(Path("valuekit.toml"), text)
    found = [one for one in checked.findings if one.rule == rule]
    assert [(one.line, one.column) for one in found if words in one.message] == [(line, column)], [
        str(one) for one in checked.findings
    ]
    is_error = RULES[rule].severity is Severity.ERROR
    assert (checked.config is None) == is_error
    if not is_error:
        assert not checked.errors


def test_there_are_many_mutations_of_every_family() -> None:
    assert len(MUTATIONS) >= 100
    static = {rule for rule in RULES if rule[2] in "2349"} - {"VK410", "VK413", "VK414", "VK907", "VK990"}
    assert {rule for rule, *_ in MUTATIONS} >= static


TOGETHER = {
    "VK202": ("keep_facts", "keepfacts"),
    "VK204": ('"pega_ds_export"', '"pega"'),
    "VK205": ("lifespan = 3", "lifespan = 0"),
    "VK223": ('"Europe/Paris"', '"Europe/Pariss"'),
    "VK241": ('arm_column = "ModelControlGroup"', 'arm_column = "pyModelControlGroup"'),
    "VK243": ("Priority = 0.0", 'Priority = "low"'),
    "VK301": ("ELSE 'Screen' END", "ELSE getenv('HOME') END"),
    "VK303": (CONVERSION, 'filter = "Propensity > 0.1 OR TRUE"'),
    "VK405": ('["Mean", "p90", "Median"]', '["Mean", "p901", "Median"]'),
    "VK408": ('["Impression", "Clicked"]', '["Impression", "Conversion"]'),
    "VK422": ('"PlacementType",\n', '"PlacementType",\n    "CustomerID",\n'),
    "VK504": ('type = "line"', 'type = "lines"'),
}


def test_mutations_in_all_parts_of_the_file_are_found_at_once_and_in_its_order() -> None:
    text = GOOD
    for old, new in TOGETHER.values():
        assert text.count(old) == 1
        text = text.replace(old, new)
    findings = validate(None, text).findings
    assert {one.rule for one in findings} >= set(TOGETHER)
    assert [(one.line or 0, one.column or 0) for one in findings] == sorted(
        (one.line or 0, one.column or 0) for one in findings
    )


VALUES = [
    "7",
    "-1",
    "true",
    "[]",
    "{}",
    '""',
    '"x"',
    '["Channel", 3]',
    "[[1]]",
    "{ a = { b = 1 } }",
    "2026-01-01",
    "nan",
]


@settings(max_examples=80, deadline=None)
@given(
    mutations=st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=4),
    changes=st.lists(st.tuples(st.integers(0, 200), st.sampled_from(VALUES)), max_size=3),
)
def test_several_mutations_and_values_of_any_type_never_crash_it(
    mutations: list[tuple[str, str, str, str]], changes: list[tuple[int, str]]
) -> None:
    text = GOOD
    for _, old, new, _ in mutations:
        text = text.replace(old, new.replace("¦", ""), 1)
    for number, value in changes:
        keys = list(re.finditer(r"(?m)^\w+ = [^\n\[{\"']*[^\n]*$", text))
        key = keys[number % len(keys)]
        text = text[: key.start()] + key.group().split(" = ")[0] + f" = {value}" + text[key.end() :]
    checked = validate(None, text)
    assert all(1 <= (one.line or 1) <= text.count("\n") + 1 for one in checked.findings)
    assert (checked.config is None) == any(one.severity is Severity.ERROR for one in checked.findings)


ACCEPTED = [(old, new) for rule, old, new, _ in MUTATIONS if RULES[rule].severity is not Severity.ERROR]


@pytest.mark.parametrize(("old", "new"), ACCEPTED, ids=[new[:30] for _, new in ACCEPTED])
def test_what_is_accepted_can_be_planned(old: str, new: str) -> None:
    config = validate(Path("valuekit.toml"), GOOD.replace(old, new, 1).replace("¦", "")).config
    assert config is not None
    workspace = Workspace(config)
    assert workspace.plans.metrics
    assert workspace.holdings is not None


GOOD_CONFIGS = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", GOOD_CONFIGS, ids=[path.stem for path in GOOD_CONFIGS])
def test_a_ready_config_has_no_finding(path: Path) -> None:
    assert [str(one) for one in validate(path).findings] == []


def test_neither_has_what_init_writes_nor_the_demo() -> None:
    assert validate(None, TEXT).findings == ()
    demo = files("valuekit.synthetic").joinpath("demo.toml").read_text(encoding="utf-8")
    assert [str(one) for one in validate(None, demo).findings] == []


def test_the_dashboards_template_has_nothing_but_keys_without_effect(shared_dir: Path) -> None:
    findings = validate(shared_dir / "compat" / "config_template.toml").findings
    assert {one.rule for one in findings} == {"VK901", "VK906"}
