"""The sections of a proposed config that say where files are and how their columns are read.

Owns the way from a sample to `[ih]`, `[holdings]` and their extensions. Never proposes a metric.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.config.proposal import Entry, Section, cited, listed
from valuekit.errors import DataError
from valuekit.facts.names import STANDARD
from valuekit.pipeline.proposing.profile import as_share
from valuekit.pipeline.proposing.roles import filled

if TYPE_CHECKING:
    from valuekit.pipeline.proposing.profile import Profile
    from valuekit.pipeline.proposing.sampling import Sample

_WHAT = {
    "ih": "Interaction History: what was offered, and what came of it.",
    "holdings": "Product holdings: what customers bought.",
}
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2}|[A-Za-z]{2,}[A-Za-z0-9_+\-/]*)$")
_NONE = "N/A"


def source_sections(
    profile: Profile, folder: Path, used: Sequence[str], reasons: Sequence[str], numbers: Sequence[str] = ()
) -> Iterator[Section]:
    """Say where the files are, and how columns are read that not all of them have.

    Args:
        profile: the rows.
        folder: where the config will be.
        used: the dimensions of its metrics.
        reasons: why other columns are no dimensions.
        numbers: columns of one's own that are to be read as numbers.
    """
    sample = profile.sample
    why = [_WHAT[sample.kind], *_strays(sample)]
    if reasons:
        why.append("\n".join(["Columns that metrics are not asked by:", *(f"  {reason}" for reason in reasons)]))
    doubled = sorted({said for one in sample.files for said in one.doubled})
    nested = sorted({name for one in sample.files for name in one.nested})
    if doubled:
        why.append(f"Two columns of one name: {'; '.join(doubled[:5])}.")
    if nested:
        why.append(f"Not looked at, for their values are lists, tables or the like: {listed(nested)}.")
    yield Section((sample.kind,), tuple(_keys(profile, folder)), why=tuple(why))
    yield from _extensions(profile, used, numbers)


def _strays(sample: Sample) -> Iterator[str]:
    if sample.strays:
        names = listed(sorted(path.name for path in sample.strays), 5)
        yield f"Not of this kind, or of another file type: {names}. Such files are set aside, or not looked for."


def _keys(profile: Profile, folder: Path) -> Iterator[Entry]:
    sample = profile.sample
    yield Entry("path", _relative(sample.folder, folder), "Relative to this file.")
    yield Entry("file_type", sample.file_type)
    total = len(sample.files) + sample.others
    yield Entry("file_pattern", sample.pattern, f"{total:,} of the files there match." if total > 1 else "")
    if sample.hive:
        yield Entry("hive_partitioning", value=True, why="Folders are named Column=value.")
    if sample.kind == "ih":
        yield Entry("timezone", "UTC", f"The zone in which a time becomes a day. {_zones(profile)}")


def _relative(path: Path, folder: Path) -> str:
    """The way from the config to a folder; absolute where there is none."""
    try:
        way = os.path.relpath(path, folder).replace(os.sep, "/")
        way.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{path!r} has a name that is not UTF-8, which a config cannot hold: rename it") from error
    except ValueError:  # another drive
        return str(path)
    return way


def _zones(profile: Profile) -> str:
    times = filled(profile.frame["OutcomeTime"]).head(1_000)
    found = sorted({match[0] if (match := _ZONE.search(text)) else "" for text in times})
    if found == [""]:
        return "The times have none, and are read as UTC."
    return f"The times are in {listed([zone or 'no zone' for zone in found], 4)}." if found else ""


def _extensions(profile: Profile, used: Sequence[str], numbers: Sequence[str]) -> Iterator[Section]:
    kind = profile.sample.kind
    suggested = _suggested_filter(profile, used)
    if suggested is not None:
        yield Section((kind, "extensions"), (suggested,), active=True)
    lacking = [name for name in used if profile.columns[name].lacking]
    entries = [Entry(name, _NONE, _lacked(profile, name)) for name in lacking]
    if "Revenue" in profile.columns and profile.columns["Revenue"].lacking and kind == "ih":
        entries.append(Entry("Revenue", 0.0, _lacked(profile, "Revenue")))
    entries += [
        Entry(name, 0.0, "A number default says that the column is one; the sample never needs it.") for name in numbers
    ]
    if entries:
        why = "For columns that a file does not have; an empty text stays a missing value."
        yield Section((kind, "extensions", "default_values"), tuple(entries), why=(why,))


def _lacked(profile: Profile, name: str) -> str:
    files = profile.columns[name].lacking
    return f"{len(files):,} of {len(profile.sample.files):,} files looked at lack it, such as {cited(files[0])}."


def _suggested_filter(profile: Profile, used: Sequence[str]) -> Entry | None:
    """A filter on the first dimension that rows lack; a suggestion, for no row is dropped unasked."""
    for name in used:
        missing = profile.rows - profile.columns[name].filled
        if missing and name in STANDARD:
            share = as_share(missing, profile.rows)
            return Entry(
                "filter", f"{name} IS NOT NULL", f"{share} of the rows have no {name}. To leave them out:", active=False
            )
    return None
