"""What `valuekit validate --data` looks at: real files, or the cache, gathered into profiles and judged.

Owns the way from a config to profiles of its sources. What is judged, and how it is said, is in
`valuekit.validate.data`. Never changes the cache.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.cache.imported import why_no_facts
from valuekit.cache.ledger import Ledger
from valuekit.cache.store import opened, reading_facts
from valuekit.config.families import FAMILIES
from valuekit.errors import CacheError, ConfigError, LockedError
from valuekit.facts.columns import landing_plan
from valuekit.metrics.names import PROPERTIES
from valuekit.pipeline.choice import shares_of
from valuekit.pipeline.discover import shown, survey
from valuekit.pipeline.reckoning import reckon
from valuekit.pipeline.results import Silent
from valuekit.pipeline.sampling import Sampler, Seen
from valuekit.pipeline.workspace import Workspace
from valuekit.validate import inspect, settled
from valuekit.validate.binding import is_broken
from valuekit.validate.data import judge
from valuekit.validate.data.profile import Sample, SourceProfile
from valuekit.validate.ignoring import obeyed
from valuekit.validate.uses import SINGLE_KEYS, uses

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from valuekit.config.load import Checked
    from valuekit.config.models import Config
    from valuekit.facts.columns import LandingPlan
    from valuekit.pipeline.choice import Share
    from valuekit.pipeline.ingest import Landed
    from valuekit.pipeline.results import Progress


@dataclass(frozen=True)
class DataChecked:
    """A config checked against data.

    Attributes:
        checked: the config with all its findings.
        notes: a sentence for each source: how much of it was looked at, or why nothing was.
    """

    checked: Checked
    notes: tuple[str, ...]


def check_data(
    path: Path | None,
    text: str | bytes | None = None,
    *,
    data: Sequence[Path] = (),
    cache_dir: Path | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> DataChecked:
    """Find every problem of a config, those that real data shows among them.

    All rows of a small export are read, of a large one the first rows of some files; the shares of labels then come
    from the cache, if that is up to date with the files and the columns that the config needs.

    Args:
        path: the config.
        text: what is in it, where it need not be read.
        data: files or folders to look at instead of those of the config.
        cache_dir: where caches are, instead of where the config says.
        progress: hears how far it is.
        now: the present, UTC without a zone; later times are in the future. None for the clock's.

    Raises:
        DataError: a path does not exist.
    """
    from valuekit.config.load import check

    checked = check(path, text)
    inspect(checked)
    checked = settled(checked)
    config = _in_order(checked)
    if config is None:
        return DataChecked(obeyed(checked), ("the config has errors: data was not looked at",))
    workspace = Workspace(config, cache_dir)
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    try:
        profiles = list(_profiles(workspace, checked, data, progress or Silent(), moment))
    except ConfigError as error:
        return DataChecked(obeyed(checked), (f"data was not looked at: {error}",))
    for profile in profiles:
        judge(config, checked.root, profile)
    notes = tuple(f"looked at {profile.sample} of [{profile.kind}]" for profile in profiles)
    return DataChecked(obeyed(settled(checked), with_data=True), notes)


def _in_order(checked: Checked) -> Config | None:
    """The config without the reports that have errors; None where there are errors elsewhere."""
    broken = {finding.path or "" for finding in checked.errors}
    if checked.known is None or not all(is_broken(("reports",), {path}) for path in broken):
        return None
    reports = {name: one for name, one in checked.known.reports.items() if not is_broken(("reports", name), broken)}
    return checked.known.model_copy(update={"reports": reports})


def _profiles(
    workspace: Workspace, checked: Checked, data: Sequence[Path], progress: Progress, now: datetime
) -> Iterator[SourceProfile]:
    config = workspace.config
    sources = _sources(workspace)
    if not sources:
        return
    for share in shares_of(sources, data, workspace.folder):
        plans = share.plans
        read = {use.name for use in uses(config, checked.root) if use.source == plans.kind.name}
        read |= _usual(config, plans.kind.name)
        wanted = {*read, *(item.name for item in plans.source.derived), *plans.kind.required}
        plan = landing_plan(plans.kind, plans.source, wanted | {column.name for column in plans.landing.columns})
        with _facts(workspace, share, plan, progress, use_cache=not data) as (connection, seen, sample):
            profile = replace(_profile(plans, seen, sample), places=tuple(map(shown, data)))
            yield reckon(connection, config, plans, profile, names=read, now=now) if sample.rows else profile


def _usual(config: Config, kind: str) -> set[str]:
    """The columns that metrics of a source read without being told to."""
    usual: set[str] = set()
    for section in config.metrics.values():
        family = FAMILIES[section.family]
        if family.source == kind:
            usual |= {name for key in SINGLE_KEYS if key in family.keys and (name := getattr(section, key))}
            usual |= {"Outcome"} if family.needs_labels else set()
            usual |= set(PROPERTIES) if section.family == "model_ml_scores" else set()
    return usual


def _sources(workspace: Workspace) -> list[Landed]:
    sources: list[Landed] = [workspace.plans] if workspace.config.ih is not None else []
    return [*sources, workspace.holdings] if workspace.holdings is not None else sources


def _profile(plans: Landed, seen: Seen, sample: Sample) -> SourceProfile:
    optional = {*plans.optional}
    return SourceProfile(
        kind=plans.kind.name,
        sample=sample,
        columns=frozenset(seen.columns),
        lacking={name: tuple(sorted(files)) for name, files in seen.lacking.items() if name not in optional},
        unreadable=tuple(sorted(seen.unreadable)),
        no_time=seen.no_time.faults,
        broken=seen.broken.faults,
        unread={name: tally.faults for name, tally in seen.unread.items() if tally.faults is not None},
    )


@contextmanager
def _facts(
    workspace: Workspace, share: Share, plan: LandingPlan, progress: Progress, *, use_cache: bool
) -> Iterator[tuple[DuckDBPyConnection, Seen, Sample]]:
    """Facts to look at: those of the cache where it knows these files, else the sample that is read of them."""
    files = share.files(workspace.folder)
    kind, source, settings = share.plans.kind, share.plans.source, workspace.config.cache
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="valuekit-")))
        store = stack.enter_context(opened(folder, memory_limit=settings.memory_limit, threads=settings.threads))
        seen = Sampler(kind, source, plan, store).read(files, progress)
        if use_cache and kind.name == "ih" and (not seen.sample.complete or not files):
            cached = _cached(stack, workspace.config, workspace.folder, files, plan)
            if cached is not None:
                connection, rows = cached
                yield connection, seen, Sample(seen.files, seen.all_files, rows, complete=True, from_cache=True)
                return
        yield store.connection, seen, seen.sample


def _cached(
    stack: ExitStack, config: Config, folder: Path, files: Sequence[Path], plan: LandingPlan
) -> tuple[DuckDBPyConnection, int] | None:
    """The facts of the cache and how many there are; None where it does not hold just what the files would give."""
    if not folder.is_dir():
        return None
    try:
        connection = stack.enter_context(
            reading_facts(folder, memory_limit=config.cache.memory_limit, threads=config.cache.threads)
        )
    except (CacheError, LockedError):
        return None
    ledger = Ledger(connection)
    if why_no_facts(connection) or ledger.lacking(plan) or ledger.landed_otherwise(plan):
        return None
    if survey(files, ledger, plan).todo:
        return None
    row = connection.execute("SELECT count(*) FROM facts").fetchone()
    return (connection, int(row[0])) if row and row[0] else None
