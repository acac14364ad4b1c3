"""Which source a file belongs to: the one whose pattern it matches, else the one whose columns it has.

Owns the choice. Reads no more of a file than its first rows, and that only where patterns leave it open.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import DataError, UnreadableFileError
from valuekit.facts import names
from valuekit.pipeline import discover
from valuekit.sources import open_source
from valuekit.sources.files import matches

if TYPE_CHECKING:
    from collections.abc import Generator

    from valuekit.pipeline.ingest import Landed
    from valuekit.sources.base import Batch


@dataclass
class Share:
    """What one source has to land.

    Attributes:
        plans: what the config asks of it.
        paths: files that the user named; none for the whole source.
        others: files that match its pattern and belong to another source.
    """

    plans: Landed
    paths: list[Path] = field(default_factory=list)
    others: set[Path] = field(default_factory=set)

    def files(self, home: Path) -> list[Path]:
        """The files to look at, given the cache folder of the config."""
        found = discover.source_files(self.plans.source, home, self.paths)
        return [file for file in found if file not in self.others]


def shares_of(sources: Sequence[Landed], paths: Sequence[Path], home: Path) -> list[Share]:
    """Give every source its share.

    Args:
        sources: what the config asks of each.
        paths: files or folders that the user named; none for the whole of every source.
        home: the cache folder of the config.

    Returns:
        The shares of the sources that have something to land.

    Raises:
        DataError: a path does not exist, or no file matches in the folders named.
    """
    if len(sources) == 1:
        return [Share(sources[0], list(paths))]
    shares = [Share(plans) for plans in sources]
    if not paths:
        found = [set(discover.source_files(plans.source, home, ())) for plans in sources]
        for file in sorted(set.intersection(*found)):
            owner = _by_columns(shares, file)
            for share in shares:
                if share is not owner:
                    share.others.add(file)
        return shares
    for path in paths:
        _share_out(shares, path, home)
    if not any(share.paths for share in shares):
        patterns = " or ".join(repr(plans.source.file_pattern) for plans in sources)
        raise DataError(f"no file matches {patterns} in {', '.join(map(discover.shown, paths))}")
    return [share for share in shares if share.paths]


def _share_out(shares: Sequence[Share], path: Path, home: Path) -> None:
    """Give a file that the user named, or each of those in a folder, to its source."""
    found = [discover.source_files(share.plans.source, home, [path]) for share in shares]
    is_folder = path.is_dir()
    for file in sorted({file for files in found for file in files}):
        fitting = [
            share
            for share, files in zip(shares, found, strict=True)
            if file in files and (is_folder or _matches(share.plans, file))
        ]
        owner = fitting[0] if len(fitting) == 1 else _by_columns(fitting or shares, file)
        owner.paths.append(file)


def _matches(plans: Landed, file: Path) -> bool:
    """Tell whether a file matches the pattern of a source, below its folder; elsewhere its name alone has to."""
    source = plans.source
    root = Path(os.path.abspath(source.path))  # noqa: PTH100 - resolve() follows links
    if file.is_relative_to(root):
        return matches(file.relative_to(root).parts, source.file_pattern)
    return matches(file.parts[-1:], source.file_pattern.rpartition("/")[2])


def _by_columns(shares: Sequence[Share], file: Path) -> Share:
    """The first source of which a file has all the required columns; where there is none, the first that can read it.

    A file that none can read goes to the first one, which says why.
    """
    readable = []
    for share in shares:
        seen = _columns(share.plans, file)
        if seen is None:
            continue
        readable.append(share)
        resolved = names.resolve(seen, share.plans.source.columns)
        if not any(seen.isdisjoint(resolved.claim(name).sources) for name in share.plans.kind.required):
            return share
    return (readable or list(shares))[0]


def _columns(plans: Landed, file: Path) -> set[str] | None:
    """The columns in the first rows of a file; None where it cannot be read."""
    try:
        batches: Generator[Batch, None, None] = open_source(plans.source.file_type, file).batches(file, lambda _: ())  # type: ignore[assignment]
        with closing(batches) as opened:
            return next((set(batch.names) for batch in opened if batch.names), None)
    except UnreadableFileError:
        return None
