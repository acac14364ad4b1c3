"""Which files there are to land: new and changed ones, told by content.

Owns the choice of files. Never reads a row.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from valuekit.errors import DataError
from valuekit.sources import find_files

if TYPE_CHECKING:
    from valuekit.cache.ledger import Ledger
    from valuekit.config.models import SourceConfig
    from valuekit.facts.columns import Column

OUTPUTS = "outputs.txt"


@dataclass(frozen=True)
class Candidate:
    """A file to land.

    Attributes:
        path: where it is.
        content: its SHA-256; None where it cannot be read.
        reason: why it cannot be read.
    """

    path: Path
    content: str | None
    reason: str | None = None

    @property
    def shown(self) -> str:
        """The path as a user would name it."""
        return shown(self.path)


@dataclass(frozen=True)
class Found:
    """The files of a source.

    Attributes:
        todo: those to land, for the first time or with further columns.
        unchanged: how many need not be.
        gone: content -> path of landed files that should be read with further columns and are no longer there.
    """

    todo: tuple[Candidate, ...]
    unchanged: int
    gone: Mapping[str, str]

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
    """List the files of a source, or those named by the user, without anything that valuekit wrote.

    Args:
        source: names the folder and the pattern.
        folder: the cache folder.
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
    own = _outputs(folder)
    absolute = dict.fromkeys(Path(os.path.abspath(path)) for path in found)  # noqa: PTH100 - resolve() follows links
    return [path for path in absolute if path not in own and folder not in path.parents]


def remember_output(folder: Path, path: Path) -> None:
    """Note a file that valuekit wrote, so that it is never taken for a source."""
    folder.mkdir(parents=True, exist_ok=True)
    target = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
    if target not in _outputs(folder):
        with (folder / OUTPUTS).open("a", encoding="utf-8") as file:
            file.write(f"{target}\n")


def _outputs(folder: Path) -> set[Path]:
    file = folder / OUTPUTS
    return {Path(line) for line in file.read_text(encoding="utf-8").splitlines()} if file.exists() else set()


def sort_out(files: Iterable[Path], ledger: Ledger, plan: Sequence[Column]) -> Found:
    """Tell the files to land from those whose content is in the facts with all the columns."""
    known = ledger.known_paths()
    lacking = dict(ledger.lacking(plan))
    todo: dict[str, Candidate] = {}
    unchanged = 0
    for path in files:
        candidate = _candidate(path, ledger, known, settled=not lacking)
        if candidate is None or (
            candidate.content and ledger.landed(candidate.content) and candidate.content not in lacking
        ):
            unchanged += 1
        else:
            todo.setdefault(candidate.content or str(path), candidate)
    gone: dict[str, str] = {}
    for content, path_text in lacking.items():
        if content not in todo:
            again = _again(content, [path_text, *ledger.paths_of(content)])
            if again is None:
                gone[content] = path_text
            else:
                todo[content] = again
    return Found(tuple(sorted(todo.values(), key=lambda candidate: str(candidate.path))), unchanged, gone)


def look_at(path: Path) -> Candidate:
    """Hash one file, without the ledger."""
    from valuekit.cache.ledger import sha256

    try:
        return Candidate(path, sha256(path) if path.is_file() else None, None if path.is_file() else "is not a file")
    except OSError as error:
        return Candidate(path, None, error.strerror)


def _candidate(path: Path, ledger: Ledger, known: dict[str, tuple[int, int]], *, settled: bool) -> Candidate | None:
    """Look at one file; None where path, size and time say that it has landed and nothing is lacking."""
    try:
        stat = path.stat()
        if settled and known.get(str(path)) == (stat.st_size, stat.st_mtime_ns):
            return None
        if not path.is_file():
            return Candidate(path, None)
        content = ledger.content(path)
        ledger.remember(path, content)
    except OSError as error:
        return Candidate(path, None, error.strerror)
    return Candidate(path, content)


def _again(content: str, paths: Iterable[str]) -> Candidate | None:
    """Find a landed file again, to read it with further columns."""
    from valuekit.cache.ledger import sha256

    for path in map(Path, dict.fromkeys(paths)):
        if path.is_file() and sha256(path) == content:
            return Candidate(path, content)
    return None
