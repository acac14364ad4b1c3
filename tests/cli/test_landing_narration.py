from __future__ import annotations

import io

import pytest

from valuekit.cli import landing
from valuekit.cli.narrate import Narrator
from valuekit.pipeline.results import FileOutcome, IngestReport

LANDED = FileOutcome(
    "a.zip",
    "landed",
    rows_read=1200,
    rows_landed=1104,
    rows_rejected=3,
    duplicates=90,
    conflicts=1,
    too_late=2,
    values_set_aside=4,
    examples=tuple(f"a.zip:{line}: not JSON" for line in range(9)),
)
REPORT = IngestReport(
    run_id=7,
    files=(LANDED, FileOutcome("b.zip", "unreadable", reason="bad CRC")),
    files_unchanged=14,
    partitions_restated=2,
    rebuilt={"engagement": "its filter changed"},
    failures=(("engagement_web", "out of memory"),),
    warnings=("disk is nearly full",),
    durations={"land": 0.5, "states": 0.25},
)


def _said(report: IngestReport, *, verbose: bool = False, quiet: bool = False, dry_run: bool = False) -> list[str]:
    stream = io.StringIO()
    landing.narrate(report, Narrator(stream, verbose=verbose, quiet=quiet), dry_run=dry_run)
    return stream.getvalue().splitlines()


def test_the_summary_counts_everything_that_was_not_landed() -> None:
    lines = _said(REPORT)
    assert lines[0] == "1 file landed, 1,104 rows, 90 duplicates, 1 conflict, 14 files unchanged; 2 partitions rebuilt"
    assert lines[1] == "valuekit: warning: b.zip is set aside: bad CRC. The next run tries it again"
    assert lines[2] == "valuekit: error: engagement_web could not be built: out of memory [metric]"
    assert lines[3].startswith("valuekit: warning: 3 rows set aside; 4 values set aside")
    assert "2 rows too late" in lines[3]
    assert lines[4 : 4 + landing.EXAMPLES] == [f"  a.zip:{line}: not JSON" for line in range(landing.EXAMPLES)]
    assert lines[-1] == "valuekit: warning: disk is nearly full"


def _with_examples(rows: int, values: int, kept: int) -> IngestReport:
    examples = tuple(f"a.zip:{line}: not JSON" for line in range(kept))
    lost = FileOutcome("a.zip", "landed", rows_rejected=rows, values_set_aside=values, examples=examples)
    return IngestReport(files=(lost, FileOutcome("c.zip", "landed", rows_rejected=1, examples=("c.zip:3: bad",))))


def test_what_is_not_shown_of_a_file_is_counted() -> None:
    shown = [line for line in _said(_with_examples(1200, 34, 9)) if line.startswith("  ")]
    first = [f"  a.zip:{line}: not JSON" for line in range(5)]
    assert shown == [*first, "  … and 1,229 more: -v shows more", "  c.zip:3: bad"]
    shown = [line for line in _said(_with_examples(1200, 34, 9), verbose=True) if line.startswith("  ")]
    every = [f"  a.zip:{line}: not JSON" for line in range(9)]
    assert shown == [*every, "  … and 1,225 more, only counted", "  c.zip:3: bad"]


def test_verbose_is_only_recommended_where_it_shows_more() -> None:
    assert "  … and 2 more, only counted" in _said(_with_examples(7, 0, 5))
    assert not any("more" in line for line in _said(_with_examples(4, 1, 5)))


@pytest.mark.parametrize(("files", "which"), [(1, "the only file cannot be read"), (2, "none of 2 files can be read")])
def test_a_run_that_landed_nothing_ends_with_an_error_and_a_remedy(files: int, which: str) -> None:
    bad = tuple(FileOutcome(f"{number}.zip", "unreadable", reason="bad CRC") for number in range(files))
    last = _said(IngestReport(files=bad, warnings=("odd",), durations={"land": 1.0}), verbose=True, quiet=False)[-1]
    assert last.startswith(f"valuekit: error: nothing could be landed: {which}. Export again")
    assert last.endswith(" [unreadable]")


def test_some_landed_files_are_no_error() -> None:
    bad = FileOutcome("b.zip", "unreadable", reason="bad CRC")
    for other in ("landed", "would land"):
        assert not any("error:" in line for line in _said(IngestReport(files=(bad, FileOutcome("a.zip", other)))))


def test_what_is_lost_is_said_even_when_quiet() -> None:
    text = "\n".join(_said(REPORT, quiet=True))
    assert "landed" not in text.splitlines()[0]
    assert "b.zip is set aside" in text
    assert "3 rows set aside" in text


def test_verbose_says_why_and_how_long() -> None:
    lines = _said(REPORT, verbose=True)
    assert "engagement is rebuilt: its filter changed" in lines
    assert "took: land 0.50 s, states 0.25 s" in lines


def test_nothing_new_and_a_dry_run_say_so() -> None:
    assert _said(IngestReport(files_unchanged=1)) == ["nothing new: 1 file unchanged"]
    dry = IngestReport(files=(FileOutcome("a.zip", "would land"),), files_unchanged=2)
    assert _said(dry, dry_run=True) == ["1 file would land, 2 files unchanged", "  a.zip"]


def test_news_is_what_changes_the_numbers() -> None:
    assert not landing.is_news(IngestReport(files_unchanged=3, durations={"look": 0.1}))
    assert landing.is_news(REPORT)
    assert landing.is_news(IngestReport(rebuilt={"engagement": "new"}))


def test_the_document_has_the_run_of_the_contract() -> None:
    body = landing.body(REPORT)
    run = body["run"]
    assert isinstance(run, dict)
    expected = {
        "files_landed": 1,
        "rows_landed": 1104,
        "rows_rejected": 3,
        "duplicates": 90,
        "conflicts": 1,
        "partitions_restated": 2,
    }
    assert expected.items() <= run.items()
