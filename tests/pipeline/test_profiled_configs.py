"""`validate --data`: what of the data is looked at for which config, and what is said of reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiled_project import CONFIG, NOW, Project, row
from valuekit.errors import DataError
from valuekit.pipeline import profiling


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


REPORTS = """
[metrics.descriptive]
group_by = ["Channel", "Outcome"]
columns = ["Outcome"]

[reports.dials]
metric = "engagement"
type = "gauge"
group_by = ["Channel", "Medium"]
value = "CTR"
reference = { Web_Screen = 0.1, Webb_Screen = 0.1, Screen_Web = 0.1, Branch_Screen = 0.1 }

[reports.stages]
metric = "descriptive"
type = "funnel"
x = "Outcome"
color = "Channel"
stages = ["Impression", "Click", "Bought"]
"""


def test_values_that_reports_name_and_no_row_has(project: Project) -> None:
    project.config(CONFIG + REPORTS)
    project.export("day", [row(number) for number in range(400)])
    found = [one for one in project.check().checked.findings if one.rule == "VK623"]
    assert [(one.path, one.nearest) for one in found] == [
        ("reports.dials.reference.Webb_Screen", None),
        ("reports.dials.reference.Screen_Web", None),
        ("reports.dials.reference.Branch_Screen", None),  # the filter leaves it out
        ("reports.stages.stages[1]", "Clicked"),
        ("reports.stages.stages[2]", None),
    ]
    assert "Mobile_Screen" in found[1].message
    assert "Pending" in found[-1].message


def test_other_files_than_those_of_the_config(project: Project, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other")
    other.export("x", [row(number) for number in range(30)])
    assert project.check(other.folder / "exports").notes == ("looked at 1 file, 30 rows of [ih]",)
    with pytest.raises(DataError, match="does not exist"):
        project.check(tmp_path / "nowhere")


def test_data_is_not_looked_at_while_the_config_has_errors(project: Project) -> None:
    project.config(CONFIG.replace("group_by", "groupby"))
    checked = project.check()
    assert checked.notes == ("the config has errors: data was not looked at",)
    assert {one.rule for one in checked.checked.findings} == {"VK202", "VK402"}


def test_data_is_looked_at_where_only_reports_have_errors(project: Project) -> None:
    project.config(CONFIG.replace('["Clicked"]', '["Clickd"]') + REPORTS.replace('"funnel"', '"funel"'))
    project.export("day", [row(number) for number in range(400)])
    checked = project.check()
    assert checked.notes == ("looked at 1 file, 400 rows of [ih]",)
    assert {"VK504", "VK606", "VK623"} <= {one.rule for one in checked.checked.findings}
    assert checked.checked.config is None


def test_a_comment_silences_a_finding_about_data(project: Project) -> None:
    project.config(CONFIG.replace('"Pending"]', '"Pending", "Sent"]  # valuekit: ignore[VK606]'))
    project.export("day", [row(number) for number in range(400)])
    checked = project.check().checked
    assert checked.findings == ()
    assert [one.rule for one in checked.silenced] == ["VK606"]


def test_nothing_is_left_behind(project: Project) -> None:
    project.export("day", [row(number) for number in range(40)])
    before = sorted(project.folder.rglob("*"))
    profiling.check_data(project.path, now=NOW)
    assert sorted(project.folder.rglob("*")) == before
