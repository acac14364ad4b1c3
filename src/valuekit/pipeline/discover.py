"""Which files there are to land: new and changed ones, told by content.

Owns the choice of files. Never reads a row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import DataError, UnreadableFileError
from valuekit.sources import find_files
from valuekit.sources.opening import check_regular, naming

if TYPE_CHECKING:
    from valuekit.cache.ledger import Ledger, Stamp
    from valuekit.config.models import SourceConfig
    from valuekit.facts.columns import LandingPlan

OUTPUTS = "outputs.jsonl"
CONFIG_SUFFIX = ".toml"
CACHE_FILES = ("cache.duckdb", "current.json")


@dataclass(frozen=True)
class Candidate:
    """A file to land.

    Attributes:
        path: where it is.
        content: its SHA-256; None where it cannot be read.
        stamp: what it looked like before it was hashed; None where it cannot be read.
        reason: why it cannot be read.
    """

    path: Path
    content: str | None
    stamp: Stamp | None = None
    reason: str | None = None

    @property
    def shown(self) -> str:
        """The path as a user would name it."""
        return shown(self.path)

    @property
    def size(self) -> int:
        """Bytes to read."""
        return self.stamp.size if self.stamp else 0


@dataclass(frozen=True)
class Found:
    """The files of a source.

    Attributes:
        todo: those to land, for the first time or with further columns.
        unchanged: how many need not be: their content has landed, or another one of those to land has it too.
        gone: content -> path of landed files that should be read with further columns and are no longer there.
        hashed: those whose content was not known from the ledger.
    """

    todo: tuple[Candidate, ...]
    unchanged: int
    gone: Mapping[str, str]
    hashed: tuple[Candidate, ...] = ()

    @property
    def total(self) -> int:
        """All files looked at."""
        return len(self.todo) + self.unchanged


def shown(path: Path) -> str:
    """Name a path relative to the working folder where it is inside it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def source_files(source: SourceConfig, folder: Path, paths: Sequence[Path]) -> list[Path]:
    """List the files of a source, or those named by the user, without configs and anything that valuekit wrote.

    Args:
        source: names the folder and the pattern.
        folder: the cache folder of this config; other caches beside it are passed over as well.
        paths: files or folders that the user named; none for the whole source.

    Raises:
        DataError: a path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += find_files(path, source.file_pattern)
        elif path.exists() or path.is_symlink():
            found.append(path)
        else:
            raise DataError(f"{path} does not exist")
    if not paths:
        found = find_files(source.path, source.file_pattern)
    absolute = dict.fromkeys(Path(os.path.abspath(path)) for path in found)  # noqa: PTH100 - resolve() follows links
    caches = _caches(Path(os.path.abspath(folder)))  # noqa: PTH100 - as above
    own = set().union(*map(_outputs, caches))
    return [
        path
        for path in absolute
        if path not in own and path.suffix.lower() != CONFIG_SUFFIX and caches.isdisjoint(path.parents)
    ]


def _caches(folder: Path) -> set[Path]:
    """List the cache folder and those of other configs beside it, told from a user's own folders by what they hold."""
    beside = folder.parent.iterdir() if folder.parent.is_dir() else ()
    return {folder} | {path for path in beside if any((path / name).exists() for name in CACHE_FILES)}


def remember_output(folder: Path, path: Path) -> None:
    """Note a file that valuekit wrote, so that it is never taken for a source while it is still that file."""
    folder.mkdir(parents=True, exist_ok=True)
    target = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
    stat = target.stat()
    note = {"path": str(target), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    with (folder / OUTPUTS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(note, ensure_ascii=False) + "\n")


def _outputs(folder: Path) -> set[Path]:
    """List the files that valuekit wrote and that nothing has replaced since."""
    file = folder / OUTPUTS
    if not file.exists():
        return set()
    notes = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    latest = {Path(note["path"]): (note["size"], note["mtime_ns"]) for note in notes}
    return {path for path, written in latest.items() if path.is_file() and _size_and_time(path) == written}


def _size_and_time(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def sort_out(files: Iterable[Path], ledger: Ledger, plan: LandingPlan) -> Found:
    """Tell the files to land from those whose content is in the facts with all the columns; remember what they hold."""
    found = survey(files, ledger, plan)
    ledger.remember([(str(one.path), one.stamp, one.content) for one in found.hashed if one.stamp and one.content])
    return found


def survey(files: Iterable[Path], ledger: Ledger | None, plan: LandingPlan) -> Found:
    """Tell the files to land from those that need not be, without a trace.

    Args:
        files: all there are.
        ledger: what has landed; None for nothing.
        plan: what the config needs of every file.
    """
    known = ledger.known_paths() if ledger else {}
    landed = ledger.landed() if ledger else set()
    lacking = dict(ledger.lacking(plan)) if ledger else {}
    complete = landed - lacking.keys()
    todo: dict[str, Candidate] = {}
    hashed: list[Candidate] = []
    unchanged = 0
    for path in files:
        before = known.get(str(path))
        candidate = _look_at(path, before)
        if candidate.stamp and not _is_known(candidate.stamp, before):
            hashed.append(candidate)
        key = candidate.content or str(path)
        if key in complete or key in todo:
            unchanged += 1
        else:
            todo[key] = candidate
    gone: dict[str, str] = {}
    for content in lacking.keys() - todo.keys():
        again = _again(content, [lacking[content], *(ledger.paths_of(content) if ledger else ())])
        if again is None:
            gone[content] = lacking[content]
        else:
            todo[content] = again
    return Found(tuple(sorted(todo.values(), key=lambda one: str(one.path))), unchanged, gone, tuple(hashed))


def _look_at(path: Path, known: tuple[int, int, str] | None = None) -> Candidate:
    """Find out what a file holds, from what is known of its path where size and time of last change are the same."""
    from valuekit.cache.ledger import Stamp, sha256

    try:
        with naming(path):
            check_regular(path)
            stamp = Stamp.of(path)
            return Candidate(path, known[2] if known and _is_known(stamp, known) else sha256(path), stamp)
    except UnreadableFileError as error:
        return Candidate(path, None, reason=error.reason)


def _is_known(stamp: Stamp, known: tuple[int, int, str] | None) -> bool:
    return known is not None and known[:2] == (stamp.size, stamp.mtime_ns)


def _again(content: str, paths: Iterable[str]) -> Candidate | None:
    """Find a landed file again, to read it with further columns."""
    candidates = map(_look_at, map(Path, dict.fromkeys(paths)))
    return next((candidate for candidate in candidates if candidate.content == content), None)
