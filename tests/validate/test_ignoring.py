"""Comments that silence findings: on the line, for the rules that they name, and never in silence themselves."""

from __future__ import annotations

import pytest

from valuekit.validate import validate

GOOD = """[ih]
[metrics.engagement]
group_by = ["Channel"]
positive_model_response = ["Clicked"]
negative_model_response = ["Impression"]
"""


def heard(text: str) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.line) for finding in validate(None, text).findings]


def with_line(line: str) -> str:
    return GOOD + line + "\n"


@pytest.mark.parametrize(
    "comment",
    [
        "# valuekit: ignore[VK903]",
        "#valuekit:ignore[vk903]",
        "# valuekit: ignore",
        "# the family was changed # valuekit: ignore[VK903]",
        "# valuekit: ignore[VK903] the family was changed",
        "# valuekit: ignore[VK9]",
        "# VALUEKIT: Ignore [ VK903 ]",
    ],
)
def test_a_comment_silences_the_finding_on_its_line(comment: str) -> None:
    line = "lifespan = 3"
    assert heard(with_line(line)) == [("VK903", 6)]
    checked = validate(None, with_line(f"{line}  {comment}"))
    assert checked.findings == ()
    assert [finding.rule for finding in checked.silenced] == ["VK903"]
    assert checked.config is not None


def test_several_rules_are_separated_by_commas() -> None:
    line = 'arm_column = ["a"]  # valuekit: ignore[VK203, VK904]'
    assert heard(with_line(line)) == [("VK990", 6)]
    twice = GOOD.replace('"Clicked"]', '"Clicked", "Clicked", 1]')
    assert sorted(rule for rule, _ in heard(twice)) == ["VK203", "VK904"]
    assert heard(twice.replace("1]", "1]  # valuekit: ignore[VK203,VK904]")) == []


@pytest.mark.parametrize(
    "value",
    [
        '[\n  "Impression",\n  "Pending",\n  "Pending",\n]',
        '["Impression",\n "Pending", "Pending"]',
        '[ # why\n """\nPending""", "Pending"\n\n]',
    ],
)
def test_behind_a_value_of_several_lines_a_comment_covers_all_of_it(value: str) -> None:
    text = GOOD.replace('["Impression"]', value)
    assert [rule for rule, _ in heard(text)] == ["VK904"]
    assert heard(text.rstrip("\n") + " # valuekit: ignore[VK904]\n") == []


def test_inside_a_value_a_comment_covers_its_own_line_only() -> None:
    text = '[\n  "Impression", {}\n  "Impression", {}\n]'
    first = GOOD.replace('["Impression"]', text.format("# valuekit: ignore[VK904]", ""))
    second = GOOD.replace('["Impression"]', text.format("", "# valuekit: ignore[VK904]"))
    assert heard(first) == [("VK990", 6), ("VK904", 7)]
    assert heard(second) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("scores = ['CTR'] # valuekit: ignore[VK903]", "no finding of VK903"),
        ("scores = ['CTR'] # valuekit: ignore", "no finding on this line"),
        ("# valuekit: ignore[VK903]\nlifespan = 3 # valuekit: ignore[VK903]", "no finding of VK903"),
        ("lifespan = 3 # valuekit: ignore[VK903, VK9O4]", 'no rule "VK9O4"'),
        ("scores = ['CTR'] # valuekit: ignore[VK903", "cannot be read"),
        ("scores = ['CTR'] # valuekit: ignore[]", "cannot be read"),
        ("scores = ['CTR'] # valuekit: ignore VK903", "cannot be read"),
    ],
)
def test_a_comment_that_silences_nothing_is_a_warning(line: str, said: str) -> None:
    (finding,) = validate(None, with_line(line)).findings
    assert (finding.rule, finding.severity, finding.line) == ("VK990", "warning", 6)
    assert said in finding.message
    assert with_line(line).splitlines()[5][(finding.column or 0) - 1 :].startswith("# valuekit")


def test_a_misspelt_rule_gets_the_nearest_one() -> None:
    (finding,) = validate(None, with_line("lifespan = 3 # valuekit: ignore[VK903, VK9O4]")).findings
    assert finding.nearest == "VK904"


@pytest.mark.parametrize(
    "line",
    [
        "control = '# valuekit: ignore[VK903]'",
        'control = """\n# valuekit: ignore\n"""',
        'control = """\\\n  # valuekit: ignore[VK990] \\\n  """',
        "# valuekit: ignored",
        "# valuekit: ignore-file",
        "# see 'valuekit explain VK903'",
    ],
)
def test_other_comments_and_texts_are_no_such_comment(line: str) -> None:
    assert heard(with_line(line)) == []
    assert validate(None, with_line(line)).silenced == ()


def test_a_silenced_error_still_keeps_a_run_from_starting() -> None:
    checked = validate(None, with_line("grup_by = [] # valuekit: ignore[VK202]"))
    assert (checked.findings, checked.config) == ((), None)
    assert [finding.rule for finding in checked.silenced] == ["VK202"]


def test_what_only_data_can_show_is_not_judged_without_data() -> None:
    assert heard(with_line("scores = ['CTR'] # valuekit: ignore[VK601]")) in ([], [("VK990", 6)])
    assert heard(with_line("scores = ['CTR'] # valuekit: ignore[VK6]")) in ([], [("VK990", 6)])


@pytest.mark.parametrize(
    "text", ["[ih # valuekit: ignore", "# valuekit: ignore[VK102]\n[ih]\n[ih]", "", "# valuekit: ignore"]
)
def test_a_file_that_is_no_toml_or_empty_has_no_such_comments(text: str) -> None:
    assert [rule for rule, _ in heard(text)] in (["VK102"], ["VK104"], ["VK104", "VK990"])


def test_line_ends_and_marks_do_not_matter() -> None:
    text = with_line("lifespan = 3 # valuekit: ignore[VK903]").replace("\n", "\r\n")
    assert heard(text) == []
    assert heard("\ufeff" + text) == [("VK105", 1)]
