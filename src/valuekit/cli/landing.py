"""Says what an ingest did: a short summary on stderr, or one JSON document.

Owns the wording of landed, set aside, unreadable and rebuilt. Never lands anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from valuekit.cli import audit
from valuekit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from valuekit.cli.narrate import Narrator
    from valuekit.pipeline.results import FileOutcome, IngestReport

Count = Literal["rows_landed", "rows_rejected", "duplicates", "conflicts", "too_late", "values_set_aside"]

EXAMPLES = 5
"""The lines a file that name set-aside rows and values, where `--verbose` does not ask for more."""

FAILURE = 3
COUNTS: tuple[Count, ...] = ("rows_landed", "rows_rejected", "duplicates", "conflicts", "too_late", "values_set_aside")


def narrate(report: IngestReport, narrator: Narrator, *, dry_run: bool = False, warn_of_labels: bool = True) -> None:
    """Say what an ingest landed and set aside, and with `--verbose` what it rebuilt and how long that took.

    Args:
        report: of the ingest.
        narrator: who says it.
        dry_run: whether nothing was landed.
        warn_of_labels: whether to warn of labels that make numbers wrong; not where the numbers come with the warning.
    """
    narrator.say(_summary(report, dry_run=dry_run), event="ingest", **counts(report))
    if dry_run:
        for file in report.files:
            narrator.say(f"  {file.path}", event="would land")
    for file in report.unreadable:
        narrator.warn(
            f"{file.path} is set aside: {file.reason}. The next run tries it again", event="unreadable", file=file.path
        )
    for metric, reason in report.failures:
        narrator.error(f"{metric} could not be built: {reason}", "metric")
    _narrate_set_aside(report, narrator)
    for warning in report.warnings:
        narrator.warn(warning, event="ingest")
    if report.audit is not None:
        audit.narrate(report.audit, narrator, warn=warn_of_labels, remark=is_news(report))
    for metric, reason in report.rebuilt.items():
        narrator.detail(f"{metric} is rebuilt: {reason}", event="rebuilt", metric=metric)
    if report.durations:
        stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in report.durations.items())
        narrator.detail(f"took: {stages}", event="durations", durations=dict(report.durations))
    if report.exit_code == FAILURE and not any(file.status == "would land" for file in report.files):
        narrator.error(_nothing_landed(len(report.unreadable)), "unreadable")


def is_news(report: IngestReport) -> bool:
    """Whether anything happened that a reader of scores should hear about."""
    return bool(report.files or report.rebuilt or report.failures or report.warnings or report.partitions_restated)


def counts(report: IngestReport) -> dict[str, int]:
    """The counts of a run by the names that the JSON documents use."""
    totals: dict[str, int] = {name: report.total(name) for name in COUNTS}
    return {
        "files_landed": report.files_landed,
        "files_unchanged": report.files_unchanged,
        "files_unreadable": len(report.unreadable),
        **totals,
        "partitions_restated": report.partitions_restated,
    }


def body(report: IngestReport) -> Mapping[str, object]:
    """What the JSON document of `ingest` holds."""
    return {
        "run": {"run_id": report.run_id or None, **counts(report)},
        "files": [_file_body(file) for file in report.files],
        "rebuilt": dict(report.rebuilt),
        "failures": [{"metric": metric, "reason": reason} for metric, reason in report.failures],
        "warnings": list(report.warnings),
        "outcomes": None if report.audit is None else audit.body(report.audit),
        "durations": {stage: round(seconds, 3) for stage, seconds in report.durations.items()},
    }


def _file_body(file: FileOutcome) -> Mapping[str, object]:
    return {
        "path": file.path,
        "status": file.status,
        "rows_read": file.rows_read,
        **{name: getattr(file, name) for name in COUNTS},
        "reason": file.reason,
        "examples": list(file.examples),
    }


def _summary(report: IngestReport, *, dry_run: bool) -> str:
    files = sum(file.status != "unreadable" for file in report.files)
    if not files and report.unreadable:
        return f"nothing landed: {counted(len(report.unreadable), 'file')} set aside" + _rebuilt_part(report)
    if not files:
        nothing = f"nothing new: {counted(report.files_unchanged, 'file')} unchanged"
        return nothing + _rebuilt_part(report)
    if dry_run:
        return f"{counted(files, 'file')} would land, {counted(report.files_unchanged, 'file')} unchanged"
    return f"{counted(files, 'file')} landed, {', '.join(_parts(report))}{_rebuilt_part(report)}"


def _parts(report: IngestReport) -> Iterable[str]:
    yield counted(report.total("rows_landed"), "row")
    if duplicates := report.total("duplicates"):
        yield counted(duplicates, "duplicate")
    if conflicts := report.total("conflicts"):
        yield counted(conflicts, "conflict")
    if report.files_unchanged:
        yield f"{counted(report.files_unchanged, 'file')} unchanged"


def _rebuilt_part(report: IngestReport) -> str:
    return f"; {counted(report.partitions_restated, 'partition')} rebuilt" if report.partitions_restated else ""


def _narrate_set_aside(report: IngestReport, narrator: Narrator) -> None:
    said: tuple[tuple[Count, str, str], ...] = (
        ("rows_rejected", "row", "set aside"),
        ("values_set_aside", "value", "set aside: missing in the facts, their rows landed"),
        (
            "too_late",
            "row",
            "too late: the partition is sealed, because its facts have expired or its day was imported",
        ),
    )
    found = [f"{counted(total, noun)} {fate}" for column, noun, fate in said if (total := report.total(column))]
    if not found:
        return
    narrator.warn("; ".join(found), event="set aside")
    for file in report.files:
        _narrate_examples(file, narrator)


def _narrate_examples(file: FileOutcome, narrator: Narrator) -> None:
    """Name what a file lost, and say how much of it is not named."""
    shown = file.examples if narrator.verbose else file.examples[:EXAMPLES]
    for example in shown:
        narrator.say(f"  {example}", event="example")
    more = file.rows_rejected + file.values_set_aside - len(shown)
    if more > 0:
        fate = ": -v shows more" if len(shown) < len(file.examples) else ", only counted"
        narrator.say(f"  … and {more:,} more{fate}", event="example", file=file.path, more=more)


def _nothing_landed(files: int) -> str:
    which = "the only file" if files == 1 else f"none of {files:,} files"
    return (
        f"nothing could be landed: {which} {'cannot' if files == 1 else 'can'} be read. Export again what the warnings "
        "name, or correct path, file_pattern and file_type in the config, and run it again"
    )
