"""Labels in the data against labels in the config: what never occurs, what counts nowhere, what has only one side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import pytest

import valuekit as vk
from sample_history import CONFIG, make_history, open_workspace, write_export
from valuekit.metrics.notes import EVERY_SCORE
from valuekit.pipeline.outcomes import OutcomeAudit, remarks_of, warnings_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sample_history import Record
    from valuekit.pipeline import Workspace

POSITIVE = 'positive_model_response = ["Clicked"]'
NEGATIVE = 'negative_model_response = ["Impression", "Pending"]'


def landed(project: Path, config: str = CONFIG, history: Sequence[Record] | None = None) -> Workspace:
    write_export(project / "exports" / "a.zip", make_history(1) if history is None else history)
    (project / "valuekit.toml").write_text(config, encoding="utf-8")
    workspace = open_workspace(project)
    workspace.ingest()
    return workspace


def audit_of(workspace: Workspace) -> OutcomeAudit:
    return workspace.status().audit


def test_labels_that_never_occur_are_named_with_those_that_do(tmp_path: Path) -> None:
    workspace = landed(tmp_path, CONFIG.replace('["Impression", "Pending"]', '["Shown", "Rejected"]'))
    computed = workspace.compute()
    assert computed.results[0].rows["CTR"].to_list() == [1.0]
    (warning,) = computed.warnings
    assert "engagement: none of its negative labels (Shown, Rejected) occurs" in warning
    assert "every offer that counts is positive" in warning
    assert "Impression (" in warning
    assert workspace.compute(["engagement_other"]).warnings == ()


def test_a_metric_with_one_side_says_so_in_its_notes(tmp_path: Path) -> None:
    workspace = landed(tmp_path, CONFIG.replace('["Impression", "Pending"]', '["Shown", "Rejected"]'))
    one_sided, other = workspace.compute(by=["Channel"]).results
    note = one_sided.notes[0]
    assert (note.score, note.count, note.groups) == (EVERY_SCORE, one_sided.rows.height, ())
    assert "none of its negative labels (Shown, Rejected) occurs" in note.reason
    assert EVERY_SCORE not in {note.score for note in other.notes}
    (computed,) = workspace.compute(["engagement"], scores=["Lift"], by=["Channel"], limit=1).results
    assert computed.notes[0] == note


def test_the_python_api_warns(tmp_path: Path) -> None:
    landed(tmp_path, CONFIG.replace(POSITIVE, 'positive_model_response = ["Clicks"]'))
    project = vk.open(tmp_path / "valuekit.toml")
    with pytest.warns(UserWarning, match=r"none of its positive labels \(Clicks.* no offer counts as positive"):
        assert project.compute("engagement")["CTR"].to_list() == [0.0]
    assert project.compute("engagement_other")["Count"].item() > 0


def test_a_misspelt_label_among_good_ones_is_named_with_the_nearest(tmp_path: Path) -> None:
    config = CONFIG.replace(NEGATIVE, 'negative_model_response = ["Impression", "Pendin", "Declined"]')
    workspace = landed(tmp_path, config)
    said = 'metric engagement: the negative label "Pendin" never occurs; did you mean "Pending"?'
    assert workspace.compute(["engagement"]).warnings == (said,)
    audit = audit_of(workspace)
    assert list(warnings_of(audit)) == [said]
    assert list(remarks_of(audit)) == [
        'metric engagement: the negative label "Declined" never occurs',
        next(line for line in remarks_of(audit) if line.startswith("no metric counts the outcome Pending (")),
    ]


def test_a_misspelt_twin_of_a_good_label_loses_no_rows_and_is_only_a_remark(tmp_path: Path) -> None:
    audit = audit_of(landed(tmp_path, CONFIG.replace(POSITIVE, 'positive_model_response = ["Clicked", "Clickd"]')))
    assert not list(warnings_of(audit))
    said = 'metric engagement: the positive label "Clickd" (did you mean "Clicked"?) never occurs'
    assert next(remarks_of(audit)) == said


def test_metrics_of_which_the_same_is_to_be_said_share_a_line(tmp_path: Path) -> None:
    config = CONFIG.replace('["Clicked"]', '["Clickd"]').replace('["Clicked", "Conversion"]', '["Clickd"]')
    (warning,) = warnings_of(audit_of(landed(tmp_path, config)))
    assert warning.startswith(
        'metrics engagement, engagement_other: none of their positive labels (Clickd: did you mean "Clicked"?) occurs'
    )


@pytest.mark.parametrize(
    ("condition", "side", "reason"),
    [
        (
            "Outcome <> 'Clicked'",
            "positive",
            r"labels \(Clicked\) is left out by a filter, so no offer counts",
        ),
        ("Outcome = 'Clicked'", "negative", r"is left out by a filter, or belongs to an offer that is positive, so"),
    ],
)
def test_a_filter_can_take_a_side_away(tmp_path: Path, condition: str, side: str, reason: str) -> None:
    config = CONFIG.replace(POSITIVE, f'filter = "{condition}"\n{POSITIVE}')
    workspace = landed(tmp_path, config)
    with pytest.warns(UserWarning, match=reason):
        vk.open(tmp_path / "valuekit.toml").compute("engagement")
    first, second = audit_of(workspace).metrics
    assert [lack.side for lack in first.lacking] == [side]
    assert (first.unseen, second.lacking) == ((), ())


def test_labels_are_audited_without_cells(tmp_path: Path) -> None:
    landed(tmp_path)
    changed = CONFIG.replace(POSITIVE, 'positive_model_response = ["Clicks"]')
    (tmp_path / "valuekit.toml").write_text(changed, encoding="utf-8")
    first, second = audit_of(open_workspace(tmp_path)).metrics
    assert [(lack.side, lack.occurs) for lack in first.lacking] == [("positive", False)]
    assert second.lacking == ()


def test_outcomes_are_counted_with_their_role(tmp_path: Path) -> None:
    workspace = landed(tmp_path)
    table = workspace.outcomes()
    assert table["Rows"].sum() == workspace.status().data.facts
    assert sum(table["Share"].to_list()) == pytest.approx(1)
    roles = {row["Outcome"]: (row["engagement"], row["engagement_other"]) for row in table.iter_rows(named=True)}
    assert roles == {
        "Impression": ("negative", "negative"),
        "Pending": ("negative", None),
        "Clicked": ("positive", "positive"),
        "Conversion": (None, "positive"),
    }


def test_labels_that_never_occur_are_listed_with_no_rows(tmp_path: Path) -> None:
    table = landed(tmp_path, CONFIG.replace(POSITIVE, 'positive_model_response = ["Clicked", "Convertion"]')).outcomes()
    last = table.row(-1, named=True)
    assert last == {
        "Outcome": "Convertion",
        "Rows": 0,
        "Share": 0.0,
        "Nearest": "Conversion",
        "engagement": "positive",
        "engagement_other": None,
    }
    assert table["Rows"].to_list() == sorted(table["Rows"], reverse=True)


def test_what_counts_nowhere_is_told_with_its_share(tmp_path: Path) -> None:
    config = CONFIG.replace('["Clicked", "Conversion"]', '["Clicked"]')
    history = make_history(1)
    seen = {repr(sorted(record.items())): record["pyOutcome"] for record in history}
    audit = audit_of(landed(tmp_path, config, history))
    (nowhere,) = audit.nowhere
    counts = Counter(seen.values())
    assert (nowhere.label, nowhere.rows) == ("Conversion", counts["Conversion"])
    assert nowhere.share == pytest.approx(counts["Conversion"] / counts.total())
    assert audit.metrics[1].uncounted == tuple(one for one in audit.seen if one.label in {"Pending", "Conversion"})
    assert list(remarks_of(audit)) == [f"no metric counts the outcome Conversion ({nowhere.share:.1%})"]


def test_a_metric_that_counts_every_row_has_no_audit(tmp_path: Path) -> None:
    config = f'{CONFIG}\n[metrics.descriptive]\ngroup_by = ["Channel"]\ncolumns = ["ResponseTime"]\n'
    workspace = landed(tmp_path, config)
    assert [metric.metric for metric in audit_of(workspace).metrics] == ["engagement", "engagement_other"]
    assert "descriptive" not in workspace.outcomes().columns
    assert workspace.compute(["descriptive"]).warnings == ()


def test_nothing_is_said_of_no_data(tmp_path: Path) -> None:
    audit = audit_of(landed(tmp_path, history=[]))
    assert (audit.seen, list(warnings_of(audit)), list(remarks_of(audit))) == ((), [], [])


def test_where_labels_are_not_all_known_only_offers_tell(tmp_path: Path) -> None:
    config = CONFIG.replace('["Impression", "Pending"]', '["Shown", "Pendin"]')
    workspace = landed(tmp_path, config)
    with duckdb.connect(str(next(workspace.folder.glob("snapshot-*.duckdb")))) as connection:
        connection.execute("DELETE FROM outcomes WHERE partition = (SELECT min(partition) FROM outcomes)")
    audit = audit_of(workspace)
    assert [metric.unseen for metric in audit.metrics] == [(), ()]
    (warning,) = warnings_of(audit)
    assert warning.startswith(
        "metric engagement: no offer has one of its negative labels (Shown, Pendin), so every offer that counts is"
    )


def test_labels_are_those_that_metrics_read(tmp_path: Path) -> None:
    history: list[Record] = [
        {**record, "pyOutcome": ""} for record in make_history(1) if record["pyOutcome"] != "Clicked"
    ]
    history += [record for record in make_history(1) if record["pyOutcome"] == "Clicked"]
    extensions = """
fill_empty = true
[ih.extensions]
columns = { Outcome = "CASE WHEN Outcome = 'Clicked' THEN 'Conversion' ELSE Outcome END" }
[ih.extensions.default_values]
Outcome = "Impression"
"""
    audit = audit_of(landed(tmp_path, CONFIG.replace("\n[metrics]", f"{extensions}\n[metrics]"), history))
    assert {one.label for one in audit.seen} == {"Conversion", "Impression"}
    first, second = audit.metrics
    assert [lack.side for lack in first.lacking] == ["positive"]
    assert second.lacking == ()


def test_an_ingest_reports_what_it_found_and_a_dry_run_nothing(tmp_path: Path) -> None:
    workspace = landed(tmp_path)
    assert workspace.ingest().audit == audit_of(workspace)
    assert workspace.preview().audit is None


@pytest.mark.parametrize(("label", "nearest"), [("Clikced", "Clicked"), ("click", "Clicked"), ("Declined", None)])
def test_only_what_is_much_alike_is_taken_for_misspelt(tmp_path: Path, label: str, nearest: str | None) -> None:
    config = CONFIG.replace(POSITIVE, f'positive_model_response = ["Conversion", "{label}"]')
    (unseen,) = audit_of(landed(tmp_path, config)).metrics[0].unseen
    assert (unseen.nearest, unseen.suspect) == (nearest, nearest is not None)
