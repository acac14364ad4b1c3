"""`validate --data`: what real files and the cache show, each finding at its key in the config."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from profiled_project import CONFIG, Project, row
from valuekit.config.load import load
from valuekit.pipeline import sampling
from valuekit.pipeline.profiling import check_data
from valuekit.pipeline.workspace import Workspace
from valuekit.synthetic.demo import write_demo


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_good_data_gives_no_finding(project: Project) -> None:
    project.export("day", [row(number) for number in range(400)])
    checked = project.check()
    assert checked.checked.findings == ()
    assert checked.notes == ("looked at 1 file, 400 rows of [ih]",)
    assert checked.checked.config is not None


def test_the_demo_has_nothing_worse_than_a_remark(tmp_path: Path) -> None:
    checked = check_data(write_demo(tmp_path / "demo", rows=6_000), now=datetime(2027, 1, 1)).checked
    assert {one.rule for one in checked.findings} == {"VK607"}
    assert all('"Conversion" (' in one.message for one in checked.findings)


def test_a_column_that_some_files_lack_is_named_with_the_files(project: Project) -> None:
    project.export("a", [row(number) for number in range(40)])
    project.export("b", [row(number, pyChannel=None) for number in range(40, 80)])
    project.export("c", [row(number) for number in range(80, 120)])
    found = project.found()
    assert [(path, line) for path, line, _ in found["VK604"]] == [
        ("ih.extensions.filter", 6),
        ("ih.extensions.columns.Medium", 7),
        ("metrics.engagement.group_by[1]", 12),
    ]
    assert all(
        "1 of 3 files has no column" in said and "b.zip" in said and "a.zip" not in said for *_, said in found["VK604"]
    )


def test_a_column_that_no_file_has_gives_the_nearest_there_is(project: Project) -> None:
    project.config(CONFIG.replace('"Medium",', '"Medium",\n    "CustomerSegmentation",'))
    project.export("a", [row(number, pySegmentation="x", CustomerSegmentatio="gold") for number in range(40)])
    (finding,) = [one for one in project.check().checked.findings if one.rule == "VK603"]
    assert (finding.line, finding.column, finding.nearest) == (14, 5, "CustomerSegmentatio")
    assert finding.severity == "error"


def test_a_default_value_stands_for_a_column_that_is_not_there(project: Project) -> None:
    project.config(
        CONFIG.replace('"Medium",', '"Medium",\n    "PlacementType",').replace(
            "[metrics.eng", '[ih.extensions.default_values]\nPlacementType = "N/A"\n\n[metrics.eng'
        )
    )
    project.export("a", [row(number) for number in range(40)])
    assert project.check().checked.findings == ()


def test_labels_that_occur_are_given_with_their_true_share(project: Project) -> None:
    rows = [row(number, pyOutcome="Abandoned" if number % 10 == 0 else "Impression") for number in range(500)]
    project.export("a", rows)
    found = project.found()
    counted = Counter(one["pyOutcome"] for one in rows if one["pyChannel"] != "Branch")
    share = counted["Abandoned"] / counted.total()
    assert found["VK607"] == [("metrics.engagement", 9, f'these outcomes count neither way: "Abandoned" ({share:.1%})')]
    whole = Counter(one["pyOutcome"] for one in rows)
    said = f'"Impression" ({whole["Impression"] / 500:.1%}), "Abandoned" ({whole["Abandoned"] / 500:.1%})'
    assert found["VK606"] == [
        ("metrics.engagement.positive_model_response[0]", 15, f'the label "Clicked" never occurs; there are {said}'),
        ("metrics.engagement.negative_model_response[1]", 16, f'the label "Pending" never occurs; there are {said}'),
    ]


def test_a_label_that_a_filter_leaves_out(project: Project) -> None:
    project.export("a", [row(number, pyOutcome="Clicked", pyChannel="Branch") for number in range(5)])
    project.export("b", [row(number, pyOutcome="Impression", pyChannel="Web") for number in range(5, 300)])
    ((path, _, said),) = [one for one in project.found()["VK606"] if "Clicked" in one[2] and "leaves out" in one[2]]
    assert (path, said) == (
        "metrics.engagement.positive_model_response[0]",
        'a filter leaves out each row with the label "Clicked"',
    )


def test_times_that_cannot_be_read_are_shown_with_file_and_line(project: Project) -> None:
    rows = [row(number) for number in range(50)]
    rows[6]["pxOutcomeTime"] = "03/04/2026"
    rows[9]["pxOutcomeTime"] = ""
    project.export("a", rows)
    ((path, line, said),) = project.found()["VK610"]
    assert (path, line) == ("ih.path", 2)
    assert said.startswith("2 rows without a readable time, such as ")
    assert "a.zip[a.json]:7: OutcomeTime '03/04/2026' is not a time" in said


def test_times_in_the_future(project: Project) -> None:
    rows = [row(number) for number in range(50)]
    rows[3] |= {"pxOutcomeTime": "20260601T230000.000 GMT", "pyChannel": "Web"}  # within a day: another zone
    rows[4] |= {"pxOutcomeTime": "20290203T040506.000 GMT", "pyChannel": "Web"}
    project.export("a", rows)
    assert [said for *_, said in project.found()["VK612"]] == ["1 row in the future, up to 2029-02-03 04:05"]


def test_damaged_rows_and_files(project: Project) -> None:
    project.export("a", [row(number) for number in range(50)])
    (project.folder / "exports" / "b.zip").write_bytes(b"PK\x03\x04 and then nothing")
    with zipfile.ZipFile(project.folder / "exports" / "c.zip", "w") as archive:
        archive.writestr("c.json", json.dumps(row(1)) + '\n{"pyOutcome": \n')
    found = project.found()
    ((path, _, said),) = found["VK602"]
    assert path == "ih.file_pattern"
    assert "b.zip" in said
    ((_, _, said),) = found["VK611"]
    assert said.startswith("1 row cannot be read, such as ")
    assert "c.zip[c.json]:2:" in said


def test_the_arms_and_their_shares(project: Project) -> None:
    arms = ["Test"] * 6 + ["Control"] * 2 + ["Random"] + [""]
    project.export(
        "a", [row(n, pyChannel="Web", pyOutcome="Clicked", ModelControlGroup=arms[n % 10]) for n in range(200)]
    )
    found = project.found()
    assert found["VK613"] == [
        (
            "metrics.engagement",
            9,
            (
                "10.0% of the rows have no ModelControlGroup, and are in no arm; there are "
                '"Test" (60.0%), "Control" (20.0%), none (10.0%), "Random" (10.0%)'
            ),
        )
    ]
    assert [said for *_, said in found["VK615"]] == [
        'these labels of ModelControlGroup are in neither arm: "Random" (10.0%)'
    ]
    assert "VK614" not in found
    project.config(CONFIG + 'control = "control"\n')
    (finding,) = [one for one in project.check().checked.findings if one.rule == "VK614"]
    assert (finding.line, finding.nearest) == (17, "Control")


def test_a_dimension_of_too_many_values(project: Project) -> None:
    project.config(CONFIG.replace('"Medium",', '"Medium",\n    "Session",'))
    project.export("a", [row(number, Session=f"s{number}") for number in range(3_000)])
    ((path, line, said),) = project.found()["VK608"]
    assert (path, line) == ("metrics.engagement.group_by[3]", 14)
    distinct = int(said.split()[3].replace(",", ""))
    assert distinct == pytest.approx(3_000, rel=0.15)


def test_filters_and_computed_columns_on_the_data(project: Project) -> None:
    project.export("a", [row(number, pyChannel="Web") for number in range(60)])
    assert [one[0] for one in project.found()["VK620"]] == ["ih.extensions.filter"]
    project.config(CONFIG.replace("<> 'Branch'", "= 'web'"))
    assert [one[:2] for one in project.found()["VK619"]] == [("ih.extensions.filter", 6)]
    project.config(CONFIG.replace("ELSE 'Screen' END", "END"))
    assert [one[:2] for one in project.found()["VK617"]] == [("ih.extensions.columns.Medium", 7)]
    project.config(
        CONFIG.replace("CASE WHEN Channel = 'Email' THEN 'Mail' ELSE 'Screen' END", "CAST(Channel AS INTEGER)")
    )
    checked = project.check().checked
    (finding,) = [one for one in checked.findings if one.rule == "VK618"]
    assert (finding.line, finding.severity) == (7, "error")
    assert "Web" in finding.message
    assert checked.config is None


def test_text_from_data_cannot_steer_a_terminal(project: Project) -> None:
    evil = "\x1b[31mred\x07\u202e"
    project.export("a", [row(number, pyOutcome=evil, ModelControlGroup=evil) for number in range(30)])
    for one in project.check().checked.findings:
        assert one.message.isprintable()


def test_holdings_are_looked_at_too(project: Project) -> None:
    (project.folder / "holdings").mkdir()
    (project.folder / "holdings" / "h.csv").write_text(
        "HoldingID,CustomerID,OneTimeCost,PurchasedDateTime,ControlGroup\n"
        "1,A,10,2026-01-01,Test\n2,B,much,2026-01-02,Test\n3,C,30,31.12.2025,Test\n4,D,5,2031-01-01,Control\n"
    )
    project.config(
        '[holdings]\npath = "holdings"\nfile_type = "csv"\nfile_pattern = "*.csv"\n\n'
        '[metrics.clv]\ngroup_by = ["ControlGroup", "Country"]\nmonetary_value_col = "OneTimeCost"\n'
        'purchase_date_col = "PurchasedDateTime"\n'
    )
    found = project.found()
    assert [one[0] for one in found["VK603"]] == ["metrics.clv.group_by[1]"]
    assert {(path, said.split(", such as ")[0]) for path, _, said in found["VK621"]} == {
        ("metrics.clv.monetary_value_col", '1 value of "OneTimeCost" cannot be read'),
        ("metrics.clv.purchase_date_col", '1 value of "PurchasedDateTime" cannot be read'),
    }
    assert any("h.csv:3: OneTimeCost 'much'" in said for *_, said in found["VK621"])
    assert [said for *_, said in found["VK612"]] == ["1 row in the future, up to 2031-01-01 00:00"]


def test_a_large_export_is_sampled_and_this_is_said(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MOST_FILES", 3)
    monkeypatch.setattr(sampling, "MOST_ROWS", 90)
    monkeypatch.setattr(sampling, "LEAST_ROWS", 10)
    for name in "abcdefg":
        project.export(name, [row(number) for number in range(50)])
    assert project.check().notes == ("looked at a sample: the first rows of 3 of 7 files, 90 rows of [ih]",)


def test_files_are_spread_over_the_whole_export() -> None:
    files = [Path(f"{number:03d}.zip") for number in range(100)]
    chosen = sampling.spread(files, 5)
    assert (chosen[0], chosen[-1], len(set(chosen))) == (files[0], files[-1], 5)
    assert sampling.spread(files[:4], 5) == files[:4]


def test_shares_come_from_the_cache_where_it_is_up_to_date(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MOST_ROWS", 20)
    monkeypatch.setattr(sampling, "LEAST_ROWS", 10)
    rows = [row(number, pyOutcome="Impression" if number < 40 else "Clicked") for number in range(400)]
    project.export("a", rows)
    sampled = project.check()
    assert "sample" in sampled.notes[0]
    assert "VK606" in {one.rule for one in sampled.checked.findings}  # no click in the first rows
    Workspace(load(project.path)).ingest()
    cached = project.check()
    assert cached.notes == ("looked at the cache, 400 rows of [ih]",)
    assert [one.path for one in cached.checked.findings if one.rule == "VK606"] == [
        "metrics.engagement.negative_model_response[1]"
    ]
    project.export("b", [row(number) for number in range(400, 500)])
    assert "sample" in project.check().notes[0]  # the cache does not know the new file


def test_the_cache_answers_where_the_files_are_gone(project: Project) -> None:
    project.export("a", [row(number) for number in range(100)])
    Workspace(load(project.path)).ingest()
    (project.folder / "exports" / "a.zip").unlink()
    assert project.check().notes == ("looked at the cache, 100 rows of [ih]",)
    assert "VK601" not in project.found()


def test_no_file_at_all(project: Project) -> None:
    ((path, line, said),) = project.found()["VK601"]
    assert (path, line) == ("ih.file_pattern", 3)
    assert '"*.zip"' in said


def test_files_of_which_no_row_can_be_read_are_as_bad_as_none(project: Project) -> None:
    (project.folder / "exports" / "a.zip").write_bytes(b"no archive")
    found = project.found()
    assert [said for *_, said in found["VK601"]] == ["not one row can be read of 1 file"]
    assert len(found["VK602"]) == 1


def test_the_folder_that_was_looked_at_is_named_and_not_that_of_the_config(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (finding,) = [one for one in project.check(tmp_path / "elsewhere").checked.findings if one.rule == "VK601"]
    assert "elsewhere" in finding.message
    assert "exports" not in finding.message
